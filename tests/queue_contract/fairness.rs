//! Who is served next.

use futures::{StreamExt, stream};
use pressroom::{
    job::{Job, Lane},
    queue::{Policy, Pushed, Settlement, Weights},
};

use super::stage::*;

async fn push_many(stage: &Stage, jobs: Vec<Job>) {
    let push = async |job| assert!(matches!(stage.push(job).await, Pushed::Accepted(_)));
    stream::iter(jobs).for_each_concurrent(64, push).await;
}

/// Of which jobs each claim was while every lane had work, until the bulk jobs of all others than `flood` were claimed.
async fn until_the_small_are_served(stage: &Stage, small: usize) -> Vec<Job> {
    let mut jobs = Vec::new();
    let mut left = small;
    while left > 0 {
        let claims = stage.claim(10).await;
        assert!(!claims.is_empty(), "{left} of {small} still wait");
        for claim in claims {
            stage.settle(&claim, Settlement::Done).await;
            left -= usize::from(claim.job.lane == Lane::Bulk && claim.job.tenant.as_str() != "flood");
            jobs.push(claim.job);
        }
    }
    jobs
}

over_both_queues! {
    async fn one_report_of_one_tenant_goes_in_order(stage: &Stage) {
        let jobs = [job(), job(), job(), job()];
        for job in &jobs {
            stage.push(job.clone()).await;
        }
        assert_eq!(stage.serve(4).await, jobs);
    }

    async fn a_tenants_flood_delays_nobody(stage: &Stage) {
        for _ in 0..50 {
            stage.push(job_of("flood", "statement", Lane::Standard)).await;
            stage.push(job_of("flood", "letter", Lane::Standard)).await;
        }
        stage.push(job_of("small", "invoice", Lane::Standard)).await;
        stage.push(job_of("tiny", "invoice", Lane::Standard)).await;
        let tenants: Vec<_> = stage.serve(6).await.iter().map(|job| job.tenant.to_string()).collect();
        let served = |name: &str| tenants.iter().filter(|tenant| *tenant == name).count();
        assert_eq!((served("small"), served("tiny"), served("flood")), (1, 1, 4), "{tenants:?}");
        assert!(tenants[..3].contains(&"small".to_string()) && tenants[..3].contains(&"tiny".to_string()), "{tenants:?}");
    }

    async fn many_reports_do_not_make_a_tenant_more_important(stage: &Stage) {
        for report in ["a", "b", "c", "d"] {
            for _ in 0..10 {
                stage.push(job_of("wide", report, Lane::Standard)).await;
            }
        }
        for _ in 0..10 {
            stage.push(job_of("narrow", "x", Lane::Standard)).await;
        }
        let jobs = stage.serve(20).await;
        assert_eq!(jobs.iter().filter(|job| job.tenant.as_str() == "narrow").count(), 10);
    }

    async fn a_tenants_reports_take_turns(stage: &Stage) {
        for _ in 0..20 {
            stage.push(job_of("north", "statement", Lane::Standard)).await;
        }
        stage.push(job_of("north", "invoice", Lane::Standard)).await;
        let jobs = stage.serve(2).await;
        assert!(jobs.iter().any(|job| job.report.as_str() == "invoice"), "{jobs:?}");
    }

    async fn lanes_share_six_to_three_to_one(stage: &Stage) {
        for lane in Lane::ALL {
            for _ in 0..30 {
                stage.push(job_of("north", "invoice", lane)).await;
            }
        }
        let jobs = stage.serve(30).await;
        let served = |lane| jobs.iter().filter(|job| job.lane == lane).count();
        assert_eq!(Lane::ALL.map(served), [18, 9, 3]);
    }

    async fn an_empty_lane_lends_its_share(stage: &Stage) {
        for _ in 0..15 {
            stage.push(job_of("north", "invoice", Lane::Bulk)).await;
        }
        assert_eq!(stage.claim(20).await.len(), 15);
    }

    async fn a_cancelled_flood_leaves_no_trace(stage: &Stage) {
        let mut flood = Vec::new();
        for n in 0..150 {
            flood.push(job_of(&format!("tenant-{n}"), "statement", Lane::Interactive));
            stage.push(flood[n].clone()).await;
        }
        let last = job();
        stage.push(last.clone()).await;
        for job in &flood {
            stage.queue.cancel(&job.tenant, job.id).await.unwrap();
        }
        assert_eq!(stage.claim_one().await.job, last);
        assert!(stage.claim(10).await.is_empty());
    }

    // The wait of each of 50 tenants is bounded by the lanes' weights and the number of tenants in its lane, whatever one
    // of them has put there before.
    async fn a_huge_flood_delays_others_by_no_more_than_their_turns(stage: &Stage) {
        let huge = if stage.redis_place().is_some() { 20_000 } else { 5_000 };
        for weights in [Weights::default(), Weights { interactive: 2, standard: 2, bulk: 1 }] {
            stage.govern(Policy { weights, ..Policy::default() }).await;
            let cycle = weights.turns().len();
            let turns = 51 * cycle;
            let many = |many: usize, tenant: &str, lane| (0..many).map(|_| job_of(tenant, "statement", lane)).collect();
            let waiting = stage.stats().await.lanes[2].1.waiting as usize;
            push_many(stage, many(huge.max(waiting) - waiting, "flood", Lane::Bulk)).await;
            push_many(stage, many(turns, "urgent", Lane::Interactive)).await;
            push_many(stage, many(turns, "ordinary", Lane::Standard)).await;
            // The flood has been served a little, and goes on.
            for claim in stage.claim(20).await {
                stage.settle(&claim, Settlement::Done).await;
            }
            push_many(stage, (0..50).map(|n| job_of(&format!("small-{n}"), "invoice", Lane::Bulk)).collect()).await;

            let jobs = until_the_small_are_served(stage, 50).await;
            assert!(jobs.len() <= turns + cycle, "{} claims for {turns} turns", jobs.len());
            let bulk: Vec<_> = jobs.iter().filter(|job| job.lane == Lane::Bulk).collect();
            assert!(bulk.len() <= 51 + 1, "each tenant of the lane once: {}", bulk.len());
            let served = |lane| jobs.iter().filter(|job| job.lane == lane).count();
            for lane in Lane::ALL {
                let due = jobs.len() * weights.of(lane) as usize / cycle;
                assert!(served(lane).abs_diff(due) <= 10, "{lane}: {} of {}", served(lane), jobs.len());
            }
        }
    }
}
