//! `[store]`: where artifacts live.

use std::{fmt, path::PathBuf};

use base64::{Engine, prelude::BASE64_STANDARD};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{
    database,
    layers::{Layers, Wrong},
    setting::{Flag, Setting},
};

pub(super) const URL: Setting = Setting {
    table: "store",
    key: "url",
    variable: Some("PRESSROOM_STORE_URL"),
    flag: Some(Flag { name: "--store-url", typed: |typed| typed.store_url.as_deref() }),
    secret: true,
    example: "https://account.blob.core.windows.net/reports, or file:///var/lib/pressroom/artifacts",
};

const ACCOUNT_KEY: Setting = Setting {
    table: "store",
    key: "account_key",
    variable: Some("PRESSROOM_STORE_ACCOUNT_KEY"),
    flag: None,
    secret: true,
    example: "the key of the storage account, in base64",
};

pub(super) const SETTINGS: &[&Setting] = &[&URL, &ACCOUNT_KEY];

/// Where artifacts live.
#[derive(Debug, Clone)]
pub enum StoreConfig {
    /// An Azure Blob Storage container, or Azurite's.
    Azure {
        /// The container's URL; with a query it is a SAS and a secret.
        container_url: SecretString,
        /// The account's key. Without one and without a SAS, Entra ID decides (managed or workload identity).
        account_key: Option<SecretString>,
    },
    /// A folder.
    Folder {
        /// Its path; made when it isn't there.
        path: PathBuf,
    },
}

impl StoreConfig {
    pub(super) fn read(layers: &mut Layers<'_>) -> Option<Self> {
        let key = layers.value(&ACCOUNT_KEY, account_key);
        let mut store = layers.value(&URL, parse)?;
        match (&mut store, key) {
            (_, None) => {}
            (Self::Folder { .. }, Some(_)) => {
                layers.refuse(&ACCOUNT_KEY, Wrong::new("must not be set for a folder").help("remove it"));
            }
            (Self::Azure { container_url, account_key }, key) => {
                if is_signed(container_url) {
                    let wrong = Wrong::new("must not be set beside a URL that is signed itself (SAS)");
                    layers.refuse(&ACCOUNT_KEY, wrong.help("keep one of them"));
                }
                *account_key = key;
            }
        }
        Some(store)
    }
}

/// The kind and place, without signature.
impl fmt::Display for StoreConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Azure { container_url, .. } => database::write_address(f, container_url),
            Self::Folder { path } => write!(f, "folder {}", path.display()),
        }
    }
}

fn parse(text: &str) -> Result<StoreConfig, Wrong> {
    match text.split_once("://") {
        Some(("https" | "http", _)) => azure(text),
        Some(("file", path)) => folder(text, path),
        _ => Err(Wrong::new("must begin with https:// or file://").help(format!("for example {}", URL.example))),
    }
}

fn azure(text: &str) -> Result<StoreConfig, Wrong> {
    let help = "for example https://account.blob.core.windows.net/reports, or http://127.0.0.1:10000/devstoreaccount1/reports for Azurite";
    let url = Url::parse(text).map_err(|error| Wrong::new(format!("must be a URL ({error})")).help(help))?;
    let host = url.host_str().unwrap_or_default();
    let in_azure = host.contains(".blob.");
    if in_azure && url.scheme() == "http" {
        return Err(Wrong::new("must begin with https:// for Azure"));
    }
    if url.password().is_some() || !url.username().is_empty() {
        return Err(Wrong::new("must not hold a user or password").help("set PRESSROOM_STORE_ACCOUNT_KEY instead"));
    }
    let segments: Vec<&str> = url.path().trim_matches('/').split('/').collect();
    match segments[..] {
        [container] if is_container(container) => {}
        [_account, container] if !in_azure && is_container(container) => {}
        _ => return Err(Wrong::new("must end with the name of a container").help(help)),
    }
    if url.query().is_some() && !url.query_pairs().any(|(key, _)| key == "sig") {
        return Err(Wrong::new("must not have a query that is no SAS (it has no `sig`)"));
    }
    Ok(StoreConfig::Azure { container_url: SecretString::from(text), account_key: None })
}

/// Azure's rule: 3 to 63 of a-z, 0-9 and '-', not at either end.
fn is_container(name: &str) -> bool {
    (3..=63).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

fn folder(text: &str, path: &str) -> Result<StoreConfig, Wrong> {
    let path = if path.starts_with('/') {
        Url::parse(text).ok().and_then(|url| url.to_file_path().ok())
    } else {
        // `file://data/artifacts` is no proper URL, but says what is meant: a relative path.
        Some(PathBuf::from(path)).filter(|path| !path.as_os_str().is_empty())
    };
    path.map(|path| StoreConfig::Folder { path })
        .ok_or_else(|| Wrong::new("must name a folder").help("for example file:///var/lib/pressroom/artifacts"))
}

fn account_key(text: &str) -> Result<SecretString, Wrong> {
    match BASE64_STANDARD.decode(text) {
        Ok(key) if !key.is_empty() => Ok(SecretString::from(text)),
        _ => Err(Wrong::new("must be base64, as Azure shows it")),
    }
}

fn is_signed(url: &SecretString) -> bool {
    url.expose_secret().contains('?')
}
