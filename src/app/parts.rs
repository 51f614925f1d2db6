//! The concrete parts that the configuration names.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use secrecy::ExposeSecret as _;

use super::{NAMESPACE, clock};
use crate::{
    catalog::{Catalog, mysql::MySqlCatalog, sqlite::SqliteCatalog},
    config::{Allowed, Config, DatabaseConfig, LimitsConfig, PolicyConfig, QueueConfig, StoreConfig},
    fault::Fault,
    job::Lane,
    queue::{
        LeaseStore, Policy, Weights,
        redis::{RedisOptions, RedisQueue},
        sqlite::SqliteQueue,
    },
    report::{Definition, FleetLimits, Library, limits::Bounds},
    source::{Source, mysql::MySqlSource, sqlite::SqliteSource},
    store::{
        ArtifactStore,
        azure::{AzureOptions, AzureStore},
        folder::FolderStore,
    },
};

/// The queue that is configured.
pub async fn queue(config: &Config) -> anyhow::Result<Arc<dyn LeaseStore>> {
    Ok(match config.queue()? {
        QueueConfig::Redis { url, authority } => {
            let read = |path: &PathBuf| std::fs::read(path).with_context(|| format!("can't read {}", path.display()));
            let authority = authority.as_ref().map(read).transpose()?;
            let options =
                RedisOptions { authority: authority.as_deref(), ..RedisOptions::new(url.expose_secret(), NAMESPACE) };
            Arc::new(RedisQueue::connect(options).await?)
        }
        QueueConfig::Sqlite { path } => {
            make_folder_of(path)?;
            Arc::new(SqliteQueue::open(path, clock()).await?)
        }
    })
}

/// The queue's rules: what the configuration says, the defaults for the rest, and the caps of the definitions.
pub(super) fn policy(config: &PolicyConfig, library: &Library) -> Policy {
    let default = Policy::default();
    let weight = |lane| config.weights.get(&lane).copied().unwrap_or(default.weights.of(lane));
    let capped = |definition: &Arc<Definition>| Some((definition.name.clone(), definition.running?));
    Policy {
        weights: Weights {
            interactive: weight(Lane::Interactive),
            standard: weight(Lane::Standard),
            bulk: weight(Lane::Bulk),
        },
        running: config.running,
        running_per_tenant: config.running_per_tenant,
        running_of_tenant: config.running_of_tenant.clone(),
        running_of_report: library.iter().filter_map(capped).collect(),
        waiting_per_tenant: config.waiting_per_tenant.unwrap_or(default.waiting_per_tenant),
        bytes_per_tenant: config.bytes_per_tenant.unwrap_or(default.bytes_per_tenant),
    }
}

/// The catalog that is configured.
pub async fn catalog(config: &Config) -> anyhow::Result<Arc<dyn Catalog>> {
    let catalog = config.catalog()?;
    let connections = catalog.connections;
    Ok(match &catalog.database {
        DatabaseConfig::Mysql { url } => Arc::new(MySqlCatalog::connect(url.expose_secret(), connections)?),
        DatabaseConfig::Sqlite { path } => {
            make_folder_of(path)?;
            Arc::new(SqliteCatalog::open(text(path)?, connections)?)
        }
    })
}

/// The source that is configured; its server ends queries by itself after `limit`, should we no longer be there to.
pub fn source(config: &Config, limit: Duration) -> anyhow::Result<Arc<dyn Source>> {
    let source = config.source()?;
    Ok(match &source.database {
        DatabaseConfig::Mysql { url } => {
            Arc::new(MySqlSource::connect(url.expose_secret(), source.connections)?.with_time_limit(limit))
        }
        database @ DatabaseConfig::Sqlite { .. } => {
            Arc::new(SqliteSource::open(database.url().expose_secret(), source.connections)?.with_time_limit(limit))
        }
    })
}

/// The store that is configured.
pub async fn store(config: &Config) -> anyhow::Result<Arc<dyn ArtifactStore>> {
    Ok(match config.store()? {
        StoreConfig::Folder { path } => Arc::new(FolderStore::open(path, clock())?),
        StoreConfig::Azure { container_url, account_key } => {
            let container_url = container_url.expose_secret().parse().context("the store's address")?;
            let options = AzureOptions { container_url, account_key: account_key.clone() };
            Arc::new(AzureStore::connect(options, clock()).await?)
        }
    })
}

/// The definitions, whose reports may grow as far as the configuration lets them.
pub fn library(config: &Config) -> (Library, Vec<Fault>) {
    Library::load(&config.paths.jobs, &config.paths.templates, &fleet_limits(&config.limits))
}

fn fleet_limits(config: &LimitsConfig) -> FleetLimits {
    fn bounds<T: Copy>(otherwise: Bounds<T>, set: Allowed<T>) -> Bounds<T> {
        Bounds { default: set.default.unwrap_or(otherwise.default), most: set.most.unwrap_or(otherwise.most) }
    }
    let FleetLimits { rows, pages, bytes, time } = FleetLimits::default();
    FleetLimits {
        rows: bounds(rows, config.rows),
        pages: bounds(pages, config.pages),
        bytes: bounds(bytes, config.bytes),
        time: bounds(time, config.time),
    }
}

fn text(path: &Path) -> anyhow::Result<&str> {
    path.to_str().with_context(|| format!("the path {} is not UTF-8", path.display()))
}

fn make_folder_of(file: &Path) -> anyhow::Result<()> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => {
            std::fs::create_dir_all(folder).with_context(|| format!("can't make the folder {}", folder.display()))
        }
        _ => Ok(()),
    }
}
