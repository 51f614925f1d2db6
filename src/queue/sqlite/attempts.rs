//! The life of an attempt: claimed, renewed, settled or rescued, and cancelled.

use sqlx::{Row, SqliteConnection, query};

use super::{corrupt, endings, json, lines, read::count};
use crate::{
    job::{Failure, JobId, JobState, Progress, Tenant},
    queue::{
        BATCH, Cancelled, Claim, Lease, Renewal, Result, Settled, Settlement,
        failure::{unreadable, worker_died},
    },
};

/// Moves what is due, rescues what has died, then claims at most `free` jobs.
pub(super) async fn claim(
    tx: &mut SqliteConnection,
    worker: &str,
    free: usize,
    lease_us: i64,
    now: i64,
) -> Result<Vec<Claim>> {
    endings::sweep(tx, now).await?;
    lines::line_up_due(tx, now, BATCH as i64).await?;
    rescue(tx, now).await?;
    let mut claims = Vec::new();
    for _ in 0..free.min(BATCH) {
        if !lines::any(tx).await? {
            break;
        }
        claims.extend(take(tx, worker, now + lease_us, now).await?);
    }
    Ok(claims)
}

async fn take(tx: &mut SqliteConnection, worker: &str, until: i64, now: i64) -> Result<Option<Claim>> {
    let turn = lines::count_claim(tx).await?;
    let Some((flow, id)) = lines::next(tx, turn).await? else { return Ok(None) };
    let row = query(
        "UPDATE jobs SET state = 'running', attempt = attempt + 1, fence = ?2, worker = ?3, due_us = ?4,
         changed_us = ?5, rows = 0, pages = 0 WHERE id = ?1 RETURNING job, attempt, trace",
    )
    .bind(&id)
    .bind(turn)
    .bind(worker)
    .bind(until)
    .bind(now)
    .fetch_one(&mut *tx)
    .await?;
    lines::served(tx, &flow, turn).await?;
    let Ok(job) = serde_json::from_str(row.try_get(0)?) else {
        tracing::error!(job.id = id, "a job in the queue can't be read; it is failed");
        endings::conclude(tx, &id, JobState::Failed, Some(&unreadable()), now).await?;
        return Ok(None);
    };
    Ok(Some(Claim {
        job,
        attempt: count(&row, 1)?,
        fence: turn.unsigned_abs(),
        trace: row.try_get(2)?,
        slots: 1,
        deferrals: 0,
    }))
}

/// Leases that ran out: their worker died. The attempt counts.
async fn rescue(tx: &mut SqliteConnection, now: i64) -> Result<()> {
    let expired = query(
        "UPDATE jobs SET deaths = deaths + 1 WHERE id IN
           (SELECT id FROM jobs WHERE state = 'running' AND due_us <= ? ORDER BY due_us LIMIT ?)
         RETURNING id, deaths, attempt >= max_attempts, cancel, since_us",
    )
    .bind(now)
    .bind(BATCH as i64)
    .fetch_all(&mut *tx)
    .await?;
    for row in expired {
        let id: &str = row.try_get(0)?;
        let (over, cancel): (bool, bool) = (row.try_get(2)?, row.try_get(3)?);
        let failure = worker_died(count(&row, 1)?, !over);
        if cancel {
            endings::conclude(tx, id, JobState::Cancelled, None, now).await?;
        } else if over {
            endings::conclude(tx, id, JobState::Failed, Some(&failure), now).await?;
        } else {
            note_failure(tx, id, &failure).await?;
            lines::enqueue(tx, id, row.try_get(4)?, now).await?;
        }
    }
    Ok(())
}

async fn note_failure(tx: &mut SqliteConnection, id: &str, failure: &Failure) -> Result<()> {
    query("UPDATE jobs SET failure = ? WHERE id = ?").bind(json(failure)?).bind(id).execute(tx).await?;
    Ok(())
}

/// The heartbeat.
pub(super) async fn renew(tx: &mut SqliteConnection, lease: Lease, progress: Progress, until: i64) -> Result<Renewal> {
    let row = query(
        "UPDATE jobs SET due_us = ?, rows = ?, pages = ? WHERE id = ? AND fence = ? AND state = 'running'
         RETURNING cancel",
    )
    .bind(until)
    .bind(i64::try_from(progress.rows).unwrap_or(i64::MAX))
    .bind(i64::try_from(progress.pages).unwrap_or(i64::MAX))
    .bind(lease.job.to_string())
    .bind(i64::try_from(lease.fence).unwrap_or(i64::MAX))
    .fetch_optional(tx)
    .await?;
    match row {
        None => Ok(Renewal::Lost),
        Some(row) if row.try_get(0)? => Ok(Renewal::CancelRequested),
        Some(_) => Ok(Renewal::Held),
    }
}

