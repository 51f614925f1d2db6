//! How jobs end: the outbox, dead letters, and when they are forgotten.
//!
//! **Invariant:** a job is forgotten only when the catalog has its outcome and no dead letter needs it.

use sqlx::{Row, SqliteConnection, query, query_scalar};

use super::{as_micros, attempts::note_failure, lines};
use crate::{
    job::{Failure, JobState},
    queue::{BATCH, DEAD_LETTERS, ENDED_LIFETIME, Lease, Result},
};

/// A job ended without an artifact: the outcome waits for the catalog, and a failed job can be retried.
pub(super) async fn conclude(
    tx: &mut SqliteConnection,
    id: &str,
    state: JobState,
    failure: Option<&Failure>,
    now: i64,
) -> Result<()> {
    if let Some(failure) = failure {
        note_failure(tx, id, failure, now).await?;
    }
    query(
        "UPDATE jobs SET state = ?2, changed_us = ?3, outbox_us = ?3, worker = NULL, cancel = 0, due_us = NULL
         WHERE id = ?1",
    )
    .bind(id)
    .bind(state.as_str())
    .bind(now)
    .execute(&mut *tx)
    .await?;
    if state == JobState::Failed {
        query("INSERT OR REPLACE INTO dead (id, at_us) VALUES (?, ?)").bind(id).bind(now).execute(&mut *tx).await?;
        trim_dead(tx, now).await?;
    }
    Ok(())
}

/// A job is done: the catalog has it, so it is forgotten. Whether there are caps under which a slot has gone free;
/// `None` when the fence isn't the newest.
pub(super) async fn finish(tx: &mut SqliteConnection, lease: Lease) -> Result<Option<bool>> {
    let done = query(
        "UPDATE jobs SET state = 'done' WHERE id = ?1 AND fence = ?2 AND state = 'running'
         RETURNING EXISTS (SELECT 1 FROM capped);
         DELETE FROM jobs WHERE id = ?1 AND state = 'done'",
    )
    .bind(lease.job.to_string())
    .bind(i64::try_from(lease.fence).unwrap_or(i64::MAX))
    .fetch_all(tx)
    .await?;
    Ok(done.first().map(|row| row.try_get(0)).transpose()?)
}

/// Keeps the text of a message that could not become a job.
pub(super) async fn keep_text(tx: &mut SqliteConnection, id: &str, raw: &[u8], why: &str, now: i64) -> Result<()> {
    let text = &raw[..raw.len().min(crate::queue::message::MAX_BYTES)];
    query("INSERT INTO dead (id, at_us, text, size, reason) VALUES (?, ?, ?, ?, ?)")
        .bind(id)
        .bind(now)
        .bind(text)
        .bind(i64::try_from(raw.len()).unwrap_or(i64::MAX))
        .bind(why)
        .execute(&mut *tx)
        .await?;
    trim_dead(tx, now).await
}

/// Lets the oldest dead letters go when there are too many, a few at a time.
async fn trim_dead(tx: &mut SqliteConnection, now: i64) -> Result<()> {
    let count: i64 = query_scalar("SELECT count(*) FROM dead").fetch_one(&mut *tx).await?;
    let over = (count - DEAD_LETTERS as i64).min(BATCH as i64);
    if over <= 0 {
        return Ok(());
    }
    let oldest: Vec<String> =
        query_scalar("SELECT id FROM dead ORDER BY at_us, id LIMIT ?").bind(over).fetch_all(&mut *tx).await?;
    for id in oldest {
        drop_letter(tx, &id, now).await?;
    }
    Ok(())
}

/// Forgets an ended job after a while, unless the catalog or a retry still needs it.
pub(super) async fn forget(tx: &mut SqliteConnection, id: &str, now: i64) -> Result<()> {
    query(
        "UPDATE jobs SET forget_us = ?2 WHERE id = ?1 AND outbox_us IS NULL
         AND NOT EXISTS (SELECT 1 FROM dead WHERE dead.id = ?1)",
    )
    .bind(id)
    .bind(now + as_micros(ENDED_LIFETIME))
    .execute(tx)
    .await?;
    Ok(())
}

/// Deletes what has outlived its lifetime, a few at a time.
pub(super) async fn sweep(tx: &mut SqliteConnection, now: i64) -> Result<()> {
    query("DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE forget_us <= ? LIMIT ?)")
        .bind(now)
        .bind(BATCH as i64)
        .execute(&mut *tx)
        .await?;
    query("DELETE FROM keys WHERE (tenant, key) IN (SELECT tenant, key FROM keys WHERE until_us <= ? LIMIT ?)")
        .bind(now)
        .bind(BATCH as i64)
        .execute(&mut *tx)
        .await?;
    Ok(())
}

/// Puts a failed job back into its line with its attempts counted anew.
pub(super) async fn retry(tx: &mut SqliteConnection, id: &str, now: i64) -> Result<bool> {
    let back = query(
        "UPDATE jobs SET attempt = 0, deaths = 0, deferrals = 0, failures = '[]', shown = 1, outbox_us = NULL,
         forget_us = NULL WHERE id = ? AND state = 'failed' AND id IN (SELECT id FROM dead)",
    )
    .bind(id)
    .execute(&mut *tx)
    .await?;
    if back.rows_affected() == 0 {
        return Ok(false);
    }
    query("DELETE FROM dead WHERE id = ?").bind(id).execute(&mut *tx).await?;
    lines::enqueue(tx, id, now, now).await?;
    Ok(true)
}

/// Forgets a dead letter. A failed job's outcome is told once more, in case the catalog was made to forget it.
pub(super) async fn drop_letter(tx: &mut SqliteConnection, id: &str, now: i64) -> Result<bool> {
    let dropped = query("DELETE FROM dead WHERE id = ?").bind(id).execute(&mut *tx).await?;
    query("UPDATE jobs SET outbox_us = ?2, changed_us = ?2 WHERE id = ?1 AND state = 'failed'")
        .bind(id)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(dropped.rows_affected() > 0)
}

/// The catalog has this outcome as it was at `changed`. A job that was put back meanwhile is left alone.
pub(super) async fn acknowledge(tx: &mut SqliteConnection, id: &str, changed: i64, now: i64) -> Result<()> {
    const KNOWN: &str = "UPDATE jobs SET outbox_us = NULL, shown = 0
         WHERE id = ? AND changed_us = ? AND outbox_us IS NOT NULL";
    let known = query(KNOWN).bind(id).bind(changed).execute(&mut *tx).await?;
    if known.rows_affected() > 0 {
        forget(tx, id, now).await?;
    }
    Ok(())
}
