//! What every queue must do.
//!
//! Times are the server's own clock (Redis `TIME`, or the SQLite host's), never a client's.
//! A *fence* never decreases for a job: each claim raises it, and whoever settles or publishes must
//! hold the newest one.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{
    policy::{Policy, Scope},
    views::{DeadLetter, JobFilter, JobView, Stats, WorkerView},
};
use crate::job::{FailedAttempt, Failure, Job, JobId, JobState, Progress, Tenant};

/// What went wrong with the queue itself.
#[derive(Debug, Clone, thiserror::Error)]
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
    /// How many of a worker's slots the job takes, from 1.
    pub slots: u32,
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
    /// The tenant has as many jobs waiting, or as many bytes of them, as it may; nothing was put.
    Full,
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
    /// How many of the worker's slots it takes: what its [`Push`] said, at most all that the worker has.
    pub slots: u32,
    /// How often it was put off because something that it needs was away ([`Settlement::Defer`]).
    pub deferrals: u32,
    /// What went wrong in earlier attempts, as in [`JobView::failures`].
    pub failures: Vec<FailedAttempt>,
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

/// What a worker can take on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    /// Slots that are free now.
    pub free: usize,
    /// Slots that the worker has in all.
    pub total: usize,
}

/// An idle worker with so many slots.
impl From<usize> for Capacity {
    fn from(slots: usize) -> Self {
        Self { free: slots, total: slots }
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
    /// Published and recorded: the queue forgets the job at once, for the catalog has it.
    Done,
    /// Try again after the delay; becomes `failed` when no attempt is left, `cancelled` when that was asked.
    Retry {
        /// Why it failed.
        failure: Failure,
        /// How long to wait at least.
        delay: Duration,
    },
    /// Something that it needs (the source, the store, the catalog) is away: try again after the delay, and don't count
    /// the attempt. Becomes `cancelled` when that was asked.
    Defer {
        /// What is away.
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

/// A job that ended without an artifact, waiting until the catalog has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// The job in its final state.
    pub view: JobView,
    /// The fence of its latest claim, 0 when it was never claimed: whoever holds it, or an older one, came too late.
    pub fence: u64,
}

/// The most messages, due jobs or claims that one call moves.
pub const BATCH: usize = 100;

/// How long an idempotency key is remembered.
pub const KEY_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// How long [`LeaseStore::find`] still shows a failed or cancelled job after the catalog has it.
pub const ENDED_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// How long a message of a newer version is set aside before it is offered again.
pub const ASIDE: Duration = Duration::from_secs(60);

/// How many failed attempts of a job are remembered: the first, and the latest ones.
pub const FAILURES_KEPT: usize = 10;

/// How long a worker that found too few free slots for a large job may let slots go free for it, while others claim on.
pub const RESERVATION: Duration = Duration::from_secs(60);

/// How many dead letters are kept; beyond, the oldest are forgotten.
pub const DEAD_LETTERS: usize = 10_000;

/// A queue with leases. Every call is safe to repeat; a claim whose answer is lost holds its jobs until their leases end.
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

    /// Claims jobs for `worker`, each leased for `lease`, until its free slots are taken or [`BATCH`] are claimed.
    ///
    /// Lanes share the claims by the weights of the [`Policy`], most urgent first, and lend what they don't use. Within
    /// a lane tenants take turns, and within a tenant its reports; one report's jobs go in order. Whatever is paused,
    /// or has as many jobs running as it may, is passed over and costs the others nothing.
    ///
    /// A job that takes more slots than are free is passed over too, but for one worker at a time, which claims nothing
    /// more until its slots suffice ([`RESERVATION`]); so it comes to its turn and holds up nobody else.
    ///
    /// Moves due jobs and expired leases first; a job whose lease expired on its last attempt becomes
    /// `failed` with code `worker-died`.
    async fn claim(&self, worker: &str, capacity: Capacity, lease: Duration) -> Result<Vec<Claim>>;

    /// Waits until there may be something to drain or claim, at most `up_to`.
    async fn wait(&self, up_to: Duration) -> Result<()>;

    /// The heartbeat: extends the lease and stores the progress.
    ///
    /// A lease that ran out but that nobody has taken yet is still ours.
    async fn renew(&self, lease: Lease, progress: Progress, lease_for: Duration) -> Result<Renewal>;

    /// Ends an attempt.
    async fn settle(&self, lease: Lease, how: Settlement) -> Result<Settled>;

    /// Sets the rules that every push and claim obeys from now on, whichever process they come from.
    async fn govern(&self, policy: &Policy) -> Result<()>;

    /// The rules that hold.
    async fn policy(&self) -> Result<Policy>;

    /// Hands out no more of these jobs; running ones go on. `false` if they were paused already.
    async fn pause(&self, scope: &Scope) -> Result<bool>;

    /// Hands them out again; `false` if they weren't paused.
    async fn resume(&self, scope: &Scope) -> Result<bool>;

    /// Says that a worker takes part, for so long unless it says so again; for no time at all, that it has left.
    async fn announce(&self, worker: &WorkerView, lasts: Duration) -> Result<()>;

    /// The workers that take part, by name.
    async fn workers(&self) -> Result<Vec<WorkerView>>;

    /// The last instant at which a schedule fired, as [`LeaseStore::set_fired`] left it.
    async fn fired(&self, schedule: &str) -> Result<Option<DateTime<Utc>>>;

    /// Remembers that a schedule has fired for this instant and all before it; never goes back.
    async fn set_fired(&self, schedule: &str, at: DateTime<Utc>) -> Result<()>;

    /// Stops a job of a tenant.
    async fn cancel(&self, tenant: &Tenant, id: JobId) -> Result<Cancelled>;

    /// A job in flight, or one that lately failed or was cancelled.
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
    ///
    /// A failed job's outcome is told once more: whoever was about to retry it may have made the catalog forget it.
    async fn dead_drop(&self, id: &str) -> Result<bool>;

    /// Every job that became `failed` or `cancelled` and is not yet acknowledged, at most `limit`, oldest first.
    ///
    /// Some of these nobody else saw (cancelled while waiting, worker died, rejected); those that a worker settled
    /// it may have recorded itself, which recording twice doesn't hurt.
    async fn outcomes(&self, limit: usize) -> Result<Vec<Decided>>;

    /// Forgets outcomes that the catalog now has. One that has changed since it was read stays: its job was put back and
    /// ended again, or its dead letter was dropped.
    async fn acknowledge(&self, decided: &[Decided]) -> Result<()>;

    /// Takes or keeps the leadership of `role` for `holder`; true while it is ours.
    async fn lead(&self, role: &str, holder: &str, lease_for: Duration) -> Result<bool>;

    /// How often this process has asked a server for something, waits for work left out.
    fn round_trips(&self) -> u64 {
        0
    }

    /// Whether the queue answers, within a second.
    async fn ping(&self) -> Result<()>;
}
