//! `[worker]`: how a process runs attempts.

use std::time::Duration;

use super::{
    Environment, duration,
    layers::Layers,
    setting::{Flag, Setting},
};

const CONCURRENCY: Setting = Setting {
    table: "worker",
    key: "concurrency",
    variable: Some("PRESSROOM_CONCURRENCY"),
    flag: Some(Flag { name: "--concurrency", typed: |typed| typed.concurrency.as_deref() }),
    secret: false,
    example: "4",
};

const LEASE: Setting = in_file("lease", "30s");
const GRACE: Setting = in_file("grace", "30s");
const STALL: Setting = in_file("stall", "15m");
const RENDER_THREADS: Setting = in_file("render_threads", "2");
const NAME: Setting = in_file("name", "worker-1");

pub(super) const SETTINGS: &[&Setting] = &[&CONCURRENCY, &LEASE, &GRACE, &STALL, &RENDER_THREADS, &NAME];

const fn in_file(key: &'static str, example: &'static str) -> Setting {
    Setting { table: "worker", key, variable: None, flag: None, secret: false, example }
}

/// How a process runs attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerConfig {
    /// Attempts at once.
    pub concurrency: usize,
    /// How long a claim lasts without a heartbeat; another worker takes over after that.
    pub lease: Duration,
    /// How long attempts may go on after SIGTERM before they are released.
    pub grace: Duration,
    /// How long an attempt may go without a row, page or byte before it is stopped.
    pub stall: Duration,
    /// How many attempts draw at once; the others read, upload or wait for their turn.
    pub render_threads: usize,
    /// What this worker is called where jobs are shown.
    pub name: String,
}

impl WorkerConfig {
    pub(super) fn read(layers: &mut Layers<'_>, environment: &Environment) -> Self {
        let default = Duration::from_secs(30);
        let concurrency = layers.value(&CONCURRENCY, |text| {
            text.parse().ok().filter(|given| (1..=1000).contains(given)).ok_or("must be a whole number from 1 to 1000")
        });
        // Three heartbeats fit into a lease; below three seconds a slow answer would lose it.
        let lease =
            layers.value(&LEASE, |text| duration::between(text, Duration::from_secs(3), Duration::from_secs(600)));
        let grace = layers.value(&GRACE, |text| duration::between(text, Duration::ZERO, Duration::from_secs(3600)));
        let stall =
            layers.value(&STALL, |text| duration::between(text, Duration::from_secs(1), Duration::from_secs(86_400)));
        let render_threads = layers.value(&RENDER_THREADS, |text| {
            text.parse().ok().filter(|given| (1..=1000).contains(given)).ok_or("must be a whole number from 1 to 1000")
        });
        let name = layers.value(&NAME, |text| {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            let fits = (1..=100).contains(&text.len()) && text.chars().all(plain);
            fits.then(|| text.to_owned()).ok_or("must be 1 to 100 letters, digits, '-', '_' and '.'")
        });
        Self {
            concurrency: concurrency.unwrap_or(environment.cores),
            lease: lease.unwrap_or(default),
            grace: grace.unwrap_or(default),
            stall: stall.unwrap_or(Duration::from_secs(900)),
            render_threads: render_threads.unwrap_or(environment.cores),
            name: name.unwrap_or_else(|| format!("{}-{}", environment.host_name, environment.process_id)),
        }
    }

    /// How often a lease is renewed.
    pub fn heartbeat(&self) -> Duration {
        self.lease / 3
    }
}
