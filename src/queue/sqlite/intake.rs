//! Making jobs: of a push, or of a message's verdict.

use sqlx::{Row, SqliteConnection, query};
use uuid::Uuid;

use super::{as_micros, corrupt, endings, json, rules::signed};
use crate::{
    job::{Failure, JobId, JobState},
    queue::{
        ASIDE, KEY_LIFETIME, Policy, Push, Pushed, RawMessage, Result, Verdict,
        failure::{FOREIGN_ID, key_conflict, over_quota},
    },
};

/// Puts a job into its line or the schedule, unless another stands in its way.
pub(super) async fn push(tx: &mut SqliteConnection, push: &Push, now: i64) -> Result<Pushed> {
    let job = json(&push.job)?;
    match obstacle(tx, push, job.len(), now).await? {
        None => {
            place(tx, push, &job, now).await?;
            Ok(Pushed::Accepted(push.job.id))
        }
        Some(Obstacle::Same(id)) => Ok(Pushed::Existing(id)),
        Some(Obstacle::OtherRequest(id) | Obstacle::OtherTenant(id)) => Ok(Pushed::Conflict(id)),
        Some(Obstacle::Quota) => Ok(Pushed::Full),
    }
}

/// Removes the message and does what the verdict says; nothing when another has done so.
///
/// Returns whether there may be something to claim now.
pub(super) async fn admit(tx: &mut SqliteConnection, raw: &RawMessage, verdict: &Verdict, now: i64) -> Result<bool> {
    if matches!(verdict, Verdict::Leave) {
        let until = now + as_micros(ASIDE);
        query("UPDATE inbox SET offer_us = ? WHERE seq = (SELECT min(seq) FROM inbox WHERE raw = ? AND offer_us <= ?)")
            .bind(until)
            .bind(&raw.0)
            .bind(now)
            .execute(tx)
            .await?;
        return Ok(false);
    }
    let removed = query("DELETE FROM inbox WHERE seq = (SELECT seq FROM inbox WHERE raw = ? ORDER BY seq LIMIT 1)")
        .bind(&raw.0)
        .execute(&mut *tx)
        .await?;
    if removed.rows_affected() == 0 {
        return Ok(false);
    }
    let push = match verdict {
        Verdict::Accept(push) | Verdict::Reject(push, _) => push,
        Verdict::Malformed(why) => return keep_text(tx, raw, why, now).await.map(|()| false),
        Verdict::Leave => return Ok(false),
    };
    let job = json(&push.job)?;
    match (obstacle(tx, push, job.len(), now).await?, verdict) {
        (Some(Obstacle::Same(_)), _) => {}
        (Some(Obstacle::OtherRequest(_)), _) => keep_failed(tx, push, &job, &key_conflict(), now).await?,
        (Some(Obstacle::OtherTenant(_)), _) => keep_text(tx, raw, FOREIGN_ID, now).await?,
        (_, Verdict::Reject(_, failure)) => keep_failed(tx, push, &job, failure, now).await?,
        (Some(Obstacle::Quota), _) => keep_failed(tx, push, &job, &over_quota(), now).await?,
        (None, _) => {
            place(tx, push, &job, now).await?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// What stands in a new job's way.
enum Obstacle {
    /// The same job, or one by the same key and request.
    Same(JobId),
    /// The key's job, for another request.
    OtherRequest(JobId),
    /// Another tenant's job of the same id.
    OtherTenant(JobId),
    /// The tenant has as much in flight as it may.
    Quota,
}

async fn obstacle(tx: &mut SqliteConnection, push: &Push, bytes: usize, now: i64) -> Result<Option<Obstacle>> {
    let Push { job, idempotency_key, request_digest, .. } = push;
    let default = Policy::default();
    let row = query(
        "SELECT (SELECT tenant FROM jobs WHERE id = ?1 AND coalesce(forget_us > ?2, TRUE)), keys.id, keys.digest,
                coalesce(waiting, 0) >= coalesce(waiting_per_tenant, ?6)
                OR coalesce(bytes, 0) + ?5 > coalesce(bytes_per_tenant, ?7)
         FROM claims LEFT JOIN policy USING (only) LEFT JOIN tenants ON tenants.tenant = ?3
         LEFT JOIN keys ON keys.tenant = ?3 AND key = ?4 AND until_us > ?2",
    )
    .bind(job.id.to_string())
    .bind(now)
    .bind(job.tenant.as_str())
    .bind(idempotency_key)
    .bind(i64::try_from(bytes).unwrap_or(i64::MAX))
    .bind(signed(default.waiting_per_tenant))
    .bind(signed(default.bytes_per_tenant))
    .fetch_one(tx)
    .await?;
    let (owner, key_of): (Option<&str>, Option<&str>) = (row.try_get(0)?, row.try_get(1)?);
    if let Some(owner) = owner {
        let same = owner == job.tenant.as_str();
        return Ok(Some(if same { Obstacle::Same(job.id) } else { Obstacle::OtherTenant(job.id) }));
    }
    if let Some(id) = key_of {
        let id: JobId = id.parse().map_err(|_| corrupt("id"))?;
        let same = row.try_get::<&str, _>(2)? == request_digest;
        return Ok(Some(if same { Obstacle::Same(id) } else { Obstacle::OtherRequest(id) }));
    }
    Ok(row.try_get::<bool, _>(3)?.then_some(Obstacle::Quota))
}

async fn keep_text(tx: &mut SqliteConnection, raw: &RawMessage, why: &str, now: i64) -> Result<()> {
    endings::keep_text(tx, &Uuid::new_v4().to_string(), &raw.0, why, now).await
}

async fn keep_failed(tx: &mut SqliteConnection, push: &Push, job: &str, failure: &Failure, now: i64) -> Result<()> {
    create(tx, push, job, None, now).await?;
    endings::conclude(tx, &push.job.id.to_string(), JobState::Failed, Some(failure), now).await
}

/// Puts a job into its line or the schedule.
async fn place(tx: &mut SqliteConnection, push: &Push, job: &str, now: i64) -> Result<()> {
    let is_later = push.job.run_at.is_some_and(|at| at.timestamp_micros() > now);
    let state = if is_later { JobState::Scheduled } else { JobState::Waiting };
    create(tx, push, job, Some(state), now).await
}

/// Writes a job; without a state, that is still to be said, and its key may come again.
async fn create(tx: &mut SqliteConnection, push: &Push, text: &str, state: Option<JobState>, now: i64) -> Result<()> {
    let job = &push.job;
    let due = job.run_at.map(|at| at.timestamp_micros()).filter(|_| state == Some(JobState::Scheduled));
    // What a statement leaves out of these numbers sqlx binds in turn, so the later ones leave out none.
    query(
        "DELETE FROM jobs WHERE id = ?1;
         INSERT INTO jobs (id, tenant, report, lane, job, bytes, trace, slots, state, max_attempts, accepted_us,
           changed_us, since_us, due_us)
         VALUES (?1, ?3, ?8, ?9, ?10, ?11, ?12, ?13, 'new', ?14, ?15, ?7, ?7, ?16);
         UPDATE jobs SET state = ?2 WHERE id = ?1 AND ?2 IS NOT NULL;
         INSERT OR REPLACE INTO keys (tenant, key, id, digest, until_us)
         SELECT ?3, ?4, ?1, ?5, ?6 WHERE ?2 IS NOT NULL AND ?4 IS NOT NULL",
    )
    .bind(job.id.to_string())
    .bind(state.map(JobState::as_str))
    .bind(job.tenant.as_str())
    .bind(push.idempotency_key.as_deref())
    .bind(&push.request_digest)
    .bind(now + as_micros(KEY_LIFETIME))
    .bind(now)
    .bind(job.report.as_str())
    .bind(job.lane.as_str())
    .bind(text)
    .bind(i64::try_from(text.len()).unwrap_or(i64::MAX))
    .bind(push.trace.as_deref())
    .bind(push.slots.max(1))
    .bind(job.max_attempts)
    .bind(job.accepted_at.timestamp_micros())
    .bind(due)
    .execute(tx)
    .await?;
    Ok(())
}
