//! Signs requests with the account's key.
//!
//! The client library knows only tokens and SAS. The rules are Microsoft's "Authorize with Shared Key"
//! (<https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key>), for version 2015-02-21 and later.
//!
//! **Invariant:** signs anew for every try, because the signature holds the time.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use azure_core::http::{
    Context, Request,
    headers::{AUTHORIZATION, CONTENT_LENGTH, Headers, MS_DATE},
    policies::{Policy, PolicyResult},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::Sha256;
use url::Url;

use crate::{
    clock::SharedClock,
    store::{Result, StoreError},
};

/// The headers whose values are signed in this order, named or not.
const SIGNED_HEADERS: [&str; 11] = [
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
];

/// An account with its key.
#[derive(Debug, Clone)]
pub(super) struct AccountKey {
    account: Arc<str>,
    key: Arc<SecretBox<Vec<u8>>>,
}

impl AccountKey {
    /// Reads the key as the portal shows it, in base64.
    pub(super) fn parse(account: &str, key: &SecretString) -> Result<Self> {
        let key = BASE64_STANDARD.decode(key.expose_secret().trim());
        let key = key.map_err(|_| StoreError::Refused("the account key is not base64".to_owned()))?;
        Ok(Self { account: account.into(), key: Arc::new(SecretBox::new(Box::new(key))) })
    }

    /// The account's name.
    pub(super) fn account(&self) -> &str {
        &self.account
    }

    /// The signature of a text, in base64.
    pub(super) fn sign(&self, text: &str) -> String {
        sign(self.key.expose_secret(), text)
    }
}

/// HMAC-SHA256 in base64.
pub(super) fn sign(key: &[u8], text: &str) -> String {
    // HMAC takes keys of every length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(text.as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

/// Dates and signs each try of each request.
#[derive(Debug)]
pub(super) struct SharedKeyPolicy {
    key: AccountKey,
    clock: Clock,
}

/// The clock, kept apart because policies must be `Debug`.
struct Clock(SharedClock);

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

impl SharedKeyPolicy {
    /// Signs with this key at this clock's time.
    pub(super) fn new(key: AccountKey, clock: SharedClock) -> Self {
        Self { key, clock: Clock(clock) }
    }
}

#[async_trait]
impl Policy for SharedKeyPolicy {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let date = self.clock.0.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        request.insert_header(MS_DATE, date);
        // The transport would add it, but too late to be signed.
        if let Some(length) = request.body().len().filter(|length| *length > 0) {
            request.insert_header(CONTENT_LENGTH, length.to_string());
        }
        let text = string_to_sign(self.key.account(), request.method().as_ref(), request.url(), request.headers());
        let signature = self.key.sign(&text);
        request.insert_header(AUTHORIZATION, format!("SharedKey {}:{signature}", self.key.account()));
        match next.split_first() {
            Some((first, rest)) => first.send(ctx, request, rest).await,
            None => Err(azure_core::Error::with_message(azure_core::error::ErrorKind::Other, "no transport follows")),
        }
    }
}

/// The text whose signature authorizes the request.
fn string_to_sign(account: &str, method: &str, url: &Url, headers: &Headers) -> String {
    let headers: BTreeMap<String, &str> =
        headers.iter().map(|(name, value)| (name.as_str().to_ascii_lowercase(), value.as_str())).collect();
    let mut text = method.to_owned();
    for name in SIGNED_HEADERS {
        let value = headers.get(name).copied().unwrap_or_default();
        text.push('\n');
        // An empty body has no length here.
        text.push_str(if name == "content-length" && value == "0" { "" } else { value });
    }
    text.push('\n');
    // The service sorts names by a culture's rules and not by bytes; for the ones sent here both give the same order.
    for (name, value) in headers.iter().filter(|(name, _)| name.starts_with("x-ms-")) {
        text.push_str(&format!("{name}:{}\n", value.trim()));
    }
    text.push_str(&canonical_resource(account, url));
    text
}

/// Account, path as it is encoded in the address, then the query's parameters, decoded and sorted.
fn canonical_resource(account: &str, url: &Url) -> String {
    let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in url.query_pairs() {
        parameters.entry(name.to_ascii_lowercase()).or_default().push(value.into_owned());
    }
    let mut text = format!("/{account}{}", url.path());
    for (name, mut values) in parameters {
        values.sort();
        text.push_str(&format!("\n{name}:{}", values.join(",")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_documented_example() {
        // The example of Microsoft's page: Get Container Metadata with a repeated parameter.
        let url = Url::parse(
            "http://myaccount.blob.core.windows.net/mycontainer?restype=container&comp=metadata&Include=z&include=a",
        );
        let mut headers = Headers::new();
        headers.insert("x-ms-version", "2015-02-21");
        headers.insert("x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT");
        headers.insert("content-length", "0");
        headers.insert("accept", "application/xml");
        let text = string_to_sign("myaccount", "GET", &url.unwrap(), &headers);
        assert_eq!(
            text,
            "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n\
             /myaccount/mycontainer\ncomp:metadata\ninclude:a,z\nrestype:container"
        );
    }

    #[test]
    fn the_key_shows_nowhere() {
        let secret = BASE64_STANDARD.encode("a very secret key");
        let key = AccountKey::parse("account", &SecretString::from(secret.clone())).unwrap();
        let shown = format!("{key:?}");
        assert!(!shown.contains(&secret) && !shown.contains("very secret"), "{shown}");
        let error = AccountKey::parse("account", &SecretString::from("not base64!")).unwrap_err();
        assert!(!error.to_string().contains("not base64!"), "{error}");
    }

    #[test]
    fn signs_as_rfc_4231_says() {
        // Test case 2 of RFC 4231.
        let expected = hex::decode("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843").unwrap();
        assert_eq!(sign(b"Jefe", "what do ya want for nothing?"), BASE64_STANDARD.encode(expected));
    }
}
