//! Filters: how a value is shown.
//!
//! `NULL` stays `NULL` through every filter until `default` names something else; shown, it is nothing.

use std::{fmt::Write, str::FromStr};

use bigdecimal::{BigDecimal, RoundingMode};
use chrono::{
    NaiveDate, NaiveDateTime,
    format::{Item, StrftimeItems},
};
use chrono_tz::Tz;

use crate::value::{self, Value};

/// A filter with its arguments, checked once.
#[derive(Debug, Clone)]
pub(crate) enum Filter {
    Date(Vec<Item<'static>>),
    Number(Option<u8>),
    Money(Option<Currency>),
    Upper,
    Lower,
    Title,
    Trim,
    Default(String),
    Pad { width: usize, with: char },
}

/// A currency: how its amounts are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Currency {
    prefix: String,
    decimals: u8,
}

/// An argument of a filter, always a constant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Argument {
    Text(String),
    Whole(i64),
}

/// Why a filter refuses, without the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FilterError {
    #[error("`date` needs a date or a time")]
    NotADate,
    #[error("`date` is asked for a time of day, but the value has none")]
    NoTimeOfDay,
    #[error("`number` and `money` need a number")]
    NotANumber,
}

/// The names that [`Filter::new`] knows.
pub(crate) const NAMES: [&str; 9] = ["date", "number", "money", "upper", "lower", "title", "trim", "default", "pad"];

/// Padding further than this is a mistake.
const MAX_PAD: i64 = 200;

impl Filter {
    /// A filter by name; `None` when the name isn't ours, an error when its arguments are wrong.
    pub(crate) fn new(name: &str, arguments: &[Argument]) -> Option<Result<Self, String>> {
        use Argument::{Text, Whole};
        let filter = match (name, arguments) {
            ("date", []) => date("medium"),
            ("date", [Text(format)]) => date(format),
            ("number", []) => Ok(Self::Number(None)),
            ("number", [Whole(decimals @ 0..=20)]) => Ok(Self::Number(Some(*decimals as u8))),
            ("money", []) => Ok(Self::Money(None)),
            ("money", [Text(code)]) => currency(code).map(|currency| Self::Money(Some(currency))),
            ("upper", []) => Ok(Self::Upper),
            ("lower", []) => Ok(Self::Lower),
            ("title", []) => Ok(Self::Title),
            ("trim", []) => Ok(Self::Trim),
            ("default", [Text(text)]) => Ok(Self::Default(text.clone())),
            ("default", [Whole(number)]) => Ok(Self::Default(number.to_string())),
            ("pad", [Whole(width @ 0..=MAX_PAD)]) => Ok(Self::Pad { width: *width as usize, with: ' ' }),
            ("pad", [Whole(width @ 0..=MAX_PAD), Text(with)]) if with.chars().count() == 1 => {
                Ok(Self::Pad { width: *width as usize, with: with.chars().next().unwrap_or(' ') })
            }
            _ if NAMES.contains(&name) => Err(usage(name).to_owned()),
            _ => return None,
        };
        Some(filter)
    }

    /// Writes the filtered value; says `false`, having written nothing, when it is `NULL`.
    pub(crate) fn write(&self, value: &Value, zone: Tz, out: &mut String) -> Result<bool, FilterError> {
        if let Self::Default(text) = self {
            let before = out.len();
            write_plain(value, zone, out);
            if out.len() == before {
                out.push_str(text);
            }
            return Ok(true);
        }
        if value.is_null() {
            return Ok(false);
        }
        match self {
            Self::Date(items) => write_date(value, zone, items, out)?,
            Self::Number(decimals) => write_number(value, *decimals, "", out)?,
            Self::Money(None) => write_number(value, Some(2), "", out)?,
            Self::Money(Some(currency)) => write_number(value, Some(currency.decimals), &currency.prefix, out)?,
            _ => self.write_text(&plain(value, zone), out),
        }
        Ok(true)
    }

    fn write_text(&self, text: &str, out: &mut String) {
        match self {
            Self::Upper => out.extend(text.chars().flat_map(char::to_uppercase)),
            Self::Lower => out.extend(text.chars().flat_map(char::to_lowercase)),
            Self::Title => write_title(text, out),
            Self::Trim => out.push_str(text.trim()),
            Self::Pad { width, with } => {
                out.extend(std::iter::repeat_n(*with, width.saturating_sub(text.chars().count())));
                out.push_str(text);
            }
            _ => out.push_str(text),
        }
    }
}

