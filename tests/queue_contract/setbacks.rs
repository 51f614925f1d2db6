//! What goes wrong with jobs: how it is counted and remembered.

use std::time::Duration;

use pressroom::{
    job::{Failure, Job, JobState, Step},
    queue::{Cancelled, FAILURES_KEPT, RawMessage, Settled, Settlement, Verdict},
};

use super::stage::*;

fn numbered(n: u32) -> Failure {
    Failure { step: Step::Source, code: format!("fault-{n}"), message: format!("fault {n}"), retryable: true }
}

fn defer_for(milliseconds: u64) -> Settlement {
    Settlement::Defer { failure: numbered(0), delay: Duration::from_millis(milliseconds) }
}

over_both_queues! {
    async fn what_is_deferred_counts_no_attempt(stage: &Stage) {
        let job = at_most(2);
        stage.push(job.clone()).await;
        for deferrals in 0..5 {
            let claim = stage.claim_one().await;
            assert_eq!((claim.attempt, claim.deferrals), (1, deferrals));
            assert_eq!(stage.settle(&claim, defer_for(0)).await, Settled::Applied(JobState::Retrying));
            let view = stage.view(&job).await;
            assert_eq!((view.state, view.attempt, view.worker), (JobState::Retrying, 0, None));
            assert_eq!((view.failure, view.failures), (Some(numbered(0)), vec![]), "no attempt has failed");
            sleep_ms(3).await;
        }
        let claim = stage.claim_one().await;
        stage.settle(&claim, retry_in(0)).await;
        sleep_ms(3).await;
        let claim = stage.claim_one().await;
        assert_eq!((claim.attempt, claim.deferrals), (2, 5));
        assert_eq!(stage.settle(&claim, retry_in(0)).await, Settled::Applied(JobState::Failed));
    }

    async fn a_claim_tells_what_went_wrong_before(stage: &Stage) {
        let job = at_most(3);
        stage.push(job.clone()).await;
        let first = stage.claim_one().await;
        assert_eq!(first.failures, vec![]);
        stage.settle(&first, Settlement::Retry { failure: numbered(1), delay: Duration::ZERO }).await;
        sleep_ms(3).await;
        let second = stage.claim_one().await;
        let told: Vec<_> = second.failures.iter().map(|failed| (failed.attempt, failed.failure.clone())).collect();
        assert_eq!(told, [(1, numbered(1))]);
        assert_eq!(second.failures, stage.view(&job).await.failures);
    }

    async fn what_is_deferred_waits_its_delay(stage: &Stage) {
        stage.push(job()).await;
        let claim = stage.claim_one().await;
        stage.settle(&claim, defer_for(1_500)).await;
        assert!(stage.claim(1).await.is_empty());
        assert_eq!(stage.stats().await.retrying, 1);
        assert_eq!(stage.settle(&claim, defer_for(0)).await, Settled::Fenced);
        sleep_ms(1_550).await;
        assert!(stage.claim_one().await.fence > claim.fence);
    }

    async fn a_cancel_outlives_a_deferral(stage: &Stage) {
        let job = job();
        stage.push(job.clone()).await;
        let claim = stage.claim_one().await;
        assert_eq!(stage.queue.cancel(&job.tenant, job.id).await.unwrap(), Cancelled::Requested);
        assert_eq!(stage.settle(&claim, defer_for(0)).await, Settled::Applied(JobState::Cancelled));
        assert!(stage.claim(1).await.is_empty());
    }

    async fn the_first_failure_and_the_latest_are_kept(stage: &Stage) {
        let job = at_most(14);
        stage.push(job.clone()).await;
        let before = now();
        for attempt in 1..=14 {
            let claim = stage.queue.claim(&format!("worker-{attempt}"), 1.into(), LEASE).await.unwrap().remove(0);
            let how = Settlement::Retry { failure: numbered(attempt), delay: Duration::ZERO };
            stage.settle(&claim, how).await;
            let view = stage.view(&job).await;
            assert_eq!(view.failures.len(), FAILURES_KEPT.min(attempt as usize));
            assert_eq!(view.failure, Some(numbered(attempt)));
            sleep_ms(3).await;
        }
        let view = stage.view(&job).await;
        assert_eq!(view.state, JobState::Failed);
        let expected: Vec<u32> = [1].into_iter().chain(6..=14).collect();
        assert_eq!(view.failures.iter().map(|failed| failed.attempt).collect::<Vec<_>>(), expected);
        for failed in &view.failures {
            assert_eq!(failed.failure, numbered(failed.attempt));
            assert_eq!(failed.worker, Some(format!("worker-{}", failed.attempt)));
            assert!(failed.at > before - chrono::TimeDelta::seconds(5) && failed.at < now() + chrono::TimeDelta::seconds(5));
        }
        assert!(view.failures.is_sorted_by_key(|failed| failed.at));
        assert_eq!(stage.queue.outcomes(1).await.unwrap()[0].view.failures, view.failures);
        let letter = stage.queue.dead(1).await.unwrap().remove(0);
        assert_eq!((letter.failure, letter.reason.as_str()), (Some(numbered(14)), "fault 14"));
    }

    async fn a_rescue_is_a_failure_and_is_counted(stage: &Stage) {
        let job = at_most(2);
        stage.push(job.clone()).await;
        assert_eq!(stage.stats().await.rescues, 0);
        stage.claim_and_die().await;
        stage.claim_and_die().await;
        assert!(stage.claim(1).await.is_empty());
        let view = stage.view(&job).await;
        let told: Vec<_> = view.failures.iter()
            .map(|failed| (failed.attempt, failed.worker.as_deref(), failed.failure.message.as_str()))
            .collect();
        assert_eq!(told, [(1, Some("doomed"), "the worker died once"), (2, Some("doomed"), "the worker died 2 times")]);
        assert_eq!(stage.stats().await.rescues, 2);
    }

    async fn a_release_is_no_failure(stage: &Stage) {
        let job = job();
        stage.push(job.clone()).await;
        let claim = stage.claim_one().await;
        stage.settle(&claim, Settlement::Release).await;
        assert_eq!((stage.view(&job).await.failure, stage.view(&job).await.failures), (None, vec![]));
    }

    async fn a_retried_dead_letter_begins_anew(stage: &Stage) {
        let job = at_most(2);
        stage.push(job.clone()).await;
        let claim = stage.claim_one().await;
        stage.settle(&claim, defer_for(0)).await;
        sleep_ms(3).await;
        for _ in 0..2 {
            let claim = stage.claim_one().await;
            stage.settle(&claim, retry_in(0)).await;
            sleep_ms(3).await;
        }
        assert_eq!(stage.view(&job).await.failures.len(), 2);
        assert!(stage.queue.dead_retry(&job.id.to_string()).await.unwrap());
        let view = stage.view(&job).await;
        assert_eq!((view.state, view.attempt, view.failures), (JobState::Waiting, 0, vec![]));
        let claim = stage.claim_one().await;
        assert_eq!((claim.attempt, claim.deferrals), (1, 0));
        stage.settle(&claim, Settlement::Fail(numbered(1))).await;
        assert_eq!(stage.view(&job).await.failures.iter().map(|f| f.attempt).collect::<Vec<_>>(), [1]);
    }

    async fn a_job_that_was_never_accepted_has_a_failure_without_an_attempt(stage: &Stage) {
        let job: Job = job();
        stage.queue.post(RawMessage(b"message".to_vec())).await.unwrap();
        let drained = stage.queue.drain().await.unwrap();
        stage.queue.admit(&drained[0], Verdict::Reject(Box::new(plain(job.clone())), failure())).await.unwrap();
        let view = stage.view(&job).await;
        assert_eq!((view.failures[0].attempt, &view.failures[0].failure), (0, &failure()));
        assert_eq!(view.failures[0].worker, None);
    }
}
