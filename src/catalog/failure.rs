//! Sorts the databases' errors into the catalog's kinds.
//!
//! **Invariant:** a server's own words get through only while connecting; later they could repeat a value.

use sqlx::{error::DatabaseError, mysql::MySqlDatabaseError};

use super::CatalogError;

/// What went wrong with a statement.
#[derive(Debug)]
pub(super) enum SqlError {
    /// A row with this key is there already.
    Duplicate,
    /// Another transaction was in the way; the same transaction will work when it is run again.
    Contention,
    /// Anything else.
    Other(CatalogError),
}

impl SqlError {
    /// Trying again won't help.
    pub(super) fn refused(why: impl Into<String>) -> Self {
        Self::Other(CatalogError::Refused(why.into()))
    }
}

impl From<SqlError> for CatalogError {
    fn from(error: SqlError) -> Self {
        match error {
            SqlError::Duplicate => Self::Refused("a row with this key is there already".to_owned()),
            SqlError::Contention => Self::Unavailable("other transactions were in the way too often".to_owned()),
            SqlError::Other(error) => error,
        }
    }
}

impl From<sqlx::Error> for SqlError {
    fn from(error: sqlx::Error) -> Self {
        use CatalogError::{Refused, Unavailable};
        Self::Other(match error {
            sqlx::Error::Database(error) => return answered(&*error),
            sqlx::Error::Io(error) => Unavailable(format!("the connection failed: {}", error.kind())),
            sqlx::Error::Tls(_) => {
                Refused("no trusted TLS connection could be made; see ssl-mode and ssl-ca".to_owned())
            }
            sqlx::Error::PoolTimedOut => Unavailable("no connection became free or could be made in time".to_owned()),
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Unavailable("the connections are closed".to_owned())
            }
            sqlx::Error::Configuration(_) => Refused("its address is wrong".to_owned()),
            sqlx::Error::Protocol(_) => Unavailable("the server's answer made no sense".to_owned()),
            _ => Refused("the driver refused the statement".to_owned()),
        })
    }
}

/// The database itself said no.
fn answered(error: &dyn DatabaseError) -> SqlError {
    if error.is_unique_violation() {
        return SqlError::Duplicate;
    }
    match error.try_downcast_ref::<MySqlDatabaseError>() {
        Some(error) => answered_by_mysql(error),
        None => answered_by_sqlite(error),
    }
}

const NO_SUCH_TABLE: &str = "a table or column is missing; run `pressroom migrate`";

/// Numbers: <https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html>.
fn answered_by_mysql(error: &MySqlDatabaseError) -> SqlError {
    let said = format!("MySQL error {} ({})", error.number(), error.code().unwrap_or_default());
    SqlError::Other(match error.number() {
        // A deadlock; MariaDB's "record has changed since last read".
        1213 | 1020 => return SqlError::Contention,
        1054 | 1146 => CatalogError::Refused(NO_SUCH_TABLE.to_owned()),
        // No access, no such database, host not allowed: said about the connection, not about a value.
        1044 | 1045 | 1049 | 1130 | 1698 => CatalogError::Refused(error.message().to_owned()),
        // Disk full, too many connections, shutting down, killed, a lock wait ran out, read-only (a failover).
        1021 | 1040 | 1053 | 1077 | 1203 | 1205 | 1226 | 1290 | 1317 | 1792 | 1836 | 1927 => {
            CatalogError::Unavailable(said)
        }
        _ => CatalogError::Refused(said),
    })
}

/// Codes: <https://www.sqlite.org/rescode.html>; the lowest byte is the kind, the others tell more.
fn answered_by_sqlite(error: &dyn DatabaseError) -> SqlError {
    const BUSY: u32 = 5;
    const LOCKED: u32 = 6;
    const IO: u32 = 10;
    const FULL: u32 = 13;
    const CANT_OPEN: u32 = 14;
    let code: u32 = error.code().and_then(|code| code.parse().ok()).unwrap_or_default();
    let said = format!("SQLite error {code}");
    SqlError::Other(match code & 0xff {
        // The wait for another process's transaction ran out.
        BUSY if code == BUSY => CatalogError::Unavailable(said),
        BUSY | LOCKED => return SqlError::Contention,
        IO | FULL | CANT_OPEN => CatalogError::Unavailable(said),
        _ if error.message().starts_with("no such") => CatalogError::Refused(NO_SUCH_TABLE.to_owned()),
        _ => CatalogError::Refused(said),
    })
}
