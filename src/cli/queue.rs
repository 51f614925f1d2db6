//! `pressroom queue`

use std::process::ExitCode;

use super::{global::Global, output};
use crate::{app, config::Section, queue::Stats};

/// Shows how deep the queue is.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  pressroom queue stats --json")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Depth and age by lane, and what runs, waits for later or has died.
    ///
    /// `inbox` counts messages that are not yet jobs, `aside` those that only a newer version can read, `outbox` outcomes
    /// that the catalog doesn't have yet.
    #[command(after_help = "Example:\n  pressroom queue stats --json | jq .lanes.bulk.waiting")]
    Stats,
}

impl Args {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let Command::Stats = self.command;
        let config = global.ready(Default::default(), &[Section::Queue])?;
        let stats = app::queue(&config).await?.stats().await?;
        if self.json { output::json(&stats) } else { print(&stats) }?;
        Ok(ExitCode::SUCCESS)
    }
}

fn print(stats: &Stats) -> anyhow::Result<()> {
    let lane = |(lane, depth): &(crate::job::Lane, crate::queue::LaneStats)| {
        let age = format!("{:.1} s", depth.oldest_waiting_ms as f64 / 1000.0);
        [lane.to_string(), depth.waiting.to_string(), age]
    };
    output::table(["LANE", "WAITING", "OLDEST"], &stats.lanes.iter().map(lane).collect::<Vec<_>>())?;
    output::line("")?;
    let rest = [
        ("inbox", stats.inbox),
        ("aside", stats.aside),
        ("scheduled", stats.scheduled),
        ("running", stats.running),
        ("retrying", stats.retrying),
        ("dead", stats.dead),
        ("outbox", stats.outbox),
    ];
    output::table(["", "JOBS"], &rest.map(|(name, depth)| [name.to_owned(), depth.to_string()]))
}
