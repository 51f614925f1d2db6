//! Looking after the queue: depths, workers, pauses, dead letters. All of it asks for the role `operate`.
//!
//! **Invariant:** a dead letter is seen and touched by its own tenant's keys only; lanes, workers and pauses are the
//! whole house's.

use axum::{
    Json,
    extract::{Path, State},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Map;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    body::QueryString,
    id,
    wire::{FailedAttemptBody, FailureBody},
};
use crate::{
    http::{
        Shared,
        auth::Caller,
        problem::{Kind, Problem, Result},
    },
    identity::Identity,
    job::{JobId, Lane},
    queue::{DeadLetter, LaneStats, Scope, Stats, WorkerView},
    request::{DeadFilter, Desk},
};

const DEFAULT_PAGE: usize = 50;
const MOST: usize = 1_000;

/// The queue at one instant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Queue)]
pub(super) struct QueueBody {
    /// Messages not yet admitted.
    inbox: u64,
    /// Messages set aside for a newer program.
    aside: u64,
    /// What waits, by lane.
    lanes: LanesBody,
    /// Jobs due later.
    scheduled: u64,
    /// Jobs held by workers.
    running: u64,
    /// Jobs between attempts.
    retrying: u64,
    /// Dead letters, of all tenants.
    dead: u64,
    /// Outcomes not yet in the catalog.
    outbox: u64,
    /// Attempts rescued from dead workers, since the queue was made.
    rescues: u64,
    /// What is paused: `lane:…`, `report:…`, `tenant:…`.
    paused: Vec<String>,
    /// Reports and tenants of which as many jobs run as may, while others wait.
    capped: Vec<String>,
}

/// What waits, by lane.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Lanes)]
struct LanesBody {
    /// Someone waits at a screen.
    interactive: LaneBody,
    /// The ordinary case.
    standard: LaneBody,
    /// Long lists and nightly batches.
    bulk: LaneBody,
}

/// The depth of a lane.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Lane)]
struct LaneBody {
    /// Jobs ready for a worker.
    waiting: u64,
    /// Age of the oldest of them.
    oldest_waiting_ms: u64,
}

/// A worker process.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Worker)]
pub(super) struct WorkerBody {
    /// Its name, shown beside the jobs it runs.
    name: String,
    /// Slots it has.
    slots: usize,
    /// Slots that are taken.
    busy: usize,
    /// Whether it takes more jobs; not when it is told to stop.
    claiming: bool,
    /// The version of its program.
    version: String,
    /// When it began.
    since: DateTime<Utc>,
}

/// The workers that take part.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WorkerList {
    /// The workers, by name.
    workers: Vec<WorkerBody>,
}

/// A part of the queue, and whether its jobs are handed out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pause)]
pub(super) struct PauseBody {
    /// The part.
    #[schema(example = "lane:bulk")]
    scope: String,
    /// Whether it is paused now.
    paused: bool,
    /// Whether this call has changed it.
    changed: bool,
}

/// A job that failed for good.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeadLetter)]
pub(super) struct DeadBody {
    /// The job's id.
    id: Uuid,
    /// Which report it is.
    report: String,
    /// Who asked.
    requester: String,
    /// Parameters as accepted; none where they were refused.
    #[schema(value_type = Object)]
    parameters: Map<String, serde_json::Value>,
    /// Why.
    #[schema(required)]
    error: Option<FailureBody>,
    /// What went wrong so far, oldest first; only where one letter is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    failures: Option<Vec<FailedAttemptBody>>,
    /// When it failed for good.
    at: DateTime<Utc>,
}

/// Dead letters.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeadLetterList {
    /// The letters, newest first.
    dead: Vec<DeadBody>,
}

/// What became of a retry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Retried)]
pub(super) struct RetriedBody {
    /// Jobs that are back in their lanes.
    retried: Vec<Uuid>,
    /// Dead letters that can't be tried again: they were refused when they came in.
    refused: Vec<String>,
}

