//! Who is asking: API keys, and the bearer header that carries one.
//!
//! **Invariant:** holds hashes only. A key is compared in constant time and never logged, stored or sent back.

use std::fmt;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::{ConditionallySelectable, ConstantTimeEq};

use super::{
    Shared,
    problem::{Kind, Problem, Result},
};
use crate::{
    identity::{Identity, Roles},
    job::Tenant,
};

/// One API key: its hash, whose it is and what it may do.
#[derive(Clone)]
pub struct ApiKey {
    id: String,
    hash: [u8; 32],
    tenant: Tenant,
    roles: Roles,
}

/// Without the hash: sessions derive from it.
impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey").field("id", &self.id).field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

/// The text is not a SHA-256 hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a SHA-256 hash: 64 hexadecimal digits (`printf %s KEY | sha256sum`)")]
pub struct NotAHash;

impl ApiKey {
    /// A key given in clear; only its hash is kept.
    pub fn from_secret(id: impl Into<String>, secret: &SecretString, tenant: Tenant, roles: Roles) -> Self {
        Self { id: id.into(), hash: Sha256::digest(secret.expose_secret()).into(), tenant, roles }
    }

    /// A key given as the SHA-256 hash of its text, in hexadecimal.
    pub fn from_hash(id: impl Into<String>, hash: &str, tenant: Tenant, roles: Roles) -> Result<Self, NotAHash> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(hash, &mut bytes).map_err(|_| NotAHash)?;
        Ok(Self { id: id.into(), hash: bytes, tenant, roles })
    }

    /// The key's id, which is its holder's `:requester`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Who its holder is.
    pub fn identity(&self) -> Identity {
        Identity { tenant: self.tenant.clone(), actor: self.id.clone(), roles: self.roles.clone() }
    }
}

/// All API keys of a deployment.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    keys: Vec<ApiKey>,
    session_secret: SecretString,
}

impl Keys {
    /// These keys.
    pub fn new(keys: Vec<ApiKey>) -> Self {
        Self { keys, session_secret: SecretString::default() }
    }

    /// Mixes a secret into the signature of sessions; every `serve` of a deployment needs the same.
    ///
    /// Without it, sessions are signed with what derives from the keys' hashes alone: then whoever can read the
    /// hashes can make a session. Set it where the hashes are less well kept than secrets.
    pub fn with_session_secret(mut self, secret: SecretString) -> Self {
        self.session_secret = secret;
        self
    }

    /// The key with this text, if there is one.
    ///
    /// Looks at every key whatever it finds, so that the time taken says nothing.
    pub fn verify(&self, presented: &str) -> Option<&ApiKey> {
        let hash = Sha256::digest(presented);
        let mut found = u32::MAX;
        for (i, key) in self.keys.iter().enumerate() {
            found.conditional_assign(&(i as u32), key.hash.ct_eq(&hash));
        }
        self.keys.get(found as usize)
    }

    /// The key with this id.
    pub(super) fn get(&self, id: &str) -> Option<&ApiKey> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// Signs `text` on behalf of a key: void as soon as the key is changed or taken away.
    pub(super) fn signature(&self, key: &ApiKey, text: &str) -> Hmac<Sha256> {
        let secret = self.session_secret.expose_secret().as_bytes();
        let mut derived = mac(secret);
        derived.update(b"pressroom session v1");
        derived.update(&key.hash);
        let mut signature = mac(&derived.finalize().into_bytes());
        signature.update(text.as_bytes());
        signature
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn mac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("any length will do")
}

/// A caller of the API, verified by its bearer key.
#[derive(Debug)]
pub(super) struct Caller(pub(super) Identity);

impl FromRequestParts<Shared> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Shared) -> Result<Self> {
        let key = bearer(&parts.headers).ok_or_else(|| {
            Problem::new(Kind::Unauthenticated).detail("send the key in a header: Authorization: Bearer KEY")
        })?;
        let key = site.keys.verify(key).ok_or(Kind::Unauthenticated)?;
        Ok(Self(key.identity()))
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        let tenant = |name: &str| name.parse::<Tenant>().unwrap();
        let hash = hex::encode(Sha256::digest("second secret"));
        Keys::new(vec![
            ApiKey::from_secret("first", &"first secret".into(), tenant("north"), Roles::All),
            ApiKey::from_hash("second", &hash, tenant("south"), Roles::Only(vec!["read".into()])).unwrap(),
        ])
    }

    #[test]
    fn finds_the_right_key_and_no_other() {
        let keys = keys();
        let who = |text: &str| keys.verify(text).map(|key| key.identity().tenant.to_string());
        assert_eq!(who("first secret").as_deref(), Some("north"));
        assert_eq!(who("second secret").as_deref(), Some("south"));
        for wrong in ["", "first", "first secret ", "FIRST SECRET", &hex::encode(Sha256::digest("first secret"))] {
            assert_eq!(who(wrong), None, "{wrong:?} opened a door");
        }
        assert!(Keys::default().verify("").is_none(), "no keys, no way in");
    }

    #[test]
    fn a_hash_is_64_hexadecimal_digits() {
        let key = |hash: &str| ApiKey::from_hash("k", hash, "t".parse().unwrap(), Roles::All);
        assert!(key("abc").is_err());
        assert!(key(&"g".repeat(64)).is_err());
        assert!(key(&"0A".repeat(32)).is_ok());
    }

    #[test]
    fn reads_the_bearer_header() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(read("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(read("bearer  abc ").as_deref(), Some("abc"));
        assert_eq!(read("Basic abc"), None);
        assert_eq!(read("abc"), None);
    }

    #[test]
    fn shows_no_secret() {
        let keys = keys().with_session_secret("very secret".into());
        let shown = format!("{keys:?}");
        for secret in ["first secret", "very secret", "hash"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
