//! `pressroom migrate`

use std::process::ExitCode;

use super::{global::Global, output};
use crate::{app, catalog::SchemaState, config::Section};

/// Brings the catalog's schema up to date.
///
/// Forward only, and safe to run from several machines at once: one does it, the others wait. `work` and `serve` refuse
/// a schema that doesn't fit them, so run this first when you install or upgrade.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  PRESSROOM_CATALOG_URL=mysql://pressroom@db/pressroom pressroom migrate")]
pub(super) struct Args {}

impl Args {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let config = global.ready(Default::default(), &[Section::Catalog])?;
        let catalog = app::catalog(&config).await?;
        let applied = catalog.migrate().await?;
        if let state @ SchemaState::Newer { .. } = catalog.schema().await? {
            anyhow::bail!("{state}");
        }
        match applied.as_slice() {
            [] => output::line("the catalog's schema is current; nothing to do")?,
            versions => output::line(&format!(
                "applied {}",
                versions.iter().map(|version| format!("version {version}")).collect::<Vec<_>>().join(", ")
            ))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
