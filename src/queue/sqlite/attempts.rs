//! The life of an attempt: claimed, renewed, settled or rescued, and cancelled.

use std::time::Duration;

use sqlx::{Row, SqliteConnection, query, query_scalar};

use super::{
    as_micros, corrupt, endings, json,
    lines::{self, Room},
    read::{count, failures, instant},
    rules::{self, Due},
};
use crate::{
    job::{Failure, JobId, JobState, Progress, Tenant},
    queue::{
        BATCH, Cancelled, Capacity, Claim, FAILURES_KEPT, FailedAttempt, Lease, RESERVATION, Renewal, Result, Settled,
        Settlement,
        failure::{unreadable, worker_died},
    },
};

/// Who claims, until when, and now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claimant<'a> {
    pub(super) worker: &'a str,
    pub(super) until: i64,
    pub(super) now: i64,
}

/// Moves what is due, rescues what has died, then claims until the free slots are taken.
pub(super) async fn claim(tx: &mut SqliteConnection, by: Claimant<'_>, capacity: Capacity) -> Result<Vec<Claim>> {
    let mut standing = rules::standing(tx, by.now).await?;
    if standing.due != Due::NOTHING {
        tidy(tx, standing.due, by.now).await?;
        standing = rules::standing(tx, by.now).await?;
    }
    let slots = |slots: usize| i64::try_from(slots).unwrap_or(i64::MAX);
    let mut room = Room { free: slots(capacity.free), total: slots(capacity.total.max(capacity.free)) };
    let mut claims = Vec::new();
    let mut reserved = if standing.reserved { reservation(tx, by).await? } else { None };
    if reserved.as_ref().is_some_and(|job| !room.fits(job.slots)) {
        return Ok(claims);
    }
    let mut may_reserve = true;
    while claims.len() < BATCH && room.free > 0 && standing.left > 0 {
        let turn = standing.count + 1;
        let first = standing.first(turn);
        let any = Room { free: if may_reserve { i64::MAX } else { room.free }, ..room };
        let found = match reserved.take() {
            Some(reserved) => Some(reserved),
            None => standing.lanes.next(tx, first, any).await?,
        };
        let Some(found) = found else { break };
        if !room.fits(found.slots) {
            if reserve(tx, by, &found.id).await? {
                break;
            }
            may_reserve = false;
            continue;
        }
        standing.count = turn;
        if let Some(claim) = take(tx, by, &found, turn, room).await? {
            room.free -= i64::from(claim.slots);
            standing.left -= 1;
            claims.push(claim);
        }
    }
    Ok(claims)
}

/// Does what is due, a few of each.
async fn tidy(tx: &mut SqliteConnection, due: Due, now: i64) -> Result<()> {
    if due.forgotten {
        endings::sweep(tx, now).await?;
    }
    if due.scheduled {
        lines::line_up_due(tx, JobState::Scheduled, now, BATCH).await?;
    }
    if due.retrying {
        lines::line_up_due(tx, JobState::Retrying, now, BATCH).await?;
    }
    if due.died {
        rescue(tx, now).await?;
    }
    Ok(())
}

async fn take(
    tx: &mut SqliteConnection,
    by: Claimant<'_>,
    next: &lines::Next,
    turn: i64,
    room: Room,
) -> Result<Option<Claim>> {
    let row = query(
        "UPDATE jobs SET state = 'running', attempt = attempt + 1, fence = ?2, worker = ?3, due_us = ?4,
         changed_us = ?5, rows = 0, pages = 0 WHERE id = ?1 RETURNING job, attempt, trace, deferrals,
         failures",
    )
    .bind(&next.id)
    .bind(turn)
    .bind(by.worker)
    .bind(by.until)
    .bind(by.now)
    .fetch_one(&mut *tx)
    .await?;
    let Ok(job) = serde_json::from_str(row.try_get(0)?) else {
        tracing::error!(job.id = next.id, "a job in the queue can't be read; it is failed");
        endings::conclude(tx, &next.id, JobState::Failed, Some(&unreadable()), by.now).await?;
        return Ok(None);
    };
    Ok(Some(Claim {
        job,
        attempt: count(&row, 1)?,
        fence: turn.unsigned_abs(),
        trace: row.try_get(2)?,
        slots: u32::try_from(room.takes(next.slots)).unwrap_or(u32::MAX),
        deferrals: count(&row, 3)?,
        failures: failures(row.try_get(4)?).unwrap_or_default(),
    }))
}

