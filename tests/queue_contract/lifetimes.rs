//! What is forgotten, and when; what is never left behind.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use pressroom::{
    clock::{Clock, ManualClock},
    job::Job,
    queue::{LeaseStore, Pushed, RawMessage, Settlement, Verdict, sqlite::SqliteQueue},
};

use super::stage::*;

/// Every way a job can go, to its end.
async fn live_and_die(queue: &dyn LeaseStore, at: chrono::DateTime<chrono::Utc>) -> Vec<Job> {
    let jobs: Vec<_> = (0..5).map(|_| Job { accepted_at: at, ..job() }).collect();
    for job in &jobs[..4] {
        queue.push(keyed(job.clone(), &job.id.to_string(), "a")).await.unwrap();
    }
    queue.cancel(&jobs[3].tenant, jobs[3].id).await.unwrap();
    let endings = [Settlement::Done, Settlement::Fail(failure()), Settlement::Cancelled];
    for (claim, how) in queue.claim("w", 3.into(), LEASE).await.unwrap().iter().zip(endings) {
        queue.settle(claim.lease(), how).await.unwrap();
    }
    for text in ["reject", "malformed"] {
        queue.post(RawMessage(text.into())).await.unwrap();
    }
    for raw in queue.drain().await.unwrap() {
        let reject = Verdict::Reject(Box::new(plain(jobs[4].clone())), failure());
        let verdict = if raw.0 == b"reject" { reject } else { Verdict::Malformed("nonsense".into()) };
        queue.admit(&raw, verdict).await.unwrap();
    }
    let decided = queue.outcomes(10).await.unwrap();
    assert_eq!(decided.len(), 4);
    queue.acknowledge(&decided).await.unwrap();
    for letter in queue.dead(10).await.unwrap() {
        queue.dead_drop(&letter.id).await.unwrap();
    }
    queue.acknowledge(&queue.outcomes(10).await.unwrap()).await.unwrap();
    jobs
}

#[tokio::test]
async fn redis_keeps_nothing_for_ever() {
    let stage = Stage::redis().await;
    live_and_die(&*stage.queue, now()).await;
    let (url, namespace) = stage.redis_place().unwrap();
    let mut client = redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap();
    let keys: Vec<String> =
        redis::cmd("KEYS").arg(format!("{{{namespace}}}:*")).query_async(&mut client).await.unwrap();
    assert!(keys.len() >= 9, "jobs and idempotency keys are still there: {keys:?}");
    for key in keys.iter().filter(|key| !key.ends_with(":claims") && !key.ends_with(":inbox")) {
        let left: i64 = redis::cmd("TTL").arg(key).query_async(&mut client).await.unwrap();
        let longest = if key.contains(":key:") { 24 * 3600 } else { 3600 };
        assert!(left > 0 && left <= longest, "{key} lives for {left} s");
    }
}

#[tokio::test]
async fn redis_offers_newer_messages_again() {
    let stage = Stage::redis().await;
    stage.queue.post(RawMessage(b"newer".to_vec())).await.unwrap();
    let drained = stage.queue.drain().await.unwrap();
    stage.queue.admit(&drained[0], Verdict::Leave).await.unwrap();
    assert!(stage.queue.drain().await.unwrap().is_empty());
    let (url, namespace) = stage.redis_place().unwrap();
    let mut client = redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap();
    let offered = format!("{{{namespace}}}:offered");
    let left: i64 = redis::cmd("PTTL").arg(&offered).query_async(&mut client).await.unwrap();
    assert!(left > 50_000 && left <= 60_000, "{left} ms");
    let _: () = redis::cmd("DEL").arg(&offered).query_async(&mut client).await.unwrap();
    assert_eq!(stage.queue.drain().await.unwrap(), drained);
}

struct TimeMachine {
    clock: Arc<ManualClock>,
    queue: SqliteQueue,
    file: std::path::PathBuf,
    _folder: tempfile::TempDir,
}

