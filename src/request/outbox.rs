//! Tells the catalog what the queue decided by itself.

use std::sync::Arc;

use crate::{
    catalog::{Catalog, Outcome},
    job::{JobId, JobState},
    queue::{Decided, JobView, LeaseStore},
    request::RequestError,
};

/// How many outcomes are moved at once.
const BATCH: usize = 100;

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

    /// Moves everything that waits; returns how many outcomes that were.
    pub async fn settle_outbox(&self) -> Result<usize, RequestError> {
        let mut moved = 0;
        loop {
            let decided = self.queue.outcomes(BATCH).await?;
            let full = decided.len() == BATCH;
            let ids: Vec<JobId> = decided.iter().map(|decided| decided.view.job.id).collect();
            if ids.is_empty() {
                return Ok(moved);
            }
            for Decided { view } in decided {
                if view.state.is_final() {
                    self.catalog.record(&outcome_of(view)).await?;
                } else {
                    // Only final states belong here; recording another would hide a live job.
                    tracing::warn!(job.id = %view.job.id, state = %view.state, "an outcome that isn't final was dropped");
                }
            }
            self.queue.acknowledge(&ids).await?;
            moved += ids.len();
            if !full {
                return Ok(moved);
            }
        }
    }
}

/// What the catalog keeps of a job that ended in the queue. No attempt of it published, so there is no artifact.
fn outcome_of(view: JobView) -> Outcome {
    Outcome {
        failure: view.failure.filter(|_| view.state == JobState::Failed),
        job: view.job,
        state: view.state,
        attempts: view.attempt,
        fence: 0,
        artifact: None,
        ended_at: view.changed_at,
    }
}
