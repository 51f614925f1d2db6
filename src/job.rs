//! Jobs: who asks, for what, and how far it is.
//!
//! **Invariant:** plain data and the rules between states; no module's types but the other leaves'.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

/// Names one job for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub Uuid);

impl JobId {
    /// A new id (UUID version 7, RFC 9562: ordered by time).
    pub fn new(at: DateTime<Utc>) -> Self {
        let stamp =
            uuid::Timestamp::from_unix(uuid::NoContext, at.timestamp().max(0) as u64, at.timestamp_subsec_nanos());
        Self(Uuid::new_v7(stamp))
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for JobId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A name that is safe in keys, paths, URLs and metric labels.
///
/// 1 to 63 characters: `a-z`, `0-9`, `-`, `_`; the first is a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(Box<str>);

/// What is wrong with a [`Name`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 63 characters of a-z, 0-9, '-' and '_', and start with a letter or digit")]
pub struct NameError;

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let mut bytes = text.bytes();
        let ok =
            text.len() <= 63 && bytes.next().is_some_and(letter) && bytes.all(|b| letter(b) || b == b'-' || b == b'_');
        if ok { Ok(Self(text.into())) } else { Err(NameError) }
    }
}

impl TryFrom<String> for Name {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0.into()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whose data a job may see; everything stored is scoped to one.
pub type Tenant = Name;

/// The name of a report definition: its folder in `jobs/`.
pub type ReportName = Name;

/// How urgent a job is. Lanes share the workers by weight; none starves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// Someone is waiting at a screen.
    Interactive,
    /// The ordinary case.
    #[default]
    Standard,
    /// Long lists and nightly batches.
    Bulk,
}

impl Lane {
    /// All lanes, most urgent first.
    pub const ALL: [Self; 3] = [Self::Interactive, Self::Standard, Self::Bulk];

    /// The name used in messages, keys and labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Standard => "standard",
            Self::Bulk => "bulk",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Lane {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|lane| lane.as_str() == text)
            .ok_or(UnknownWord { expected: "interactive, standard or bulk" })
    }
}

/// A word that is not one of the few expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be {expected}")]
pub struct UnknownWord {
    /// The words that would do.
    pub expected: &'static str,
}

/// Where a job stands.
///
/// ```text
/// scheduled → waiting → running → done
///                ↑         ├────→ failed
///             retrying ←───┤
///                          └────→ cancelled   (also from scheduled, waiting, retrying)
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Asked for at a later time.
    Scheduled,
    /// Ready for a worker.
    Waiting,
    /// A worker holds its lease.
    Running,
    /// An attempt failed; the next is due later.
    Retrying,
    /// Its artifact is published and recorded.
    Done,
    /// It won't be tried again; the error says why.
    Failed,
    /// Someone stopped it.
    Cancelled,
}

impl JobState {
    /// All states, in the order a job can pass through them.
    pub const ALL: [Self; 7] =
        [Self::Scheduled, Self::Waiting, Self::Running, Self::Retrying, Self::Done, Self::Failed, Self::Cancelled];

    /// The name used in messages and labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Retrying => "retrying",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more will happen to the job by itself.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for JobState {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(UnknownWord { expected: "scheduled, waiting, running, retrying, done, failed or cancelled" })
    }
}

/// How far a running attempt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Rows read from the source so far.
    pub rows: u64,
    /// Pages finished so far.
    pub pages: u64,
}

/// One accepted request for one report: what the queue carries and the catalog keeps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its name for ever.
    pub id: JobId,
    /// Whose data it may see.
    pub tenant: Tenant,
    /// Who asked (a user or service id, never a person's name).
    pub requester: String,
    /// What is asked for.
    pub report: ReportName,
    /// Parameters as accepted: checked, defaults filled in, relative dates resolved.
    pub parameters: Map<String, Json>,
    /// How urgent.
    pub lane: Lane,
    /// Not before this instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_at: Option<DateTime<Utc>>,
    /// When it was accepted; with the tenant, report and id it makes the artifact's key.
    pub accepted_at: DateTime<Utc>,
    /// How many attempts it may have, from 1.
    pub max_attempts: u32,
}

/// A step of an attempt, for errors, spans and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Reading and checking the request itself.
    Accept,
    /// Reading rows.
    Source,
    /// Laying out pages.
    Layout,
    /// Writing the PDF.
    Pdf,
    /// Putting bytes into the store.
    Store,
    /// Recording in the catalog.
    Catalog,
    /// The worker itself (it died, or ran out of time).
    Worker,
}

impl Step {
    /// The name used in messages and labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Source => "source",
            Self::Layout => "layout",
            Self::Pdf => "pdf",
            Self::Store => "store",
            Self::Catalog => "catalog",
            Self::Worker => "worker",
        }
    }
}

/// Why an attempt, or the whole job, failed: what ops, apps and analysts see.
///
/// Holds ids, counts and kinds; never SQL, parameter values or rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The step that failed.
    pub step: Step,
    /// A stable word for programs, such as `timeout` or `row-limit`.
    pub code: String,
    /// A sentence for people, lower case without a full stop.
    pub message: String,
    /// Whether the same job might succeed later without anyone changing anything.
    pub retryable: bool,
}

/// One attempt that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedAttempt {
    /// Its number, from 1; 0 for a job that was never accepted.
    pub attempt: u32,
    /// When it ended.
    pub at: DateTime<Utc>,
    /// The worker that ran it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// Why it failed.
    #[serde(flatten)]
    pub failure: Failure,
}
