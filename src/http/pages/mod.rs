//! The pages: sign in, ask for a report, watch it, open and download it.
//!
//! Rendered here, usable without scripts; one script keeps what is in flight up to date by reading the same page again.
//!
//! **Invariant:** templates escape everything, and nothing changes state without a form made for the session.

mod assets;
mod field;
mod reports;
mod requests;
mod sign_in;
mod words;

use axum::{
    Router,
    http::StatusCode,
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use minijinja::{Environment, value::Serde};
use serde::Serialize;
use serde_json::json;

use super::{Shared, Site, problem::Problem, session::Session};
use crate::identity::Roles;

/// The pages' routes.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/", get(requests::list))
        .route("/jobs/{id}", get(requests::show))
        .route("/jobs/{id}/cancel", post(requests::cancel))
        .route("/jobs/{id}/document", get(requests::document))
        .route("/reports", get(reports::choose))
        .route("/reports/{name}", get(reports::form).post(reports::submit))
        .route("/login", get(sign_in::form).post(sign_in::submit))
        .route("/logout", post(sign_in::out))
        .route("/assets/{version}/{file}", get(assets::send))
}

/// The templates, ready to fill in.
pub(super) struct Pages(Environment<'static>);

impl Default for Pages {
    fn default() -> Self {
        let mut templates = Environment::new();
        templates.set_loader(|name| Ok(source(name).map(str::to_owned)));
        templates.add_filter("number", words::number);
        templates.add_filter("size", words::size);
        templates.add_global("assets", format!("/assets/{}", assets::version()));
        Self(templates)
    }
}

fn source(name: &str) -> Option<&'static str> {
    Some(match name {
        "layout.html" => include_str!("layout.html"),
        "parts.html" => include_str!("parts.html"),
        "sign-in.html" => include_str!("sign-in.html"),
        "requests.html" => include_str!("requests.html"),
        "request.html" => include_str!("request.html"),
        "reports.html" => include_str!("reports.html"),
        "field.html" => include_str!("field.html"),
        "report.html" => include_str!("report.html"),
        "problem.html" => include_str!("problem.html"),
        _ => return None,
    })
}

impl Pages {
    /// One page.
    fn render(&self, name: &str, values: &impl Serialize) -> Response {
        match self.0.get_template(name).and_then(|template| template.render(Serde(values))) {
            Ok(html) => Html(html).into_response(),
            Err(error) => {
                // The kind only: the error's text can quote what was being shown.
                tracing::error!(page = name, kind = ?error.kind(), line = error.line(), "a page could not be rendered");
                (StatusCode::INTERNAL_SERVER_ERROR, "This page could not be shown.\n").into_response()
            }
        }
    }
}

/// Who is signed in, for the top of the page.
#[derive(Debug, Serialize)]
struct Me {
    tenant: String,
    actor: String,
    csrf: String,
    may_request: bool,
}

impl From<&Session> for Me {
    fn from(session: &Session) -> Self {
        Self {
            tenant: session.identity.tenant.to_string(),
            actor: session.identity.actor.clone(),
            csrf: session.csrf.clone(),
            may_request: session.identity.roles.has(Roles::REQUEST),
        }
    }
}

/// A problem, for people.
pub(super) fn problem_page(site: &Site, problem: &Problem, request_id: &str) -> Response {
    let status = problem.kind.status().as_u16();
    let (title, detail) = (problem.kind.title(), &problem.detail);
    site.pages.render(
        "problem.html",
        &json!({ "status": status, "title": title, "detail": detail, "request_id": request_id }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_can_be_read() {
        let pages = Pages::default();
        for name in ["layout", "parts", "field", "sign-in", "requests", "request", "reports", "report", "problem"]
            .map(|n| n.to_owned() + ".html")
        {
            let read = pages.0.get_template(&name).map(|_| ());
            assert!(read.is_ok(), "{name}: {read:?}");
        }
    }

    #[test]
    fn escapes_what_it_shows() {
        let title = "<script>alert(1)</script>";
        let html = Pages::default()
            .0
            .get_template("problem.html")
            .unwrap()
            .render(Serde(json!({ "status": 404, "title": title })))
            .unwrap();
        assert!(html.contains("&lt;script&gt;") && !html.contains(title), "{html}");
    }
}
