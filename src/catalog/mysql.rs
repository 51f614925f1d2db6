//! A catalog in MySQL or MariaDB.
//!
//! **Invariant:** a session never cuts a value short, and never waits long for another's lock.

use std::time::Duration;

use sqlx::{Executor, MySqlConnection, mysql::MySqlPoolOptions};

use super::{CatalogError, Result, SqlCatalog, database::Pool};
use crate::mysql_url;

/// How long to wait for a connection.
const ACQUIRE: Duration = Duration::from_secs(5);

/// Statements that each connection keeps prepared: those that go together are one for each number of them.
const STATEMENTS: usize = 200;

/// Opens catalogs in MySQL and MariaDB.
#[derive(Debug)]
pub struct MySqlCatalog;

impl MySqlCatalog {
    /// A catalog at `mysql://user:password@host:port/database`, with up to `max_connections` connections.
    ///
    /// Opens none yet. Must be called within a Tokio runtime.
    pub fn connect(url: &str, max_connections: u32) -> Result<SqlCatalog> {
        let options =
            mysql_url::read(url).map_err(|wrong| CatalogError::Refused(format!("its address is wrong: {wrong}")))?;
        let options = options.statement_cache_capacity(STATEMENTS);
        let pool = MySqlPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(ACQUIRE)
            .after_connect(|connection, _| Box::pin(prepare(connection)))
            .connect_lazy_with(options);
        Ok(SqlCatalog::new(Pool::MySql(pool)))
    }
}

/// Makes a new session fit for us.
async fn prepare(connection: &mut MySqlConnection) -> Result<(), sqlx::Error> {
    // The default, REPEATABLE READ, locks gaps: inserts of different jobs would wait for each other.
    connection.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await?;
    // Without it a value that is too long is cut, and nobody is told.
    connection.execute("SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES')").await?;
    // In seconds; the default is 50.
    connection.execute("SET SESSION innodb_lock_wait_timeout = 5").await?;
    Ok(())
}