/// Ends an attempt, if its fence is the newest.
pub(super) async fn settle(tx: &mut SqliteConnection, lease: Lease, how: &Settlement, now: i64) -> Result<Settled> {
    let id = lease.job.to_string();
    let held = query(
        "SELECT attempt >= max_attempts, cancel, since_us FROM jobs WHERE id = ? AND fence = ? AND state = 'running'",
    )
    .bind(&id)
    .bind(i64::try_from(lease.fence).unwrap_or(i64::MAX))
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = held else { return Ok(Settled::Fenced) };
    let (last, cancel, since): (bool, bool, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let state = match how {
        Settlement::Done => finish(tx, &id, now).await?,
        Settlement::Retry { .. } | Settlement::Defer { .. } | Settlement::Release if cancel => {
            end(tx, &id, JobState::Cancelled, None, now).await?
        }
        Settlement::Cancelled => end(tx, &id, JobState::Cancelled, None, now).await?,
        Settlement::Retry { failure, .. } if last => end(tx, &id, JobState::Failed, Some(failure), now).await?,
        Settlement::Fail(failure) => end(tx, &id, JobState::Failed, Some(failure), now).await?,
        Settlement::Retry { failure, delay } => {
            note_failure(tx, &id, failure).await?;
            try_later(tx, &id, now + super::as_micros(*delay), now).await?
        }
        Settlement::Defer { delay, .. } => try_later(tx, &id, now + super::as_micros(*delay), now).await?,
        Settlement::Release => {
            query("UPDATE jobs SET attempt = attempt - 1 WHERE id = ?").bind(&id).execute(&mut *tx).await?;
            lines::enqueue(tx, &id, since, now).await?;
            JobState::Waiting
        }
    };
    Ok(Settled::Applied(state))
}

async fn finish(tx: &mut SqliteConnection, id: &str, now: i64) -> Result<JobState> {
    query(
        "UPDATE jobs SET state = 'done', changed_us = ?, due_us = NULL, worker = NULL, failure = NULL, cancel = 0
         WHERE id = ?",
    )
    .bind(now)
    .bind(id)
    .execute(&mut *tx)
    .await?;
    endings::hide(tx, id).await?;
    endings::forget(tx, id, now).await?;
    Ok(JobState::Done)
}

async fn end(
    tx: &mut SqliteConnection,
    id: &str,
    state: JobState,
    failure: Option<&Failure>,
    now: i64,
) -> Result<JobState> {
    endings::conclude(tx, id, state, failure, now).await.map(|()| state)
}

async fn try_later(tx: &mut SqliteConnection, id: &str, due: i64, now: i64) -> Result<JobState> {
    query("UPDATE jobs SET state = 'retrying', due_us = ?, changed_us = ?, worker = NULL WHERE id = ?")
        .bind(due)
        .bind(now)
        .bind(id)
        .execute(tx)
        .await?;
    Ok(JobState::Retrying)
}

/// Stops a job of this tenant: at once, or by a flag that its worker's heartbeat sees.
pub(super) async fn cancel(tx: &mut SqliteConnection, tenant: &Tenant, id: JobId, now: i64) -> Result<Cancelled> {
    let id = id.to_string();
    let row =
        query("SELECT state, lane, report FROM jobs WHERE id = ? AND tenant = ? AND coalesce(forget_us > ?, TRUE)")
            .bind(&id)
            .bind(tenant.as_str())
            .bind(now)
            .fetch_optional(&mut *tx)
            .await?;
    let Some(row) = row else { return Ok(Cancelled::Unknown) };
    let state: JobState = row.try_get::<&str, _>(0)?.parse().map_err(|_| corrupt("state"))?;
    if state.is_final() {
        return Ok(Cancelled::AlreadyFinal(state));
    }
    if state == JobState::Running {
        query("UPDATE jobs SET cancel = 1 WHERE id = ?").bind(&id).execute(tx).await?;
        return Ok(Cancelled::Requested);
    }
    endings::conclude(tx, &id, JobState::Cancelled, None, now).await?;
    let flow = lines::Flow { lane: row.try_get(1)?, tenant: tenant.to_string(), report: row.try_get(2)? };
    lines::leave(tx, &flow).await?;
    Ok(Cancelled::Now)
}
