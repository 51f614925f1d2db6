//! Leases, fences, and how attempts end.

use std::{collections::HashSet, time::Duration};

use pressroom::{
    job::{JobState, Lane, Progress},
    queue::{Cancelled, Renewal, Settled, Settlement},
};

use super::stage::*;

over_both_queues! {
    async fn done_is_forgotten_at_once_for_the_catalog_has_it(stage: &Stage) {
        let job = job();
        stage.push(job.clone()).await;
        let claim = stage.claim_one().await;
        assert_eq!(stage.settle(&claim, Settlement::Done).await, Settled::Applied(JobState::Done));
        assert!(stage.queue.find(&job.tenant, job.id).await.unwrap().is_none());
        assert!(stage.queue.list(&Default::default(), 10).await.unwrap().is_empty());
        assert!(stage.queue.outcomes(10).await.unwrap().is_empty(), "the worker has recorded it");
        assert_eq!(stage.queue.stats().await.unwrap().running, 0);
    }

    async fn a_settle_counts_once(stage: &Stage) {
        stage.push(job()).await;
        let claim = stage.claim_one().await;
        stage.settle(&claim, Settlement::Done).await;
        assert_eq!(stage.settle(&claim, Settlement::Done).await, Settled::Fenced);
        assert_eq!(stage.settle(&claim, Settlement::Fail(failure())).await, Settled::Fenced);
        assert_eq!(stage.renew(&claim).await, Renewal::Lost);
    }

    async fn each_job_is_claimed_by_one_of_two_workers(stage: &Stage) {
        let second = stage.second().await;
        for _ in 0..60 {
            stage.push(job()).await;
        }
        let take = async |queue: std::sync::Arc<dyn pressroom::queue::LeaseStore>, worker: &str| {
            let mut ids = Vec::new();
            loop {
                let claims = queue.claim(worker, 4.into(), LEASE).await.unwrap();
                if claims.is_empty() {
                    return ids;
                }
                ids.extend(claims.iter().map(|claim| (claim.job.id, claim.fence)));
            }
        };
        let (one, two) = tokio::join!(take(stage.queue.clone(), "one"), take(second, "two"));
        let all: Vec<_> = one.iter().chain(&two).collect();
        assert_eq!(all.len(), 60);
        assert_eq!(all.iter().map(|(id, _)| id).collect::<HashSet<_>>().len(), 60);
        assert_eq!(all.iter().map(|(_, fence)| fence).collect::<HashSet<_>>().len(), 60);
    }

    async fn a_dead_workers_job_is_rescued_and_the_dead_one_is_fenced(stage: &Stage) {
        let job = job();
        stage.push(job.clone()).await;
        let dead = stage.claim_and_die().await;
        let claim = stage.claim_one().await;
        assert_eq!((claim.job.id, claim.attempt), (job.id, 2), "the attempt counts");
        assert!(claim.fence > dead.fence);
        let failure = stage.view(&job).await.failure.unwrap();
        assert_eq!((failure.code.as_str(), failure.message.as_str()), ("worker-died", "the worker died once"));

        assert_eq!(stage.renew(&dead).await, Renewal::Lost);
        assert_eq!(stage.settle(&dead, Settlement::Done).await, Settled::Fenced);
        assert_eq!(stage.settle(&claim, Settlement::Done).await, Settled::Applied(JobState::Done));
    }

    async fn a_job_whose_workers_keep_dying_fails(stage: &Stage) {
        let job = at_most(2);
        stage.push(job.clone()).await;
        stage.claim_and_die().await;
        stage.claim_and_die().await;
        assert!(stage.claim(1).await.is_empty());
        let view = stage.view(&job).await;
        let failure = view.failure.clone().unwrap();
        assert_eq!((view.state, view.attempt, failure.retryable), (JobState::Failed, 2, false));
        assert_eq!((failure.code.as_str(), failure.message.as_str()), ("worker-died", "the worker died 2 times"));
        assert_eq!(stage.queue.outcomes(10).await.unwrap()[0].view, view);
        assert_eq!(stage.queue.dead(10).await.unwrap()[0].id, job.id.to_string());
    }

    async fn a_late_heartbeat_that_nobody_overtook_still_holds(stage: &Stage) {
        stage.push(job()).await;
        let claim = stage.claim_and_die().await;
        assert_eq!(stage.renew(&claim).await, Renewal::Held);
        assert!(stage.claim(1).await.is_empty(), "the lease is extended");
        assert_eq!(stage.settle(&claim, Settlement::Done).await, Settled::Applied(JobState::Done));
    }

    async fn a_heartbeat_extends_the_lease_and_shows_progress(stage: &Stage) {
        let job = job();
        stage.push(job.clone()).await;
        let lease = stage.queue.claim("w", 1.into(), Duration::from_millis(150)).await.unwrap()[0].lease();
        for rows in 1..=6 {
            sleep_ms(50).await;
            let progress = Progress { rows, pages: rows / 2 };
            assert_eq!(stage.queue.renew(lease, progress, LEASE).await.unwrap(), Renewal::Held);
            assert!(stage.claim(1).await.is_empty());
            assert_eq!(stage.view(&job).await.progress, progress);
        }
        stage.queue.renew(lease, Progress { rows: 7, pages: 3 }, Duration::from_millis(50)).await.unwrap();
        sleep_ms(100).await;
        assert_eq!(stage.claim_one().await.attempt, 2);
        assert_eq!(stage.view(&job).await.progress, Progress::default(), "a new attempt begins at nothing");
    }

    async fn a_retry_waits_its_delay(stage: &Stage) {
        let job = job();
        stage.push(job.clone()).await;
        let first = stage.claim_one().await;
        assert_eq!(stage.settle(&first, retry_in(2_000)).await, Settled::Applied(JobState::Retrying));
        let view = stage.view(&job).await;
        assert_eq!((view.state, view.failure, view.worker), (JobState::Retrying, Some(failure()), None));
        assert_eq!(stage.queue.stats().await.unwrap().retrying, 1);
        assert!(stage.claim(1).await.is_empty());
        sleep_ms(2_050).await;
        let second = stage.claim_one().await;
        assert_eq!((second.attempt, second.job.id), (2, job.id));
        assert!(second.fence > first.fence);
    }

    async fn the_last_retry_fails(stage: &Stage) {
        let job = at_most(1);
        stage.push(job.clone()).await;
        let claim = stage.claim_one().await;
        assert_eq!(stage.settle(&claim, retry_in(0)).await, Settled::Applied(JobState::Failed));
        let outcome = &stage.queue.outcomes(10).await.unwrap()[0].view;
        assert_eq!((outcome.job.id, outcome.failure.as_ref()), (job.id, Some(&failure())));
        assert!(stage.claim(1).await.is_empty());
    }

    async fn a_release_gives_the_attempt_back_but_not_the_fence(stage: &Stage) {
        let (first, second) = (at_most(1), job());
        stage.push(first.clone()).await;
        let claim = stage.claim_one().await;
        stage.push(second).await;
        assert_eq!(stage.settle(&claim, Settlement::Release).await, Settled::Applied(JobState::Waiting));
        assert_eq!(stage.view(&first).await.attempt, 0);
        let again = stage.claim_one().await;
        assert_eq!((again.job.id, again.attempt), (first.id, 1), "first in its line again");
        assert!(again.fence > claim.fence);
    }

    async fn a_fail_is_a_dead_letter_that_can_be_retried(stage: &Stage) {
        let job = job();
        stage.push(job.clone()).await;
        let claim = stage.claim_one().await;
        assert_eq!(stage.settle(&claim, Settlement::Fail(failure())).await, Settled::Applied(JobState::Failed));
        let letter = stage.queue.dead(10).await.unwrap().remove(0);
        assert_eq!((letter.job.as_ref(), letter.reason.as_str()), (Some(&job), "the query took too long"));

        let decided = stage.queue.outcomes(10).await.unwrap();
        assert_eq!(decided[0].fence, claim.fence, "by which the catalog knows whoever comes too late");
        stage.queue.acknowledge(&decided).await.unwrap();
        assert!(stage.queue.outcomes(10).await.unwrap().is_empty());
        assert!(stage.queue.list(&Default::default(), 10).await.unwrap().is_empty());
        assert!(stage.queue.dead_retry(&letter.id).await.unwrap());
        assert!(!stage.queue.dead_retry(&letter.id).await.unwrap(), "only once");
        assert_eq!(stage.queue.list(&Default::default(), 10).await.unwrap().len(), 1);
        let again = stage.claim_one().await;
        assert_eq!((again.job.id, again.attempt), (job.id, 1), "attempts count anew");
        assert!(again.fence > claim.fence);
        assert!(stage.queue.dead(10).await.unwrap().is_empty());
    }

    async fn a_retried_dead_letter_is_no_outcome_any_more(stage: &Stage) {
        let job = job();
        stage.push(job.clone()).await;
        let claim = stage.claim_one().await;
        stage.settle(&claim, Settlement::Fail(failure())).await;
        let decided = stage.queue.outcomes(10).await.unwrap();
        stage.queue.dead_retry(&job.id.to_string()).await.unwrap();
        assert!(stage.queue.outcomes(10).await.unwrap().is_empty());
        stage.queue.acknowledge(&decided).await.unwrap();
        assert_eq!(stage.view(&job).await.state, JobState::Waiting, "a late acknowledge changes nothing");
        assert_eq!(stage.queue.list(&Default::default(), 10).await.unwrap().len(), 1);

        let claim = stage.claim_one().await;
        stage.settle(&claim, Settlement::Fail(failure())).await;
        stage.queue.acknowledge(&decided).await.unwrap();
        let anew = stage.queue.outcomes(10).await.unwrap();
        assert_eq!(anew[0].fence, claim.fence, "the first outcome's acknowledgement is not that of the second");
    }

    async fn a_dropped_dead_letter_is_gone(stage: &Stage) {
        let job = job();
        stage.push(job.clone()).await;
        let claim = stage.claim_one().await;
        stage.settle(&claim, Settlement::Fail(failure())).await;
        let id = job.id.to_string();
        assert!(stage.queue.dead_drop(&id).await.unwrap());
        assert!(!stage.queue.dead_drop(&id).await.unwrap());
        assert!(!stage.queue.dead_retry(&id).await.unwrap());
        let decided = stage.queue.outcomes(10).await.unwrap();
        assert_eq!(decided.len(), 1, "the catalog still has to hear of it");
        stage.queue.acknowledge(&decided).await.unwrap();
        assert!(stage.queue.outcomes(10).await.unwrap().is_empty());
        assert!(!stage.queue.dead_drop("no such letter").await.unwrap());
    }

    /// Whoever retries it makes the catalog forget it first, and may die then.
    async fn a_dropped_failure_is_told_once_more(stage: &Stage) {
        let job = job();
        stage.push(job.clone()).await;
        let claim = stage.claim_one().await;
        stage.settle(&claim, Settlement::Fail(failure())).await;
        let first = stage.queue.outcomes(10).await.unwrap();
        stage.queue.acknowledge(&first).await.unwrap();
        stage.queue.dead_drop(&job.id.to_string()).await.unwrap();
        stage.queue.acknowledge(&first).await.unwrap();
        let again = stage.queue.outcomes(10).await.unwrap();
        assert_eq!((again[0].view.state, again[0].fence), (JobState::Failed, claim.fence));
        stage.queue.acknowledge(&again).await.unwrap();
        assert!(stage.queue.outcomes(10).await.unwrap().is_empty());
    }

    async fn a_waiting_scheduled_or_retrying_job_is_cancelled_at_once(stage: &Stage) {
        let (waiting, scheduled, retrying) = (job(), later(60_000), job());
        stage.push(retrying.clone()).await;
        let claim = stage.claim_one().await;
        stage.settle(&claim, retry_in(60_000)).await;
        stage.push(waiting.clone()).await;
        stage.push(scheduled.clone()).await;
        for job in [&waiting, &scheduled, &retrying] {
            assert_eq!(stage.queue.cancel(&job.tenant, job.id).await.unwrap(), Cancelled::Now);
            assert_eq!(stage.view(job).await.state, JobState::Cancelled);
            let again = stage.queue.cancel(&job.tenant, job.id).await.unwrap();
            assert_eq!(again, Cancelled::AlreadyFinal(JobState::Cancelled));
        }
        assert!(stage.claim(10).await.is_empty());
        let outcomes = stage.queue.outcomes(10).await.unwrap();
        assert_eq!(outcomes.iter().map(|o| o.view.job.id).collect::<Vec<_>>(), [waiting.id, scheduled.id, retrying.id]);
        let stats = stage.queue.stats().await.unwrap();
        assert_eq!((stats.scheduled, stats.retrying, stats.outbox, stats.dead), (0, 0, 3, 0));
    }

    async fn a_running_job_hears_of_its_cancel(stage: &Stage) {
        let job = job();
        stage.push(job.clone()).await;
        let claim = stage.claim_one().await;
        assert_eq!(stage.queue.cancel(&job.tenant, job.id).await.unwrap(), Cancelled::Requested);
        assert_eq!(stage.renew(&claim).await, Renewal::CancelRequested);
        assert_eq!(stage.settle(&claim, Settlement::Cancelled).await, Settled::Applied(JobState::Cancelled));
        assert_eq!(stage.queue.outcomes(10).await.unwrap().len(), 1);
    }

    async fn a_cancel_outlives_the_attempt(stage: &Stage) {
        let (retried, deferred, released, died) = (job(), job(), job(), job());
        let defer = Settlement::Defer { failure: failure(), delay: Duration::ZERO };
        for (job, how) in [
            (&retried, Some(retry_in(0))), (&deferred, Some(defer)), (&released, Some(Settlement::Release)), (&died, None),
        ] {
            stage.push(job.clone()).await;
            let claim = stage.claim_and_die().await;
            stage.queue.cancel(&job.tenant, job.id).await.unwrap();
            if let Some(how) = how {
                stage.settle(&claim, how).await;
            }
            assert!(stage.claim(1).await.is_empty());
        }
        for job in [&retried, &deferred, &released, &died] {
            assert_eq!(stage.view(job).await.state, JobState::Cancelled);
        }
    }

    async fn what_was_published_before_the_cancel_landed_is_done(stage: &Stage) {
        let job = job();
        stage.push(job.clone()).await;
        let claim = stage.claim_one().await;
        stage.queue.cancel(&job.tenant, job.id).await.unwrap();
        assert_eq!(stage.settle(&claim, Settlement::Done).await, Settled::Applied(JobState::Done));
    }

    async fn only_the_tenant_can_cancel_and_find(stage: &Stage) {
        let job = job();
        stage.push(job.clone()).await;
        let other = job_of("south", "invoice", Lane::Standard).tenant;
        assert_eq!(stage.queue.cancel(&other, job.id).await.unwrap(), Cancelled::Unknown);
        assert!(stage.queue.find(&other, job.id).await.unwrap().is_none());
        assert_eq!(stage.queue.cancel(&other, super::stage::job().id).await.unwrap(), Cancelled::Unknown);
        assert_eq!(stage.view(&job).await.state, JobState::Waiting);
    }

    async fn outcomes_stay_until_the_catalog_has_them(stage: &Stage) {
        let jobs = [job(), job(), job()];
        for job in &jobs {
            stage.push(job.clone()).await;
            stage.queue.cancel(&job.tenant, job.id).await.unwrap();
        }
        assert_eq!(stage.queue.outcomes(2).await.unwrap().len(), 2);
        assert_eq!(stage.queue.outcomes(0).await.unwrap().len(), 0);
        assert_eq!(stage.queue.list(&Default::default(), 10).await.unwrap().len(), 3);
        let all = stage.queue.outcomes(10).await.unwrap();
        let [one, _, three] = &all[..] else { panic!("{all:?}") };
        stage.queue.acknowledge(&[one.clone(), three.clone(), three.clone()]).await.unwrap();
        let left = stage.queue.outcomes(10).await.unwrap();
        assert_eq!(left.iter().map(|o| o.view.job.id).collect::<Vec<_>>(), [jobs[1].id]);
        assert_eq!(stage.queue.list(&Default::default(), 10).await.unwrap().len(), 1);
        assert_eq!(stage.view(&jobs[0]).await.state, JobState::Cancelled, "still found for a while");
        stage.queue.acknowledge(&[]).await.unwrap();
    }

    async fn one_leads_until_its_lease_ends(stage: &Stage) {
        let lead = async |holder: &str, ms: u64| {
            stage.queue.lead("scheduler", holder, Duration::from_millis(ms)).await.unwrap()
        };
        assert!(lead("a", 5000).await);
        assert!(!lead("b", 5000).await);
        assert!(lead("a", 100).await, "keeps it");
        assert!(stage.queue.lead("tierer", "b", LEASE).await.unwrap(), "another role");
        sleep_ms(150).await;
        assert!(lead("b", 5000).await);
        assert!(!lead("a", 5000).await);
    }

    async fn the_queue_answers(stage: &Stage) {
        stage.queue.ping().await.unwrap();
    }
}
