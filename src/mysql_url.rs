//! How a `mysql://` address becomes a connection: one rule for the source, the catalog and the demo.
//!
//! **Invariant:** a server that isn't this machine must prove who it is, unless the address says otherwise. Nothing of
//! an address stands in an error but the name of an unknown option, for it may hold a password.

use sqlx::{
    ConnectOptions,
    mysql::{MySqlConnectOptions, MySqlSslMode},
};
use url::{Host, Url};

/// What an address may say after its `?`. The driver ignores other words, and a misspelt `ssl-mode` must not pass
/// unnoticed.
pub const OPTIONS: [&str; 6] = ["ssl-mode", "ssl-ca", "ssl-cert", "ssl-key", "socket", "statement-cache-capacity"];

/// Why an address is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WrongUrl(String);

/// Reads `mysql://user:password@host:port/database?ssl-mode=…`.
pub fn read(url: &str) -> Result<MySqlConnectOptions, WrongUrl> {
    let wrong = |why: &str| WrongUrl(why.to_owned());
    let url = Url::parse(url).map_err(|error| WrongUrl(error.to_string()))?;
    if !matches!(url.scheme(), "mysql" | "mariadb") {
        return Err(wrong("it doesn't begin with mysql://"));
    }
    if url.path().trim_matches('/').is_empty() {
        return Err(wrong("it names no database (mysql://user:password@host/database)"));
    }
    if let Some((unknown, _)) = url.query_pairs().find(|(key, _)| !OPTIONS.contains(&&**key)) {
        return Err(WrongUrl(format!("unknown option `{unknown}`; known are {}", OPTIONS.join(", "))));
    }
    let mut options = MySqlConnectOptions::from_url(&url).map_err(|_| wrong("an option's value is not valid"))?;
    if let Some(Host::Ipv6(address)) = url.host().map(|host| host.to_owned()) {
        options = options.host(&address.to_string());
    }
    if !url.query_pairs().any(|(key, _)| key == "ssl-mode") {
        let mode = if is_this_machine(&url) { MySqlSslMode::Preferred } else { MySqlSslMode::VerifyIdentity };
        options = options.ssl_mode(mode);
    }
    // `||` means OR in MySQL's own dialect, which is what SQL files are written in.
    Ok(options.pipes_as_concat(false).disable_statement_logging())
}

fn is_this_machine(url: &Url) -> bool {
    // MySQL's is no scheme that `url` knows, so that it doesn't parse addresses.
    let host = url.host_str().unwrap_or("localhost").trim_matches(['[', ']']);
    host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        || url.query_pairs().any(|(key, _)| key == "socket")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> String {
        format!("{:?}", read(url).unwrap().get_ssl_mode())
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
    fn a_wrong_address_is_refused_without_repeating_it() {
        for (url, why) in [
            ("mysql://u:sesame@h/d?ssl_mode=required", "unknown option `ssl_mode`"),
            ("mysql://u:sesame@h/d?ssl-mode=sesame", "an option's value is not valid"),
            ("mysql://u:sesame@h", "names no database"),
            ("mysql://u:sesame@h:99999/d", "invalid port"),
            ("postgres://u:sesame@h/d", "doesn't begin with mysql://"),
            ("sesame", "relative URL"),
        ] {
            let error = read(url).unwrap_err().to_string();
            assert!(error.contains(why) && !error.contains("sesame"), "{url}: {error}");
        }
    }
}
