//! A job and its artifact as people and programs see them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::{
    artifact::{Artifact, ArtifactId, Digest, MissingGlyph, ReadDataset, Tier},
    catalog::Outcome,
    job::{FailedAttempt, Failure, Job, JobId, JobState, Lane, Progress, ReportName, Tenant},
    queue::JobView,
    request::Expected,
};

/// A job, wherever it is on its way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobSummary {
    /// Its name for ever.
    pub id: JobId,
    /// Whose data it shows.
    pub tenant: Tenant,
    /// Who asked.
    pub requester: String,
    /// What was asked for.
    pub report: ReportName,
    /// Where it stands.
    pub state: JobState,
    /// How urgent it is.
    pub lane: Lane,
    /// Attempts so far.
    pub attempt: u32,
    /// How many it may have.
    pub max_attempts: u32,
    /// How far the running attempt is; the whole of it when done.
    pub progress: Progress,
    /// What it will probably come to, while it is in flight.
    pub expected: Option<Expected>,
    /// The worker that holds it, while it is running.
    pub worker: Option<String>,
    /// Why the latest attempt failed.
    pub error: Option<Failure>,
    /// What went wrong so far, oldest first: always the first failed attempt, and the latest ones.
    pub failures: Vec<FailedAttempt>,
    /// What it left.
    pub artifact: Option<ArtifactSummary>,
    /// Parameters as accepted.
    pub parameters: Map<String, Json>,
    /// When it was accepted.
    pub accepted_at: DateTime<Utc>,
    /// Not before this instant.
    pub run_at: Option<DateTime<Utc>>,
    /// When its state last changed.
    pub changed_at: DateTime<Utc>,
}

/// What is known of an artifact, without where it lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArtifactSummary {
    /// Its name.
    pub id: ArtifactId,
    /// Which report it is.
    pub report: ReportName,
    /// Who asked for it.
    pub requester: String,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Rows the source returned, all of them placed in the document.
    pub rows: u64,
    /// Pages.
    pub pages: u64,
    /// The tier it is on.
    pub tier: Tier,
    /// What was read for it.
    pub completeness: Completeness,
    /// Characters that no font has, most frequent first.
    pub missing_glyphs: Vec<MissingGlyph>,
    /// When its rows were read.
    pub snapshot_at: DateTime<Utc>,
    /// When it was stored.
    pub created_at: DateTime<Utc>,
}

/// What was read for a document, and that all of it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Completeness {
    /// Each dataset that was read, in the order of reading.
    pub datasets: Vec<ReadDataset>,
}

impl JobSummary {
    /// A job that has just been accepted.
    pub(super) fn accepted(job: Job, now: DateTime<Utc>) -> Self {
        let later = job.run_at.is_some_and(|at| at > now);
        let state = if later { JobState::Scheduled } else { JobState::Waiting };
        let changed_at = job.accepted_at;
        Self::of(job, state, changed_at)
    }

    fn of(job: Job, state: JobState, changed_at: DateTime<Utc>) -> Self {
        Self {
            id: job.id,
            tenant: job.tenant,
            requester: job.requester,
            report: job.report,
            state,
            lane: job.lane,
            attempt: 0,
            max_attempts: job.max_attempts,
            progress: Progress::default(),
            expected: None,
            worker: None,
            error: None,
            failures: Vec::new(),
            artifact: None,
            parameters: job.parameters,
            accepted_at: job.accepted_at,
            run_at: job.run_at,
            changed_at,
        }
    }
}

impl From<JobView> for JobSummary {
    fn from(view: JobView) -> Self {
        Self {
            attempt: view.attempt,
            progress: view.progress,
            worker: view.worker.filter(|_| view.state == JobState::Running),
            error: view.failure,
            failures: view.failures,
            ..Self::of(view.job, view.state, view.changed_at)
        }
    }
}

impl From<Outcome> for JobSummary {
    fn from(outcome: Outcome) -> Self {
        let facts = outcome.artifact.as_ref().map(|artifact| &artifact.facts);
        Self {
            attempt: outcome.attempts,
            progress: facts.map_or_else(Progress::default, |facts| Progress { rows: facts.rows, pages: facts.pages }),
            error: outcome.failure,
            failures: outcome.failures,
            artifact: outcome.artifact.as_ref().map(ArtifactSummary::from),
            ..Self::of(outcome.job, outcome.state, outcome.ended_at)
        }
    }
}

impl From<&Artifact> for ArtifactSummary {
    fn from(artifact: &Artifact) -> Self {
        Self {
            id: artifact.id,
            report: artifact.report.clone(),
            requester: artifact.requester.clone(),
            digest: artifact.facts.digest.clone(),
            size_bytes: artifact.facts.size_bytes,
            rows: artifact.facts.rows,
            pages: artifact.facts.pages,
            tier: artifact.tier,
            completeness: Completeness { datasets: artifact.facts.proof.datasets.clone() },
            missing_glyphs: artifact.facts.proof.missing_glyphs.clone(),
            snapshot_at: artifact.facts.snapshot_at,
            created_at: artifact.created_at,
        }
    }
}
