//! Lines of waiting jobs: lining up, and whose turn it is.
//!
//! Triggers (`schema.sql`) keep lines and counts as the states of jobs say, so whatever changes a state only sets it.
//!
//! **Invariant:** a flow (lane, tenant, report) has a turn exactly when a job waits in it, and finding the next one reads
//! a row for each report and size at most: a claim costs the same however many jobs and tenants wait, or are held.

use sqlx::{Row, SqliteConnection, SqliteExecutor, query, query_scalar};

use crate::job::{JobState, Lane};

/// Lines a job up in its flow, in the order of `since`; whose flow is new is served after the others.
pub(super) async fn enqueue(tx: &mut SqliteConnection, id: &str, since: i64, now: i64) -> sqlx::Result<()> {
    query("UPDATE jobs SET state = 'waiting', since_us = ?, changed_us = ?, due_us = NULL, worker = NULL WHERE id = ?")
        .bind(since)
        .bind(now)
        .bind(id)
        .execute(tx)
        .await?;
    Ok(())
}

/// The job whose turn it is.
#[derive(Debug)]
pub(super) struct Next {
    pub(super) id: String,
    /// How many slots it asks for.
    pub(super) slots: i64,
}

/// What a worker has room for, in slots.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) free: i64,
    pub(super) total: i64,
}

impl Room {
    /// How many slots a job takes that asks for so many.
    pub(super) fn takes(self, slots: i64) -> i64 {
        slots.min(self.total)
    }

    pub(super) fn fits(self, slots: i64) -> bool {
        self.takes(slots) <= self.free
    }
}

/// The lanes in which something may be found, most urgent first.
#[derive(Debug, Clone)]
pub(super) struct Lanes(pub(super) Vec<Lane>);

impl Lanes {
    /// The job whose turn it is among those that fit; a lane without any lends its turn to the most urgent that has.
    pub(super) async fn next(
        &mut self,
        tx: &mut SqliteConnection,
        first: Option<Lane>,
        room: Room,
    ) -> sqlx::Result<Option<Next>> {
        let mut lane = first.filter(|lane| self.0.contains(lane)).or_else(|| self.0.first().copied());
        while let Some(asked) = lane {
            if let Some(next) = next_in(tx, asked, room).await? {
                return Ok(Some(next));
            }
            self.0.retain(|lane| *lane != asked);
            lane = self.0.first().copied();
        }
        Ok(None)
    }
}

async fn next_in(tx: &mut SqliteConnection, lane: Lane, room: Room) -> sqlx::Result<Option<Next>> {
    match of_first_tenant(tx, lane, room).await? {
        None => of_any_tenant(tx, lane, room).await,
        found => Ok(found),
    }
}

/// What the tenant has whose turn it is in the lane.
async fn of_first_tenant(tx: &mut SqliteConnection, lane: Lane, room: Room) -> sqlx::Result<Option<Next>> {
    let row = query(
        "SELECT (SELECT id FROM jobs WHERE state = 'waiting' AND lane = ?1 AND tenant = flow.tenant
                 AND report = flow.report ORDER BY since_us, id LIMIT 1), flow.slots
         FROM flows AS flow
         WHERE lane = ?1
         AND tenant = (SELECT tenant FROM flows INDEXED BY flows_next WHERE lane = ?1 AND held = 0
                       ORDER BY tenant_turn, tenant LIMIT 1)
         AND min(slots, ?2) <= ?3
         AND NOT (SELECT held FROM reports WHERE reports.report = flow.report)
         ORDER BY turn, report LIMIT 1",
    )
    .bind(lane.as_str())
    .bind(room.total)
    .bind(room.free)
    .fetch_optional(tx)
    .await?;
    next(row)
}

/// The same without walking over tenants that can't be served: of each report that isn't held and each size that fits,
/// the first flow; of these the one whose tenant's turn it is.
async fn of_any_tenant(tx: &mut SqliteConnection, lane: Lane, room: Room) -> sqlx::Result<Option<Next>> {
    let row = query(
        "WITH RECURSIVE kind (report, slots) AS (
           SELECT report, (SELECT min(slots) FROM flows INDEXED BY flows_kind
                           WHERE lane = ?1 AND report = reports.report AND held = 0)
           FROM reports WHERE held = 0 AND waiting > 0
           UNION ALL
           SELECT report, (SELECT min(slots) FROM flows INDEXED BY flows_kind
                           WHERE lane = ?1 AND report = kind.report AND held = 0
                           AND slots > kind.slots)
           FROM kind WHERE slots IS NOT NULL)
         SELECT (SELECT id FROM jobs WHERE state = 'waiting' AND lane = ?1 AND tenant = flow.tenant
                 AND report = flow.report ORDER BY since_us, id LIMIT 1), flow.slots
         FROM kind CROSS JOIN flows AS flow
         WHERE kind.slots IS NOT NULL AND min(kind.slots, ?2) <= ?3
         AND flow.lane = ?1 AND flow.report = kind.report
         AND flow.tenant = (SELECT tenant FROM flows INDEXED BY flows_kind
                            WHERE lane = ?1 AND report = kind.report AND slots = kind.slots
                            AND held = 0 ORDER BY tenant_turn, tenant LIMIT 1)
         ORDER BY flow.tenant_turn, flow.tenant, flow.turn, flow.report LIMIT 1",
    )
    .bind(lane.as_str())
    .bind(room.total)
    .bind(room.free)
    .fetch_optional(tx)
    .await?;
    next(row)
}

fn next(row: Option<sqlx::sqlite::SqliteRow>) -> sqlx::Result<Option<Next>> {
    row.map(|row| Ok(Next { id: row.try_get(0)?, slots: row.try_get(1)? })).transpose()
}

const CLAIMABLE: &str = "SELECT
    NOT EXISTS (SELECT 1 FROM claims JOIN policy USING (only) WHERE claims.running >= policy.running)
    AND EXISTS (
      SELECT 1 FROM (VALUES ('interactive'), ('standard'), ('bulk')) CROSS JOIN reports
      WHERE held = 0 AND waiting > 0 AND NOT EXISTS (SELECT 1 FROM pauses WHERE scope = 'lane:' || column1)
      AND EXISTS (SELECT 1 FROM flows INDEXED BY flows_kind
                  WHERE lane = column1 AND report = reports.report AND held = 0))";

/// Whether a worker with free slots may find something to claim.
pub(super) async fn claimable<'e>(from: impl SqliteExecutor<'e>) -> sqlx::Result<bool> {
    query_scalar(CLAIMABLE).fetch_one(from).await
}

/// Moves at most `most` jobs of a state that have become due into their lines, behind those that have waited longer.
pub(super) async fn line_up_due(tx: &mut SqliteConnection, state: JobState, now: i64, most: usize) -> sqlx::Result<()> {
    query(
        "UPDATE jobs SET state = 'waiting', since_us = due_us, changed_us = ?2, due_us = NULL, worker = NULL
         WHERE id IN (SELECT id FROM jobs WHERE state = ?1 AND due_us <= ?2 ORDER BY due_us LIMIT ?3)",
    )
    .bind(state.as_str())
    .bind(now)
    .bind(i64::try_from(most).unwrap_or(i64::MAX))
    .execute(tx)
    .await?;
    Ok(())
}
