//! Signing in with a key, and out.

use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::json;

use crate::http::{
    Shared,
    problem::{Kind, Result},
    session::{self, Session},
    throttle::ClientAddress,
};

/// Where to go afterwards.
#[derive(Debug, Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    next: String,
}

/// The sign-in page.
pub(super) async fn form(State(site): State<Shared>, Query(Next { next }): Query<Next>) -> Response {
    site.pages.render("sign-in.html", &json!({ "next": next }))
}

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct SignIn {
    key: String,
    #[serde(default)]
    next: String,
}

/// Trades a key for a session.
pub(super) async fn submit(
    State(site): State<Shared>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    Form(SignIn { key, next }): Form<SignIn>,
) -> Result<Response> {
    session::same_origin(&headers)?;
    let now = site.clock.now();
    let again = |status: StatusCode, error: String| {
        let mut response = site.pages.render("sign-in.html", &json!({ "next": next, "error": error }));
        *response.status_mut() = status;
        response
    };
    if let Some(pause) = site.throttle.pause(address, now) {
        let error = format!("Too many wrong keys. Try again in {} minutes.", pause.num_minutes() + 1);
        let mut response = again(Kind::TooManyAttempts.status(), error);
        response.headers_mut().insert(header::RETRY_AFTER, (pause.num_seconds() + 1).into());
        return Ok(response);
    }
    let Some(key) = site.keys.verify(key.trim()) else {
        site.throttle.failed(address, now);
        tracing::warn!("someone tried to sign in with a wrong key");
        return Ok(again(Kind::Unauthenticated.status(), "This key is not known. Check that it is whole.".to_owned()));
    };
    let cookie = Session::begin(&site.keys, key, now);
    let cookie = (header::SET_COOKIE, session::cookie_header(&cookie, &headers));
    Ok(([cookie], Redirect::to(local(&next))).into_response())
}

/// Ends the session.
pub(super) async fn out(
    session: Session,
    headers: HeaderMap,
    Form(form): Form<super::requests::Confirmed>,
) -> Result<Response> {
    session::same_origin(&headers)?;
    session.check_form(&form.csrf)?;
    let cookie = (header::SET_COOKIE, session::cookie_header("", &headers));
    Ok(([cookie], Redirect::to("/login")).into_response())
}

/// A place on this site; anything else would make the sign-in page a way to other sites.
fn local(next: &str) -> &str {
    let plain = next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if plain && next.starts_with('/') && !next.starts_with("//") { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_nowhere_else() {
        assert_eq!(local("/jobs/1?x=y"), "/jobs/1?x=y");
        for elsewhere in ["", "https://evil", "//evil", "/\\evil", "evil", "/a\r\nSet-Cookie: x", "/\tx"] {
            assert_eq!(local(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
