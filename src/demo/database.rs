//! Writing the demo clinic into MySQL or SQLite.
//!
//! **Invariant:** drops and fills only the demo's own tables.

use std::{path::Path, str::FromStr};

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, MySqlConnection, SqliteConnection,
    mysql::MySqlDatabaseError,
    sqlite::{SqliteConnectOptions, SqliteSynchronous},
};

use crate::{
    demo::{
        DemoError,
        schema::{self, Dialect, Table},
    },
    mysql_url,
};

/// The format of the data; another one is not taken for loaded.
const FORMAT: i64 = 1;

/// One field to write; dates and decimals are text, which both databases read by the column's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Null,
    Int(i64),
    Text(std::borrow::Cow<'static, str>),
}

/// One connection that writes.
pub(super) enum Database {
    MySql(MySqlConnection),
    Sqlite(SqliteConnection),
}

/// The same call for both kinds of connection.
macro_rules! each {
    ($database:expr, $connection:ident => $call:expr) => {
        match $database {
            Database::MySql($connection) => $call,
            Database::Sqlite($connection) => $call,
        }
    };
}

impl Database {
    /// Opens a database to look into; `None` if there is none.
    pub(super) async fn open(url: &str) -> Result<Option<Self>, DemoError> {
        if url.starts_with("sqlite:") {
            // Not read-only: SQLite may have to undo what a killed load has left.
            let options = sqlite(url)?.create_if_missing(false).read_only(false);
            if !options.get_filename().is_file() {
                return Ok(None);
            }
            return options.connect().await.map(|connection| Some(Self::Sqlite(connection))).map_err(unreachable);
        }
        let options = mysql_url::read(url).map_err(|error| DemoError::Unreachable(error.to_string()))?;
        match options.connect().await {
            Ok(connection) => Ok(Some(Self::MySql(connection))),
            Err(error) if is_unknown_database(&error) => Ok(None),
            Err(error) => Err(unreachable(error)),
        }
    }

    /// Opens a database to load the demo, and makes it if there is none.
    pub(super) async fn create(url: &str) -> Result<Self, DemoError> {
        if url.starts_with("sqlite:") {
            return create_sqlite(url).await.map(Self::Sqlite);
        }
        let options = mysql_url::read(url).map_err(|error| DemoError::Unreachable(error.to_string()))?;
        let mut connection = match options.connect().await {
            Err(error) if is_unknown_database(&error) => {
                let name = options.get_database().unwrap_or_default().replace('`', "``");
                let server = options.clone().database("");
                let mut connection = server.connect().await.map_err(unreachable)?;
                let create = format!("CREATE DATABASE `{name}` CHARACTER SET utf8mb4");
                connection.execute(AssertSqlSafe(create)).await?;
                connection.close().await?;
                options.connect().await.map_err(unreachable)?
            }
            other => other.map_err(unreachable)?,
        };
        // Rows arrive in the order of their keys and refer only to rows of ours.
        connection.execute("SET SESSION foreign_key_checks = 0, unique_checks = 0").await?;
        Ok(Self::MySql(connection))
    }