/// Writes a value as it is shown without a filter: like [`Value`]'s own form, but instants in the report's zone.
pub(crate) fn write_plain(value: &Value, zone: Tz, out: &mut String) {
    // Writing to a `String` can't fail.
    let _written = match value {
        Value::Text(text) => {
            out.push_str(text);
            Ok(())
        }
        Value::Instant(instant) => write!(out, "{}", instant.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S")),
        other => write!(out, "{other}"),
    };
}

fn plain(value: &Value, zone: Tz) -> String {
    let mut text = String::new();
    write_plain(value, zone, &mut text);
    text
}

fn usage(name: &str) -> &'static str {
    match name {
        "date" => "write `date(\"%d %B %Y\")`, or one of `short`, `medium`, `long`, `iso`, `time`, `datetime`",
        "number" => "write `number(2)`: the number of decimals, from 0 to 20",
        "money" => "write `money` or `money(\"EUR\")`: a currency's three letters",
        "default" => "write `default(\"–\")`",
        "pad" => "write `pad(6)` or `pad(6, \"0\")`",
        _ => "it takes no arguments",
    }
}

fn date(format: &str) -> Result<Filter, String> {
    let format = match format {
        "short" => "%d/%m/%Y",
        "medium" => "%-d %b %Y",
        "long" => "%-d %B %Y",
        "iso" => "%Y-%m-%d",
        "time" => "%H:%M",
        "datetime" => "%-d %b %Y, %H:%M",
        written => written,
    };
    StrftimeItems::new(format).parse_to_owned().map(Filter::Date).map_err(|_| usage("date").to_owned())
}

fn write_date(value: &Value, zone: Tz, items: &[Item<'static>], out: &mut String) -> Result<(), FilterError> {
    let written = match value {
        Value::Date(date) => write!(out, "{}", date.format_with_items(items.iter())),
        Value::DateTime(time) => write!(out, "{}", time.format_with_items(items.iter())),
        Value::Instant(instant) => write!(out, "{}", instant.with_timezone(&zone).format_with_items(items.iter())),
        // SQLite keeps dates as text.
        Value::Text(text) => match (NaiveDate::from_str(text), date_time(text)) {
            (Ok(date), _) => write!(out, "{}", date.format_with_items(items.iter())),
            (_, Some(time)) => write!(out, "{}", time.format_with_items(items.iter())),
            _ => return Err(FilterError::NotADate),
        },
        _ => return Err(FilterError::NotADate),
    };
    written.map_err(|_| FilterError::NoTimeOfDay)
}

fn date_time(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text.trim_end_matches('Z'), format).ok())
}

fn currency(code: &str) -> Result<Currency, String> {
    if code.len() != 3 || !code.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(usage("money").to_owned());
    }
    let prefix = match code {
        "USD" => "$".to_owned(),
        "EUR" => "€".to_owned(),
        "GBP" => "£".to_owned(),
        "JPY" => "¥".to_owned(),
        "INR" => "₹".to_owned(),
        other => format!("{other}\u{a0}"),
    };
    // ISO 4217's currencies without minor units.
    let decimals = if ["JPY", "KRW", "VND", "CLP", "ISK", "XAF", "XOF", "UGX", "RWF"].contains(&code) { 0 } else { 2 };
    Ok(Currency { prefix, decimals })
}

