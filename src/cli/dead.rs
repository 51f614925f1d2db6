//! `pressroom dead`

use std::process::ExitCode;

use serde_json::json;

use super::{
    global::{Global, Whose},
    jobs::print_failures,
    output,
};
use crate::{
    app::App,
    config::Section,
    identity::Identity,
    job::{ReportName, Tenant},
    queue::{DEAD_LETTERS, DeadLetter},
    request::DeadFilter,
};

/// Looks after dead letters: failed jobs, and messages that could not become jobs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  pressroom dead list
  pressroom dead show 0192f1c4-7c5e-7b3a-9f5e-3f2b1c0d9e8f
  pressroom dead retry 0192f1c4-7c5e-7b3a-9f5e-3f2b1c0d9e8f
  pressroom dead retry --all --code source-unavailable
  pressroom dead drop 0192f1c4-7c5e-7b3a-9f5e-3f2b1c0d9e8f")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

/// Which of them.
#[derive(Debug, clap::Args)]
struct Only {
    /// Only this report's.
    #[arg(long)]
    report: Option<ReportName>,
    /// Only those that failed with this code, such as timeout, worker-died or quota.
    #[arg(long)]
    code: Option<String>,
    /// Only this tenant's [default: all tenants'].
    #[arg(long)]
    tenant: Option<Tenant>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Newest first, each with its reason.
    #[command(after_help = "Examples:
  pressroom dead list --limit 100 --json
  pressroom dead list --json | jq 'group_by(.failure.code) | map({code: .[0].failure.code, jobs: length})'")]
    List {
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = output::limit())]
        limit: usize,
        #[command(flatten)]
        only: Only,
    },
    /// One dead letter with every failed attempt: its time, worker and error.
    #[command(after_help = "Example:\n  pressroom dead show 0192f1c4-7c5e-7b3a-9f5e-3f2b1c0d9e8f")]
    Show {
        /// The dead letter.
        id: String,
    },
    /// The text of a malformed message, as it came. It may hold personal data.
    #[command(after_help = "Example:\n  pressroom dead text 0192f1c4-7c5e-7b3a-9f5e-3f2b1c0d9e8f")]
    Text {
        /// The dead letter.
        id: String,
    },
    /// Puts failed jobs back into their lanes, with their attempts counted anew. They keep their ids.
    ///
    /// Mend the cause first: what was refused for its parameters, or never became a job, can't be tried again.
    #[command(after_help = "Examples:
  pressroom dead retry 0192f1c4-7c5e-7b3a-9f5e-3f2b1c0d9e8f
  pressroom dead retry --all --report invoice --code source-unavailable")]
    Retry {
        /// The job.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        id: Option<String>,
        /// All of them, or all that --report, --code and --tenant leave.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        only: Only,
    },
    /// Forgets a dead letter; a failed job stays in the catalog.
    #[command(after_help = "Example:\n  pressroom dead drop 0192f1c4-7c5e-7b3a-9f5e-3f2b1c0d9e8f")]
    Drop {
        /// The dead letter.
        id: String,
    },
}

impl Only {
    fn filter(&self) -> DeadFilter {
        DeadFilter { tenant: self.tenant.clone(), report: self.report.clone(), code: self.code.clone() }
    }

    fn is_narrow(&self) -> bool {
        self.tenant.is_some() || self.report.is_some() || self.code.is_some()
    }
}

