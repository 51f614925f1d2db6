//! Filters that show one value as text, by the report's language.

use std::fmt::Write as _;

use bigdecimal::RoundingMode;
use chrono::{Datelike as _, NaiveDate};
use chrono_tz::Tz;
use unicode_segmentation::UnicodeSegmentation as _;

use super::Filter;
use crate::{
    template::{
        expression::{
            eval::{MAX_TEXT, Trouble},
            operation::{number, settled},
        },
        locale::Locale,
        scope::Scope,
    },
    value::Value,
};

/// Where padding goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
    Both,
}

const NOT_A_NUMBER: &str = "`number`, `money` and `percent` need a number";

impl Filter {
    /// Writes the filtered value; says `false`, having written nothing, when it is `NULL`.
    pub(crate) fn write(&self, value: &Value, at: usize, scope: &Scope, out: &mut String) -> Result<bool, Trouble> {
        if value.is_null() {
            return Ok(false);
        }
        let locale = scope.locale();
        let number = |written: bool| if written { Ok(true) } else { Err(Trouble::new(at, NOT_A_NUMBER)) };
        match self {
            Self::Date(format) => {
                format.write(value, scope, out).map_err(|message| Trouble::new(at, message))?;
                Ok(true)
            }
            Self::Number(decimals) => number(locale.numbers().write(value, *decimals, out)),
            Self::Money(None) => number(locale.numbers().write(value, Some(2), out)),
            Self::Money(Some(code)) => number(code.read(scope, |code| money(value, code, at, locale, out))?),
            Self::Percent(decimals) => number(percent(value, *decimals, locale, out)),
            Self::Plural(forms) => match locale.plural(value, forms) {
                Some(form) => {
                    out.push_str(form);
                    Ok(true)
                }
                None => Err(Trouble::new(at, "`plural` needs a number")),
            },
            Self::Join(between) => {
                let between = between.text(scope)?;
                join(value, &between, at, scope, out)?;
                Ok(true)
            }
            Self::Replace(from, to) => {
                let (from, to) = (from.text(scope)?, to.text(scope)?);
                replace(&plain(value, scope.time_zone()), &from, &to, at, out)?;
                Ok(true)
            }
            _ => {
                match value {
                    Value::Text(text) => self.write_text(text, locale, out),
                    other => self.write_text(&plain(other, scope.time_zone()), locale, out),
                }
                Ok(true)
            }
        }
    }

