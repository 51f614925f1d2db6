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

/// Requests answered, by method, route and status.
pub const REQUESTS_TOTAL: &str = "pressroom_http_requests_total";
/// How long the answer took, by method and route, until its body begins.
pub const REQUEST_SECONDS: &str = "pressroom_http_request_seconds";

/// Says what the metrics mean.
pub(super) fn describe() {
    metrics::describe_counter!(REQUESTS_TOTAL, "HTTP requests answered.");
    metrics::describe_histogram!(REQUEST_SECONDS, metrics::Unit::Seconds, "Time to the beginning of an HTTP answer.");
}

/// Middleware: observes one request.
pub(super) async fn record(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = known_method(request.method().as_str());
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let id = request.extensions().get::<RequestId>().map(RequestId::to_string).unwrap_or_default();
    let span = tracing::info_span!("http.request", http.method = method, http.route = route, request.id = id);
    async move {
        let response = next.run(request).await;
        let (status, took) = (response.status().as_u16(), began.elapsed());
        tracing::debug!(http.status = status, duration_ms = took.as_millis() as u64, "answered");
        let status = status.to_string();
        metrics::counter!(REQUESTS_TOTAL, "method" => method, "route" => route.clone(), "status" => status)
            .increment(1);
        metrics::histogram!(REQUEST_SECONDS, "method" => method, "route" => route).record(took.as_secs_f64());
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