impl Args {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let app = global.app(Default::default(), &[Section::Queue, Section::Catalog]).await?;
        app.require_schema().await?;
        let who = Whose::of("default".parse()?).operator();
        match &self.command {
            Command::List { limit, only } => list(&app, &who, &only.filter(), *limit, self.json).await,
            Command::Show { id } => show(&app, &letter(&app, &who, id).await?, self.json).await,
            Command::Text { id } => text(&app, &who, id).await,
            Command::Retry { id: Some(id), only, .. } => {
                anyhow::ensure!(!only.is_narrow(), "--report, --code and --tenant go with --all; an id says it all");
                retry(&app, &who, id, self.json).await
            }
            Command::Retry { id: None, only, .. } => retry_all(&app, &who, &only.filter(), self.json).await,
            Command::Drop { id } => {
                let dropped = app.desk.drop_dead(&who, &letter(&app, &who, id).await?).await?;
                anyhow::ensure!(dropped, "somebody else has just dropped or retried {id}");
                say(id, "dropped", "dropped", self.json)
            }
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn letter(app: &App, who: &Identity, id: &str) -> anyhow::Result<DeadLetter> {
    let found = app.desk.dead_letter(who, id).await?;
    found.ok_or_else(|| anyhow::anyhow!("there is no dead letter {id}; `pressroom dead list` shows which there are"))
}

async fn list(app: &App, who: &Identity, filter: &DeadFilter, limit: usize, json: bool) -> anyhow::Result<()> {
    let letters = app.desk.dead(who, filter, limit.min(DEAD_LETTERS)).await?;
    if json {
        return output::json(&letters);
    }
    let headings = ["ID", "REPORT", "TENANT", "CODE", "AT", "REASON"];
    output::table(headings, &letters.iter().map(row).collect::<Vec<_>>())
}

fn row(letter: &DeadLetter) -> [String; 6] {
    let (report, tenant) = match &letter.job {
        Some(job) => (job.report.to_string(), job.tenant.to_string()),
        None => (format!("(malformed, {} bytes)", letter.size_bytes), String::new()),
    };
    let code = letter.failure.as_ref().map_or_else(String::new, |failure| failure.code.clone());
    [letter.id.clone(), report, tenant, code, output::instant(letter.at), letter.reason.clone()]
}

async fn show(app: &App, letter: &DeadLetter, json: bool) -> anyhow::Result<()> {
    let job = match &letter.job {
        Some(job) => app.desk.find(&Whose::of(job.tenant.clone()).operator(), job.id).await?,
        None => None,
    };
    let failures = job.map(|job| job.failures).unwrap_or_default();
    if json {
        let mut whole = serde_json::to_value(letter)?;
        whole["failures"] = serde_json::to_value(&failures)?;
        return output::json(&whole);
    }
    let Some(job) = &letter.job else {
        output::line(&format!("{}: {} bytes that are no message", letter.id, letter.size_bytes))?;
        output::line(&format!("why: {}", letter.reason))?;
        return output::line(&format!(
            "`pressroom dead text {}` shows the text, which may hold personal data",
            letter.id
        ));
    };
    output::line(&format!("{}: {} of {}, asked for by {}", job.id, job.report, job.tenant, job.requester))?;
    output::line(&format!("parameters: {}", serde_json::to_string(&job.parameters)?))?;
    output::line(&format!("dead since {}: {}", output::instant(letter.at), letter.reason))?;
    print_failures(&failures)
}

async fn text(app: &App, who: &Identity, id: &str) -> anyhow::Result<()> {
    match app.queue.dead_text(id).await? {
        Some(text) => output::line(&String::from_utf8_lossy(&text)),
        None => {
            letter(app, who, id).await?;
            anyhow::bail!("{id} is a failed job and no malformed message; see `pressroom dead show {id}`")
        }
    }
}

async fn retry(app: &App, who: &Identity, id: &str, json: bool) -> anyhow::Result<()> {
    let Some(job) = letter(app, who, id).await?.job else {
        anyhow::bail!("{id} never became a job; send a corrected message, then `pressroom dead drop {id}`");
    };
    let back = app.desk.retry_dead(who, &job.tenant, job.id).await?;
    anyhow::ensure!(back, "somebody else has just dropped or retried {id}");
    say(id, "retried", "back in its lane", json)
}

async fn retry_all(app: &App, who: &Identity, filter: &DeadFilter, json: bool) -> anyhow::Result<()> {
    let done = app.desk.retry_all(who, filter).await?;
    if json {
        return output::json(&done);
    }
    output::line(&format!("{} back in their lanes", output::count(done.retried.len() as u64, "job")))?;
    if !done.refused.is_empty() {
        let refused = output::count(done.refused.len() as u64, "dead letter");
        output::line(&format!("{refused} can't be tried again: they were refused when they came in"))?;
    }
    Ok(())
}

fn say(id: &str, outcome: &str, said: &str, json: bool) -> anyhow::Result<()> {
    if json { output::json(&json!({ "id": id, "outcome": outcome })) } else { output::line(said) }
}
