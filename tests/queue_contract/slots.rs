//! Jobs that take several slots, and how they come to their turn.

use pressroom::{
    job::{Job, Lane},
    queue::{Claim, Scope, Settlement},
};

use super::stage::*;

fn ids(claims: &[Claim]) -> Vec<pressroom::job::JobId> {
    claims.iter().map(|claim| claim.job.id).collect()
}

async fn push_large(stage: &Stage, tenant: &str, slots: u32) -> Job {
    let job = job_of(tenant, "atlas", Lane::Standard);
    stage.queue.push(large(job.clone(), slots)).await.unwrap();
    job
}

async fn push_small(stage: &Stage, tenant: &str) -> Job {
    let job = job_of(tenant, "invoice", Lane::Standard);
    stage.push(job.clone()).await;
    job
}

over_both_queues! {
    async fn a_job_takes_its_slots(stage: &Stage) {
        for tenant in ["a", "b", "c"] {
            push_large(stage, tenant, 3).await;
        }
        let claims = stage.claim_as("one", 7, 8).await;
        assert_eq!(claims.iter().map(|claim| claim.slots).collect::<Vec<_>>(), [3, 3]);
        assert_eq!(stage.claim_as("two", 8, 8).await.len(), 1);
    }

    async fn a_job_takes_no_more_than_the_worker_has(stage: &Stage) {
        let job = push_large(stage, "a", 50).await;
        push_small(stage, "b").await;
        let claims = stage.claim_as("one", 2, 2).await;
        assert_eq!((ids(&claims), claims[0].slots), (vec![job.id], 2));
    }

    async fn a_large_job_comes_to_its_turn_and_holds_up_nobody_else(stage: &Stage) {
        let large = push_large(stage, "a", 2).await;
        let mut small = Vec::new();
        for n in 0..6 {
            small.push(push_small(stage, &format!("b-{n}")).await);
        }
        assert!(stage.claim_as("one", 1, 2).await.is_empty(), "it lets a second slot go free");
        assert_eq!(ids(&stage.claim_as("two", 1, 2).await), [small[0].id]);
        assert!(stage.claim_as("one", 1, 2).await.is_empty());
        assert_eq!(ids(&stage.claim_as("two", 1, 2).await), [small[1].id], "only one worker does that at a time");
        assert_eq!(ids(&stage.claim_as("one", 2, 2).await), [large.id]);

        // Now another worker may.
        let another = push_large(stage, "a", 2).await;
        for expected in &small[2..] {
            assert_eq!(ids(&stage.claim_as("two", 1, 2).await), [expected.id]);
        }
        assert!(stage.claim_as("two", 1, 2).await.is_empty());
        let last = push_small(stage, "c").await;
        assert_eq!(ids(&stage.claim_as("one", 1, 2).await), [last.id]);
        assert_eq!(ids(&stage.claim_as("two", 2, 2).await), [another.id]);
    }

    async fn a_large_job_of_the_last_lane_does_not_starve_while_others_are_busy(stage: &Stage) {
        let large_job = job_of("z", "atlas", Lane::Bulk);
        stage.queue.push(large(large_job.clone(), 4)).await.unwrap();
        let mut held: Vec<Claim> = Vec::new();
        for round in 0.. {
            for _ in 0..4 {
                stage.push(job_of("a", "invoice", Lane::Interactive)).await;
            }
            let busy: usize = held.iter().map(|claim| claim.slots as usize).sum();
            if busy < 4 {
                held.extend(stage.claim_as("one", 4 - busy, 4).await);
            }
            if held.iter().any(|claim| claim.job.id == large_job.id) {
                break;
            }
            assert!(round < 60, "the large job starves");
            if let Some(done) = held.pop() {
                stage.settle(&done, Settlement::Done).await;
            }
        }
    }

    async fn slots_are_not_kept_for_a_job_that_is_gone(stage: &Stage) {
        let large = push_large(stage, "a", 2).await;
        let small = push_small(stage, "b").await;
        assert!(stage.claim_as("one", 1, 2).await.is_empty());
        stage.queue.cancel(&large.tenant, large.id).await.unwrap();
        assert_eq!(ids(&stage.claim_as("one", 1, 2).await), [small.id]);

        let large = push_large(stage, "a", 2).await;
        let small = push_small(stage, "b").await;
        assert!(stage.claim_as("one", 1, 2).await.is_empty());
        assert_eq!(ids(&stage.claim_as("two", 2, 2).await), [large.id], "another worker had room");
        assert_eq!(ids(&stage.claim_as("one", 1, 2).await), [small.id]);
    }

    async fn slots_are_not_kept_for_a_job_that_is_paused(stage: &Stage) {
        for scope in ["tenant:a", "report:atlas", "lane:bulk"] {
            let scope: Scope = scope.parse().unwrap();
            let large = job_of("a", "atlas", Lane::Bulk);
            stage.queue.push(super::stage::large(large.clone(), 2)).await.unwrap();
            assert!(stage.claim_as("one", 1, 2).await.is_empty());
            let small = push_small(stage, "b").await;
            stage.queue.pause(&scope).await.unwrap();
            let claims = stage.claim_as("one", 1, 2).await;
            assert_eq!(ids(&claims), [small.id], "{scope}");
            stage.settle(&claims[0], Settlement::Done).await;
            stage.queue.resume(&scope).await.unwrap();
            let claims = stage.claim_as("one", 2, 2).await;
            assert_eq!(ids(&claims), [large.id], "{scope}");
            stage.settle(&claims[0], Settlement::Done).await;
        }
    }

    async fn a_flood_of_large_jobs_delays_no_small_one(stage: &Stage) {
        for n in 0..120 {
            push_large(stage, &format!("a-{n:03}"), 2).await;
        }
        let small = push_small(stage, "b").await;
        assert!(stage.claim_as("one", 1, 2).await.is_empty());
        // A claim looks at a part of such a flood, the next one at what comes after it.
        let mut claims = Vec::new();
        for _ in 0..10 {
            claims.extend(stage.claim_as("two", 1, 2).await);
        }
        assert_eq!(ids(&claims), [small.id]);
        assert_eq!(stage.claim_as("one", 2, 2).await.len(), 1);
        assert_eq!(stage.claim_as("two", 4, 4).await.len(), 2);
    }

    async fn what_is_passed_over_keeps_its_place(stage: &Stage) {
        let first = push_large(stage, "a", 2).await;
        push_large(stage, "b", 2).await;
        push_small(stage, "c").await;
        assert!(stage.claim_as("one", 1, 2).await.is_empty());
        assert_eq!(stage.claim_as("two", 1, 2).await.len(), 1);
        push_small(stage, "d").await;
        assert_eq!(ids(&stage.claim_as("three", 2, 2).await), [first.id]);
    }
}
