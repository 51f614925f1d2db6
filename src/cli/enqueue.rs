//! `pressroom enqueue`

use std::{path::PathBuf, process::ExitCode};

use chrono::{DateTime, Utc};
use tracing::Instrument as _;

use super::{
    global::{Global, Whose},
    output,
    params::Params,
    saving, waiting,
};
use crate::{
    app::App,
    config::Section,
    job::{JobId, JobState, Lane},
    request::{JobSummary, Request},
    telemetry::{span::JOB_ENQUEUE, trace},
};

/// Asks for a report through the queue.
///
/// Prints the job's id, or with --wait follows the job to its end and saves the PDF.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  pressroom enqueue immunization-record --param patient_id=7
  pressroom enqueue invoice -p invoice_id=1 --lane interactive --wait -o invoice.pdf
  pressroom enqueue recall-list -p due_before='today + 30d' \\
    --at 2027-01-01T06:00:00Z --idempotency-key recall-2027-01")]
pub(super) struct Args {
    /// The report's name; `pressroom check` lists them.
    report: String,
    #[command(flatten)]
    params: Params,
    /// interactive, standard or bulk [default: the definition's].
    #[arg(long)]
    lane: Option<Lane>,
    /// Not before this instant, RFC 3339.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<DateTime<Utc>>,
    /// Asking again with the same key gives the same job.
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// The job's id, a UUID of your own making.
    #[arg(long, value_name = "UUID")]
    id: Option<JobId>,
    /// Follow the job to its end and save the PDF.
    #[arg(long)]
    wait: bool,
    /// Where to save the PDF [default: the report's own file name]; `-` is standard output. Implies --wait.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print the job as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    whose: Whose,
}

impl Args {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let app = global.app(Default::default(), &[Section::Queue, Section::Catalog, Section::Store]).await?;
        app.require_schema().await?;
        let who = self.whose.operator();
        let span = tracing::info_span!(JOB_ENQUEUE);
        let request = Request {
            parameters: app.definition(&self.report)?.read_text(&self.params.given).map_err(output::field_errors)?,
            report: self.report,
            lane: self.lane,
            run_at: self.at,
            id: self.id,
            idempotency_key: self.idempotency_key,
            trace: trace::carry(&span),
        };
        let submitted = app.desk.submit(&who, request).instrument(span).await.map_err(output::request_error)?;
        if submitted.existing {
            eprintln!("this was asked for before; the same job stands");
        }
        if !(self.wait || self.output.is_some()) {
            return print(&submitted.job, self.json).map(|()| ExitCode::SUCCESS);
        }
        let job = waiting::until_final(&app, &who, submitted.job.id).await?;
        finish(&app, &who, job, self.output, self.json).await
    }
}

fn instant(text: &str) -> Result<DateTime<Utc>, &'static str> {
    text.parse().map_err(|_| "must be an instant such as 2027-01-01T06:00:00Z")
}

fn print(job: &JobSummary, json: bool) -> anyhow::Result<()> {
    if json { output::json(job) } else { output::line(&job.id.to_string()) }
}

async fn finish(
    app: &App,
    who: &crate::identity::Identity,
    job: JobSummary,
    to: Option<PathBuf>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    if job.state == JobState::Done {
        let path = saving::artifact(app, who, job.id.into(), to).await?;
        if !saving::is_stdout(&path) {
            if json { output::json(&job) } else { output::line(&path.display().to_string()) }?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if json {
        output::json(&job)?;
    }
    match &job.error {
        Some(failure) => {
            eprintln!("error: the job {} at step {}: {}", job.state, failure.step.as_str(), failure.message)
        }
        None => eprintln!("error: the job was {}", job.state),
    }
    Ok(ExitCode::FAILURE)
}
