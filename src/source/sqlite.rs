//! Rows from a SQLite file, opened read-only.
//!
//! **Invariant:** never writes; a query that was stopped is interrupted, so that its thread ends with it.

mod decode;
mod encode;
mod fault;

use std::{
    path::PathBuf,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, NaiveDateTime, Utc};
use futures::TryStreamExt;
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions, Connection, Executor, Row as _, SqlSafeStr, Sqlite, SqliteConnection,
    SqlitePool, Statement as _,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use tokio_util::sync::CancellationToken;

use self::decode::Hint;
use super::{Description, Flow, Query, Result, RowSink, Snapshot, Source, SourceError, batch};
use crate::sql::Statement;

/// The longest that a query may take when nobody says otherwise: a backstop behind the attempt's own limit.
const TIME_LIMIT: Duration = Duration::from_secs(3600);
/// Rows that SQLite's thread may be ahead: more is faster, and costs memory when rows hold large blobs.
const ROWS_AHEAD: usize = 256;
/// Instructions of SQLite's machine between two looks at whether to go on; a few microseconds.
const LOOK_EVERY: i32 = 1000;

/// A SQLite file.
pub struct SqliteSource {
    options: SqliteConnectOptions,
    pool: SqlitePool,
    path: PathBuf,
    time_limit: Duration,
}

impl SqliteSource {
    /// A source at `sqlite://path`, with up to `max_connections` connections. The file must exist.
    ///
    /// Must be called within a Tokio runtime.
    pub fn open(url: &str, max_connections: u32) -> Result<Self> {
        let unavailable = |why: String| Err(SourceError::Unavailable(why));
        if !url.starts_with("sqlite:") {
            return unavailable("its URL is not usable: it doesn't begin with sqlite://".to_owned());
        }
        let Ok(options) = SqliteConnectOptions::from_str(url) else {
            return unavailable("its URL is not usable: write sqlite:// and the path of a file".to_owned());
        };
        let path = options.get_filename().to_owned();
        if !path.is_file() {
            let path = path.display();
            return unavailable(format!("there is no database file `{path}`; `pressroom demo load` makes one to try"));
        }
        let options =
            options.read_only(true).create_if_missing(false).row_buffer_size(ROWS_AHEAD).disable_statement_logging();
        let pool = SqlitePoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(Duration::from_secs(5))
            .connect_lazy_with(options.clone());
        Ok(Self { options, pool, path, time_limit: TIME_LIMIT })
    }

    /// The longest that one query may take.
    pub fn with_time_limit(self, limit: Duration) -> Self {
        Self { time_limit: limit, ..self }
    }

    async fn acquire(&self) -> Result<PoolConnection<Sqlite>> {
        self.pool.acquire().await.map_err(|error| match error {
            sqlx::Error::PoolTimedOut => {
                let max = self.pool.options().get_max_connections();
                SourceError::Unavailable(format!("all {max} connections are in use"))
            }
            error => fault::connection(&self.path, error),
        })
    }
}

#[async_trait]
impl Source for SqliteSource {
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        let mut snapshot = SqliteSnapshot {
            connection: Some(self.acquire().await?),
            path: self.path.clone(),
            interrupt: Arc::default(),
            taken_at: DateTime::UNIX_EPOCH,
            time_limit: self.time_limit,
        };
        let begun = snapshot.begin().await;
        begun.map_err(|error| fault::connection(&self.path, error))?;
        Ok(Box::new(snapshot))
    }

    async fn describe(&self, dataset: &str, statement: &Statement) -> Result<Description> {
        let mut connection = self.acquire().await?;
        let sql = AssertSqlSafe(statement.positional(&[])).into_sql_str();
        let prepared =
            connection.prepare(sql).await.map_err(|error| fault::prepare(&self.path, dataset, statement, error))?;
        let hints = decode::hints(&mut connection, prepared.columns()).await;
        let hints = hints.map_err(|error| fault::connection(&self.path, error))?;
        let columns = prepared.columns().iter().zip(&hints).map(|(column, hint)| (column.name(), hint.kind()));
        Ok(Description { columns: batch::columns(dataset, columns)?.to_vec() })
    }

    async fn ping(&self) -> Result<()> {
        // On a connection of its own, so that a busy pool is not taken for a broken file.
        let answer = async {
            let mut connection = self.options.connect().await?;
            connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").await?;
            connection.close().await
        };
        let silent = || SourceError::Unavailable("the database file can't be read within a second".to_owned());
        let answered = tokio::time::timeout(Duration::from_secs(1), answer).await.map_err(|_| silent())?;
        answered.map_err(|error| fault::connection(&self.path, error))
    }
}

struct SqliteSnapshot {
    /// `None` once the snapshot is over.
    connection: Option<PoolConnection<Sqlite>>,
    path: PathBuf,
    /// Ends what the connection is running.
    interrupt: Arc<AtomicBool>,
    taken_at: DateTime<Utc>,
    time_limit: Duration,
}

