//! A queue and a catalog in memory, with what the desk needs of them.

use std::{
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::{
    artifact::{Artifact, ArtifactId, ArtifactKey},
    catalog::{self, ArtifactFilter, AuditEvent, Catalog, CatalogError, Outcome, OutcomeFilter, SchemaState},
    job::{FailedAttempt, Failure, Job, JobId, JobState, Progress, Tenant},
    queue::{
        self, Cancelled, Capacity, Claim, DeadLetter, Decided, JobFilter, JobView, Lease, LeaseStore, Policy, Push,
        Pushed, QueueError, RawMessage, Renewal, Scope, Settled, Settlement, Stats, Verdict, WorkerView,
    },
};

/// A queue that can be switched off.
#[derive(Default)]
pub(super) struct MemoryQueue {
    views: Mutex<Vec<JobView>>,
    keys: Mutex<Vec<(Tenant, String, String, JobId)>>,
    outbox: Mutex<Vec<JobId>>,
    paused: Mutex<Vec<Scope>>,
    pub(super) policy: Mutex<Policy>,
    pub(super) off: AtomicBool,
}

impl MemoryQueue {
    fn views(&self) -> queue::Result<MutexGuard<'_, Vec<JobView>>> {
        if self.off.load(Ordering::Relaxed) {
            return Err(QueueError::Unavailable("switched off".to_owned()));
        }
        Ok(self.views.lock().unwrap())
    }

    pub(super) fn len(&self) -> usize {
        self.views.lock().unwrap().len()
    }

    /// Takes a job out of the queue's memory.
    pub(super) fn take(&self, id: JobId) -> Job {
        let mut views = self.views.lock().unwrap();
        let at = views.iter().position(|view| view.job.id == id).unwrap();
        views.remove(at).job
    }

    /// Moves a job to a state, as a worker or the queue itself would.
    pub(super) fn put(&self, id: JobId, state: JobState, failure: Option<Failure>) {
        let mut views = self.views.lock().unwrap();
        let view = views.iter_mut().find(|view| view.job.id == id).unwrap();
        let failed = |failure: &Failure| FailedAttempt {
            attempt: 1,
            at: view.job.accepted_at,
            worker: Some("worker-1".to_owned()),
            failure: failure.clone(),
        };
        view.failures.extend(failure.as_ref().map(failed));
        (view.state, view.failure) = (state, failure);
        if state.is_final() {
            self.outbox.lock().unwrap().push(id);
        }
    }

    pub(super) fn waiting_in_outbox(&self) -> usize {
        self.outbox.lock().unwrap().len()
    }
}

fn absent<T>() -> queue::Result<T> {
    Err(QueueError::Corrupt("this queue has no such call".to_owned()))
}

#[async_trait]
impl LeaseStore for MemoryQueue {
    async fn push(&self, push: Push) -> queue::Result<Pushed> {
        let mut views = self.views()?;
        let Push { job, idempotency_key, request_digest, .. } = push;
        let mut keys = self.keys.lock().unwrap();
        if let Some(key) = idempotency_key {
            if let Some((_, _, digest, id)) = keys.iter().find(|(tenant, own, ..)| *tenant == job.tenant && *own == key)
            {
                return Ok(if *digest == request_digest { Pushed::Existing(*id) } else { Pushed::Conflict(*id) });
            }
            keys.push((job.tenant.clone(), key, request_digest, job.id));
        }
        if let Some(view) = views.iter().find(|view| view.job.id == job.id) {
            let same = view.job.tenant == job.tenant;
            return Ok(if same { Pushed::Existing(job.id) } else { Pushed::Conflict(job.id) });
        }
        let waiting = views.iter().filter(|view| view.job.tenant == job.tenant && !view.state.is_final()).count();
        if waiting as u64 >= self.policy.lock().unwrap().waiting_per_tenant {
            return Ok(Pushed::Full);
        }
        let id = job.id;
        views.push(JobView {
            changed_at: job.accepted_at,
            job,
            state: JobState::Waiting,
            attempt: 0,
            progress: Progress::default(),
            failure: None,
            failures: Vec::new(),
            worker: None,
        });
        Ok(Pushed::Accepted(id))
    }

    async fn cancel(&self, tenant: &Tenant, id: JobId) -> queue::Result<Cancelled> {
        let state = self.find(tenant, id).await?.map(|view| view.state);
        Ok(match state {
            None => Cancelled::Unknown,
            Some(JobState::Running) => Cancelled::Requested,
            Some(state) if state.is_final() => Cancelled::AlreadyFinal(state),
            Some(_) => {
                self.put(id, JobState::Cancelled, None);
                Cancelled::Now
            }
        })
    }

    async fn find(&self, tenant: &Tenant, id: JobId) -> queue::Result<Option<JobView>> {
        Ok(self.views()?.iter().find(|view| view.job.tenant == *tenant && view.job.id == id).cloned())
    }

