//! Putting jobs in: once, later, and under a key.

use chrono::SubsecRound;
use pressroom::{
    job::{JobState, Lane},
    queue::{Pushed, Settlement},
};

use super::stage::*;

over_both_queues! {
    async fn a_job_comes_out_as_it_went_in(stage: &Stage) {
        let job = job();
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let pushed = stage.queue.push(pressroom::queue::Push { trace: Some(trace.into()), ..plain(job.clone()) }).await;
        assert_eq!(pushed.unwrap(), Pushed::Accepted(job.id));
        let view = stage.view(&job).await;
        assert_eq!((view.state, view.attempt, &view.job), (JobState::Waiting, 0, &job));

        let claim = stage.claim_one().await;
        assert_eq!((&claim.job, claim.attempt, claim.trace.as_deref()), (&job, 1, Some(trace)));
        let view = stage.view(&job).await;
        assert_eq!((view.state, view.attempt, view.worker.as_deref()), (JobState::Running, 1, Some("worker-1")));
    }

    async fn the_same_id_is_the_same_job(stage: &Stage) {
        let job = job();
        stage.push(job.clone()).await;
        assert_eq!(stage.push(job.clone()).await, Pushed::Existing(job.id));
        assert_eq!(stage.claim(10).await.len(), 1);
        assert_eq!(stage.push(job.clone()).await, Pushed::Existing(job.id), "running");
    }

    async fn an_id_of_another_tenant_is_a_conflict(stage: &Stage) {
        let first = job();
        let second = pressroom::job::Job { id: first.id, ..job_of("south", "invoice", Lane::Standard) };
        stage.push(first.clone()).await;
        assert_eq!(stage.push(second.clone()).await, Pushed::Conflict(first.id));
        assert!(stage.queue.find(&second.tenant, second.id).await.unwrap().is_none());
        assert_eq!(stage.view(&first).await.job, first);
    }

    async fn an_idempotency_key_means_the_same_job(stage: &Stage) {
        let first = job();
        assert_eq!(stage.queue.push(keyed(first.clone(), "k 1", "a")).await.unwrap(), Pushed::Accepted(first.id));
        assert_eq!(stage.queue.push(keyed(job(), "k 1", "a")).await.unwrap(), Pushed::Existing(first.id));
        assert_eq!(stage.queue.push(keyed(job(), "k 1", "b")).await.unwrap(), Pushed::Conflict(first.id));
        let other = job_of("south", "invoice", Lane::Standard);
        let pushed = stage.queue.push(keyed(other.clone(), "k 1", "b")).await.unwrap();
        assert_eq!(pushed, Pushed::Accepted(other.id), "a key belongs to its tenant");
        assert_eq!(stage.claim(10).await.len(), 2);
    }

    async fn a_key_outlives_the_job(stage: &Stage) {
        let first = job();
        stage.queue.push(keyed(first.clone(), "k", "a")).await.unwrap();
        let claim = stage.claim_one().await;
        stage.settle(&claim, Settlement::Done).await;
        assert_eq!(stage.queue.push(keyed(job(), "k", "a")).await.unwrap(), Pushed::Existing(first.id));
    }

    async fn two_pushes_at_once_make_one_job(stage: &Stage) {
        let second = stage.second().await;
        let (one, two) = tokio::join!(
            stage.queue.push(keyed(job(), "k", "a")),
            second.push(keyed(job(), "k", "a")),
        );
        let accepted = [one.unwrap(), two.unwrap()].iter().filter(|p| matches!(p, Pushed::Accepted(_))).count();
        assert_eq!(accepted, 1);
        assert_eq!(stage.claim(10).await.len(), 1);
    }

    async fn a_scheduled_job_waits_for_its_time(stage: &Stage) {
        let job = later(300);
        stage.push(job.clone()).await;
        assert_eq!(stage.view(&job).await.state, JobState::Scheduled);
        assert!(stage.claim(1).await.is_empty());
        assert_eq!(stage.queue.stats().await.unwrap().scheduled, 1);
        sleep_ms(350).await;
        assert_eq!(stage.claim_one().await.job.id, job.id);
        assert_eq!(stage.queue.stats().await.unwrap().scheduled, 0);
    }

    async fn a_time_that_has_passed_is_now(stage: &Stage) {
        let job = later(-5000);
        stage.push(job.clone()).await;
        assert_eq!(stage.view(&job).await.state, JobState::Waiting);
        let claim = stage.claim_one().await;
        assert_eq!(claim.job.run_at.unwrap().trunc_subsecs(3), job.run_at.unwrap().trunc_subsecs(3));
    }

    async fn ten_thousand_waiting_jobs_do_not_slow_a_claim(stage: &Stage) {
        // Redis takes them one by one; SQLite would sync each, so it gets fewer.
        let many = if stage.redis_place().is_some() { 10_000 } else { 2_000 };
        let pushes = (0..many).map(|_| stage.push(job()));
        futures::StreamExt::collect::<Vec<_>>(futures::StreamExt::buffer_unordered(futures::stream::iter(pushes), 64)).await;
        let start = std::time::Instant::now();
        let mut claimed = 0;
        for _ in 0..20 {
            claimed += stage.claim(10).await.len();
        }
        assert_eq!(claimed, 200);
        assert!(start.elapsed().as_secs() < 20, "twenty claims took {:?}", start.elapsed());
        let waiting: u64 = stage.queue.stats().await.unwrap().lanes.iter().map(|(_, lane)| lane.waiting).sum();
        assert_eq!(waiting, many - 200);
    }
}