impl SqliteSnapshot {
    async fn begin(&mut self) -> Result<(), sqlx::Error> {
        let Some(connection) = &mut self.connection else { return Err(sqlx::Error::PoolClosed) };
        let interrupt = self.interrupt.clone();
        connection.lock_handle().await?.set_progress_handler(LOOK_EVERY, move || !interrupt.load(Ordering::Relaxed));
        connection.execute("BEGIN").await?;
        // BEGIN alone waits: the first read takes the snapshot.
        let (now, _): (String, i64) =
            sqlx::query_as("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now'), (SELECT COUNT(*) FROM sqlite_schema)")
                .fetch_one(&mut **connection)
                .await?;
        let now = NaiveDateTime::parse_from_str(&now, "%Y-%m-%d %H:%M:%S%.f");
        self.taken_at = now.map_err(|error| sqlx::Error::Decode(error.into()))?.and_utc();
        Ok(())
    }

    /// Ends the running query and makes the connection ready for the next one.
    async fn stop(&mut self) {
        self.interrupt.store(true, Ordering::Relaxed);
        let Some(connection) = &mut self.connection else { return };
        // Answered by the query's own thread, hence after the query.
        if connection.ping().await.is_ok() {
            self.interrupt.store(false, Ordering::Relaxed);
        } else {
            self.abandon();
        }
    }

    /// Ends the running query and the snapshot with it.
    fn abandon(&mut self) {
        // Only while the connection is ours: the flag outlives the snapshot in the connection's handler.
        if let Some(connection) = self.connection.take() {
            self.interrupt.store(true, Ordering::Relaxed);
            drop(connection.detach());
        }
    }
}

#[async_trait]
impl Snapshot for SqliteSnapshot {
    fn taken_at(&self) -> DateTime<Utc> {
        self.taken_at
    }

    async fn stream(&mut self, query: &Query, cancel: &CancellationToken, sink: &mut dyn RowSink) -> Result<()> {
        let Some(connection) = &mut self.connection else {
            return Err(SourceError::Unavailable("the snapshot is over".to_owned()));
        };
        let outcome = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(SourceError::Cancelled),
            () = tokio::time::sleep(self.time_limit) => {
                Err(SourceError::Timeout { dataset: query.dataset.to_string(), limit: self.time_limit })
            }
            outcome = run(connection, &self.path, query, sink) => outcome,
        };
        match outcome {
            Ok(Flow::Continue) => {}
            Ok(Flow::Stop) => self.stop().await,
            Err(_) => self.abandon(),
        }
        outcome.map(drop)
    }

    async fn finish(mut self: Box<Self>) -> Result<()> {
        if let Some(connection) = &mut self.connection {
            connection.execute("COMMIT").await.map_err(|error| fault::connection(&self.path, error))?;
        }
        // Gives the connection back; on the way out of an error above, `drop` closes it.
        drop(self.connection.take());
        Ok(())
    }
}

impl Drop for SqliteSnapshot {
    fn drop(&mut self) {
        self.abandon();
    }
}

/// Prepares and runs a query. [`Flow::Stop`] says that it is still running.
async fn run(
    connection: &mut SqliteConnection,
    path: &std::path::Path,
    query: &Query,
    sink: &mut dyn RowSink,
) -> Result<Flow> {
    let dataset = &*query.dataset;
    let counts = query.counts()?;
    let sql = AssertSqlSafe(query.statement.positional(&counts)).into_sql_str();
    let arguments = encode::arguments(query.scalars()).map_err(|error| fault::bind(dataset, error))?;
    let prepared = connection
        .prepare(sql.clone())
        .await
        .map_err(|error| fault::prepare(path, dataset, &query.statement, error))?;
    let hints = decode::hints(connection, prepared.columns()).await;
    let hints: Vec<Hint> = hints.map_err(|error| fault::connection(path, error))?;

    let running = |error| fault::running(path, dataset, error);
    let mut rows = sqlx::query_with(sql, arguments).fetch(connection).map_err(running);
    let kinds = prepared.columns().iter().zip(&hints).map(|(column, hint)| (column.name(), hint.kind()));
    let columns = batch::columns(dataset, kinds)?;
    if sink.columns(columns.clone()).await == Flow::Stop {
        return Ok(Flow::Stop);
    }
    let first = rows.try_next().await?;
    if first.as_ref().is_some_and(|row| row.columns().len() != columns.len()) {
        return Err(SourceError::Unavailable("the table changed while it was read".to_owned()));
    }
    let read = |row: &_| decode::row(&hints, row).map_err(|(i, why)| fault::decode(dataset, &columns[i], why));
    batch::deliver(first, rows, read, sink).await
}
