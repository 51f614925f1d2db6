//! What every queue must do.
//!
//! Times are the server's own clock (Redis `TIME`, or the SQLite host's), never a client's.
//! A *fence* never decreases for a job: each claim raises it, and whoever settles or publishes must
//! hold the newest one.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};

use crate::job::{Failure, Job, JobId, JobState, Lane, Progress, ReportName, Tenant};

/// What went wrong with the queue itself.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// It can't be reached or didn't answer; the same call may work later.
    #[error("the queue is not reachable: {0}")]
    Unavailable(String),
    /// It answered with something that can't be right; trying again won't help.
    #[error("the queue answered in an unexpected way: {0}")]
    Corrupt(String),
    /// It can't serve as a queue: its address, version or settings are wrong. Found when it is opened.
    #[error("the queue can't be used: {0}")]
    Unsuitable(String),
}

/// The queue's answers.
pub type Result<T, E = QueueError> = std::result::Result<T, E>;

/// A request to put a job into the queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Push {
    /// The job.
    pub job: Job,
    /// Same tenant and key within its lifetime: same job.
    pub idempotency_key: Option<String>,
    /// What was asked, hashed by the caller: the same key with another request is a conflict.
    pub request_digest: String,
    /// The W3C `traceparent` of whoever asks, handed on to each [`Claim`].
    pub trace: Option<String>,
}

/// What became of a [`Push`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// It is in the queue.
    Accepted(JobId),
    /// The same id or idempotency key had been accepted before; that job stands.
    Existing(JobId),
    /// The idempotency key belongs to another request, or the id to another tenant's job; nothing was put.
    Conflict(JobId),
}

/// A job's claim by one worker: counted, timed and fenced.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The job.
    pub job: Job,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Raised by every claim, never lowered.
    pub fence: u64,
    /// The W3C `traceparent` of whoever asked, if there was one.
    pub trace: Option<String>,
}

/// What identifies a held lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The job.
    pub job: JobId,
    /// The fence that its claim gave.
    pub fence: u64,
}

impl Claim {
    /// The lease that this claim began.
    pub fn lease(&self) -> Lease {
        Lease { job: self.job.id, fence: self.fence }
    }
}

/// The answer to a heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// Still ours.
    Held,
    /// Still ours, but someone asked for the job to stop.
    CancelRequested,
    /// Another worker has it, or it was settled: stop at once.
    Lost,
}

/// How an attempt ended, for the queue.
#[derive(Debug, Clone, PartialEq)]
pub enum Settlement {
    /// Published and recorded.
    Done,
    /// Try again after the delay; becomes `failed` when no attempt is left, `cancelled` when that was asked.
    Retry {
        /// Why it failed.
        failure: Failure,
        /// How long to wait at least.
        delay: Duration,
    },
    /// Hand back untouched, first in its line; the attempt doesn't count (the worker shuts down).
    ///
    /// Becomes `cancelled` when that was asked.
    Release,
    /// Never again by itself: kept as a dead letter.
    Fail(Failure),
    /// It was cancelled while running.
    Cancelled,
}

/// Whether a settlement counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It did; the job is now in this state.
    Applied(JobState),
    /// Another claim had come, or the job was settled before: nothing changed.
    Fenced,
}

/// What became of a cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// It was not running and is now cancelled.
    Now,
    /// It is running; its worker will stop within a heartbeat.
    Requested,
    /// It had ended before.
    AlreadyFinal(JobState),
    /// The queue doesn't know it (any more).
    Unknown,
}

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

/// Raw text from the inbox, taken into intake and not yet admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawMessage(pub Vec<u8>);

/// What to do with a [`RawMessage`].
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Make it a job.
    Accept(Box<Push>),
    /// It names a job, but can't be done: keep that job as failed.
    Reject(Box<Push>, Failure),
    /// It isn't a message at all: keep the text with the reason.
    Malformed(String),
    /// A newer version than this program knows: set aside and offered again after a minute, so that a newer
    /// program takes it while both share the queue.
    Leave,
}

/// Decides what a raw message is; implemented where the report definitions are known.
pub trait Admission: Send + Sync + 'static {
    /// The verdict on one message. Must not block.
    fn judge(&self, raw: &RawMessage) -> Verdict;
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

/// A job that ended without an artifact, waiting until the catalog has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// The job in its final state.
    pub view: JobView,
}

/// The most messages, due jobs or claims that one call moves.
pub const BATCH: usize = 100;

