//! A database's address: MySQL, MariaDB or a SQLite file.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{
    layers::{Layers, Wrong},
    setting::Setting,
};
use crate::{fault, mysql_url};

const SSL_MODES: [&str; 5] = ["DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"];

/// Where a database is.
#[derive(Debug, Clone)]
pub enum DatabaseConfig {
    /// MySQL or MariaDB.
    Mysql {
        /// `mysql://user:password@host:port/database?ssl-mode=…`.
        url: SecretString,
    },
    /// A file.
    Sqlite {
        /// Its path.
        path: PathBuf,
    },
}

impl DatabaseConfig {
    pub(super) fn read(layers: &mut Layers<'_>, url: &Setting) -> Option<Self> {
        layers.value(url, Self::parse)
    }

    fn parse(text: &str) -> Result<Self, Wrong> {
        match text.split_once("://") {
            Some(("mysql" | "mariadb", _)) => mysql(text),
            Some(("sqlite", path)) => Ok(Self::Sqlite { path: sqlite_path(path)? }),
            _ => Err(Wrong::new("must begin with mysql:// or sqlite://")
                .help("for example mysql://reports@db.example.org/clinic or sqlite://data/clinic.db")),
        }
    }

    /// The address as it was written, with its password.
    pub fn url(&self) -> SecretString {
        match self {
            Self::Mysql { url } => url.clone(),
            Self::Sqlite { path } => SecretString::from(format!("sqlite://{}", path.display())),
        }
    }

    /// The file, when it is one.
    pub fn sqlite_path(&self) -> Option<&Path> {
        match self {
            Self::Sqlite { path } => Some(path),
            Self::Mysql { .. } => None,
        }
    }
}

/// The kind and place, without user and password.
impl fmt::Display for DatabaseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mysql { url } => write_address(f, url),
            Self::Sqlite { path } => write!(f, "sqlite file {}", path.display()),
        }
    }
}

/// Scheme, host, port and path of an address: what may be shown of it.
pub(super) fn write_address(f: &mut fmt::Formatter<'_>, url: &SecretString) -> fmt::Result {
    let Ok(url) = Url::parse(url.expose_secret()) else { return f.write_str("unreadable address") };
    write!(f, "{}://{}", url.scheme(), url.host_str().unwrap_or_default())?;
    if let Some(port) = url.port() {
        write!(f, ":{port}")?;
    }
    f.write_str(url.path())
}

/// The path of `sqlite://PATH`; relative paths start at the working directory.
pub(super) fn sqlite_path(path: &str) -> Result<PathBuf, Wrong> {
    if path.is_empty() || path == ":memory:" {
        return Err(Wrong::new("must name a file").help("for example sqlite://data/pressroom.db"));
    }
    if path.contains('?') {
        return Err(Wrong::new("must not have options after `?`").help("leave them out; Pressroom chooses them"));
    }
    Ok(PathBuf::from(path))
}

fn mysql(text: &str) -> Result<DatabaseConfig, Wrong> {
    let example = "for example mysql://reports:password@db.example.org:3306/clinic?ssl-mode=VERIFY_IDENTITY";
    let url = Url::parse(text).map_err(|error| {
        Wrong::new(format!("must be a URL ({error})"))
            .help(format!("{example}; encode / @ : # ? in the password as %2F %40 %3A %23 %3F"))
    })?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err(Wrong::new("must name a host").help(example));
    }
    if url.path().trim_start_matches('/').is_empty() {
        return Err(Wrong::new("must name a database").help(example));
    }
    for (key, value) in url.query_pairs() {
        if !mysql_url::OPTIONS.contains(&&*key) {
            let near = fault::nearest(&key, mysql_url::OPTIONS).map_or_else(
                || format!("there is {}", mysql_url::OPTIONS.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(Wrong::new(format!("must not have the unknown option `{key}`")).help(near));
        }
        if key == "ssl-mode" && !SSL_MODES.iter().any(|mode| mode.eq_ignore_ascii_case(&value)) {
            return Err(Wrong::new("must not have an unknown `ssl-mode`").help(format!("use {}", SSL_MODES.join(", "))));
        }
    }
    Ok(DatabaseConfig::Mysql { url: SecretString::from(text) })
}
