//! The metrics: names, what they count, and their labels.
//!
//! Labels have few values by construction: reports and lanes come from definitions, routes from the router. Ids and people
//! never become labels, tenants only where `telemetry.tenant_label` says so.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use metrics::{Label, SharedString, Unit, describe_counter, describe_gauge, describe_histogram};

/// Seconds from when a job could have run until a worker claimed it. Labels: `lane`, `tenant` if switched on.
pub const JOB_WAIT_SECONDS: &str = "pressroom_job_wait_seconds";

/// Seconds that a step of an attempt took. Labels: `step` (`render`, which is `source`: waiting for rows, `layout` and
/// `pdf` one after the other with the upload beside them; `publish`, `record`, or `all`), `report`.
pub const ATTEMPT_SECONDS: &str = "pressroom_attempt_seconds";

/// Attempts that ended. Labels: `report`, `outcome` (`done`, `retry`, `deferred`, `failed`, `cancelled`, `released`,
/// `lost`).
pub const ATTEMPTS_TOTAL: &str = "pressroom_attempts_total";

/// Jobs that reached their end. Labels: `report`, `outcome` (`done`, `failed`, `cancelled`), `tenant` if switched on.
pub const JOBS_TOTAL: &str = "pressroom_jobs_total";

/// Attempts under way in this process. No labels.
pub const ATTEMPTS_RUNNING: &str = "pressroom_attempts_running";

/// Attempts whose lease another worker took over. Labels: `report`.
pub const LEASES_LOST_TOTAL: &str = "pressroom_leases_lost_total";

/// Attempts that didn't count because something was away. Labels: `report`, `part` (`source`, `store`, `catalog`).
pub const DEFERRALS_TOTAL: &str = "pressroom_deferrals_total";

/// Whether something that jobs need is away (1) or not (0), as this process sees it. Labels: `part`
/// (`queue`, `source`, `store`, `catalog`).
pub const PART_AWAY: &str = "pressroom_part_away";

/// Rows read from the source. Labels: `report`.
pub const ROWS_TOTAL: &str = "pressroom_rows_total";

/// Pages finished. Labels: `report`.
pub const PAGES_TOTAL: &str = "pressroom_pages_total";

/// Bytes published to the store. Labels: `report`.
pub const ARTIFACT_BYTES_TOTAL: &str = "pressroom_artifact_bytes_total";

/// Jobs in the queue. Labels: `state` (`inbox`: messages that are not yet jobs).
pub const QUEUE_JOBS: &str = "pressroom_queue_jobs";

/// Jobs ready for a worker. Labels: `lane`.
pub const QUEUE_WAITING: &str = "pressroom_queue_waiting";

/// Age in seconds of the oldest job that is ready for a worker. Labels: `lane`.
pub const QUEUE_OLDEST_SECONDS: &str = "pressroom_queue_oldest_waiting_seconds";

/// Round trips to Redis, waits for work left out. No labels.
pub const REDIS_ROUND_TRIPS_TOTAL: &str = "pressroom_redis_round_trips_total";

/// Attempts rescued from dead workers, by any process that shares the queue. No labels.
pub const QUEUE_RESCUES_TOTAL: &str = "pressroom_queue_rescues_total";

/// Parts of the queue that are paused. No labels.
pub const QUEUE_PAUSED: &str = "pressroom_queue_paused";

/// Tenants and reports that have waiting jobs and as many running as they may. No labels.
pub const QUEUE_CAPPED: &str = "pressroom_queue_capped";

/// HTTP requests answered. Labels: `method`, `route`, `status`.
pub const HTTP_REQUESTS_TOTAL: &str = "pressroom_http_requests_total";

/// Seconds until an HTTP answer began. Labels: `method`, `route`.
pub const HTTP_REQUEST_SECONDS: &str = "pressroom_http_request_seconds";

/// Rounds of an agent of upkeep. Labels: `agent`, `outcome` (`done`, `failed`).
pub const UPKEEP_ROUNDS_TOTAL: &str = "pressroom_upkeep_rounds_total";

/// Bounds of every histogram, in seconds: from a cached invoice to a million rows.
pub(super) const SECONDS_BUCKETS: [f64; 16] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0, 600.0];

/// How often samples are folded into the buckets.
pub(super) const UPKEEP: Duration = Duration::from_secs(5);

static TENANTS: AtomicBool = AtomicBool::new(false);

/// Switches the label `tenant` on or off.
pub(super) fn label_tenants(on: bool) {
    TENANTS.store(on, Ordering::Relaxed);
}

/// Labels of a metric that is told apart by tenant where that is switched on.
pub fn of_tenant<const N: usize>(tenant: &str, labels: [(&'static str, SharedString); N]) -> Vec<Label> {
    let mut labels: Vec<Label> = labels.into_iter().map(|(name, value)| Label::new(name, value)).collect();
    if TENANTS.load(Ordering::Relaxed) {
        labels.push(Label::new("tenant", tenant.to_owned()));
    }
    labels
}

/// Tells the exporter what each metric means.
pub(super) fn describe() {
    describe_histogram!(JOB_WAIT_SECONDS, Unit::Seconds, "From when a job could have run until a worker claimed it.");
    describe_histogram!(ATTEMPT_SECONDS, Unit::Seconds, "How long a step of an attempt took.");
    describe_counter!(ATTEMPTS_TOTAL, "Attempts that ended.");
    describe_counter!(JOBS_TOTAL, "Jobs that reached their end.");
    describe_gauge!(ATTEMPTS_RUNNING, "Attempts under way in this process.");
    describe_counter!(LEASES_LOST_TOTAL, "Attempts whose lease another worker took over.");
    describe_counter!(DEFERRALS_TOTAL, "Attempts that didn't count because something was away.");
    describe_gauge!(PART_AWAY, "Whether something that jobs need is away.");
    describe_counter!(ROWS_TOTAL, "Rows read from the source.");
    describe_counter!(PAGES_TOTAL, "Pages finished.");
    describe_counter!(ARTIFACT_BYTES_TOTAL, Unit::Bytes, "Bytes published to the store.");
    describe_gauge!(QUEUE_JOBS, "Jobs in the queue by state.");
    describe_gauge!(QUEUE_WAITING, "Jobs ready for a worker.");
    describe_gauge!(QUEUE_OLDEST_SECONDS, Unit::Seconds, "Age of the oldest job ready for a worker.");
    describe_counter!(REDIS_ROUND_TRIPS_TOTAL, "Round trips to Redis, waits for work left out.");
    describe_counter!(QUEUE_RESCUES_TOTAL, "Attempts rescued from dead workers, by any process that shares the queue.");
    describe_gauge!(QUEUE_PAUSED, "Parts of the queue that are paused.");
    describe_gauge!(QUEUE_CAPPED, "Tenants and reports that wait because of a cap.");
    describe_counter!(HTTP_REQUESTS_TOTAL, "HTTP requests answered.");
    describe_histogram!(HTTP_REQUEST_SECONDS, Unit::Seconds, "Time to the beginning of an HTTP answer.");
    describe_counter!(UPKEEP_ROUNDS_TOTAL, "Rounds of an agent of upkeep.");
}
