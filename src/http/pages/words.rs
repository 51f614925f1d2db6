//! How numbers, times, values and failures read.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use serde_json::Value as Json;

use crate::job::{Failure, JobState, Step};

/// `1234567` → `1,234,567`.
pub(super) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes as people count them: `812 bytes`, `1.4 MB`.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} bytes");
    }
    let mut size = bytes as f64 / 1000.0;
    let mut unit = 0;
    // 999.95 would round to 1000.0.
    while size >= 999.95 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

/// An instant: for machines, and for people in the report's zone until the script shows it in theirs.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Moment {
    iso: String,
    text: String,
}

impl Moment {
    pub(super) fn new(at: DateTime<Utc>, zone: Tz) -> Self {
        let iso = at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        Self { iso, text: at.with_timezone(&zone).format("%-d %b %Y, %H:%M %Z").to_string() }
    }
}

/// A parameter's value as text.
pub(super) fn value(json: &Json) -> String {
    match json {
        Json::Null => "–".to_owned(),
        Json::Bool(true) => "yes".to_owned(),
        Json::Bool(false) => "no".to_owned(),
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(value).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// What a state means to whoever waits.
pub(super) fn state(state: JobState) -> &'static str {
    match state {
        JobState::Scheduled => "Scheduled",
        JobState::Waiting => "Waiting for a worker",
        JobState::Running => "Being made",
        JobState::Retrying => "Will be tried again",
        JobState::Done => "Ready",
        JobState::Failed => "Failed",
        JobState::Cancelled => "Cancelled",
    }
}

/// A failure, explained.
#[derive(Debug, Serialize)]
pub(super) struct Explanation {
    /// What happened, as a sentence.
    what: String,
    /// The same in three words.
    during: String,
    /// What to do about it.
    advice: &'static str,
    /// For whoever is asked for help.
    code: String,
}

impl Explanation {
    pub(super) fn new(failure: &Failure, state: JobState) -> Self {
        let doing = match failure.step {
            Step::Accept => "checking the request",
            Step::Source => "reading the data",
            Step::Layout => "laying out the pages",
            Step::Pdf => "writing the PDF",
            Step::Store => "storing the document",
            Step::Catalog => "recording the result",
            Step::Worker => "working on it",
        };
        let advice = match (state, failure.retryable) {
            (JobState::Retrying, _) => "It will be tried again by itself; there is nothing you need to do.",
            (_, true) => "The cause may have passed: request it again, and tell your administrator if it fails again.",
            (_, false) => {
                "Requesting it again won't help until the cause is mended: change what you ask for, or tell \
                           your administrator."
            }
        };
        let during = format!("while {doing}");
        let what = format!("Something went wrong {during}: {}.", failure.message);
        Self { what, during, advice, code: format!("{}/{}", failure.step.as_str(), failure.code) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_sizes_read_well() {
        assert_eq!([0, 999, 1000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [999, 1000, 999_949, 999_950, 1_400_000].map(size),
            ["999 bytes", "1.0 kB", "999.9 kB", "1.0 MB", "1.4 MB"]
        );
        assert_eq!(size(u64::MAX), "18446744.1 TB");
    }

    #[test]
    fn values_read_well() {
        assert_eq!(value(&serde_json::json!([1, "a", true, null])), "1, a, yes, –");
    }
}
