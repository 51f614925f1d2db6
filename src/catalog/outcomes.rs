//! How jobs ended.
//!
//! **Invariant:** an outcome, its artifact and its audit event appear together or not at all, and `done` stands for ever.

use super::{
    Action, AuditEvent, Outcome, OutcomeFilter, artifacts, audit,
    database::{Pool, Result, Row, Transaction, Value, placeholders, rows_of, unreadable},
    failure::SqlError,
    filter::Conditions,
};
use crate::job::{Job, JobId, JobState, ReportName, Tenant};

/// Who ends jobs, as far as the audit trail is concerned; who asked for it stands in the request's own event.
const ACTOR: &str = "pressroom";

const COLUMNS: &str = "j.id, j.tenant, j.report, j.requester, j.parameters, j.lane, j.run_at, j.accepted_at, \
     j.max_attempts, j.state, j.attempts, j.fence, j.failure, j.ended_at, f.failures";

/// What `f` is in [`COLUMNS`]; most jobs have never failed.
const FAILURES: &str = "LEFT JOIN pressroom_job_failures f ON f.id = j.id";

/// Records an outcome unless a stronger one stands; returns the state that stands.
pub(super) async fn record(pool: &Pool, outcome: &Outcome) -> Result<JobState> {
    check(outcome)?;
    let mut transaction = pool.begin().await?;
    match insert(&mut transaction, std::slice::from_ref(outcome)).await {
        Ok(()) => {}
        Err(SqlError::Duplicate) => {
            let (state, fence) = standing(pool, &mut transaction, outcome.job.id).await?;
            let replaces = state == JobState::Failed && outcome.fence > fence;
            if !replaces {
                return Ok(state);
            }
            replace(&mut transaction, outcome).await?;
        }
        Err(error) => return Err(error),
    }
    if !outcome.failures.is_empty() {
        // As both databases write it.
        let sql = "REPLACE INTO pressroom_job_failures (id, failures) VALUES (?, ?)";
        transaction.execute(sql, vec![outcome.job.id.0.into(), json(&outcome.failures)?.into()]).await?;
    }
    if let Some(artifact) = &outcome.artifact {
        artifacts::insert(&mut transaction, &[artifact]).await?;
    }
    audit::append_within(&mut transaction, &[event(outcome)?]).await?;
    transaction.commit().await?;
    Ok(outcome.state)
}

/// Records outcomes of which none is known, all or none.
pub(super) async fn record_new(pool: &Pool, outcomes: &[Outcome]) -> Result<()> {
    outcomes.iter().try_for_each(check)?;
    let artifacts: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.artifact.as_ref()).collect();
    let events = outcomes.iter().map(event).collect::<Result<Vec<_>>>()?;
    let mut transaction = pool.begin().await?;
    insert(&mut transaction, outcomes).await?;
    if !artifacts.is_empty() {
        artifacts::insert(&mut transaction, &artifacts).await?;
    }
    audit::append_within(&mut transaction, &events).await?;
    transaction.commit().await
}

/// Refuses an outcome that contradicts itself.
fn check(outcome: &Outcome) -> Result<()> {
    let fits = match (outcome.state, &outcome.artifact) {
        (JobState::Done, Some(artifact)) => {
            artifact.tenant == outcome.job.tenant && artifact.id == outcome.job.id.into()
        }
        (JobState::Failed | JobState::Cancelled, None) => true,
        _ => false,
    };
    if fits { Ok(()) } else { Err(SqlError::refused(format!("a {} job with or without that artifact", outcome.state))) }
}

fn event(outcome: &Outcome) -> Result<AuditEvent> {
    let action = match outcome.state {
        JobState::Done => Action::Publish,
        JobState::Failed => Action::Fail,
        JobState::Cancelled => Action::Cancel,
        state => return Err(SqlError::refused(format!("{state} is not an end"))),
    };
    Ok(AuditEvent {
        tenant: outcome.job.tenant.clone(),
        actor: ACTOR.to_owned(),
        action,
        subject: outcome.job.id.to_string(),
        at: outcome.ended_at,
    })
}

async fn insert(transaction: &mut Transaction, outcomes: &[Outcome]) -> Result<()> {
    const INSERT: &str = "INSERT INTO pressroom_jobs (id, tenant, report, requester, parameters, lane, run_at, \
         accepted_at, max_attempts, state, attempts, fence, failure, ended_at) VALUES ";
    let mut values = Vec::with_capacity(14 * outcomes.len());
    for outcome in outcomes {
        let job = &outcome.job;
        values.extend([
            job.id.0.into(),
            job.tenant.as_str().into(),
            job.report.as_str().into(),
            job.requester.as_str().into(),
            json(&job.parameters)?.into(),
            job.lane.as_str().into(),
            job.run_at.into(),
            job.accepted_at.into(),
            Value::Int(job.max_attempts.into()),
        ]);
        values.extend(ending(outcome)?);
    }
    transaction.execute(format!("{INSERT}{}", rows_of(14, outcomes.len())), values).await.map(drop)
}

