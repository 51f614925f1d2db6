//! What layout is given: rows to pull and facts to show.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::value::{Columns, Row, Value};

/// Rows, one dataset at a time, in the order that the template wants them.
///
/// The rows come from elsewhere (a channel, a fixture); layout only pulls.
pub trait Rows {
    /// Turns to a dataset and tells its columns. A dataset is opened at most once.
    fn open(&mut self, dataset: &str) -> Result<Columns, Interrupted>;

    /// The opened dataset's next row, or `None` after its last.
    fn next(&mut self) -> Result<Option<Row>, Interrupted>;
}

/// The rows stopped coming. Whoever supplies them knows why; layout only passes it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the rows stopped coming")]
pub struct Interrupted;

/// Takes finished pages; the page is lent, so that its memory can be used again.
pub trait Pages {
    /// One finished page, in order. An interruption ends the layout.
    fn page(&mut self, page: &super::page::Page) -> Result<(), Interrupted>;
}

/// The facts a template may show beside rows.
#[derive(Debug, Clone)]
pub struct Context {
    /// The report's title: `{{ report.title }}`.
    pub title: String,
    /// The report's description: `{{ report.description }}`.
    pub description: String,
    /// The tenant: `{{ tenant }}`.
    pub tenant: String,
    /// The document's BCP 47 language.
    pub language: String,
    /// The zone in which instants are shown.
    pub time_zone: chrono_tz::Tz,
    /// The instant of the data: `{{ generated_at }}`. The same job gives the same instant at every attempt
    /// on the same data, so it is the job's acceptance, not the wall clock.
    pub generated_at: DateTime<Utc>,
    /// The checked parameters: `{{ parameters.from }}`.
    pub parameters: Vec<(Arc<str>, Value)>,
    /// Datasets that have exactly one row: `{{ patient.name }}`.
    pub single: Vec<Arc<str>>,
    /// Whether the document's structure is told with its pages.
    pub tagged: bool,
    /// No more pages than this.
    pub max_pages: u64,
}
