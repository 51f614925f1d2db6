//! Tells the catalog what the queue decided by itself.

use std::{collections::HashMap, sync::Arc};

use crate::{
    catalog::{Catalog, CatalogError, Outcome},
    job::JobState,
    queue::{Decided, JobView, LeaseStore},
    request::RequestError,
};

/// How many outcomes are moved at once.
const BATCH: usize = 100;

/// How many batches one call moves; the next call moves the rest.
const ROUNDS: usize = 100;

/// Moves outcomes that no worker saw (cancelled while waiting, worker died, refused at the inbox) into the catalog.
///
/// Recorded first, forgotten by the queue afterwards: a crash in between records twice, which changes nothing.
/// Any number of processes may do it at once.
pub struct Recorder {
    queue: Arc<dyn LeaseStore>,
    catalog: Arc<dyn Catalog>,
}

impl Recorder {
    /// A recorder between these two.
    pub fn new(queue: Arc<dyn LeaseStore>, catalog: Arc<dyn Catalog>) -> Self {
        Self { queue, catalog }
    }

    /// Moves what waits, at most 10,000; returns how many outcomes that were.
    ///
    /// An outcome that the catalog refuses stays where it is and doesn't keep those behind it waiting; the refusal is
    /// the error returned when they have been moved.
    pub async fn settle_outbox(&self) -> Result<usize, RequestError> {
        self.settle_outbox_and(|_| {}).await
    }

    /// The same, and tells `each` of what has been moved.
    pub async fn settle_outbox_and(&self, mut each: impl FnMut(&JobView) + Send) -> Result<usize, RequestError> {
        let mut moved = 0;
        let mut refused = HashMap::new();
        for _ in 0..ROUNDS {
            // Those that were refused stand first; the next ones are behind them.
            let mut decided = self.queue.outcomes(BATCH + refused.len()).await?;
            decided.retain(|decided| !refused.contains_key(&decided.view.job.id));
            let new = decided.len();
            let mut known = Vec::with_capacity(new);
            for decided in decided {
                match self.record(&decided).await {
                    Ok(()) => known.push(decided),
                    Err(CatalogError::Refused(why)) => drop(refused.insert(decided.view.job.id, why)),
                    Err(error) => return Err(error.into()),
                }
            }
            if !known.is_empty() {
                self.queue.acknowledge(&known).await?;
                known.iter().for_each(|decided| each(&decided.view));
                moved += known.len();
            }
            if new < BATCH {
                break;
            }
        }
        match refused.into_iter().next() {
            Some((id, why)) => Err(CatalogError::Refused(format!("the outcome of job {id}: {why}")).into()),
            None => Ok(moved),
        }
    }

    async fn record(&self, decided: &Decided) -> Result<(), CatalogError> {
        let view = &decided.view;
        if view.state.is_final() {
            return self.catalog.record(&outcome_of(view.clone(), decided.fence)).await.map(drop);
        }
        // Only final states belong here; recording another would hide a live job.
        tracing::warn!(job.id = %view.job.id, state = %view.state, "an outcome that isn't final was passed over");
        Ok(())
    }
}

/// What the catalog keeps of a job that ended in the queue, without an artifact.
///
/// An attempt may have published one all the same before it was cut off. If it comes back, the fence shows it too late.
fn outcome_of(view: JobView, fence: u64) -> Outcome {
    Outcome {
        failure: view.failure.filter(|_| view.state == JobState::Failed),
        failures: view.failures,
        job: view.job,
        state: view.state,
        attempts: view.attempt,
        fence,
        artifact: None,
        ended_at: view.changed_at,
    }
}
