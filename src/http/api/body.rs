//! Reading what a client sent, with problems that say where it is wrong.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Query, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use serde::de::DeserializeOwned;

use crate::http::{
    Shared,
    problem::{Kind, Problem, Result},
};

/// A JSON body.
#[derive(Debug)]
pub(super) struct JsonBody<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Shared> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Shared) -> Result<Self> {
        if !says_json(request.headers()) {
            return Err(Problem::new(Kind::UnsupportedMediaType).detail("send Content-Type: application/json"));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::new(Kind::TooLarge).detail("at most 64 KiB are read"),
            _ => Problem::new(Kind::InvalidRequest).detail("the body could not be read"),
        })?;
        read(&bytes).map(Self).map_err(|detail| Problem::new(Kind::InvalidRequest).detail(detail))
    }
}

/// Reads JSON; what is wrong is told with the field's path and ends with `at line L column C`.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> std::result::Result<T, String> {
    // Serde would take a list for an object, its members in the order of the fields.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err("the body must be a JSON object, not a list".to_owned());
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| match error.path().iter().next() {
        Some(_) => error.to_string(),
        None => error.into_inner().to_string(),
    })?;
    json.end().map(|()| value).map_err(|error| error.to_string())
}

/// A body without a type is taken at its word.
fn says_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else { return true };
    let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// A query string.
#[derive(Debug)]
pub(super) struct QueryString<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<Shared> for QueryString<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self> {
        let query = Query::try_from_uri(&parts.uri);
        query.map(|Query(query)| Self(query)).map_err(|rejection| {
            let reason = std::error::Error::source(&rejection).map(ToString::to_string);
            Problem::new(Kind::InvalidRequest).detail(format!("query: {}", reason.unwrap_or_default()))
        })
    }
}
