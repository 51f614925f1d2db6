//! Runs attempts: as many at once as there are slots, each with a heartbeat, each settled exactly once.
//!
//! ```text
//! claim → attempt ─┬─ ends by itself ───────────────────────────→ settle as it says
//!                  ├─ cancelled, or the grace time is over: stop → settle as cancelled, or release
//!                  ├─ stuck: stop ──────────────────────────────→ settle as to be tried again
//!                  └─ lease lost: stop → nothing to settle
//! ```
//!
//! apalis drives the loop; each attempt runs in a task of its own, because apalis polls all handlers in one. What lies
//! around an attempt are the tower layers of [`layers`].
//!
//! **Invariant:** whatever an attempt does (panic, ignore its stop), its slot comes back and its job is settled or left
//! to its lease.

use std::{sync::Arc, time::Duration};

use apalis::prelude::{Task, WorkerBuilder};
use apalis_core::error::WorkerError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{Instrument, Span};

use super::{
    heartbeat::{self, StopReason, Watch},
    layers::{self, Limits, Run, Wrapped},
    observe::{self, Running},
    presence::Presence,
};
use crate::{
    clock::{Clock as _, SystemClock},
    queue::{
        Admission, Claim, LeaseStore, Settled, Settlement,
        backend::{Assignment, LeaseBackend, Membership},
        backoff::Backoff,
    },
    report::Retry,
    telemetry::span,
};

/// How long a settlement is tried once the process is ending; before, there is no limit.
const LAST_SETTLE_TIME: Duration = Duration::from_secs(5);

/// One run of a job, from its claim to what becomes of it.
#[async_trait]
pub trait Attempt: Send + Sync + 'static {
    /// Does the work. Returns soon after `watch.stop` is cancelled; what it returns then counts only if it is
    /// [`Settlement::Done`], or [`Settlement::Fail`] at a shutdown.
    async fn run(&self, claim: Claim, watch: Watch) -> Settlement;

    /// How a failure is tried again that the attempt can't tell of itself: a panic, or being stuck.
    fn retry(&self, _: &Claim) -> Retry {
        Retry::default()
    }
}

/// How to run attempts.
#[derive(Debug, Clone)]
pub struct RunnerOptions {
    /// The worker's name, shown beside the jobs it runs.
    pub worker_name: String,
    /// Slots: how many attempts of one slot run at once.
    pub concurrency: usize,
    /// How long a claim holds without a heartbeat.
    pub lease: Duration,
    /// How long running attempts may go on after the shutdown began.
    pub grace: Duration,
    /// How long an attempt may go without a row, page or byte before it is stopped.
    pub stall: Duration,
    /// Whether jobs are claimed: not while something that they need is away.
    pub gate: watch::Receiver<bool>,
    /// Fires when, the shutdown having begun, everything is to be handed back at once.
    pub hurry: CancellationToken,
    /// When the worker began.
    pub since: DateTime<Utc>,
}

impl RunnerOptions {
    /// Leases and grace of 30 seconds; stuck after five minutes; always claiming.
    pub fn new(worker_name: impl Into<String>, concurrency: usize) -> Self {
        let half_a_minute = Duration::from_secs(30);
        Self {
            worker_name: worker_name.into(),
            concurrency,
            lease: half_a_minute,
            grace: half_a_minute,
            stall: Duration::from_secs(900),
            gate: watch::channel(true).1,
            hurry: CancellationToken::new(),
            since: SystemClock.now(),
        }
    }
}

/// Why a runner ended before it was asked to: a bug, for trouble with the queue never ends it.
#[derive(Debug, thiserror::Error)]
#[error("the worker loop ended: {0}")]
pub struct RunnerError(#[from] WorkerError);

/// Claims jobs and runs an [`Attempt`] for each.
pub struct Runner {
    queue: Arc<dyn LeaseStore>,
    admission: Arc<dyn Admission>,
    attempt: Arc<dyn Attempt>,
    options: RunnerOptions,
}

impl Runner {
    /// A runner that has not begun.
    pub fn new(
        queue: Arc<dyn LeaseStore>,
        admission: Arc<dyn Admission>,
        attempt: Arc<dyn Attempt>,
        options: RunnerOptions,
    ) -> Self {
        Self { queue, admission, attempt, options }
    }

    /// Runs until `shutdown`, then until everything in hand is settled.
    ///
    /// From `shutdown` on nothing is claimed. Running attempts have the grace time to end; those that don't are
    /// stopped and released.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), RunnerError> {
        let Self { queue, admission, attempt, options } = self;
        let RunnerOptions { worker_name, concurrency, lease, grace, stall, gate, hurry, since } = options;
        let membership = Membership { worker: worker_name.clone(), slots: concurrency, lease, gate: gate.clone() };
        let backend = LeaseBackend::start(queue.clone(), admission, membership, shutdown.clone());
        let (name, slots, stop) = (worker_name.clone(), backend.slots(), shutdown.clone());
        let presence = Presence { queue: queue.clone(), name, slots, gate, since, stop };
        let left = CancellationToken::new();
        let presence = tokio::spawn(presence.announce(left.clone()));

        let grace_over = CancellationToken::new();
        let limits = Limits { stall, grace_over: grace_over.clone(), hurry: hurry.clone() };
        let wrapped = layers::wrap(attempt.clone(), limits);
        let shift = Arc::new(Shift { queue, attempt, wrapped, lease, grace_over: grace_over.clone() });
        let attempts = TaskTracker::new();
        let spawner = attempts.clone();
        let worker = WorkerBuilder::new(worker_name)
            .backend(backend)
            .build(tower::service_fn(move |task: Task<Assignment>| spawner.spawn(shift.clone().attend(task.args))));

        let asked = shutdown.clone();
        let worker = worker.run_until(async move {
            asked.cancelled().await;
            Ok::<(), WorkerError>(())
        });
        let grace = async {
            shutdown.cancelled().await;
            tokio::select! {
                () = tokio::time::sleep(grace) => {}
                () = hurry.cancelled() => {}
            }
            grace_over.cancel();
            std::future::pending::<std::convert::Infallible>().await
        };
        let ended = tokio::select! {
            ended = worker => ended,
            never = grace => match never {},
        };
        // Settles what is left if the loop broke; after a regular end there is nothing.
        grace_over.cancel();
        attempts.close();
        attempts.wait().await;
        left.cancel();
        // It can only have ended by a bug of its own, which harms nobody.
        let _ = presence.await;
        Ok(ended?)
    }
}

