//! When something is to happen again and again: five fields and a time zone.
//!
//! **Invariant:** pure; the same pattern, zone and instant give the same answer.

use std::fmt;

use chrono::{
    DateTime, Datelike as _, MappedLocalTime, NaiveDate, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _,
    Timelike as _, Utc,
};
use chrono_tz::Tz;

/// The longest pattern that is read.
const LONGEST: usize = 200;

/// Every date of the year comes within so many days, 29 February across 1900 or 2100 too.
const SEARCHED_DAYS: usize = 366 * 9;

/// Minute, hour, day of the month, month and day of the week, read as clock times of a time zone.
///
/// A clock time that the clocks skip happens at the instant of the skip, once however many are skipped; one that comes
/// twice happens the first time. Where both the day of the month and that of the week are restricted, either suffices,
/// as everywhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    text: Box<str>,
    minutes: Set,
    hours: Set,
    days: Set,
    months: Set,
    weekdays: Set,
    zone: Tz,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// There are more or fewer fields.
    #[error("must have five fields: minute, hour, day of the month, month and day of the week")]
    Fields,
    /// A field holds what it can't.
    #[error("has a {field} that can't be read: {reason}")]
    Field {
        /// Which one.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// No day is like that.
    #[error("names no day that ever comes")]
    Never,
}

impl Cron {
    /// Reads a pattern such as `0 6 * * mon`.
    pub fn parse(text: &str, zone: Tz) -> Result<Self, CronError> {
        let parts: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = parts[..] else { return Err(CronError::Fields) };
        if text.len() > LONGEST {
            return Err(CronError::Fields);
        }
        let mut weekdays = WEEKDAY.read(weekday)?;
        // Sunday is 0 and 7.
        weekdays.members |= weekdays.members >> 7 & 1;
        let cron = Self {
            text: parts.join(" ").into(),
            minutes: MINUTE.read(minute)?,
            hours: HOUR.read(hour)?,
            days: DAY.read(day)?,
            months: MONTH.read(month)?,
            weekdays,
            zone,
        };
        cron.next(DateTime::UNIX_EPOCH).map(|_| cron).ok_or(CronError::Never)
    }

    /// The time zone.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The first time after `after`.
    pub fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // The search is among clock times. Later ones never mean earlier instants, so those that `after` has seen lie
        // before its own or (clocks set back) shortly after it.
        let mut clock = after.with_timezone(&self.zone).naive_local();
        loop {
            clock = self.next_clock(clock)?;
            let at = first_instant(clock, self.zone)?;
            if at > after {
                return Some(at);
            }
        }
    }

    /// The latest times after `after` and up to `until`, at most `most`, oldest first.
    pub fn latest(&self, after: DateTime<Utc>, until: DateTime<Utc>, most: usize) -> Vec<DateTime<Utc>> {
        let mut window = TimeDelta::hours(1);
        loop {
            let start = until.checked_sub_signed(window).map_or(after, |start| start.max(after));
            let mut found: Vec<_> =
                std::iter::successors(Some(start), |at| self.next(*at).filter(|at| *at <= until)).skip(1).collect();
            if found.len() >= most || start == after {
                return found.split_off(found.len().saturating_sub(most));
            }
            window = window * 2;
        }
    }

    /// The first clock time after `after`, whether the zone's clocks show it or not.
    fn next_clock(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        let day = after.date();
        let later = |hour: u32, minute: u32| (hour, minute) > (after.hour(), after.minute());
        let times = || self.hours.iter().flat_map(|hour| self.minutes.iter().map(move |minute| (hour, minute)));
        if self.has_day(day)
            && let Some((hour, minute)) = times().find(|(hour, minute)| later(*hour, *minute))
        {
            return day.and_hms_opt(hour, minute, 0);
        }
        let (hour, minute) = times().next()?;
        let day = day.iter_days().skip(1).take(SEARCHED_DAYS).find(|day| self.has_day(*day))?;
        day.and_hms_opt(hour, minute, 0)
    }

    fn has_day(&self, day: NaiveDate) -> bool {
        let by_month = self.days.has(day.day());
        let by_week = self.weekdays.has(day.weekday().num_days_from_sunday());
        let both = self.days.is_open || self.weekdays.is_open;
        self.months.has(day.month()) && if both { by_month && by_week } else { by_month || by_week }
    }
}

/// As it was written.
impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What a field allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Set {
    /// A bit for each number below 64.
    members: u64,
    /// It was written with a star.
    is_open: bool,
}

