//! Lengths of time as people write them.

use std::time::Duration;

use super::layers::Wrong;

/// Reads a whole number with a unit: `500ms`, `30s`, `5m`, `2h`.
pub(super) fn parse(text: &str) -> Result<Duration, Wrong> {
    let wrong = || Wrong::new("must be a number with a unit: ms, s, m or h").help("for example \"30s\"");
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().map_err(|_| wrong())?;
    let milliseconds = match text[digits..].trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(wrong()),
    };
    number.checked_mul(milliseconds).map(Duration::from_millis).ok_or_else(wrong)
}

/// Reads a length of time between two others, both included.
pub(super) fn between(text: &str, least: Duration, most: Duration) -> Result<Duration, Wrong> {
    let duration = parse(text)?;
    if (least..=most).contains(&duration) {
        Ok(duration)
    } else {
        Err(Wrong::new(format!("must be between {least:?} and {most:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_unit_make_a_duration() {
        let read = |text| parse(text).ok();
        assert_eq!(read("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(read("30s"), Some(Duration::from_secs(30)));
        assert_eq!(read("5 m"), Some(Duration::from_secs(300)));
        assert_eq!(read("2h"), Some(Duration::from_secs(7200)));
        for text in ["", "s", "30", "-1s", "1.5s", "1d", "99999999999999999999s", "18446744073709551615h"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
