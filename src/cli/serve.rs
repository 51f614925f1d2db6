//! `pressroom serve`

use std::process::ExitCode;

use super::global::Global;
use crate::{
    app::{self, App, Schema},
    config::{Overrides, Section},
    http::Door,
};

/// Serves the HTTP API and the analysts' pages.
///
/// Needs no source: rendering is the workers'. Start several behind a load balancer; they share sessions.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  PRESSROOM_QUEUE_URL=redis://cache PRESSROOM_CATALOG_URL=mysql://pressroom@db/pressroom \\
  PRESSROOM_STORE_URL=https://acme.blob.core.windows.net/reports \\
  PRESSROOM_API_KEY_FILE=/run/secrets/key \\
  pressroom serve --listen 0.0.0.0:8080")]
pub(super) struct Args {
    /// Where to listen (PRESSROOM_LISTEN) [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
}

impl Args {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let own = Overrides { listen: self.listen, ..Overrides::default() };
        let sections = [Section::Queue, Section::Catalog, Section::Store, Section::Keys];
        let config = global.ready(own, &sections)?;
        let stop = app::stop_on_signal().asked;
        // Nobody asks before the listener is there.
        let door = Door::default();
        let app = App::connect_in_time(config, &sections, Schema::Require, &stop, &door).await?;
        let Some(app) = app else { return Ok(ExitCode::SUCCESS) };
        app.require_reports()?;
        let listener = app.listen().await?;
        app.serve(listener, stop).await?;
        Ok(ExitCode::SUCCESS)
    }
}
