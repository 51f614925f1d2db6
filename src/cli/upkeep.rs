//! `pressroom upkeep`

use std::process::ExitCode;

use super::global::Global;
use crate::{
    app::{self, App, Schema},
    config::{Overrides, Section},
};

/// Runs the agents that time drives.
///
/// They fire schedules, admit messages from the inbox (so that a fleet scaled to zero is seen to have work), record
/// outcomes that the queue decided, keep the queue's caps and quotas as configured, and seal the audit trail. Several
/// may run; one acts, and another takes over within seconds.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  PRESSROOM_QUEUE_URL=redis://cache PRESSROOM_CATALOG_URL=mysql://pressroom@db/pressroom \\
  PRESSROOM_STORE_URL=https://acme.blob.core.windows.net/reports pressroom upkeep")]
pub(super) struct Args {
    /// Where to answer /livez, /readyz and /metrics (PRESSROOM_PROBE_LISTEN) [default: nowhere].
    #[arg(long, value_name = "ADDR")]
    probe_listen: Option<String>,
}

impl Args {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let own = Overrides { probe_listen: self.probe_listen, ..Overrides::default() };
        let sections = [Section::Queue, Section::Catalog, Section::Store];
        let config = global.ready(own, &sections)?;
        let stop = app::stop_on_signal().asked;
        let door = app::probes(&config).await?;
        let app = App::connect_in_time(config, &sections, Schema::Require, &stop, &door).await?;
        let Some(app) = app else { return Ok(ExitCode::SUCCESS) };
        app.open_probes(&door)?;
        app.upkeep(stop).await?;
        Ok(ExitCode::SUCCESS)
    }
}