impl Set {
    fn has(self, number: u32) -> bool {
        self.members >> number & 1 == 1
    }

    fn iter(self) -> impl Iterator<Item = u32> {
        (0..64).filter(move |number| self.has(*number))
    }
}

/// A field: its name, its least and greatest number, and the words that stand for its numbers from `least` on.
struct Field(&'static str, u32, u32, &'static [&'static str]);

const MINUTE: Field = Field("minute", 0, 59, &[]);
const HOUR: Field = Field("hour", 0, 23, &[]);
const DAY: Field = Field("day of the month", 1, 31, &[]);
const MONTH: Field =
    Field("month", 1, 12, &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]);
const WEEKDAY: Field = Field("day of the week", 0, 7, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]);

impl Field {
    /// `*`, `7`, `mon-fri`, `*/15`, `8-18/2`, and several of them with commas.
    fn read(&self, text: &str) -> Result<Set, CronError> {
        let mut members = 0;
        for part in text.split(',') {
            members |= self.part(part).map_err(|reason| CronError::Field { field: self.0, reason })?;
        }
        Ok(Set { members, is_open: text.starts_with('*') })
    }

    fn part(&self, part: &str) -> Result<u64, String> {
        let Self(_, least, most, _) = *self;
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (least, most),
            Some((first, last)) => (self.number(first)?, self.number(last)?),
            None => {
                let first = self.number(range)?;
                (first, if step.is_some() { most } else { first })
            }
        };
        if first > last {
            return Err(format!("`{range}` runs backwards"));
        }
        let step: usize = match step.map(str::parse) {
            None => 1,
            Some(Ok(step @ 1..=60)) => step,
            Some(_) => return Err(format!("the step of `{part}` is no whole number from 1 to 60")),
        };
        Ok((first..=last).step_by(step).fold(0, |members, number| members | 1 << number))
    }

    fn number(&self, text: &str) -> Result<u32, String> {
        let Self(_, least, most, words) = *self;
        let word =
            words.iter().zip(least..).find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, number)| number);
        let digits = || text.bytes().all(|byte| byte.is_ascii_digit());
        let number = word.or_else(|| text.parse().ok().filter(|number| digits() && (least..=most).contains(number)));
        number.ok_or_else(|| match words {
            [] => format!("`{text}` is no whole number from {least} to {most}"),
            words => {
                format!("`{text}` is neither a whole number from {least} to {most} nor one of {}", words.join(", "))
            }
        })
    }
}

