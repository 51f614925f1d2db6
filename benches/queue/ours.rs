//! Jobs through our queues, by the real worker.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures::{StreamExt, stream};
use pressroom::{
    clock::{Clock, SystemClock},
    job::{Job, JobId, Lane},
    queue::{Admission, Claim, LeaseStore, Push, RawMessage, Settlement, Verdict},
    worker::{
        heartbeat::Watch,
        runner::{Attempt, Runner, RunnerOptions},
    },
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Puts in jobs of so many tenants, 64 at once; pushes per second.
pub(crate) async fn fill(queue: &Arc<dyn LeaseStore>, many: usize, tenants: usize) -> f64 {
    let start = Instant::now();
    stream::iter(0..many)
        .for_each_concurrent(64, async |n| {
            queue.push(push(&format!("tenant-{}", n % tenants))).await.unwrap();
        })
        .await;
    many as f64 / start.elapsed().as_secs_f64()
}

/// Runs all jobs; jobs per second from the runner's start to the last settlement.
pub(crate) async fn drain(queue: Arc<dyn LeaseStore>, many: usize, concurrency: usize) -> f64 {
    let (ended, mut ends) = mpsc::unbounded_channel();
    let shutdown = CancellationToken::new();
    let start = Instant::now();
    let runner = tokio::spawn(runner(&queue, ended, concurrency).run(shutdown.clone()));
    for _ in 0..many {
        ends.recv().await.unwrap();
    }
    shutdown.cancel();
    runner.await.unwrap().unwrap();
    let took = start.elapsed();
    let stats = queue.stats().await.unwrap();
    assert_eq!((stats.running, stats.lanes.iter().map(|(_, lane)| lane.waiting).sum::<u64>()), (0, 0));
    many as f64 / took.as_secs_f64()
}

/// From before a push to the start of its attempt, by a worker that had nothing to do, 20 jobs a second.
pub(crate) async fn latency(queue: Arc<dyn LeaseStore>, times: usize) -> (Duration, Duration) {
    let (ended, mut ends) = mpsc::unbounded_channel();
    let shutdown = CancellationToken::new();
    let runner = tokio::spawn(runner(&queue, ended, 10).run(shutdown.clone()));
    let mut took = Vec::new();
    for _ in 0..times {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let start = Instant::now();
        queue.push(push("tenant")).await.unwrap();
        took.push(ends.recv().await.unwrap().saturating_duration_since(start));
    }
    shutdown.cancel();
    runner.await.unwrap().unwrap();
    took.sort();
    (took[times / 2], took[times * 99 / 100])
}

fn runner(queue: &Arc<dyn LeaseStore>, ended: mpsc::UnboundedSender<Instant>, concurrency: usize) -> Runner {
    let nothing = Arc::new(Nothing { ended });
    Runner::new(queue.clone(), Arc::new(Everything), nothing, RunnerOptions::new("bench", concurrency))
}

/// An attempt that does nothing but tell when.
struct Nothing {
    ended: mpsc::UnboundedSender<Instant>,
}

#[async_trait]
impl Attempt for Nothing {
    async fn run(&self, _: Claim, _: Watch) -> Settlement {
        let _ = self.ended.send(Instant::now());
        Settlement::Done
    }
}

/// Every message is a job.
pub(crate) struct Everything;

impl Admission for Everything {
    fn judge(&self, _: &RawMessage) -> Verdict {
        Verdict::Accept(Box::new(push("tenant-0")))
    }
}

pub(crate) fn push(tenant: &str) -> Push {
    let parameters = serde_json::json!({ "invoice_id": 7, "from": "2026-01-01", "to": "2026-12-31" });
    let job = Job {
        id: JobId(uuid::Uuid::new_v4()),
        tenant: tenant.parse().unwrap(),
        requester: "user-12".into(),
        report: "invoice".parse().unwrap(),
        parameters: parameters.as_object().unwrap().clone(),
        lane: Lane::Standard,
        run_at: None,
        accepted_at: SystemClock.now(),
        max_attempts: 3,
    };
    Push { job, idempotency_key: None, request_digest: "digest".into(), trace: None, slots: 1 }
}