    async fn list(&self, filter: &JobFilter, limit: usize) -> queue::Result<Vec<JobView>> {
        let mut found: Vec<JobView> = self.views()?.iter().filter(|view| filter.admits(view)).cloned().collect();
        found.sort_by_key(|view| std::cmp::Reverse((view.job.accepted_at, view.job.id)));
        found.truncate(limit);
        Ok(found)
    }

    async fn dead_retry(&self, id: &str) -> queue::Result<bool> {
        let mut views = self.views()?;
        let dead = views.iter_mut().find(|view| view.job.id.to_string() == id && view.state == JobState::Failed);
        Ok(dead.map(|view| view.state = JobState::Waiting).is_some())
    }

    async fn outcomes(&self, limit: usize) -> queue::Result<Vec<Decided>> {
        let views = self.views()?;
        let outbox = self.outbox.lock().unwrap();
        let view = |id: &JobId| views.iter().find(|view| view.job.id == *id).cloned();
        Ok(outbox.iter().take(limit).filter_map(view).map(|view| Decided { view, fence: 1 }).collect())
    }

    async fn acknowledge(&self, decided: &[Decided]) -> queue::Result<()> {
        self.outbox.lock().unwrap().retain(|id| !decided.iter().any(|decided| decided.view.job.id == *id));
        Ok(())
    }

    async fn govern(&self, _: &Policy) -> queue::Result<()> {
        absent()
    }
    async fn policy(&self) -> queue::Result<Policy> {
        Ok(self.policy.lock().unwrap().clone())
    }
    async fn pause(&self, scope: &Scope) -> queue::Result<bool> {
        let mut paused = self.paused.lock().unwrap();
        let new = !paused.contains(scope);
        paused.extend(new.then(|| scope.clone()));
        Ok(new)
    }
    async fn resume(&self, scope: &Scope) -> queue::Result<bool> {
        let mut paused = self.paused.lock().unwrap();
        let before = paused.len();
        paused.retain(|own| own != scope);
        Ok(paused.len() < before)
    }
    async fn announce(&self, _: &WorkerView, _: Duration) -> queue::Result<()> {
        absent()
    }
    async fn workers(&self) -> queue::Result<Vec<WorkerView>> {
        absent()
    }
    async fn fired(&self, _: &str) -> queue::Result<Option<DateTime<Utc>>> {
        absent()
    }
    async fn set_fired(&self, _: &str, _: DateTime<Utc>) -> queue::Result<()> {
        absent()
    }
    async fn post(&self, _: RawMessage) -> queue::Result<()> {
        absent()
    }
    async fn drain(&self) -> queue::Result<Vec<RawMessage>> {
        absent()
    }
    async fn admit(&self, _: &RawMessage, _: Verdict) -> queue::Result<()> {
        absent()
    }
    async fn claim(&self, _: &str, _: Capacity, _: Duration) -> queue::Result<Vec<Claim>> {
        absent()
    }
    async fn wait(&self, _: Duration) -> queue::Result<()> {
        absent()
    }
    async fn renew(&self, _: Lease, _: Progress, _: Duration) -> queue::Result<Renewal> {
        absent()
    }
    async fn settle(&self, _: Lease, _: Settlement) -> queue::Result<Settled> {
        absent()
    }
    async fn stats(&self) -> queue::Result<Stats> {
        absent()
    }
    async fn dead(&self, limit: usize) -> queue::Result<Vec<DeadLetter>> {
        let letter = |view: &JobView| DeadLetter {
            id: view.job.id.to_string(),
            job: Some(view.job.clone()),
            reason: view.failure.as_ref().map(|failure| failure.message.clone()).unwrap_or_default(),
            failure: view.failure.clone(),
            size_bytes: 0,
            at: view.changed_at,
        };
        let mut letters: Vec<_> =
            self.views()?.iter().filter(|view| view.state == JobState::Failed).map(letter).collect();
        letters.reverse();
        letters.truncate(limit);
        Ok(letters)
    }
    async fn dead_text(&self, _: &str) -> queue::Result<Option<Vec<u8>>> {
        absent()
    }
    async fn dead_drop(&self, id: &str) -> queue::Result<bool> {
        let mut views = self.views()?;
        let before = views.len();
        views.retain(|view| view.job.id.to_string() != id || view.state != JobState::Failed);
        Ok(views.len() < before)
    }
    async fn lead(&self, _: &str, _: &str, _: Duration) -> queue::Result<bool> {
        absent()
    }
    async fn ping(&self) -> queue::Result<()> {
        absent()
    }
}

