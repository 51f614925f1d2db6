//! `pressroom dead`

use std::process::ExitCode;

use super::{
    global::{Global, Whose},
    output,
};
use crate::{app::App, config::Section, job::JobId, queue::DeadLetter};

/// Looks after dead letters: failed jobs, and messages that could not become jobs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  pressroom dead list
  pressroom dead retry 0192f1c4-7c5e-7b3a-9f5e-3f2b1c0d9e8f
  pressroom dead drop 0192f1c4-7c5e-7b3a-9f5e-3f2b1c0d9e8f")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Newest first, each with its reason.
    #[command(after_help = "Example:\n  pressroom dead list --limit 100 --json")]
    List {
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = output::limit())]
        limit: usize,
    },
    /// The text of a malformed message, as it came. It may hold personal data.
    #[command(after_help = "Example:\n  pressroom dead text 0192f1c4-7c5e-7b3a-9f5e-3f2b1c0d9e8f")]
    Text {
        /// The dead letter.
        id: String,
    },
    /// Puts a failed job back into its lane, with its attempts counted anew. It keeps its id.
    #[command(after_help = "Example:\n  pressroom dead retry 0192f1c4-7c5e-7b3a-9f5e-3f2b1c0d9e8f")]
    Retry {
        /// The job.
        id: JobId,
        #[command(flatten)]
        whose: Whose,
    },
    /// Forgets a dead letter; a failed job stays in the catalog.
    #[command(after_help = "Example:\n  pressroom dead drop 0192f1c4-7c5e-7b3a-9f5e-3f2b1c0d9e8f")]
    Drop {
        /// The dead letter.
        id: String,
    },
}

impl Args {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let app = global.app(Default::default(), &[Section::Queue, Section::Catalog]).await?;
        app.require_schema().await?;
        match &self.command {
            Command::List { limit } => list(&app, *limit, self.json).await?,
            Command::Text { id } => text(&app, id).await?,
            Command::Retry { id, whose } => {
                let back = app.desk.retry_dead(&whose.operator(), &whose.tenant, *id).await?;
                done(back, &id.to_string(), "back in its lane")?;
            }
            Command::Drop { id } => done(app.queue.dead_drop(id).await?, id, "dropped")?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn list(app: &App, limit: usize, json: bool) -> anyhow::Result<()> {
    let letters = app.queue.dead(limit).await?;
    if json {
        return output::json(&letters);
    }
    output::table(["ID", "REPORT", "TENANT", "AT", "REASON"], &letters.iter().map(row).collect::<Vec<_>>())
}

fn row(letter: &DeadLetter) -> [String; 5] {
    let (report, tenant) = match &letter.job {
        Some(job) => (job.report.to_string(), job.tenant.to_string()),
        None => (format!("(malformed, {} bytes)", letter.size_bytes), String::new()),
    };
    let at = output::instant(letter.at);
    [letter.id.clone(), report, tenant, at, letter.reason.clone()]
}

async fn text(app: &App, id: &str) -> anyhow::Result<()> {
    match app.queue.dead_text(id).await? {
        Some(text) => output::line(&String::from_utf8_lossy(&text)),
        None => anyhow::bail!("there is no malformed message {id}"),
    }
}

fn done(done: bool, id: &str, said: &str) -> anyhow::Result<()> {
    anyhow::ensure!(done, "there is no dead letter {id}");
    output::line(said)
}
