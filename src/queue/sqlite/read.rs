//! What the queue in SQLite shows: jobs, lists, depths, dead letters, outcomes.
//!
//! **Invariant:** changes nothing. A job that can't be read is left out and doesn't hide the others.

use chrono::{DateTime, Utc};
use sqlx::{Row, SqlitePool, query, query_scalar, sqlite::SqliteRow};

use super::{corrupt, rules};
use crate::{
    job::{Failure, JobId, Lane, Progress, Tenant},
    queue::{BATCH, DeadLetter, Decided, FailedAttempt, JobFilter, JobView, LaneStats, Result, Stats, WorkerView},
};

pub(super) async fn find(pool: &SqlitePool, tenant: &Tenant, id: JobId, now: i64) -> Result<Option<JobView>> {
    query("SELECT * FROM jobs WHERE id = ? AND tenant = ? AND coalesce(forget_us > ?, TRUE)")
        .bind(id.to_string())
        .bind(tenant.as_str())
        .bind(now)
        .fetch_optional(pool)
        .await?
        .as_ref()
        .map(view)
        .transpose()
}

pub(super) async fn list(pool: &SqlitePool, filter: &JobFilter, limit: usize) -> Result<Vec<JobView>> {
    let mut found = Vec::new();
    let mut before = match filter.before {
        Some((at, id)) => (at.timestamp_micros(), id.to_string()),
        None => (i64::MAX, String::new()),
    };
    loop {
        let page = page(pool, filter.tenant.as_ref(), &before).await?;
        for row in &page {
            if found.len() == limit {
                return Ok(found);
            }
            before = (row.try_get("accepted_us")?, row.try_get("id")?);
            found.extend(view(row).ok().filter(|view| filter.admits(view)));
        }
        if page.len() < BATCH || found.len() == limit {
            return Ok(found);
        }
    }
}

async fn page(pool: &SqlitePool, tenant: Option<&Tenant>, before: &(i64, String)) -> Result<Vec<SqliteRow>> {
    let (all, own) = (
        "SELECT * FROM jobs WHERE shown = 1 AND (accepted_us, id) < (?1, ?2)
         ORDER BY accepted_us DESC, id DESC LIMIT ?3",
        "SELECT * FROM jobs WHERE shown = 1 AND tenant = ?4 AND (accepted_us, id) < (?1, ?2)
         ORDER BY accepted_us DESC, id DESC LIMIT ?3",
    );
    let mut query = query(if tenant.is_some() { own } else { all }).bind(before.0).bind(&before.1).bind(BATCH as i64);
    if let Some(tenant) = tenant {
        query = query.bind(tenant.as_str());
    }
    Ok(query.fetch_all(pool).await?)
}

pub(super) async fn stats(pool: &SqlitePool, now: i64) -> Result<Stats> {
    let row = query(
        "SELECT (SELECT count(*) FROM inbox WHERE offer_us <= ?1),
                (SELECT count(*) FROM inbox WHERE offer_us > ?1),
                (SELECT count(*) FROM jobs WHERE due_us IS NOT NULL AND state = 'scheduled'),
                (SELECT running FROM claims),
                (SELECT count(*) FROM jobs WHERE due_us IS NOT NULL AND state = 'retrying'),
                (SELECT count(*) FROM dead),
                (SELECT count(*) FROM jobs WHERE outbox_us IS NOT NULL),
                (SELECT rescues FROM claims)",
    )
    .bind(now)
    .fetch_one(pool)
    .await?;
    let mut lanes = Vec::with_capacity(Lane::ALL.len());
    for lane in Lane::ALL {
        let row = query("SELECT count(*), min(since_us) FROM jobs WHERE state = 'waiting' AND lane = ?")
            .bind(lane.as_str())
            .fetch_one(pool)
            .await?;
        let oldest = row.try_get::<Option<i64>, _>(1)?.unwrap_or(now);
        let oldest_waiting_ms = ((now - oldest).max(0) / 1000).unsigned_abs();
        lanes.push((lane, LaneStats { waiting: count(&row, 0)?, oldest_waiting_ms }));
    }
    let (capped, paused) = rules::capped_and_paused(pool).await?;
    Ok(Stats {
        inbox: count(&row, 0)?,
        aside: count(&row, 1)?,
        lanes,
        scheduled: count(&row, 2)?,
        running: count(&row, 3)?,
        retrying: count(&row, 4)?,
        dead: count(&row, 5)?,
        outbox: count(&row, 6)?,
        paused,
        capped,
        rescues: count(&row, 7)?,
    })
}

