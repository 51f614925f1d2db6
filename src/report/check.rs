//! Whether one value fits its parameter.
//!
//! JSON's own types are taken as they are; text is taken for every kind, because forms and command lines have nothing
//! else. Messages say what would do and never repeat the value.

use bigdecimal::BigDecimal;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Number, Value as Json};

use crate::{
    report::{
        moment::{Moment, MomentError},
        parameter::ParameterKind,
    },
    value::Value,
};

/// The longest text of a parameter that sets no bound of its own, in characters.
pub(super) const LONGEST_TEXT: usize = 10_000;

/// The most items of a list that sets no bound of its own.
pub(super) const MOST_ITEMS: usize = 1_000;

/// The most items that a list may ask for: each is a `?` in the SQL, of which SQLite allows 32,766 in a statement.
pub(super) const MOST_ITEMS_EVER: usize = 10_000;

/// Digits of the largest decimal, and those after its point, as in MySQL.
const MOST_DIGITS: usize = 65;
const MOST_SCALE: usize = 30;

/// What is wrong with a value: a stable word and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Wrong {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    fn kind(message: impl Into<String>) -> Self {
        Self::new("type", message)
    }
}

/// When and where a request is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occasion {
    /// What relative dates start from; `None` where they must have been resolved before.
    pub(super) now: Option<DateTime<Utc>>,
    /// The report's time zone.
    pub(super) zone: Tz,
}

impl ParameterKind {
    /// Reads a value of this kind, whatever its bounds.
    pub(super) fn read(&self, given: &Json, occasion: Occasion) -> Result<Value, Wrong> {
        match self {
            Self::String { .. } => text(given).map(Value::text),
            Self::Integer { .. } => integer(given).map(Value::Int),
            Self::Decimal { .. } => decimal(given).map(Value::Decimal),
            Self::Boolean => boolean(given).map(Value::Bool),
            Self::Date { .. } => date(given, occasion),
            Self::Datetime { .. } => instant(given, occasion),
            Self::Choice { options } => {
                let value = text(given)?;
                let known = options.iter().any(|option| option.value == value);
                if known { Ok(Value::text(value)) } else { Err(self.no_such_choice()) }
            }
            Self::List { of, .. } => {
                let Json::Array(items) = given else { return Err(Wrong::kind("must be a list")) };
                let read = |(i, item)| {
                    of.read(item, occasion)
                        .map_err(|wrong: Wrong| Wrong::new(wrong.code, format!("item {}: {}", i + 1, wrong.message)))
                };
                if items.len() > MOST_ITEMS_EVER {
                    return Err(Wrong::new("max_items", format!("must have at most {MOST_ITEMS_EVER} items")));
                }
                items.iter().enumerate().map(read).collect::<Result<_, _>>().map(Value::List)
            }
        }
    }

    fn no_such_choice(&self) -> Wrong {
        let Self::Choice { options } = self else { return Wrong::new("choice", "must be one of the options") };
        let words: Vec<&str> = options.iter().take(12).map(|option| option.value.as_str()).collect();
        let more = if options.len() > words.len() { ", …" } else { "" };
        Wrong::new("choice", format!("must be one of: {}{more}", words.join(", ")))
    }
}

/// The JSON that a job keeps of a value; [`ParameterKind::read`] gives the same value back.
pub(super) fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(number) => Json::Number(Number::from(*number)),
        Value::Instant(at) => Json::String(at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)),
        Value::List(items) => Json::Array(items.iter().map(to_json).collect()),
        // Decimals too: a JSON number would lose digits on its way through other programs.
        other => Json::String(other.to_string()),
    }
}

fn text(given: &Json) -> Result<&str, Wrong> {
    let Json::String(text) = given else { return Err(Wrong::kind("must be text")) };
    let printable = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    if text.chars().all(printable) { Ok(text) } else { Err(Wrong::kind("must not contain control characters")) }
}

fn integer(given: &Json) -> Result<i64, Wrong> {
    let read = match given {
        Json::Number(number) => number.as_i64().or_else(|| whole(number)),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    read.ok_or_else(|| Wrong::kind(format!("must be a whole number between {} and {}", i64::MIN, i64::MAX)))
}

/// `5.0` is a whole number to JSON Schema. Beyond 2^53 a float no longer says which one.
fn whole(number: &Number) -> Option<i64> {
    let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0)?;
    (!number.is_u64()).then_some(float as i64)
}

fn decimal(given: &Json) -> Result<BigDecimal, Wrong> {
    match given {
        Json::Number(number) if number.is_f64() => {
            let shortest = number.to_string();
            let mantissa = shortest.split(['e', 'E']).next().unwrap_or_default();
            let digits = mantissa.bytes().filter(u8::is_ascii_digit).skip_while(|digit| *digit == b'0').count();
            if digits > 15 {
                // A float keeps 15 digits for certain: what was sent may have had others beyond them.
                return Err(Wrong::kind("has too many digits for a JSON number; send it as a string"));
            }
            parse_decimal(&shortest)
        }
        Json::Number(number) => parse_decimal(&number.to_string()),
        Json::String(text) => parse_decimal(text.trim()),
        _ => Err(Wrong::kind("must be a decimal number such as 12.50")),
    }
}

/// Reads `-12.50` or `1.25e3`. The length is bounded before any arithmetic: `1e999999999` would fill the memory.
pub(super) fn parse_decimal(text: &str) -> Result<BigDecimal, Wrong> {
    let wrong = || Wrong::kind("must be a decimal number such as 12.50");
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let digits = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
    let (before, after) = digits.split_once('.').unwrap_or((digits, ""));
    let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if before.is_empty() || !numeric(before) || !numeric(after) || digits.ends_with('.') {
        return Err(wrong());
    }
    let exponent: i32 = exponent.parse().map_err(|_| wrong())?;
    let large = before.len() + after.len() + exponent.unsigned_abs() as usize > MOST_DIGITS;
    if large || after.len() as i32 - exponent > MOST_SCALE as i32 {
        return Err(Wrong::kind("must have at most 65 digits, at most 30 of them after the point"));
    }
    text.parse().map_err(|_| wrong())
}

fn boolean(given: &Json) -> Result<bool, Wrong> {
    let read = match given {
        Json::Bool(truth) => Some(*truth),
        Json::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    };
    read.ok_or_else(|| Wrong::kind("must be true or false"))
}

fn date(given: &Json, occasion: Occasion) -> Result<Value, Wrong> {
    let moment = moment(given, occasion, MomentError::NotADate, Moment::parse_date)?;
    let date = moment.date(occasion.now.unwrap_or_default(), occasion.zone);
    date.map(Value::Date).ok_or_else(|| Wrong::kind(MomentError::Range.to_string()))
}

fn instant(given: &Json, occasion: Occasion) -> Result<Value, Wrong> {
    let moment = moment(given, occasion, MomentError::NotAnInstant, Moment::parse_instant)?;
    let instant = moment.instant(occasion.now.unwrap_or_default(), occasion.zone);
    instant.map(Value::Instant).ok_or_else(|| Wrong::kind(MomentError::Range.to_string()))
}

fn moment(
    given: &Json,
    occasion: Occasion,
    otherwise: MomentError,
    parse: fn(&str) -> Result<Moment, MomentError>,
) -> Result<Moment, Wrong> {
    let Json::String(text) = given else { return Err(Wrong::kind(otherwise.to_string())) };
    let moment = parse(text).map_err(|error| Wrong::kind(error.to_string()))?;
    if moment.is_fixed() || occasion.now.is_some() { Ok(moment) } else { Err(Wrong::kind(otherwise.to_string())) }
}
