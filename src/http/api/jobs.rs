//! Asking for reports, following and stopping them.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{
    body::{JsonBody, QueryString},
    id,
    wire::{CancelledBody, JobBody, JobList, NewJob, state_words},
};
use crate::{
    http::{
        Shared,
        auth::Caller,
        enqueue,
        problem::{Kind, Problem, Result},
    },
    job::{JobId, JobState},
    request::{CancelOutcome, JobSummary, ListFilter, MAX_PAGE, Request},
};

const DEFAULT_PAGE: usize = 50;

/// Ask for a report
///
/// The answer comes at once; follow `Location` until the job's state is final. The same `Idempotency-Key` gives the
/// same job.
#[utoipa::path(post, path = "/api/v1/jobs", tag = "jobs", operation_id = "submitJob",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 200 printable ASCII characters.")),
    request_body = NewJob,
    responses(
        (status = 202, description = "Accepted, now or before.", body = JobBody, headers(
            ("Location" = String, description = "The job."),
            ("Retry-After" = u64, description = "Seconds to wait before looking."),
            ("Idempotency-Replayed" = String, description = "`true` when the job had been asked for before."),
        )),
        (status = 400, description = "Not JSON, or not this shape."),
        (status = 401, description = "No valid key."),
        (status = 403, description = "The key may not ask."),
        (status = 404, description = "No such report."),
        (status = 409, description = "The idempotency key belongs to another request."),
        (status = 413, description = "More than 64 KiB."),
        (status = 415, description = "Not declared as JSON."),
        (status = 422, description = "Parameters don't fit; `errors` has an entry for each field."),
        (status = 429, description = "As many of the tenant's jobs wait as may; see Retry-After.", headers(
            ("Retry-After" = u64, description = "Seconds to wait before asking again."),
        )),
        (status = 503, description = "The queue doesn't answer; see Retry-After."),
    ))]
pub(super) async fn submit(
    State(site): State<Shared>,
    Caller(who): Caller,
    headers: HeaderMap,
    JsonBody(asked): JsonBody<NewJob>,
) -> Result<Response> {
    let idempotency_key = headers.get("idempotency-key").map(HeaderValue::to_str).transpose();
    let idempotency_key = idempotency_key
        .map_err(|_| Problem::new(Kind::InvalidRequest).detail("Idempotency-Key must be printable ASCII"))?;
    let request = Request {
        report: asked.report,
        parameters: asked.parameters,
        lane: asked.lane,
        run_at: asked.run_at,
        id: None,
        idempotency_key: idempotency_key.map(str::to_owned),
        trace: trace_parent(&headers),
    };
    let submitted = enqueue::submit(&site, &who, request).await?;
    let location = format!("/api/v1/jobs/{}", submitted.job.id);
    let mut response = with_pace(submitted.job, site.clock.now());
    *response.status_mut() = StatusCode::ACCEPTED;
    if let Ok(location) = location.try_into() {
        response.headers_mut().insert(header::LOCATION, location);
    }
    if submitted.existing {
        response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// The caller's `traceparent` (W3C Trace Context), so that the attempt's trace links to theirs.
///
/// It is kept with the job and written into spans, so anything of another form is dropped.
fn trace_parent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get("traceparent")?.to_str().ok()?;
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let fits = lengths == [2, 32, 16, 2] && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-'));
    fits.then(|| text.to_owned())
}

/// A job
///
/// `Retry-After` says when to look again while it is in flight, and `X-Progress` how far it is.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", tag = "jobs", operation_id = "getJob",
    params(("id" = uuid::Uuid, Path, description = "The job's id.")),
    responses(
        (status = 200, description = "The job.", body = JobBody, headers(
            ("Retry-After" = u64, description = "Seconds to wait before looking again, while in flight."),
            ("X-Progress" = String, description = "How far it is, for people, while in flight."),
        )),
        (status = 401, description = "No valid key."),
        (status = 403, description = "The key may not read."),
        (status = 404, description = "No such job of this tenant."),
        (status = 503, description = "Queue or catalog don't answer."),
    ))]
pub(super) async fn show(State(site): State<Shared>, Caller(who): Caller, Path(job): Path<String>) -> Result<Response> {
    let job = site.desk.find(&who, id(&job)?).await?.ok_or(Kind::NotFound)?;
    Ok(with_pace(job, site.clock.now()))
}

/// Which jobs to list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct JobQuery {
    /// Only this report's.
    #[param(pattern = "^[a-z0-9][a-z0-9_-]{0,62}$")]
    report: Option<String>,
    /// Only those in this state.
    #[param(schema_with = state_words)]
    state: Option<String>,
    /// At most so many, from 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// Where the page before ended: its `next`.
    cursor: Option<String>,
}