/// Writes digits in groups of three: `-$1,234.50`. Decimals are rounded half away from zero, exactly.
fn write_number(value: &Value, decimals: Option<u8>, prefix: &str, out: &mut String) -> Result<(), FilterError> {
    let places = usize::from(decimals.unwrap_or(0));
    let digits = match value {
        Value::Int(i) if places == 0 => i.to_string(),
        Value::UInt(u) if places == 0 => u.to_string(),
        Value::Int(i) => format!("{i}.{:0places$}", 0),
        Value::UInt(u) => format!("{u}.{:0places$}", 0),
        Value::Float(x) if !x.is_finite() => return Err(FilterError::NotANumber),
        Value::Float(x) => match decimals {
            Some(_) => format!("{x:.places$}"),
            None => x.to_string(),
        },
        Value::Decimal(d) => rounded(d, decimals),
        Value::Text(text) => rounded(&value::decimal(text).ok_or(FilterError::NotANumber)?, decimals),
        _ => return Err(FilterError::NotANumber),
    };
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) if digits.bytes().any(|b| (b'1'..=b'9').contains(&b)) => ("-", digits),
        Some(digits) => ("", digits),
        None => ("", digits.as_str()),
    };
    out.push_str(sign);
    out.push_str(prefix);
    let whole = digits.find('.').unwrap_or(digits.len());
    for (i, digit) in digits.char_indices() {
        if i > 0 && i < whole && (whole - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    Ok(())
}

fn rounded(decimal: &BigDecimal, decimals: Option<u8>) -> String {
    match decimals {
        Some(decimals) => decimal.with_scale_round(i64::from(decimals), RoundingMode::HalfUp).to_plain_string(),
        None => decimal.to_plain_string(),
    }
}

fn write_title(text: &str, out: &mut String) {
    let mut inside = false;
    for c in text.chars() {
        match inside {
            true => out.extend(c.to_lowercase()),
            false => out.extend(c.to_uppercase()),
        }
        inside = c.is_alphanumeric() || c == '\'' || c == '’';
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(name: &str, arguments: &[Argument], value: Value) -> Result<String, FilterError> {
        let mut out = String::new();
        let filter = Filter::new(name, arguments).unwrap().unwrap();
        filter.write(&value, chrono_tz::Europe::Berlin, &mut out).map(|_| out)
    }

    fn text(text: &str) -> Argument {
        Argument::Text(text.to_owned())
    }

    fn decimal(text: &str) -> Value {
        Value::Decimal(text.parse().unwrap())
    }

    #[test]
    fn decimals_are_exact_and_round_half_away_from_zero() {
        let two = [Argument::Whole(2)];
        assert_eq!(show("number", &two, decimal("12345678901234567890.125")).unwrap(), "12,345,678,901,234,567,890.13");
        assert_eq!(show("number", &two, decimal("-0.125")).unwrap(), "-0.13");
        assert_eq!(show("number", &two, decimal("-0.001")).unwrap(), "0.00");
        assert_eq!(show("number", &two, Value::Int(-1234)).unwrap(), "-1,234.00");
        assert_eq!(show("number", &[], Value::UInt(999)).unwrap(), "999");
        assert_eq!(show("number", &[], decimal("1000.50")).unwrap(), "1,000.50");
        assert_eq!(show("money", &[text("USD")], decimal("-1234.5")).unwrap(), "-$1,234.50");
        assert_eq!(show("money", &[text("JPY")], Value::Int(1200)).unwrap(), "¥1,200");
        assert_eq!(show("money", &[text("CHF")], Value::text("7.5")).unwrap(), "CHF\u{a0}7.50");
        assert_eq!(show("number", &two, Value::Bool(true)), Err(FilterError::NotANumber));
        assert_eq!(show("number", &two, Value::text("1e999999999")), Err(FilterError::NotANumber));
    }

    #[test]
    fn dates_from_every_kind_of_value() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 7).unwrap();
        assert_eq!(show("date", &[text("%d %B %Y")], Value::Date(day)).unwrap(), "07 March 2026");
        assert_eq!(show("date", &[text("long")], Value::text("2026-03-07")).unwrap(), "7 March 2026");
        assert_eq!(show("date", &[text("time")], Value::text("2026-03-07 09:05:00")).unwrap(), "09:05");
        let instant = day.and_hms_opt(23, 30, 0).unwrap().and_utc();
        assert_eq!(show("date", &[text("datetime")], Value::Instant(instant)).unwrap(), "8 Mar 2026, 00:30");
        assert_eq!(show("date", &[text("time")], Value::Date(day)), Err(FilterError::NoTimeOfDay));
        assert_eq!(show("date", &[], Value::text("soon")), Err(FilterError::NotADate));
        assert_eq!(show("date", &[], Value::Null).unwrap(), "");
    }

    #[test]
    fn text_filters() {
        assert_eq!(show("title", &[], Value::text("o'NEIL van-der ßtraße")).unwrap(), "O'neil Van-Der SStraße");
        assert_eq!(show("pad", &[Argument::Whole(5), text("0")], Value::Int(42)).unwrap(), "00042");
        assert_eq!(show("default", &[text("–")], Value::Null).unwrap(), "–");
        assert_eq!(show("default", &[text("–")], Value::text("")).unwrap(), "–");
        assert_eq!(show("default", &[text("–")], Value::Int(0)).unwrap(), "0");
    }

    #[test]
    fn wrong_arguments_are_told_with_the_right_ones() {
        assert!(Filter::new("shout", &[]).is_none());
        for (name, arguments) in [
            ("date", vec![text("%Q")]),
            ("number", vec![text("2")]),
            ("number", vec![Argument::Whole(99)]),
            ("money", vec![text("dollars")]),
            ("pad", vec![Argument::Whole(1_000_000)]),
            ("upper", vec![Argument::Whole(1)]),
        ] {
            assert!(Filter::new(name, &arguments).unwrap().is_err(), "{name}");
        }
    }
}
