//! `pressroom demo`

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use secrecy::ExposeSecret as _;

use super::{global::Global, output};
use crate::{
    config::Section,
    demo::{self, Loaded},
};

/// The pause between two words about the progress.
const SHOW_EVERY: Duration = Duration::from_secs(2);

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
        #[arg(long, default_value_t = demo::DEFAULT_PATIENTS, value_name = "N")]
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
        let mut shown = Instant::now();
        let summary = demo::load(config.source()?.database.url().expose_secret(), patients, &mut |loaded| {
            if shown.elapsed() > SHOW_EVERY {
                shown = Instant::now();
                eprintln!("{}: {} rows", loaded.table, loaded.rows);
            }
        })
        .await?;
        let rows = |loaded: &Loaded| [loaded.table.to_owned(), loaded.rows.to_string()];
        if json {
            output::json(&summary)?;
        } else {
            output::table(["TABLE", "ROWS"], &summary.tables.iter().map(rows).collect::<Vec<_>>())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
