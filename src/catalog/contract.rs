//! What every catalog must do.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    artifact::{Artifact, ArtifactId, ArtifactKey, Tier},
    job::{FailedAttempt, Failure, Job, JobId, JobState, ReportName, Tenant},
};

/// What went wrong with the catalog.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CatalogError {
    /// It can't be reached or is busy; the same call may work later.
    #[error("the catalog is not reachable: {0}")]
    Unavailable(String),
    /// Its schema is older or newer than this program knows.
    #[error("{0}")]
    Schema(SchemaState),
    /// It refused a statement; trying again won't help.
    #[error("the catalog refused: {0}")]
    Refused(String),
}

/// The catalog's answers.
pub type Result<T, E = CatalogError> = std::result::Result<T, E>;

/// Whether the catalog's schema fits this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaState {
    /// It fits.
    Current {
        /// The version.
        version: i64,
    },
    /// Migrations are missing (0: there is none at all).
    Older {
        /// The version found.
        found: i64,
        /// The version this program needs.
        needed: i64,
    },
    /// A newer program has migrated it.
    Newer {
        /// The version found.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
}

impl std::fmt::Display for SchemaState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Current { version } => write!(f, "the catalog's schema is current (version {version})"),
            Self::Older { found: 0, .. } => f.write_str("the catalog has no schema yet; run `pressroom migrate`"),
            Self::Older { found, needed } => {
                write!(
                    f,
                    "the catalog's schema is version {found}, this program needs {needed}; run `pressroom migrate`"
                )
            }
            Self::Newer { found, known } => write!(
                f,
                "the catalog's schema is version {found}, newer than the {known} this program knows; run a newer pressroom"
            ),
        }
    }
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The job.
    pub job: Job,
    /// `done`, `failed` or `cancelled`.
    pub state: JobState,
    /// Attempts it took.
    pub attempts: u32,
    /// The fence of the attempt that decided it (0 when none did).
    pub fence: u64,
    /// Why, when it failed.
    pub failure: Option<Failure>,
    /// Each attempt that failed, as far as whoever records it knows them, oldest first.
    #[serde(default)]
    pub failures: Vec<FailedAttempt>,
    /// What it left, when done; always made from what the store holds.
    pub artifact: Option<Artifact>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
}

/// Which finished jobs to list.
#[derive(Debug, Clone, Default)]
pub struct OutcomeFilter {
    /// Only this tenant's.
    pub tenant: Option<Tenant>,
    /// Only this report's.
    pub report: Option<ReportName>,
    /// Only in this state.
    pub state: Option<JobState>,
    /// Only those before this position, newest first by acceptance.
    pub before: Option<(DateTime<Utc>, JobId)>,
}

/// Which artifacts to list.
#[derive(Debug, Clone, Default)]
pub struct ArtifactFilter {
    /// Only this tenant's.
    pub tenant: Option<Tenant>,
    /// Only this report's.
    pub report: Option<ReportName>,
    /// Only on this tier.
    pub tier: Option<Tier>,
    /// Only those before this position, newest first by creation.
    pub before: Option<(DateTime<Utc>, ArtifactId)>,
}

/// What happened, for the audit trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// A job was asked for.
    Request,
    /// An attempt began.
    Start,
    /// An artifact was published.
    Publish,
    /// A job failed for good.
    Fail,
    /// A job was cancelled.
    Cancel,
    /// An artifact's facts were shown.
    View,
    /// An artifact's bytes were handed out.
    Download,
    /// An artifact was deleted.
    Delete,
    /// Jobs were held back: those of a lane, a report or a tenant.
    Pause,
    /// They were let go on.
    Resume,
    /// A dead letter was put back into its lane.
    Retry,
    /// A dead letter was dropped.
    Drop,
}

impl Action {
    /// The name used in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Start => "start",
            Self::Publish => "publish",
            Self::Fail => "fail",
            Self::Cancel => "cancel",
            Self::View => "view",
            Self::Download => "download",
            Self::Delete => "delete",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Retry => "retry",
            Self::Drop => "drop",
        }
    }
}

/// One line of the audit trail: ids and hashes, no values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// Whose data it concerns.
    pub tenant: Tenant,
    /// Who did it (a user, key or worker id).
    pub actor: String,
    /// What was done.
    pub action: Action,
    /// To which job or artifact.
    pub subject: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// The long memory.
#[async_trait]
pub trait Catalog: Send + Sync + 'static {
    /// Whether the schema fits.
    async fn schema(&self) -> Result<SchemaState>;

    /// Brings the schema up to date, forward only; safe when several processes do it at once.
    ///
    /// Returns the versions that were applied.
    async fn migrate(&self) -> Result<Vec<i64>>;

    /// Records how a job ended and what it left, in one transaction.
    ///
    /// Idempotent. `done` and `cancelled` are never replaced; `failed` is replaced by a later end (of a dead letter
    /// that was retried; later is a greater fence). Returns the state that stands. What changes something adds its
    /// event to the audit trail. Times are kept to the microsecond. Failed attempts that were recorded before stay where
    /// the new outcome knows of none.
    async fn record(&self, outcome: &Outcome) -> Result<JobState>;

    /// Takes back a `failed` outcome whose job was put back into the queue.
    async fn reopen(&self, id: JobId) -> Result<bool>;

    /// How a job ended.
    async fn find(&self, tenant: &Tenant, id: JobId) -> Result<Option<Outcome>>;

    /// Finished jobs, newest first by acceptance (then id), at most `limit`.
    async fn list(&self, filter: &OutcomeFilter, limit: usize) -> Result<Vec<Outcome>>;

    /// An artifact.
    async fn artifact(&self, tenant: &Tenant, id: ArtifactId) -> Result<Option<Artifact>>;

    /// Artifacts, newest first by creation (then id), at most `limit`.
    async fn artifacts(&self, filter: &ArtifactFilter, limit: usize) -> Result<Vec<Artifact>>;

    /// Of these keys, those that no record names.
    async fn unknown_keys(&self, keys: &[ArtifactKey]) -> Result<Vec<ArtifactKey>>;

    /// Adds an event to the audit trail, not yet sealed.
    async fn audit(&self, event: &AuditEvent) -> Result<()>;

    /// Seals events into the hash chain, at most `limit`, in order; returns how many.
    ///
    /// Only one agent may seal at a time.
    async fn seal(&self, limit: usize) -> Result<usize>;

    /// Follows a tenant's chain from its beginning; returns the first sequence that is not what was sealed.
    async fn verify_audit(&self, tenant: &Tenant) -> Result<Option<u64>>;

    /// Whether the catalog answers, within a second.
    async fn ping(&self) -> Result<()>;
}
