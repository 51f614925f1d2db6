//! The pages' style, script and icon.
//!
//! **Invariant:** an address names one content for ever, because it holds a hash of all of them.

use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

use crate::http::problem::{Kind, Result};

const STYLE: &str = include_str!("../assets/pressroom.css");
const SCRIPT: &str = include_str!("../assets/pressroom.js");
const ICON: &str = include_str!("../assets/icon.svg");

/// What changes when any of them does.
pub(super) fn version() -> String {
    let all = Sha256::new().chain_update(STYLE).chain_update(SCRIPT).chain_update(ICON).finalize();
    hex::encode(&all[..6])
}

/// One of them.
pub(super) async fn send(Path((_version, file)): Path<(String, String)>) -> Result<Response> {
    let (kind, text) = match file.as_str() {
        "pressroom.css" => ("text/css; charset=utf-8", STYLE),
        "pressroom.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "icon.svg" => ("image/svg+xml", ICON),
        _ => return Err(Kind::NotFound.into()),
    };
    let keep = "public, max-age=31536000, immutable";
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep)], text).into_response())
}
