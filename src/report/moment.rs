//! Dates and instants as people write them: fixed, or relative to the moment of acceptance.
//!
//! ```text
//! 2026-01-31             2026-01-31T08:00:00Z      2026-01-31 08:00 (in the report's time zone)
//! today - 1y             start_of_month            end_of_month - 1m
//! now - 2h               today + 30d               start_of_year - 1y + 14d
//! ```
//!
//! Units are `d`, `w`, `m` (months) and `y`, and for instants also `h` and `min`.

use std::fmt;

use chrono::{
    DateTime, Datelike, Days, MappedLocalTime, Months, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Timelike, Utc,
};
use chrono_tz::Tz;

/// The longest text that is looked at.
const LONGEST: usize = 100;

/// What every database and JSON Schema's `date` can hold.
const YEARS: std::ops::RangeInclusive<i32> = 1..=9999;

/// A date or instant as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    text: Box<str>,
    origin: Origin,
    shift: Shift,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Date(NaiveDate),
    Local(NaiveDateTime),
    Instant(DateTime<Utc>),
    Now,
    Today,
    StartOfMonth,
    EndOfMonth,
    StartOfYear,
    EndOfYear,
}

/// How far from the origin; months are added before a month's end is looked for, days and time after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Shift {
    months: i64,
    days: i64,
    minutes: i64,
}

/// Why a text is no date or instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MomentError {
    /// It is neither a fixed nor a relative one.
    #[error("must be a date such as 2026-01-31, or relative such as `today - 1y` or `start_of_month`")]
    NotADate,
    /// It is neither a fixed nor a relative one.
    #[error("must be a date and time such as 2026-01-31T08:00:00Z, or relative such as `now - 2h` or `today`")]
    NotAnInstant,
    /// The unit of a shift isn't known.
    #[error("must use the units d, w, m (months) and y, or for a datetime also h and min")]
    Unit,
    /// Hours and minutes have no meaning for a date.
    #[error("is a date, which neither begins at `now` nor moves by hours or minutes")]
    TimeOfDate,
    /// It lies outside the years 1 to 9999.
    #[error("must lie within the years 1 to 9999")]
    Range,
}

impl Moment {
    /// Reads a calendar date.
    pub fn parse_date(text: &str) -> Result<Self, MomentError> {
        let moment = Self::parse(text, MomentError::NotADate)?;
        match moment.origin {
            Origin::Now => Err(MomentError::TimeOfDate),
            Origin::Local(_) | Origin::Instant(_) => Err(MomentError::NotADate),
            _ if moment.shift.minutes != 0 => Err(MomentError::TimeOfDate),
            _ => Ok(moment),
        }
    }

    /// Reads an instant; a day means its beginning.
    pub fn parse_instant(text: &str) -> Result<Self, MomentError> {
        Self::parse(text, MomentError::NotAnInstant)
    }

    fn parse(text: &str, otherwise: MomentError) -> Result<Self, MomentError> {
        let text = text.trim();
        if text.len() > LONGEST {
            return Err(otherwise);
        }
        if let Some(origin) = fixed(text) {
            let year = match origin {
                Origin::Date(date) => date.year(),
                Origin::Local(at) => at.year(),
                Origin::Instant(at) => at.year(),
                _ => 1,
            };
            let moment = Self { text: text.into(), origin, shift: Shift::default() };
            return if YEARS.contains(&year) { Ok(moment) } else { Err(MomentError::Range) };
        }
        let (word, rest) =
            text.split_at(text.find(|c: char| !c.is_ascii_alphabetic() && c != '_').unwrap_or(text.len()));
        let origin = match word {
            "now" => Origin::Now,
            "today" => Origin::Today,
            "start_of_month" => Origin::StartOfMonth,
            "end_of_month" => Origin::EndOfMonth,
            "start_of_year" => Origin::StartOfYear,
            "end_of_year" => Origin::EndOfYear,
            _ => return Err(otherwise),
        };
        Ok(Self { text: text.into(), origin, shift: Shift::parse(rest, otherwise)? })
    }

    /// Whether it is the same on every day.
    pub fn is_fixed(&self) -> bool {
        matches!(self.origin, Origin::Date(_) | Origin::Local(_) | Origin::Instant(_))
    }

