//! `pressroom work`

use std::process::ExitCode;

use super::global::Global;
use crate::{
    app::{self, App, Schema},
    config::{Overrides, Section},
};

/// Runs a worker process: claims jobs, renders them, stores and records what they give.
///
/// Start as many as you like, on as many machines as you like; they share the queue. What isn't there yet (queue, source,
/// catalog, store) is waited for. SIGTERM stops claiming at once and lets running jobs finish within the grace time; what
/// doesn't finish goes back to the queue, and with a second SIGTERM everything does at once.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  PRESSROOM_QUEUE_URL=redis://cache PRESSROOM_SOURCE_URL=mysql://report@db/clinic \\
  PRESSROOM_CATALOG_URL=mysql://pressroom@db/pressroom \\
  PRESSROOM_STORE_URL=https://acme.blob.core.windows.net/reports \\
  pressroom work --concurrency 4")]
pub(super) struct Args {
    /// Jobs at a time in this process (PRESSROOM_CONCURRENCY) [default: the number of cores].
    #[arg(long, value_name = "N")]
    concurrency: Option<String>,
    /// Where to answer /livez, /readyz and /metrics (PRESSROOM_PROBE_LISTEN) [default: nowhere].
    #[arg(long, value_name = "ADDR")]
    probe_listen: Option<String>,
}

impl Args {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let own = Overrides { concurrency: self.concurrency, probe_listen: self.probe_listen, ..Overrides::default() };
        let sections = [Section::Queue, Section::Source, Section::Catalog, Section::Store];
        let config = global.ready(own, &sections)?;
        let stop = app::stop_on_signal();
        let door = app::probes(&config).await?;
        let app = App::connect_in_time(config, &sections, Schema::Require, &stop.asked, &door).await?;
        let Some(app) = app else { return Ok(ExitCode::SUCCESS) };
        app.require_reports()?;
        app.open_probes(&door)?;
        app.work(stop).await?;
        Ok(ExitCode::SUCCESS)
    }
}
