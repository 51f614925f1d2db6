//! Looking after the queue: what is on its way, what is held back, what has died.
//!
//! Lanes, workers and pauses belong to the whole house, so the role `operate` is for those who run it. A dead letter
//! belongs to its job's tenant.

use serde::Serialize;

use crate::{
    catalog::{Action, CatalogError},
    identity::{Identity, Roles},
    job::{FailedAttempt, JobId, JobState, ReportName, Step, Tenant},
    queue::{DEAD_LETTERS, DeadLetter, Policy, Scope, Stats, WorkerView},
    request::{Desk, Recorder, RequestError, desk::require},
};

/// Which dead letters.
#[derive(Debug, Clone, Default)]
pub struct DeadFilter {
    /// Only this tenant's.
    pub tenant: Option<Tenant>,
    /// Only this report's.
    pub report: Option<ReportName>,
    /// Only those that failed with this code.
    pub code: Option<String>,
}

impl DeadFilter {
    /// Whether a letter is among those asked for. Text that never became a job has neither tenant, report nor code.
    pub fn admits(&self, letter: &DeadLetter) -> bool {
        let job = letter.job.as_ref();
        let code = letter.failure.as_ref().map(|failure| &failure.code);
        self.tenant.as_ref().is_none_or(|tenant| job.is_some_and(|job| job.tenant == *tenant))
            && self.report.as_ref().is_none_or(|report| job.is_some_and(|job| job.report == *report))
            && self.code.as_ref().is_none_or(|own| code == Some(own))
    }
}

/// What became of a retry of many.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Retried {
    /// Jobs that are back in their lanes.
    pub retried: Vec<JobId>,
    /// Dead letters that can't be tried again: they were refused when they came in.
    pub refused: Vec<String>,
}

impl Desk {
    /// The depths, and what is held back.
    pub async fn stats(&self, who: &Identity) -> Result<Stats, RequestError> {
        require(who, Roles::OPERATE)?;
        Ok(self.queue.stats().await?)
    }

    /// The rules by which jobs are handed out.
    pub async fn policy(&self, who: &Identity) -> Result<Policy, RequestError> {
        require(who, Roles::OPERATE)?;
        Ok(self.queue.policy().await?)
    }

    /// The workers that take part, by name.
    pub async fn workers(&self, who: &Identity) -> Result<Vec<WorkerView>, RequestError> {
        require(who, Roles::OPERATE)?;
        Ok(self.queue.workers().await?)
    }

    /// Hands out no more of these jobs; `false` if they were paused already.
    pub async fn pause(&self, who: &Identity, scope: &Scope) -> Result<bool, RequestError> {
        require(who, Roles::OPERATE)?;
        let paused = self.queue.pause(scope).await?;
        if paused {
            self.audit_scope(who, Action::Pause, scope).await;
        }
        Ok(paused)
    }

    /// Hands them out again; `false` if they weren't paused.
    pub async fn resume(&self, who: &Identity, scope: &Scope) -> Result<bool, RequestError> {
        require(who, Roles::OPERATE)?;
        let resumed = self.queue.resume(scope).await?;
        if resumed {
            self.audit_scope(who, Action::Resume, scope).await;
        }
        Ok(resumed)
    }

