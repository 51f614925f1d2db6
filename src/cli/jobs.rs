//! `pressroom jobs`

use std::process::ExitCode;

use super::{
    global::{Global, Whose},
    output, waiting,
};
use crate::{
    app::App,
    config::Section,
    identity::Identity,
    job::{FailedAttempt, JobId, JobState, ReportName},
    request::{CancelOutcome, JobSummary, ListFilter},
};

/// Lists, shows and cancels jobs, in flight and finished.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  pressroom jobs list --state failed
  pressroom jobs show 0192f1c4-7c5e-7b3a-9f5e-3f2b1c0d9e8f --json
  pressroom jobs cancel 0192f1c4-7c5e-7b3a-9f5e-3f2b1c0d9e8f")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Newest first.
    #[command(after_help = "Example:\n  pressroom jobs list --report invoice --state running --json")]
    List {
        /// Only this report's.
        #[arg(long)]
        report: Option<ReportName>,
        /// Only those that are scheduled, waiting, running, retrying, done, failed or cancelled.
        #[arg(long)]
        state: Option<JobState>,
        /// At most so many.
        #[arg(long, default_value_t = 20, value_parser = output::limit())]
        limit: usize,
        /// Where the last page ended.
        #[arg(long)]
        cursor: Option<String>,
        #[command(flatten)]
        whose: Whose,
    },
    /// One job with its parameters and every failed attempt: its time, worker and error.
    #[command(after_help = "Example:\n  pressroom jobs show 0192f1c4-7c5e-7b3a-9f5e-3f2b1c0d9e8f")]
    Show {
        /// The job.
        id: JobId,
        #[command(flatten)]
        whose: Whose,
    },
    /// Stops a job, waiting or running.
    #[command(after_help = "Example:\n  pressroom jobs cancel 0192f1c4-7c5e-7b3a-9f5e-3f2b1c0d9e8f")]
    Cancel {
        /// The job.
        id: JobId,
        #[command(flatten)]
        whose: Whose,
    },
}

impl Args {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let app = global.app(Default::default(), &[Section::Queue, Section::Catalog]).await?;
        app.require_schema().await?;
        match self.command {
            Command::List { report, state, limit, cursor, whose } => {
                list(&app, &whose.operator(), &ListFilter { report, state }, cursor, limit, self.json).await
            }
            Command::Show { id, whose } => match app.desk.find(&whose.operator(), id).await? {
                Some(job) if self.json => output::json(&job),
                Some(job) => show(&job),
                None => anyhow::bail!("there is no job {id} of tenant {}", whose.tenant),
            },
            Command::Cancel { id, whose } => cancel(&app, &whose.operator(), id, self.json).await,
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn list(
    app: &App,
    who: &Identity,
    filter: &ListFilter,
    cursor: Option<String>,
    limit: usize,
    json: bool,
) -> anyhow::Result<()> {
    let listing = app.desk.list(who, filter, cursor.as_deref(), limit).await?;
    if json {
        return output::json(&listing);
    }
    output::table(
        ["ID", "REPORT", "STATE", "LANE", "ATTEMPT", "ROWS", "PAGES", "ACCEPTED", "ERROR"],
        &listing.jobs.iter().map(row).collect::<Vec<_>>(),
    )?;
    output::more(listing.next.as_deref());
    Ok(())
}

fn show(job: &JobSummary) -> anyhow::Result<()> {
    let mut lines = vec![
        format!("{}: {} of {}, asked for by {}", job.id, job.report, job.tenant, job.requester),
        format!(
            "{} since {}, attempt {} of {}",
            job.state,
            output::instant(job.changed_at),
            job.attempt,
            job.max_attempts
        ),
        format!("accepted {} in lane {}", output::instant(job.accepted_at), job.lane),
        format!("parameters: {}", serde_json::to_string(&job.parameters)?),
    ];
    lines.extend(job.run_at.map(|at| format!("not before {}", output::instant(at))));
    lines.extend(job.worker.as_ref().map(|worker| format!("worker: {worker}")));
    if job.state == JobState::Running || job.artifact.is_some() {
        lines.push(waiting::so_far(job.progress));
    }
    lines.extend(job.expected.as_ref().map(waiting::expectation));
    lines.extend(job.artifact.as_ref().map(|artifact| {
        format!(
            "document: {} bytes on tier {}, SHA-256 {}",
            artifact.size_bytes,
            artifact.tier.as_str(),
            artifact.digest.as_str()
        )
    }));
    lines.extend(
        job.error
            .as_ref()
            .filter(|_| job.failures.is_empty())
            .map(|failure| format!("error: {} at step {}: {}", failure.code, failure.step.as_str(), failure.message)),
    );
    lines.iter().try_for_each(|line| output::line(line))?;
    print_failures(&job.failures)
}

/// Each failed attempt, oldest first.
pub(super) fn print_failures(failures: &[FailedAttempt]) -> anyhow::Result<()> {
    if failures.is_empty() {
        return Ok(());
    }
    let row = |failed: &FailedAttempt| {
        [
            failed.attempt.to_string(),
            output::instant(failed.at),
            failed.worker.clone().unwrap_or_default(),
            failed.failure.step.as_str().to_owned(),
            failed.failure.code.clone(),
            failed.failure.message.clone(),
        ]
    };
    output::line("")?;
    output::table(
        ["ATTEMPT", "FAILED", "WORKER", "STEP", "CODE", "MESSAGE"],
        &failures.iter().map(row).collect::<Vec<_>>(),
    )
}

fn row(job: &JobSummary) -> [String; 9] {
    [
        job.id.to_string(),
        job.report.to_string(),
        job.state.to_string(),
        job.lane.to_string(),
        job.attempt.to_string(),
        job.progress.rows.to_string(),
        job.progress.pages.to_string(),
        output::instant(job.accepted_at),
        job.error.as_ref().map(|failure| failure.code.clone()).unwrap_or_default(),
    ]
}

async fn cancel(app: &App, who: &Identity, id: JobId, json: bool) -> anyhow::Result<()> {
    let said = match app.desk.cancel(who, id).await? {
        CancelOutcome::Cancelled => "cancelled",
        CancelOutcome::Requested => "cancelling",
        CancelOutcome::AlreadyFinal(state) => anyhow::bail!("job {id} had ended before: it is {state}"),
        CancelOutcome::Unknown => anyhow::bail!("there is no job {id} of tenant {}", who.tenant),
    };
    if json { output::json(&serde_json::json!({ "id": id, "outcome": said })) } else { output::line(said) }
}
