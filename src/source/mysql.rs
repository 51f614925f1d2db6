//! Rows from MySQL and MariaDB, streamed in the binary protocol.
//!
//! **Invariant:** a connection whose query did not run to its end is ended on the server or closed, never reused half read.

mod connect;
mod control;
mod decode;
mod encode;
mod fault;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDateTime, Utc};
use futures::TryStreamExt;
use sqlx::{
    AssertSqlSafe, Column as _, Connection, Executor, MySql, MySqlConnection, MySqlPool, Row as _, SqlSafeStr,
    Statement as _, mysql::MySqlConnectOptions, pool::PoolConnection,
};
use tokio_util::sync::CancellationToken;

use self::{control::Control, decode::Reader};
use super::{Description, Flow, Query, Result, RowSink, Snapshot, Source, SourceError, batch};
use crate::{mysql_url, sql::Statement};

/// The longest that a query may take when nobody says otherwise: a backstop behind the attempt's own limit, for queries
/// whose worker died.
const TIME_LIMIT: Duration = Duration::from_secs(3600);

/// A MySQL or MariaDB server.
pub struct MySqlSource {
    options: MySqlConnectOptions,
    pool: MySqlPool,
    control: Control,
    time_limit: Duration,
}

impl MySqlSource {
    /// A source at `mysql://user:password@host:port/database`, with up to `max_connections` connections.
    ///
    /// Opens none yet; [`ping`](Source::ping) says whether the server can be reached. Must be called within a Tokio
    /// runtime. Without `ssl-mode` in the URL, a host other than this machine must present a valid certificate.
    pub fn connect(url: &str, max_connections: u32) -> Result<Self> {
        let options = mysql_url::read(url)
            .map_err(|wrong| SourceError::Unavailable(format!("its URL is not usable: {wrong}")))?;
        Ok(Self::with(options, max_connections, TIME_LIMIT))
    }

    /// The longest that one query may take; the server ends it then, even if this process is gone.
    pub fn with_time_limit(self, limit: Duration) -> Self {
        Self::with(self.options, self.pool.options().get_max_connections(), limit)
    }

    fn with(options: MySqlConnectOptions, max_connections: u32, time_limit: Duration) -> Self {
        let pool = connect::pool(&options, max_connections, time_limit);
        Self { control: Control::new(&options), options, pool, time_limit }
    }

    async fn acquire(&self) -> Result<PoolConnection<MySql>> {
        match self.pool.acquire().await {
            Ok(connection) => Ok(connection),
            // The pool retries a refused connection until its time is up and then tells of the time, not of the cause.
            Err(sqlx::Error::PoolTimedOut) => {
                self.ping().await?;
                let max = self.pool.options().get_max_connections();
                Err(SourceError::Unavailable(format!("all {max} connections are in use")))
            }
            Err(error) => Err(fault::connection(&self.options, error)),
        }
    }
}

#[async_trait]
impl Source for MySqlSource {
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        // Owned by the snapshot before it is changed: if this future is dropped halfway the connection is closed.
        let mut snapshot = MySqlSnapshot {
            connection: Some(self.acquire().await?),
            options: self.options.clone(),
            control: self.control.clone(),
            id: 0,
            taken_at: DateTime::UNIX_EPOCH,
            time_limit: self.time_limit,
            streaming: false,
        };
        let begun = snapshot.begin().await;
        begun.map_err(|error| fault::connection(&self.options, error))?;
        Ok(Box::new(snapshot))
    }

    async fn describe(&self, dataset: &str, statement: &Statement) -> Result<Description> {
        let mut connection = self.acquire().await?;
        let sql = statement.positional(&[]);
        let prepared = connection
            .prepare(AssertSqlSafe(sql.as_str()).into_sql_str())
            .await
            .map_err(|error| fault::prepare(&self.options, dataset, statement, &[], &sql, error))?;
        let readers: Vec<Reader> = prepared.columns().iter().map(Reader::of).collect();
        let kinds = prepared.columns().iter().zip(&readers).map(|(column, reader)| (column.name(), reader.kind()));
        let columns = batch::columns(dataset, kinds)?;
        match readers.iter().position(|reader| *reader == Reader::Unsupported) {
            Some(i) => Err(fault::decode(dataset, &columns[i], decode::UNSUPPORTED)),
            None => Ok(Description { columns: columns.to_vec() }),
        }
    }

    async fn ping(&self) -> Result<()> {
        let answer = async {
            if let Some(mut idle) = self.pool.try_acquire() {
                if idle.ping().await.is_ok() {
                    return Ok(());
                }
                idle.close_on_drop();
            }
            MySqlConnection::connect_with(&self.options).await?.close().await
        };
        match tokio::time::timeout(Duration::from_secs(1), answer).await {
            Ok(answer) => answer.map_err(|error| fault::connection(&self.options, error)),
            Err(_) => Err(fault::silent(&self.options)),
        }
    }
}

