//! The API's words: what goes over the wire, apart from what it is inside.
//!
//! **Invariant:** fields are only ever added.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Map, Value as Json};
use utoipa::{
    ToSchema,
    openapi::{ObjectBuilder, Type},
};
use uuid::Uuid;

use crate::{
    artifact::{MissingGlyph, ReadDataset, Tier},
    job::{FailedAttempt, Failure, JobState, Lane, Progress, Step},
    report::Definition,
    request::{ArtifactSummary, Completeness, Expected, JobSummary},
};

/// A request for a report.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewJob)]
pub(super) struct NewJob {
    /// The report's name.
    #[schema(example = "immunization-record", pattern = "^[a-z0-9][a-z0-9_-]{0,62}$")]
    pub(super) report: String,
    /// What the report's definition asks for; relative dates such as `today - 1y` are allowed.
    #[serde(default, deserialize_with = "object_or_nothing")]
    #[schema(value_type = Object, example = json!({"patient_id": 1}))]
    pub(super) parameters: Map<String, Json>,
    /// How urgent it is; the report's own lane when missing.
    #[schema(schema_with = lane_words)]
    pub(super) lane: Option<Lane>,
    /// Not before this instant.
    pub(super) run_at: Option<DateTime<Utc>>,
}

/// A job, wherever it is on its way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Job)]
pub(super) struct JobBody {
    /// Its name for ever.
    id: Uuid,
    /// Whose data it shows.
    tenant: String,
    /// Which report it is.
    report: String,
    /// Where it stands. `done`, `failed` and `cancelled` are final.
    #[schema(schema_with = state_words)]
    state: JobState,
    /// How urgent it is.
    #[schema(schema_with = lane_words)]
    lane: Lane,
    /// Attempts so far.
    attempt: u32,
    /// Attempts it may have.
    max_attempts: u32,
    /// How far the running attempt is; the whole of it when done.
    progress: ProgressBody,
    /// What it will probably come to, while it is in flight and the latest jobs of its report were alike: a guess.
    #[schema(required)]
    expected: Option<ExpectedBody>,
    /// The worker that holds it, while it is running.
    #[schema(required)]
    worker: Option<String>,
    /// Why the latest attempt failed.
    #[schema(required)]
    error: Option<FailureBody>,
    /// What went wrong so far, oldest first: always the first failed attempt, and the latest ones.
    failures: Vec<FailedAttemptBody>,
    /// What it left, when done.
    #[schema(required)]
    artifact: Option<ArtifactBody>,
    /// Who asked.
    requester: String,
    /// Parameters as accepted: defaults filled in, relative dates resolved.
    #[schema(value_type = Object)]
    parameters: Map<String, Json>,
    /// When it was accepted.
    accepted_at: DateTime<Utc>,
    /// Not before this instant.
    #[schema(required)]
    run_at: Option<DateTime<Utc>>,
    /// When its state last changed.
    changed_at: DateTime<Utc>,
}

/// How far an attempt is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Progress)]
struct ProgressBody {
    /// Rows read.
    rows: u64,
    /// Pages finished.
    pages: u64,
}

/// What a job will probably come to: what half of the latest jobs of the same report and tenant stayed below.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Expected)]
struct ExpectedBody {
    /// Rows.
    rows: u64,
    /// Pages.
    pages: u64,
    /// Seconds from the first row to the finished document; null where those jobs differ too much.
    #[schema(required)]
    seconds: Option<u64>,
    /// When the running attempt will be through; null before it runs, and once that instant has passed.
    #[schema(required)]
    ready_at: Option<DateTime<Utc>>,
    /// From how many jobs this is.
    samples: usize,
}

/// One attempt that failed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FailedAttempt)]
pub(super) struct FailedAttemptBody {
    /// Its number, from 1; 0 for a job that was never accepted.
    attempt: u32,
    /// When it ended.
    at: DateTime<Utc>,
    /// The worker that ran it.
    #[schema(required)]
    worker: Option<String>,
    /// Why it failed.
    error: FailureBody,
}

