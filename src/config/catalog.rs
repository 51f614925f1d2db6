//! `[catalog]`: the database that remembers what finished.

use super::{
    DatabaseConfig,
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

const DEFAULT_CONNECTIONS: u32 = 8;

/// The database that remembers what finished, and how much of it this process takes.
#[derive(Debug, Clone)]
pub struct CatalogConfig {
    /// Where it is.
    pub database: DatabaseConfig,
    /// The most connections this process opens.
    pub connections: u32,
}

impl CatalogConfig {
    pub(super) fn new(database: DatabaseConfig) -> Self {
        Self { database, connections: DEFAULT_CONNECTIONS }
    }

    pub(super) fn read(layers: &mut Layers<'_>) -> Option<Self> {
        let connections = layers.value(&CONNECTIONS, |text| {
            text.parse().ok().filter(|given| (1..=1000).contains(given)).ok_or("must be a whole number from 1 to 1000")
        });
        let database = DatabaseConfig::read(layers, &URL)?;
        Some(Self { database, connections: connections.unwrap_or(DEFAULT_CONNECTIONS) })
    }
}
