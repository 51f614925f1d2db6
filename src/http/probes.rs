//! Probes: whether the process lives, whether it can work, and its numbers.
//!
//! **Invariant:** needs no key and tells no secret: names of parts, states and counts only.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Serialize;
use tokio::{sync::Mutex, time::timeout};

use super::{Shared, Site};
use crate::{
    queue::Stats,
    telemetry::metric::{
        PART_AWAY, QUEUE_CAPPED, QUEUE_JOBS, QUEUE_OLDEST_SECONDS, QUEUE_PAUSED, QUEUE_RESCUES_TOTAL, QUEUE_WAITING,
        REDIS_ROUND_TRIPS_TOTAL,
    },
};

/// How long a part may take to answer a probe: less than the second after which most who probe give up.
const PATIENCE: Duration = Duration::from_millis(800);

/// How long an answer is good for, so that many probes cost as much as one.
const FRESH: Duration = Duration::from_secs(1);

/// A part of the process that `http` knows nothing else about.
#[async_trait]
pub trait Probe: Send + Sync + 'static {
    /// Whether it answers.
    async fn answers(&self) -> bool;
}

/// The probes' routes.
pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/livez", get(live)).route("/readyz", get(ready)).route("/metrics", get(metrics))
}

/// What is remembered from one probe to the next.
#[derive(Debug, Default)]
pub(super) struct Probes {
    queue: Streak,
    catalog: Streak,
    store: Streak,
    source: Streak,
    readiness: Mutex<Option<(Instant, Readiness)>>,
    depths: Mutex<Option<Instant>>,
}

/// Failures in a row, and whether it ever worked.
#[derive(Debug, Default)]
struct Streak {
    failures: AtomicU32,
    successes: AtomicU32,
}

impl Streak {
    /// One failure after a success is forgiven: a balancer that believed it would take every replica out at once.
    fn judge(&self, answered: bool) -> PartState {
        if answered {
            self.failures.store(0, Ordering::Relaxed);
            self.successes.fetch_or(1, Ordering::Relaxed);
            return PartState::Ok;
        }
        let failures = self.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let worked = self.successes.load(Ordering::Relaxed) > 0;
        if worked && failures == 1 { PartState::Shaky } else { PartState::Failing }
    }
}

/// How one part answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum PartState {
    /// It answered.
    Ok,
    /// It didn't answer just now; it did before.
    Shaky,
    /// It hasn't answered for a while, or ever.
    Failing,
}

/// Whether the process can do its work.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
pub(super) struct Readiness {
    /// Whether every part answers, one failed probe forgiven.
    ready: bool,
    /// The queue.
    queue: PartState,
    /// The catalog.
    catalog: PartState,
    /// The store.
    store: PartState,
    /// The database that reports read, in processes that read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<PartState>,
}

/// The process lives
#[utoipa::path(get, path = "/livez", tag = "operation", operation_id = "live", security(()),
    responses((status = 200, description = "It does.", body = String, content_type = "text/plain")))]
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// The process can work
///
/// Asks queue, catalog and store, and a worker's source; one failed probe of a part that answered before is forgiven.
#[utoipa::path(get, path = "/readyz", tag = "operation", operation_id = "ready", security(()),
    responses(
        (status = 200, description = "It can.", body = Readiness),
        (status = 503, description = "A part doesn't answer.", body = Readiness),
    ))]
pub(super) async fn ready(State(site): State<Shared>) -> Response {
    let mut kept = site.probes.readiness.lock().await;
    let readiness = match *kept {
        Some((at, readiness)) if at.elapsed() < FRESH => readiness,
        _ => {
            let readiness = ask_all(&site).await;
            *kept = Some((Instant::now(), readiness));
            readiness
        }
    };
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}

async fn ask_all(site: &Site) -> Readiness {
    let source = async {
        match &site.source {
            Some(source) => Some(timeout(PATIENCE, source.answers()).await.unwrap_or(false)),
            None => None,
        }
    };
    let (queue, catalog, store, source) = tokio::join!(
        timeout(PATIENCE, site.queue.ping()),
        timeout(PATIENCE, site.catalog.ping()),
        timeout(PATIENCE, site.store.ping()),
        source,
    );
    let queue = site.probes.queue.judge(matches!(queue, Ok(Ok(()))));
    let catalog = site.probes.catalog.judge(matches!(catalog, Ok(Ok(()))));
    let store = site.probes.store.judge(matches!(store, Ok(Ok(()))));
    let source = source.map(|answers| site.probes.source.judge(answers));
    let ready = ![Some(queue), Some(catalog), Some(store), source].contains(&Some(PartState::Failing));
    Readiness { ready, queue, catalog, store, source }
}

/// Metrics in Prometheus' text format
#[utoipa::path(get, path = "/metrics", tag = "operation", operation_id = "metrics", security(()),
    responses((status = 200, description = "The metrics.", body = String, content_type = "text/plain")))]
pub(super) async fn metrics(State(site): State<Shared>) -> Response {
    refresh_depths(&site).await;
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], site.metrics.render()).into_response()
}

/// Reads the queue's depths, at most once a second; a queue that doesn't answer leaves the last ones standing.
async fn refresh_depths(site: &Site) {
    let mut refreshed = site.probes.depths.lock().await;
    if refreshed.is_some_and(|at| at.elapsed() < FRESH) {
        return;
    }
    let stats = timeout(PATIENCE, site.queue.stats()).await;
    metrics::gauge!(PART_AWAY, "part" => "queue").set(if matches!(stats, Ok(Ok(_))) { 0.0 } else { 1.0 });
    if let Ok(Ok(stats)) = stats {
        show(&stats);
    }
    metrics::counter!(REDIS_ROUND_TRIPS_TOTAL).absolute(site.queue.round_trips());
    *refreshed = Some(Instant::now());
}

fn show(stats: &Stats) {
    let waiting = stats.lanes.iter().map(|(_, lane)| lane.waiting).sum();
    for (state, count) in [
        ("inbox", stats.inbox),
        ("aside", stats.aside),
        ("scheduled", stats.scheduled),
        ("waiting", waiting),
        ("running", stats.running),
        ("retrying", stats.retrying),
        ("dead", stats.dead),
        ("outbox", stats.outbox),
    ] {
        metrics::gauge!(QUEUE_JOBS, "state" => state).set(count as f64);
    }
    metrics::counter!(QUEUE_RESCUES_TOTAL).absolute(stats.rescues);
    metrics::gauge!(QUEUE_PAUSED).set(stats.paused.len() as f64);
    metrics::gauge!(QUEUE_CAPPED).set(stats.capped.len() as f64);
    for (lane, depth) in &stats.lanes {
        metrics::gauge!(QUEUE_WAITING, "lane" => lane.as_str()).set(depth.waiting as f64);
        metrics::gauge!(QUEUE_OLDEST_SECONDS, "lane" => lane.as_str()).set(depth.oldest_waiting_ms as f64 / 1000.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_after_a_success_is_forgiven() {
        let streak = Streak::default();
        assert_eq!(streak.judge(false), PartState::Failing, "it never worked");
        assert_eq!(streak.judge(true), PartState::Ok);
        assert_eq!(streak.judge(false), PartState::Shaky);
        assert_eq!(streak.judge(false), PartState::Failing);
        assert_eq!(streak.judge(true), PartState::Ok);
        assert_eq!(streak.judge(false), PartState::Shaky);
    }
}
