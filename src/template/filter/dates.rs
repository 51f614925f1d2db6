//! Dates and times as they are asked for.

use std::{fmt::Write as _, str::FromStr};

use chrono::{
    DateTime, NaiveDate, NaiveDateTime, NaiveTime,
    format::{Fixed, Item, Numeric, StrftimeItems},
};
use chrono_tz::Tz;

use crate::{
    fault::nearest,
    template::{
        locale::{DateShape, Locale},
        scope::Scope,
    },
    value::Value,
};

/// How a date is shown.
#[derive(Debug, Clone)]
pub(crate) enum DateFormat {
    /// As the language does.
    Shape(DateShape),
    /// As strftime says, with the language's names and digits.
    Written { items: Vec<Item<'static>>, needs_time: bool },
}

/// The names of formats.
const NAMED: [(&str, DateShape); 12] = [
    ("short", DateShape::Short),
    ("medium", DateShape::Medium),
    ("long", DateShape::Long),
    ("full", DateShape::Full),
    ("weekday", DateShape::Weekday),
    ("weekday-short", DateShape::WeekdayShort),
    ("month", DateShape::Month),
    ("month-short", DateShape::MonthShort),
    ("month-year", DateShape::MonthYear),
    ("day-month", DateShape::DayMonth),
    ("time", DateShape::Time),
    ("datetime", DateShape::MediumWithTime),
];

const WITH_TIME: [(&str, DateShape); 4] = [
    ("short", DateShape::ShortWithTime),
    ("medium", DateShape::MediumWithTime),
    ("long", DateShape::LongWithTime),
    ("full", DateShape::FullWithTime),
];

impl DateFormat {
    /// `date("…")`: a named format, or one that strftime understands.
    pub(super) fn date(format: &str) -> Option<Self> {
        if let Some((_, shape)) = NAMED.iter().find(|(name, _)| *name == format) {
            return Some(Self::Shape(*shape));
        }
        let format = if format == "iso" { "%Y-%m-%d" } else { format };
        if !format.contains('%') {
            return None;
        }
        let items = StrftimeItems::new(format).parse_to_owned().ok()?;
        Some(Self::Written { needs_time: items.iter().any(needs_time), items })
    }

    pub(super) fn datetime(format: &str) -> Option<Self> {
        let (_, shape) = WITH_TIME.iter().find(|(name, _)| *name == format)?;
        Some(Self::Shape(*shape))
    }

    pub(super) fn time(format: &str) -> Option<Self> {
        match format {
            "short" => Some(Self::Shape(DateShape::Time)),
            "medium" | "seconds" => Some(Self::Shape(DateShape::TimeSeconds)),
            _ => None,
        }
    }

    /// Writes a date or time; the error says what the value lacks.
    pub(super) fn write(&self, value: &Value, scope: &Scope, out: &mut String) -> Result<(), &'static str> {
        let moment = moment(value, scope.time_zone()).ok_or("`date` needs a date or a time")?;
        let (needs_date, needs_time) = match self {
            Self::Shape(shape) => (shape.has_date(), shape.has_time()),
            Self::Written { needs_time, .. } => (!needs_time, *needs_time),
        };
        if needs_time && !moment.has_time {
            return Err("a time of day is asked for, but the value has none");
        }
        if needs_date && !moment.has_date {
            return Err("a date is asked for, but the value has none");
        }
        match self {
            Self::Shape(shape) => match scope.locale().dates(*shape) {
                Some(style) => style.write(&moment.at, out),
                None => return Err("the language has no such format"),
            },
            Self::Written { items, .. } => write_items(&moment.at, items, scope.locale(), out),
        }
        Ok(())
    }
}

/// What to write instead of a format that there isn't.
pub(super) fn instead_of(filter: &str, format: &str) -> String {
    let names: Vec<&str> = match filter {
        "datetime" => WITH_TIME.iter().map(|(name, _)| *name).collect(),
        _ => NAMED.iter().map(|(name, _)| *name).chain(["iso"]).collect(),
    };
    match nearest(format, names.iter().copied()) {
        Some(near) => format!("did you mean `{filter}(\"{near}\")`?"),
        None if filter == "date" => {
            format!("write `date(\"%d %B %Y\")`, or one of `{}`", names.join("`, `"))
        }
        None => format!("write one of `{}`", names.join("`, `")),
    }
}

/// A point in time as far as a value tells it.
pub(crate) struct Moment {
    /// In the report's time zone.
    pub(crate) at: NaiveDateTime,
    has_date: bool,
    has_time: bool,
}

/// The point in time that a value is; SQLite keeps dates as text.
pub(crate) fn moment(value: &Value, zone: Tz) -> Option<Moment> {
    let both = |at| Moment { at, has_date: true, has_time: true };
    let day = |date: NaiveDate| Moment { at: date.and_time(NaiveTime::MIN), has_date: true, has_time: false };
    match value {
        Value::Date(date) => Some(day(*date)),
        Value::DateTime(at) => Some(both(*at)),
        Value::Instant(at) => Some(both(at.with_timezone(&zone).naive_local())),
        Value::Time(micros) => {
            let micros = u64::try_from(*micros).ok()?;
            let seconds = u32::try_from(micros / 1_000_000).ok()?;
            let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0)?;
            Some(Moment { at: NaiveDate::default().and_time(time), has_date: false, has_time: true })
        }
        Value::Text(text) if text.len() <= 40 => match text.len() {
            0..=11 => NaiveDate::from_str(text).ok().map(day),
            _ => date_time(text, zone).map(both),
        },
        _ => None,
    }
}

fn date_time(text: &str, zone: Tz) -> Option<NaiveDateTime> {
    let zoned = || DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&zone).naive_local());
    ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .or_else(zoned)
}

fn needs_time(item: &Item<'_>) -> bool {
    match item {
        Item::Numeric(numeric, _) => matches!(
            numeric,
            Numeric::Hour
                | Numeric::Hour12
                | Numeric::Minute
                | Numeric::Second
                | Numeric::Nanosecond
                | Numeric::Timestamp
        ),
        Item::Fixed(fixed) => !matches!(
            fixed,
            Fixed::ShortMonthName | Fixed::LongMonthName | Fixed::ShortWeekdayName | Fixed::LongWeekdayName
        ),
        _ => false,
    }
}

fn write_items(at: &NaiveDateTime, items: &[Item<'static>], locale: &Locale, out: &mut String) {
    let with_day = items.iter().any(|item| matches!(item, Item::Numeric(Numeric::Day, _)));
    for item in items {
        let named = match item {
            Item::Fixed(Fixed::LongMonthName) => locale.write_month(at, with_day, out),
            Item::Fixed(Fixed::ShortMonthName) => locale.write_shape(DateShape::MonthShort, at, out),
            Item::Fixed(Fixed::LongWeekdayName) => locale.write_shape(DateShape::Weekday, at, out),
            Item::Fixed(Fixed::ShortWeekdayName) => locale.write_shape(DateShape::WeekdayShort, at, out),
            _ => false,
        };
        if named {
            continue;
        }
        let from = out.len();
        // What can't be written (an offset from UTC, which a report's local time doesn't have) shows nothing.
        let _written = write!(out, "{}", at.format_with_items(std::iter::once(item)));
        if locale.digits()[0] != '0' && matches!(item, Item::Numeric(..)) {
            let local: String = out[from..].chars().map(|c| locale.local_digit(c)).collect();
            out.truncate(from);
            out.push_str(&local);
        }
    }
}
