//! A catalog in MySQL or MariaDB.
//!
//! **Invariant:** a server that isn't this machine must prove who it is, unless the address says otherwise.

use std::time::Duration;

use sqlx::{
    ConnectOptions, Executor, MySqlConnection,
    mysql::{MySqlConnectOptions, MySqlPoolOptions, MySqlSslMode},
};
use url::Url;

use super::{CatalogError, Result, SqlCatalog, database::Pool};

/// How long to wait for a connection.
const ACQUIRE: Duration = Duration::from_secs(5);

/// Opens catalogs in MySQL and MariaDB.
#[derive(Debug)]
pub struct MySqlCatalog;

impl MySqlCatalog {
    /// A catalog at `mysql://user:password@host:port/database`, with up to `max_connections` connections.
    ///
    /// Opens none yet. Must be called within a Tokio runtime.
    pub fn connect(url: &str, max_connections: u32) -> Result<SqlCatalog> {
        let pool = MySqlPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(ACQUIRE)
            .after_connect(|connection, _| Box::pin(prepare(connection)))
            .connect_lazy_with(options(url)?);
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

/// Reads the address; repeats nothing of it, for it may hold a password.
fn options(url: &str) -> Result<MySqlConnectOptions> {
    let wrong = |why: &str| CatalogError::Refused(format!("its address is wrong: {why}"));
    let url = Url::parse(url).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(url.scheme(), "mysql" | "mariadb") {
        return Err(wrong("it doesn't begin with mysql://"));
    }
    if url.path().trim_matches('/').is_empty() {
        return Err(wrong("it names no database (mysql://user:password@host/database)"));
    }
    let mut options = MySqlConnectOptions::from_url(&url).map_err(|_| wrong("an option's value is not valid"))?;
    let host = url.host_str().unwrap_or("localhost").trim_matches(['[', ']']).to_owned();
    if host.contains(':') {
        options = options.host(&host);
    }
    if !url.query_pairs().any(|(name, _)| matches!(&*name, "ssl-mode" | "sslmode")) {
        let is_here = host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
            || url.query_pairs().any(|(name, _)| name == "socket");
        options = options.ssl_mode(if is_here { MySqlSslMode::Preferred } else { MySqlSslMode::VerifyIdentity });
    }
    Ok(options.disable_statement_logging())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_hosts_must_prove_who_they_are() {
        let mode = |url: &str| format!("{:?}", options(url).unwrap().get_ssl_mode());
        assert_eq!(mode("mysql://u:p@db.example.org/catalog"), "VerifyIdentity");
        assert_eq!(mode("mysql://u:p@10.0.0.7/catalog"), "VerifyIdentity");
        assert_eq!(mode("mysql://u:p@db.example.org/catalog?ssl-mode=required"), "Required");
        for here in ["localhost", "127.0.0.1:3307", "[::1]"] {
            assert_eq!(mode(&format!("mysql://u@{here}/catalog")), "Preferred", "{here}");
        }
    }

    #[test]
    fn a_wrong_address_is_refused_without_repeating_it() {
        for url in ["mysql://u:sesame@h", "postgres://u:sesame@h/d", "mysql://u:sesame@h/d?ssl-mode=sesame", "sesame"] {
            let error = options(url).unwrap_err().to_string();
            assert!(error.contains("its address is wrong") && !error.contains("sesame"), "{error}");
        }
    }
}
