//! The runner over a real queue, with attempts that misbehave in every way.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod shop;
mod unreliable;

use std::{
    sync::{Arc, OnceLock, atomic::Ordering},
    time::{Duration, Instant},
};

use pressroom::{
    job::{Job, JobState, Progress, Step},
    queue::{Cancelled, RawMessage},
    worker::{heartbeat::StopReason, runner::RunnerOptions},
};

use shop::Shop;
use unreliable::Unreliable;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_are_run_and_settled() {
    let shop = Shop::open().await;
    let (done, broken, flaky) = (shop.push("done").await, shop.push("broken").await, shop.push("fails-once").await);
    shop.until(&done, JobState::Done).await;
    assert_eq!(shop.until(&broken, JobState::Failed).await.failure.unwrap().code, "broken");
    assert_eq!(shop.until(&flaky, JobState::Done).await.attempt, 2);
    assert_eq!(shop.toy.runs.load(Ordering::SeqCst), 4);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_worker_starts_at_once() {
    let shop = Shop::open().await;
    shop.until(&shop.push("done").await, JobState::Done).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let start = Instant::now();
    let job = shop.push("done").await;
    shop.until(&job, JobState::Done).await;
    // Asleep, it would look again after five seconds.
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_become_jobs_and_bad_ones_harm_nobody() {
    let shop = Shop::open().await;
    for text in ["malformed", "panic", "done"] {
        shop.queue.post(RawMessage(text.into())).await.unwrap();
    }
    let start = Instant::now();
    while shop.toy.runs.load(Ordering::SeqCst) == 0 {
        assert!(start.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (_, queue, _) = shop.close().await;
    let reasons: Vec<_> = queue.dead(10).await.unwrap().into_iter().map(|letter| letter.reason).collect();
    assert_eq!(reasons.len(), 2);
    assert!(reasons.iter().any(|reason| reason == "nonsense"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_run_at_once_than_there_are_slots() {
    let shop = Shop::open().await;
    let mut jobs = Vec::new();
    for _ in 0..9 {
        jobs.push(shop.push("slow").await);
    }
    for job in &jobs {
        assert!(shop.queue.stats().await.unwrap().running <= 3, "only as many as it can run are claimed");
        shop.until(job, JobState::Done).await;
    }
    assert_eq!(shop.toy.most_at_once.load(Ordering::SeqCst), 3);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn work_that_never_yields_keeps_its_lease() {
    let shop = Shop::open().await;
    let job = shop.push("blocking").await;
    assert_eq!(shop.until(&job, JobState::Done).await.attempt, 1);
    assert_eq!(shop.toy.runs.load(Ordering::SeqCst), 1);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_is_a_failure_and_not_repeated() {
    let shop = Shop::open().await;
    let job = shop.push("panics").await;
    let failure = shop.until(&job, JobState::Retrying).await.failure.unwrap();
    assert_eq!((failure.code.as_str(), failure.step), ("panic", Step::Worker));
    assert!(!failure.message.contains("secret"));
    shop.until(&shop.push("done").await, JobState::Done).await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_is_shown_while_it_runs() {
    let shop = Shop::open().await;
    let job = shop.push("counts").await;
    let start = Instant::now();
    while shop.view(&job).await.progress != (Progress { rows: 41, pages: 3 }) {
        assert!(start.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    shop.queue.cancel(&job.tenant, job.id).await.unwrap();
    shop.until(&job, JobState::Cancelled).await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_stops_the_attempt() {
    let shop = Shop::open().await;
    let (stopped, published) = (shop.push("until-stopped").await, shop.push("published-at-last").await);
    for job in [&stopped, &published] {
        shop.until(job, JobState::Running).await;
        assert_eq!(shop.queue.cancel(&job.tenant, job.id).await.unwrap(), Cancelled::Requested);
    }
    assert_eq!(shop.until(&stopped, JobState::Cancelled).await.attempt, 1);
    shop.until(&published, JobState::Done).await;
    let (_, _, toy) = shop.close().await;
    assert_eq!(*toy.stops.lock().unwrap(), [Some(StopReason::Cancelled); 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_lease_stops_the_attempt_and_settles_nothing() {
    // Heartbeats that lie far apart, so that the lease runs out.
    let slow = |queue| Arc::new(Unreliable { queue, renew_delay: Duration::from_secs(4), ..Default::default() });
    let lease = Duration::from_millis(300);
    let shop =
        Shop::with(|options| RunnerOptions { concurrency: 1, lease, ..options }, |queue| slow(Some(queue))).await;
    let job = shop.push("until-stopped").await;
    shop.until(&job, JobState::Running).await;
    let first = shop.view(&job).await;
    tokio::time::sleep(Duration::from_millis(350)).await;
    let thief = shop.queue.claim("thief", 1.into(), Duration::from_secs(30)).await.unwrap();
    assert_eq!((first.attempt, thief.len(), thief[0].attempt), (1, 1, 2));
    let start = Instant::now();
    while shop.toy.stops.lock().unwrap().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(30), "the attempt was not stopped");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(*shop.toy.stops.lock().unwrap(), [Some(StopReason::LeaseLost)]);
    let view = shop.view(&job).await;
    assert_eq!((view.state, view.worker.as_deref()), (JobState::Running, Some("thief")));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_lets_work_end_within_its_grace() {
    let shop = Shop::open().await;
    let job = shop.push("slow").await;
    shop.until(&job, JobState::Running).await;
    let waiting = job_waiting_behind(&shop).await;
    let (took, queue, _) = shop.close().await;
    assert!(took < Duration::from_secs(15), "{took:?}");
    assert_eq!(queue.find(&job.tenant, job.id).await.unwrap().unwrap().state, JobState::Done);
    let left = queue.find(&waiting.tenant, waiting.id).await.unwrap().unwrap();
    assert_eq!((left.state, left.attempt), (JobState::Waiting, 0), "nothing is claimed any more");
}

/// Fills the other slots, and puts one more job behind them.
async fn job_waiting_behind(shop: &Shop) -> Job {
    for _ in 0..2 {
        let job = shop.push("slow").await;
        shop.until(&job, JobState::Running).await;
    }
    shop.push("done").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_grace_work_is_stopped_and_released() {
    let grace = Duration::from_millis(300);
    let shop = Shop::with(|options| RunnerOptions { grace, ..options }, |queue| queue).await;
    let (stopped, published) = (shop.push("until-stopped").await, shop.push("published-at-last").await);
    shop.until(&stopped, JobState::Running).await;
    shop.until(&published, JobState::Running).await;
    let (took, queue, toy) = shop.close().await;
    assert!(took >= grace && took < Duration::from_secs(15), "{took:?}");
    assert_eq!(*toy.stops.lock().unwrap(), [Some(StopReason::Shutdown); 2]);
    let view = queue.find(&stopped.tenant, stopped.id).await.unwrap().unwrap();
    assert_eq!((view.state, view.attempt, view.worker), (JobState::Waiting, 0, None));
    assert_eq!(queue.find(&published.tenant, published.id).await.unwrap().unwrap().state, JobState::Done);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_runner_stops_at_once() {
    let shop = Shop::open().await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let (took, _, _) = shop.close().await;
    // Asleep, it would look again after five seconds.
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_with_the_queue_ends_nothing() {
    let unreliable = Arc::new(OnceLock::new());
    let keep = unreliable.clone();
    let shop = Shop::with(
        |options| options,
        move |queue| {
            let wrapped = Arc::new(Unreliable { queue: Some(queue), ..Default::default() });
            let _ = keep.set(wrapped.clone());
            wrapped
        },
    )
    .await;
    let unreliable = unreliable.get().unwrap();
    let job = shop.push("slow").await;
    shop.until(&job, JobState::Running).await;
    unreliable.down.store(true, Ordering::SeqCst);
    let other = shop.push("done").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(shop.view(&job).await.state, JobState::Running, "the outcome waits for the queue");
    unreliable.down.store(false, Ordering::SeqCst);
    shop.until(&job, JobState::Done).await;
    shop.until(&other, JobState::Done).await;
    shop.close().await;
}