/// A catalog that can be switched off.
#[derive(Default)]
pub(super) struct MemoryCatalog {
    outcomes: Mutex<Vec<Outcome>>,
    events: Mutex<Vec<AuditEvent>>,
    pub(super) off: AtomicBool,
    /// The one job whose outcome it refuses.
    pub(super) refuses: Mutex<Option<JobId>>,
}

impl MemoryCatalog {
    fn outcomes(&self) -> catalog::Result<MutexGuard<'_, Vec<Outcome>>> {
        if self.off.load(Ordering::Relaxed) {
            return Err(CatalogError::Unavailable("switched off".to_owned()));
        }
        Ok(self.outcomes.lock().unwrap())
    }

    /// What the audit trail says of actions on other things than jobs or artifacts, as `action subject`.
    pub(super) fn last_event(&self) -> String {
        let events = self.events.lock().unwrap();
        let event = events.last().unwrap();
        format!("{} {} {}", event.tenant, event.action.as_str(), event.subject)
    }

    /// The audit trail as `actor action`.
    pub(super) fn trail(&self) -> Vec<String> {
        self.events.lock().unwrap().iter().map(|event| format!("{} {}", event.actor, event.action.as_str())).collect()
    }
}

fn refused<T>() -> catalog::Result<T> {
    Err(CatalogError::Refused("this catalog has no such call".to_owned()))
}

#[async_trait]
impl Catalog for MemoryCatalog {
    async fn record(&self, outcome: &Outcome) -> catalog::Result<JobState> {
        if *self.refuses.lock().unwrap() == Some(outcome.job.id) {
            return refused();
        }
        let mut outcomes = self.outcomes()?;
        match outcomes.iter_mut().find(|own| own.job.id == outcome.job.id) {
            Some(own) => {
                if own.state == JobState::Failed && outcome.state == JobState::Done {
                    *own = outcome.clone();
                }
                Ok(own.state)
            }
            None => {
                outcomes.push(outcome.clone());
                Ok(outcome.state)
            }
        }
    }

    async fn reopen(&self, id: JobId) -> catalog::Result<bool> {
        let mut outcomes = self.outcomes()?;
        let before = outcomes.len();
        outcomes.retain(|outcome| outcome.job.id != id || outcome.state != JobState::Failed);
        Ok(outcomes.len() < before)
    }

    async fn find(&self, tenant: &Tenant, id: JobId) -> catalog::Result<Option<Outcome>> {
        Ok(self.outcomes()?.iter().find(|own| own.job.tenant == *tenant && own.job.id == id).cloned())
    }

    async fn list(&self, filter: &OutcomeFilter, limit: usize) -> catalog::Result<Vec<Outcome>> {
        let admits = |own: &&Outcome| {
            filter.tenant.as_ref().is_none_or(|tenant| *tenant == own.job.tenant)
                && filter.report.as_ref().is_none_or(|report| *report == own.job.report)
                && filter.state.is_none_or(|state| state == own.state)
                && filter.before.is_none_or(|before| (own.job.accepted_at, own.job.id) < before)
        };
        let mut found: Vec<Outcome> = self.outcomes()?.iter().filter(admits).cloned().collect();
        found.sort_by_key(|own| std::cmp::Reverse((own.job.accepted_at, own.job.id)));
        found.truncate(limit);
        Ok(found)
    }

    async fn artifacts(&self, filter: &ArtifactFilter, limit: usize) -> catalog::Result<Vec<Artifact>> {
        let admits = |own: &Artifact| {
            filter.tenant.as_ref().is_none_or(|tenant| *tenant == own.tenant)
                && filter.before.is_none_or(|before| (own.created_at, own.id) < before)
        };
        let mut found: Vec<Artifact> =
            self.outcomes()?.iter().filter_map(|own| own.artifact.clone()).filter(admits).collect();
        found.sort_by_key(|own| std::cmp::Reverse((own.created_at, own.id)));
        found.truncate(limit);
        Ok(found)
    }

    async fn audit(&self, event: &AuditEvent) -> catalog::Result<()> {
        drop(self.outcomes()?);
        self.events.lock().unwrap().push(event.clone());
        Ok(())
    }

    async fn schema(&self) -> catalog::Result<SchemaState> {
        refused()
    }
    async fn migrate(&self) -> catalog::Result<Vec<i64>> {
        refused()
    }
    async fn artifact(&self, _: &Tenant, _: ArtifactId) -> catalog::Result<Option<Artifact>> {
        refused()
    }
    async fn unknown_keys(&self, _: &[ArtifactKey]) -> catalog::Result<Vec<ArtifactKey>> {
        refused()
    }
    async fn verify_audit(&self, _: &Tenant) -> catalog::Result<Option<u64>> {
        refused()
    }
    async fn seal(&self, _: usize) -> catalog::Result<usize> {
        refused()
    }
    async fn ping(&self) -> catalog::Result<()> {
        refused()
    }
}
