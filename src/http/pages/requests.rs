//! What was asked for: the list, one request, its document.

use axum::{
    Form,
    extract::{OriginalUri, Path, Query, State},
    http::{HeaderMap, Method},
    response::{IntoResponse, Redirect, Response},
};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Me,
    words::{self, Explanation, Moment},
};
use crate::{
    artifact::{ReadDataset, Tier},
    http::{
        Shared, Site,
        content::{self, Disposition},
        problem::{Kind, Problem, Result},
        session::{self, Session},
    },
    job::{JobId, JobState},
    report::Definition,
    request::{ArtifactSummary, CancelOutcome, JobSummary, ListFilter},
};

const PAGE: usize = 25;

/// Which requests to show; an empty field (as forms send it) asks for all.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ListQuery {
    #[serde(default)]
    report: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    cursor: String,
}

/// The list, newest first.
pub(super) async fn list(
    State(site): State<Shared>,
    session: Session,
    Query(query): Query<ListQuery>,
) -> Result<Response> {
    // A word that names nothing shows everything: such addresses come from old bookmarks.
    let filter = ListFilter { report: query.report.parse().ok(), state: query.state.parse().ok() };
    let cursor = Some(query.cursor.as_str()).filter(|cursor| !cursor.is_empty());
    let listing = site.desk.list(&session.identity, &filter, cursor, PAGE).await?;
    let requests: Vec<RequestView> = listing.jobs.iter().map(|job| RequestView::new(&site, &session, job)).collect();
    let older = listing.next.map(|next| query.with_cursor(&next));
    let reports: Vec<(&str, &str)> =
        site.desk.reports(&session.identity).into_iter().map(|r| (r.name.as_str(), r.title.as_str())).collect();
    let in_flight = listing.jobs.iter().any(|job| !job.state.is_final());
    Ok(site.pages.render(
        "requests.html",
        &json!({
            "me": Me::from(&session), "requests": requests, "reports": reports, "in_flight": in_flight,
            "states": JobState::ALL.map(|state| (state.as_str(), words::state(state))),
            "report": query.report, "state": query.state,
            "filtered": filter.report.is_some() || filter.state.is_some(),
            "first_page": cursor.is_none(), "newest": query.with_cursor(""), "older": older,
        }),
    ))
}

impl ListQuery {
    /// The address of another page of the same list.
    fn with_cursor(&self, cursor: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("report", self.report.as_str()), ("state", &self.state), ("cursor", cursor)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        match query.finish() {
            empty if empty.is_empty() => "/".to_owned(),
            query => format!("/?{query}"),
        }
    }
}

/// What has just been done to the request that is shown.
#[derive(Debug, Deserialize)]
pub(super) struct ShowQuery {
    /// It was asked to stop, which takes its worker a moment.
    stopping: Option<u8>,
}

/// One request.
pub(super) async fn show(
    State(site): State<Shared>,
    session: Session,
    Path(id): Path<String>,
    Query(query): Query<ShowQuery>,
) -> Result<Response> {
    let job = find(&site, &session, &id).await?;
    let request = RequestView::new(&site, &session, &job);
    let stopping = query.stopping.is_some() && !job.state.is_final();
    let values = json!({ "me": Me::from(&session), "request": request, "stopping": stopping });
    Ok(site.pages.render("request.html", &values))
}

async fn find(site: &Site, session: &Session, id: &str) -> Result<JobSummary> {
    let id: JobId = id.parse().map_err(|_| Problem::new(Kind::NotFound))?;
    Ok(site.desk.find(&session.identity, id).await?.ok_or(Kind::NotFound)?)
}

/// A form that only confirms.
#[derive(Debug, Deserialize)]
pub(super) struct Confirmed {
    pub(super) csrf: String,
}

/// Stops a request, then shows it again; what had already ended is simply shown.
pub(super) async fn cancel(
    State(site): State<Shared>,
    session: Session,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(form): Form<Confirmed>,
) -> Result<Response> {
    session::same_origin(&headers)?;
    session.check_form(&form.csrf)?;
    let id: JobId = id.parse().map_err(|_| Problem::new(Kind::NotFound))?;
    match site.desk.cancel(&session.identity, id).await? {
        CancelOutcome::Unknown => Err(Kind::NotFound.into()),
        CancelOutcome::Requested => Ok(Redirect::to(&format!("/jobs/{id}?stopping=1")).into_response()),
        CancelOutcome::Cancelled | CancelOutcome::AlreadyFinal(_) => {
            Ok(Redirect::to(&format!("/jobs/{id}")).into_response())
        }
    }
}

