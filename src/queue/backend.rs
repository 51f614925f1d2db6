//! Feeds an apalis worker from a [`LeaseStore`].
//!
//! A task of its own admits messages and claims jobs, but only as many as there are free slots; apalis takes them from
//! a buffer that is therefore nearly always empty. Each job carries its slots and gives them back when it is dropped.
//! While the worker's gate is closed, because something that its jobs need is away, nothing is claimed.
//!
//! apalis' own storage traits are not used: a claim can't be encoded, retried or acknowledged by anyone but the
//! attempt that holds its fence. Settling is no tower layer either, because apalis polls all layers in one task.
//!
//! **Invariant:** trouble with the queue is never an error to apalis, which would end the worker: it is said once,
//! then tried again with backoff, while work in hand goes on. A claim is never dropped without being released.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
    time::Duration,
};

use apalis_core::{
    backend::{Backend, BackendConfig, finalize::Ephemeral},
    task::{Task, builder::TaskBuilder},
    worker::context::WorkerContext,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use tower::layer::util::Identity;

use tracing::Span;

use super::{admit::admit_messages, backoff::Backoff, contract::*};

/// The longest wait for work; new work ends it at once.
const WAIT: Duration = Duration::from_secs(5);

/// The same while some slots are taken. A large job may wait for just these, and their end doesn't ring.
const WAIT_WHILE_BUSY: Duration = Duration::from_millis(250);

/// How often a claim is offered back at shutdown before it is left to its lease.
const RELEASE_TRIES: u32 = 5;

/// A claim and the slots that it occupies until it is dropped.
#[derive(Debug)]
pub struct Assignment {
    /// The claim.
    pub claim: Claim,
    /// From the claim to the beginning of its attempt, which takes it out.
    pub claimed: Span,
    _slots: OwnedSemaphorePermit,
}

/// A worker's slots, for whoever wants to know how many are taken.
#[derive(Debug, Clone)]
pub struct Slots {
    permits: Arc<Semaphore>,
    total: usize,
}

impl Slots {
    fn new(total: usize) -> Self {
        let total = total.clamp(1, u32::MAX as usize >> 3);
        Self { permits: Arc::new(Semaphore::new(total)), total }
    }

    /// How many there are.
    pub fn total(&self) -> usize {
        self.total
    }

    /// How many are taken.
    pub fn busy(&self) -> usize {
        self.total - self.permits.available_permits()
    }

    fn capacity(&self) -> Capacity {
        Capacity { free: self.permits.available_permits(), total: self.total }
    }

    fn take(&self, claim: &Claim) -> Option<OwnedSemaphorePermit> {
        let slots = claim.slots.clamp(1, self.total as u32);
        self.permits.clone().try_acquire_many_owned(slots).ok()
    }
}

/// How a worker takes part in a queue.
#[derive(Debug, Clone)]
pub struct Membership {
    /// The worker's name, shown beside the jobs it runs.
    pub worker: String,
    /// How many jobs of one slot it runs at once.
    pub slots: usize,
    /// How long each claim holds without a heartbeat.
    pub lease: Duration,
    /// Whether it claims: not while something that its jobs need is away.
    pub gate: watch::Receiver<bool>,
}

/// The only thing that can go wrong: a bug ended the task that feeds the worker.
#[derive(Debug, thiserror::Error)]
#[error("the task that claims jobs has ended")]
pub struct FeederEnded;

/// The backend of an apalis worker.
pub struct LeaseBackend {
    buffer: Arc<Buffer>,
    slots: Slots,
    feeder: Option<JoinHandle<()>>,
}

impl LeaseBackend {
    /// Begins to claim; until `stop`, when nothing more is claimed and what is not yet running is released.
    pub fn start(
        queue: Arc<dyn LeaseStore>,
        admission: Arc<dyn Admission>,
        membership: Membership,
        stop: CancellationToken,
    ) -> Self {
        let buffer = Arc::new(Buffer::default());
        let slots = Slots::new(membership.slots);
        let feeder = Feeder { queue, admission, membership, slots: slots.clone(), stop, buffer: buffer.clone() };
        Self { buffer, slots, feeder: Some(tokio::spawn(feeder.run())) }
    }

    /// The worker's slots.
    pub fn slots(&self) -> Slots {
        self.slots.clone()
    }
}

impl Backend for LeaseBackend {
    type Task = Task<Assignment>;
    type Error = FeederEnded;

    fn poll_ready(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), FeederEnded>> {
        Poll::Ready(Ok(()))
    }

    fn poll_next(&mut self, cx: &mut Context<'_>, _: &WorkerContext) -> Poll<Option<Result<Self::Task, FeederEnded>>> {
        self.buffer.poll_take(cx).map(|taken| Some(taken.map(|assignment| TaskBuilder::new(assignment).build())))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), FeederEnded>> {
        let Some(feeder) = &mut self.feeder else { return Poll::Ready(Ok(())) };
        Pin::new(feeder).poll(cx).map(|ended| {
            self.feeder = None;
            ended.map_err(|_| FeederEnded)
        })
    }
}

impl BackendConfig for LeaseBackend {
    type Args = Assignment;
    type Id = ();
    type Kind = Ephemeral;
    type Config = ();
    type Layer = Identity;

    fn config(&self) -> &() {
        &()
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> Identity {
        Identity::new()
    }
}

/// Claims on their way from the feeder to apalis.
#[derive(Default)]
struct Buffer(Mutex<Claimed>);

#[derive(Default)]
struct Claimed {
    ready: VecDeque<Assignment>,
    end: Option<End>,
    taker: Option<Waker>,
}

/// Why no more claims come.
#[derive(Clone, Copy)]
enum End {
    Stopped,
    Broken,
}

impl Buffer {
    fn lock(&self) -> MutexGuard<'_, Claimed> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn put(&self, assignments: impl Iterator<Item = Assignment>) {
        let mut claimed = self.lock();
        claimed.ready.extend(assignments);
        claimed.taker.take().into_iter().for_each(Waker::wake);
    }

    fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Result<Assignment, FeederEnded>> {
        let mut claimed = self.lock();
        if let Some(assignment) = claimed.ready.pop_front() {
            return Poll::Ready(Ok(assignment));
        }
        if matches!(claimed.end, Some(End::Broken)) {
            return Poll::Ready(Err(FeederEnded));
        }
        claimed.taker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Closes the buffer and hands back what apalis has not taken; the first reason stands.
    fn close(&self, end: End) -> VecDeque<Assignment> {
        let mut claimed = self.lock();
        claimed.end.get_or_insert(end);
        claimed.taker.take().into_iter().for_each(Waker::wake);
        std::mem::take(&mut claimed.ready)
    }
}

/// Tells apalis when the feeder ends in any other way than by being stopped.
struct CloseAtEnd(Arc<Buffer>);

impl Drop for CloseAtEnd {
    fn drop(&mut self) {
        self.0.close(End::Broken);
    }
}

struct Feeder {
    queue: Arc<dyn LeaseStore>,
    admission: Arc<dyn Admission>,
    membership: Membership,
    slots: Slots,
    stop: CancellationToken,
    buffer: Arc<Buffer>,
}

impl Feeder {
    async fn run(mut self) {
        let _close = CloseAtEnd(self.buffer.clone());
        let mut trouble = Trouble::default();
        while let Some(capacity) = self.free_slots().await {
            // Never cancelled in the middle: an answer that nobody hears would be a claim that nobody holds.
            let turn = self.turn(capacity).await;
            let wait = if self.slots.busy() == 0 { WAIT } else { WAIT_WHILE_BUSY };
            let pause = async {
                match turn {
                    Ok(Turn::More) => trouble.over(),
                    Ok(Turn::Nothing) => match self.queue.wait(wait).await {
                        Ok(()) => trouble.over(),
                        Err(error) => tokio::time::sleep(trouble.again(&error)).await,
                    },
                    Err(error) => tokio::time::sleep(trouble.again(&error)).await,
                }
            };
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = pause => {}
            }
        }
        for assignment in self.buffer.close(End::Stopped) {
            self.release(&assignment.claim).await;
        }
    }

    /// Waits for an open gate and a free slot; `None` when it is time to stop.
    async fn free_slots(&mut self) -> Option<Capacity> {
        let gate = &mut self.membership.gate;
        let free = async {
            loop {
                // Whoever could open it has gone: then so has the worker.
                gate.wait_for(|open| *open).await.ok()?;
                drop(self.slots.permits.acquire().await.ok()?);
                if *gate.borrow() {
                    return Some(self.slots.capacity());
                }
            }
        };
        tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            free = free => free,
        }
    }

    async fn turn(&self, capacity: Capacity) -> Result<Turn> {
        let drained = admit_messages(&*self.queue, &*self.admission).await?;
        if self.stop.is_cancelled() {
            return Ok(Turn::Nothing);
        }
        let Membership { worker, lease, .. } = &self.membership;
        let claims = self.queue.claim(worker, capacity, *lease).await?;
        let slots: usize = claims.iter().map(|claim| claim.slots.max(1) as usize).sum();
        let more = drained == BATCH || claims.len() == BATCH || slots >= capacity.free;
        let mut taken = Vec::with_capacity(claims.len());
        for claim in claims {
            let claimed = tracing::info_span!("job.claim", job.id = %claim.job.id, job.lane = %claim.job.lane, worker);
            // Only this task takes slots, so those counted above are still free.
            match self.slots.take(&claim) {
                Some(slots) => taken.push(Assignment { claim, claimed, _slots: slots }),
                None => {
                    tracing::warn!(job.id = %claim.job.id, "the queue handed out more than was asked for");
                    self.release(&claim).await;
                }
            }
        }
        self.buffer.put(taken.into_iter());
        Ok(if more { Turn::More } else { Turn::Nothing })
    }

    async fn release(&self, claim: &Claim) {
        let mut backoff = Backoff::default();
        while let Err(error) = self.queue.settle(claim.lease(), Settlement::Release).await {
            if backoff.tries() >= RELEASE_TRIES {
                tracing::warn!(job.id = %claim.job.id, %error, "a claimed job could not be released; its lease will end");
                return;
            }
            tokio::time::sleep(backoff.next_delay()).await;
        }
    }
}

/// Whether another look at once is worth it.
enum Turn {
    More,
    Nothing,
}

/// An episode in which the queue doesn't answer: said when it begins and when it is over.
#[derive(Default)]
struct Trouble(Option<Backoff>);

impl Trouble {
    fn again(&mut self, error: &QueueError) -> Duration {
        if self.0.is_none() {
            tracing::warn!(%error, "the queue doesn't answer; trying again until it does");
        }
        self.0.get_or_insert_default().next_delay()
    }

    fn over(&mut self) {
        if self.0.take().is_some() {
            tracing::info!("the queue answers again");
        }
    }
}
