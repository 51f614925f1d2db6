//! `[catalog]`: the database that remembers what finished.

use super::{
    DatabaseConfig, WorkerConfig,
    layers::Layers,
    setting::{Flag, Setting},
};

pub(super) const URL: Setting = Setting {
    table: "catalog",
    key: "url",
    variable: Some("PRESSROOM_CATALOG_URL"),
    flag: Some(Flag { name: "--catalog-url", typed: |typed| typed.catalog_url.as_deref() }),
    secret: true,
    example: "mysql://pressroom@127.0.0.1:3306/pressroom",
};

const CONNECTIONS: Setting =
    Setting { table: "catalog", key: "connections", variable: None, flag: None, secret: false, example: "8" };

pub(super) const SETTINGS: &[&Setting] = &[&URL, &CONNECTIONS];

/// What `serve` and the agents need to answer many at once.
const LEAST_BY_DEFAULT: u32 = 8;

/// An attempt needs the catalog for moments only, so that more would stand idle.
const MOST_BY_DEFAULT: u32 = 16;

/// The database that remembers what finished, and how much of it this process takes.
#[derive(Debug, Clone)]
pub struct CatalogConfig {
    /// Where it is.
    pub database: DatabaseConfig,
    /// The most connections this process opens.
    pub connections: u32,
}

impl CatalogConfig {
    pub(super) fn new(database: DatabaseConfig, worker: &WorkerConfig) -> Self {
        Self { database, connections: enough_for(worker) }
    }

    pub(super) fn read(layers: &mut Layers<'_>, worker: &WorkerConfig) -> Option<Self> {
        let connections = layers.value(&CONNECTIONS, |text| {
            text.parse().ok().filter(|given| (1..=1000).contains(given)).ok_or("must be a whole number from 1 to 1000")
        });
        let database = DatabaseConfig::read(layers, &URL)?;
        Some(Self { database, connections: connections.unwrap_or(enough_for(worker)) })
    }
}

/// One for each attempt that records what it made, and two for everything else, within bounds.
fn enough_for(worker: &WorkerConfig) -> u32 {
    u32::try_from(worker.concurrency).unwrap_or(u32::MAX).saturating_add(2).clamp(LEAST_BY_DEFAULT, MOST_BY_DEFAULT)
}
