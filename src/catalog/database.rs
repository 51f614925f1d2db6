//! The two databases behind one face: statements with bound values in, rows out.
//!
//! Statements are written once, in the SQL that MySQL, MariaDB and SQLite share. What differs is asked of the pool.
//!
//! **Invariant:** values are only ever bound; no statement holds one.

use std::{borrow::Cow, str::FromStr, time::Duration};

use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};
use sqlx::{
    AssertSqlSafe, Database, Decode, Encode, MySql, MySqlPool, Row as _, Sqlite, SqlitePool, Type, mysql::MySqlRow,
    query::Query, sqlite::SqliteRow,
};
use uuid::Uuid;

use super::failure::SqlError;

/// The answers of this module.
pub(super) type Result<T, E = SqlError> = std::result::Result<T, E>;

/// SQLite's code for a file that another connection has locked.
const SQLITE_BUSY: &str = "5";

/// How often to ask again, and how long to wait in between.
const BUSY_TRIES: u32 = 100;
const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// Connections to one of the databases.
#[derive(Debug, Clone)]
pub(super) enum Pool {
    MySql(MySqlPool),
    Sqlite(SqlitePool),
}

impl Pool {
    /// All rows of a query.
    pub(super) async fn fetch(&self, sql: impl Into<Cow<'static, str>>, values: Vec<Value>) -> Result<Vec<Row>> {
        Ok(match self {
            Self::MySql(pool) => rows(bind(sql.into(), values).fetch_all(pool).await?, Row::MySql),
            Self::Sqlite(pool) => rows(bind(sql.into(), values).fetch_all(pool).await?, Row::Sqlite),
        })
    }

    /// Runs one statement by itself; returns how many rows it touched.
    pub(super) async fn execute(&self, sql: impl Into<Cow<'static, str>>, values: Vec<Value>) -> Result<u64> {
        Ok(match self {
            Self::MySql(pool) => bind(sql.into(), values).execute(pool).await?.rows_affected(),
            Self::Sqlite(pool) => bind(sql.into(), values).execute(pool).await?.rows_affected(),
        })
    }

    /// Begins a transaction that will write. Rolled back unless committed.
    pub(super) async fn begin(&self) -> Result<Transaction> {
        Ok(match self {
            Self::MySql(pool) => Transaction::MySql(pool.begin().await?),
            Self::Sqlite(pool) => Transaction::Sqlite(begin_sqlite(pool).await?),
        })
    }

    /// What follows a `SELECT` that locks its rows. SQLite's writers exclude each other anyway.
    pub(super) fn for_update(&self) -> &'static str {
        match self {
            Self::MySql(_) => " FOR UPDATE",
            Self::Sqlite(_) => "",
        }
    }
}

/// Begins as a writer: a transaction that reads first and writes later can't wait for another writer, only fail.
///
/// While a new file is switched to its write-ahead log, SQLite turns others away at once instead of letting them wait,
/// so the waiting is done here.
async fn begin_sqlite(pool: &SqlitePool) -> Result<sqlx::Transaction<'static, Sqlite>> {
    let mut tries = 0;
    loop {
        match pool.begin_with("BEGIN IMMEDIATE").await {
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(SQLITE_BUSY) && tries < BUSY_TRIES => {
                tries += 1;
                tokio::time::sleep(BUSY_PAUSE).await;
            }
            begun => return Ok(begun?),
        }
    }
}

