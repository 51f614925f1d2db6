//! Databases to ask, and sinks that remember.

use std::{future::Future, sync::Arc, time::Duration};

use async_trait::async_trait;
use pressroom::{
    source::{Flow, MySqlSource, Query, Result, RowSink, Snapshot, Source, SqliteSource},
    sql::Statement,
    value::{Column, Columns, Row, Value},
};
use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, SqliteConnection};
use tokio_util::sync::CancellationToken;

/// A database of one test, and a way to change it behind the source's back.
pub(crate) enum Database {
    MySql { url: String, admin: MySqlConnection },
    Sqlite { url: String, admin: SqliteConnection, _folder: tempfile::TempDir },
}

impl Database {
    pub(crate) async fn mysql(name: &str) -> Self {
        let server = mysql_server();
        let url = format!("{server}/pressroom_source_{name}");
        let mut admin = MySqlConnection::connect(&server).await.expect("the server answers");
        for sql in ["DROP DATABASE IF EXISTS", "CREATE DATABASE", "USE"] {
            admin.execute(AssertSqlSafe(format!("{sql} pressroom_source_{name}"))).await.unwrap();
        }
        Self::MySql { url, admin }
    }

    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("source.db").display());
        let mut admin = SqliteConnection::connect(&format!("{url}?mode=rwc")).await.unwrap();
        // So that a writer doesn't wait for readers, which is what the snapshot test is about.
        admin.execute("PRAGMA journal_mode = WAL").await.unwrap();
        Self::Sqlite { url, admin, _folder: folder }
    }

    pub(crate) fn source(&self, connections: u32, limit: Duration) -> Box<dyn Source> {
        match self {
            Self::MySql { url, .. } => Box::new(MySqlSource::connect(url, connections).unwrap().with_time_limit(limit)),
            Self::Sqlite { url, .. } => Box::new(SqliteSource::open(url, connections).unwrap().with_time_limit(limit)),
        }
    }

    pub(crate) async fn run(&mut self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::MySql { admin, .. } => drop(admin.execute(sql).await.unwrap()),
            Self::Sqlite { admin, .. } => drop(admin.execute(sql).await.unwrap()),
        }
    }

    pub(crate) async fn is_mariadb(&mut self) -> bool {
        let Self::MySql { admin, .. } = self else { return false };
        let version: String = sqlx::query_scalar("SELECT VERSION()").fetch_one(admin).await.unwrap();
        version.contains("MariaDB")
    }

    /// How many queries with this word the server is running; SQLite has no server to ask.
    pub(crate) async fn running(&mut self, word: &str) -> i64 {
        let Self::MySql { admin, .. } = self else { return 0 };
        let sql = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE ? AND id <> CONNECTION_ID()";
        sqlx::query_scalar(sql).bind(format!("%{word}%")).fetch_one(admin).await.unwrap()
    }
}

#[expect(clippy::disallowed_methods, reason = "tests find the services that ./test started")]
pub(crate) fn mysql_server() -> String {
    std::env::var("PRESSROOM_TEST_MYSQL_URL").expect("PRESSROOM_TEST_MYSQL_URL is not set: run ./test")
}

/// Runs one test over both databases.
pub(crate) async fn both<F: Future<Output = ()>>(name: &str, test: impl Fn(Database) -> F) {
    test(Database::sqlite().await).await;
    test(Database::mysql(name).await).await;
}

/// Keeps what it is given, and has enough after so many batches.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) columns: Vec<Column>,
    pub(crate) batches: Vec<usize>,
    pub(crate) rows: Vec<Row>,
    pub(crate) enough: Option<usize>,
}

#[async_trait]
impl RowSink for Kept {
    async fn columns(&mut self, columns: Columns) -> Flow {
        assert!(self.columns.is_empty() && self.rows.is_empty(), "columns come once and first");
        self.columns = columns.to_vec();
        if self.enough == Some(0) { Flow::Stop } else { Flow::Continue }
    }

    async fn rows(&mut self, batch: Vec<Row>) -> Flow {
        assert!(!batch.is_empty());
        self.batches.push(batch.len());
        self.rows.extend(batch);
        if self.enough.is_some_and(|enough| self.batches.len() >= enough) { Flow::Stop } else { Flow::Continue }
    }
}

pub(crate) fn query(sql: &str, values: &[Value]) -> Query {
    let statement = Statement::parse(sql).unwrap_or_else(|fault| panic!("{fault}"));
    Query { dataset: "people".into(), statement: Arc::new(statement), values: values.to_vec() }
}

pub(crate) async fn stream(snapshot: &mut dyn Snapshot, sql: &str, values: &[Value]) -> Result<Kept> {
    let mut kept = Kept::default();
    snapshot.stream(&query(sql, values), &CancellationToken::new(), &mut kept).await?;
    Ok(kept)
}

pub(crate) async fn select(source: &dyn Source, sql: &str, values: &[Value]) -> Result<Kept> {
    let mut snapshot = source.snapshot().await?;
    let kept = stream(&mut *snapshot, sql, values).await?;
    snapshot.finish().await?;
    Ok(kept)
}

pub(crate) fn shown(rows: &[Row]) -> String {
    let field = |value: &Value| match value {
        Value::Decimal(exact) => format!("Decimal({})", exact.to_plain_string()),
        other => format!("{other:?}"),
    };
    let line = |row: &Row| row.iter().map(field).collect::<Vec<_>>().join(" ");
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// `SELECT` of 10^`power` rows, numbered from 0 in a column `n`, in SQL that every database knows.
pub(crate) fn numbers(power: usize, columns: &str) -> String {
    let digits = (1..10).map(|digit| format!(" UNION ALL SELECT {digit}")).collect::<String>();
    let tables: Vec<String> = (0..power).map(|i| format!("digits AS d{i}")).collect();
    let number: Vec<String> = (0..power).map(|i| format!("d{i}.x * {}", 10_u64.pow(i as u32))).collect();
    format!(
        "WITH digits AS (SELECT 0 AS x{digits}) SELECT {} AS n{columns} FROM {}",
        number.join(" + "),
        tables.join(" CROSS JOIN ")
    )
}

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// Counts, and looks at this process's memory.
#[derive(Default)]
pub(crate) struct Counter {
    pub(crate) rows: u64,
    pub(crate) batches: u64,
    pub(crate) most: u64,
}

#[async_trait]
impl RowSink for Counter {
    async fn columns(&mut self, _: Columns) -> Flow {
        Flow::Continue
    }

    async fn rows(&mut self, batch: Vec<Row>) -> Flow {
        self.rows += batch.len() as u64;
        self.batches += 1;
        if self.batches.is_multiple_of(64) {
            self.most = self.most.max(resident());
        }
        Flow::Continue
    }
}

/// Resident memory in bytes.
pub(crate) fn resident() -> u64 {
    let pages: u64 = std::fs::read_to_string("/proc/self/statm").unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}
