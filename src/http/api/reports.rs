//! What can be asked for.

use axum::{
    Json,
    extract::{Path, State},
};

use super::wire::{ReportBody, ReportList};
use crate::http::{
    Shared,
    auth::Caller,
    problem::{Kind, Result},
};

/// The reports that the key may ask for
#[utoipa::path(get, path = "/api/v1/reports", tag = "reports", operation_id = "listReports",
    responses(
        (status = 200, description = "The reports, by name.", body = ReportList),
        (status = 401, description = "No valid key."),
    ))]
pub(super) async fn list(State(site): State<Shared>, Caller(who): Caller) -> Json<ReportList> {
    let reports = site.desk.reports(&who).into_iter().map(|definition| ReportBody::from(&**definition)).collect();
    Json(ReportList { reports })
}

/// A report and its parameters
#[utoipa::path(get, path = "/api/v1/reports/{name}", tag = "reports", operation_id = "getReport",
    params(("name" = String, Path, description = "The report's name.")),
    responses(
        (status = 200, description = "The report.", body = ReportBody),
        (status = 401, description = "No valid key."),
        (status = 404, description = "No such report."),
    ))]
pub(super) async fn show(
    State(site): State<Shared>,
    Caller(who): Caller,
    Path(name): Path<String>,
) -> Result<Json<ReportBody>> {
    let definition = site.desk.report(&who, &name).ok_or(Kind::UnknownReport)?;
    Ok(Json(ReportBody::from(&**definition)))
}
