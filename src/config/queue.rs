//! `[queue]`: where jobs wait.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{
    database,
    layers::{Layers, Wrong},
    setting::{Flag, Setting},
};

pub(super) const URL: Setting = Setting {
    table: "queue",
    key: "url",
    variable: Some("PRESSROOM_QUEUE_URL"),
    flag: Some(Flag { name: "--queue-url", typed: |typed| typed.queue_url.as_deref() }),
    secret: true,
    example: "redis://127.0.0.1:6379",
};

const AUTHORITY: Setting = Setting {
    table: "queue",
    key: "authority",
    variable: Some("PRESSROOM_QUEUE_AUTHORITY"),
    flag: None,
    secret: false,
    example: "/etc/pressroom/redis-ca.pem",
};

pub(super) const SETTINGS: &[&Setting] = &[&URL, &AUTHORITY];

/// Where jobs wait.
#[derive(Debug, Clone)]
pub enum QueueConfig {
    /// A Redis server, shared by any number of processes on any number of machines.
    Redis {
        /// `redis://user:password@host:port/database`, or `rediss://` for TLS.
        url: SecretString,
        /// The file with the certificate that signs the server's, where that isn't a public authority's.
        authority: Option<PathBuf>,
    },
    /// A file, shared by the processes of one machine.
    Sqlite {
        /// Its path.
        path: PathBuf,
    },
}

impl QueueConfig {
    pub(super) fn read(layers: &mut Layers<'_>) -> Option<Self> {
        let mut queue = layers.value(&URL, Self::parse);
        let given = layers.value(&AUTHORITY, |text| match &queue {
            Some(Self::Redis { url, .. }) if url.expose_secret().starts_with("redis:") => {
                Err(Wrong::new("is for a queue.url that begins with rediss://"))
            }
            Some(Self::Sqlite { .. }) => Err(Wrong::new("is for a queue in Redis")),
            _ if !Path::new(text).is_file() => Err(Wrong::new("must be a file with a certificate in PEM format")),
            _ => Ok(PathBuf::from(text)),
        });
        if let Some(Self::Redis { authority, .. }) = &mut queue {
            *authority = given;
        }
        queue
    }

    /// The file, when it is one.
    pub(super) fn sqlite_path(&self) -> Option<&Path> {
        match self {
            Self::Sqlite { path } => Some(path),
            Self::Redis { .. } => None,
        }
    }

    fn parse(text: &str) -> Result<Self, Wrong> {
        match text.split_once("://") {
            Some(("redis" | "rediss", _)) => redis(text),
            Some(("sqlite", path)) => Ok(Self::Sqlite { path: database::sqlite_path(path)? }),
            _ => Err(Wrong::new("must begin with redis://, rediss:// or sqlite://")
                .help("for example redis://127.0.0.1:6379 or sqlite://data/queue.db")),
        }
    }
}

/// The kind and place, without user and password.
impl fmt::Display for QueueConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Redis { url, .. } => database::write_address(f, url),
            Self::Sqlite { path } => write!(f, "sqlite file {}", path.display()),
        }
    }
}

fn redis(text: &str) -> Result<QueueConfig, Wrong> {
    let example = "for example rediss://pressroom:password@redis.example.org:6380/0";
    let url = Url::parse(text).map_err(|error| Wrong::new(format!("must be a URL ({error})")).help(example))?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err(Wrong::new("must name a host").help(example));
    }
    let database = url.path().trim_matches('/');
    if !database.is_empty() && database.parse::<u16>().is_err() {
        return Err(Wrong::new("must end with the number of a database, or with none").help(example));
    }
    Ok(QueueConfig::Redis { url: SecretString::from(text), authority: None })
}
