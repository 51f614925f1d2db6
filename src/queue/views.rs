//! What a queue shows: jobs, depths, dead letters, workers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};

use super::policy::Scope;
use crate::job::{FailedAttempt, Failure, Job, JobId, JobState, Lane, Progress, ReportName, Tenant};

/// A job as the queue knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobView {
    /// The job.
    pub job: Job,
    /// Where it stands.
    pub state: JobState,
    /// Attempts so far.
    pub attempt: u32,
    /// How far the running attempt is.
    pub progress: Progress,
    /// Why the latest attempt failed.
    pub failure: Option<Failure>,
    /// What went wrong so far, oldest first: always the first failed attempt, and the latest
    /// [`FAILURES_KEPT`](super::FAILURES_KEPT) - 1.
    pub failures: Vec<FailedAttempt>,
    /// The worker that holds it, when running.
    pub worker: Option<String>,
    /// When the state last changed.
    pub changed_at: DateTime<Utc>,
}

/// Which jobs to list.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// Only this tenant's.
    pub tenant: Option<Tenant>,
    /// Only this report's.
    pub report: Option<ReportName>,
    /// Only in this state.
    pub state: Option<JobState>,
    /// Only those before this position, newest first.
    pub before: Option<(DateTime<Utc>, JobId)>,
}

impl JobFilter {
    /// Whether this job is among those asked for.
    pub fn admits(&self, view: &JobView) -> bool {
        let place = |at: DateTime<Utc>, id| (at.timestamp_micros(), id);
        self.tenant.as_ref().is_none_or(|tenant| *tenant == view.job.tenant)
            && self.report.as_ref().is_none_or(|report| *report == view.job.report)
            && self.state.is_none_or(|state| state == view.state)
            && self.before.is_none_or(|(at, id)| place(view.job.accepted_at, view.job.id) < place(at, id))
    }
}

/// A message that could not become a job, or a failed job that can be retried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Names it for retry and drop: the job's id, or an id of its own for malformed text.
    pub id: String,
    /// The job, unless the text was malformed.
    pub job: Option<Job>,
    /// Why.
    pub reason: String,
    /// The same for programs, unless the text was malformed.
    pub failure: Option<Failure>,
    /// The malformed text's size in bytes; the text itself is shown only by `queue::LeaseStore::dead_text`.
    pub size_bytes: u64,
    /// When.
    pub at: DateTime<Utc>,
}

/// The depth of one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LaneStats {
    /// Jobs ready for a worker.
    pub waiting: u64,
    /// Age of the oldest waiting job, in milliseconds.
    pub oldest_waiting_ms: u64,
}

/// The queue at one instant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Stats {
    /// Messages not yet admitted.
    pub inbox: u64,
    /// Messages set aside for a newer program.
    pub aside: u64,
    /// By lane, most urgent first.
    #[serde(serialize_with = "by_name")]
    pub lanes: Vec<(Lane, LaneStats)>,
    /// Jobs due later.
    pub scheduled: u64,
    /// Jobs held by workers.
    pub running: u64,
    /// Jobs between attempts.
    pub retrying: u64,
    /// Dead letters.
    pub dead: u64,
    /// Outcomes not yet in the catalog.
    pub outbox: u64,
    /// What is paused.
    pub paused: Vec<Scope>,
    /// Tenants and reports that have waiting jobs and as many running as they may.
    pub capped: Vec<Scope>,
    /// Attempts that were rescued from a dead worker, since the queue was made.
    pub rescues: u64,
}

/// A worker process that takes part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerView {
    /// Its name, shown beside the jobs it runs.
    pub name: String,
    /// How many slots it has.
    pub slots: usize,
    /// How many of them are taken.
    pub busy: usize,
    /// Whether it still claims: not when it drains.
    pub claiming: bool,
    /// The version of its program.
    pub version: String,
    /// When it began.
    pub since: DateTime<Utc>,
}

/// An object with a member for each lane, so that scripts find one by its name.
fn by_name<S: Serializer>(lanes: &[(Lane, LaneStats)], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_map(lanes.iter().map(|(lane, stats)| (lane, stats)))
}

impl Stats {
    /// Whether anything is on its way: waiting, running or due later.
    pub fn is_busy(&self) -> bool {
        let waiting: u64 = self.lanes.iter().map(|(_, lane)| lane.waiting).sum();
        self.inbox + waiting + self.scheduled + self.running + self.retrying > 0
    }
}
