//! Finding jobs and artifacts again: the queue and the catalog read as one.
//!
//! A job leaves the queue only after the catalog has it, so the queue is read first: whatever it no longer knows by
//! then, the catalog does. Where both know a job, the catalog's final state stands.

use std::{cmp::Reverse, collections::HashSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{
    artifact::{Artifact, ArtifactId, Tier},
    catalog::{Action, ArtifactFilter, OutcomeFilter},
    identity::{Identity, Roles},
    job::{JobId, JobState, ReportName, Tenant},
    queue::JobFilter,
    request::{ArtifactSummary, Desk, JobSummary, RequestError, cursor, desk::require},
};

/// The most entries of one page; a greater limit is lowered to it.
pub const MAX_PAGE: usize = 200;

/// Which jobs or artifacts to list.
#[derive(Debug, Clone, Default)]
pub struct ListFilter {
    /// Only this report's.
    pub report: Option<ReportName>,
    /// Only jobs in this state.
    pub state: Option<JobState>,
}

/// A page of jobs, newest first by acceptance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listing {
    /// The jobs; fewer than asked for where some may not be seen by the caller.
    pub jobs: Vec<JobSummary>,
    /// Hand it back for the next page; `None` at the end.
    pub next: Option<String>,
}

/// A page of artifacts, newest first by storing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArtifactListing {
    /// The artifacts; fewer than asked for where some may not be seen by the caller.
    pub artifacts: Vec<ArtifactSummary>,
    /// Hand it back for the next page; `None` at the end.
    pub next: Option<String>,
}

/// An artifact with the name that a person would save it under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The artifact.
    pub artifact: Artifact,
    /// The file name, safe in a header and on every file system; ends in `.pdf`.
    pub file_name: String,
}

impl Desk {
    /// A job of the caller's tenant, wherever it is on its way.
    pub async fn find(&self, who: &Identity, id: JobId) -> Result<Option<JobSummary>, RequestError> {
        require(who, Roles::READ)?;
        let Some(mut job) = self.lookup(&who.tenant, id).await?.filter(|job| self.may_see(who, job)) else {
            return Ok(None);
        };
        self.habits.foretell(self.catalog.as_ref(), &mut job, self.clock.now()).await;
        Ok(Some(job))
    }

