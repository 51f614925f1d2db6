//! The `[retention]` table.

use std::time::Duration;

use crate::{
    fault::Fault,
    report::{
        Retention,
        written::{
            duration,
            sheet::{At, Section},
        },
    },
};

/// The tiers that Azure charges for at least so many days, with the key of the step onto each.
const MINIMUM_STAYS: [(&str, u64); 3] = [("cool_after", 30), ("cold_after", 90), ("archive_after", 180)];

/// The longest time that anything can be kept before its next step.
const LONGEST: Duration = Duration::from_secs(200 * 365 * duration::DAY);

pub(super) fn read(root: &Section<'_>) -> Retention {
    let Some(section) = root.section("retention") else { return Retention::default() };
    let step = |key: &'static str| {
        let step = section.parsed(key, |text| duration::parse(text, &duration::LONG))?;
        let fits = (Duration::from_secs(duration::DAY)..=LONGEST).contains(&step.value);
        if !fits {
            section.sheet.note(step.offset, Fault::new(format!("`{key}` must be between 1d and 200y")));
        }
        fits.then_some((key, step))
    };
    let [cool, cold, archive, delete] = ["cool_after", "cold_after", "archive_after", "delete_after"].map(step);
    let steps: Vec<_> = [cool, cold, archive, delete].into_iter().flatten().collect();
    for pair in steps.windows(2) {
        if let [before, after] = pair {
            compare(&section, *before, *after);
        }
    }
    section.finish(&[]);
    let [cool_after, cold_after, archive_after, delete_after] =
        [cool, cold, archive, delete].map(|step| step.map(|(_, at)| at.value));
    Retention { cool_after, cold_after, archive_after, delete_after }
}

/// Each step must come after the one before it, and should leave it the stay that is charged anyhow.
fn compare(section: &Section<'_>, before: (&str, At<Duration>), after: (&str, At<Duration>)) {
    let ((key, start), (next, end)) = (before, after);
    if end.value <= start.value {
        let fault = Fault::new(format!("`{next}` must be later than `{key}`"));
        section.sheet.note(end.offset, fault.help("all are counted from publishing"));
        return;
    }
    let stay = (end.value - start.value).as_secs() / duration::DAY;
    let minimum = MINIMUM_STAYS.iter().find(|(own, _)| *own == key).map_or(0, |(_, days)| *days);
    if stay < minimum {
        let tier = key.trim_end_matches("_after");
        let fault =
            Fault::new(format!("`{next}` comes {stay} days after `{key}`: {minimum} days of {tier} are charged"));
        section.sheet.note(end.offset, fault.help(format!("leave {minimum} days between them")).warning());
    }
}
