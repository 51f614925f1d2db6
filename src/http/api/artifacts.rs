//! What is known of a document, and the document itself.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, Method},
    response::Response,
};
use serde::Deserialize;

use super::{body::QueryString, id, wire::ArtifactBody};
use crate::{
    http::{
        Shared,
        auth::Caller,
        content::{self, Disposition},
        problem::{Kind, Result},
    },
    request::ArtifactSummary,
};

/// What is known of a document
#[utoipa::path(get, path = "/api/v1/artifacts/{id}", tag = "artifacts", operation_id = "getArtifact",
    params(("id" = uuid::Uuid, Path, description = "The artifact's id.")),
    responses(
        (status = 200, description = "The facts.", body = ArtifactBody),
        (status = 401, description = "No valid key."),
        (status = 403, description = "The key may not read."),
        (status = 404, description = "No such artifact of this tenant."),
        (status = 503, description = "The catalog doesn't answer."),
    ))]
pub(super) async fn show(
    State(site): State<Shared>,
    Caller(who): Caller,
    Path(artifact): Path<String>,
) -> Result<Json<ArtifactBody>> {
    let document = site.desk.artifact(&who, id(&artifact)?).await?.ok_or(Kind::NotFound)?;
    Ok(Json(ArtifactSummary::from(&document.artifact).into()))
}

/// How to hand out the document.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ContentQuery {
    /// `1`: to be shown in the browser rather than saved; always streamed, never redirected.
    #[param(maximum = 1)]
    inline: Option<u8>,
}

/// The document itself
///
/// Streamed, or a redirect to a short-lived link of the store. Byte ranges and `If-None-Match` work.
#[utoipa::path(get, path = "/api/v1/artifacts/{id}/content", tag = "artifacts", operation_id = "getArtifactContent",
    params(
        ("id" = uuid::Uuid, Path, description = "The artifact's id."),
        ("Range" = Option<String>, Header, description = "One range of bytes, such as `bytes=0-1023`."),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of the copy at hand."),
        ContentQuery,
    ),
    responses(
        (status = 200, description = "All of it.", body = String, content_type = "application/pdf", headers(
            ("ETag" = String, description = "Its SHA-256 digest."),
            ("Content-Disposition" = String, description = "A file name that a person understands."),
        )),
        (status = 206, description = "The range.", body = String, content_type = "application/pdf", headers(
            ("Content-Range" = String, description = "Which bytes these are."),
        )),
        (status = 302, description = "Where the store hands it out; not to be kept.", headers(
            ("Location" = String, description = "A link that works for some minutes."),
        )),
        (status = 304, description = "The copy at hand is good."),
        (status = 400, description = "The query can't be read."),
        (status = 401, description = "No valid key."),
        (status = 403, description = "The key may not read."),
        (status = 404, description = "No such artifact of this tenant."),
        (status = 409, description = "It is archived."),
        (status = 410, description = "The store no longer has it."),
        (status = 416, description = "No byte lies in the range."),
        (status = 503, description = "Catalog or store don't answer."),
    ))]
pub(super) async fn content(
    State(site): State<Shared>,
    Caller(who): Caller,
    Path(artifact): Path<String>,
    QueryString(query): QueryString<ContentQuery>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response> {
    let disposition = if query.inline.unwrap_or(0) > 0 { Disposition::Inline } else { Disposition::Attachment };
    content::send(&site, &who, id(&artifact)?, disposition, &method, &headers).await
}