/// How long an idempotency key is remembered.
pub const KEY_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// How long [`LeaseStore::find`] still shows an ended job.
pub const ENDED_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// How long a message of a newer version is set aside before it is offered again.
pub const ASIDE: Duration = Duration::from_secs(60);

/// How many dead letters are kept; beyond, the oldest are forgotten.
pub const DEAD_LETTERS: usize = 10_000;

/// A queue with leases. Every call is safe to repeat.
#[async_trait]
pub trait LeaseStore: Send + Sync + 'static {
    /// Puts a job straight into its lane (or the schedule) and rings for idle workers.
    async fn push(&self, push: Push) -> Result<Pushed>;

    /// Puts raw text into the inbox, as any client may (`LPUSH`).
    async fn post(&self, raw: RawMessage) -> Result<()>;

    /// Takes messages from the inbox and what dead workers left in intake, oldest first, at most [`BATCH`].
    ///
    /// A message stays in intake until [`LeaseStore::admit`]; two drains may return the same one.
    async fn drain(&self) -> Result<Vec<RawMessage>>;

    /// Carries out the verdict on one drained message in one step; doing it twice changes nothing.
    ///
    /// A [`Pushed::Conflict`] can't be answered to anyone here: over a key, the job is kept as failed with code
    /// `idempotency-conflict`; over an id, the text is kept as malformed.
    async fn admit(&self, raw: &RawMessage, verdict: Verdict) -> Result<()>;

    /// Claims at most `free` jobs (and at most [`BATCH`]) for `worker`, each leased for `lease`.
    ///
    /// Lanes share the claims 6 : 3 : 1, most urgent first, and lend what they don't use. Within a lane tenants
    /// take turns, and within a tenant its reports; one report's jobs go in order.
    ///
    /// Moves due jobs and expired leases first; a job whose lease expired on its last attempt becomes
    /// `failed` with code `worker-died`.
    async fn claim(&self, worker: &str, free: usize, lease: Duration) -> Result<Vec<Claim>>;

    /// Waits until there may be something to drain or claim, at most `up_to`.
    async fn wait(&self, up_to: Duration) -> Result<()>;

    /// The heartbeat: extends the lease and stores the progress.
    ///
    /// A lease that ran out but that nobody has taken yet is still ours.
    async fn renew(&self, lease: Lease, progress: Progress, lease_for: Duration) -> Result<Renewal>;

    /// Ends an attempt.
    async fn settle(&self, lease: Lease, how: Settlement) -> Result<Settled>;

    /// Stops a job of a tenant.
    async fn cancel(&self, tenant: &Tenant, id: JobId) -> Result<Cancelled>;

    /// A job in flight or lately ended.
    async fn find(&self, tenant: &Tenant, id: JobId) -> Result<Option<JobView>>;

    /// Jobs in flight and those whose outcome the catalog doesn't have yet, newest first by acceptance to the
    /// microsecond (then id), at most `limit`.
    async fn list(&self, filter: &JobFilter, limit: usize) -> Result<Vec<JobView>>;

    /// The depths.
    async fn stats(&self) -> Result<Stats>;

    /// Dead letters, newest first.
    async fn dead(&self, limit: usize) -> Result<Vec<DeadLetter>>;

    /// The text of a malformed message. May hold personal data: never log it.
    async fn dead_text(&self, id: &str) -> Result<Option<Vec<u8>>>;

    /// Puts a failed job back into its lane with its attempts counted anew; `false` if there is none.
    async fn dead_retry(&self, id: &str) -> Result<bool>;

    /// Forgets a dead letter; `false` if there is none.
    async fn dead_drop(&self, id: &str) -> Result<bool>;

    /// Every job that became `failed` or `cancelled` and is not yet acknowledged, at most `limit`, oldest first.
    ///
    /// Some of these nobody else saw (cancelled while waiting, worker died, rejected); those that a worker settled
    /// it may have recorded itself, which recording twice doesn't hurt.
    async fn outcomes(&self, limit: usize) -> Result<Vec<Decided>>;

    /// Forgets outcomes that the catalog now has.
    async fn acknowledge(&self, ids: &[JobId]) -> Result<()>;

    /// Takes or keeps the leadership of `role` for `holder`; true while it is ours.
    async fn lead(&self, role: &str, holder: &str, lease_for: Duration) -> Result<bool>;

    /// Whether the queue answers, within a second.
    async fn ping(&self) -> Result<()>;
}
