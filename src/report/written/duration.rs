//! Lengths of time as people write them: `10m`, `90d`, `10y`.

use std::time::Duration;

/// Units of an attempt's time: seconds, minutes, hours.
pub(super) const SHORT: [(&str, u64); 3] = [("s", 1), ("m", 60), ("h", 3600)];

/// Units of keeping: days, weeks, months and years. A year is 365 days and a month its twelfth part, so that `12m` is
/// `1y`.
pub(super) const LONG: [(&str, u64); 4] = [("d", DAY), ("w", 7 * DAY), ("m", 365 * DAY / 12), ("y", 365 * DAY)];

/// One day in seconds.
pub(super) const DAY: u64 = 86_400;

/// Reads a whole number and one of these units.
pub(super) fn parse(text: &str, units: &[(&str, u64)]) -> Result<Duration, String> {
    let text = text.trim();
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let known = units.iter().find(|(own, _)| *own == unit.trim());
    let seconds = digits.parse::<u64>().ok().zip(known).and_then(|(count, (_, unit))| count.checked_mul(*unit));
    seconds.map(Duration::from_secs).ok_or_else(|| {
        let words: Vec<&str> = units.iter().map(|(unit, _)| *unit).collect();
        format!("must be a whole number and one of the units {}, such as \"10{}\"", words.join(", "), words[1])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_with_units() {
        assert_eq!(parse("10m", &SHORT), Ok(Duration::from_secs(600)));
        assert_eq!(parse(" 2 h ", &SHORT), Ok(Duration::from_secs(7200)));
        assert_eq!(parse("12m", &LONG), parse("1y", &LONG));
        for text in ["", "m", "10", "-1m", "1.5m", "1d", "99999999999999999999m", "9999999999999999999m"] {
            assert!(parse(text, &SHORT).is_err(), "{text}");
        }
    }
}