    /// The calendar date at `now` in `zone`; `None` outside the years 1 to 9999.
    pub fn date(&self, now: DateTime<Utc>, zone: Tz) -> Option<NaiveDate> {
        let today = now.with_timezone(&zone).date_naive();
        let from = match self.origin {
            Origin::Date(date) => date,
            Origin::Local(at) => at.date(),
            Origin::Instant(at) => at.with_timezone(&zone).date_naive(),
            _ => today,
        };
        let moved = add_months(from, self.shift.months)?;
        let turned = match self.origin {
            Origin::StartOfMonth => moved.with_day(1)?,
            Origin::EndOfMonth => last_of_month(moved)?,
            Origin::StartOfYear => NaiveDate::from_ymd_opt(moved.year(), 1, 1)?,
            Origin::EndOfYear => NaiveDate::from_ymd_opt(moved.year(), 12, 31)?,
            _ => moved,
        };
        add_days(turned, self.shift.days).filter(|date| YEARS.contains(&date.year()))
    }

    /// The instant at `now`, days and clock times being those of `zone`; `None` outside the years 1 to 9999.
    pub fn instant(&self, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let time = match self.origin {
            Origin::Instant(at) => return Some(at),
            Origin::Local(at) => at.time(),
            Origin::Now => now.with_timezone(&zone).time(),
            _ => chrono::NaiveTime::MIN,
        };
        let at = to_utc(self.date(now, zone)?.and_time(time), zone)?;
        let at = at.checked_add_signed(TimeDelta::try_minutes(self.shift.minutes)?)?;
        YEARS.contains(&at.year()).then_some(at)
    }
}

/// As it was written.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn fixed(text: &str) -> Option<Origin> {
    if text.len() == 10
        && let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d")
    {
        return Some(Origin::Date(date));
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(Origin::Instant(at.to_utc())).filter(|_| !is_leap_second(&at));
    }
    // What `<input type="datetime-local">` sends, and TOML's local date-time.
    ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .into_iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .filter(|at| !is_leap_second(at))
        .map(Origin::Local)
}

/// `23:59:60`: no database can hold it, and MySQL silently makes it `NULL`.
fn is_leap_second(at: &impl Timelike) -> bool {
    at.nanosecond() >= 1_000_000_000
}

impl Shift {
    fn parse(mut rest: &str, otherwise: MomentError) -> Result<Self, MomentError> {
        let mut shift = Self::default();
        loop {
            rest = rest.trim_start();
            let sign = match rest.bytes().next() {
                None => return Ok(shift),
                Some(b'+') => 1,
                Some(b'-') => -1,
                Some(_) => return Err(otherwise),
            };
            let term = rest[1..].trim_start();
            let (digits, after) = term.split_at(term.find(|c: char| !c.is_ascii_digit()).unwrap_or(term.len()));
            if digits.is_empty() {
                return Err(otherwise);
            }
            let count = sign * digits.parse::<i32>().map(i64::from).map_err(|_| MomentError::Range)?;
            let after = after.trim_start();
            let (unit, after) = after.split_at(after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len()));
            match unit {
                "d" => shift.days += count,
                "w" => shift.days += count * 7,
                "m" => shift.months += count,
                "y" => shift.months += count * 12,
                "h" => shift.minutes += count * 60,
                "min" => shift.minutes += count,
                _ => return Err(MomentError::Unit),
            }
            rest = after;
        }
    }
}

fn add_months(date: NaiveDate, months: i64) -> Option<NaiveDate> {
    let count = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
    if months < 0 { date.checked_sub_months(count) } else { date.checked_add_months(count) }
}

fn add_days(date: NaiveDate, days: i64) -> Option<NaiveDate> {
    let count = Days::new(days.unsigned_abs());
    if days < 0 { date.checked_sub_days(count) } else { date.checked_add_days(count) }
}

fn last_of_month(date: NaiveDate) -> Option<NaiveDate> {
    add_months(date.with_day(1)?, 1)?.pred_opt()
}

