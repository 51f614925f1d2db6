//! How a language writes dates and times: learnt once from samples that ICU wrote, then written without asking it again.
//!
//! ICU takes about a microsecond for a date. In the Gregorian calendar each part of a pattern depends on one number
//! alone (the month's name on the month, …), so tables of these texts say the same in a few nanoseconds. What doesn't
//! fit into tables (other calendars, years before 1000) is left to ICU.

use std::fmt;

use chrono::{Datelike, NaiveDateTime, Timelike};
use icu_calendar::cal::Iso;
use icu_datetime::{
    DateTimeFormatter, DateTimeFormatterPreferences,
    fieldsets::{self, enums},
    input::{Date, DateTime, Time},
    options::{TimePrecision, YearStyle},
    parts,
};
use writeable::{Part, PartsWrite, Writeable};

/// What is shown of a date or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateShape {
    Short,
    Medium,
    Long,
    Full,
    Weekday,
    WeekdayShort,
    Month,
    MonthShort,
    MonthYear,
    DayMonth,
    Time,
    TimeSeconds,
    ShortWithTime,
    MediumWithTime,
    LongWithTime,
    FullWithTime,
}

impl DateShape {
    pub(super) const COUNT: usize = Self::FullWithTime as usize + 1;

    /// Whether it shows a time of day.
    pub(crate) fn has_time(self) -> bool {
        self as usize >= Self::Time as usize
    }

    /// Whether it shows a date.
    pub(crate) fn has_date(self) -> bool {
        !matches!(self, Self::Time | Self::TimeSeconds)
    }

    /// Years are always written in full: of a date of birth, two digits don't tell the century.
    fn fields(self) -> enums::CompositeDateTimeFieldSet {
        use enums::{CalendarPeriodFieldSet as Period, CompositeDateTimeFieldSet as Set};
        use enums::{DateAndTimeFieldSet as Both, DateFieldSet as Day, TimeFieldSet};
        use fieldsets::{E, MD, T, YM, YMD, YMDE};
        let full = YearStyle::Full;
        match self {
            Self::Short => Set::Date(Day::YMD(YMD::short().with_year_style(full))),
            Self::Medium => Set::Date(Day::YMD(YMD::medium().with_year_style(full))),
            Self::Long => Set::Date(Day::YMD(YMD::long().with_year_style(full))),
            Self::Full => Set::Date(Day::YMDE(YMDE::long().with_year_style(full))),
            Self::Weekday => Set::Date(Day::E(E::long())),
            Self::WeekdayShort => Set::Date(Day::E(E::short())),
            Self::MonthShort => Set::CalendarPeriod(Period::YM(YM::medium())),
            // A month's own name is taken from the month with its year: ICU has no digits at hand for a month alone.
            Self::Month | Self::MonthYear => Set::CalendarPeriod(Period::YM(YM::long())),
            Self::DayMonth => Set::Date(Day::MD(MD::long())),
            Self::Time => Set::Time(TimeFieldSet::T(T::hm())),
            Self::TimeSeconds => Set::Time(TimeFieldSet::T(T::hms())),
            Self::ShortWithTime => {
                let time = YMD::short().with_year_style(full).with_time(TimePrecision::Minute);
                Set::DateTime(Both::YMDT(time))
            }
            Self::MediumWithTime => {
                let time = YMD::medium().with_year_style(full).with_time(TimePrecision::Minute);
                Set::DateTime(Both::YMDT(time))
            }
            Self::LongWithTime => {
                let time = YMD::long().with_year_style(full).with_time(TimePrecision::Minute);
                Set::DateTime(Both::YMDT(time))
            }
            Self::FullWithTime => {
                let time = YMDE::long().with_year_style(full).with_time(TimePrecision::Minute);
                Set::DateTime(Both::YMDET(time))
            }
        }
    }
}

/// A date's look.
#[derive(Debug)]
pub(crate) struct DateStyle {
    formatter: DateTimeFormatter<enums::CompositeDateTimeFieldSet>,
    /// `None` when the parts don't each depend on one number.
    pieces: Option<Vec<Piece>>,
    digits: [char; 10],
    only_month: bool,
}