/// The document of a request.
pub(super) async fn document(
    State(site): State<Shared>,
    session: Session,
    Path(id): Path<String>,
    OriginalUri(uri): OriginalUri,
    method: Method,
    headers: HeaderMap,
) -> Result<Response> {
    let id: JobId = id.parse().map_err(|_| Problem::new(Kind::NotFound))?;
    let disposition = if uri.query() == Some("inline=1") { Disposition::Inline } else { Disposition::Attachment };
    content::send(&site, &session.identity, id.into(), disposition, &method, &headers).await
}

/// A request as the pages show it.
#[derive(Debug, Serialize)]
struct RequestView {
    id: String,
    report: String,
    title: String,
    /// Whether it can be asked for again.
    known: bool,
    requester: String,
    parameters: Vec<(String, String)>,
    state: &'static str,
    state_text: &'static str,
    in_flight: bool,
    attempt: u32,
    max_attempts: u32,
    rows: u64,
    pages: u64,
    accepted: Moment,
    changed: Moment,
    run_at: Option<Moment>,
    expected: Option<ExpectedView>,
    failure: Option<Explanation>,
    /// Each failed attempt: number, when, why.
    failures: Vec<(u32, Moment, String)>,
    document: Option<DocumentView>,
}

/// What a request will probably come to.
#[derive(Debug, Serialize)]
struct ExpectedView {
    rows: u64,
    pages: u64,
    seconds: Option<u64>,
    ready: Option<Moment>,
}

/// A document as the pages show it.
#[derive(Debug, Serialize)]
struct DocumentView {
    size_bytes: u64,
    rows: u64,
    pages: u64,
    digest: String,
    snapshot: Moment,
    archived: bool,
    /// What was read of each dataset: name, rows read, rows placed, SHA-256.
    datasets: Vec<(String, u64, u64, String)>,
    /// Characters that no font has, with how often each was wanted.
    missing_glyphs: Vec<(String, u64)>,
}

impl RequestView {
    fn new(site: &Site, session: &Session, job: &JobSummary) -> Self {
        let definition = site.desk.report(&session.identity, job.report.as_str());
        let zone = definition.map_or(Tz::UTC, |definition| definition.time_zone);
        Self {
            id: job.id.to_string(),
            report: job.report.to_string(),
            title: definition.map_or_else(|| job.report.to_string(), |definition| definition.title.clone()),
            known: definition.is_some(),
            requester: job.requester.clone(),
            parameters: parameters(job, definition.map(|definition| &**definition)),
            state: job.state.as_str(),
            state_text: words::state(job.state),
            in_flight: !job.state.is_final(),
            attempt: job.attempt,
            max_attempts: job.max_attempts,
            rows: job.progress.rows,
            pages: job.progress.pages,
            accepted: Moment::new(job.accepted_at, zone),
            changed: Moment::new(job.changed_at, zone),
            run_at: job.run_at.map(|at| Moment::new(at, zone)),
            expected: job.expected.map(|expected| ExpectedView {
                rows: expected.rows,
                pages: expected.pages,
                seconds: expected.seconds,
                ready: expected.ready_at.map(|at| Moment::new(at, zone)),
            }),
            failures: job
                .failures
                .iter()
                .map(|failed| (failed.attempt, Moment::new(failed.at, zone), failed.failure.message.clone()))
                .collect(),
            failure: job.error.as_ref().map(|failure| Explanation::new(failure, job.state)),
            document: job.artifact.as_ref().map(|artifact| DocumentView::new(artifact, zone)),
        }
    }
}

impl DocumentView {
    fn new(artifact: &ArtifactSummary, zone: Tz) -> Self {
        Self {
            size_bytes: artifact.size_bytes,
            rows: artifact.rows,
            pages: artifact.pages,
            digest: artifact.digest.as_str().to_owned(),
            snapshot: Moment::new(artifact.snapshot_at, zone),
            archived: artifact.tier == Tier::Archive,
            datasets: artifact.completeness.datasets.iter().map(dataset).collect(),
            missing_glyphs: artifact.missing_glyphs.iter().map(|g| (g.code_point.clone(), g.count)).collect(),
        }
    }
}

fn dataset(read: &ReadDataset) -> (String, u64, u64, String) {
    (read.name.clone(), read.rows_read, read.rows_placed, read.sha256.as_str().to_owned())
}

/// Labels and values, in the definition's order; by name where the definition is gone.
fn parameters(job: &JobSummary, definition: Option<&Definition>) -> Vec<(String, String)> {
    match definition {
        Some(definition) => {
            let given = definition.parameters.iter().filter_map(|p| Some((p, job.parameters.get(&*p.name)?)));
            let given = given.filter(|(_, value)| !value.is_null());
            given.map(|(parameter, value)| (parameter.label.clone(), words::value(value))).collect()
        }
        None => job.parameters.iter().map(|(name, value)| (name.clone(), words::value(value))).collect(),
    }
}
