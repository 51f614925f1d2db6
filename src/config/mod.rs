//! Configuration: raw text becomes checked values once, before anything is connected.
//!
//! Defaults < file (`--config`, TOML) < environment < flags. Each section has a file of its own that names its
//! settings and checks them; [`Layers`] finds a setting's text and remembers where it came from, so that a fault
//! names the variable, the flag, or the file with line and column. All faults are listed at once.
//!
//! **Invariant:** the only place that reads the environment. A value of a secret setting appears in no fault, no
//! `Debug` output and no description.

mod catalog;
mod database;
mod duration;
mod environment;
mod file;
mod http;
mod keys;
mod layers;
mod limits;
mod logging;
mod paths;
mod policy;
mod queue;
mod setting;
mod source;
mod store;
mod telemetry;
mod worker;

use std::path::{Path, PathBuf};

pub use catalog::CatalogConfig;
pub use database::DatabaseConfig;
pub use environment::Environment;
pub use http::HttpConfig;
pub use keys::KeyConfig;
pub use limits::{Allowed, LimitsConfig};
pub use logging::{LogFormat, LoggingConfig};
pub use paths::PathsConfig;
pub use policy::PolicyConfig;
pub use queue::QueueConfig;
pub use source::SourceConfig;
pub use store::StoreConfig;
pub use telemetry::TelemetryConfig;
pub use worker::WorkerConfig;

use crate::{
    config::{file::File, layers::Layers},
    fault::Fault,
};

/// What the command line sets, as it was typed; each wins over the environment and the file.
#[derive(Clone, Default)]
pub struct Overrides {
    /// `--config`: the TOML file.
    pub config: Option<String>,
    /// `--queue-url`.
    pub queue_url: Option<String>,
    /// `--source-url`.
    pub source_url: Option<String>,
    /// `--catalog-url`.
    pub catalog_url: Option<String>,
    /// `--store-url`.
    pub store_url: Option<String>,
    /// `--listen`.
    pub listen: Option<String>,
    /// `--probe-listen`.
    pub probe_listen: Option<String>,
    /// `--jobs-dir`.
    pub jobs_dir: Option<String>,
    /// `--templates-dir`.
    pub templates_dir: Option<String>,
    /// `--concurrency`.
    pub concurrency: Option<String>,
    /// `--log`.
    pub log: Option<String>,
    /// `--log-format`.
    pub log_format: Option<String>,
}

/// The checked configuration of one process.
///
/// The four connections and the keys are asked for by the commands that need them: `render` runs without a queue.
#[derive(Debug, Clone)]
pub struct Config {
    queue: Option<QueueConfig>,
    source: Option<SourceConfig>,
    catalog: Option<CatalogConfig>,
    store: Option<StoreConfig>,
    /// Where the API and the probes listen.
    pub http: HttpConfig,
    /// Who gets how much of the queue.
    pub policy: PolicyConfig,
    /// Who may call the API.
    pub keys: Vec<KeyConfig>,
    /// How this process works.
    pub worker: WorkerConfig,
    /// How large reports may grow.
    pub limits: LimitsConfig,
    /// Where definitions and templates are.
    pub paths: PathsConfig,
    /// What is logged, and how.
    pub logging: LoggingConfig,
    /// Where traces go, and what metrics may tell.
    pub telemetry: TelemetryConfig,
    /// What works but should be mended.
    pub warnings: Vec<Fault>,
}

/// A part of the configuration that only some commands need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// The queue.
    Queue,
    /// The database that reports read.
    Source,
    /// The catalog.
    Catalog,
    /// The artifact store.
    Store,
    /// At least one API key.
    Keys,
}

impl Config {
    /// Reads and checks everything that was set; what wasn't has its default or stays open (see [`Config::require`]).
    ///
    /// # Errors
    /// Every fault there is, not only the first.
    pub fn load(environment: &Environment, overrides: &Overrides) -> Result<Self, Vec<Fault>> {
        let mut faults = environment.garbled_variables();
        let file = config_path(environment, overrides).and_then(|path| File::read(&path, &mut faults));
        let mut layers = Layers::new(file, environment, overrides, faults);

        let worker = WorkerConfig::read(&mut layers, environment);
        let mut config = Self {
            queue: QueueConfig::read(&mut layers),
            source: SourceConfig::read(&mut layers, &worker),
            catalog: CatalogConfig::read(&mut layers, &worker),
            store: StoreConfig::read(&mut layers),
            http: HttpConfig::read(&mut layers),
            policy: PolicyConfig::read(&mut layers),
            keys: keys::read(&mut layers),
            limits: LimitsConfig::read(&mut layers),
            paths: PathsConfig::read(&mut layers),
            logging: LoggingConfig::read(&mut layers, environment),
            telemetry: TelemetryConfig::read(&mut layers),
            worker,
            warnings: environment.unknown_variables(),
        };
        config.check_files_apart(&mut layers);
        let mut faults = layers.into_faults();
        if faults.is_empty() {
            return Ok(config);
        }
        // A misspelt variable may be why another one is missing.
        faults.append(&mut config.warnings);
        Err(faults)
    }

