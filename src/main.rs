//! Parse, build, run, exit code; nothing else.

use std::process::ExitCode;

use clap::Parser as _;
use pressroom::cli::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    Cli::parse().run().await
}
