//! `pressroom schedules`

use std::process::ExitCode;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::{global::Global, output};
use crate::{
    app,
    config::Section,
    job::{Lane, Name, ReportName, Tenant},
    queue::LeaseStore,
    report::{Definition, Schedule},
};

/// Lists the schedules of all reports with their last and next firings.
///
/// `pressroom upkeep` (or `up`) fires them. A schedule is written into its report's definition as [[schedule]].
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  pressroom schedules
  pressroom schedules --report stock-by-clinic --json")]
pub(super) struct Args {
    /// Only this report's.
    #[arg(long)]
    report: Option<ReportName>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A schedule, for people and scripts.
#[derive(Debug, Serialize)]
struct View<'a> {
    report: &'a ReportName,
    name: &'a Name,
    cron: String,
    time_zone: &'static str,
    tenants: &'a [Tenant],
    lane: Lane,
    missed: &'static str,
    /// `None` before the first.
    last: Option<DateTime<Utc>>,
    next: Option<DateTime<Utc>>,
}

impl Args {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let config = global.ready(Default::default(), &[Section::Queue])?;
        let (library, faults) = app::library(&config);
        faults.iter().for_each(output::fault);
        if let Some(report) = &self.report {
            anyhow::ensure!(library.get(report.as_str()).is_some(), "there is no working report `{report}`");
        }
        let queue = app::queue(&config).await?;
        let now = app::clock().now();
        let mut views = Vec::new();
        for definition in library.iter().filter(|own| self.report.as_ref().is_none_or(|only| *only == own.name)) {
            for schedule in &definition.schedules {
                views.push(view(definition, schedule, queue.as_ref(), now).await?);
            }
        }
        if self.json { output::json(&views) } else { print(&views) }?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn view<'a>(
    definition: &'a Definition,
    schedule: &'a Schedule,
    queue: &dyn LeaseStore,
    now: DateTime<Utc>,
) -> anyhow::Result<View<'a>> {
    let fired = queue.fired(&schedule.key(&definition.name)).await?;
    // A schedule that has only been seen stands at an instant at which it doesn't fire.
    let is_firing = |at: &DateTime<Utc>| schedule.cron.next(*at - TimeDelta::milliseconds(1)) == Some(*at);
    Ok(View {
        report: &definition.name,
        name: &schedule.name,
        cron: schedule.cron.to_string(),
        time_zone: schedule.cron.zone().name(),
        tenants: &schedule.tenants,
        lane: schedule.lane.unwrap_or(definition.lane),
        missed: schedule.missed.as_str(),
        last: fired.filter(is_firing),
        next: schedule.cron.next(fired.map_or(now, |fired| fired.max(now))),
    })
}

fn print(views: &[View<'_>]) -> anyhow::Result<()> {
    if views.is_empty() {
        return output::line("no report has a schedule; add [[schedule]] to its report.toml (docs/REPORTS.md)");
    }
    let at = |at: Option<DateTime<Utc>>| at.map_or_else(|| "-".to_owned(), output::instant);
    let row = |view: &View<'_>| {
        let tenants: Vec<&str> = view.tenants.iter().map(Tenant::as_str).collect();
        [
            view.report.to_string(),
            view.name.to_string(),
            view.cron.clone(),
            view.time_zone.to_owned(),
            tenants.join(","),
            at(view.last),
            at(view.next),
        ]
    };
    let headings = ["REPORT", "SCHEDULE", "CRON", "TIME ZONE", "TENANTS", "LAST", "NEXT"];
    output::table(headings, &views.iter().map(row).collect::<Vec<_>>())
}