/// The job for which this worker lets slots go free. Nobody holds a reservation that has run
/// out, or for a job that isn't to be had any more.
async fn reservation(tx: &mut SqliteConnection, by: Claimant<'_>) -> Result<Option<lines::Next>> {
    let row = query(
        "SELECT id, slots, reservation.worker = ?1, until_us > ?2 AND coalesce(
                  state = 'waiting' AND NOT EXISTS (SELECT 1 FROM pauses WHERE scope = 'lane:' || lane)
                  AND NOT (SELECT held FROM tenants WHERE tenants.tenant = jobs.tenant)
                  AND NOT (SELECT held FROM reports WHERE reports.report = jobs.report), FALSE)
         FROM reservation LEFT JOIN jobs USING (id)",
    )
    .bind(by.worker)
    .bind(by.now)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (ours, holds): (bool, bool) = (row.try_get(2)?, row.try_get(3)?);
    let reserved = if ours && holds { Some(lines::Next { id: row.try_get(0)?, slots: row.try_get(1)? }) } else { None };
    if !holds {
        query("DELETE FROM reservation").execute(tx).await?;
    }
    Ok(reserved)
}

/// Lets this worker's slots go free for a large job; `false` when another worker does that for one.
async fn reserve(tx: &mut SqliteConnection, by: Claimant<'_>, id: &str) -> Result<bool> {
    let reserved = query(
        "INSERT INTO reservation (only, worker, id, until_us) VALUES (0, ?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET id = ?2, until_us = ?3 WHERE reservation.worker = ?1",
    )
    .bind(by.worker)
    .bind(id)
    .bind(by.now + as_micros(RESERVATION))
    .execute(tx)
    .await?;
    Ok(reserved.rows_affected() > 0)
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
    query("UPDATE claims SET rescues = rescues + ?").bind(expired.len() as i64).execute(&mut *tx).await?;
    for row in expired {
        let id: &str = row.try_get(0)?;
        let (over, cancel): (bool, bool) = (row.try_get(2)?, row.try_get(3)?);
        let failure = worker_died(count(&row, 1)?, !over);
        if cancel {
            endings::conclude(tx, id, JobState::Cancelled, None, now).await?;
        } else if over {
            endings::conclude(tx, id, JobState::Failed, Some(&failure), now).await?;
        } else {
            note_failure(tx, id, &failure, now).await?;
            lines::enqueue(tx, id, row.try_get(4)?, now).await?;
        }
    }
    Ok(())
}

