//! `pressroom demo`

use std::process::ExitCode;

use super::{global::Global, output};
use crate::{config::Section, demo};

/// Makes the demo clinic.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  pressroom demo load --patients 1000")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Creates and fills the demo clinic in the configured source (MySQL or SQLite).
    ///
    /// The same number of patients gives the same data everywhere. A SQLite file that isn't there is created. Tables of
    /// an earlier demo are replaced; tables of the same names that aren't a demo's are left alone with an error.
    #[command(after_help = "Examples:
  pressroom demo load
  PRESSROOM_SOURCE_URL=mysql://root@127.0.0.1/clinic pressroom demo load --patients 200000")]
    Load {
        /// How many patients; each has five to six doses on average.
        #[arg(long, default_value_t = demo::PATIENTS, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
        patients: u64,
        /// Print what was made as JSON.
        #[arg(long)]
        json: bool,
    },
}

impl Args {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let Command::Load { patients, json } = self.command;
        let config = global.ready(Default::default(), &[Section::Source])?;
        let mut shown = 0;
        let summary = demo::load(&config.source()?.database.url(), patients, &mut |loaded| {
            let percent = loaded.percent();
            if percent >= shown + 10 {
                shown = percent;
                eprintln!("{percent} %");
            }
        })
        .await?;
        if json { output::json(&summary) } else { output::line(&summary.to_string()) }?;
        Ok(ExitCode::SUCCESS)
    }
}