/// Why an attempt failed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Failure)]
pub(super) struct FailureBody {
    /// The step that failed.
    #[schema(schema_with = step_words)]
    step: Step,
    /// A stable word for programs, such as `timeout` or `row-limit`.
    code: String,
    /// A sentence for people.
    message: String,
    /// Whether the same job might succeed later without anyone changing anything.
    retryable: bool,
}

/// A stored document.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Artifact)]
pub(super) struct ArtifactBody {
    /// Its name: the job's.
    id: Uuid,
    /// Which report it is.
    report: String,
    /// Who asked for it.
    requester: String,
    /// SHA-256 of its bytes, in hexadecimal.
    digest: String,
    /// Size in bytes.
    size_bytes: u64,
    /// Rows the database returned, all of them in the document.
    rows: u64,
    /// Pages.
    pages: u64,
    /// The storage tier it is on; from `archive` it can't be read at once.
    #[schema(schema_with = tier_words)]
    tier: Tier,
    /// What was read for it; documents of earlier versions say nothing.
    completeness: CompletenessBody,
    /// Characters that no font has, most frequent first: a box stands in the place of each.
    missing_glyphs: Vec<MissingGlyphBody>,
    /// When its rows were read.
    snapshot_at: DateTime<Utc>,
    /// When it was stored.
    created_at: DateTime<Utc>,
    /// Where its bytes are.
    #[schema(example = "/api/v1/artifacts/0197a1b2-0000-7000-8000-000000000000/content")]
    content: String,
}

/// What was read for a document.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Completeness)]
struct CompletenessBody {
    /// Each dataset that was read, in the order of reading.
    datasets: Vec<ReadDatasetBody>,
}

/// How much of a dataset was read and printed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReadDataset)]
struct ReadDatasetBody {
    /// Its name in the report's definition.
    name: String,
    /// Rows that the database returned.
    rows_read: u64,
    /// Rows on pages.
    rows_placed: u64,
    /// SHA-256 of what was read, in hexadecimal.
    sha256: String,
}

/// A character that no font has.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MissingGlyph)]
struct MissingGlyphBody {
    /// Which one.
    #[schema(example = "U+1F600")]
    code_point: String,
    /// How often.
    count: u64,
}

/// A page of jobs, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JobList {
    /// The jobs.
    pub(super) jobs: Vec<JobBody>,
    /// The `cursor` of the next page; null at the end.
    #[schema(required)]
    pub(super) next: Option<String>,
}

/// What became of a cancel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Cancelled)]
pub(super) struct CancelledBody {
    /// The job.
    pub(super) id: Uuid,
    /// `cancelled`, or `running` while its worker has still to stop.
    #[schema(schema_with = state_words)]
    pub(super) state: JobState,
}

/// A report that can be asked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Report)]
pub(super) struct ReportBody {
    /// Its name, as requests give it.
    name: String,
    /// For people.
    title: String,
    /// What it shows and for whom.
    description: String,
    /// The lane of a request that names none.
    #[schema(schema_with = lane_words)]
    lane: Lane,
    /// The language of the document (BCP 47).
    language: String,
    /// The time zone in which its dates are meant (IANA).
    time_zone: String,
    /// Its parameters, as a JSON Schema (2020-12).
    #[schema(value_type = Object)]
    parameters: Json,
}

/// The reports that the key may ask for.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportList {
    /// The reports, by name.
    pub(super) reports: Vec<ReportBody>,
}

impl From<JobSummary> for JobBody {
    fn from(job: JobSummary) -> Self {
        Self {
            id: job.id.0,
            tenant: job.tenant.into(),
            report: job.report.into(),
            state: job.state,
            lane: job.lane,
            attempt: job.attempt,
            max_attempts: job.max_attempts,
            progress: job.progress.into(),
            expected: job.expected.map(ExpectedBody::from),
            worker: job.worker,
            error: job.error.map(FailureBody::from),
            failures: job.failures.into_iter().map(FailedAttemptBody::from).collect(),
            artifact: job.artifact.map(ArtifactBody::from),
            requester: job.requester,
            parameters: job.parameters,
            accepted_at: job.accepted_at,
            run_at: job.run_at,
            changed_at: job.changed_at,
        }
    }
}