impl TimeMachine {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(now()));
        let file = folder.path().join("queue.db");
        let queue = SqliteQueue::open(&file, clock.clone()).await.unwrap();
        Self { clock, queue, file, _folder: folder }
    }

    fn advance(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    async fn rows(&self) -> i64 {
        let url = format!("sqlite://{}", self.file.display());
        let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
        let all = "SELECT (SELECT count(*) FROM jobs) + (SELECT count(*) FROM keys) + (SELECT count(*) FROM dead)
                   + (SELECT count(*) FROM inbox) + (SELECT count(*) FROM tenants) + (SELECT count(*) FROM reports)
                   + (SELECT count(*) FROM flows)";
        sqlx::query_scalar(all).fetch_one(&pool).await.unwrap()
    }
}

#[tokio::test]
async fn sqlite_keeps_nothing_for_ever() {
    let machine = TimeMachine::new().await;
    let jobs = live_and_die(&machine.queue, machine.clock.now()).await;
    machine.advance(3_500);
    let mut found = 0;
    for job in &jobs {
        let view = machine.queue.find(&job.tenant, job.id).await.unwrap();
        assert!(view.as_ref().is_none_or(|view| view.state.is_final()));
        found += usize::from(view.is_some());
    }
    assert_eq!(found, 4, "all but the one that is done");
    machine.advance(200);
    for job in &jobs {
        assert!(machine.queue.find(&job.tenant, job.id).await.unwrap().is_none());
    }
    assert!(machine.rows().await > 0);
    machine.advance(24 * 3600);
    machine.queue.claim("w", 1.into(), LEASE).await.unwrap();
    assert_eq!(machine.rows().await, 0);
}

#[tokio::test]
async fn a_key_lives_for_a_day() {
    let machine = TimeMachine::new().await;
    let first = job();
    machine.queue.push(keyed(first.clone(), "k", "a")).await.unwrap();
    machine.advance(24 * 3600 - 5);
    assert_eq!(machine.queue.push(keyed(job(), "k", "a")).await.unwrap(), Pushed::Existing(first.id));
    machine.advance(10);
    let second = job();
    assert_eq!(machine.queue.push(keyed(second.clone(), "k", "a")).await.unwrap(), Pushed::Accepted(second.id));
}

#[tokio::test]
async fn sqlite_offers_newer_messages_again() {
    let machine = TimeMachine::new().await;
    machine.queue.post(RawMessage(b"newer".to_vec())).await.unwrap();
    let drained = machine.queue.drain().await.unwrap();
    machine.queue.admit(&drained[0], Verdict::Leave).await.unwrap();
    machine.advance(59);
    assert!(machine.queue.drain().await.unwrap().is_empty());
    machine.advance(2);
    assert_eq!(machine.queue.drain().await.unwrap(), drained);
}

#[tokio::test]
async fn an_id_that_is_done_may_come_again_with_a_higher_fence() {
    let machine = TimeMachine::new().await;
    let job = job();
    machine.queue.push(plain(job.clone())).await.unwrap();
    let first = machine.queue.claim("w", 1.into(), LEASE).await.unwrap().remove(0);
    machine.queue.settle(first.lease(), Settlement::Done).await.unwrap();
    assert_eq!(machine.queue.push(plain(job.clone())).await.unwrap(), Pushed::Accepted(job.id));
    let second = machine.queue.claim("w", 1.into(), LEASE).await.unwrap().remove(0);
    assert!(second.fence > first.fence);
}

#[tokio::test]
async fn a_newer_programs_file_is_refused() {
    let machine = TimeMachine::new().await;
    let url = format!("sqlite://{}", machine.file.display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    sqlx::query("PRAGMA user_version = 3").execute(&pool).await.unwrap();
    let refused = SqliteQueue::open(&machine.file, machine.clock.clone()).await.err().unwrap();
    assert!(refused.to_string().contains("newer than the 2"), "{refused}");
}

#[tokio::test]
async fn jobs_survive_the_process() {
    let machine = TimeMachine::new().await;
    let job = job();
    machine.queue.push(plain(job.clone())).await.unwrap();
    let TimeMachine { clock, queue, file, _folder } = machine;
    drop(queue);
    let again = SqliteQueue::open(&file, clock).await.unwrap();
    assert_eq!(again.claim("w", 1.into(), Duration::from_secs(1)).await.unwrap()[0].job, job);
}
