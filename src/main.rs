//! Parse, build, run, exit code; nothing else.

use std::{process::ExitCode, time::Duration};

use clap::Parser as _;
use pressroom::cli::Cli;

/// Each document that is being drawn has a blocking thread of its own, beside those of files and names. Made on demand.
const MOST_THREADS: usize = 2048;

/// How long what runs on blocking threads may hold up the end; by then it has long been given up.
const PATIENCE: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime =
        match tokio::runtime::Builder::new_multi_thread().enable_all().max_blocking_threads(MOST_THREADS).build() {
            Ok(runtime) => runtime,
            Err(error) => {
                eprintln!("error: no threads could be started: {error}");
                return ExitCode::FAILURE;
            }
        };
    let code = runtime.block_on(cli.run());
    runtime.shutdown_timeout(PATIENCE);
    code
}
