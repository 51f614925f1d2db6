//! The JSON API, `/api/v1`.
//!
//! **Invariant:** every call but the specification needs a bearer key; a session's cookie counts for nothing here, so
//! no page of another site can use it.

mod artifacts;
mod body;
mod jobs;
mod operating;
mod reports;
mod specification;
mod wire;

use axum::{
    Router,
    routing::{get, post, put},
};

pub(super) use specification::openapi;

use super::{
    Shared,
    problem::{Kind, Problem, Result},
};

/// The API's routes, below `/api/v1`.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/jobs", post(jobs::submit).get(jobs::list))
        .route("/jobs/{id}", get(jobs::show).delete(jobs::cancel))
        .route("/reports", get(reports::list))
        .route("/reports/{name}", get(reports::show))
        .route("/artifacts/{id}", get(artifacts::show))
        .route("/artifacts/{id}/content", get(artifacts::content))
        .route("/queue", get(operating::queue))
        .route("/queue/paused/{scope}", put(operating::pause).delete(operating::resume))
        .route("/workers", get(operating::workers))
        .route("/dead", get(operating::dead))
        .route("/dead/retry", post(operating::retry_all))
        .route("/dead/{id}", get(operating::dead_letter).delete(operating::drop_dead))
        .route("/dead/{id}/retry", post(operating::retry))
}

/// An id from a path: what isn't one names nothing.
fn id<T: std::str::FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| Problem::new(Kind::NotFound))
}
