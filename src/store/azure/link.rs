//! Links that let their holder read one object for a while: service SAS and user-delegation SAS.
//!
//! The texts to sign are Microsoft's "Create a service SAS" and "Create a user delegation SAS", for version 2020-12-06
//! and later (<https://learn.microsoft.com/rest/api/storageservices/create-service-sas>).
//!
//! **Invariant:** a link reads one blob, nothing else, and over https unless the endpoint itself speaks http.

use std::{sync::Arc, time::Duration};

use azure_core::{credentials::TokenCredential, http::ClientOptions, time::OffsetDateTime};
use azure_storage_blob::{BlobServiceClient, BlobServiceClientOptions, models::KeyInfo};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use tokio::sync::Mutex;
use url::Url;

use super::{
    connect::{Address, SERVICE_VERSION},
    failure::failed,
    shared_key::{AccountKey, sign},
};
use crate::{
    artifact::ArtifactKey,
    store::{Result, StoreError},
};

/// The version whose text to sign is built here; later versions add fields that we don't need.
const SAS_VERSION: &str = "2022-11-02";

/// How long a delegation key lives; it is renewed when a link would outlive it.
const DELEGATION: TimeDelta = TimeDelta::hours(12);

/// Clocks differ: a link is valid from a little before it was made.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// Makes links, where we have something to sign them with.
pub(super) struct Linker {
    address: Address,
    signer: Signer,
}

enum Signer {
    /// A SAS can't make further links.
    None,
    Key(AccountKey),
    Entra {
        service: BlobServiceClient,
        key: Mutex<Option<Arc<DelegationKey>>>,
    },
}

