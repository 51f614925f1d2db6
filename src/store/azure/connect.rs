//! From a container's address to a client: transport, retries, authorization, and the container itself.
//!
//! **Invariant:** retries happen here, inside the client, and nowhere else in the store.

use std::{sync::Arc, time::Duration};

use azure_core::{
    credentials::TokenCredential,
    http::{ClientOptions, ExponentialRetryOptions, RetryOptions, StatusCode, Transport, policies::Policy},
    time::Duration as AzureDuration,
};
use azure_storage_blob::{BlobContainerClient, BlobContainerClientOptions};
use secrecy::SecretString;
use url::{Host, Url};

use super::{
    AzureStore,
    credential::EntraChain,
    failure::failed,
    link::Linker,
    shared_key::{AccountKey, SharedKeyPolicy},
};
use crate::{
    clock::SharedClock,
    store::{ArtifactStore, Result, StoreError},
};

/// The version of the service's interface that we speak: known to Azure for years and to Azurite without a flag.
pub(super) const SERVICE_VERSION: &str = "2025-11-05";

/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// How long to wait for an answer to begin, the sending of a block included, or to go on.
const ANSWER: Duration = Duration::from_secs(60);

/// Where the container is and how we may use it.
///
/// Authorization is the first of: the account key, a SAS in the address's query, Entra (workload identity, managed
/// identity, then the developer's own login).
#[derive(Clone)]
pub struct AzureOptions {
    /// `https://<account>.blob.core.windows.net/<container>`, or Azurite's `http://127.0.0.1:10000/<account>/<container>`.
    pub container_url: Url,
    /// The account's key, in base64 as the portal shows it.
    pub account_key: Option<SecretString>,
}

/// Without the query, which may hold a SAS.
impl std::fmt::Debug for AzureOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let host = self.container_url.host_str().unwrap_or_default();
        write!(f, "AzureOptions({host}{})", self.container_url.path())
    }
}

/// What the container's address says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) account: String,
    pub(super) container: String,
    /// The address without its query.
    pub(super) container_url: Url,
    /// The account's own address.
    pub(super) service_url: Url,
    /// Whether the query holds a SAS.
    pub(super) signed: bool,
}

impl Address {
    /// Takes the address apart; says what is wrong with it without repeating it, for it may hold a SAS.
    pub(super) fn parse(url: &Url) -> Result<Self> {
        let wrong = |what: &str| StoreError::Refused(format!("the container's address {what}"));
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("must begin with https:// (or http:// for Azurite)"));
        }
        let path: Vec<&str> = url.path().split('/').filter(|part| !part.is_empty()).collect();
        let (account, container, service_path) = match (url.host(), path.as_slice()) {
            (Some(Host::Domain(host)), [container]) if host.contains('.') => {
                (host.split('.').next().unwrap_or_default(), *container, String::new())
            }
            (Some(_), [account, container]) => (*account, *container, format!("/{account}")),
            _ => return Err(wrong("must name one container: https://account.blob.core.windows.net/container")),
        };
        let mut container_url = url.clone();
        container_url.set_query(None);
        container_url.set_fragment(None);
        container_url.set_path(&format!("{service_path}/{container}"));
        let mut service_url = container_url.clone();
        service_url.set_path(&service_path);
        let signed = url.query_pairs().any(|(name, _)| name == "sig");
        Ok(Self { account: account.to_owned(), container: container.to_owned(), container_url, service_url, signed })
    }
}

impl AzureStore {
    /// Connects, and creates the container when it is missing and we may.
    pub async fn connect(options: AzureOptions, clock: SharedClock) -> Result<Self> {
        let address = Address::parse(&options.container_url)?;
        let mut client_options = client_options()?;
        let mut endpoint = address.container_url.clone();
        let mut credential: Option<Arc<dyn TokenCredential>> = None;
        let linker = if let Some(key) = &options.account_key {
            let key = AccountKey::parse(&address.account, key)?;
            let policy: Arc<dyn Policy> = Arc::new(SharedKeyPolicy::new(key.clone(), clock.clone()));
            client_options.per_try_policies.push(policy);
            Linker::with_key(address, key)
        } else if address.signed {
            endpoint.set_query(options.container_url.query());
            Linker::none(address)
        } else if address.container_url.scheme() == "https" {
            let chain: Arc<dyn TokenCredential> = EntraChain::new();
            credential = Some(chain.clone());
            Linker::with_entra(address, chain, client_options.clone())?
        } else {
            return Err(StoreError::Refused("an http container needs an account key or a SAS".to_owned()));
        };
        let options = BlobContainerClientOptions { client_options, version: SERVICE_VERSION.to_owned() };
        let container = BlobContainerClient::new(endpoint, credential, Some(options)).map_err(failed)?;
        let store = Self { container, linker, clock };
        store.ensure_container().await?;
        Ok(store)
    }

    /// Creates the container unless it is there. Whoever may not create it may still be allowed to use it.
    async fn ensure_container(&self) -> Result<()> {
        match self.container.create(None).await {
            Ok(_) => Ok(()),
            Err(error) if error.http_status() == Some(StatusCode::Conflict) => Ok(()),
            Err(error) if error.http_status() == Some(StatusCode::Forbidden) => self.ping().await,
            Err(error) => Err(failed(error)),
        }
    }
}

/// A transport with our time limits and a few retries: at most about ten seconds of waiting between tries.
pub(super) fn client_options() -> Result<ClientOptions> {
    let transport = reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .read_timeout(ANSWER)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|_| StoreError::Unavailable("no HTTP client could be made".to_owned()))?;
    let retry = ExponentialRetryOptions {
        initial_delay: AzureDuration::milliseconds(200),
        max_retries: 3,
        max_total_elapsed: AzureDuration::seconds(60),
        max_delay: AzureDuration::seconds(5),
    };
    Ok(ClientOptions {
        transport: Some(Transport::new(Arc::new(transport))),
        retry: RetryOptions::exponential(retry),
        ..Default::default()
    })
}
