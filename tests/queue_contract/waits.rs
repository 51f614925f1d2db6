//! Waiting: woken at once, never later than something is due, never in a busy loop.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use pressroom::queue::{LeaseStore, Policy, RawMessage, Settlement};

use super::stage::*;

/// How long a wait takes that nothing ends.
const UNWOKEN: Duration = Duration::from_secs(10);

/// What a busy machine may need; a wait that was not woken takes [`UNWOKEN`].
const AT_ONCE: Duration = Duration::from_secs(3);

/// Whether `act` ends a wait that began before it.
async fn assert_wakes(queue: Arc<dyn LeaseStore>, act: impl AsyncFnOnce()) {
    let waiting = tokio::spawn(async move {
        queue.wait(UNWOKEN).await.unwrap();
        Instant::now()
    });
    sleep_ms(150).await;
    let start = Instant::now();
    act().await;
    let took = waiting.await.unwrap().saturating_duration_since(start);
    assert!(took < AT_ONCE, "{took:?}");
}

/// Claims nothing, and hears what rang before.
async fn until_quiet(stage: &Stage) {
    for _ in 0..2 {
        assert!(stage.claim(10).await.is_empty());
        stage.queue.wait(Duration::from_millis(60)).await.unwrap();
        stage.queue.drain().await.unwrap();
    }
}

over_both_queues! {
    async fn a_push_wakes_another_process(stage: &Stage) {
        let other = stage.second().await;
        assert_wakes(other, async || { stage.push(job()).await; }).await;
    }

    async fn a_push_wakes_its_own_process(stage: &Stage) {
        assert_wakes(stage.queue.clone(), async || { stage.push(job()).await; }).await;
    }

    async fn a_message_wakes(stage: &Stage) {
        assert_wakes(stage.queue.clone(), async || {
            stage.queue.post(RawMessage(b"message".to_vec())).await.unwrap();
        }).await;
    }

    async fn a_release_wakes(stage: &Stage) {
        stage.push(job()).await;
        let claim = stage.claim_one().await;
        stage.queue.wait(Duration::from_millis(60)).await.unwrap();
        assert_wakes(stage.second().await, async || { stage.settle(&claim, Settlement::Release).await; }).await;
    }

    async fn a_push_before_the_wait_is_not_missed(stage: &Stage) {
        assert!(stage.claim(1).await.is_empty());
        stage.push(job()).await;
        let start = Instant::now();
        stage.queue.wait(UNWOKEN).await.unwrap();
        assert!(start.elapsed() < AT_ONCE, "{:?}", start.elapsed());
    }

    async fn a_claim_that_leaves_more_wakes_the_next(stage: &Stage) {
        let other = stage.second().await;
        for _ in 0..3 {
            stage.push(job()).await;
        }
        // Two rings at most may be left from the pushes.
        other.wait(Duration::from_millis(60)).await.unwrap();
        other.drain().await.unwrap();
        assert_wakes(other, async || drop(stage.claim_one().await)).await;
    }

    async fn a_wait_ends_when_something_is_due(stage: &Stage) {
        stage.push(later(400)).await;
        stage.queue.wait(Duration::from_millis(60)).await.unwrap();
        stage.queue.drain().await.unwrap();
        let start = Instant::now();
        while stage.claim(1).await.is_empty() {
            stage.queue.wait(UNWOKEN).await.unwrap();
        }
        assert!(start.elapsed() < AT_ONCE, "{:?}", start.elapsed());
    }

    async fn a_resume_wakes(stage: &Stage) {
        for scope in ["lane:standard", "report:invoice", "tenant:north"] {
            let scope = scope.parse().unwrap();
            stage.queue.pause(&scope).await.unwrap();
            stage.push(job()).await;
            until_quiet(stage).await;
            assert_wakes(stage.second().await, async || { stage.queue.resume(&scope).await.unwrap(); }).await;
            stage.serve(1).await;
        }
    }

    async fn other_rules_wake(stage: &Stage) {
        stage.govern(Policy { running: Some(0), ..Policy::default() }).await;
        stage.push(job()).await;
        until_quiet(stage).await;
        assert_wakes(stage.second().await, async || stage.govern(Policy::default()).await).await;
    }

    async fn a_slot_freed_under_a_cap_wakes(stage: &Stage) {
        let one = BTreeMap::from([("invoice".parse().unwrap(), 1)]);
        for policy in [
            Policy { running: Some(1), ..Policy::default() },
            Policy { running_per_tenant: Some(1), ..Policy::default() },
            Policy { running_of_report: one, ..Policy::default() },
        ] {
            stage.govern(policy).await;
            stage.push(job()).await;
            stage.push(job()).await;
            let claim = stage.claim_one().await;
            until_quiet(stage).await;
            assert_wakes(stage.second().await, async || { stage.settle(&claim, Settlement::Done).await; }).await;
            stage.serve(1).await;
        }
    }

    async fn an_idle_queue_waits_to_the_end(stage: &Stage) {
        let start = Instant::now();
        stage.queue.wait(Duration::from_millis(300)).await.unwrap();
        assert!(start.elapsed() >= Duration::from_millis(290), "{:?}", start.elapsed());
    }
}

#[tokio::test]
async fn a_dropped_wait_takes_no_message_along() {
    let stage = Stage::redis().await;
    let waiter = stage.second().await;
    for _ in 0..5 {
        let wait = tokio::time::timeout(Duration::from_millis(80), waiter.wait(Duration::from_secs(5))).await;
        assert!(wait.is_err(), "nothing should wake it");
    }
    // The server must not hand the ring to a wait that nobody listens to.
    sleep_ms(50).await;
    assert_wakes(stage.queue.clone(), async || {
        stage.push(job()).await;
    })
    .await;
}
