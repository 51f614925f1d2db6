//! Pausing a lane, a report or a tenant, and resuming it.

use std::time::{Duration, Instant};

use pressroom::{
    job::{JobState, Lane},
    queue::{Scope, Settlement},
};

use super::stage::*;

fn scopes() -> [Scope; 3] {
    ["lane:bulk", "report:statement", "tenant:south"].map(|scope| scope.parse().unwrap())
}

/// A job that all of [`scopes`] hold.
fn held() -> pressroom::job::Job {
    job_of("south", "statement", Lane::Bulk)
}

over_both_queues! {
    async fn what_is_paused_waits_and_the_rest_goes_on(stage: &Stage) {
        for scope in scopes() {
            let (held, other) = (held(), job());
            stage.push(held.clone()).await;
            assert!(stage.queue.pause(&scope).await.unwrap(), "{scope}");
            assert!(!stage.second().await.pause(&scope).await.unwrap(), "{scope} is paused already");
            stage.push(other.clone()).await;
            assert_eq!(stage.stats().await.paused, std::slice::from_ref(&scope));
            let claims = stage.claim(10).await;
            assert_eq!(claims.iter().map(|claim| claim.job.id).collect::<Vec<_>>(), [other.id], "{scope}");
            assert!(stage.claim(10).await.is_empty());
            assert_eq!(stage.view(&held).await.state, JobState::Waiting);

            assert!(stage.second().await.resume(&scope).await.unwrap(), "{scope}");
            assert!(!stage.queue.resume(&scope).await.unwrap(), "{scope} goes on already");
            assert!(stage.stats().await.paused.is_empty());
            let claim = stage.claim_one().await;
            assert_eq!(claim.job, held);
            stage.settle(&claim, Settlement::Done).await;
        }
    }

    async fn a_pause_comes_before_the_jobs_it_holds(stage: &Stage) {
        for scope in scopes() {
            stage.queue.pause(&scope).await.unwrap();
        }
        stage.push(held()).await;
        for scope in scopes() {
            assert!(stage.claim(1).await.is_empty(), "{scope} is still paused");
            stage.queue.resume(&scope).await.unwrap();
        }
        assert_eq!(stage.claim(1).await.len(), 1);
    }

    async fn what_runs_goes_on(stage: &Stage) {
        for scope in scopes() {
            let job = held();
            stage.push(job.clone()).await;
            let claim = stage.claim_one().await;
            stage.queue.pause(&scope).await.unwrap();
            assert_eq!(stage.renew(&claim).await, pressroom::queue::Renewal::Held);
            stage.settle(&claim, retry_in(0)).await;
            sleep_ms(5).await;
            assert!(stage.claim(1).await.is_empty(), "its next attempt is held by {scope}");
            stage.queue.resume(&scope).await.unwrap();
            let again = stage.claim_one().await;
            assert_eq!((again.job.id, again.attempt), (job.id, 2));
            stage.settle(&again, Settlement::Done).await;
        }
    }

    async fn a_paused_job_can_be_cancelled(stage: &Stage) {
        for scope in scopes() {
            let job = held();
            stage.push(job.clone()).await;
            stage.queue.pause(&scope).await.unwrap();
            assert!(stage.claim(1).await.is_empty());
            stage.queue.cancel(&job.tenant, job.id).await.unwrap();
            stage.queue.resume(&scope).await.unwrap();
            assert!(stage.claim(1).await.is_empty());
        }
        let stats = stage.stats().await;
        assert_eq!(stats.lanes.iter().map(|(_, lane)| lane.waiting).sum::<u64>(), 0);
    }

    async fn a_paused_tenants_flood_delays_nobody(stage: &Stage) {
        stage.queue.pause(&"tenant:flood".parse().unwrap()).await.unwrap();
        for n in 0..120 {
            stage.push(job_of("flood", &format!("report-{n}"), Lane::Standard)).await;
        }
        let other = job_of("small", "invoice", Lane::Standard);
        stage.push(other.clone()).await;
        assert_eq!(stage.claim_one().await.job, other);
    }

    async fn a_paused_reports_flood_delays_nobody(stage: &Stage) {
        stage.queue.pause(&"report:flood".parse().unwrap()).await.unwrap();
        for n in 0..120 {
            stage.push(job_of(&format!("tenant-{n:03}"), "flood", Lane::Standard)).await;
        }
        let other = job_of("tenant-119", "invoice", Lane::Standard);
        stage.push(other.clone()).await;
        assert_eq!(stage.claim_one().await.job, other);
        assert!(stage.claim(10).await.is_empty());
        stage.queue.resume(&"report:flood".parse().unwrap()).await.unwrap();
        let mut served = 0;
        for _ in 0..20 {
            served += stage.claim(10).await.len();
        }
        assert_eq!(served, 120, "all come back");
    }

    async fn nobody_looks_again_and_again_at_what_is_paused(stage: &Stage) {
        for scope in scopes() {
            stage.push(held()).await;
            stage.queue.pause(&scope).await.unwrap();
            stage.claim(10).await;
            // What rang before is heard first.
            stage.queue.wait(Duration::from_millis(5)).await.unwrap();
            stage.queue.drain().await.unwrap();
            stage.queue.wait(Duration::from_millis(60)).await.unwrap();
            stage.queue.drain().await.unwrap();
            let start = Instant::now();
            stage.queue.wait(Duration::from_millis(300)).await.unwrap();
            assert!(start.elapsed() >= Duration::from_millis(290), "{scope}: {:?}", start.elapsed());
            stage.queue.resume(&scope).await.unwrap();
            stage.serve(1).await;
        }
    }
}