    /// Fills the connections that weren't set with files in `data_dir`: Pressroom without any service.
    pub fn embedded(mut self, data_dir: &Path) -> Self {
        let database = |name: &str| DatabaseConfig::Sqlite { path: data_dir.join(name) };
        self.queue.get_or_insert_with(|| QueueConfig::Sqlite { path: data_dir.join("queue.db") });
        self.source.get_or_insert_with(|| SourceConfig::new(database("source.db"), &self.worker));
        self.catalog.get_or_insert_with(|| CatalogConfig::new(database("catalog.db"), &self.worker));
        self.store.get_or_insert_with(|| StoreConfig::Folder { path: data_dir.join("artifacts") });
        self
    }

    /// Whether a section was set.
    pub fn has(&self, section: Section) -> bool {
        match section {
            Section::Queue => self.queue.is_some(),
            Section::Source => self.source.is_some(),
            Section::Catalog => self.catalog.is_some(),
            Section::Store => self.store.is_some(),
            Section::Keys => !self.keys.is_empty(),
        }
    }

    /// Whether all these sections were set.
    ///
    /// # Errors
    /// One fault for each that wasn't, with the variable to set.
    pub fn require(&self, sections: &[Section]) -> Result<(), Vec<Fault>> {
        let missing: Vec<Fault> =
            sections.iter().filter(|section| !self.has(**section)).map(|section| section.missing()).collect();
        if missing.is_empty() { Ok(()) } else { Err(missing) }
    }

    /// The queue.
    ///
    /// # Errors
    /// It wasn't set.
    pub fn queue(&self) -> Result<&QueueConfig, Fault> {
        self.queue.as_ref().ok_or_else(|| Section::Queue.missing())
    }

    /// The database that reports read.
    ///
    /// # Errors
    /// It wasn't set.
    pub fn source(&self) -> Result<&SourceConfig, Fault> {
        self.source.as_ref().ok_or_else(|| Section::Source.missing())
    }

    /// The catalog.
    ///
    /// # Errors
    /// It wasn't set.
    pub fn catalog(&self) -> Result<&CatalogConfig, Fault> {
        self.catalog.as_ref().ok_or_else(|| Section::Catalog.missing())
    }

    /// The artifact store.
    ///
    /// # Errors
    /// It wasn't set.
    pub fn store(&self) -> Result<&StoreConfig, Fault> {
        self.store.as_ref().ok_or_else(|| Section::Store.missing())
    }

    /// Queue, catalog and source each lock their SQLite file for themselves.
    fn check_files_apart(&self, layers: &mut Layers<'_>) {
        let queue = self.queue.as_ref().and_then(QueueConfig::sqlite_path);
        let catalog = self.catalog.as_ref().and_then(|catalog| catalog.database.sqlite_path());
        let source = self.source.as_ref().and_then(|source| source.database.sqlite_path());
        let same = |a: Option<&Path>, b: Option<&Path>| a.is_some() && a == b;
        if same(catalog, queue) {
            layers.refuse(&catalog::URL, "must be another file than the queue's");
        }
        if same(source, catalog) || same(source, queue) {
            layers.refuse(&source::URL, "must be another file than the catalog's and the queue's");
        }
    }
}

impl Section {
    fn missing(self) -> Fault {
        let setting = match self {
            Self::Queue => &queue::URL,
            Self::Source => &source::URL,
            Self::Catalog => &catalog::URL,
            Self::Store => &store::URL,
            Self::Keys => &keys::API_KEY,
        };
        let name = setting.variable.unwrap_or(setting.key);
        Fault::new(format!("{name} is not set")).help(format!("for example {}", setting.example))
    }
}

fn config_path(environment: &Environment, overrides: &Overrides) -> Option<PathBuf> {
    overrides.config.as_deref().or_else(|| environment.get(setting::CONFIG_VARIABLE)).map(PathBuf::from)
}

#[cfg(test)]
mod tests;