/// When a clock time is first seen; one that the clocks skip, at the instant of the skip.
fn first_instant(clock: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    let offset = |at: DateTime<Utc>| at.with_timezone(&zone).offset().fix();
    match zone.from_local_datetime(&clock) {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => return Some(at.to_utc()),
        MappedLocalTime::None => {}
    }
    let day = TimeDelta::days(1);
    let before = zone.from_local_datetime(&clock.checked_sub_signed(day)?).earliest()?.offset().fix();
    let after = zone.from_local_datetime(&clock.checked_add_signed(day)?).earliest()?.offset().fix();
    // Read with the offset after the skip it lies before it, and the other way round.
    let mut low = after.from_local_datetime(&clock).single()?.to_utc();
    let mut high = before.from_local_datetime(&clock).single()?.to_utc();
    while high - low > TimeDelta::seconds(1) {
        let middle = low + TimeDelta::seconds((high - low).num_seconds() / 2);
        if offset(middle) == before { low = middle } else { high = middle }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Berlin;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// The first times after `after`, in UTC.
    fn times(cron: &str, zone: Tz, after: &str, count: usize) -> Vec<String> {
        let cron = Cron::parse(cron, zone).unwrap();
        std::iter::successors(Some(at(after)), |at| cron.next(*at))
            .skip(1)
            .take(count)
            .map(|at| at.format("%m-%d %H:%M").to_string())
            .collect()
    }

    #[test]
    fn clock_times_are_those_of_the_zone() {
        assert_eq!(times("0 6 * * mon", Tz::UTC, "2026-03-25T00:00:00Z", 2), ["03-30 06:00", "04-06 06:00"]);
        // Summer time began on the 29th.
        assert_eq!(times("0 6 * * mon", Berlin, "2026-03-20T00:00:00Z", 2), ["03-23 05:00", "03-30 04:00"]);
        assert_eq!(times("30 7 1 */3 *", Tz::UTC, "2026-02-01T00:00:00Z", 2), ["04-01 07:30", "07-01 07:30"]);
        assert_eq!(
            times("0 0 13 * fri", Tz::UTC, "2026-02-01T00:00:00Z", 3),
            ["02-06 00:00", "02-13 00:00", "02-20 00:00"]
        );
        assert_eq!(
            times("0 0 */2 * mon", Tz::UTC, "2026-02-01T00:00:00Z", 2),
            ["02-09 00:00", "02-23 00:00"],
            "a star is open"
        );
        assert_eq!(
            times("50/5 8-18/10 * jan,DEC sat-7", Tz::UTC, "2026-11-30T00:00:00Z", 3),
            ["12-05 08:50", "12-05 08:55", "12-05 18:50"]
        );
        assert_eq!(
            times("0 0 * * 0", Tz::UTC, "2026-02-01T00:00:00Z", 1),
            times("0 0 * * 7", Tz::UTC, "2026-02-01T00:00:00Z", 1)
        );
        assert_eq!(times("0 0 29 2 *", Tz::UTC, "2026-02-01T00:00:00Z", 1), ["02-29 00:00"], "in 2028");
    }

    #[test]
    fn the_instant_itself_is_not_after_itself() {
        assert_eq!(times("0 6 * * *", Tz::UTC, "2026-03-25T06:00:00Z", 1), ["03-26 06:00"]);
        assert_eq!(times("0 6 * * *", Tz::UTC, "2026-03-25T05:59:59.999Z", 1), ["03-25 06:00"]);
    }

    #[test]
    fn what_the_clocks_skip_happens_once_right_after() {
        // On 29 March 2026 Berlin goes from 02:00 to 03:00, at 01:00 UTC.
        assert_eq!(times("30 2 * * *", Berlin, "2026-03-28T12:00:00Z", 2), ["03-29 01:00", "03-30 00:30"]);
        assert_eq!(times("*/15 2 * * *", Berlin, "2026-03-28T12:00:00Z", 2), ["03-29 01:00", "03-30 00:00"]);
        assert_eq!(times("0 2,3 * * *", Berlin, "2026-03-28T12:00:00Z", 2), ["03-29 01:00", "03-30 00:00"]);
    }

    #[test]
    fn what_comes_twice_happens_once() {
        // On 25 October 2026 Berlin goes from 03:00 back to 02:00, at 01:00 UTC.
        assert_eq!(times("30 2 * * *", Berlin, "2026-10-24T12:00:00Z", 2), ["10-25 00:30", "10-26 01:30"]);
        assert_eq!(
            times("0 * * * *", Berlin, "2026-10-24T22:30:00Z", 3),
            ["10-24 23:00", "10-25 00:00", "10-25 02:00"]
        );
        // Asked within the second pass, nothing of the first one comes again.
        assert_eq!(times("*/20 2 * * *", Berlin, "2026-10-25T01:10:00Z", 1), ["10-26 01:00"]);
    }

    #[test]
    fn the_latest_are_found_however_long_ago_the_first_was() {
        let cron = Cron::parse("* * * * *", Tz::UTC).unwrap();
        let (after, until) = (at("2020-01-01T00:00:00Z"), at("2026-01-01T00:00:30Z"));
        let latest = cron.latest(after, until, 3);
        assert_eq!(latest, ["2025-12-31T23:58:00Z", "2025-12-31T23:59:00Z", "2026-01-01T00:00:00Z"].map(at));
        let yearly = Cron::parse("0 0 1 1 *", Tz::UTC).unwrap();
        assert_eq!(yearly.latest(after, until, 100).len(), 6, "not that at `after` itself");
        assert!(yearly.latest(until, until, 100).is_empty());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |text: &str| Cron::parse(text, Tz::UTC).unwrap_err().to_string();
        for text in ["", "0 6 * *", "0 0 6 * * mon", "@daily", &"* ".repeat(1000)] {
            assert!(error(text).starts_with("must have five fields"), "{text}: {}", error(text));
        }
        for (text, field) in [
            ("60 6 * * *", "minute"),
            ("0 24 * * *", "hour"),
            ("0 0 32 * *", "day of the month"),
            ("0 0 * 13 *", "month"),
            ("0 0 * * monday", "day of the week"),
            ("*/0 * * * *", "minute"),
            ("9-8 * * * *", "minute"),
            ("+1 * * * *", "minute"),
            ("1, * * * *", "minute"),
            ("0 0 * * 8", "day of the week"),
        ] {
            assert!(error(text).starts_with(&format!("has a {field} that can't be read: ")), "{text}: {}", error(text));
        }
        assert_eq!(error("0 0 30 2 *"), "names no day that ever comes");
    }
}