/// Notes why the latest attempt failed, beside the first and the latest before.
pub(super) async fn note_failure(tx: &mut SqliteConnection, id: &str, failure: &Failure, now: i64) -> Result<()> {
    let row = query("SELECT failures, attempt, worker FROM jobs WHERE id = ?").bind(id).fetch_one(&mut *tx).await?;
    let mut noted = failures(row.try_get(0)?).unwrap_or_default();
    if noted.len() >= FAILURES_KEPT {
        noted.remove(1);
    }
    noted.push(FailedAttempt {
        attempt: count(&row, 1)?,
        at: instant(now),
        worker: row.try_get(2)?,
        failure: failure.clone(),
    });
    query("UPDATE jobs SET failure = ?, failures = ? WHERE id = ?")
        .bind(json(failure)?)
        .bind(json(&noted)?)
        .bind(id)
        .execute(tx)
        .await?;
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

/// Ends an attempt, if its fence is the newest; and whether that may have made something claimable.
pub(super) async fn settle(
    tx: &mut SqliteConnection,
    lease: Lease,
    how: &Settlement,
    now: i64,
) -> Result<(Settled, bool)> {
    let ended = match how {
        Settlement::Done => endings::finish(tx, lease).await?.map(|frees| (JobState::Done, frees)),
        Settlement::Cancelled => give_up(tx, lease, How::Cancelled, now).await?,
        Settlement::Fail(failure) => give_up(tx, lease, How::Failed(failure), now).await?,
        Settlement::Retry { failure, delay } => give_up(tx, lease, How::Retry(failure, *delay), now).await?,
        Settlement::Defer { failure, delay } => give_up(tx, lease, How::Defer(failure, *delay), now).await?,
        Settlement::Release => give_up(tx, lease, How::Release, now).await?,
    };
    Ok(ended.map_or((Settled::Fenced, false), |(state, frees)| (Settled::Applied(state), frees)))
}

/// How an attempt ends without an artifact.
#[derive(Clone, Copy)]
enum How<'a> {
    Retry(&'a Failure, Duration),
    Defer(&'a Failure, Duration),
    Release,
    Failed(&'a Failure),
    Cancelled,
}

async fn give_up(tx: &mut SqliteConnection, lease: Lease, how: How<'_>, now: i64) -> Result<Option<(JobState, bool)>> {
    let id = lease.job.to_string();
    let held = query(
        "SELECT attempt >= max_attempts, cancel, since_us, EXISTS (SELECT 1 FROM capped)
         FROM jobs WHERE id = ? AND fence = ? AND state = 'running'",
    )
    .bind(&id)
    .bind(i64::try_from(lease.fence).unwrap_or(i64::MAX))
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = held else { return Ok(None) };
    let (last, cancel, since, frees): (bool, bool, i64, bool) =
        (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
    let how = match how {
        How::Retry(..) | How::Defer(..) | How::Release if cancel => How::Cancelled,
        How::Retry(failure, _) if last => How::Failed(failure),
        how => how,
    };
    let state = match how {
        How::Cancelled => end(tx, &id, JobState::Cancelled, None, now).await?,
        How::Failed(failure) => end(tx, &id, JobState::Failed, Some(failure), now).await?,
        How::Retry(failure, delay) => {
            note_failure(tx, &id, failure, now).await?;
            try_later(tx, &id, now + as_micros(delay), now).await?
        }
        How::Defer(failure, delay) => {
            query("UPDATE jobs SET attempt = attempt - 1, deferrals = deferrals + 1, failure = ? WHERE id = ?")
                .bind(json(failure)?)
                .bind(&id)
                .execute(&mut *tx)
                .await?;
            try_later(tx, &id, now + as_micros(delay), now).await?
        }
        How::Release => {
            query("UPDATE jobs SET attempt = attempt - 1 WHERE id = ?").bind(&id).execute(&mut *tx).await?;
            lines::enqueue(tx, &id, since, now).await?;
            JobState::Waiting
        }
    };
    Ok(Some((state, frees || !state.is_final())))
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
    let state: Option<String> =
        query_scalar("SELECT state FROM jobs WHERE id = ? AND tenant = ? AND coalesce(forget_us > ?, TRUE)")
            .bind(&id)
            .bind(tenant.as_str())
            .bind(now)
            .fetch_optional(&mut *tx)
            .await?;
    let Some(state) = state else { return Ok(Cancelled::Unknown) };
    let state: JobState = state.parse().map_err(|_| corrupt("state"))?;
    if state.is_final() {
        return Ok(Cancelled::AlreadyFinal(state));
    }
    if state == JobState::Running {
        query("UPDATE jobs SET cancel = 1 WHERE id = ?").bind(&id).execute(tx).await?;
        return Ok(Cancelled::Requested);
    }
    endings::conclude(tx, &id, JobState::Cancelled, None, now).await?;
    Ok(Cancelled::Now)
}
