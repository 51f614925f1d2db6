//! `[limits]` of a `report.toml`.

use std::time::Duration;

use super::{
    duration,
    sheet::{At, Section},
};
use crate::{
    fault::Fault,
    report::{FleetLimits, Limits, limits::Bounds},
};

/// Reads the table; what it leaves out is the fleet's default.
pub(super) fn read(root: &Section<'_>, fleet: &FleetLimits) -> Limits {
    let section = root.section("limits");
    let own = Own { section: section.as_ref() };
    let own_time = own.time();
    let limits = Limits {
        rows: fleet.rows.limit(own.count("rows", &fleet.rows, &FleetLimits::default().rows)),
        pages: fleet.pages.limit(own.count("pages", &fleet.pages, &FleetLimits::default().pages)),
        bytes: fleet.bytes.limit(own.count("bytes", &fleet.bytes, &FleetLimits::default().bytes)),
        time: fleet.time.limit(own_time),
    };
    if own_time.is_some_and(|time| time > fleet.time.most) {
        own.warn("time", &format!("{:?}", fleet.time.most));
    }
    if let Some(section) = section {
        section.finish(&[]);
    }
    limits
}

/// The limits that a definition has of its own.
struct Own<'s, 'a> {
    section: Option<&'s Section<'a>>,
}

impl Own<'_, '_> {
    /// A limit that is a number; no fleet can allow more than `possible`.
    fn count(&self, key: &'static str, fleet: &Bounds<u64>, possible: &Bounds<u64>) -> Option<u64> {
        let count = self.section?.count(key, 1..=possible.most)?;
        if count > fleet.most {
            self.warn(key, &fleet.most.to_string());
        }
        Some(count)
    }

    fn time(&self) -> Option<Duration> {
        let section = self.section?;
        let At { value, offset } = section.parsed("time", |text| duration::parse(text, &duration::SHORT))?;
        if (Duration::from_secs(1)..=FleetLimits::default().time.most).contains(&value) {
            return Some(value);
        }
        section.sheet.note(offset, Fault::new("`time` must be between 1s and 24h"));
        None
    }

    /// The report works all the same, only not as far as its author thinks.
    fn warn(&self, key: &str, most: &str) {
        let Some(section) = self.section else { return };
        let message = format!("`{key}` is more than this fleet allows its reports: {most} counts");
        let help = format!("write no more than that, or raise `limits.max_{key}` in the configuration");
        section.sheet.note(section.key_offset(key), Fault::new(message).help(help).warning());
    }
}
