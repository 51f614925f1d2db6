//! Who is served next.

use pressroom::{
    job::{Job, Lane},
    queue::Settlement,
};

use super::stage::*;

async fn order(stage: &Stage, many: usize) -> Vec<Job> {
    let mut jobs = Vec::new();
    for _ in 0..many {
        let claim = stage.claim_one().await;
        stage.settle(&claim, Settlement::Done).await;
        jobs.push(claim.job);
    }
    jobs
}

over_both_queues! {
    async fn one_report_of_one_tenant_goes_in_order(stage: &Stage) {
        let jobs = [job(), job(), job(), job()];
        for job in &jobs {
            stage.push(job.clone()).await;
        }
        assert_eq!(order(stage, 4).await, jobs);
    }

    async fn a_tenants_flood_delays_nobody(stage: &Stage) {
        for _ in 0..50 {
            stage.push(job_of("flood", "statement", Lane::Standard)).await;
            stage.push(job_of("flood", "letter", Lane::Standard)).await;
        }
        stage.push(job_of("small", "invoice", Lane::Standard)).await;
        stage.push(job_of("tiny", "invoice", Lane::Standard)).await;
        let tenants: Vec<_> = order(stage, 6).await.iter().map(|job| job.tenant.to_string()).collect();
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
        let jobs = order(stage, 20).await;
        assert_eq!(jobs.iter().filter(|job| job.tenant.as_str() == "narrow").count(), 10);
    }

    async fn a_tenants_reports_take_turns(stage: &Stage) {
        for _ in 0..20 {
            stage.push(job_of("north", "statement", Lane::Standard)).await;
        }
        stage.push(job_of("north", "invoice", Lane::Standard)).await;
        let jobs = order(stage, 2).await;
        assert!(jobs.iter().any(|job| job.report.as_str() == "invoice"), "{jobs:?}");
    }

    async fn lanes_share_six_to_three_to_one(stage: &Stage) {
        for lane in Lane::ALL {
            for _ in 0..30 {
                stage.push(job_of("north", "invoice", lane)).await;
            }
        }
        let jobs = order(stage, 30).await;
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
}
