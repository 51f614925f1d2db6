//! One report as it is written down in `jobs/<name>/`.

use std::{path::PathBuf, sync::Arc, time::Duration};

use crate::{
    artifact::Digest,
    job::{Lane, ReportName, Tenant},
    report::{FileName, Limits, Parameter, Parameters, Schedule},
    sql::{Bind, Statement},
    value::Value,
};

/// A checked report definition.
#[derive(Debug, Clone)]
pub struct Definition {
    /// Its name: the folder's.
    pub name: ReportName,
    /// For people.
    pub title: String,
    /// What it shows and for whom.
    pub description: String,
    /// What can be asked, in the order of the file.
    pub parameters: Vec<Parameter>,
    /// Its queries, in the order of the file.
    pub datasets: Vec<Dataset>,
    /// The template's file name within the templates folder.
    pub template: String,
    /// What ends it when it grows too large.
    pub limits: Limits,
    /// How long its artifacts are kept and where.
    pub retention: Retention,
    /// The lane of a request that names none.
    pub lane: Lane,
    /// Who may ask.
    pub access: Access,
    /// The IANA time zone in which dates are meant.
    pub time_zone: chrono_tz::Tz,
    /// The BCP 47 language of the document.
    pub language: String,
    /// Which standard the PDF follows.
    pub conformance: Conformance,
    /// How often a job is tried, and how far apart.
    pub retry: Retry,
    /// How many of a worker's slots a job takes, from 1.
    pub slots: u32,
    /// The most of its jobs running at once, over all workers and tenants.
    pub running: Option<u32>,
    /// When it is asked for by itself.
    pub schedules: Vec<Schedule>,
    /// The download's name, with `{parameter}` and `{date}` placeholders; no values of rows.
    pub file_name: FileName,
    /// SHA-256 over `report.toml` and the SQL files.
    pub digest: Digest,
    /// Where it was read from.
    pub folder: PathBuf,
}

/// A named query.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// Its name: the SQL file's, without `.sql`.
    pub name: Arc<str>,
    /// Its SQL.
    pub statement: Arc<Statement>,
    /// Exactly one row is expected and shown as an object.
    pub one: bool,
    /// The SQL file, for faults.
    pub file: PathBuf,
}

impl Dataset {
    /// One value for each of the statement's binds, in order.
    ///
    /// `:tenant` and `:requester` are always those of the verified caller; a definition can't declare them.
    pub fn values(&self, parameters: &Parameters, tenant: &Tenant, requester: &str) -> Vec<Value> {
        let value = |bind: &Bind| match &*bind.name {
            "tenant" => Value::text(tenant.as_str()),
            "requester" => Value::text(requester),
            name => parameters.get(name).cloned().unwrap_or(Value::Null),
        };
        self.statement.binds().iter().map(value).collect()
    }
}

/// How often a job is tried, and how far apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Attempts, from 1.
    pub attempts: u32,
    /// The pause after the first; each further one is twice as long.
    pub backoff: Duration,
    /// No pause is longer.
    pub longest: Duration,
}

/// Three attempts, two seconds after the first, five minutes at most.
impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 3, backoff: Duration::from_secs(2), longest: Duration::from_secs(300) }
    }
}

/// How long artifacts are kept and where; each counted from publishing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// Move to the cool tier.
    pub cool_after: Option<Duration>,
    /// Move to the cold tier.
    pub cold_after: Option<Duration>,
    /// Move to the archive tier.
    pub archive_after: Option<Duration>,
    /// Delete.
    pub delete_after: Option<Duration>,
}

/// Who may ask for a report and read its artifacts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// Any of these roles suffices; empty: every role may.
    pub roles: Vec<String>,
}

/// Which standard the PDF follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Conformance {
    /// PDF/A-2a and PDF/UA-1: archival and accessible.
    #[default]
    Accessible,
    /// PDF/A-2u: archival, untagged, for bulk lists.
    Archival,
}
