//! What a claim and a settlement cost SQLite, in steps of its machine, however much waits or is held.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use sqlx::{Sqlite, SqlitePool, pool::PoolConnection, query, sqlite::SqlitePoolOptions};

use super::{
    attempts::{self, Claimant},
    prepare, rules,
};
use crate::{
    job::{Job, JobId, Lane},
    queue::{Capacity, Policy, Settlement},
};

struct Scale {
    connection: PoolConnection<Sqlite>,
    _pool: SqlitePool,
    filled: u32,
}

impl Scale {
    async fn new() -> Self {
        let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
        prepare(&pool).await.unwrap();
        let connection = pool.acquire().await.unwrap();
        Self { connection, _pool: pool, filled: 0 }
    }

    /// Lines up so many jobs of a report for so many tenants, each taking so many slots.
    async fn fill(&mut self, report: &str, jobs: u32, tenants: u32, slots: u32) {
        let job = Job {
            id: JobId(uuid::Uuid::nil()),
            tenant: "t".parse().unwrap(),
            requester: "user-12".into(),
            report: report.parse().unwrap(),
            parameters: serde_json::Map::new(),
            lane: Lane::Standard,
            run_at: None,
            accepted_at: chrono::DateTime::UNIX_EPOCH,
            max_attempts: 3,
        };
        query(
            "WITH RECURSIVE n (n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM n WHERE n + 1 < ?1 + ?2),
                  ids (n, id) AS (SELECT n, printf('00000000-0000-7000-8000-%012x', n) FROM n)
             INSERT INTO jobs (id, tenant, report, lane, job, slots, state, max_attempts, accepted_us, changed_us, since_us)
             SELECT id, printf('tenant-%d', n % ?3), ?4, 'standard', json_set(?5, '$.id', id), ?6, 'new', 3, 0, 0, n
             FROM ids;
             UPDATE jobs SET state = 'waiting' WHERE state = 'new'",
        )
        .bind(self.filled)
        .bind(jobs)
        .bind(tenants)
        .bind(report)
        .bind(serde_json::to_string(&job).unwrap())
        .bind(slots)
        .execute(&mut *self.connection)
        .await
        .unwrap();
        self.filled += jobs;
    }

    async fn claim(&mut self, worker: &str, free: usize, total: usize) -> Vec<crate::queue::Claim> {
        let by = Claimant { worker, until: 1 << 60, now: 1 };
        attempts::claim(&mut self.connection, by, Capacity { free, total }).await.unwrap()
    }

    /// Steps for one claim of at most one job, and its settlement.
    async fn cost(&mut self) -> u64 {
        const TIMES: u64 = 40;
        let steps = Arc::new(AtomicU64::new(0));
        let counted = steps.clone();
        self.connection.lock_handle().await.unwrap().set_progress_handler(1, move || {
            counted.fetch_add(1, Ordering::Relaxed);
            true
        });
        for _ in 0..TIMES {
            for claim in self.claim("worker", 1, 8).await {
                attempts::settle(&mut self.connection, claim.lease(), &Settlement::Done, 2).await.unwrap();
            }
        }
        self.connection.lock_handle().await.unwrap().remove_progress_handler();
        steps.load(Ordering::Relaxed) / TIMES
    }
}

/// Hardly more: what grows is the depth of trees, which isn't counted.
fn assert_flat(costs: &[u64]) {
    println!("steps: {costs:?}");
    assert!(costs[0] > 100 && costs[1] <= costs[0] * 11 / 10, "{costs:?}");
}

#[tokio::test]
async fn a_claim_costs_the_same_however_much_waits() {
    let mut costs = Vec::new();
    for (jobs, tenants) in [(500, 10), (60_000, 10_000)] {
        let mut scale = Scale::new().await;
        scale.fill("invoice", jobs, tenants, 1).await;
        costs.push(scale.cost().await);
    }
    assert_flat(&costs);
}

#[tokio::test]
async fn what_is_held_costs_a_claim_the_same_however_much_it_is() {
    let mut costs = Vec::new();
    for tenants in [20, 10_000] {
        let mut scale = Scale::new().await;
        let cap = BTreeMap::from([("flood".parse().unwrap(), 0)]);
        let policy = Policy { running_of_report: cap, running_per_tenant: Some(1), ..Policy::default() };
        rules::govern(&mut scale.connection, &policy).await.unwrap();
        rules::set_paused(&mut scale.connection, &"report:paused".parse().unwrap(), true).await.unwrap();
        rules::set_paused(&mut scale.connection, &"tenant:tenant-7".parse().unwrap(), true).await.unwrap();
        scale.fill("flood", 2 * tenants, tenants, 1).await;
        scale.fill("paused", tenants, tenants, 1).await;
        scale.fill("invoice", 100, 20, 1).await;
        costs.push(scale.cost().await);
    }
    assert_flat(&costs);
}

#[tokio::test]
async fn a_slot_under_a_cap_costs_the_same_however_many_wait_for_it() {
    let mut costs = Vec::new();
    for tenants in [100, 10_000] {
        let mut scale = Scale::new().await;
        let cap = BTreeMap::from([("flood".parse().unwrap(), 1)]);
        let policy = Policy { running_of_report: cap, ..Policy::default() };
        rules::govern(&mut scale.connection, &policy).await.unwrap();
        scale.fill("flood", tenants, tenants, 1).await;
        costs.push(scale.cost().await);
        assert_eq!(scale.claim("worker", 8, 8).await.len(), 1);
        assert!(scale.claim("worker", 8, 8).await.is_empty());
    }
    assert_flat(&costs);
}

#[tokio::test]
async fn large_jobs_cost_others_the_same_however_many_they_are() {
    let mut costs = Vec::new();
    for tenants in [20, 10_000] {
        let mut scale = Scale::new().await;
        scale.fill("atlas", tenants, tenants, 4).await;
        assert!(scale.claim("reserving", 1, 8).await.is_empty());
        scale.fill("invoice", 100, 20, 1).await;
        costs.push(scale.cost().await);
    }
    assert_flat(&costs);
}

#[tokio::test]
async fn a_claim_that_finds_nothing_writes_nothing() {
    let mut scale = Scale::new().await;
    scale.fill("invoice", 10, 5, 1).await;
    rules::set_paused(&mut scale.connection, &"lane:standard".parse().unwrap(), true).await.unwrap();
    let changes = "SELECT total_changes()";
    let before: i64 = sqlx::query_scalar(changes).fetch_one(&mut *scale.connection).await.unwrap();
    assert!(scale.claim("worker", 8, 8).await.is_empty());
    let after: i64 = sqlx::query_scalar(changes).fetch_one(&mut *scale.connection).await.unwrap();
    assert_eq!(before, after);
}
