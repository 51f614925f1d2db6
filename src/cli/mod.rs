//! The command line: one file for each subcommand, and what they share.
//!
//! **Invariant:** says what to do and prints the answer; the doing is in the rooms below.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod artifacts;
mod check;
mod dead;
mod demo;
mod enqueue;
mod global;
mod jobs;
mod migrate;
mod output;
mod params;
mod queue;
mod render;
mod saving;
mod schedules;
mod serve;
mod snippet;
mod up;
mod upkeep;
mod waiting;
mod watch;
mod work;
mod workers;

use global::Global;

use crate::{app, telemetry};

/// Pressroom turns SQL into PDF reports in the background and keeps them for years.
///
/// Start with `pressroom up`: everything in one process, nothing to install.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Examples:
  pressroom up                                            try it: everything in one process
  pressroom render invoice --param invoice_id=1 -o a.pdf  one report straight to a file
  pressroom enqueue invoice --param invoice_id=1 --wait   the same through queue, worker and store

Settings come from defaults < --config FILE < environment (PRESSROOM_…) < flags.
`pressroom check` lists everything that is wrong with them.")]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Up(up::Args),
    Work(work::Args),
    Serve(serve::Args),
    Upkeep(upkeep::Args),
    Enqueue(enqueue::Args),
    Render(render::Args),
    Check(check::Args),
    Demo(demo::Args),
    Migrate(migrate::Args),
    Jobs(jobs::Args),
    Queue(queue::Args),
    Workers(workers::Args),
    Schedules(schedules::Args),
    Dead(dead::Args),
    Artifacts(artifacts::Args),
}

impl Cli {
    /// Runs the command to its end and says how it went.
    pub async fn run(self) -> ExitCode {
        app::install_tls();
        let Self { global, command } = self;
        let done = match command {
            Command::Up(args) => args.run(&global).await,
            Command::Work(args) => args.run(&global).await,
            Command::Serve(args) => args.run(&global).await,
            Command::Upkeep(args) => args.run(&global).await,
            Command::Enqueue(args) => args.run(&global).await,
            Command::Render(args) => args.run(&global).await,
            Command::Check(args) => args.run(&global).await,
            Command::Demo(args) => args.run(&global).await,
            Command::Migrate(args) => args.run(&global).await,
            Command::Jobs(args) => args.run(&global).await,
            Command::Queue(args) => args.run(&global).await,
            Command::Workers(args) => args.run(&global).await,
            Command::Schedules(args) => args.run(&global).await,
            Command::Dead(args) => args.run(&global).await,
            Command::Artifacts(args) => args.run(&global).await,
        };
        let code = done.unwrap_or_else(|error| {
            output::error(&error);
            ExitCode::FAILURE
        });
        telemetry::trace::flush().await;
        code
    }
}
