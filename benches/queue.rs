//! How fast jobs pass through the queues: pushes, jobs that do nothing, and how soon an idle worker starts.
//!
//! `cargo bench --bench queue` measures SQLite, and Redis too when `PRESSROOM_TEST_REDIS_URL` names one.

#![expect(clippy::unwrap_used, reason = "a bench may panic")]

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures::{StreamExt, stream};
use pressroom::{
    clock::{Clock, SystemClock},
    job::{Job, JobId, Lane},
    queue::{
        Admission, Claim, LeaseStore, Push, RawMessage, Settlement, Verdict,
        redis::{RedisOptions, RedisQueue},
        sqlite::SqliteQueue,
    },
    worker::{
        heartbeat::Watch,
        runner::{Attempt, Runner, RunnerOptions},
    },
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() {
    println!(
        "{:<8} {:>12} {:>14} {:>15} {:>14} {:>14}",
        "queue", "pushes/s", "jobs/s at 10", "jobs/s at 100", "start p50", "start p99"
    );
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str| sqlite(folder.path().join(name));
    row("sqlite", 2_000, [open("a").await, open("b").await, open("c").await]).await;
    match redis_url() {
        Some(url) => row("redis", 30_000, [redis(&url).await, redis(&url).await, redis(&url).await]).await,
        None => println!("redis    left out: PRESSROOM_TEST_REDIS_URL is not set"),
    }
}

#[expect(clippy::disallowed_methods, reason = "benches find the services that ./test started")]
fn redis_url() -> Option<String> {
    std::env::var("PRESSROOM_TEST_REDIS_URL").ok()
}

async fn sqlite(path: impl AsRef<Path>) -> Arc<dyn LeaseStore> {
    Arc::new(SqliteQueue::open(path.as_ref(), Arc::new(SystemClock)).await.unwrap())
}

async fn redis(url: &str) -> Arc<dyn LeaseStore> {
    let namespace = format!("bench-{}", uuid::Uuid::new_v4().simple());
    Arc::new(RedisQueue::connect(RedisOptions::new(url, &namespace)).await.unwrap())
}

async fn row(name: &str, many: usize, [ten, hundred, idle]: [Arc<dyn LeaseStore>; 3]) {
    let pushes = fill(&ten, many).await;
    fill(&hundred, many).await;
    let (at_ten, at_hundred) = (drain(ten, many, 10).await, drain(hundred, many, 100).await);
    let (p50, p99) = start_latency(idle).await;
    println!("{name:<8} {pushes:>12.0} {at_ten:>14.0} {at_hundred:>15.0} {p50:>14.2?} {p99:>14.2?}");
}

/// Puts in jobs of a hundred tenants, 64 at once; pushes per second.
async fn fill(queue: &Arc<dyn LeaseStore>, many: usize) -> f64 {
    let start = Instant::now();
    stream::iter(0..many)
        .for_each_concurrent(64, async |n| {
            queue.push(push(&format!("tenant-{}", n % 100))).await.unwrap();
        })
        .await;
    many as f64 / start.elapsed().as_secs_f64()
}

/// Runs all jobs; jobs per second from the runner's start to the last settlement.
async fn drain(queue: Arc<dyn LeaseStore>, many: usize, concurrency: usize) -> f64 {
    let (ended, mut ends) = mpsc::unbounded_channel();
    let shutdown = CancellationToken::new();
    let start = Instant::now();
    let runner = tokio::spawn(runner(&queue, ended, concurrency).run(shutdown.clone()));
    for _ in 0..many {
        ends.recv().await.unwrap();
    }
    shutdown.cancel();
    runner.await.unwrap().unwrap();
    let stats = queue.stats().await.unwrap();
    assert_eq!((stats.running, stats.lanes.iter().map(|(_, lane)| lane.waiting).sum::<u64>()), (0, 0));
    many as f64 / start.elapsed().as_secs_f64()
}

/// From before a push to the start of its attempt, by a worker that had nothing to do.
async fn start_latency(queue: Arc<dyn LeaseStore>) -> (Duration, Duration) {
    let (ended, mut ends) = mpsc::unbounded_channel();
    let shutdown = CancellationToken::new();
    let runner = tokio::spawn(runner(&queue, ended, 10).run(shutdown.clone()));
    let mut took = Vec::new();
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(15)).await;
        let start = Instant::now();
        queue.push(push("tenant")).await.unwrap();
        took.push(ends.recv().await.unwrap().saturating_duration_since(start));
    }
    shutdown.cancel();
    runner.await.unwrap().unwrap();
    took.sort();
    (took[100], took[198])
}

fn runner(queue: &Arc<dyn LeaseStore>, ended: mpsc::UnboundedSender<Instant>, concurrency: usize) -> Runner {
    let nothing = Arc::new(Nothing { ended });
    Runner::new(queue.clone(), Arc::new(Nobody), nothing, RunnerOptions::new("bench", concurrency))
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

/// No messages come.
struct Nobody;

impl Admission for Nobody {
    fn judge(&self, _: &RawMessage) -> Verdict {
        Verdict::Leave
    }
}

fn push(tenant: &str) -> Push {
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
    Push { job, idempotency_key: None, request_digest: "digest".into(), trace: None }
}
