//! Files that an older program made go on working.

use std::{sync::Arc, time::Duration};

use pressroom::{
    clock::SystemClock,
    job::{Job, JobState, Lane},
    queue::{LeaseStore, Policy, Pushed, Settlement, sqlite::SqliteQueue},
};

use super::stage::*;

/// A file as version 1 left it, with jobs in every state.
struct Old {
    folder: tempfile::TempDir,
    pool: sqlx::SqlitePool,
}

impl Old {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("queue.db").display());
        let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
        sqlx::query(include_str!("version_1.sql")).execute(&pool).await.unwrap();
        Self { folder, pool }
    }

    /// Writes a job as version 1 did.
    async fn job(&self, job: &Job, state: JobState, more: &str) {
        let micros = now().timestamp_micros();
        sqlx::query(
            "INSERT INTO jobs (id, tenant, report, lane, job, state, max_attempts, accepted_us, changed_us, since_us)
             VALUES (?, ?, ?, ?, ?, ?, 3, ?8, ?8, ?8)",
        )
        .bind(job.id.to_string())
        .bind(job.tenant.as_str())
        .bind(job.report.as_str())
        .bind(job.lane.as_str())
        .bind(serde_json::to_string(job).unwrap())
        .bind(state.as_str())
        .bind(3)
        .bind(micros)
        .execute(&self.pool)
        .await
        .unwrap();
        let set = format!("UPDATE jobs SET {more} WHERE id = '{}'", job.id);
        sqlx::query(sqlx::AssertSqlSafe(set)).execute(&self.pool).await.unwrap();
        if state == JobState::Waiting {
            sqlx::query("INSERT OR IGNORE INTO tenant_turns VALUES (?, ?, 7)")
                .bind(job.lane.as_str())
                .bind(job.tenant.as_str())
                .execute(&self.pool)
                .await
                .unwrap();
            sqlx::query("INSERT OR IGNORE INTO report_turns VALUES (?, ?, ?, 7)")
                .bind(job.lane.as_str())
                .bind(job.tenant.as_str())
                .bind(job.report.as_str())
                .execute(&self.pool)
                .await
                .unwrap();
        }
    }

    async fn open(&self) -> SqliteQueue {
        SqliteQueue::open(&self.folder.path().join("queue.db"), Arc::new(SystemClock)).await.unwrap()
    }
}

#[tokio::test]
async fn version_1_goes_on_as_version_2() {
    let old = Old::new().await;
    let hour = now().timestamp_micros() + 3_600_000_000;
    let jobs: Vec<Job> = (0..7).map(|n| job_of(["north", "south"][n % 2], "invoice", Lane::Bulk)).collect();
    let [waiting, behind, running, scheduled, retrying, failed, done] = &jobs[..] else { unreachable!() };
    old.job(waiting, JobState::Waiting, "trace = 'trace'").await;
    old.job(behind, JobState::Waiting, "attempt = 1").await;
    old.job(running, JobState::Running, &format!("attempt = 1, fence = 41, due_us = {hour}, worker = 'old'")).await;
    old.job(scheduled, JobState::Scheduled, &format!("due_us = {hour}")).await;
    let why = serde_json::to_string(&failure()).unwrap();
    old.job(retrying, JobState::Retrying, &format!("due_us = {hour}, attempt = 2, failure = '{why}'")).await;
    old.job(failed, JobState::Failed, &format!("attempt = 3, failure = '{why}', outbox_us = 5")).await;
    sqlx::query("INSERT INTO dead (id, at_us) VALUES (?, 5)")
        .bind(failed.id.to_string())
        .execute(&old.pool)
        .await
        .unwrap();
    old.job(done, JobState::Done, &format!("shown = 0, forget_us = {hour}")).await;
    sqlx::query("UPDATE claims SET count = 41").execute(&old.pool).await.unwrap();

    let queue = old.open().await;
    let stats = queue.stats().await.unwrap();
    assert_eq!(stats.lanes.iter().map(|(_, lane)| lane.waiting).collect::<Vec<_>>(), [0, 0, 2]);
    assert_eq!((stats.running, stats.scheduled, stats.retrying, stats.dead, stats.outbox), (1, 1, 1, 1, 1));
    for job in &jobs {
        assert_eq!(queue.find(&job.tenant, job.id).await.unwrap().unwrap().job, *job);
    }
    let view = queue.find(&retrying.tenant, retrying.id).await.unwrap().unwrap();
    assert_eq!((view.failures[0].attempt, &view.failures[0].failure), (2, &failure()));

    // What ran under the old program is settled under the new one.
    let lease = pressroom::queue::Lease { job: running.id, fence: 41 };
    assert_eq!(
        queue.settle(lease, Settlement::Release).await.unwrap(),
        pressroom::queue::Settled::Applied(JobState::Waiting)
    );
    let claims = queue.claim("new", 10.into(), LEASE).await.unwrap();
    assert_eq!(claims.len(), 3);
    assert!(claims.iter().all(|claim| claim.fence > 41 && claim.slots == 1 && claim.deferrals == 0));
    let first = claims.iter().find(|claim| claim.job.id == waiting.id).unwrap();
    assert_eq!((first.attempt, first.trace.as_deref()), (1, Some("trace")));
    assert!(queue.dead_retry(&failed.id.to_string()).await.unwrap());

    // The counts are right: these rules see what is there.
    let most = Policy { running: Some(3), waiting_per_tenant: 2, ..Policy::default() };
    queue.govern(&most).await.unwrap();
    assert!(queue.claim("new", 10.into(), LEASE).await.unwrap().is_empty());
    let of_north = job_of("north", "invoice", Lane::Bulk);
    assert_eq!(
        (failed.tenant.as_str(), scheduled.tenant.as_str(), retrying.tenant.as_str()),
        ("south", "south", "north")
    );
    assert_eq!(queue.push(plain(job_of("south", "invoice", Lane::Bulk))).await.unwrap(), Pushed::Full);
    assert_eq!(queue.push(plain(of_north.clone())).await.unwrap(), Pushed::Accepted(of_north.id));

    // And the file may be opened again.
    drop(queue);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(old.open().await.stats().await.unwrap().running, 3);
}

#[tokio::test]
async fn two_programs_may_open_an_old_file_at_once() {
    let old = Old::new().await;
    let job = job();
    old.job(&job, JobState::Waiting, "attempt = 0").await;
    let (one, two) = tokio::join!(old.open(), old.open());
    assert_eq!(one.claim("one", 10.into(), LEASE).await.unwrap().len(), 1);
    assert!(two.claim("two", 10.into(), LEASE).await.unwrap().is_empty());
}
