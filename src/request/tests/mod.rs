//! The desk between a queue and a catalog that stand in memory and can be made to fail.
//!
//! `tests/desk.rs` runs the journey over real ones.

mod asking;
mod fakes;
mod finding;
mod operating;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use self::fakes::{MemoryCatalog, MemoryQueue};
use super::{Desk, Recorder, Request};
use crate::{
    artifact::{Artifact, ArtifactKey, Digest, Facts, Proof, Tier},
    catalog::{Catalog, Outcome},
    clock::{Clock, ManualClock},
    identity::{Identity, Roles},
    job::{Failure, Job, JobId, JobState, Step},
    report::{FleetLimits, Library},
};

/// Two reports: `doses`, which everyone may ask for, and `audit`, which only the role `auditor` may.
pub(super) fn library() -> Arc<Library> {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    let doses =
        "title = \"Doses\"\nfile_name = \"doses-{from}\"\n[datasets.lines]\n[parameters.from]\ntype = \"date\"\n";
    let audit = "title = \"Audit\"\ntemplate = \"doses.html\"\n[datasets.lines]\n[access]\nroles = [\"auditor\"]\n";
    std::fs::create_dir_all(at("templates")).unwrap();
    std::fs::write(at("templates/doses.html"), "<p></p>").unwrap();
    for (name, toml, sql) in [("doses", doses, "SELECT :from"), ("audit", audit, "SELECT 1")] {
        std::fs::create_dir_all(at("jobs").join(name)).unwrap();
        std::fs::write(at("jobs").join(name).join("report.toml"), toml).unwrap();
        std::fs::write(at("jobs").join(name).join("lines.sql"), sql).unwrap();
    }
    let (library, faults) = Library::load(&at("jobs"), &at("templates"), &FleetLimits::default());
    assert_eq!(faults, []);
    Arc::new(library)
}

/// A desk with everything it stands between.
struct House {
    desk: Desk,
    queue: Arc<MemoryQueue>,
    catalog: Arc<MemoryCatalog>,
    clock: Arc<ManualClock>,
}

impl House {
    fn new() -> Self {
        let queue = Arc::new(MemoryQueue::default());
        let catalog = Arc::new(MemoryCatalog::default());
        let clock = Arc::new(ManualClock::new("2026-03-30T12:00:00.123456Z".parse().unwrap()));
        let desk = Desk::new(library(), queue.clone(), catalog.clone(), clock.clone());
        Self { desk, queue, catalog, clock }
    }

    /// Asks as `who` for `doses`, a second after whatever was before.
    async fn ask(&self, who: &Identity) -> JobId {
        self.clock.advance(TimeDelta::seconds(1));
        self.desk.submit(who, request()).await.unwrap().job.id
    }

    /// Does what a worker does at the end of a job: record, then settle. The queue forgets it at once.
    async fn finish(&self, id: JobId, state: JobState) {
        let job = self.queue.take(id);
        self.catalog.record(&outcome(job, state, self.clock.now())).await.unwrap();
    }

    async fn settle_outbox(&self) -> usize {
        Recorder::new(self.queue.clone(), self.catalog.clone()).settle_outbox().await.unwrap()
    }
}

fn someone(tenant: &str, roles: &[&str]) -> Identity {
    let roles = Roles::Only(roles.iter().map(|role| role.to_string()).collect());
    Identity { tenant: tenant.parse().unwrap(), actor: "user-1".to_owned(), roles }
}

/// Someone who may ask and read, in the tenant `north`.
fn ada() -> Identity {
    someone("north", &["request", "read"])
}

fn request() -> Request {
    let parameters = json!({ "from": "2026-01-01" }).as_object().unwrap().clone();
    Request { report: "doses".to_owned(), parameters, ..Request::default() }
}

fn failure(step: Step) -> Failure {
    Failure { step, code: "x".to_owned(), message: "it failed".to_owned(), retryable: false }
}

fn outcome(job: Job, state: JobState, at: DateTime<Utc>) -> Outcome {
    let artifact = (state == JobState::Done).then(|| artifact(&job, at));
    let failure = (state == JobState::Failed).then(|| failure(Step::Source));
    Outcome { job, state, attempts: 1, fence: 1, failure, failures: Vec::new(), artifact, ended_at: at }
}

fn artifact(job: &Job, at: DateTime<Utc>) -> Artifact {
    let digest = Digest::from_bytes([7; 32]);
    let facts = Facts {
        digest: digest.clone(),
        size_bytes: 1_000,
        rows: 12,
        pages: 3,
        fence: 1,
        snapshot_at: at,
        definition_digest: digest,
        proof: Proof::default(),
    };
    Artifact {
        id: job.id.into(),
        tenant: job.tenant.clone(),
        report: job.report.clone(),
        requester: job.requester.clone(),
        key: ArtifactKey::of(job),
        facts,
        tier: Tier::Hot,
        created_at: at,
    }
}
