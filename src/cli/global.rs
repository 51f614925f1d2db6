//! The flags that every subcommand takes, and the configuration they lead to.

use std::path::{Path, PathBuf};

use clap::Args;

use super::output;
pub(super) use crate::app::Faults;
use crate::{
    app::App,
    config::{Config, Environment, Overrides, Section},
    identity::{Identity, Roles},
    job::Tenant,
    telemetry,
};

/// Where `up` keeps everything, and where the other commands look for it.
pub(super) const DATA_DIR: &str = "data";

#[derive(Debug, Args)]
#[command(next_help_heading = "Settings (each wins over its environment variable)")]
pub(super) struct Global {
    /// A TOML file with settings.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<String>,
    /// Use the SQLite files and the artifact folder in DIR for whatever has no URL [default: data, where it exists].
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// PRESSROOM_QUEUE_URL: redis://…, rediss://… or sqlite://FILE.
    #[arg(long, global = true, value_name = "URL", hide_short_help = true)]
    queue_url: Option<String>,
    /// PRESSROOM_SOURCE_URL: mysql://… or sqlite://FILE.
    #[arg(long, global = true, value_name = "URL", hide_short_help = true)]
    source_url: Option<String>,
    /// PRESSROOM_CATALOG_URL: mysql://… or sqlite://FILE.
    #[arg(long, global = true, value_name = "URL", hide_short_help = true)]
    catalog_url: Option<String>,
    /// PRESSROOM_STORE_URL: an Azure container's URL or file://DIR.
    #[arg(long, global = true, value_name = "URL", hide_short_help = true)]
    store_url: Option<String>,
    /// PRESSROOM_JOBS_DIR: the report definitions [default: jobs].
    #[arg(long, global = true, value_name = "DIR")]
    jobs_dir: Option<String>,
    /// PRESSROOM_TEMPLATES_DIR: the templates [default: templates].
    #[arg(long, global = true, value_name = "DIR")]
    templates_dir: Option<String>,
    /// PRESSROOM_LOG: what is logged to standard error, such as `info` or `pressroom=debug`.
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,
    /// PRESSROOM_LOG_FORMAT: text or json.
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<String>,
}

impl Global {
    /// The configuration, whole, with `listen`, `probe_listen` and `concurrency` from the subcommand.
    pub(super) fn config(&self, own: Overrides) -> Result<Config, Faults> {
        let overrides = Overrides {
            config: self.config.clone(),
            queue_url: self.queue_url.clone(),
            source_url: self.source_url.clone(),
            catalog_url: self.catalog_url.clone(),
            store_url: self.store_url.clone(),
            jobs_dir: self.jobs_dir.clone(),
            templates_dir: self.templates_dir.clone(),
            log: self.log.clone(),
            log_format: self.log_format.clone(),
            ..own
        };
        Config::load(&Environment::from_process(), &overrides).map_err(Faults)
    }

    /// The data folder that was named, or else the default one.
    pub(super) fn data_dir(&self) -> &Path {
        self.data_dir.as_deref().unwrap_or(Path::new(DATA_DIR))
    }

    /// The configuration with the data folder filled in where there is one.
    pub(super) fn settled(&self, own: Overrides) -> Result<Config, Faults> {
        let config = self.config(own)?;
        let has_folder = self.data_dir.is_some() || Path::new(DATA_DIR).is_dir();
        Ok(if has_folder { config.embedded(self.data_dir()) } else { config })
    }

    /// The configuration of a command that needs `sections`; logs begin.
    pub(super) fn ready(&self, own: Overrides, sections: &[Section]) -> anyhow::Result<Config> {
        let config = self.settled(own)?;
        telemetry::init(&config.logging, &config.telemetry).map_err(anyhow::Error::from_boxed)?;
        for warning in &config.warnings {
            output::fault(warning);
        }
        config.require(sections).map_err(|mut faults| {
            if let Some(last) = faults.last_mut() {
                let first = last.help.take().map(|help| format!("{help}\n  help: ")).unwrap_or_default();
                last.help = Some(format!("{first}or run `pressroom up` once: it needs no settings at all"));
            }
            Faults(faults)
        })?;
        Ok(config)
    }

    /// The connected parts that a command needs.
    pub(super) async fn app(&self, own: Overrides, sections: &[Section]) -> anyhow::Result<App> {
        App::connect(self.ready(own, sections)?, sections).await
    }
}

/// Whose jobs and artifacts an operator looks at.
#[derive(Debug, Args)]
pub(super) struct Whose {
    /// The tenant.
    #[arg(long, default_value = "default", value_name = "TENANT")]
    pub(super) tenant: Tenant,
}

impl Whose {
    /// Whoever looks after this tenant's.
    pub(super) fn of(tenant: Tenant) -> Self {
        Self { tenant }
    }

    /// Whoever may run this command may do everything for the tenant.
    pub(super) fn operator(&self) -> Identity {
        Identity { tenant: self.tenant.clone(), actor: "cli".to_owned(), roles: Roles::All }
    }
}