/// The queue
///
/// Depths and ages by lane, what is paused or at its cap, and what has died.
#[utoipa::path(get, path = "/api/v1/queue", tag = "operation", operation_id = "getQueue",
    responses(
        (status = 200, description = "The queue at this instant.", body = QueueBody),
        (status = 401, description = "No valid key."),
        (status = 403, description = "The key may not operate."),
        (status = 503, description = "The queue doesn't answer."),
    ))]
pub(super) async fn queue(State(site): State<Shared>, Caller(who): Caller) -> Result<Json<QueueBody>> {
    Ok(Json(site.desk.stats(&who).await?.into()))
}

/// The workers
#[utoipa::path(get, path = "/api/v1/workers", tag = "operation", operation_id = "listWorkers",
    responses(
        (status = 200, description = "Those that take part.", body = WorkerList),
        (status = 401, description = "No valid key."),
        (status = 403, description = "The key may not operate."),
        (status = 503, description = "The queue doesn't answer."),
    ))]
pub(super) async fn workers(State(site): State<Shared>, Caller(who): Caller) -> Result<Json<WorkerList>> {
    let workers = site.desk.workers(&who).await?.into_iter().map(WorkerBody::from).collect();
    Ok(Json(WorkerList { workers }))
}

/// Pause a lane, a report or a tenant
///
/// Hands out no more of its jobs. What runs goes on, and what is asked for is accepted and waits.
#[utoipa::path(put, path = "/api/v1/queue/paused/{scope}", tag = "operation", operation_id = "pause",
    params(("scope" = String, Path, description = "`lane:bulk`, `report:invoice` or `tenant:north`.")),
    responses(
        (status = 200, description = "It is paused.", body = PauseBody),
        (status = 400, description = "Not such a part."),
        (status = 401, description = "No valid key."),
        (status = 403, description = "The key may not operate."),
        (status = 503, description = "The queue doesn't answer."),
    ))]
pub(super) async fn pause(
    State(site): State<Shared>,
    Caller(who): Caller,
    Path(scope): Path<String>,
) -> Result<Json<PauseBody>> {
    let scope = read_scope(&scope)?;
    let changed = site.desk.pause(&who, &scope).await?;
    Ok(Json(PauseBody { scope: scope.to_string(), paused: true, changed }))
}

/// Resume a lane, a report or a tenant
#[utoipa::path(delete, path = "/api/v1/queue/paused/{scope}", tag = "operation", operation_id = "resume",
    params(("scope" = String, Path, description = "`lane:bulk`, `report:invoice` or `tenant:north`.")),
    responses(
        (status = 200, description = "It goes on.", body = PauseBody),
        (status = 400, description = "Not such a part."),
        (status = 401, description = "No valid key."),
        (status = 403, description = "The key may not operate."),
        (status = 503, description = "The queue doesn't answer."),
    ))]
pub(super) async fn resume(
    State(site): State<Shared>,
    Caller(who): Caller,
    Path(scope): Path<String>,
) -> Result<Json<PauseBody>> {
    let scope = read_scope(&scope)?;
    let changed = site.desk.resume(&who, &scope).await?;
    Ok(Json(PauseBody { scope: scope.to_string(), paused: false, changed }))
}

/// Which dead letters.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DeadQuery {
    /// Only this report's.
    report: Option<String>,
    /// Only those that failed with this code.
    code: Option<String>,
    /// At most so many, from 1 to 1000.
    #[param(minimum = 1, maximum = 1000, default = 50)]
    limit: Option<usize>,
}

/// Dead letters of the key's tenant, newest first
#[utoipa::path(get, path = "/api/v1/dead", tag = "operation", operation_id = "listDead", params(DeadQuery),
    responses(
        (status = 200, description = "Jobs that failed for good and can be tried again.", body = DeadLetterList),
        (status = 400, description = "The query can't be read."),
        (status = 401, description = "No valid key."),
        (status = 403, description = "The key may not operate."),
        (status = 503, description = "The queue doesn't answer."),
    ))]
