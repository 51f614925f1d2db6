//! Request ids: one word that joins a response, its log lines and the complaint about it.
//!
//! **Invariant:** every response carries one.

use std::fmt;

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};

use super::Shared;
use crate::job::JobId;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id of one request: the client's own, when it is a plain short word, or a new one.
#[derive(Debug, Clone)]
pub(super) struct RequestId(HeaderValue);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_str().unwrap_or_default())
    }
}

/// Middleware: gives the request its id and sends it back.
pub(super) async fn assign(State(site): State<Shared>, mut request: Request, next: Next) -> Response {
    let id = request.headers().get(HEADER).filter(|value| is_plain(value)).cloned();
    let id = id.or_else(|| JobId::new(site.clock.now()).to_string().try_into().ok());
    let id = RequestId(id.unwrap_or(HeaderValue::from_static("-")));
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).await;
    response.headers_mut().insert(HEADER, id.0);
    response
}

/// What a client sends ends up in our log, so it must not be able to forge a line.
fn is_plain(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    (1..=64).contains(&bytes.len()) && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
}
