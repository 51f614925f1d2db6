//! Removes what attempts that were cut off left in the store.
//!
//! Bytes come before records, so an attempt that dies in between leaves an object that no record names. The next attempt
//! finds it; when there is none, because the job was cancelled or failed meanwhile, nobody does, and it is deleted here.
//!
//! **Invariant:** nothing is deleted that an attempt may yet record: not before the catalog says that the job ended
//! otherwise, and of a failed one not while the queue knows it, because a dead letter that is retried would find it.
//! What belongs to no job that anyone knows (of a catalog that was restored, perhaps) is counted and left alone.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chrono::TimeDelta;

use super::agent::{Agent, AgentError};
use crate::{
    artifact::ArtifactKey,
    catalog::Catalog,
    clock::SharedClock,
    job::JobState,
    queue::LeaseStore,
    store::{ArtifactStore, Cursor},
};

/// Objects looked at in one act.
const BATCH: usize = 500;

/// Younger objects may belong to an attempt that is about to record them.
pub const AGE: TimeDelta = TimeDelta::hours(1);

/// Unfinished uploads that are older than this have no writer any more.
const UPLOAD_AGE: TimeDelta = TimeDelta::hours(24);

/// Compares the store with the catalog, object by object.
pub struct Reconciler {
    queue: Arc<dyn LeaseStore>,
    catalog: Arc<dyn Catalog>,
    store: Arc<dyn ArtifactStore>,
    clock: SharedClock,
    age: TimeDelta,
    round: Mutex<Round>,
}

/// How far a round is.
#[derive(Default)]
struct Round {
    next: Option<Cursor>,
    deleted: u64,
    unknown: u64,
}

/// Whose an object without a record is.
enum Orphan {
    /// Some attempt's, which may yet record it.
    Wanted,
    /// A job's that ended without it.
    Unwanted,
    /// Nobody's that is known.
    Unknown,
}

impl Reconciler {
    /// A reconciler of objects that are at least so old ([`AGE`]).
    pub fn new(
        queue: Arc<dyn LeaseStore>,
        catalog: Arc<dyn Catalog>,
        store: Arc<dyn ArtifactStore>,
        clock: SharedClock,
        age: TimeDelta,
    ) -> Self {
        Self { queue, catalog, store, clock, age, round: Mutex::default() }
    }

    /// The queue is asked first: what it has forgotten doesn't run again, so what the catalog says then stands.
    async fn judge(&self, key: &ArtifactKey) -> Result<Orphan, AgentError> {
        let (tenant, id) = key.job();
        let queued = self.queue.find(&tenant, id).await?.map(|view| view.state);
        let ended = self.catalog.find(&tenant, id).await?.map(|outcome| outcome.state);
        Ok(match (queued, ended) {
            (None | Some(JobState::Cancelled), Some(JobState::Cancelled)) => Orphan::Unwanted,
            (None, Some(JobState::Failed)) => Orphan::Unwanted,
            (None, None) => Orphan::Unknown,
            _ => Orphan::Wanted,
        })
    }

    fn round<T>(&self, with: impl FnOnce(&mut Round) -> T) -> T {
        with(&mut self.round.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends a round: says what came of it.
    async fn finish(&self) -> Result<(), AgentError> {
        let Round { deleted, unknown, .. } = self.round(std::mem::take);
        if deleted > 0 {
            tracing::info!(deleted, "objects that attempts had left behind were deleted");
        }
        if unknown > 0 {
            tracing::warn!(unknown, "the store holds objects of jobs that neither the catalog nor the queue knows");
        }
        self.store.sweep(self.clock.now() - UPLOAD_AGE).await?;
        Ok(())
    }
}

#[async_trait]
impl Agent for Reconciler {
    fn name(&self) -> &'static str {
        "reconciler"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(60 * 60)
    }

    async fn act(&self) -> Result<bool, AgentError> {
        let from = self.round(|round| round.next.clone());
        let page = self.store.list(from.as_ref(), BATCH).await?;
        let young = self.clock.now() - self.age;
        let old: Vec<_> = page.objects.into_iter().filter(|stored| stored.created_at <= young).collect();
        let keys: Vec<_> = old.into_iter().map(|stored| stored.key).collect();
        for key in self.catalog.unknown_keys(&keys).await? {
            match self.judge(&key).await? {
                Orphan::Wanted => {}
                Orphan::Unwanted => {
                    self.store.delete(&key).await?;
                    self.round(|round| round.deleted += 1);
                }
                Orphan::Unknown => self.round(|round| round.unknown += 1),
            }
        }
        let more = page.next.is_some();
        self.round(|round| round.next = page.next);
        if !more {
            self.finish().await?;
        }
        Ok(more)
    }
}
