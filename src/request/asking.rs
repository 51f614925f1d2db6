//! One request, and how it becomes a job.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

use crate::{
    job::{Job, JobId, Lane, Tenant},
    queue::Push,
    report::Definition,
    request::{JobSummary, RequestError},
};

/// How far ahead a job may be scheduled.
const FURTHEST: TimeDelta = TimeDelta::days(366);

/// The longest idempotency key in characters, as in messages.
const LONGEST_KEY: usize = 200;

/// Listings are ordered by this instant; milliseconds are what every queue and catalog keeps exactly.
pub(super) fn accepted_at(now: DateTime<Utc>) -> DateTime<Utc> {
    now.trunc_subsecs(3)
}

/// What someone asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Request {
    /// The report's name.
    pub report: String,
    /// Parameters as given: not checked, relative dates allowed.
    pub parameters: Map<String, Json>,
    /// The lane; the definition's when `None`.
    pub lane: Option<Lane>,
    /// Not before this instant.
    pub run_at: Option<DateTime<Utc>>,
    /// The job's id, chosen by the caller so that asking twice makes one job.
    pub id: Option<JobId>,
    /// Same tenant and key within the key's lifetime: same job.
    pub idempotency_key: Option<String>,
    /// The W3C `traceparent` of whoever asks.
    pub trace: Option<String>,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Submitted {
    /// The job.
    pub job: JobSummary,
    /// It had been asked for before, by the same id or idempotency key; nothing new was made.
    pub existing: bool,
}

impl Request {
    /// Checks everything and makes the push that would put the job into the queue.
    ///
    /// Relative dates (which start from `as_of`) and defaults are settled here, once, so that each attempt shows the same thing.
    pub(super) fn accept(
        &self,
        definition: &Definition,
        tenant: &Tenant,
        requester: &str,
        now: DateTime<Utc>,
        as_of: DateTime<Utc>,
    ) -> Result<Push, RequestError> {
        self.check_envelope(now)?;
        let resolved = definition.resolve(&self.parameters, as_of).map_err(RequestError::Invalid)?;
        let job = Job {
            id: self.id.unwrap_or_else(|| JobId::new(now)),
            tenant: tenant.clone(),
            requester: requester.to_owned(),
            report: definition.name.clone(),
            parameters: resolved.canonical,
            lane: self.lane.unwrap_or(definition.lane),
            run_at: self.run_at,
            accepted_at: accepted_at(now),
            max_attempts: definition.retry.attempts,
        };
        Ok(Push {
            job,
            idempotency_key: self.idempotency_key.clone(),
            request_digest: self.digest(),
            trace: self.trace.clone(),
            slots: definition.slots,
        })
    }

    fn check_envelope(&self, now: DateTime<Utc>) -> Result<(), RequestError> {
        // Databases can't keep every year that JSON can write; what is long past means at once anyhow.
        if self.run_at.is_some_and(|at| at < DateTime::UNIX_EPOCH || at > now + FURTHEST) {
            let message = "must be within a year from now, and not before 1970";
            return Err(RequestError::Malformed { field: "run_at", message });
        }
        if self.id.is_some_and(|id| id.0.is_nil() || id.0.is_max()) {
            return Err(RequestError::Malformed { field: "id", message: "must be a UUID of your own making" });
        }
        let fits =
            |key: &String| (1..=LONGEST_KEY).contains(&key.chars().count()) && !key.chars().any(char::is_control);
        if !self.idempotency_key.as_ref().is_none_or(fits) {
            return Err(RequestError::Malformed {
                field: "idempotency_key",
                message: "must be 1 to 200 characters without control characters",
            });
        }
        Ok(())
    }

    /// A digest of the request as it was given, so that `today` sent again tomorrow is still the same request.
    pub(super) fn digest(&self) -> String {
        let mut parameters = Json::Object(self.parameters.clone());
        parameters.sort_all_objects();
        let run_at = self.run_at.map(|at| at.to_rfc3339());
        let whole = serde_json::json!([self.report, parameters, self.lane, run_at]);
        hex::encode(Sha256::digest(whole.to_string()))
    }
}
