//! What every source must do.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::{
    sql::Statement,
    value::{Column, Columns, Row, Value},
};

/// What went wrong with the source.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It can't be reached, or the connection broke; the same query may work later.
    #[error("the source is not reachable: {0}")]
    Unavailable(String),
    /// It doesn't let us in: the user, the password or the database's name is wrong. The same query works once that is
    /// mended.
    #[error("the source doesn't let us in: {0}")]
    Denied(String),
    /// The database refused the statement. The text is the server's and may name columns, never logged with values.
    #[error("the database refused dataset `{dataset}`: {message}")]
    Refused {
        /// The dataset whose SQL it was.
        dataset: String,
        /// The server's words.
        message: String,
        /// The byte of the SQL file that it is about, when the server says.
        offset: Option<usize>,
    },
    /// A field could not be read.
    #[error("column `{column}` of dataset `{dataset}` can't be read: {message}")]
    Decode {
        /// The dataset.
        dataset: String,
        /// The column.
        column: String,
        /// Why.
        message: String,
    },
    /// It took longer than allowed and was ended on the server.
    #[error("the query of dataset `{dataset}` took longer than {limit:?} and was stopped")]
    Timeout {
        /// The dataset.
        dataset: String,
        /// The limit.
        limit: Duration,
    },
    /// Someone stopped it.
    #[error("the query was stopped")]
    Cancelled,
}

/// The source's answers.
pub type Result<T, E = SourceError> = std::result::Result<T, E>;

/// One dataset's query with everything it needs.
#[derive(Debug, Clone)]
pub struct Query {
    /// The dataset's name, for errors.
    pub dataset: Arc<str>,
    /// The SQL, already split into text and named parameters.
    pub statement: Arc<Statement>,
    /// One value for each of the statement's `binds()`, in order; a list value fills one `?` for each of its members.
    pub values: Vec<Value>,
}

impl Query {
    /// How many `?` each bind fills, as [`Statement::positional`] takes it; refuses more or fewer values than binds.
    pub(super) fn counts(&self) -> Result<Vec<usize>> {
        let (binds, values) = (self.statement.binds().len(), self.values.len());
        if binds != values {
            let message = format!("it names {binds} parameters and {values} values were given");
            return Err(SourceError::Refused { dataset: self.dataset.to_string(), message, offset: None });
        }
        Ok(self.values.iter().map(|value| if let Value::List(members) = value { members.len() } else { 1 }).collect())
    }

    /// The values in the order of their `?`: a list's members stand one by one.
    pub(super) fn scalars(&self) -> impl Iterator<Item = &Value> {
        self.values.iter().flat_map(|value| match value {
            Value::List(members) => members.as_slice(),
            one => std::slice::from_ref(one),
        })
    }
}

/// What a statement would return, known without running it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Its columns.
    pub columns: Vec<Column>,
}

/// A database that reports read from.
#[async_trait]
pub trait Source: Send + Sync + 'static {
    /// Begins a read-only snapshot on a connection of its own.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>>;

    /// Prepares a statement on the real database without running it.
    async fn describe(&self, dataset: &str, statement: &Statement) -> Result<Description>;

    /// Whether the source answers, within a second.
    async fn ping(&self) -> Result<()>;
}

/// One consistent view of the source; all datasets of a report read the same one.
///
/// Dropping it without [`finish`](Snapshot::finish) ends a query that is under way and closes the connection.
#[async_trait]
pub trait Snapshot: Send {
    /// The instant it was taken.
    fn taken_at(&self) -> DateTime<Utc>;

    /// Runs a query and hands its rows to `sink` in batches until the sink says stop.
    ///
    /// Rows stream: at most one batch is in memory. When `cancel` fires the query is ended on the server and the
    /// snapshot is over, as after any error; when the sink says stop the query is ended and the snapshot goes on.
    async fn stream(
        &mut self,
        query: &Query,
        cancel: &tokio_util::sync::CancellationToken,
        sink: &mut dyn RowSink,
    ) -> Result<()>;

    /// Ends the snapshot and gives the connection back.
    async fn finish(self: Box<Self>) -> Result<()>;
}

/// Takes the rows of a query.
#[async_trait]
pub trait RowSink: Send {
    /// Called once, before any row.
    async fn columns(&mut self, columns: Columns) -> Flow;

    /// Called for each batch, never empty.
    async fn rows(&mut self, batch: Vec<Row>) -> Flow;
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// More, please.
    Continue,
    /// Enough; end the query.
    Stop,
}