    fn write_text(&self, text: &str, locale: &Locale, out: &mut String) {
        match self {
            Self::Upper => locale.upper(text, out),
            Self::Lower => locale.lower(text, out),
            Self::Title => write_title(text, locale, out),
            Self::Capitalize => {
                let first = text.chars().next().map_or(0, char::len_utf8);
                locale.upper(&text[..first], out);
                locale.lower(&text[first..], out);
            }
            Self::Trim => out.push_str(text.trim()),
            Self::Pad { width, with, side } => {
                let missing = width.saturating_sub(text.graphemes(true).take(*width).count());
                let before = match side {
                    Side::Left => missing,
                    Side::Right => 0,
                    Side::Both => missing / 2,
                };
                out.extend(std::iter::repeat_n(*with, before));
                out.push_str(text);
                out.extend(std::iter::repeat_n(*with, missing - before));
            }
            Self::Truncate { length, end } => truncate(text, *length, end, out),
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
        Value::Date(date) => {
            write_date(*date, out);
            Ok(())
        }
        Value::Instant(instant) => write!(out, "{}", instant.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S")),
        other => write!(out, "{other}"),
    };
}

/// Writes a date as ISO 8601 has it: in every other table each row has one, and formatting takes ten times as long.
fn write_date(date: NaiveDate, out: &mut String) {
    let Ok(year @ 0..=9999) = u32::try_from(date.year()) else {
        // Writing to a `String` can't fail.
        let _written = write!(out, "{date}");
        return;
    };
    let digit = |number: u32| char::from(b'0' + (number % 10) as u8);
    let (month, day) = (date.month(), date.day());
    out.extend([year / 1000, year / 100, year / 10, year].map(digit));
    out.extend(['-', digit(month / 10), digit(month), '-', digit(day / 10), digit(day)]);
}

fn plain(value: &Value, zone: Tz) -> String {
    let mut text = String::new();
    write_plain(value, zone, &mut text);
    text
}

/// Whether a value shows nothing.
pub(super) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Text(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(values) => values.is_empty(),
        _ => false,
    }
}

fn money(value: &Value, code: &Value, at: usize, locale: &Locale, out: &mut String) -> Result<bool, Trouble> {
    match code {
        Value::Null => Ok(locale.numbers().write(value, Some(2), out)),
        Value::Text(code) => match locale.money(code.trim()) {
            Some((style, decimals)) => Ok(style.write(value, Some(decimals), out)),
            None => Err(Trouble::new(at, "`money` needs a currency's three letters, such as EUR")),
        },
        _ => Err(Trouble::new(at, "`money` needs a currency's three letters, such as EUR")),
    }
}

/// A share of one as hundredths.
fn percent(value: &Value, decimals: Option<u8>, locale: &Locale, out: &mut String) -> bool {
    let share = match value {
        Value::Float(x) => crate::value::decimal(&x.to_string()),
        other => number(other),
    };
    let Some(share) = share else { return false };
    let hundredths = (share * bigdecimal::BigDecimal::from(100)).normalized();
    let hundredths = if hundredths.fractional_digit_count() < 0 { hundredths.with_scale(0) } else { hundredths };
    locale.percent().write(&Value::Decimal(hundredths), decimals, out)
}

pub(super) fn rounded(value: &Value, decimals: u8, at: usize) -> Result<Value, Trouble> {
    match value {
        Value::Null | Value::Int(_) | Value::UInt(_) => Ok(value.clone()),
        other => {
            let number = number(other).ok_or_else(|| Trouble::new(at, "`round` needs a number"))?;
            Ok(settled(number.with_scale_round(i64::from(decimals), RoundingMode::HalfUp)))
        }
    }
}

pub(super) fn absolute(value: &Value, at: usize) -> Result<Value, Trouble> {
    match value {
        Value::Null | Value::UInt(_) => Ok(value.clone()),
        Value::Float(x) => Ok(Value::Float(x.abs())),
        other => number(other).map(|n| settled(n.abs())).ok_or_else(|| Trouble::new(at, "`abs` needs a number")),
    }
}

/// The whole part of a number.
pub(super) fn whole(value: &Value, at: usize) -> Result<Value, Trouble> {
    match value {
        Value::Null | Value::Int(_) | Value::UInt(_) => Ok(value.clone()),
        other => {
            let number = number(other).ok_or_else(|| Trouble::new(at, "`int` needs a number"))?;
            Ok(settled(number.with_scale_round(0, RoundingMode::Down)))
        }
    }
}

fn join(value: &Value, between: &str, at: usize, scope: &Scope, out: &mut String) -> Result<(), Trouble> {
    let Value::List(values) = value else {
        write_plain(value, scope.time_zone(), out);
        return Ok(());
    };
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            out.push_str(between);
        }
        write_plain(value, scope.time_zone(), out);
        within_bounds(out, at)?;
    }
    Ok(())
}

fn replace(text: &str, from: &str, to: &str, at: usize, out: &mut String) -> Result<(), Trouble> {
    if from.is_empty() {
        return Err(Trouble::new(at, "`replace` needs a text to look for"));
    }
    for (i, part) in text.split(from).enumerate() {
        if i > 0 {
            out.push_str(to);
        }
        out.push_str(part);
        within_bounds(out, at)?;
    }
    Ok(())
}

fn within_bounds(out: &str, at: usize) -> Result<(), Trouble> {
    if out.len() > 2 * MAX_TEXT { Err(Trouble::new(at, "the text is longer than 1 MiB")) } else { Ok(()) }
}

/// Cuts to so many characters as people see them, the end included.
fn truncate(text: &str, length: usize, end: &str, out: &mut String) {
    let Some((_, _)) = text.grapheme_indices(true).nth(length) else { return out.push_str(text) };
    let kept = length.saturating_sub(end.graphemes(true).count());
    let cut = text.grapheme_indices(true).nth(kept).map_or(text.len(), |(at, _)| at);
    out.push_str(text[..cut].trim_end());
    out.push_str(end);
}

fn write_title(text: &str, locale: &Locale, out: &mut String) {
    let mut inside = false;
    let mut buffer = [0; 4];
    for c in text.chars() {
        let one = c.encode_utf8(&mut buffer);
        match inside {
            true => locale.lower(one, out),
            false => locale.upper(one, out),
        }
        inside = c.is_alphanumeric() || c == '\'' || c == '’';
    }
}