pub(super) async fn dead(pool: &SqlitePool, limit: usize) -> Result<Vec<DeadLetter>> {
    let rows = query(
        "SELECT dead.id, at_us, size, reason, job, failure FROM dead LEFT JOIN jobs USING (id)
         ORDER BY at_us DESC, dead.id DESC LIMIT ?",
    )
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(pool)
    .await?;
    rows.iter().map(letter).collect()
}

fn letter(row: &SqliteRow) -> Result<DeadLetter> {
    let (job, failure): (Option<&str>, Option<&str>) = (row.try_get("job")?, row.try_get("failure")?);
    let failure = failure.and_then(|failure| serde_json::from_str::<Failure>(failure).ok());
    let reason: Option<String> = row.try_get("reason")?;
    Ok(DeadLetter {
        id: row.try_get("id")?,
        job: job.and_then(|job| serde_json::from_str(job).ok()),
        reason: failure.as_ref().map(|failure| failure.message.clone()).or(reason).unwrap_or_default(),
        failure,
        size_bytes: row.try_get::<i64, _>("size")?.unsigned_abs(),
        at: instant(row.try_get("at_us")?),
    })
}

pub(super) async fn dead_text(pool: &SqlitePool, id: &str) -> Result<Option<Vec<u8>>> {
    let text = query_scalar("SELECT text FROM dead WHERE id = ? AND text IS NOT NULL").bind(id);
    Ok(text.fetch_optional(pool).await?)
}

pub(super) async fn outcomes(pool: &SqlitePool, limit: usize) -> Result<Vec<Decided>> {
    let rows = query("SELECT * FROM jobs WHERE outbox_us IS NOT NULL ORDER BY outbox_us, id LIMIT ?")
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(pool)
        .await?;
    Ok(rows
        .iter()
        .filter_map(|row| Some(Decided { view: view(row).ok()?, fence: count(row, "fence").ok()? }))
        .collect())
}

fn view(row: &SqliteRow) -> Result<JobView> {
    let failure: Option<&str> = row.try_get("failure")?;
    Ok(JobView {
        job: serde_json::from_str(row.try_get("job")?).map_err(|_| corrupt("job"))?,
        state: row.try_get::<&str, _>("state")?.parse().map_err(|_| corrupt("state"))?,
        attempt: count(row, "attempt")?,
        progress: Progress { rows: count(row, "rows")?, pages: count(row, "pages")? },
        failure: failure.map(serde_json::from_str).transpose().map_err(|_| corrupt("failure"))?,
        failures: failures(row.try_get("failures")?).unwrap_or_default(),
        worker: row.try_get("worker")?,
        changed_at: instant(row.try_get("changed_us")?),
    })
}

/// What went wrong with a job so far.
pub(super) fn failures(text: &str) -> Result<Vec<FailedAttempt>> {
    serde_json::from_str(text).map_err(|_| corrupt("failures"))
}

pub(super) async fn workers(pool: &SqlitePool, now: i64) -> Result<Vec<WorkerView>> {
    let views: Vec<String> =
        query_scalar("SELECT view FROM workers WHERE until_us > ? ORDER BY name").bind(now).fetch_all(pool).await?;
    Ok(views.iter().filter_map(|view| serde_json::from_str(view).ok()).collect())
}

pub(super) async fn fired(pool: &SqlitePool, schedule: &str) -> Result<Option<DateTime<Utc>>> {
    let fired: Option<i64> =
        query_scalar("SELECT fired_us FROM schedules WHERE schedule = ?").bind(schedule).fetch_optional(pool).await?;
    Ok(fired.map(instant))
}

/// A count, which SQLite holds as a signed integer.
pub(super) fn count<T: TryFrom<i64> + Default, I: sqlx::ColumnIndex<SqliteRow>>(row: &SqliteRow, at: I) -> Result<T> {
    Ok(T::try_from(row.try_get::<i64, _>(at)?).unwrap_or_default())
}

pub(super) fn instant(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}