pub(super) async fn dead(
    State(site): State<Shared>,
    Caller(who): Caller,
    QueryString(query): QueryString<DeadQuery>,
) -> Result<Json<DeadLetterList>> {
    let limit = query.limit.unwrap_or(DEFAULT_PAGE);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::new(Kind::InvalidRequest).detail(format!("limit: must be from 1 to {MOST}")));
    }
    let letters = site.desk.dead(&who, &filter(&who, query.report.as_deref(), query.code)?, limit).await?;
    Ok(Json(DeadLetterList { dead: letters.into_iter().filter_map(DeadBody::of).collect() }))
}

/// One dead letter with each failed attempt
#[utoipa::path(get, path = "/api/v1/dead/{id}", tag = "operation", operation_id = "getDead",
    params(("id" = uuid::Uuid, Path, description = "The job's id.")),
    responses(
        (status = 200, description = "The dead letter.", body = DeadBody),
        (status = 401, description = "No valid key."),
        (status = 403, description = "The key may not operate."),
        (status = 404, description = "No such dead letter of this tenant."),
        (status = 503, description = "Queue or catalog don't answer."),
    ))]
pub(super) async fn dead_letter(
    State(site): State<Shared>,
    Caller(who): Caller,
    Path(job): Path<String>,
) -> Result<Json<DeadBody>> {
    let letter = own_letter(&site.desk, &who, &job).await?;
    let mut body = DeadBody::of(letter).ok_or(Kind::NotFound)?;
    let failures = site.desk.failures(&who, JobId(body.id)).await?;
    body.failures = Some(failures.into_iter().map(FailedAttemptBody::from).collect());
    Ok(Json(body))
}

/// Try a dead letter again
///
/// The job keeps its id; its attempts are counted anew.
#[utoipa::path(post, path = "/api/v1/dead/{id}/retry", tag = "operation", operation_id = "retryDead",
    params(("id" = uuid::Uuid, Path, description = "The job's id.")),
    responses(
        (status = 200, description = "It is back in its lane.", body = RetriedBody),
        (status = 401, description = "No valid key."),
        (status = 403, description = "The key may not operate."),
        (status = 404, description = "No such dead letter of this tenant."),
        (status = 409, description = "It was refused when it came in."),
        (status = 503, description = "Queue or catalog don't answer."),
    ))]
pub(super) async fn retry(
    State(site): State<Shared>,
    Caller(who): Caller,
    Path(job): Path<String>,
) -> Result<Json<RetriedBody>> {
    own_letter(&site.desk, &who, &job).await?;
    let job: JobId = id(&job)?;
    let back = site.desk.retry_dead(&who, &who.tenant, job).await?;
    if back { Ok(Json(RetriedBody { retried: vec![job.0], refused: Vec::new() })) } else { Err(Kind::NotFound.into()) }
}

/// Which dead letters to try again.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RetryQuery {
    /// Only this report's.
    report: Option<String>,
    /// Only those that failed with this code.
    code: Option<String>,
}

/// Try all dead letters of the key's tenant again, or all of a kind
#[utoipa::path(post, path = "/api/v1/dead/retry", tag = "operation", operation_id = "retryAllDead", params(RetryQuery),
    responses(
        (status = 200, description = "What is back in its lane and what can't be.", body = RetriedBody),
        (status = 400, description = "The query can't be read."),
        (status = 401, description = "No valid key."),
        (status = 403, description = "The key may not operate."),
        (status = 503, description = "Queue or catalog don't answer."),
    ))]