/// A clock time in a zone. Of two equal ones (clocks set back) it is the earlier; one that a clock skips is read
/// with the offset before the skip, as calendars do.
fn to_utc(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => Some(at.to_utc()),
        MappedLocalTime::None => {
            let day_before = local.checked_sub_signed(TimeDelta::days(1))?;
            let before = zone.from_local_datetime(&day_before).earliest()?;
            before.to_utc().checked_add_signed(TimeDelta::days(1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 31 March 2026, half an hour past midnight in Berlin; still the 30th in UTC.
    fn now() -> DateTime<Utc> {
        "2026-03-30T22:30:00Z".parse().unwrap()
    }

    fn date(text: &str) -> String {
        let moment = Moment::parse_date(text).unwrap();
        moment.date(now(), chrono_tz::Europe::Berlin).map_or("none".to_owned(), |date| date.to_string())
    }

    fn instant(text: &str) -> String {
        let moment = Moment::parse_instant(text).unwrap();
        moment.instant(now(), chrono_tz::Europe::Berlin).map_or("none".to_owned(), |at| at.to_rfc3339())
    }

    #[test]
    fn dates_are_those_of_the_time_zone() {
        assert_eq!(date("today"), "2026-03-31");
        assert_eq!(Moment::parse_date("today").unwrap().date(now(), Tz::UTC).unwrap().to_string(), "2026-03-30");
    }

    #[test]
    fn months_end_where_they_end() {
        assert_eq!(date("today - 1m"), "2026-02-28");
        assert_eq!(date("end_of_month - 1m"), "2026-02-28");
        assert_eq!(date("end_of_month + 1m"), "2026-04-30");
        assert_eq!(date("end_of_month + 2m"), "2026-05-31", "not the 30th, where April ended");
        assert_eq!(date("start_of_month - 1m + 14d"), "2026-02-15");
        assert_eq!(date("start_of_year-1y"), "2025-01-01");
        assert_eq!(date("end_of_year"), "2026-12-31");
        assert_eq!(date("today+2w"), "2026-04-14");
        assert_eq!(date(" 2024-02-29 "), "2024-02-29");
    }

    #[test]
    fn instants_follow_the_clock_on_the_wall() {
        assert_eq!(instant("now - 2h"), "2026-03-30T20:30:00+00:00");
        assert_eq!(instant("now - 30min"), "2026-03-30T22:00:00+00:00");
        // Summer time began on the 29th: the same clock time a week ago was an hour later in UTC.
        assert_eq!(instant("now - 1w"), "2026-03-23T23:30:00+00:00");
        assert_eq!(instant("today"), "2026-03-30T22:00:00+00:00");
        assert_eq!(instant("2026-01-01"), "2025-12-31T23:00:00+00:00");
        assert_eq!(instant("2026-01-01T08:00"), "2026-01-01T07:00:00+00:00");
        assert_eq!(instant("2026-01-01T08:00:00.5+02:00"), "2026-01-01T06:00:00.500+00:00");
        assert_eq!(instant("2026-03-29T02:30"), "2026-03-29T01:30:00+00:00", "a time that the clocks skipped");
        assert_eq!(instant("2026-10-25T02:30"), "2026-10-25T00:30:00+00:00", "a time that came twice");
    }

    #[test]
    fn far_away_is_nowhere() {
        for text in ["today + 2000000000y", "today - 3000y", "today + 2000000000d", "end_of_year + 99999m"] {
            assert_eq!(date(text), "none", "{text}");
        }
        assert_eq!(instant("now + 2000000000h"), "none");
    }

    #[test]
    fn everything_else_is_refused() {
        for text in ["", "tomorrow", "2026-02-30", "26-01-01", "2026-1-1", "today -", "today - y", "today 1d", "-1d"] {
            assert_eq!(Moment::parse_date(text), Err(MomentError::NotADate), "{text}");
        }
        assert_eq!(Moment::parse_date(&"today".repeat(1000)), Err(MomentError::NotADate));
        assert_eq!(Moment::parse_date("0000-01-01"), Err(MomentError::Range));
        assert_eq!(Moment::parse_date("today - 99999999999d"), Err(MomentError::Range));
        assert_eq!(Moment::parse_date("today - 1q"), Err(MomentError::Unit));
        assert_eq!(Moment::parse_date("now"), Err(MomentError::TimeOfDate));
        assert_eq!(Moment::parse_date("today - 1h"), Err(MomentError::TimeOfDate));
        assert_eq!(Moment::parse_date("2026-01-01T00:00:00Z"), Err(MomentError::NotADate));
        for text in ["soon", "2016-12-31T23:59:60Z", "2016-12-31 23:59:60"] {
            assert_eq!(Moment::parse_instant(text), Err(MomentError::NotAnInstant), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "(today|now|end_of_month|start_of_year|2026-01-31)?[ +0-9dwmyhin-]{0,30}") {
            for moment in [Moment::parse_date(&text), Moment::parse_instant(&text)].into_iter().flatten() {
                let _ = (moment.date(now(), Tz::Asia__Kathmandu), moment.instant(now(), Tz::Asia__Kathmandu));
            }
        }
    }
}
