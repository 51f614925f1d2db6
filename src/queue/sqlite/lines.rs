//! Lines of waiting jobs: lining up, leaving, and whose turn it is.
//!
//! **Invariant:** a flow (lane, tenant, report) has a turn exactly when a job waits in it, so a claim costs the same
//! however many jobs wait.

use sqlx::{Row, SqliteConnection, query, query_scalar};

use crate::job::{JobState, Lane};

/// Which lane each claim asks first, 6 : 3 : 1.
const TURNS: [Lane; 10] = {
    use Lane::{Bulk as B, Interactive as I, Standard as S};
    [I, S, I, I, S, I, B, I, S, I]
};

/// Lines a job up in its flow, in the order of `since`; whose flow is new is served after the others.
pub(super) async fn enqueue(tx: &mut SqliteConnection, id: &str, since: i64, now: i64) -> sqlx::Result<()> {
    query("UPDATE jobs SET state = 'waiting', since_us = ?, changed_us = ?, due_us = NULL, worker = NULL WHERE id = ?")
        .bind(since)
        .bind(now)
        .bind(id)
        .execute(&mut *tx)
        .await?;
    query("INSERT OR IGNORE INTO tenant_turns SELECT lane, tenant, (SELECT count FROM claims) FROM jobs WHERE id = ?")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    query(
        "INSERT OR IGNORE INTO report_turns
         SELECT lane, tenant, report, (SELECT count FROM claims) FROM jobs WHERE id = ?",
    )
    .bind(id)
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Lets a flow leave the turns when no job waits in it any more.
pub(super) async fn leave(tx: &mut SqliteConnection, flow: &Flow) -> sqlx::Result<()> {
    query(
        "DELETE FROM report_turns WHERE lane = ?1 AND tenant = ?2 AND report = ?3 AND NOT EXISTS
           (SELECT 1 FROM jobs WHERE state = 'waiting' AND lane = ?1 AND tenant = ?2 AND report = ?3)",
    )
    .bind(&flow.lane)
    .bind(&flow.tenant)
    .bind(&flow.report)
    .execute(&mut *tx)
    .await?;
    query(
        "DELETE FROM tenant_turns WHERE lane = ?1 AND tenant = ?2 AND NOT EXISTS
           (SELECT 1 FROM report_turns WHERE lane = ?1 AND tenant = ?2)",
    )
    .bind(&flow.lane)
    .bind(&flow.tenant)
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// A line of jobs that share lane, tenant and report.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) lane: String,
    pub(super) tenant: String,
    pub(super) report: String,
}

/// Counts one claim; its number is the fence, and decides whose turn it is.
pub(super) async fn count_claim(tx: &mut SqliteConnection) -> sqlx::Result<i64> {
    query_scalar("UPDATE claims SET count = count + 1 RETURNING count").fetch_one(tx).await
}

/// The flow whose turn it is and the first job in it.
pub(super) async fn next(tx: &mut SqliteConnection, turn: i64) -> sqlx::Result<Option<(Flow, String)>> {
    let Some(lane) = choose_lane(tx, turn).await? else { return Ok(None) };
    let found = query(
        "SELECT tenant, report,
                (SELECT id FROM jobs WHERE state = 'waiting' AND lane = ?1 AND tenant = flow.tenant
                 AND report = flow.report ORDER BY since_us, id LIMIT 1)
         FROM (SELECT tenant, (SELECT report FROM report_turns WHERE lane = ?1 AND tenant = first.tenant
                               ORDER BY turn, report LIMIT 1) AS report
               FROM (SELECT tenant FROM tenant_turns WHERE lane = ?1 ORDER BY turn, tenant LIMIT 1) AS first) AS flow",
    )
    .bind(lane.as_str())
    .fetch_optional(tx)
    .await?;
    let Some(row) = found else { return Ok(None) };
    let flow = Flow { lane: lane.to_string(), tenant: row.try_get(0)?, report: row.try_get(1)? };
    Ok(Some((flow, row.try_get(2)?)))
}

/// An empty lane lends its turn to the most urgent one that isn't.
async fn choose_lane(tx: &mut SqliteConnection, turn: i64) -> sqlx::Result<Option<Lane>> {
    let lanes: Vec<String> = query_scalar(
        "SELECT column1 FROM (VALUES ('interactive'), ('standard'), ('bulk'))
         WHERE EXISTS (SELECT 1 FROM tenant_turns WHERE lane = column1)",
    )
    .fetch_all(tx)
    .await?;
    let waits = |lane: &Lane| lanes.iter().any(|waiting| waiting == lane.as_str());
    let first = usize::try_from(turn).ok().and_then(|turn| TURNS.get(turn % TURNS.len())).copied();
    Ok(first.filter(waits).or_else(|| Lane::ALL.into_iter().find(waits)))
}

/// Notes that a flow and its tenant have just been served, and lets them leave when nothing waits.
pub(super) async fn served(tx: &mut SqliteConnection, flow: &Flow, turn: i64) -> sqlx::Result<()> {
    query("UPDATE tenant_turns SET turn = ? WHERE lane = ? AND tenant = ?")
        .bind(turn)
        .bind(&flow.lane)
        .bind(&flow.tenant)
        .execute(&mut *tx)
        .await?;
    query("UPDATE report_turns SET turn = ? WHERE lane = ? AND tenant = ? AND report = ?")
        .bind(turn)
        .bind(&flow.lane)
        .bind(&flow.tenant)
        .bind(&flow.report)
        .execute(&mut *tx)
        .await?;
    leave(tx, flow).await
}

/// Whether any job waits.
pub(super) async fn any(tx: &mut SqliteConnection) -> sqlx::Result<bool> {
    query_scalar("SELECT EXISTS (SELECT 1 FROM tenant_turns)").fetch_one(tx).await
}

/// Moves jobs that have become due into their lines, behind those that have waited longer.
pub(super) async fn line_up_due(tx: &mut SqliteConnection, now: i64, most: i64) -> sqlx::Result<()> {
    for state in [JobState::Scheduled, JobState::Retrying] {
        let due = query("SELECT id, due_us FROM jobs WHERE state = ? AND due_us <= ? ORDER BY due_us LIMIT ?")
            .bind(state.as_str())
            .bind(now)
            .bind(most)
            .fetch_all(&mut *tx)
            .await?;
        for row in due {
            enqueue(tx, row.try_get(0)?, row.try_get(1)?, now).await?;
        }
    }
    Ok(())
}