pub(super) async fn retry_all(
    State(site): State<Shared>,
    Caller(who): Caller,
    QueryString(query): QueryString<RetryQuery>,
) -> Result<Json<RetriedBody>> {
    let done = site.desk.retry_all(&who, &filter(&who, query.report.as_deref(), query.code)?).await?;
    let retried = done.retried.into_iter().map(|id| id.0).collect();
    Ok(Json(RetriedBody { retried, refused: done.refused }))
}

/// Drop a dead letter
///
/// The job stays failed in the catalog.
#[utoipa::path(delete, path = "/api/v1/dead/{id}", tag = "operation", operation_id = "dropDead",
    params(("id" = uuid::Uuid, Path, description = "The job's id.")),
    responses(
        (status = 204, description = "It is dropped."),
        (status = 401, description = "No valid key."),
        (status = 403, description = "The key may not operate."),
        (status = 404, description = "No such dead letter of this tenant."),
        (status = 503, description = "The queue doesn't answer."),
    ))]
pub(super) async fn drop_dead(
    State(site): State<Shared>,
    Caller(who): Caller,
    Path(job): Path<String>,
) -> Result<axum::http::StatusCode> {
    let letter = own_letter(&site.desk, &who, &job).await?;
    let dropped = site.desk.drop_dead(&who, &letter).await?;
    if dropped { Ok(axum::http::StatusCode::NO_CONTENT) } else { Err(Kind::NotFound.into()) }
}

fn read_scope(text: &str) -> Result<Scope> {
    text.parse().map_err(|error| Problem::new(Kind::InvalidRequest).detail(format!("the scope {error}")))
}

fn filter(who: &Identity, report: Option<&str>, code: Option<String>) -> Result<DeadFilter> {
    let wrong = |error| Problem::new(Kind::InvalidRequest).detail(format!("report: {error}"));
    let report = report.map(str::parse).transpose().map_err(|error: crate::job::NameError| wrong(error))?;
    Ok(DeadFilter { tenant: Some(who.tenant.clone()), report, code })
}

/// Another tenant's letter, like text that never became a job, isn't there.
async fn own_letter(desk: &Desk, who: &Identity, id: &str) -> Result<DeadLetter> {
    let letter = desk
        .dead_letter(who, id)
        .await?
        .filter(|letter| letter.job.as_ref().is_some_and(|job| job.tenant == who.tenant));
    Ok(letter.ok_or(Kind::NotFound)?)
}

impl From<Stats> for QueueBody {
    fn from(stats: Stats) -> Self {
        let lane = |wanted: Lane| {
            let found =
                stats.lanes.iter().find(|(lane, _)| *lane == wanted).map(|(_, depth)| *depth).unwrap_or_default();
            let LaneStats { waiting, oldest_waiting_ms } = found;
            LaneBody { waiting, oldest_waiting_ms }
        };
        Self {
            lanes: LanesBody {
                interactive: lane(Lane::Interactive),
                standard: lane(Lane::Standard),
                bulk: lane(Lane::Bulk),
            },
            inbox: stats.inbox,
            aside: stats.aside,
            scheduled: stats.scheduled,
            running: stats.running,
            retrying: stats.retrying,
            dead: stats.dead,
            outbox: stats.outbox,
            rescues: stats.rescues,
            paused: stats.paused.iter().map(Scope::to_string).collect(),
            capped: stats.capped.iter().map(Scope::to_string).collect(),
        }
    }
}

impl From<WorkerView> for WorkerBody {
    fn from(worker: WorkerView) -> Self {
        let WorkerView { name, slots, busy, claiming, version, since } = worker;
        Self { name, slots, busy, claiming, version, since }
    }
}

impl DeadBody {
    /// `None` for text that never became a job.
    fn of(letter: DeadLetter) -> Option<Self> {
        let job = letter.job?;
        Some(Self {
            id: job.id.0,
            report: job.report.into(),
            requester: job.requester,
            parameters: job.parameters,
            error: letter.failure.map(FailureBody::from),
            failures: None,
            at: letter.at,
        })
    }
}
