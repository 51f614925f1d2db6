//! How connections are opened, and what each is told before its first query.

use std::time::Duration;

use sqlx::{
    AssertSqlSafe, ConnectOptions, Executor, MySqlConnection, MySqlPool,
    mysql::{MySqlConnectOptions, MySqlPoolOptions, MySqlSslMode},
};
use url::{Host, Url};

use crate::source::{Result, SourceError};

/// What a URL may say after its `?`. The driver ignores other words, and a misspelt `ssl-mode` must not pass unnoticed.
const KNOWN: [&str; 10] = [
    "ssl-mode",
    "sslmode",
    "ssl-ca",
    "sslca",
    "ssl-cert",
    "sslcert",
    "ssl-key",
    "sslkey",
    "socket",
    "statement-cache-capacity",
];

/// Checks a URL. Nothing of it stands in an error but the name of an unknown option.
pub(crate) fn options(url: &str) -> Result<MySqlConnectOptions> {
    let invalid = |why: &str| SourceError::Unavailable(format!("its URL is not usable: {why}"));
    let url = Url::parse(url).map_err(|error| invalid(&error.to_string()))?;
    if !matches!(url.scheme(), "mysql" | "mariadb") {
        return Err(invalid("it doesn't begin with mysql://"));
    }
    if url.path().trim_matches('/').is_empty() {
        return Err(invalid("it names no database (mysql://user:password@host/database)"));
    }
    if let Some((unknown, _)) = url.query_pairs().find(|(key, _)| !KNOWN.contains(&&**key)) {
        return Err(invalid(&format!("unknown option `{unknown}`; known are {}", KNOWN.join(", "))));
    }
    let mut options = MySqlConnectOptions::from_url(&url).map_err(|_| invalid("an option's value is not valid"))?;
    if let Some(Host::Ipv6(address)) = url.host().map(|host| host.to_owned()) {
        options = options.host(&address.to_string());
    }
    if !url.query_pairs().any(|(key, _)| matches!(&*key, "ssl-mode" | "sslmode")) {
        let mode = if is_this_machine(&url) { MySqlSslMode::Preferred } else { MySqlSslMode::VerifyIdentity };
        options = options.ssl_mode(mode);
    }
    // `||` means OR in MySQL's own dialect, which is what the SQL files are written in.
    Ok(options.pipes_as_concat(false).disable_statement_logging())
}

fn is_this_machine(url: &Url) -> bool {
    // MySQL's is no scheme that `url` knows, so that it doesn't parse addresses.
    let host = url.host_str().unwrap_or("localhost").trim_matches(['[', ']']);
    host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        || url.query_pairs().any(|(key, _)| key == "socket")
}

pub(super) fn pool(options: &MySqlConnectOptions, max_connections: u32, time_limit: Duration) -> MySqlPool {
    MySqlPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(Duration::from_secs(5))
        .after_connect(move |connection, _| Box::pin(prepare(connection, time_limit)))
        .connect_lazy_with(options.clone())
}

/// Makes a new session fit for snapshots that end in time.
async fn prepare(connection: &mut MySqlConnection, time_limit: Duration) -> Result<(), sqlx::Error> {
    // WITH CONSISTENT SNAPSHOT is silently ignored at any other level.
    connection.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ").await?;
    let version: String = sqlx::query_scalar("SELECT VERSION()").fetch_one(&mut *connection).await?;
    let limit = if version.contains("MariaDB") {
        format!("SET SESSION max_statement_time = {}", time_limit.as_secs_f64())
    } else {
        format!("SET SESSION max_execution_time = {}", time_limit.as_millis())
    };
    connection.execute(AssertSqlSafe(limit)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> String {
        format!("{:?}", options(url).unwrap().get_ssl_mode())
    }

    #[test]
    fn other_hosts_must_prove_who_they_are() {
        assert_eq!(mode("mysql://u:p@db.example.org/clinic"), "VerifyIdentity");
        assert_eq!(mode("mysql://u:p@10.0.0.7/clinic"), "VerifyIdentity");
        assert_eq!(mode("mysql://u:p@db.example.org/clinic?ssl-mode=required"), "Required");
        for here in ["localhost", "127.0.0.1:3307", "127.9.9.9", "[::1]"] {
            assert_eq!(mode(&format!("mysql://u@{here}/clinic")), "Preferred", "{here}");
        }
        assert_eq!(mode("mysql://u@db/clinic?socket=%2Frun%2Fmysqld.sock"), "Preferred");
    }

    #[test]
    fn a_bad_url_is_refused_without_repeating_it() {
        for (url, why) in [
            ("mysql://u:sesame@h/d?ssl_mode=required", "unknown option `ssl_mode`"),
            ("mysql://u:sesame@h/d?ssl-mode=sesame", "an option's value is not valid"),
            ("mysql://u:sesame@h", "names no database"),
            ("mysql://u:sesame@h:99999/d", "invalid port"),
            ("postgres://u:sesame@h/d", "doesn't begin with mysql://"),
            ("sesame", "relative URL"),
        ] {
            let error = options(url).unwrap_err().to_string();
            assert!(error.contains(why) && !error.contains("sesame"), "{url}: {error}");
        }
    }
}