/// Statements that take effect together.
pub(super) enum Transaction {
    MySql(sqlx::Transaction<'static, MySql>),
    Sqlite(sqlx::Transaction<'static, Sqlite>),
}

impl Transaction {
    /// All rows of a query.
    pub(super) async fn fetch(&mut self, sql: impl Into<Cow<'static, str>>, values: Vec<Value>) -> Result<Vec<Row>> {
        Ok(match self {
            Self::MySql(open) => rows(bind(sql.into(), values).fetch_all(&mut **open).await?, Row::MySql),
            Self::Sqlite(open) => rows(bind(sql.into(), values).fetch_all(&mut **open).await?, Row::Sqlite),
        })
    }

    /// Runs one statement; returns how many rows it touched.
    pub(super) async fn execute(&mut self, sql: impl Into<Cow<'static, str>>, values: Vec<Value>) -> Result<u64> {
        Ok(match self {
            Self::MySql(open) => bind(sql.into(), values).execute(&mut **open).await?.rows_affected(),
            Self::Sqlite(open) => bind(sql.into(), values).execute(&mut **open).await?.rows_affected(),
        })
    }

    /// Makes it all count.
    pub(super) async fn commit(self) -> Result<()> {
        match self {
            Self::MySql(open) => open.commit().await?,
            Self::Sqlite(open) => open.commit().await?,
        }
        Ok(())
    }
}

/// A value to bind.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Int(i64),
    Text(Option<String>),
    Bytes(Vec<u8>),
    Time(Option<NaiveDateTime>),
}

impl Value {
    /// A count. Refuses what no database here can hold.
    pub(super) fn count(count: u64) -> Result<Self> {
        i64::try_from(count).map(Self::Int).map_err(|_| SqlError::refused(format!("{count} is too large a count")))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Bytes(id.as_bytes().to_vec())
    }
}

/// Times are kept to the microsecond, which is what MySQL can hold.
impl From<DateTime<Utc>> for Value {
    fn from(time: DateTime<Utc>) -> Self {
        Self::Time(Some(time.naive_utc().trunc_subsecs(6)))
    }
}

impl From<Option<DateTime<Utc>>> for Value {
    fn from(time: Option<DateTime<Utc>>) -> Self {
        time.map_or(Self::Time(None), Self::from)
    }
}

fn bind<DB>(sql: Cow<'static, str>, values: Vec<Value>) -> Query<'static, DB, DB::Arguments>
where
    DB: Database,
    for<'q> i64: Encode<'q, DB> + Type<DB>,
    for<'q> Option<String>: Encode<'q, DB> + Type<DB>,
    for<'q> Vec<u8>: Encode<'q, DB> + Type<DB>,
    for<'q> Option<NaiveDateTime>: Encode<'q, DB> + Type<DB>,
{
    let query = sqlx::query(AssertSqlSafe(sql));
    values.into_iter().fold(query, |query, value| match value {
        Value::Int(int) => query.bind(int),
        Value::Text(text) => query.bind(text),
        Value::Bytes(bytes) => query.bind(bytes),
        Value::Time(time) => query.bind(time),
    })
}

fn rows<R>(rows: Vec<R>, wrap: fn(R) -> Row) -> Vec<Row> {
    rows.into_iter().map(wrap).collect()
}

/// One row, whose fields are read by their column's name.
pub(super) enum Row {
    MySql(MySqlRow),
    Sqlite(SqliteRow),
}

impl Row {
    /// A field as the driver reads it.
    pub(super) fn get<T>(&self, column: &str) -> Result<T>
    where
        T: for<'r> Decode<'r, MySql> + Type<MySql> + for<'r> Decode<'r, Sqlite> + Type<Sqlite>,
    {
        let field = match self {
            Self::MySql(row) => row.try_get(column),
            Self::Sqlite(row) => row.try_get(column),
        };
        field.map_err(|_| unreadable(column))
    }

    /// A text that stands for something.
    pub(super) fn parse<T: FromStr>(&self, column: &str) -> Result<T> {
        self.get::<String>(column)?.parse().map_err(|_| unreadable(column))
    }

    /// A count.
    pub(super) fn count(&self, column: &str) -> Result<u64> {
        u64::try_from(self.get::<i64>(column)?).map_err(|_| unreadable(column))
    }

    /// An instant.
    pub(super) fn time(&self, column: &str) -> Result<DateTime<Utc>> {
        Ok(self.get::<NaiveDateTime>(column)?.and_utc())
    }

    /// An id.
    pub(super) fn uuid(&self, column: &str) -> Result<Uuid> {
        Uuid::from_slice(&self.get::<Vec<u8>>(column)?).map_err(|_| unreadable(column))
    }
}

/// What is in a column is not what this program put there.
pub(super) fn unreadable(column: &str) -> SqlError {
    SqlError::refused(format!("what column `{column}` holds can't be read"))
}

/// As many `?` as there are values, between parentheses.
pub(super) fn placeholders(count: usize) -> String {
    format!("({})", vec!["?"; count].join(", "))
}

/// So many rows of so many `?` each, as `VALUES` takes them.
pub(super) fn rows_of(columns: usize, rows: usize) -> String {
    vec![placeholders(columns); rows].join(", ")
}
