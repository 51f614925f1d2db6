//! The desk: takes requests in and stops them again.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::{
    catalog::{Action, AuditEvent, Catalog, CatalogError},
    clock::SharedClock,
    identity::{Identity, Roles},
    job::{JobId, JobState, Tenant},
    queue::{Cancelled, LeaseStore, Push, Pushed},
    report::{Definition, Library},
    request::{JobSummary, Request, RequestError, Submitted, expecting::Habits},
};

/// Takes requests in, finds them again and stops them, for everyone who may.
///
/// **Audit.** An accepted request and a cancel are each written to the catalog's audit trail *after* the queue has
/// taken them. A catalog that can't be reached then is logged and doesn't undo the acceptance: the queue is the promise
/// made to the caller, and the job's outcome, which the queue keeps until the catalog has it, names the same
/// requester and instant. Reading an artifact is the other way round: no event, no document.
pub struct Desk {
    pub(super) library: Arc<Library>,
    pub(super) queue: Arc<dyn LeaseStore>,
    pub(super) catalog: Arc<dyn Catalog>,
    pub(super) clock: SharedClock,
    pub(super) habits: Habits,
}

/// What became of a cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelOutcome {
    /// It had not begun and now won't.
    Cancelled,
    /// It is running; its worker stops within a heartbeat.
    Requested,
    /// It had ended before, so.
    AlreadyFinal(JobState),
    /// There is no such job, or none that the caller may see.
    Unknown,
}

impl Desk {
    /// A desk over these parts.
    pub fn new(
        library: Arc<Library>,
        queue: Arc<dyn LeaseStore>,
        catalog: Arc<dyn Catalog>,
        clock: SharedClock,
    ) -> Self {
        Self { library, queue, catalog, clock, habits: Habits::default() }
    }

    /// The definitions that the caller may ask for, by name.
    pub fn reports(&self, who: &Identity) -> Vec<&Arc<Definition>> {
        self.library.iter().filter(|definition| who.roles.has_any(&definition.access.roles)).collect()
    }

    /// One definition that the caller may ask for.
    pub fn report(&self, who: &Identity, name: &str) -> Option<&Arc<Definition>> {
        self.library.get(name).filter(|definition| who.roles.has_any(&definition.access.roles))
    }

    /// Checks a request and puts its job into the queue.
    ///
    /// Asking again with the same id or idempotency key gives the job that stands, however long ago it ended.
    /// An id of the caller's own needs the catalog to be reachable: only it remembers jobs that the queue has forgotten.
    pub async fn submit(&self, who: &Identity, request: Request) -> Result<Submitted, RequestError> {
        self.submit_as_of(who, request, self.clock.now()).await
    }

    /// As [`Desk::submit`], with relative dates that start from another instant than now.
    pub async fn submit_as_of(
        &self,
        who: &Identity,
        request: Request,
        as_of: DateTime<Utc>,
    ) -> Result<Submitted, RequestError> {
        require(who, Roles::REQUEST)?;
        let definition = self.report(who, &request.report).ok_or(RequestError::UnknownReport)?;
        let now = self.clock.now();
        let push = request.accept(definition, &who.tenant, &who.actor, now, as_of)?;
        if request.id.is_some() && self.catalog.find(&who.tenant, push.job.id).await?.is_some() {
            return self.standing(&push, push.job.id).await;
        }
        match self.queue.push(push.clone()).await? {
            Pushed::Accepted(id) => {
                self.audit_after_the_fact(&who.tenant, who, Action::Request, id.to_string()).await;
                Ok(Submitted { job: JobSummary::accepted(push.job, now), existing: false })
            }
            Pushed::Existing(id) => self.standing(&push, id).await,
            Pushed::Conflict(existing) => Err(RequestError::Conflict { existing }),
            Pushed::Full => Err(self.full().await),
        }
    }

    /// Stops a job: at once if it waits, within a heartbeat if it runs.
    pub async fn cancel(&self, who: &Identity, id: JobId) -> Result<CancelOutcome, RequestError> {
        require(who, Roles::REQUEST)?;
        let Some(job) = self.lookup(&who.tenant, id).await?.filter(|job| self.may_see(who, job)) else {
            return Ok(CancelOutcome::Unknown);
        };
        if job.state.is_final() {
            return Ok(CancelOutcome::AlreadyFinal(job.state));
        }
        let outcome = match self.queue.cancel(&who.tenant, id).await? {
            Cancelled::Now => CancelOutcome::Cancelled,
            Cancelled::Requested => CancelOutcome::Requested,
            Cancelled::AlreadyFinal(state) => return Ok(CancelOutcome::AlreadyFinal(state)),
            Cancelled::Unknown => return Ok(CancelOutcome::Unknown),
        };
        self.audit_after_the_fact(&who.tenant, who, Action::Cancel, id.to_string()).await;
        Ok(outcome)
    }

    /// The job that an id or idempotency key already named.
    async fn standing(&self, push: &Push, id: JobId) -> Result<Submitted, RequestError> {
        match self.lookup(&push.job.tenant, id).await? {
            Some(job) if job.report == push.job.report => Ok(Submitted { job, existing: true }),
            _ => Err(RequestError::Conflict { existing: id }),
        }
    }

    /// Why the queue takes no more of a tenant's jobs. It doesn't say which of the two bounds was reached.
    async fn full(&self) -> RequestError {
        let policy = self.queue.policy().await.unwrap_or_default();
        RequestError::Full { jobs: policy.waiting_per_tenant, bytes: policy.bytes_per_tenant }
    }

    pub(super) async fn audit_after_the_fact(&self, tenant: &Tenant, who: &Identity, action: Action, subject: String) {
        if let Err(error) = self.audit(tenant, who, action, subject.clone()).await {
            tracing::warn!(subject, action = action.as_str(), %error, "an audit event could not be written");
        }
    }

    /// Writes what a caller did with something of a tenant's to the audit trail.
    pub(super) async fn audit(
        &self,
        tenant: &Tenant,
        who: &Identity,
        action: Action,
        subject: String,
    ) -> Result<(), CatalogError> {
        let event =
            AuditEvent { tenant: tenant.clone(), actor: who.actor.clone(), action, subject, at: self.clock.now() };
        self.catalog.audit(&event).await
    }
}

/// Refuses a caller who lacks `role`.
pub(super) fn require(who: &Identity, role: &'static str) -> Result<(), RequestError> {
    if who.roles.has(role) { Ok(()) } else { Err(RequestError::Forbidden { role }) }
}
