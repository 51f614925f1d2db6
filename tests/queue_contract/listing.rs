//! Lists and depths.

use chrono::TimeDelta;
use pressroom::{
    job::{Job, JobState, Lane},
    queue::{JobFilter, RawMessage, Settlement},
};

use super::stage::*;

async fn ids(stage: &Stage, filter: JobFilter, limit: usize) -> Vec<pressroom::job::JobId> {
    stage.queue.list(&filter, limit).await.unwrap().into_iter().map(|view| view.job.id).collect()
}

over_both_queues! {
    async fn the_newest_come_first_page_by_page(stage: &Stage) {
        let start = now();
        // More than one batch accepted at the very same instant, then older and newer ones.
        let mut jobs: Vec<Job> = (0..230)
            .map(|n| Job { accepted_at: start + TimeDelta::milliseconds(if n < 150 { 0 } else { n - 200 }), ..job() })
            .collect();
        for job in &jobs {
            stage.push(job.clone()).await;
        }
        jobs.sort_by_key(|job| std::cmp::Reverse((job.accepted_at, job.id)));
        let want: Vec<_> = jobs.iter().map(|job| job.id).collect();
        assert_eq!(ids(stage, JobFilter::default(), 1000).await, want);

        let mut paged = Vec::new();
        let mut before = None;
        loop {
            let page = stage.queue.list(&JobFilter { before, ..Default::default() }, 70).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some((last.job.accepted_at, last.job.id));
            paged.extend(page.iter().map(|view| view.job.id));
        }
        assert_eq!(paged, want);
    }

    async fn filters_narrow_the_list(stage: &Stage) {
        let (north, south) = (job(), job_of("south", "invoice", Lane::Bulk));
        let other = job_of("south", "recall-list", Lane::Standard);
        for job in [&north, &south, &other] {
            stage.push(job.clone()).await;
        }
        let tenant = Some(south.tenant.clone());
        assert_eq!(ids(stage, JobFilter { tenant: tenant.clone(), ..Default::default() }, 10).await, [other.id, south.id]);
        let report = Some(south.report.clone());
        assert_eq!(ids(stage, JobFilter { report: report.clone(), ..Default::default() }, 10).await, [south.id, north.id]);
        assert_eq!(ids(stage, JobFilter { tenant, report, ..Default::default() }, 10).await, [south.id]);
        assert_eq!(ids(stage, JobFilter { state: Some(JobState::Running), ..Default::default() }, 10).await, []);
        assert_eq!(ids(stage, JobFilter::default(), 2).await, [other.id, south.id]);
        assert_eq!(ids(stage, JobFilter::default(), 0).await, []);
    }

    async fn the_depths_are_counted(stage: &Stage) {
        assert_eq!(stage.queue.stats().await.unwrap().inbox, 0);
        stage.push(job_of("north", "invoice", Lane::Interactive)).await;
        stage.push(job_of("north", "invoice", Lane::Interactive)).await;
        stage.push(job_of("north", "invoice", Lane::Bulk)).await;
        stage.push(later(60_000)).await;
        sleep_ms(20).await;
        let stats = stage.queue.stats().await.unwrap();
        assert_eq!(stats.lanes.iter().map(|(lane, depth)| (*lane, depth.waiting)).collect::<Vec<_>>(),
            [(Lane::Interactive, 2), (Lane::Standard, 0), (Lane::Bulk, 1)]);
        assert!(stats.lanes[0].1.oldest_waiting_ms >= 20 && stats.lanes[0].1.oldest_waiting_ms < 10_000);
        assert_eq!(stats.lanes[1].1.oldest_waiting_ms, 0);
        assert_eq!((stats.inbox, stats.scheduled, stats.running), (0, 1, 0), "a ring is no message");

        let claims = stage.claim(2).await;
        stage.settle(&claims[0], Settlement::Fail(failure())).await;
        stage.queue.post(RawMessage(b"{}".to_vec())).await.unwrap();
        let stats = stage.queue.stats().await.unwrap();
        assert_eq!((stats.inbox, stats.running, stats.dead, stats.outbox), (1, 1, 1, 1));
    }
}
