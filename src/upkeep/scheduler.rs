//! Asks for the reports whose definitions say when.
//!
//! A firing is one job for each of the schedule's tenants, and the job's id follows from report, schedule, tenant and
//! instant. So it makes no difference how many schedulers fire, or how often one begins anew after a crash: the queue
//! and the catalog know the job. How far each schedule has come is kept in the queue; a schedule that isn't known there
//! begins now.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, Utc};
use sha2::{Digest as _, Sha256};

use super::agent::{Agent, AgentError};
use crate::{
    clock::SharedClock,
    identity::{Identity, Roles},
    job::{JobId, Tenant},
    queue::LeaseStore,
    report::{Definition, Library, Schedule, schedule::ON_TIME},
    request::{Desk, Request, RequestError},
};

/// After so many jobs of one schedule the others have their turn.
const BATCH: usize = 100;

/// Fires schedules.
pub struct Scheduler {
    library: Arc<Library>,
    desk: Arc<Desk>,
    queue: Arc<dyn LeaseStore>,
    clock: SharedClock,
    /// How far each schedule has come, as far as this process knows: the queue is asked only when something is due, and
    /// one that has forgotten everything is told.
    seen: Mutex<HashMap<String, DateTime<Utc>>>,
}

impl Scheduler {
    /// Fires the schedules of this library.
    pub fn new(library: Arc<Library>, desk: Arc<Desk>, queue: Arc<dyn LeaseStore>, clock: SharedClock) -> Self {
        Self { library, desk, queue, clock, seen: Mutex::default() }
    }

    /// Fires what is due of one schedule; says whether more is.
    async fn fire(&self, definition: &Definition, schedule: &Schedule) -> Result<bool, AgentError> {
        let now = self.clock.now();
        let key = schedule.key(&definition.name);
        let is_due = |fired| schedule.cron.next(fired).is_some_and(|next| next <= now);
        let seen = self.seen(&key);
        if seen.is_some_and(|seen| !is_due(seen)) {
            return Ok(false);
        }
        let Some(fired) = self.queue.fired(&key).await?.max(seen) else {
            self.mark(key, now).await?;
            return Ok(false);
        };
        let due = schedule.due(fired, now);
        if due.is_empty() && is_due(fired) {
            tracing::warn!(report = %definition.name, schedule = %schedule.name, "missed firings are skipped");
            self.mark(key, now).await?;
            return Ok(false);
        }
        self.see(key.clone(), fired);
        let mut pushed = 0;
        for at in due {
            if pushed >= BATCH {
                return Ok(true);
            }
            self.push(definition, schedule, at).await?;
            self.mark(key.clone(), at).await?;
            pushed += schedule.tenants.len();
        }
        Ok(false)
    }

    /// Asks for one firing's jobs; those that a queue or catalog can't take now are the error.
    async fn push(&self, definition: &Definition, schedule: &Schedule, at: DateTime<Utc>) -> Result<(), RequestError> {
        let mut unfinished = None;
        for tenant in &schedule.tenants {
            let who = Identity { tenant: tenant.clone(), actor: schedule.requester.clone(), roles: Roles::All };
            let request = Request {
                report: definition.name.to_string(),
                parameters: schedule.parameters.clone(),
                lane: schedule.lane,
                id: Some(job_id(definition, schedule, tenant, at)),
                ..Request::default()
            };
            match self.desk.submit_as_of(&who, request, at).await {
                Ok(submitted) if submitted.existing => {}
                Ok(submitted) => tracing::info!(
                    report = %definition.name, schedule = %schedule.name, job.id = %submitted.job.id, %at, "fired"
                ),
                Err(error @ RequestError::Full { .. }) if self.clock.now() - at > ON_TIME => tracing::error!(
                    report = %definition.name, schedule = %schedule.name, %at, "a firing was given up: {error}"
                ),
                Err(error @ (RequestError::Full { .. } | RequestError::Queue(_) | RequestError::Catalog(_))) => {
                    unfinished = Some(error);
                }
                // Asking for the same again won't help.
                Err(error) => tracing::error!(
                    report = %definition.name, schedule = %schedule.name, %at, "a firing was refused: {error}"
                ),
            }
        }
        unfinished.map_or(Ok(()), Err)
    }

    async fn mark(&self, key: String, at: DateTime<Utc>) -> Result<(), AgentError> {
        self.queue.set_fired(&key, at).await?;
        self.see(key, at);
        Ok(())
    }

    fn see(&self, key: String, at: DateTime<Utc>) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(key, at);
    }

    fn seen(&self, key: &str) -> Option<DateTime<Utc>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied()
    }
}

#[async_trait]
impl Agent for Scheduler {
    fn name(&self) -> &'static str {
        "scheduler"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(1)
    }

    /// One schedule that can't fire doesn't keep the others from it.
    async fn act(&self) -> Result<bool, AgentError> {
        let (mut more, mut failed) = (false, None);
        for definition in self.library.iter() {
            for schedule in &definition.schedules {
                match self.fire(definition, schedule).await {
                    Ok(some) => more |= some,
                    Err(error) => failed = Some(error),
                }
            }
        }
        failed.map_or(Ok(more), Err)
    }
}

/// The same firing is the same job: a UUID of version 8 whose bits are a SHA-256 (RFC 9562, appendix B.2).
fn job_id(definition: &Definition, schedule: &Schedule, tenant: &Tenant, at: DateTime<Utc>) -> JobId {
    let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut hash = Sha256::new();
    for part in ["pressroom schedule", definition.name.as_str(), schedule.name.as_str(), tenant.as_str(), &at] {
        hash.update(part);
        hash.update([0]);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    JobId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests;
