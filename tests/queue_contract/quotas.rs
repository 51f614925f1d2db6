//! How much of one tenant may wait.

use pressroom::{
    job::{Job, JobState, Lane},
    queue::{Policy, Pushed, RawMessage, Settlement, Verdict},
};

use super::stage::*;

fn jobs_waiting(most: u64) -> Policy {
    Policy { waiting_per_tenant: most, ..Policy::default() }
}

over_both_queues! {
    async fn a_tenant_that_has_as_many_waiting_as_it_may_is_full(stage: &Stage) {
        stage.govern(jobs_waiting(3)).await;
        let jobs = [job(), later(60_000), job()];
        stage.queue.push(keyed(jobs[0].clone(), "k", "a")).await.unwrap();
        stage.push(jobs[1].clone()).await;
        stage.push(jobs[2].clone()).await;
        assert_eq!(stage.push(job()).await, Pushed::Full);
        assert_eq!(stage.push(later(60_000)).await, Pushed::Full);
        assert_eq!(stage.second().await.push(plain(job())).await.unwrap(), Pushed::Full);
        assert_eq!(stage.push(jobs[1].clone()).await, Pushed::Existing(jobs[1].id), "that job stands");
        assert_eq!(stage.queue.push(keyed(job(), "k", "a")).await.unwrap(), Pushed::Existing(jobs[0].id));
        assert_eq!(stage.queue.push(keyed(job(), "k", "b")).await.unwrap(), Pushed::Conflict(jobs[0].id));
        let other = job_of("south", "invoice", Lane::Standard);
        assert_eq!(stage.push(other.clone()).await, Pushed::Accepted(other.id), "another tenant isn't");

        // What runs doesn't wait; what is tried again does.
        let claim = stage.claim(10).await.into_iter().find(|claim| claim.job.tenant.as_str() == "north").unwrap();
        let claims = stage.claim(10).await;
        assert!(claims.is_empty());
        let more = [job(), job()];
        for job in &more {
            assert_eq!(stage.push(job.clone()).await, Pushed::Accepted(job.id));
        }
        assert_eq!(stage.push(job()).await, Pushed::Full);
        stage.queue.cancel(&more[0].tenant, more[0].id).await.unwrap();
        let decided = stage.queue.outcomes(10).await.unwrap();
        let known: Vec<_> = decided.into_iter().filter(|decided| decided.view.job.id == more[0].id).collect();
        stage.queue.acknowledge(&known).await.unwrap();
        stage.settle(&claim, retry_in(60_000)).await;
        assert_eq!(stage.push(job()).await, Pushed::Full);
        stage.govern(Policy::default()).await;
        assert!(matches!(stage.push(job()).await, Pushed::Accepted(_)));
    }

    async fn a_tenants_jobs_may_take_so_many_bytes(stage: &Stage) {
        let at = now();
        let job = || Job { accepted_at: at, ..job() };
        let one = serde_json::to_string(&job()).unwrap().len() as u64;
        stage.govern(Policy { bytes_per_tenant: 3 * one, ..Policy::default() }).await;
        for _ in 0..3 {
            assert!(matches!(stage.push(job()).await, Pushed::Accepted(_)));
        }
        assert_eq!(stage.push(job()).await, Pushed::Full);
        let claim = stage.claim_one().await;
        stage.settle(&claim, Settlement::Done).await;
        assert!(matches!(stage.push(job()).await, Pushed::Accepted(_)), "what is done takes none");
        assert_eq!(stage.push(job()).await, Pushed::Full);
        let first = stage.claim_one().await;
        stage.settle(&first, Settlement::Fail(failure())).await;
        let decided = stage.queue.outcomes(10).await.unwrap();
        let known: Vec<_> = decided.into_iter().filter(|decided| decided.view.job.id == first.job.id).collect();
        stage.queue.acknowledge(&known).await.unwrap();
        assert!(matches!(stage.push(job()).await, Pushed::Accepted(_)), "nor what has failed");
    }

    async fn a_message_over_quota_is_a_dead_letter(stage: &Stage) {
        stage.govern(jobs_waiting(1)).await;
        let standing = job();
        stage.push(standing.clone()).await;
        for text in ["over", "again"] {
            stage.queue.post(RawMessage(text.into())).await.unwrap();
        }
        let drained = stage.queue.drain().await.unwrap();
        let over = job();
        stage.queue.admit(&drained[0], Verdict::Accept(Box::new(plain(over.clone())))).await.unwrap();
        stage.queue.admit(&drained[1], Verdict::Accept(Box::new(plain(standing.clone())))).await.unwrap();
        let view = stage.view(&over).await;
        assert_eq!((view.state, view.failure.unwrap().code.as_str()), (JobState::Failed, "quota"));
        let letters = stage.queue.dead(10).await.unwrap();
        assert_eq!(letters.len(), 1, "the other message is the job that stands");
        assert_eq!(letters[0].failure.as_ref().unwrap().code, "quota");
        assert_eq!(stage.queue.outcomes(10).await.unwrap()[0].view.job, over);

        stage.serve(1).await;
        assert!(stage.queue.dead_retry(&over.id.to_string()).await.unwrap());
        assert_eq!(stage.claim_one().await.job, over);
    }
}
