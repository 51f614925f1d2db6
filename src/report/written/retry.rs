//! The `[retry]` table.

use std::time::Duration;

use crate::{
    fault::Fault,
    report::{
        Retry,
        written::{
            duration,
            sheet::{At, Section},
        },
    },
};

/// No job has more attempts.
const MOST_ATTEMPTS: u64 = 20;

pub(super) fn read(root: &Section<'_>) -> Retry {
    let mut retry = Retry::default();
    if root.get("attempts").is_some() {
        let fault = Fault::new("`attempts` belongs into `[retry]`");
        root.sheet.note(root.key_offset("attempts"), fault.help("write [retry] and attempts = … below it"));
    }
    let Some(section) = root.section("retry") else { return retry };
    retry.attempts = section.count("attempts", 1..=MOST_ATTEMPTS).map_or(retry.attempts, |count| count as u32);
    let backoff = pause(&section, "backoff");
    let longest = pause(&section, "longest");
    retry.backoff = backoff.map_or(retry.backoff, |at| at.value);
    retry.longest = longest.map_or(retry.longest.max(retry.backoff), |at| at.value);
    if retry.longest < retry.backoff {
        let fault = Fault::new("`longest` is shorter than `backoff`, the first pause");
        section.sheet.note(section.key_offset("longest"), fault.help("exchange them or remove one"));
    }
    section.finish(&[]);
    retry
}

fn pause(section: &Section<'_>, key: &'static str) -> Option<At<Duration>> {
    let pause = section.parsed(key, |text| duration::parse(text, &duration::SHORT))?;
    if (Duration::from_secs(1)..=Duration::from_secs(duration::DAY)).contains(&pause.value) {
        return Some(pause);
    }
    section.sheet.note(pause.offset, Fault::new(format!("`{key}` must be between 1s and 24h")));
    None
}
