//! Making jobs: of a push, or of a message's verdict.

use sqlx::{Row, SqliteConnection, query};
use uuid::Uuid;

use super::{as_micros, corrupt, endings, json, lines};
use crate::{
    job::{Failure, JobId, JobState, Tenant},
    queue::{
        ASIDE, KEY_LIFETIME, Push, Pushed, RawMessage, Result, Verdict,
        failure::{FOREIGN_ID, key_conflict},
    },
};

/// Puts a job into its line or the schedule, unless another stands in its way.
pub(super) async fn push(tx: &mut SqliteConnection, push: &Push, now: i64) -> Result<Pushed> {
    if let Some(standing) = standing(tx, push, now).await? {
        return Ok(standing.into());
    }
    place(tx, push, now).await?;
    Ok(Pushed::Accepted(push.job.id))
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
    match (standing(tx, push, now).await?, verdict) {
        (Some(Standing::Same(_)), _) => {}
        (Some(Standing::OtherRequest(_)), _) => keep_failed(tx, push, &key_conflict(), now).await?,
        (Some(Standing::OtherTenant(_)), _) => keep_text(tx, raw, FOREIGN_ID, now).await?,
        (None, Verdict::Reject(_, failure)) => keep_failed(tx, push, failure, now).await?,
        (None, _) => {
            place(tx, push, now).await?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// The job that stands in a new one's way.
enum Standing {
    Same(JobId),
    OtherRequest(JobId),
    OtherTenant(JobId),
}

impl From<Standing> for Pushed {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Same(id) => Self::Existing(id),
            Standing::OtherRequest(id) | Standing::OtherTenant(id) => Self::Conflict(id),
        }
    }
}

async fn standing(tx: &mut SqliteConnection, push: &Push, now: i64) -> Result<Option<Standing>> {
    let Push { job, idempotency_key, request_digest, .. } = push;
    let owner = query("SELECT tenant FROM jobs WHERE id = ? AND coalesce(forget_us > ?, TRUE)")
        .bind(job.id.to_string())
        .bind(now)
        .fetch_optional(&mut *tx)
        .await?;
    if let Some(row) = owner {
        let same = row.try_get::<&str, _>(0)? == job.tenant.as_str();
        return Ok(Some(if same { Standing::Same(job.id) } else { Standing::OtherTenant(job.id) }));
    }
    let Some(key) = idempotency_key else { return Ok(None) };
    let known = query("SELECT id, digest FROM keys WHERE tenant = ? AND key = ? AND until_us > ?")
        .bind(job.tenant.as_str())
        .bind(key)
        .bind(now)
        .fetch_optional(&mut *tx)
        .await?;
    let Some(row) = known else { return Ok(None) };
    let id: JobId = row.try_get::<&str, _>(0)?.parse().map_err(|_| corrupt("id"))?;
    let same = row.try_get::<&str, _>(1)? == request_digest;
    Ok(Some(if same { Standing::Same(id) } else { Standing::OtherRequest(id) }))
}

async fn keep_text(tx: &mut SqliteConnection, raw: &RawMessage, why: &str, now: i64) -> Result<()> {
    endings::keep_text(tx, &Uuid::new_v4().to_string(), &raw.0, why, now).await
}

async fn keep_failed(tx: &mut SqliteConnection, push: &Push, failure: &Failure, now: i64) -> Result<()> {
    create(tx, push, now).await?;
    endings::conclude(tx, &push.job.id.to_string(), JobState::Failed, Some(failure), now).await
}

async fn place(tx: &mut SqliteConnection, push: &Push, now: i64) -> Result<()> {
    create(tx, push, now).await?;
    let id = push.job.id.to_string();
    if let Some(key) = &push.idempotency_key {
        remember(tx, &push.job.tenant, key, &id, &push.request_digest, now).await?;
    }
    match push.job.run_at.map(|at| at.timestamp_micros()).filter(|at| *at > now) {
        Some(due) => {
            query("UPDATE jobs SET state = 'scheduled', due_us = ? WHERE id = ?")
                .bind(due)
                .bind(&id)
                .execute(tx)
                .await?;
        }
        None => lines::enqueue(tx, &id, now, now).await?,
    }
    Ok(())
}

async fn create(tx: &mut SqliteConnection, push: &Push, now: i64) -> Result<()> {
    let job = &push.job;
    query(
        "INSERT OR REPLACE INTO jobs
           (id, tenant, report, lane, job, trace, state, max_attempts, accepted_us, changed_us)
         VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?, ?, ?)",
    )
    .bind(job.id.to_string())
    .bind(job.tenant.as_str())
    .bind(job.report.as_str())
    .bind(job.lane.as_str())
    .bind(json(job)?)
    .bind(push.trace.as_deref())
    .bind(i64::from(job.max_attempts))
    .bind(job.accepted_at.timestamp_micros())
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

async fn remember(
    tx: &mut SqliteConnection,
    tenant: &Tenant,
    key: &str,
    id: &str,
    digest: &str,
    now: i64,
) -> Result<()> {
    query("INSERT OR REPLACE INTO keys (tenant, key, id, digest, until_us) VALUES (?, ?, ?, ?, ?)")
        .bind(tenant.as_str())
        .bind(key)
        .bind(id)
        .bind(digest)
        .bind(now + as_micros(KEY_LIFETIME))
        .execute(tx)
        .await?;
    Ok(())
}
