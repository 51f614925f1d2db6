//! What operators see of each request: a span, one log line and two metrics.
//!
//! **Invariant:** neither queries, bodies, parameters nor addresses are recorded; a path is recorded as its route, so
//! that metrics stay few and ids stay out of them.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use tracing::Instrument as _;

use super::request_id::RequestId;
use crate::telemetry::{
    metric::{HTTP_REQUEST_SECONDS, HTTP_REQUESTS_TOTAL},
    span::HTTP_REQUEST,
    trace,
};

/// Middleware: observes one request.
pub(super) async fn record(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = known_method(request.method().as_str());
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let id = request.extensions().get::<RequestId>().map(RequestId::to_string).unwrap_or_default();
    let span = tracing::info_span!(HTTP_REQUEST, http.method = method, http.route = route, request.id = id);
    if let Some(parent) = request.headers().get("traceparent").and_then(|header| header.to_str().ok()) {
        trace::follow(&span, parent);
    }
    async move {
        let response = next.run(request).await;
        let (status, took) = (response.status().as_u16(), began.elapsed());
        tracing::debug!(http.status = status, duration_ms = took.as_millis() as u64, "answered");
        let status = status.to_string();
        metrics::counter!(HTTP_REQUESTS_TOTAL, "method" => method, "route" => route.clone(), "status" => status)
            .increment(1);
        metrics::histogram!(HTTP_REQUEST_SECONDS, "method" => method, "route" => route).record(took.as_secs_f64());
        response
    }
    .instrument(span)
    .await
}

/// A client can invent methods without end; a metric must not follow it.
fn known_method(method: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("other")
}
