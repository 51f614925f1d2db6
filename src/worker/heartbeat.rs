//! Keeping a lease alive while its attempt runs, and telling the attempt when to stop.
//!
//! **Invariant:** the heartbeat runs in a task of its own, so that work that doesn't yield can't cost it the lease.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::time::MissedTickBehavior;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::meter::Meter;
use crate::queue::{Lease, LeaseStore, Renewal};

/// What an attempt and its heartbeat tell each other.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    /// How far the attempt is.
    pub meter: Arc<Meter>,
    /// Cancelled when the attempt is to stop; [`Watch::stop_reason`] says why.
    pub stop: CancellationToken,
    reason: Arc<OnceLock<StopReason>>,
}

/// Why an attempt is to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// Someone asked for the job to stop.
    Cancelled,
    /// Another worker has the job.
    LeaseLost,
    /// The process ends and its grace time is over.
    Shutdown,
    /// Nothing came of it for too long.
    Stuck,
}

impl Watch {
    /// Why the attempt is to stop, if it is.
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.reason.get().copied()
    }

    /// Asks the attempt to stop; the first reason stands.
    pub fn request_stop(&self, reason: StopReason) {
        self.reason.get_or_init(|| reason);
        self.stop.cancel();
    }
}

/// Starts renewing a lease three times in its length, at least twice a second, until the handle is dropped.
pub(super) fn start(
    queue: Arc<dyn LeaseStore>,
    lease: Lease,
    lease_for: Duration,
    watch: Watch,
) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(beat(queue, lease, lease_for, watch)))
}

async fn beat(queue: Arc<dyn LeaseStore>, lease: Lease, lease_for: Duration, watch: Watch) {
    let period = (lease_for / 3).clamp(Duration::from_millis(1), Duration::from_millis(500));
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut silent = false;
    loop {
        ticks.tick().await;
        let renewal = queue.renew(lease, watch.meter.read(), lease_for).await;
        match &renewal {
            Ok(Renewal::Held) => {}
            Ok(Renewal::CancelRequested) => watch.request_stop(StopReason::Cancelled),
            Ok(Renewal::Lost) => return watch.request_stop(StopReason::LeaseLost),
            // The work goes on: mostly the queue is away for everybody, and afterwards the fence tells.
            Err(error) if !silent => tracing::warn!(job.id = %lease.job, %error, "a heartbeat was not heard"),
            Err(_) => {}
        }
        silent = renewal.is_err();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_stands() {
        let watch = Watch::default();
        assert_eq!((watch.stop_reason(), watch.stop.is_cancelled()), (None, false));
        watch.clone().request_stop(StopReason::Cancelled);
        watch.request_stop(StopReason::LeaseLost);
        assert_eq!((watch.stop_reason(), watch.stop.is_cancelled()), (Some(StopReason::Cancelled), true));
    }
}
