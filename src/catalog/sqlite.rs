//! A catalog in a SQLite file, for one machine.
//!
//! **Invariant:** several processes may use the file at once; what was recorded survives a loss of power.

use std::{str::FromStr, time::Duration};

use sqlx::{
    ConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{CatalogError, Result, SqlCatalog, database::Pool};

/// How long to wait for another process's transaction, and for a connection.
const BUSY: Duration = Duration::from_secs(10);

/// Opens catalogs in SQLite files.
#[derive(Debug)]
pub struct SqliteCatalog;

impl SqliteCatalog {
    /// A catalog in the file at a path or a `sqlite://` URL, with up to `max_connections` connections.
    ///
    /// Opens none yet; the first creates the file when it isn't there. Must be called within a Tokio runtime.
    pub fn open(path: &str, max_connections: u32) -> Result<SqlCatalog> {
        let options = if path.starts_with("sqlite:") {
            SqliteConnectOptions::from_str(path)
                .map_err(|_| CatalogError::Refused("its address is wrong (sqlite:///folder/file)".to_owned()))?
        } else {
            SqliteConnectOptions::new().filename(path)
        };
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY)
            .disable_statement_logging();
        let pool = SqlitePoolOptions::new().max_connections(max_connections).acquire_timeout(BUSY);
        Ok(SqlCatalog::new(Pool::Sqlite(pool.connect_lazy_with(options))))
    }
}