    /// Jobs of the caller's tenant, in flight and finished as one list.
    ///
    /// Fails when either half can't be read: a list with half of the jobs missing would look complete.
    pub async fn list(
        &self,
        who: &Identity,
        filter: &ListFilter,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Listing, RequestError> {
        require(who, Roles::READ)?;
        let before = cursor.map(cursor::read).transpose()?.map(|(at, id)| (at, JobId(id)));
        let limit = limit.clamp(1, MAX_PAGE);
        let mut jobs = self.both_halves(&who.tenant, filter, before, limit + 1).await?;
        let more = jobs.len() > limit;
        jobs.truncate(limit);
        let last = jobs.last().map(|job| cursor::write((job.accepted_at, job.id.0)));
        jobs.retain(|job| self.may_see(who, job));
        let now = self.clock.now();
        for job in &mut jobs {
            self.habits.foretell(self.catalog.as_ref(), job, now).await;
        }
        Ok(Listing { jobs, next: last.filter(|_| more) })
    }

    /// The facts of an artifact; the caller's look at them is written to the audit trail first.
    pub async fn artifact(&self, who: &Identity, id: ArtifactId) -> Result<Option<Document>, RequestError> {
        self.document(who, id, Action::View).await
    }

    /// An artifact whose bytes are about to be handed out; that is written to the audit trail first.
    pub async fn download(&self, who: &Identity, id: ArtifactId) -> Result<Option<Document>, RequestError> {
        self.document(who, id, Action::Download).await
    }

    /// Artifacts of the caller's tenant.
    pub async fn artifacts(
        &self,
        who: &Identity,
        report: Option<&ReportName>,
        tier: Option<Tier>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<ArtifactListing, RequestError> {
        require(who, Roles::READ)?;
        let before = cursor.map(cursor::read).transpose()?.map(|(at, id)| (at, ArtifactId(id)));
        let filter = ArtifactFilter { tenant: Some(who.tenant.clone()), report: report.cloned(), tier, before };
        let limit = limit.clamp(1, MAX_PAGE);
        let mut found = self.catalog.artifacts(&filter, limit + 1).await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|last| cursor::write((last.created_at, last.id.0)));
        found.retain(|artifact| self.may_see_report(who, &artifact.report, &artifact.requester));
        Ok(ArtifactListing { artifacts: found.iter().map(ArtifactSummary::from).collect(), next })
    }

    async fn document(&self, who: &Identity, id: ArtifactId, action: Action) -> Result<Option<Document>, RequestError> {
        require(who, Roles::READ)?;
        let outcome = self.catalog.find(&who.tenant, JobId(id.0)).await?;
        let Some((job, artifact)) = outcome.and_then(|outcome| outcome.artifact.map(|found| (outcome.job, found)))
        else {
            return Ok(None);
        };
        if !self.may_see_report(who, &job.report, &job.requester) {
            return Ok(None);
        }
        self.audit(&who.tenant, who, action, id.to_string()).await?;
        let file_name = match self.library.get(job.report.as_str()) {
            Some(definition) => definition.download_name(&job),
            None => format!("{}-{}.pdf", job.report, job.accepted_at.format("%Y-%m-%d")),
        };
        Ok(Some(Document { artifact, file_name }))
    }

    /// A job, whoever may see it. One half that can't be read is forgiven if the other knows the job.
    pub(super) async fn lookup(&self, tenant: &Tenant, id: JobId) -> Result<Option<JobSummary>, RequestError> {
        let in_flight = self.queue.find(tenant, id).await;
        let ended = self.catalog.find(tenant, id).await;
        match (in_flight, ended) {
            (view, Ok(Some(outcome))) => {
                let mut job = JobSummary::from(outcome);
                if let (Ok(Some(view)), true) = (view, job.failures.is_empty()) {
                    job.failures = view.failures;
                }
                Ok(Some(job))
            }
            (Ok(Some(view)), _) => Ok(Some(view.into())),
            (Ok(None), Ok(None)) => Ok(None),
            (Err(error), _) => Err(error.into()),
            (_, Err(error)) => Err(error.into()),
        }
    }

    /// The first `limit` jobs of both halves together, each once.
    async fn both_halves(
        &self,
        tenant: &Tenant,
        filter: &ListFilter,
        before: Option<(DateTime<Utc>, JobId)>,
        limit: usize,
    ) -> Result<Vec<JobSummary>, RequestError> {
        let (tenant, report, state) = (Some(tenant.clone()), filter.report.clone(), filter.state);
        let in_flight = JobFilter { tenant: tenant.clone(), report: report.clone(), state, before };
        let views = self.queue.list(&in_flight, limit).await?;
        let outcomes = self.catalog.list(&OutcomeFilter { tenant, report, state, before }, limit).await?;
        // The catalog's come first, so that of two with one id the final one is kept.
        let mut seen = HashSet::new();
        let mut jobs: Vec<JobSummary> = outcomes.into_iter().map(JobSummary::from).collect();
        jobs.extend(views.into_iter().map(JobSummary::from));
        jobs.retain(|job| seen.insert(job.id));
        jobs.sort_by_key(|job| Reverse((job.accepted_at, job.id)));
        jobs.truncate(limit);
        Ok(jobs)
    }

    pub(super) fn may_see(&self, who: &Identity, job: &JobSummary) -> bool {
        self.may_see_report(who, &job.report, &job.requester)
    }

    /// Whoever may ask for a report may see what came of it. Where its definition is gone nobody knows any more who
    /// that is, so then only the requester and operators may.
    fn may_see_report(&self, who: &Identity, report: &ReportName, requester: &str) -> bool {
        match self.library.get(report.as_str()) {
            Some(definition) => who.roles.has_any(&definition.access.roles),
            None => who.actor == requester || who.roles.has(Roles::OPERATE),
        }
    }
}