/// A key that the service made for whoever we are logged in as.
struct DelegationKey {
    expires_at: DateTime<Utc>,
    /// Object id, tenant id, start, expiry, service, version: signed, and named in the link.
    fields: [(&'static str, String); 6],
    value: Vec<u8>,
}

impl Linker {
    pub(super) fn none(address: Address) -> Self {
        Self { address, signer: Signer::None }
    }

    pub(super) fn with_key(address: Address, key: AccountKey) -> Self {
        Self { address, signer: Signer::Key(key) }
    }

    pub(super) fn with_entra(
        address: Address,
        credential: Arc<dyn TokenCredential>,
        client_options: ClientOptions,
    ) -> Result<Self> {
        let options = BlobServiceClientOptions { client_options, version: SERVICE_VERSION.to_owned() };
        let service = BlobServiceClient::new(address.service_url.clone(), Some(credential), Some(options));
        let signer = Signer::Entra { service: service.map_err(failed)?, key: Mutex::new(None) };
        Ok(Self { address, signer })
    }

    /// A link to the blob at the key, shown to browsers as `file_name`.
    pub(super) async fn link(
        &self,
        key: &ArtifactKey,
        file_name: &str,
        now: DateTime<Utc>,
        lifetime: Duration,
    ) -> Result<Option<Url>> {
        let lifetime = TimeDelta::from_std(lifetime).unwrap_or(DELEGATION).min(DELEGATION);
        let grant = Grant {
            start: seconds(now - SKEW),
            expiry: seconds(now + lifetime),
            resource: format!("/blob/{}/{}/{key}", self.address.account, self.address.container),
            protocol: if self.address.container_url.scheme() == "http" { "https,http" } else { "https" },
            disposition: disposition(file_name),
        };
        let parameters = match &self.signer {
            Signer::None => return Ok(None),
            Signer::Key(account) => grant.signed_by_account(account),
            Signer::Entra { service, key } => {
                grant.signed_by_delegation(&*delegation(service, key, now, lifetime).await?)
            }
        };
        let mut url = self.address.container_url.clone();
        url.set_path(&format!("{}/{key}", url.path()));
        url.query_pairs_mut().extend_pairs(parameters);
        Ok(Some(url))
    }
}

/// What a link allows.
struct Grant {
    start: String,
    expiry: String,
    resource: String,
    protocol: &'static str,
    disposition: String,
}

impl Grant {
    fn signed_by_account(&self, account: &AccountKey) -> Vec<(&'static str, String)> {
        let identifier = "";
        let text = self.text_to_sign(&[identifier]);
        self.parameters([], account.sign(&text))
    }

    fn signed_by_delegation(&self, key: &DelegationKey) -> Vec<(&'static str, String)> {
        let fields = key.fields.each_ref().map(|(_, value)| value.as_str());
        // Authorized and unauthorized object id and correlation id stay empty.
        let text = self.text_to_sign(&[fields.as_slice(), &["", "", ""]].concat());
        self.parameters(key.fields.clone(), sign(&key.value, &text))
    }

    /// The two kinds of SAS differ only in the fields in the middle.
    fn text_to_sign(&self, middle: &[&str]) -> String {
        let permissions = "r";
        let (address, resource_kind, snapshot, encryption_scope) = ("", "b", "", "");
        let (cache_control, encoding, language, content_type) = ("", "", "", "");
        let mut fields = vec![permissions, &self.start, &self.expiry, &self.resource];
        fields.extend(middle);
        fields.extend([address, self.protocol, SAS_VERSION, resource_kind, snapshot, encryption_scope]);
        fields.extend([cache_control, &self.disposition, encoding, language, content_type]);
        fields.join("\n")
    }

    fn parameters(
        &self,
        more: impl IntoIterator<Item = (&'static str, String)>,
        signature: String,
    ) -> Vec<(&'static str, String)> {
        let mut parameters = vec![
            ("sv", SAS_VERSION.to_owned()),
            ("sr", "b".to_owned()),
            ("sp", "r".to_owned()),
            ("st", self.start.clone()),
            ("se", self.expiry.clone()),
            ("spr", self.protocol.to_owned()),
            ("rscd", self.disposition.clone()),
        ];
        parameters.extend(more);
        parameters.push(("sig", signature));
        parameters
    }
}

/// The delegation key at hand, or a new one when a link would outlive it.
async fn delegation(
    service: &BlobServiceClient,
    kept: &Mutex<Option<Arc<DelegationKey>>>,
    now: DateTime<Utc>,
    lifetime: TimeDelta,
) -> Result<Arc<DelegationKey>> {
    let mut kept = kept.lock().await;
    if let Some(key) = kept.as_ref().filter(|key| key.expires_at >= now + lifetime) {
        return Ok(key.clone());
    }
    let expires_at = now + DELEGATION + SKEW;
    let ask = KeyInfo { start: Some(offset(now - SKEW)?), expiry: Some(offset(expires_at)?), ..Default::default() };
    let answer = service.get_user_delegation_key(ask.try_into().map_err(failed)?, None).await.map_err(failed)?;
    let answer = answer.into_model().map_err(failed)?;
    let incomplete = || StoreError::Unavailable("the delegation key is incomplete".to_owned());
    let time =
        |time: Option<OffsetDateTime>| time.and_then(super::metadata::instant).map(seconds).ok_or_else(incomplete);
    let key = Arc::new(DelegationKey {
        expires_at,
        fields: [
            ("skoid", answer.signed_oid.ok_or_else(incomplete)?),
            ("sktid", answer.signed_tid.ok_or_else(incomplete)?),
            ("skt", time(answer.signed_start)?),
            ("ske", time(answer.signed_expiry)?),
            ("sks", answer.signed_service.ok_or_else(incomplete)?),
            ("skv", answer.signed_version.ok_or_else(incomplete)?),
        ],
        value: answer.value.ok_or_else(incomplete)?,
    });
    *kept = Some(key.clone());
    Ok(key)
}

fn seconds(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn offset(time: DateTime<Utc>) -> Result<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(time.timestamp())
        .map_err(|_| StoreError::Unavailable("the clock is out of range".to_owned()))
}

/// The header that names the download (RFC 6266): in ASCII for old clients, and as it is (RFC 8187).
fn disposition(file_name: &str) -> String {
    let plain: String =
        file_name.chars().map(|c| if c.is_ascii_alphanumeric() || " .-_()".contains(c) { c } else { '_' }).collect();
    let mut exact = String::new();
    for byte in file_name.bytes().filter(|byte| !byte.is_ascii_control()) {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            exact.push(char::from(byte));
        } else {
            exact.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_downloads_safely() {
        assert_eq!(
            disposition("invoice 42.pdf"),
            "attachment; filename=\"invoice 42.pdf\"; filename*=UTF-8''invoice%2042.pdf"
        );
        assert_eq!(
            disposition("a\"\r\nX: é.pdf"),
            "attachment; filename=\"a___X_ _.pdf\"; filename*=UTF-8''a%22X%3A%20%C3%A9.pdf"
        );
    }
}
