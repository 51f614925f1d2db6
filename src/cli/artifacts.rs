//! `pressroom artifacts`

use std::{path::PathBuf, process::ExitCode};

use super::{
    global::{Global, Whose},
    output, saving,
};
use crate::{
    app::App,
    artifact::{ArtifactId, Tier},
    config::Section,
    identity::Identity,
    job::ReportName,
    request::ArtifactSummary,
};

/// Lists, shows and saves stored reports.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  pressroom artifacts list --report invoice
  pressroom artifacts get 0192f1c4-7c5e-7b3a-9f5e-3f2b1c0d9e8f -o invoice.pdf")]
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
    #[command(after_help = "Example:\n  pressroom artifacts list --tier archive --json")]
    List {
        /// Only this report's.
        #[arg(long)]
        report: Option<ReportName>,
        /// Only those on this tier: hot, cool, cold or archive.
        #[arg(long)]
        tier: Option<Tier>,
        /// At most so many.
        #[arg(long, default_value_t = 20, value_parser = output::limit())]
        limit: usize,
        /// Where the last page ended.
        #[arg(long)]
        cursor: Option<String>,
        #[command(flatten)]
        whose: Whose,
    },
    /// The facts of one artifact.
    #[command(after_help = "Example:\n  pressroom artifacts show 0192f1c4-7c5e-7b3a-9f5e-3f2b1c0d9e8f")]
    Show {
        /// The artifact.
        id: ArtifactId,
        #[command(flatten)]
        whose: Whose,
    },
    /// Saves the PDF, checked against its recorded digest.
    #[command(after_help = "Example:\n  pressroom artifacts get 0192f1c4-7c5e-7b3a-9f5e-3f2b1c0d9e8f -o record.pdf")]
    Get {
        /// The artifact.
        id: ArtifactId,
        /// Where to save it [default: the report's own file name]; `-` is standard output.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        whose: Whose,
    },
}

impl Args {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let app = global.app(Default::default(), &[Section::Queue, Section::Catalog, Section::Store]).await?;
        app.require_schema().await?;
        match self.command {
            Command::List { report, tier, limit, cursor, whose } => {
                list(&app, &whose.operator(), report, tier, cursor, limit, self.json).await?;
            }
            Command::Show { id, whose } => match app.desk.artifact(&whose.operator(), id).await? {
                Some(document) => output::json(&ArtifactSummary::from(&document.artifact))?,
                None => anyhow::bail!("there is no artifact {id} of tenant {}", whose.tenant),
            },
            Command::Get { id, output: to, whose } => {
                said(&saving::artifact(&app, &whose.operator(), id, to).await?, self.json)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn said(path: &std::path::Path, json: bool) -> anyhow::Result<()> {
    if saving::is_stdout(path) {
        return Ok(());
    }
    if json { output::json(&serde_json::json!({ "file": path })) } else { output::line(&path.display().to_string()) }
}

async fn list(
    app: &App,
    who: &Identity,
    report: Option<ReportName>,
    tier: Option<Tier>,
    cursor: Option<String>,
    limit: usize,
    json: bool,
) -> anyhow::Result<()> {
    let listing = app.desk.artifacts(who, report.as_ref(), tier, cursor.as_deref(), limit).await?;
    if json {
        return output::json(&listing);
    }
    output::table(
        ["ID", "REPORT", "PAGES", "ROWS", "BYTES", "TIER", "STORED"],
        &listing.artifacts.iter().map(row).collect::<Vec<_>>(),
    )?;
    output::more(listing.next.as_deref());
    Ok(())
}

fn row(artifact: &ArtifactSummary) -> [String; 7] {
    [
        artifact.id.to_string(),
        artifact.report.to_string(),
        artifact.pages.to_string(),
        artifact.rows.to_string(),
        artifact.size_bytes.to_string(),
        artifact.tier.as_str().to_owned(),
        output::instant(artifact.created_at),
    ]
}