struct MySqlSnapshot {
    /// `None` once the snapshot is over.
    connection: Option<PoolConnection<MySql>>,
    options: MySqlConnectOptions,
    control: Control,
    /// The server's number of this connection, to end its queries from another one.
    id: u64,
    taken_at: DateTime<Utc>,
    time_limit: Duration,
    /// Whether a query is running on the server.
    streaming: bool,
}

impl MySqlSnapshot {
    async fn begin(&mut self) -> Result<(), sqlx::Error> {
        let Some(connection) = &mut self.connection else { return Err(sqlx::Error::PoolClosed) };
        // Sent as text: the binary protocol refuses it.
        connection.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY").await?;
        let (id, taken_at): (u64, NaiveDateTime) =
            sqlx::query_as("SELECT CAST(CONNECTION_ID() AS UNSIGNED), UTC_TIMESTAMP(6)")
                .fetch_one(&mut **connection)
                .await?;
        (self.id, self.taken_at) = (id, taken_at.and_utc());
        Ok(())
    }

    /// Ends the running query and makes the connection ready for the next one.
    async fn stop(&mut self) {
        let control = self.control.clone();
        let quiet = async {
            control.kill_query(self.id).await;
            let Some(connection) = &mut self.connection else { return false };
            // Reads what is left up to the server's word that the query was killed. A kill that came after the query's
            // end hits the statement after it, hence a second and a third one.
            for _ in 0..3 {
                if connection.execute("DO 0").await.is_ok() {
                    return true;
                }
            }
            false
        };
        if tokio::time::timeout(Duration::from_secs(2), quiet).await.unwrap_or(false) {
            self.streaming = false;
        } else {
            self.abandon().await;
        }
    }

    /// Ends the running query and the snapshot with it.
    async fn abandon(&mut self) {
        self.streaming = false;
        if let Some(connection) = self.connection.take() {
            drop(connection.detach());
            self.control.kill_query(self.id).await;
        }
    }
}

#[async_trait]
impl Snapshot for MySqlSnapshot {
    fn taken_at(&self) -> DateTime<Utc> {
        self.taken_at
    }

    async fn stream(&mut self, query: &Query, cancel: &CancellationToken, sink: &mut dyn RowSink) -> Result<()> {
        let Some(connection) = &mut self.connection else {
            return Err(SourceError::Unavailable("the snapshot is over".to_owned()));
        };
        self.streaming = true;
        let outcome = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(SourceError::Cancelled),
            () = tokio::time::sleep(self.time_limit) => Err(fault::timeout(&query.dataset, self.time_limit)),
            outcome = run(connection, &self.options, self.time_limit, query, sink) => outcome,
        };
        match outcome {
            Ok(Flow::Continue) => self.streaming = false,
            Ok(Flow::Stop) => self.stop().await,
            Err(_) => self.abandon().await,
        }
        outcome.map(drop)
    }

    async fn finish(mut self: Box<Self>) -> Result<()> {
        if let Some(connection) = &mut self.connection {
            connection.execute("COMMIT").await.map_err(|error| fault::connection(&self.options, error))?;
        }
        // Gives the connection back; on the way out of an error above, `drop` closes it.
        drop(self.connection.take());
        Ok(())
    }
}

impl Drop for MySqlSnapshot {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        drop(connection.detach());
        if let (true, Ok(runtime)) = (self.streaming, tokio::runtime::Handle::try_current()) {
            let (control, id) = (self.control.clone(), self.id);
            runtime.spawn(async move { control.kill_query(id).await });
        }
    }
}

/// Prepares and runs a query. [`Flow::Stop`] says that it is still running on the server.
async fn run(
    connection: &mut MySqlConnection,
    options: &MySqlConnectOptions,
    limit: Duration,
    query: &Query,
    sink: &mut dyn RowSink,
) -> Result<Flow> {
    let dataset = &*query.dataset;
    let counts = query.counts()?;
    let sql = query.statement.positional(&counts);
    let arguments = encode::arguments(query.scalars()).map_err(|error| fault::bind(dataset, error))?;
    // Prepared apart from running: what is said here can't hold a value, and it knows the columns of an empty result.
    let prepared = connection
        .prepare(AssertSqlSafe(sql.as_str()).into_sql_str())
        .await
        .map_err(|error| fault::prepare(options, dataset, &query.statement, &counts, &sql, error))?;
    if prepared.columns().is_empty() {
        return Err(batch::returns_nothing(dataset));
    }

    let running = |error| fault::running(options, dataset, limit, error);
    let mut rows = sqlx::query_with(AssertSqlSafe(sql), arguments).fetch(connection).map_err(running);
    let first = rows.try_next().await?;
    let described = first.as_ref().map_or(prepared.columns(), |row| row.columns());
    let readers: Vec<Reader> = described.iter().map(Reader::of).collect();
    let kinds = described.iter().zip(&readers).map(|(column, reader)| (column.name(), reader.kind()));
    let columns = batch::columns(dataset, kinds)?;
    if sink.columns(columns.clone()).await == Flow::Stop {
        return Ok(Flow::Stop);
    }
    let read = |row: &_| decode::row(&readers, row).map_err(|(i, why)| fault::decode(dataset, &columns[i], why));
    batch::deliver(first, rows, read, sink).await
}
