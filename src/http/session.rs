//! Sessions: how a browser stays signed in, without a table of sessions.
//!
//! The cookie is `<end>.<nonce>.<key id>.<signature>`. Its signature derives from the API key's hash, so that every
//! `serve` of a deployment accepts it, and so that changing a key ends its sessions. Signing out forgets the cookie;
//! a copy of it stays good until its end or until the key changes.
//!
//! **Invariant:** the cookie holds no key, and nothing in it is believed before its signature is.

use axum::{
    extract::{FromRequestParts, OriginalUri},
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::Mac;

use super::{
    Shared,
    auth::{ApiKey, Keys},
    problem::{Kind, Problem, Result},
};
use crate::identity::Identity;

const COOKIE: &str = "pressroom_session";

/// How long a session lasts: a working day.
const LIFETIME: TimeDelta = TimeDelta::hours(12);

/// A person who is signed in.
#[derive(Debug, Clone)]
pub(super) struct Session {
    /// Who it is.
    pub(super) identity: Identity,
    /// Proves that a form was made for this session.
    pub(super) csrf: String,
}

impl Session {
    /// The value of a new session's cookie.
    pub(super) fn begin(keys: &Keys, key: &ApiKey, now: DateTime<Utc>) -> String {
        let end = (now + LIFETIME).timestamp();
        let nonce = BASE64.encode(rand::random::<[u8; 16]>());
        let claims = format!("{end}.{nonce}.{}", BASE64.encode(key.id()));
        let signature = BASE64.encode(keys.signature(key, &claims).finalize().into_bytes());
        format!("{claims}.{signature}")
    }

    /// The session of this cookie, unless it is forged, over or its key is gone.
    pub(super) fn resume(keys: &Keys, cookie: &str, now: DateTime<Utc>) -> Option<Self> {
        let (claims, signature) = cookie.rsplit_once('.')?;
        let mut parts = claims.split('.');
        let (end, _nonce, key_id) = (parts.next()?, parts.next()?, parts.next()?);
        let key_id = String::from_utf8(BASE64.decode(key_id).ok()?).ok()?;
        let key = keys.get(&key_id)?;
        keys.signature(key, claims).verify_slice(&BASE64.decode(signature).ok()?).ok()?;
        if end.parse::<i64>().ok()? <= now.timestamp() {
            return None;
        }
        let csrf = keys.signature(key, &format!("form {claims}")).finalize().into_bytes();
        Some(Self { identity: key.identity(), csrf: BASE64.encode(csrf) })
    }

    /// Refuses a form that wasn't made for this session.
    pub(super) fn check_form(&self, csrf: &str) -> Result<()> {
        let same: bool = subtle::ConstantTimeEq::ct_eq(self.csrf.as_bytes(), csrf.as_bytes()).into();
        let problem = Problem::new(Kind::Forbidden).detail("this form is from another session; go back and reload it");
        if same { Ok(()) } else { Err(problem) }
    }
}

/// The header that gives a browser its session, or takes it away when `value` is empty.
///
/// `Secure` is set when the browser came over https, which a proxy in front of us tells.
pub(super) fn cookie_header(value: &str, headers: &HeaderMap) -> HeaderValue {
    let age = if value.is_empty() { 0 } else { LIFETIME.num_seconds() };
    let https = headers.get("x-forwarded-proto").is_some_and(|proto| proto.as_bytes().starts_with(b"https"));
    let secure = if https { "; Secure" } else { "" };
    let text = format!("{COOKIE}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

fn read_cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}

/// Sends whoever isn't signed in to the sign-in page, and back afterwards.
#[derive(Debug)]
pub(super) struct SignInFirst(String);

impl IntoResponse for SignInFirst {
    fn into_response(self) -> Response {
        Redirect::to(&self.0).into_response()
    }
}

impl FromRequestParts<Shared> for Session {
    type Rejection = SignInFirst;

    async fn from_request_parts(parts: &mut Parts, site: &Shared) -> Result<Self, SignInFirst> {
        let session = read_cookie(&parts.headers).and_then(|cookie| Self::resume(&site.keys, cookie, site.clock.now()));
        session.ok_or_else(|| {
            let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
            let here = uri.path_and_query().map_or("/", |whole| whole.as_str());
            let next: String = url::form_urlencoded::byte_serialize(here.as_bytes()).collect();
            SignInFirst(if here == "/" { "/login".to_owned() } else { format!("/login?next={next}") })
        })
    }
}

/// Refuses what another site made the browser send.
///
/// Browsers say so in `Sec-Fetch-Site`, or at least in `Origin`; what says neither is no browser and carries no
/// cookie by accident. (The rule of Go's `http.CrossOriginProtection`.)
pub(super) fn same_origin(headers: &HeaderMap) -> Result<()> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let same = match (text("sec-fetch-site"), text("origin"), text("host")) {
        (Some(site), ..) => matches!(site, "same-origin" | "none"),
        (None, Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, from)| from == host),
        (None, Some(_), None) => false,
        (None, None, _) => true,
    };
    if same { Ok(()) } else { Err(Problem::new(Kind::Forbidden).detail("this form was sent from another site")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Roles;

    fn keys(secret: &str) -> Keys {
        Keys::new(vec![
            ApiKey::from_secret("other", &"x".into(), "other".parse().unwrap(), Roles::All),
            ApiKey::from_secret("mine", &secret.into(), "north".parse().unwrap(), Roles::All),
        ])
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn cookie() -> String {
        let keys = keys("secret");
        Session::begin(&keys, keys.get("mine").unwrap(), now())
    }

    #[test]
    fn another_replica_accepts_it() {
        let session = Session::resume(&keys("secret"), &cookie(), now()).unwrap();
        assert_eq!(session.identity.actor, "mine");
        assert_eq!(session.identity.tenant.as_str(), "north");
        let again = Session::resume(&keys("secret"), &cookie(), now()).unwrap();
        assert_ne!(session.csrf, again.csrf, "each session has forms of its own");
        assert!(session.check_form(&session.csrf).is_ok());
        assert!(session.check_form(&again.csrf).is_err());
        assert!(session.check_form("").is_err());
    }

    #[test]
    fn ends_after_twelve_hours_and_with_its_key() {
        let almost = now() + TimeDelta::hours(12) - TimeDelta::seconds(1);
        assert!(Session::resume(&keys("secret"), &cookie(), almost).is_some());
        assert!(Session::resume(&keys("secret"), &cookie(), now() + TimeDelta::hours(12)).is_none());
        assert!(Session::resume(&keys("changed"), &cookie(), now()).is_none());
        assert!(Session::resume(&Keys::default(), &cookie(), now()).is_none());
        let salted = keys("secret").with_session_secret("salt".into());
        assert!(Session::resume(&salted, &cookie(), now()).is_none());
    }

    #[test]
    fn believes_nothing_that_is_forged() {
        let cookie = cookie();
        let parts: Vec<&str> = cookie.split('.').collect();
        let (end, nonce, id, signature) = (parts[0], parts[1], parts[2], parts[3]);
        let later = end.parse::<i64>().unwrap() + 1;
        let other = BASE64.encode("other");
        for forged in [
            String::new(),
            "...".to_owned(),
            format!("{later}.{nonce}.{id}.{signature}"),
            format!("{end}.{nonce}.{other}.{signature}"),
            format!("{end}.{nonce}x.{id}.{signature}"),
            format!("{end}.{nonce}.{id}."),
            format!("{end}.{nonce}.{id}"),
            format!("{cookie}A"),
        ] {
            assert!(Session::resume(&keys("secret"), &forged, now()).is_none(), "{forged} was believed");
        }
    }

    #[test]
    fn is_secure_behind_https() {
        let mut headers = HeaderMap::new();
        assert!(!cookie_header("v", &headers).to_str().unwrap().contains("Secure"));
        headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
        let value = cookie_header("v", &headers);
        let value = value.to_str().unwrap();
        for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=43200"] {
            assert!(value.contains(part), "{value} lacks {part}");
        }
        assert!(cookie_header("", &headers).to_str().unwrap().contains("Max-Age=0"));
    }

    #[test]
    fn finds_its_cookie_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=b; pressroom_session=x.y.z; c=d"));
        assert_eq!(read_cookie(&headers), Some("x.y.z"));
        assert_eq!(read_cookie(&HeaderMap::new()), None);
    }

    #[test]
    fn refuses_forms_of_other_sites() {
        let check = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            same_origin(&headers).is_ok()
        };
        assert!(check(&[("sec-fetch-site", "same-origin"), ("origin", "https://a")]));
        assert!(!check(&[("sec-fetch-site", "cross-site")]));
        assert!(!check(&[("sec-fetch-site", "same-site")]));
        assert!(check(&[("origin", "http://a:8080"), ("host", "a:8080")]));
        assert!(!check(&[("origin", "http://evil"), ("host", "a:8080")]));
        assert!(!check(&[("origin", "null"), ("host", "a:8080")]));
        assert!(!check(&[("origin", "http://a")]));
        assert!(check(&[("host", "a")]));
    }
}
