//! `/openapi.json`: the API described for programs (OpenAPI 3.1).
//!
//! **Invariant:** made from the handlers and wire types themselves, so it can't tell another story.

use std::sync::LazyLock;

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        Content, OpenApi as OpenApiDocument, Ref, RefOr, ResponseBuilder,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{artifacts, jobs, operating, reports};
use crate::http::{probes, problem::ProblemBody};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Pressroom",
        description = "Ask for reports, follow them, and fetch the documents.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/", description = "This server")),
    paths(
        jobs::submit, jobs::list, jobs::show, jobs::cancel,
        reports::list, reports::show,
        artifacts::show, artifacts::content,
        operating::queue, operating::workers, operating::pause, operating::resume,
        operating::dead, operating::retry_all, operating::dead_letter, operating::drop_dead, operating::retry,
        probes::live, probes::ready, probes::metrics, openapi,
    ),
    tags(
        (name = "jobs", description = "One request for one report each."),
        (name = "reports", description = "What can be asked for."),
        (name = "artifacts", description = "Stored documents."),
        (name = "operation", description = "For those who run it."),
    ),
    components(schemas(ProblemBody)),
    security(("key" = [])),
    modifiers(&Bearer, &Problems),
)]
struct Specification;

/// The API key that all but the probes ask for.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut OpenApiDocument) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API key.")).build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(scheme));
    }
}

/// Every error has the same body, so handlers name only its status and cause.
struct Problems;

impl Modify for Problems {
    fn modify(&self, document: &mut OpenApiDocument) {
        let mut operations: Vec<_> = document
            .paths
            .paths
            .values_mut()
            .flat_map(|path| [&mut path.get, &mut path.post, &mut path.put, &mut path.delete].into_iter().flatten())
            .collect();
        // The probes and this description are open, and answer at once.
        for operation in operations.iter_mut().filter(|operation| operation.security.is_none()) {
            let late = ResponseBuilder::new().description("The request took too long to arrive, or to be answered.");
            operation.responses.responses.insert("408".to_owned(), RefOr::T(late.build()));
        }
        for (status, response) in operations.into_iter().flat_map(|operation| &mut operation.responses.responses) {
            if let RefOr::T(response) = response
                && status.as_str() >= "400"
                && response.content.is_empty()
            {
                let problem = Content::new(Some(Ref::from_schema_name("Problem")));
                response.content.insert("application/problem+json".to_owned(), RefOr::T(problem));
            }
        }
    }
}

/// Written once: it never changes while the program runs.
static TEXT: LazyLock<String> = LazyLock::new(|| Specification::openapi().to_json().unwrap_or_default());

/// This description
#[utoipa::path(get, path = "/openapi.json", tag = "operation", operation_id = "specification", security(()),
    responses((status = 200, description = "The description.", body = Object)))]
pub(in crate::http) async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "max-age=300")], TEXT.as_str())
        .into_response()
}
