//! A queue that fails on demand.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use pressroom::{
    job::{JobId, Progress, Tenant},
    queue::{
        Cancelled, Capacity, Claim, DeadLetter, Decided, JobFilter, JobView, Lease, LeaseStore, Policy, Push, Pushed,
        QueueError, RawMessage, Renewal, Result, Scope, Settled, Settlement, Stats, Verdict, WorkerView,
    },
};

/// A queue that is sometimes down, and whose heartbeats may be late.
#[derive(Default)]
pub(crate) struct Unreliable {
    pub(crate) queue: Option<Arc<dyn LeaseStore>>,
    pub(crate) down: AtomicBool,
    pub(crate) renew_delay: Duration,
}

impl Unreliable {
    fn up(&self) -> Result<&Arc<dyn LeaseStore>> {
        let down = self.down.load(Ordering::SeqCst);
        self.queue.as_ref().filter(|_| !down).ok_or_else(|| QueueError::Unavailable("it is down".into()))
    }
}

#[async_trait]
impl LeaseStore for Unreliable {
    async fn drain(&self) -> Result<Vec<RawMessage>> {
        self.up()?.drain().await
    }
    async fn admit(&self, raw: &RawMessage, verdict: Verdict) -> Result<()> {
        self.up()?.admit(raw, verdict).await
    }
    async fn claim(&self, worker: &str, capacity: Capacity, lease: Duration) -> Result<Vec<Claim>> {
        self.up()?.claim(worker, capacity, lease).await
    }
    async fn wait(&self, up_to: Duration) -> Result<()> {
        self.up()?.wait(up_to).await
    }
    async fn renew(&self, lease: Lease, progress: Progress, lease_for: Duration) -> Result<Renewal> {
        tokio::time::sleep(self.renew_delay).await;
        self.up()?.renew(lease, progress, lease_for).await
    }
    async fn settle(&self, lease: Lease, how: Settlement) -> Result<Settled> {
        self.up()?.settle(lease, how).await
    }
    async fn push(&self, _: Push) -> Result<Pushed> {
        unreachable!("a runner doesn't push")
    }
    async fn post(&self, _: RawMessage) -> Result<()> {
        unreachable!("a runner doesn't post")
    }
    async fn cancel(&self, _: &Tenant, _: JobId) -> Result<Cancelled> {
        unreachable!("a runner doesn't cancel")
    }
    async fn find(&self, _: &Tenant, _: JobId) -> Result<Option<JobView>> {
        unreachable!("a runner doesn't look")
    }
    async fn list(&self, _: &JobFilter, _: usize) -> Result<Vec<JobView>> {
        unreachable!("a runner doesn't look")
    }
    async fn stats(&self) -> Result<Stats> {
        unreachable!("a runner doesn't look")
    }
    async fn dead(&self, _: usize) -> Result<Vec<DeadLetter>> {
        unreachable!("a runner doesn't look")
    }
    async fn dead_text(&self, _: &str) -> Result<Option<Vec<u8>>> {
        unreachable!("a runner doesn't look")
    }
    async fn dead_retry(&self, _: &str) -> Result<bool> {
        unreachable!("a runner leaves dead letters alone")
    }
    async fn dead_drop(&self, _: &str) -> Result<bool> {
        unreachable!("a runner leaves dead letters alone")
    }
    async fn outcomes(&self, _: usize) -> Result<Vec<Decided>> {
        unreachable!("a runner leaves the outbox alone")
    }
    async fn acknowledge(&self, _: &[Decided]) -> Result<()> {
        unreachable!("a runner leaves the outbox alone")
    }
    async fn lead(&self, _: &str, _: &str, _: Duration) -> Result<bool> {
        unreachable!("a runner doesn't lead")
    }
    async fn govern(&self, _: &Policy) -> Result<()> {
        unreachable!("a runner obeys")
    }
    async fn policy(&self) -> Result<Policy> {
        unreachable!("a runner obeys")
    }
    async fn pause(&self, _: &Scope) -> Result<bool> {
        unreachable!("a runner obeys")
    }
    async fn resume(&self, _: &Scope) -> Result<bool> {
        unreachable!("a runner obeys")
    }
    async fn announce(&self, worker: &WorkerView, lasts: Duration) -> Result<()> {
        self.up()?.announce(worker, lasts).await
    }
    async fn workers(&self) -> Result<Vec<WorkerView>> {
        unreachable!("a runner doesn't look")
    }
    async fn fired(&self, _: &str) -> Result<Option<DateTime<Utc>>> {
        unreachable!("a runner has no schedules")
    }
    async fn set_fired(&self, _: &str, _: DateTime<Utc>) -> Result<()> {
        unreachable!("a runner has no schedules")
    }
    async fn ping(&self) -> Result<()> {
        self.up()?.ping().await
    }
}
