//! What operators see of attempts: one function for each thing that happens.

use std::time::Duration;

use metrics::{counter, gauge, histogram};

use super::render::Rendered;
use crate::{
    job::{JobState, Lane, ReportName},
    queue::Settlement,
    telemetry::metric,
};

/// An attempt is under way until this is dropped.
pub(super) struct Running;

impl Running {
    pub(super) fn begin() -> Self {
        gauge!(metric::ATTEMPTS_RUNNING).increment(1);
        Self
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        gauge!(metric::ATTEMPTS_RUNNING).decrement(1);
    }
}

/// A job was claimed for the first time, so long after it could have run.
pub(super) fn waited(lane: Lane, wait: Duration) {
    histogram!(metric::JOB_WAIT_SECONDS, "lane" => lane.as_str()).record(wait);
}

/// A step of an attempt is over.
pub(super) fn step(report: &ReportName, step: &'static str, took: Duration) {
    histogram!(metric::ATTEMPT_SECONDS, "step" => step, "report" => report.to_string()).record(took);
}

/// A document was published.
pub(super) fn published(report: &ReportName, rendered: &Rendered, size_bytes: u64) {
    let report = report.to_string();
    counter!(metric::ROWS_TOTAL, "report" => report.clone()).increment(rendered.rows);
    counter!(metric::PAGES_TOTAL, "report" => report.clone()).increment(rendered.pages);
    counter!(metric::ARTIFACT_BYTES_TOTAL, "report" => report).increment(size_bytes);
}

/// An attempt ended with this to settle, or with nothing because its lease was lost.
pub(super) fn attempt_ended(report: &ReportName, settlement: Option<&Settlement>) {
    let outcome = match settlement {
        Some(Settlement::Done) => "done",
        Some(Settlement::Retry { .. }) => "retry",
        Some(Settlement::Defer { .. }) => "deferred",
        Some(Settlement::Release) => "released",
        Some(Settlement::Fail(_)) => "failed",
        Some(Settlement::Cancelled) => "cancelled",
        None => "lost",
    };
    counter!(metric::ATTEMPTS_TOTAL, "report" => report.to_string(), "outcome" => outcome).increment(1);
}

/// The queue took a settlement; the job is now in this state.
pub(super) fn settled(report: &ReportName, state: JobState) {
    if state.is_final() {
        counter!(metric::JOBS_TOTAL, "report" => report.to_string(), "outcome" => state.as_str()).increment(1);
    }
}