/// A stretch of a date.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(Box<str>),
    /// The year, as many years later as the calendar counts (the Buddhist one 543).
    Year(u32),
    /// Texts by month, from 0, and so on.
    Month(Box<[Box<str>]>),
    Day(Box<[Box<str>]>),
    Weekday(Box<[Box<str>]>),
    /// The hour and what depends on it alone, such as `PM`.
    Hour(Box<[Box<str>]>),
    Minute(Box<[Box<str>]>),
    Second(Box<[Box<str>]>),
}

/// A sample taken apart.
type Segments = Vec<(Option<&'static str>, String)>;

impl DateStyle {
    pub(super) fn new(preferences: DateTimeFormatterPreferences, shape: DateShape, digits: [char; 10]) -> Option<Self> {
        let formatter = DateTimeFormatter::try_new(preferences, shape.fields()).ok()?;
        let only_month = matches!(shape, DateShape::Month | DateShape::MonthShort);
        let mut style = Self { formatter, pieces: None, digits, only_month };
        style.pieces = style.learn().filter(|pieces| style.agrees(pieces));
        Some(style)
    }

    /// Writes a date and time.
    pub(crate) fn write(&self, at: &NaiveDateTime, out: &mut String) {
        match &self.pieces {
            Some(pieces) if (1000..=9000).contains(&at.year()) => self.write_pieces(pieces, at, out),
            _ => self.write_slowly(at, out),
        }
    }

    fn write_pieces(&self, pieces: &[Piece], at: &NaiveDateTime, out: &mut String) {
        pieces.iter().for_each(|piece| self.write_piece(piece, at, out));
    }

    fn write_piece(&self, piece: &Piece, at: &NaiveDateTime, out: &mut String) {
        let (table, index) = match piece {
            Piece::Literal(text) => return out.push_str(text),
            Piece::Year(later) => {
                let year = at.year().unsigned_abs() + later;
                for power in [1000, 100, 10, 1] {
                    out.push(self.digits[(year / power % 10) as usize]);
                }
                return;
            }
            Piece::Month(table) => (table, at.month0()),
            Piece::Day(table) => (table, at.day0()),
            Piece::Weekday(table) => (table, at.weekday().num_days_from_monday()),
            Piece::Hour(table) => (table, at.hour()),
            Piece::Minute(table) => (table, at.minute()),
            Piece::Second(table) => (table, at.second()),
        };
        if let Some(text) = table.get(index as usize) {
            out.push_str(text);
        }
    }

    /// The month as it stands in this style, when that is a name.
    pub(super) fn month_name(&self, at: &NaiveDateTime) -> Option<&str> {
        let table = self.pieces.iter().flatten().find_map(|piece| match piece {
            Piece::Month(table) => Some(table),
            _ => None,
        })?;
        table.get(at.month0() as usize).map(|name| &**name).filter(|name| name.chars().all(|c| !c.is_numeric()))
    }

    /// Whether it is written from tables.
    #[cfg(test)]
    pub(super) fn is_table(&self) -> bool {
        self.pieces.is_some()
    }

    /// As ICU writes it.
    pub(super) fn write_slowly(&self, at: &NaiveDateTime, out: &mut String) {
        for (_, text) in self.segments(at).unwrap_or_default() {
            out.push_str(&text);
        }
    }

    fn segments(&self, at: &NaiveDateTime) -> Option<Segments> {
        let mut sink = Sink::default();
        self.formatter.format(&input(at)?).write_to_parts(&mut sink).ok()?;
        let mut segments = sink.segments;
        if self.only_month {
            let month = segments.iter().position(|(part, _)| *part == Some("month"))?;
            // Chinese and Japanese write a number with the word for month after it.
            let numbered = segments[month].1.chars().all(char::is_numeric);
            let counted = numbered && segments.get(month + 1).is_some_and(|(part, _)| part.is_none());
            segments = segments.drain(month..=month + usize::from(counted)).collect();
        }
        Some(segments)
    }

    /// Whether the tables say what ICU says, all around the year: in another calendar a month depends on the day too.
    fn agrees(&self, pieces: &[Piece]) -> bool {
        let Some(start) = chrono::NaiveDate::from_ymd_opt(2027, 1, 3) else { return false };
        (0..48).all(|i: u32| {
            let Some(at) = (start + chrono::Days::new(u64::from(i) * 23)).and_hms_opt(i % 24, i, i) else {
                return false;
            };
            let (mut fast, mut slow) = (String::new(), String::new());
            self.write_pieces(pieces, &at, &mut fast);
            self.write_slowly(&at, &mut slow);
            fast == slow
        })
    }

    /// Reads off what each part depends on; `None` when some part is not understood.
    fn learn(&self) -> Option<Vec<Piece>> {
        let sample = |month: u32, day: u32, (hour, minute, second)| {
            let day = chrono::NaiveDate::from_ymd_opt(2026, month, day)?;
            self.segments(&day.and_hms_opt(hour, minute, second)?)
        };
        let base = sample(1, 5, (9, 0, 0))?;
        let table = |index: usize, samples: &mut dyn Iterator<Item = Option<Segments>>| -> Option<Box<[Box<str>]>> {
            let text = |sample: Option<Segments>| {
                let sample = sample?;
                let same = sample.iter().map(|(part, _)| part).eq(base.iter().map(|(part, _)| part))
                    && sample.iter().zip(&base).all(|(new, old)| old.0.is_some() || new.1 == old.1);
                same.then(|| Box::from(sample[index].1.as_str()))
            };
            samples.map(text).collect()
        };
        let noon = (9, 0, 0);
        let mut pieces = Vec::new();
        for (i, (part, text)) in base.iter().enumerate() {
            pieces.push(match *part {
                None => Piece::Literal(text.as_str().into()),
                Some("year") => {
                    let digit = |c| self.digits.iter().position(|digit| *digit == c);
                    let year = text.chars().try_fold(0, |year, c| Some(year * 10 + digit(c)?))?;
                    Piece::Year(u32::try_from(year.checked_sub(2026)?).ok().filter(|later| *later < 1000)?)
                }
                Some("month") => Piece::Month(table(i, &mut (1..=12).map(|month| sample(month, 5, noon)))?),
                Some("day") => Piece::Day(table(i, &mut (1..=31).map(|day| sample(1, day, noon)))?),
                // The 5th of January 2026 is a Monday.
                Some("weekday") => Piece::Weekday(table(i, &mut (5..=11).map(|day| sample(1, day, noon)))?),
                Some("hour" | "dayPeriod") => {
                    Piece::Hour(table(i, &mut (0..24).map(|hour| sample(1, 5, (hour, 0, 0))))?)
                }
                Some("minute") => Piece::Minute(table(i, &mut (0..60).map(|minute| sample(1, 5, (9, minute, 0))))?),
                Some("second") => Piece::Second(table(i, &mut (0..60).map(|second| sample(1, 5, (9, 0, second))))?),
                Some(_) => return None,
            });
        }
        Some(pieces)
    }
}

fn input(at: &NaiveDateTime) -> Option<DateTime<Iso>> {
    let (month, day) = (u8::try_from(at.month()).ok()?, u8::try_from(at.day()).ok()?);
    let [hour, minute, second] = [at.hour(), at.minute(), at.second()].map(|number| u8::try_from(number).unwrap_or(0));
    Some(DateTime {
        date: Date::try_new_iso(at.year(), month, day).ok()?,
        time: Time::try_new(hour, minute, second, 0).ok()?,
    })
}

/// Gathers what ICU writes with the outermost date part that each stretch belongs to.
#[derive(Default)]
struct Sink {
    segments: Segments,
    part: Option<&'static str>,
}

impl fmt::Write for Sink {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match self.segments.last_mut() {
            Some((part, so_far)) if *part == self.part => so_far.push_str(text),
            _ => self.segments.push((self.part, text.to_owned())),
        }
        Ok(())
    }
}

impl PartsWrite for Sink {
    type SubPartsWrite = Self;

    fn with_part(&mut self, part: Part, mut write: impl FnMut(&mut Self) -> fmt::Result) -> fmt::Result {
        let is_date_part = part.category == parts::YEAR.category;
        let outer = self.part;
        if is_date_part && outer.is_none() {
            self.part = Some(part.value);
        }
        let written = write(self);
        self.part = outer;
        written
    }
}