/// Jobs, in flight and finished, newest first
#[utoipa::path(get, path = "/api/v1/jobs", tag = "jobs", operation_id = "listJobs", params(JobQuery),
    responses(
        (status = 200, description = "A page of jobs.", body = JobList, headers(
            ("Link" = String, description = "The next page, with rel=\"next\", when there is one."),
        )),
        (status = 400, description = "The query can't be read."),
        (status = 401, description = "No valid key."),
        (status = 403, description = "The key may not read."),
        (status = 503, description = "Queue or catalog don't answer."),
    ))]
pub(super) async fn list(
    State(site): State<Shared>,
    Caller(who): Caller,
    QueryString(query): QueryString<JobQuery>,
) -> Result<Response> {
    let limit = query.limit.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Problem::new(Kind::InvalidRequest).detail(format!("limit: must be from 1 to {MAX_PAGE}")));
    }
    let listing = site.desk.list(&who, &query.filter()?, query.cursor.as_deref(), limit).await?;
    let link = listing.next.as_deref().map(|next| (header::LINK, query.link(next)));
    let jobs = listing.jobs.into_iter().map(JobBody::from).collect();
    Ok((AppendHeaders(link), Json(JobList { jobs, next: listing.next })).into_response())
}

impl JobQuery {
    fn filter(&self) -> Result<ListFilter> {
        let wrong = |what: &str, why: &dyn std::fmt::Display| {
            Problem::new(Kind::InvalidRequest).detail(format!("{what}: {why}"))
        };
        let report = self.report.as_deref().map(str::parse).transpose().map_err(|e| wrong("report", &e))?;
        let state = self.state.as_deref().map(str::parse).transpose().map_err(|e| wrong("state", &e))?;
        Ok(ListFilter { report, state })
    }

    /// The `Link` header (RFC 8288) of the next page: the same question, further on.
    fn link(&self, next: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let limit = self.limit.map(|limit| limit.to_string());
        for (name, value) in [("report", &self.report), ("state", &self.state), ("limit", &limit)] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        format!("</api/v1/jobs?{}>; rel=\"next\"", query.append_pair("cursor", next).finish())
    }
}

/// Cancel a job
#[utoipa::path(delete, path = "/api/v1/jobs/{id}", tag = "jobs", operation_id = "cancelJob",
    params(("id" = uuid::Uuid, Path, description = "The job's id.")),
    responses(
        (status = 200, description = "It had not begun and now won't.", body = CancelledBody),
        (status = 202, description = "It is running; its worker will stop.", body = CancelledBody),
        (status = 401, description = "No valid key."),
        (status = 403, description = "The key may not cancel."),
        (status = 404, description = "No such job of this tenant."),
        (status = 409, description = "It has ended."),
        (status = 503, description = "Queue or catalog don't answer."),
    ))]
pub(super) async fn cancel(
    State(site): State<Shared>,
    Caller(who): Caller,
    Path(job): Path<String>,
) -> Result<Response> {
    let job: JobId = id(&job)?;
    let (status, state) = match site.desk.cancel(&who, job).await? {
        CancelOutcome::Cancelled => (StatusCode::OK, JobState::Cancelled),
        CancelOutcome::Requested => (StatusCode::ACCEPTED, JobState::Running),
        CancelOutcome::AlreadyFinal(state) => {
            return Err(Problem::new(Kind::AlreadyFinished).detail(format!("it is {state}")));
        }
        CancelOutcome::Unknown => return Err(Kind::NotFound.into()),
    };
    Ok((status, Json(CancelledBody { id: job.0, state })).into_response())
}

/// The job, with the headers that say when to look again.
fn with_pace(job: JobSummary, now: DateTime<Utc>) -> Response {
    let pace = seconds_to_wait(&job, now).map(|seconds| (header::RETRY_AFTER, seconds.to_string()));
    let progress = (!job.state.is_final())
        .then(|| {
            let so_far = format!("{}; {} rows, {} pages", job.state, job.progress.rows, job.progress.pages);
            match &job.expected {
                Some(expected) => format!("{so_far}; usually about {} rows, {} pages", expected.rows, expected.pages),
                None => so_far,
            }
        })
        .map(|progress| ("x-progress", progress));
    (AppendHeaders(pace), AppendHeaders(progress), Json(JobBody::from(job))).into_response()
}

fn seconds_to_wait(job: &JobSummary, now: DateTime<Utc>) -> Option<i64> {
    match job.state {
        JobState::Done | JobState::Failed | JobState::Cancelled => None,
        JobState::Waiting | JobState::Running => Some(1),
        JobState::Retrying => Some(5),
        JobState::Scheduled => {
            let left = job.run_at.map_or(1, |at| (at - now).num_seconds() + 1);
            Some(left.clamp(1, 3600))
        }
    }
}
