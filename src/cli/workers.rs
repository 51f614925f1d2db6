//! `pressroom workers`

use std::process::ExitCode;

use super::{global::Global, output};
use crate::{app, config::Section, queue::WorkerView};

/// Lists the workers that take part, with what they are busy with.
///
/// A worker that died is listed until it has been silent for a lease time. One that is `not claiming` finishes what
/// it has and takes nothing more: it was told to stop, or something that its jobs need is away (its log and /readyz say
/// what).
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  pressroom workers
  pressroom workers --json | jq 'map(.slots - .busy) | add'")]
pub(super) struct Args {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let config = global.ready(Default::default(), &[Section::Queue])?;
        let workers = app::queue(&config).await?.workers().await?;
        if self.json { output::json(&workers) } else { print(&workers) }?;
        Ok(ExitCode::SUCCESS)
    }
}

fn print(workers: &[WorkerView]) -> anyhow::Result<()> {
    if workers.is_empty() {
        return output::line("no worker takes part; start one with `pressroom work`");
    }
    let row = |worker: &WorkerView| {
        [
            worker.name.clone(),
            worker.slots.to_string(),
            worker.busy.to_string(),
            if worker.claiming { "claiming" } else { "not claiming" }.to_owned(),
            worker.version.clone(),
            output::instant(worker.since),
        ]
    };
    output::table(
        ["WORKER", "SLOTS", "BUSY", "STATE", "VERSION", "SINCE"],
        &workers.iter().map(row).collect::<Vec<_>>(),
    )
}
