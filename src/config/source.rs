//! `[source]`: the database that reports read.

use super::{
    DatabaseConfig, WorkerConfig,
    layers::{Layers, Wrong},
    setting::{Flag, Setting},
};

pub(super) const URL: Setting = Setting {
    table: "source",
    key: "url",
    variable: Some("PRESSROOM_SOURCE_URL"),
    flag: Some(Flag { name: "--source-url", typed: |typed| typed.source_url.as_deref() }),
    secret: true,
    example: "mysql://reports@127.0.0.1:3306/clinic",
};

const CONNECTIONS: Setting =
    Setting { table: "source", key: "connections", variable: None, flag: None, secret: false, example: "5" };

pub(super) const SETTINGS: &[&Setting] = &[&URL, &CONNECTIONS];

/// The database that reports read, and how much of it this process takes.
#[derive(Debug, Clone)]
pub struct SourceConfig {
    /// Where it is.
    pub database: DatabaseConfig,
    /// The most connections this process opens: one for each attempt and one to stop queries with.
    pub connections: u32,
}

impl SourceConfig {
    pub(super) fn new(database: DatabaseConfig, worker: &WorkerConfig) -> Self {
        Self { database, connections: enough_for(worker) }
    }

    pub(super) fn read(layers: &mut Layers<'_>, worker: &WorkerConfig) -> Option<Self> {
        let enough = enough_for(worker);
        let connections = layers.value(&CONNECTIONS, |text| {
            text.parse().ok().filter(|given| *given >= enough).ok_or_else(|| {
                Wrong::new(format!("must be a whole number of at least {enough}"))
                    .help("one for each of `worker.concurrency` attempts and one to stop queries with")
            })
        });
        let database = DatabaseConfig::read(layers, &URL)?;
        Some(Self { database, connections: connections.unwrap_or(enough) })
    }
}

fn enough_for(worker: &WorkerConfig) -> u32 {
    u32::try_from(worker.concurrency).unwrap_or(u32::MAX).saturating_add(1)
}