impl From<Progress> for ProgressBody {
    fn from(Progress { rows, pages }: Progress) -> Self {
        Self { rows, pages }
    }
}

impl From<Expected> for ExpectedBody {
    fn from(Expected { rows, pages, seconds, ready_at, samples }: Expected) -> Self {
        Self { rows, pages, seconds, ready_at, samples }
    }
}

impl From<FailedAttempt> for FailedAttemptBody {
    fn from(FailedAttempt { attempt, at, worker, failure }: FailedAttempt) -> Self {
        Self { attempt, at, worker, error: failure.into() }
    }
}

impl From<Failure> for FailureBody {
    fn from(failure: Failure) -> Self {
        let Failure { step, code, message, retryable } = failure;
        Self { step, code, message, retryable }
    }
}

impl From<ArtifactSummary> for ArtifactBody {
    fn from(artifact: ArtifactSummary) -> Self {
        Self {
            id: artifact.id.0,
            content: format!("/api/v1/artifacts/{}/content", artifact.id),
            report: artifact.report.into(),
            requester: artifact.requester,
            digest: artifact.digest.as_str().to_owned(),
            size_bytes: artifact.size_bytes,
            rows: artifact.rows,
            pages: artifact.pages,
            tier: artifact.tier,
            completeness: artifact.completeness.into(),
            missing_glyphs: artifact.missing_glyphs.into_iter().map(MissingGlyphBody::from).collect(),
            snapshot_at: artifact.snapshot_at,
            created_at: artifact.created_at,
        }
    }
}

impl From<Completeness> for CompletenessBody {
    fn from(completeness: Completeness) -> Self {
        let body = |ReadDataset { name, rows_read, rows_placed, sha256 }: ReadDataset| ReadDatasetBody {
            name,
            rows_read,
            rows_placed,
            sha256: sha256.as_str().to_owned(),
        };
        Self { datasets: completeness.datasets.into_iter().map(body).collect() }
    }
}

impl From<MissingGlyph> for MissingGlyphBody {
    fn from(MissingGlyph { code_point, count }: MissingGlyph) -> Self {
        Self { code_point, count }
    }
}

impl From<&Definition> for ReportBody {
    fn from(definition: &Definition) -> Self {
        Self {
            name: definition.name.to_string(),
            title: definition.title.clone(),
            description: definition.description.clone(),
            lane: definition.lane,
            language: definition.language.clone(),
            time_zone: definition.time_zone.name().to_owned(),
            parameters: definition.schema(),
        }
    }
}

/// An object; also `[]`, which is what PHP makes of an empty array.
fn object_or_nothing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Json>, D::Error> {
    struct ObjectOrNothing;

    impl<'de> Visitor<'de> for ObjectOrNothing {
        type Value = Map<String, Json>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            Map::deserialize(MapAccessDeserializer::new(map))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            match items.next_element::<IgnoredAny>()? {
                None => Ok(Map::new()),
                Some(_) => Err(A::Error::invalid_type(Unexpected::Seq, &self)),
            }
        }
    }

    deserializer.deserialize_any(ObjectOrNothing)
}

/// One of a few words, so that the description lists just those that the program knows.
fn words<const N: usize>(all: [&'static str; N], description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(all)).description(Some(description))
}

pub(super) fn lane_words() -> ObjectBuilder {
    words(Lane::ALL.map(Lane::as_str), "How urgent it is; in a request, the report's own lane when missing.")
}

pub(super) fn state_words() -> ObjectBuilder {
    words(JobState::ALL.map(JobState::as_str), "Where a job stands; `done`, `failed` and `cancelled` are final.")
}

fn tier_words() -> ObjectBuilder {
    words(Tier::ALL.map(Tier::as_str), "The storage tier it is on; from `archive` it can't be read at once.")
}

fn step_words() -> ObjectBuilder {
    use Step::*;
    words([Accept, Source, Layout, Pdf, Store, Catalog, Worker].map(Step::as_str), "The step that failed.")
}