/// The outcome that is there already. Its row stays locked until the transaction ends.
async fn standing(pool: &Pool, transaction: &mut Transaction, id: JobId) -> Result<(JobState, u64)> {
    let sql = format!("SELECT state, fence FROM pressroom_jobs WHERE id = ?{}", pool.for_update());
    match transaction.fetch(sql, vec![id.0.into()]).await?.first() {
        Some(row) => Ok((row.parse("state")?, row.count("fence")?)),
        // Reopened since: begin anew.
        None => Err(SqlError::Contention),
    }
}

async fn replace(transaction: &mut Transaction, outcome: &Outcome) -> Result<()> {
    const REPLACE: &str =
        "UPDATE pressroom_jobs SET state = ?, attempts = ?, fence = ?, failure = ?, ended_at = ? WHERE id = ?";
    let mut values = ending(outcome)?;
    values.push(outcome.job.id.0.into());
    transaction.execute(REPLACE, values).await.map(drop)
}

/// The columns that tell of the end: state, attempts, fence, failure, ended_at.
fn ending(outcome: &Outcome) -> Result<Vec<Value>> {
    Ok(vec![
        outcome.state.as_str().into(),
        Value::Int(outcome.attempts.into()),
        Value::count(outcome.fence)?,
        Value::Text(outcome.failure.as_ref().map(json).transpose()?),
        outcome.ended_at.into(),
    ])
}

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|_| SqlError::refused("a value that is no JSON"))
}

/// Forgets that a job failed.
pub(super) async fn reopen(pool: &Pool, id: JobId) -> Result<bool> {
    let sql = "DELETE FROM pressroom_jobs WHERE id = ? AND state = 'failed'";
    Ok(pool.execute(sql, vec![id.0.into()]).await? > 0)
}

/// How tenants' jobs ended, in the order asked for.
pub(super) async fn find(pool: &Pool, wanted: &[(Tenant, JobId)]) -> Result<Vec<Option<Outcome>>> {
    let sql = format!("{} WHERE j.id IN {}", select(), placeholders(wanted.len()));
    let rows = pool.fetch(sql, wanted.iter().map(|(_, id)| id.0.into()).collect()).await?;
    let found = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    let outcome = |(tenant, id): &(Tenant, JobId)| {
        found.iter().find(|outcome| outcome.job.id == *id && outcome.job.tenant == *tenant).cloned()
    };
    Ok(wanted.iter().map(outcome).collect())
}

/// Finished jobs, newest first.
pub(super) async fn list(pool: &Pool, filter: &OutcomeFilter, limit: usize) -> Result<Vec<Outcome>> {
    let (sql, values) = query(filter, limit);
    pool.fetch(sql, values).await?.iter().map(read).collect()
}

pub(super) fn query(filter: &OutcomeFilter, limit: usize) -> (String, Vec<Value>) {
    let (ids, values) = Conditions::default()
        .equal("tenant", filter.tenant.as_ref().map(Tenant::as_str))
        .equal("report", filter.report.as_ref().map(ReportName::as_str))
        .equal("state", filter.state.map(|state| state.as_str()))
        .before("accepted_at", filter.before.map(|(at, id)| (at, id.0)))
        .ids("pressroom_jobs", "accepted_at", limit);
    let select = select();
    (format!("{select} JOIN ({ids}) page ON page.id = j.id ORDER BY j.accepted_at DESC, j.id DESC"), values)
}

fn select() -> String {
    let (artifact, proof) = (artifacts::COLUMNS, artifacts::PROOF);
    format!(
        "SELECT {COLUMNS}, {artifact} FROM pressroom_jobs j {FAILURES} \
         LEFT JOIN pressroom_artifacts a ON a.id = j.id {proof}"
    )
}

fn read(row: &Row) -> Result<Outcome> {
    let state: JobState = row.parse("state")?;
    let failure: Option<String> = row.get("failure")?;
    let failure = failure.map(|json| serde_json::from_str(&json)).transpose().map_err(|_| unreadable("failure"))?;
    let failures: Option<String> = row.get("failures")?;
    let failures = failures.map_or(Ok(Vec::new()), |json| serde_json::from_str(&json));
    let small = |column: &str| u32::try_from(row.count(column)?).map_err(|_| unreadable(column));
    let run_at: Option<chrono::NaiveDateTime> = row.get("run_at")?;
    let job = Job {
        id: JobId(row.uuid("id")?),
        tenant: row.parse("tenant")?,
        requester: row.get("requester")?,
        report: row.parse("report")?,
        parameters: serde_json::from_str(&row.get::<String>("parameters")?).map_err(|_| unreadable("parameters"))?,
        lane: row.parse("lane")?,
        run_at: run_at.map(|time| time.and_utc()),
        accepted_at: row.time("accepted_at")?,
        max_attempts: small("max_attempts")?,
    };
    Ok(Outcome {
        job,
        state,
        attempts: small("attempts")?,
        fence: row.count("fence")?,
        failure,
        failures: failures.map_err(|_| unreadable("failures"))?,
        artifact: if state == JobState::Done { Some(artifacts::read(row)?) } else { None },
        ended_at: row.time("ended_at")?,
    })
}
