//! What operators see of attempts: one function for each thing that happens.

use std::time::Duration;

use metrics::{counter, gauge, histogram};

use super::render::{Rendered, Spent};
use crate::{
    job::{Job, JobState, ReportName, Step},
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
pub(super) fn waited(job: &Job, wait: Duration) {
    let labels = metric::of_tenant(job.tenant.as_str(), [("lane", job.lane.as_str().into())]);
    histogram!(metric::JOB_WAIT_SECONDS, labels).record(wait);
}

/// A step of an attempt is over.
pub(super) fn step(report: &ReportName, step: &'static str, took: Duration) {
    histogram!(metric::ATTEMPT_SECONDS, "step" => step, "report" => report.to_string()).record(took);
}

/// A document was drawn: where its time went.
pub(super) fn spent(report: &ReportName, Spent { rows, layout, pdf }: &Spent) {
    step(report, "source", *rows);
    step(report, "layout", *layout);
    step(report, "pdf", *pdf);
}

/// A job was put off because what this step needs is away.
pub(super) fn deferred(report: &ReportName, needed: Step) {
    counter!(metric::DEFERRALS_TOTAL, "report" => report.to_string(), "part" => needed.as_str()).increment(1);
}

/// A document was published.
pub(super) fn published(report: &ReportName, rendered: &Rendered, size_bytes: u64) {
    let report = report.to_string();
    counter!(metric::ROWS_TOTAL, "report" => report.clone()).increment(rendered.rows);
    counter!(metric::PAGES_TOTAL, "report" => report.clone()).increment(rendered.pages);
    counter!(metric::ARTIFACT_BYTES_TOTAL, "report" => report).increment(size_bytes);
}

/// How an attempt ended in one word, by what there is to settle: nothing when its lease was lost.
pub(super) fn outcome(settlement: Option<&Settlement>) -> &'static str {
    match settlement {
        Some(Settlement::Done) => "done",
        Some(Settlement::Retry { .. }) => "retry",
        Some(Settlement::Defer { .. }) => "deferred",
        Some(Settlement::Release) => "released",
        Some(Settlement::Fail(_)) => "failed",
        Some(Settlement::Cancelled) => "cancelled",
        None => "lost",
    }
}

/// An attempt ended with this to settle, or with nothing because its lease was lost.
pub(super) fn attempt_ended(report: &ReportName, settlement: Option<&Settlement>) {
    if settlement.is_none() {
        counter!(metric::LEASES_LOST_TOTAL, "report" => report.to_string()).increment(1);
    }
    let outcome = outcome(settlement);
    counter!(metric::ATTEMPTS_TOTAL, "report" => report.to_string(), "outcome" => outcome).increment(1);
}

/// The queue took a settlement; the job is now in this state. Those that end otherwise than done are counted when the
/// catalog has them, for not all of them pass a worker.
pub(super) fn settled(job: &Job, state: JobState) {
    if state == JobState::Done {
        let labels = [("report", job.report.to_string().into()), ("outcome", state.as_str().into())];
        counter!(metric::JOBS_TOTAL, metric::of_tenant(job.tenant.as_str(), labels)).increment(1);
    }
}
