//! `[limits]`: how large the reports of this fleet may grow.

use std::time::Duration;

use super::{
    duration,
    layers::{Layers, Wrong},
    setting::Setting,
};

const ROWS: Setting = in_file("rows", "1000000");
const PAGES: Setting = in_file("pages", "100000");
const BYTES: Setting = in_file("bytes", "2000000000");
const TIME: Setting = in_file("time", "10m");
const MAX_ROWS: Setting = maximum("max_rows", "PRESSROOM_MAX_ROWS", "5000000");
const MAX_PAGES: Setting = maximum("max_pages", "PRESSROOM_MAX_PAGES", "500000");
const MAX_BYTES: Setting = maximum("max_bytes", "PRESSROOM_MAX_BYTES", "5000000000");
const MAX_TIME: Setting = maximum("max_time", "PRESSROOM_MAX_TIME", "1h");

pub(super) const SETTINGS: &[&Setting] = &[&ROWS, &PAGES, &BYTES, &TIME, &MAX_ROWS, &MAX_PAGES, &MAX_BYTES, &MAX_TIME];

const fn in_file(key: &'static str, example: &'static str) -> Setting {
    Setting { table: "limits", key, variable: None, flag: None, secret: false, example }
}

const fn maximum(key: &'static str, variable: &'static str, example: &'static str) -> Setting {
    Setting { table: "limits", key, variable: Some(variable), flag: None, secret: false, example }
}

/// How large reports may grow; what wasn't set is left to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LimitsConfig {
    /// Rows over all datasets of a report.
    pub rows: Allowed<u64>,
    /// Pages of a report.
    pub pages: Allowed<u64>,
    /// Bytes of a document.
    pub bytes: Allowed<u64>,
    /// Time of one attempt.
    pub time: Allowed<Duration>,
}

/// What was set for one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allowed<T> {
    /// For reports that set none.
    pub default: Option<T>,
    /// For all reports.
    pub most: Option<T>,
}

impl LimitsConfig {
    pub(super) fn read(layers: &mut Layers<'_>) -> Self {
        Self {
            rows: allowed(layers, &ROWS, &MAX_ROWS, |text| count(text, 1_000_000_000)),
            pages: allowed(layers, &PAGES, &MAX_PAGES, |text| count(text, 5_000_000)),
            bytes: allowed(layers, &BYTES, &MAX_BYTES, |text| count(text, 100_000_000_000)),
            time: allowed(layers, &TIME, &MAX_TIME, |text| {
                duration::between(text, Duration::from_secs(1), Duration::from_secs(24 * 3600))
            }),
        }
    }
}

fn allowed<T: PartialOrd>(
    layers: &mut Layers<'_>,
    default: &Setting,
    most: &Setting,
    read: impl Fn(&str) -> Result<T, Wrong>,
) -> Allowed<T> {
    let allowed = Allowed { default: layers.value(default, &read), most: layers.value(most, &read) };
    if let (Some(given), Some(maximum)) = (&allowed.default, &allowed.most)
        && given > maximum
    {
        layers.refuse(default, Wrong::new(format!("must not be more than `limits.{}`", most.key)));
    }
    allowed
}

/// A whole number from 1 on.
fn count(text: &str, most: u64) -> Result<u64, Wrong> {
    let number = text.parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| Wrong::new(format!("must be a whole number from 1 to {most}")))
}
