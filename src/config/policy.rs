//! The rest of `[queue]`: who gets how much of it.

use std::{collections::BTreeMap, fmt, ops::RangeInclusive};

use super::{
    layers::{Layers, Wrong},
    setting::Setting,
};
use crate::job::{Lane, Tenant};

const WEIGHTS: Setting = in_file("weights", "{ interactive = 6, standard = 3, bulk = 1 }");
const RUNNING: Setting = in_file("running", "200");
const RUNNING_PER_TENANT: Setting = in_file("running_per_tenant", "20");
const TENANTS: Setting = in_file("tenants", "{ north = 2 }");
const WAITING_PER_TENANT: Setting = in_file("waiting_per_tenant", "100000");
const BYTES_PER_TENANT: Setting = in_file("bytes_per_tenant", "256MiB");

pub(super) const SETTINGS: &[&Setting] =
    &[&WEIGHTS, &RUNNING, &RUNNING_PER_TENANT, &TENANTS, &WAITING_PER_TENANT, &BYTES_PER_TENANT];

const fn in_file(key: &'static str, example: &'static str) -> Setting {
    Setting { table: "queue", key, variable: None, flag: None, secret: false, example }
}

/// No lane's weight is larger.
const HEAVIEST: u32 = 100;

/// No cap is larger: beyond, it's none.
const MOST_RUNNING: u32 = 1_000_000;

/// Below, a tenant could fill its share with a single job.
const LEAST_BYTES: u64 = 1 << 20;

/// Who gets how much of the queue. `None`: the queue's own default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyConfig {
    /// How the lanes share the claims; only those that were named.
    pub weights: BTreeMap<Lane, u32>,
    /// The most jobs running at once, over all workers.
    pub running: Option<u32>,
    /// The most jobs of one tenant running at once.
    pub running_per_tenant: Option<u32>,
    /// The same for tenants of which something else is to hold.
    pub running_of_tenant: BTreeMap<Tenant, u32>,
    /// The most jobs of one tenant in flight that aren't running.
    pub waiting_per_tenant: Option<u64>,
    /// The most bytes that a tenant's jobs in flight may take.
    pub bytes_per_tenant: Option<u64>,
}

impl PolicyConfig {
    pub(super) fn read(layers: &mut Layers<'_>) -> Self {
        let weight = |text: &str| whole(text, 1..=HEAVIEST);
        let running = |text: &str| whole(text, 1..=MOST_RUNNING);
        Self {
            weights: layers.table(&WEIGHTS, |name| name.parse::<Lane>(), weight),
            running: layers.value(&RUNNING, running),
            running_per_tenant: layers.value(&RUNNING_PER_TENANT, running),
            running_of_tenant: layers.table(&TENANTS, |name| name.parse::<Tenant>(), running),
            waiting_per_tenant: layers.value(&WAITING_PER_TENANT, |text| whole(text, 1..=1_000_000_000)),
            bytes_per_tenant: layers.value(&BYTES_PER_TENANT, bytes),
        }
    }
}

fn whole<T: std::str::FromStr + PartialOrd + fmt::Display>(text: &str, range: RangeInclusive<T>) -> Result<T, Wrong> {
    text.parse()
        .ok()
        .filter(|given| range.contains(given))
        .ok_or_else(|| Wrong::new(format!("must be a whole number from {} to {}", range.start(), range.end())))
}

/// `256MiB`, `1 GiB`, or bytes.
fn bytes(text: &str) -> Result<u64, Wrong> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit: Option<u64> = match text[digits..].trim() {
        "" => Some(1),
        "KiB" => Some(1 << 10),
        "MiB" => Some(1 << 20),
        "GiB" => Some(1 << 30),
        _ => None,
    };
    let count = text[..digits].parse::<u64>().ok().zip(unit).and_then(|(count, unit)| count.checked_mul(unit));
    let fits = count.filter(|count| (LEAST_BYTES..=1 << 40).contains(count));
    fits.ok_or_else(|| {
        Wrong::new("must be between 1MiB and 1024GiB").help("for example \"256MiB\", or a number of bytes")
    })
}
