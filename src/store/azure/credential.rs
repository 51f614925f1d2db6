//! The Entra login: whichever of a cluster's, a machine's or a developer's there is.
//!
//! **Invariant:** the kind that worked once is asked from then on; tokens are cached by each kind itself.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use async_trait::async_trait;
use azure_core::{
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    error::ErrorKind,
};
use azure_identity::{DeveloperToolsCredential, ManagedIdentityCredential, WorkloadIdentityCredential};

/// Workload identity (AKS), managed identity, then the tools a developer is logged in with.
pub(super) struct EntraChain {
    links: Vec<Arc<dyn TokenCredential>>,
    working: OnceLock<Arc<dyn TokenCredential>>,
}

impl EntraChain {
    /// The kinds that are possible here: workload identity only where its environment is set.
    pub(super) fn new() -> Arc<Self> {
        let mut links: Vec<Arc<dyn TokenCredential>> = Vec::new();
        links.extend(WorkloadIdentityCredential::new(None).map(|kind| kind as Arc<dyn TokenCredential>).ok());
        links.extend(ManagedIdentityCredential::new(None).map(|kind| kind as Arc<dyn TokenCredential>).ok());
        links.extend(DeveloperToolsCredential::new(None).map(|kind| kind as Arc<dyn TokenCredential>).ok());
        Arc::new(Self { links, working: OnceLock::new() })
    }
}

impl fmt::Debug for EntraChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EntraChain")
    }
}

#[async_trait]
impl TokenCredential for EntraChain {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        if let Some(working) = self.working.get() {
            return working.get_token(scopes, options).await;
        }
        for link in &self.links {
            if let Ok(token) = link.get_token(scopes, options.clone()).await {
                let _ = self.working.set(link.clone());
                return Ok(token);
            }
        }
        Err(azure_core::Error::with_message(ErrorKind::Credential, "no Entra credential works here"))
    }
}
