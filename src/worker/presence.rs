//! Telling the queue that this worker takes part, so that `pressroom workers` and others can see it.
//!
//! **Invariant:** a help, not a need: a queue that doesn't answer holds up nothing, and the entry of a worker that dies
//! runs out by itself.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::queue::{LeaseStore, WorkerView, backend::Slots};

/// How often a worker says that it takes part.
const PERIOD: Duration = Duration::from_secs(3);

/// How long that holds.
const LASTS: Duration = Duration::from_secs(10);

/// What a worker tells of itself.
pub(super) struct Presence {
    pub(super) queue: Arc<dyn LeaseStore>,
    pub(super) name: String,
    pub(super) slots: Slots,
    pub(super) gate: watch::Receiver<bool>,
    pub(super) since: DateTime<Utc>,
    /// When nothing more is claimed.
    pub(super) stop: CancellationToken,
}

impl Presence {
    /// Says so every few seconds, and when something about it changes, until `over`; then says that it has left.
    pub(super) async fn announce(mut self, over: CancellationToken) {
        loop {
            self.tell(LASTS).await;
            let stopping = self.stop.is_cancelled();
            tokio::select! {
                () = over.cancelled() => break,
                () = self.stop.cancelled(), if !stopping => {}
                changed = self.gate.changed() => if changed.is_err() {
                    tokio::select! {
                        () = over.cancelled() => break,
                        () = tokio::time::sleep(PERIOD) => {}
                    }
                },
                () = tokio::time::sleep(PERIOD) => {}
            }
        }
        self.tell(Duration::ZERO).await;
    }

    async fn tell(&self, lasts: Duration) {
        let view = WorkerView {
            name: self.name.clone(),
            slots: self.slots.total(),
            busy: self.slots.busy(),
            claiming: *self.gate.borrow() && !self.stop.is_cancelled(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            since: self.since,
        };
        // Whoever feeds the worker says when the queue doesn't answer.
        let told = tokio::time::timeout(PERIOD, self.queue.announce(&view, lasts));
        if let Ok(Err(error)) = told.await {
            tracing::debug!(%error, "the queue was not told that this worker takes part");
        }
    }
}
