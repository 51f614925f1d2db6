//! `pressroom serve`

use std::process::ExitCode;

use super::global::Global;
use crate::{
    app,
    config::{Overrides, Section},
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
        let app = global.app(own, &[Section::Queue, Section::Catalog, Section::Store, Section::Keys]).await?;
        app.require_schema().await?;
        app.require_reports()?;
        let listener = app.listen().await?;
        app.serve(listener, app::stop_on_signal()).await?;
        Ok(ExitCode::SUCCESS)
    }
}
