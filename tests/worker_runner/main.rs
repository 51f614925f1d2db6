//! The runner over a real queue, with attempts that misbehave in every way.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod outage;
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

use shop::{Shop, is_done};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use unreliable::Unreliable;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_are_run_and_settled() {
    let shop = Shop::open().await;
    let (done, broken, flaky) = (shop.push("done").await, shop.push("broken").await, shop.push("fails-once").await);
    shop.until_done(&done).await;
    assert_eq!(shop.until(&broken, JobState::Failed).await.failure.unwrap().code, "broken");
    assert_eq!(shop.until_done(&flaky).await, 2);
    assert_eq!(shop.toy.runs.load(Ordering::SeqCst), 4);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_worker_starts_at_once() {
    let shop = Shop::open().await;
    shop.until_done(&shop.push("done").await).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let start = Instant::now();
    let job = shop.push("done").await;
    shop.until_done(&job).await;
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
        shop.until_done(job).await;
    }
    assert_eq!(shop.toy.most_at_once.load(Ordering::SeqCst), 3);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn work_that_never_yields_keeps_its_lease() {
    let shop = Shop::open().await;
    let job = shop.push("blocking").await;
    assert_eq!(shop.until_done(&job).await, 1);
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
    shop.until_done(&shop.push("done").await).await;
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
    shop.until_done(&published).await;
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
    assert!(is_done(&*queue, &job).await);
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
    assert!(is_done(&*queue, &published).await);
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
    shop.until_done(&job).await;
    shop.until_done(&other).await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_job_takes_its_slots() {
    let shop = Shop::open().await;
    let large = [shop.push_large("slow", 2).await, shop.push_large("slow", 2).await, shop.push_large("slow", 9).await];
    for job in &large {
        shop.until_done(job).await;
    }
    assert_eq!(shop.toy.most_at_once.load(Ordering::SeqCst), 1, "two slots and two slots don't fit into three");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_job_starts_as_soon_as_its_slots_are_free() {
    let shop = Shop::open().await;
    let small = shop.push("slow").await;
    shop.until(&small, JobState::Running).await;
    let large = shop.push_large("done", 3).await;
    shop.until_done(&small).await;
    let start = Instant::now();
    shop.until_done(&large).await;
    // Asleep, it would look again after five seconds.
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_says_that_it_takes_part_and_that_it_left() {
    let (gate, open) = watch::channel(true);
    let shop = Shop::with(|options| RunnerOptions { gate: open, ..options }, |queue| queue).await;
    let job = shop.push_large("until-stopped", 2).await;
    shop.until(&job, JobState::Running).await;
    let seen = async |claiming: bool, busy: usize| {
        let start = Instant::now();
        loop {
            let workers = shop.queue.workers().await.unwrap();
            if workers.iter().any(|worker| (worker.claiming, worker.busy) == (claiming, busy)) {
                return workers;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "{workers:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let workers = seen(true, 2).await;
    assert_eq!((workers.len(), workers[0].name.as_str(), workers[0].slots), (1, "worker-1", 3));
    gate.send_replace(false);
    seen(false, 2).await;
    shop.queue.cancel(&job.tenant, job.id).await.unwrap();
    let (_, queue, _) = shop.close().await;
    assert_eq!(queue.workers().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_closed_gate_nothing_is_claimed() {
    let (gate, open) = watch::channel(false);
    let shop = Shop::with(|options| RunnerOptions { gate: open, ..options }, |queue| queue).await;
    let job = shop.push("done").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(shop.view(&job).await.state, JobState::Waiting);
    gate.send_replace(true);
    assert_eq!(shop.until_done(&job).await, 1);
    gate.send_replace(false);
    let (took, _, _) = shop.close().await;
    assert!(took < Duration::from_secs(3), "a closed gate doesn't hold up the end: {took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stuck_attempt_is_stopped_and_explained() {
    let stall = Duration::from_millis(500);
    let shop = Shop::with(|options| RunnerOptions { stall, ..options }, |queue| queue).await;
    let (creeping, stuck) = (shop.push("creeps").await, shop.push("stuck").await);
    let failure = shop.until(&stuck, JobState::Retrying).await.failure.unwrap();
    assert_eq!((failure.code.as_str(), failure.step, failure.retryable), ("stuck", Step::Source, true));
    let expected = "nothing came of it for 500ms at step `source`, after 7 rows and 0 pages; it was stopped";
    assert_eq!(failure.message, expected);
    assert!(shop.toy.stops.lock().unwrap().contains(&Some(StopReason::Stuck)));
    assert_eq!(shop.until_done(&creeping).await, 1, "slow is not stuck");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_hurry_everything_is_handed_back_at_once() {
    let hurry = CancellationToken::new();
    let given = hurry.clone();
    let shop = Shop::with(|options| RunnerOptions { hurry: given, ..options }, |queue| queue).await;
    let (stopped, deaf) = (shop.push("until-stopped").await, shop.push("deaf").await);
    for job in [&stopped, &deaf] {
        shop.until(job, JobState::Running).await;
    }
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(500)).await;
        hurry.cancel();
    });
    let (took, queue, _) = shop.close().await;
    // The grace time is 30 seconds, and the patience with an attempt that doesn't stop 10.
    assert!(took > Duration::from_millis(400) && took < Duration::from_secs(5), "{took:?}");
    for job in [&stopped, &deaf] {
        let view = queue.find(&job.tenant, job.id).await.unwrap().unwrap();
        assert_eq!((view.state, view.attempt, view.worker), (JobState::Waiting, 0, None), "{}", job.report);
    }
}