    /// Dead letters, newest first, at most `limit`.
    pub async fn dead(
        &self,
        who: &Identity,
        filter: &DeadFilter,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, RequestError> {
        require(who, Roles::OPERATE)?;
        let narrowed = filter.tenant.is_some() || filter.report.is_some() || filter.code.is_some();
        let mut letters = self.queue.dead(if narrowed { DEAD_LETTERS } else { limit }).await?;
        letters.retain(|letter| filter.admits(letter));
        letters.truncate(limit);
        Ok(letters)
    }

    /// One dead letter.
    pub async fn dead_letter(&self, who: &Identity, id: &str) -> Result<Option<DeadLetter>, RequestError> {
        require(who, Roles::OPERATE)?;
        Ok(self.queue.dead(DEAD_LETTERS).await?.into_iter().find(|letter| letter.id == id))
    }

    /// Puts a failed job of any tenant back into its lane with its attempts counted anew; `false` if there is none.
    ///
    /// The catalog forgets the failure first. Were the queue first, a crash in between would leave a job that runs
    /// and yet is shown as failed; this way round it leaves a dead letter that can be retried again. What the queue
    /// decided but hasn't told the catalog is told before, so that it can't arrive later and bury the new run.
    pub async fn retry_dead(&self, who: &Identity, tenant: &Tenant, id: JobId) -> Result<bool, RequestError> {
        require(who, Roles::OPERATE)?;
        self.settle_outbox().await?;
        self.retry_settled(who, tenant, id).await
    }

    /// Puts all failed jobs that a filter admits back into their lanes, oldest first.
    pub async fn retry_all(&self, who: &Identity, filter: &DeadFilter) -> Result<Retried, RequestError> {
        require(who, Roles::OPERATE)?;
        self.settle_outbox().await?;
        let mut done = Retried::default();
        for letter in self.dead(who, filter, DEAD_LETTERS).await?.into_iter().rev() {
            let Some(job) = letter.job else {
                done.refused.push(letter.id);
                continue;
            };
            match self.retry_settled(who, &job.tenant, job.id).await {
                Ok(true) => done.retried.push(job.id),
                // Somebody else was faster.
                Ok(false) => {}
                Err(RequestError::NeverAccepted) => done.refused.push(letter.id),
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// Forgets a dead letter; `false` if there is none. A failed job stays in the catalog.
    pub async fn drop_dead(&self, who: &Identity, letter: &DeadLetter) -> Result<bool, RequestError> {
        require(who, Roles::OPERATE)?;
        let dropped = self.queue.dead_drop(&letter.id).await?;
        if dropped {
            let tenant = letter.job.as_ref().map_or(&who.tenant, |job| &job.tenant);
            self.audit_after_the_fact(tenant, who, Action::Drop, letter.id.clone()).await;
        }
        Ok(dropped)
    }

    /// What went wrong with a job of the caller's tenant, whoever may see the job.
    pub async fn failures(&self, who: &Identity, id: JobId) -> Result<Vec<FailedAttempt>, RequestError> {
        require(who, Roles::OPERATE)?;
        Ok(self.lookup(&who.tenant, id).await?.map(|job| job.failures).unwrap_or_default())
    }

    async fn settle_outbox(&self) -> Result<(), RequestError> {
        match Recorder::new(self.queue.clone(), self.catalog.clone()).settle_outbox().await {
            // One outcome that the catalog won't have must not keep all others from being retried.
            Err(RequestError::Catalog(CatalogError::Refused(why))) => tracing::warn!("{why}"),
            settled => drop(settled?),
        }
        Ok(())
    }

    async fn retry_settled(&self, who: &Identity, tenant: &Tenant, id: JobId) -> Result<bool, RequestError> {
        let failed = self.catalog.find(tenant, id).await?.filter(|outcome| outcome.state == JobState::Failed);
        if let Some(outcome) = &failed {
            // A message over its tenant's quota was good otherwise.
            if outcome.failure.as_ref().is_some_and(|failure| failure.step == Step::Accept && !failure.retryable) {
                return Err(RequestError::NeverAccepted);
            }
            self.catalog.reopen(id).await?;
        }
        let back = self.queue.dead_retry(&id.to_string()).await?;
        match failed {
            _ if back => self.audit_after_the_fact(tenant, who, Action::Retry, id.to_string()).await,
            // Nobody else has put it back either: the failure stands again.
            Some(outcome) if self.queue.find(tenant, id).await?.is_none() => {
                self.catalog.record(&outcome).await?;
            }
            _ => {}
        }
        Ok(back)
    }

    async fn audit_scope(&self, who: &Identity, action: Action, scope: &Scope) {
        let tenant = match scope {
            Scope::Tenant(tenant) => tenant,
            Scope::Lane(_) | Scope::Report(_) => &who.tenant,
        };
        self.audit_after_the_fact(tenant, who, action, scope.to_string()).await;
    }
}