    fn dialect(&self) -> Dialect {
        match self {
            Self::MySql(_) => Dialect::MySql,
            Self::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// The names of all tables and views.
    pub(super) async fn tables(&mut self) -> Result<Vec<String>, DemoError> {
        Ok(match self {
            Self::MySql(connection) => {
                let names = "SELECT CAST(table_name AS CHAR) FROM information_schema.tables \
                             WHERE table_schema = DATABASE()";
                sqlx::query_scalar(names).fetch_all(connection).await?
            }
            Self::Sqlite(connection) => {
                let names = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')";
                sqlx::query_scalar(names).fetch_all(connection).await?
            }
        })
    }

    async fn run(&mut self, sql: String) -> Result<(), DemoError> {
        each!(self, connection => { connection.execute(AssertSqlSafe(sql)).await?; });
        Ok(())
    }

    /// Drops the demo's tables, those that refer to others first and the marker last.
    pub(super) async fn drop_tables(&mut self) -> Result<(), DemoError> {
        for table in schema::TABLES.iter().rev().copied().chain([&schema::MARKER]) {
            self.run(format!("DROP TABLE IF EXISTS {}", table.name)).await?;
        }
        Ok(())
    }

    /// Creates the demo's tables, the marker first: whatever comes after it is ours to drop.
    pub(super) async fn create_tables(&mut self) -> Result<(), DemoError> {
        for table in [&schema::MARKER].into_iter().chain(schema::TABLES) {
            self.run(table.create(self.dialect())).await?;
        }
        Ok(())
    }

    /// Adds indexes and references.
    pub(super) async fn create_indexes(&mut self) -> Result<(), DemoError> {
        for sql in schema::TABLES.iter().flat_map(|table| table.finish(self.dialect())).collect::<Vec<_>>() {
            self.run(sql).await?;
        }
        // Without statistics a planner may read a million rows to find ten.
        let tables: Vec<&str> = schema::TABLES.iter().map(|table| table.name).collect();
        match self.dialect() {
            Dialect::MySql => self.run(format!("ANALYZE TABLE {}", tables.join(", "))).await,
            Dialect::Sqlite => self.run("ANALYZE".to_owned()).await,
        }
    }

    /// Writes whose tables these are and whether they are complete.
    pub(super) async fn mark(&mut self, patients: u64, complete: bool) -> Result<(), DemoError> {
        let marker = schema::MARKER.name;
        self.run(format!("DELETE FROM {marker}")).await?;
        self.run(format!("INSERT INTO {marker} VALUES ({FORMAT}, {patients}, {})", u8::from(complete))).await
    }

    /// Whether a demo clinic is there and complete.
    pub(super) async fn is_marked(&mut self) -> Result<bool, DemoError> {
        if !self.tables().await?.iter().any(|table| table == schema::MARKER.name) {
            return Ok(false);
        }
        let complete = "SELECT COUNT(*) FROM demo_clinic WHERE complete = 1 AND format = ?";
        let found: i64 = each!(self, connection =>
            sqlx::query_scalar(complete).bind(FORMAT).fetch_one(connection).await?);
        Ok(found == 1)
    }

    pub(super) async fn begin(&mut self) -> Result<(), DemoError> {
        self.run("BEGIN".to_owned()).await
    }

    pub(super) async fn commit(&mut self) -> Result<(), DemoError> {
        self.run("COMMIT".to_owned()).await
    }

    /// Writes rows, given as their cells one after the other.
    pub(super) async fn insert(&mut self, table: &Table, cells: Vec<Cell>) -> Result<(), DemoError> {
        let sql = AssertSqlSafe(table.insert(cells.len() / table.columns.len()));
        each!(self, connection => {
            let mut query = sqlx::query(sql);
            for cell in cells {
                query = match cell {
                    Cell::Null => query.bind(None::<i64>),
                    Cell::Int(number) => query.bind(number),
                    Cell::Text(text) => query.bind(text),
                };
            }
            query.execute(connection).await?;
        });
        Ok(())
    }

    pub(super) async fn close(self) -> Result<(), DemoError> {
        each!(self, connection => connection.close().await?);
        Ok(())
    }
}

fn sqlite(url: &str) -> Result<SqliteConnectOptions, DemoError> {
    let options = SqliteConnectOptions::from_str(url).map_err(|_| {
        DemoError::Unreachable("the URL is not usable: write sqlite:// and the path of a file".to_owned())
    })?;
    Ok(options.foreign_keys(false).disable_statement_logging())
}

async fn create_sqlite(url: &str) -> Result<SqliteConnection, DemoError> {
    let options = sqlite(url)?.create_if_missing(true).read_only(false);
    if let Some(folder) = options.get_filename().parent().filter(|folder| *folder != Path::new("")) {
        let made = tokio::fs::create_dir_all(folder).await;
        made.map_err(|error| DemoError::Unreachable(format!("can't make the folder `{}`: {error}", folder.display())))?;
    }
    // Not waiting for the disk loses a half-loaded demo to a power cut and nothing to a crash of this process.
    let options = options.synchronous(SqliteSynchronous::Off).pragma("cache_size", "-65536");
    options.connect().await.map_err(unreachable)
}

fn is_unknown_database(error: &sqlx::Error) -> bool {
    let number = error.as_database_error().and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>());
    number.is_some_and(|error| error.number() == 1049)
}

fn unreachable(error: sqlx::Error) -> DemoError {
    DemoError::Unreachable(format!("the database can't be opened: {error}"))
}
