//! What can be asked for, and the form that asks.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::{Map, json};
use sha2::{Digest, Sha256};

use super::{Me, field::Field};
use crate::{
    http::{
        Shared, Site, enqueue,
        problem::{Kind, Result},
        session::{self, Session},
    },
    job::JobId,
    report::{Definition, FieldError},
    request::{Request, RequestError},
};

/// All reports that the person may ask for.
pub(super) async fn choose(State(site): State<Shared>, session: Session) -> Response {
    let reports: Vec<(&str, &str, &str)> = (site.desk.reports(&session.identity).into_iter())
        .map(|report| (report.name.as_str(), report.title.as_str(), report.description.as_str()))
        .collect();
    site.pages.render("reports.html", &json!({ "me": Me::from(&session), "reports": reports }))
}

/// What the form begins with.
#[derive(Debug, Deserialize)]
pub(super) struct FormQuery {
    /// A job whose parameters to begin with.
    #[serde(default)]
    from: Option<JobId>,
}

/// The form of one report.
pub(super) async fn form(
    State(site): State<Shared>,
    session: Session,
    Path(name): Path<String>,
    Query(query): Query<FormQuery>,
) -> Result<Response> {
    let definition = site.desk.report(&session.identity, &name).ok_or(Kind::UnknownReport)?;
    let earlier = match query.from {
        Some(id) => site.desk.find(&session.identity, id).await?.filter(|job| job.report == definition.name),
        None => None,
    };
    let given = earlier.map_or_else(Map::new, |job| job.parameters);
    let now = site.clock.now();
    let fields = definition.parameters.iter().map(|p| Field::filled(p, given.get(&*p.name), definition.time_zone, now));
    Ok(page(&site, &session, definition, fields.collect(), None))
}

/// Asks for the report, or shows what is wrong with what was entered.
pub(super) async fn submit(
    State(site): State<Shared>,
    session: Session,
    Path(name): Path<String>,
    headers: HeaderMap,
    Form(sent): Form<Vec<(String, String)>>,
) -> Result<Response> {
    session::same_origin(&headers)?;
    session.check_form(first(&sent, "csrf"))?;
    let definition = site.desk.report(&session.identity, &name).ok_or(Kind::UnknownReport)?;
    match ask(&site, &session, definition, &sent).await {
        Ok(id) => Ok(Redirect::to(&format!("/jobs/{id}")).into_response()),
        Err(RequestError::Invalid(errors)) => Ok(page_with_errors(&site, &session, definition, &sent, &errors)),
        Err(error) => Err(error.into()),
    }
}

async fn ask(
    site: &Site,
    session: &Session,
    definition: &Definition,
    sent: &[(String, String)],
) -> Result<JobId, RequestError> {
    let entered =
        definition.parameters.iter().flat_map(|parameter| Field::entered(parameter, sent)).collect::<Vec<_>>();
    let resolved = definition.resolve_text(&entered, site.clock.now()).map_err(RequestError::Invalid)?;
    let request = Request {
        report: definition.name.to_string(),
        idempotency_key: Some(once(first(sent, "form"), &resolved.canonical)),
        parameters: resolved.canonical,
        ..Request::default()
    };
    Ok(enqueue::submit(site, &session.identity, request).await?.job.id)
}

/// A form that is sent twice asks once; sent again with other values, it asks again.
fn once(form: &str, parameters: &Map<String, serde_json::Value>) -> String {
    let values = serde_json::to_vec(parameters).unwrap_or_default();
    format!("form-{}", hex::encode(Sha256::new().chain_update(form).chain_update([0]).chain_update(values).finalize()))
}

fn first<'a>(sent: &'a [(String, String)], name: &str) -> &'a str {
    sent.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
}

fn page_with_errors(
    site: &Site,
    session: &Session,
    definition: &Arc<Definition>,
    sent: &[(String, String)],
    errors: &[FieldError],
) -> Response {
    let now = site.clock.now();
    let field = |parameter| Field::refused(parameter, sent, errors, definition.time_zone, now);
    let fields: Vec<Field> = definition.parameters.iter().map(field).collect();
    // What concerns no field of the form still has to be said.
    let elsewhere = errors.iter().find(|error| !definition.parameters.iter().any(|p| *p.name == *error.field));
    let error = elsewhere.map(|error| format!("{}: {}", error.field, error.message));
    let mut response = page(site, session, definition, fields, Some(error));
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    response
}

fn page(
    site: &Site,
    session: &Session,
    definition: &Definition,
    fields: Vec<Field>,
    refused: Option<Option<String>>,
) -> Response {
    site.pages.render(
        "report.html",
        &json!({
            "me": Me::from(session),
            "name": definition.name, "title": definition.title, "description": definition.description,
            "time_zone": definition.time_zone.name(),
            "form": JobId::new(site.clock.now()),
            "wrong": fields.iter().filter(|field| field.is_wrong()).count(),
            "refused": refused.is_some(), "error": refused.flatten(),
            "fields": fields,
        }),
    )
}