/// What the attempts of one runner share.
struct Shift {
    queue: Arc<dyn LeaseStore>,
    attempt: Arc<dyn Attempt>,
    /// The same with its layers.
    wrapped: Wrapped,
    lease: Duration,
    grace_over: CancellationToken,
}

impl Shift {
    /// Sees one attempt through to its settlement; its slots are free when the assignment is dropped.
    async fn attend(self: Arc<Self>, mut assignment: Assignment) {
        let claimed = std::mem::replace(&mut assignment.claimed, Span::none());
        let claim = &assignment.claim;
        let span = layers::span_of(claim, &claimed);
        drop(claimed);
        async {
            let watch = Watch::default();
            let heartbeat = heartbeat::start(self.queue.clone(), claim.lease(), self.lease, watch.clone());
            // A new task waits in a place that other threads can't take it from; let it begin before the work does.
            tokio::task::yield_now().await;
            let _running = Running::begin();
            let run = Run { claim: claim.clone(), watch: watch.clone(), retry: self.attempt.retry(claim) };
            let ended = judge(layers::see_through(self.wrapped.clone(), run).await, watch.stop_reason());
            observe::attempt_ended(&claim.job.report, ended.as_ref());
            match ended {
                Some(settlement) => self.settle(claim, settlement).await,
                None => tracing::warn!("the lease was lost; another worker has the job"),
            }
            drop(heartbeat);
        }
        .instrument(span)
        .await;
    }

    /// Tells the queue, for as long as it takes; the heartbeat goes on meanwhile. At a shutdown it doesn't take for ever.
    async fn settle(&self, claim: &Claim, how: Settlement) {
        let given_up = async {
            self.grace_over.cancelled().await;
            tokio::time::sleep(LAST_SETTLE_TIME).await;
        };
        tokio::select! {
            () = self.settle_in_time(claim, how) => {}
            () = given_up => tracing::error!("the outcome could not be told to the queue; the lease will end"),
        }
    }

    async fn settle_in_time(&self, claim: &Claim, how: Settlement) {
        let mut backoff = Backoff::default();
        loop {
            let outcome = observe::outcome(Some(&how));
            let span = tracing::info_span!(span::JOB_SETTLE, job.id = %claim.job.id, job.outcome = outcome);
            match self.queue.settle(claim.lease(), how.clone()).instrument(span).await {
                Ok(Settled::Applied(state)) => {
                    observe::settled(&claim.job, state);
                    return tracing::debug!(%state, "settled");
                }
                Ok(Settled::Fenced) => return tracing::warn!("settled too late: another attempt has taken over"),
                Err(error) if backoff.tries() == 0 => {
                    tracing::warn!(%error, "the outcome could not be told to the queue; trying again");
                }
                Err(_) => {}
            }
            tokio::time::sleep(backoff.next_delay()).await;
        }
    }
}

/// What to tell the queue of an attempt that may have been stopped; nothing when the lease is lost.
pub(super) fn judge(ended: Settlement, stopped: Option<StopReason>) -> Option<Settlement> {
    match (stopped, ended) {
        (Some(StopReason::LeaseLost), _) => None,
        (None | Some(StopReason::Stuck), ended) | (_, ended @ Settlement::Done) => Some(ended),
        (Some(StopReason::Cancelled), _) => Some(Settlement::Cancelled),
        (Some(StopReason::Shutdown), ended @ Settlement::Fail(_)) => Some(ended),
        (Some(StopReason::Shutdown), _) => Some(Settlement::Release),
    }
}
