//! What operators make of values. Numbers are exact unless a floating-point number takes part; `NULL` stays `NULL`.

use std::cmp::Ordering;

use bigdecimal::{BigDecimal, FromPrimitive, RoundingMode, ToPrimitive, Zero};
use chrono::{Days, NaiveDateTime};
use chrono_tz::Tz;

use super::node::Operator;
use crate::{template::filter::moment, value::Value};

/// No number may grow longer than this, in digits.
const MOST_DIGITS: u64 = 1_000;

/// Quotients that don't end are exact to so many decimals more than what they were made of.
const QUOTIENT_DECIMALS: i64 = 20;

/// Computes; the error says what was asked for that can't be had, without a value.
pub(super) fn arithmetic(operator: Operator, left: &Value, right: &Value) -> Result<Value, &'static str> {
    if left.is_null() || right.is_null() {
        return Ok(Value::Null);
    }
    if let Some(value) = on_dates(operator, left, right) {
        return Ok(value);
    }
    if let (Operator::Add, Value::Text(a), Value::Text(b)) = (operator, left, right) {
        return Ok(Value::text(format!("{a}{b}")));
    }
    if let (Value::Int(a), Value::Int(b)) = (left, right)
        && let Some(whole) = on_whole(operator, *a, *b)
    {
        return Ok(Value::Int(whole));
    }
    if matches!(left, Value::Float(_)) || matches!(right, Value::Float(_)) {
        let (Some(a), Some(b)) = (float(left), float(right)) else { return Err("it computes with what is no number") };
        return on_floats(operator, a, b);
    }
    let (Some(a), Some(b)) = (number(left), number(right)) else { return Err("it computes with what is no number") };
    on_decimals(operator, &a, &b).map(settled)
}

fn on_dates(operator: Operator, left: &Value, right: &Value) -> Option<Value> {
    match (operator, left, right) {
        (Operator::Subtract, Value::Date(a), Value::Date(b)) => Some(Value::Int((*a - *b).num_days())),
        (Operator::Add, Value::Date(date), Value::Int(days)) => shifted(*date, *days),
        (Operator::Subtract, Value::Date(date), Value::Int(days)) => shifted(*date, days.checked_neg()?),
        _ => None,
    }
}

fn shifted(date: chrono::NaiveDate, days: i64) -> Option<Value> {
    let by = Days::new(days.unsigned_abs());
    let date = if days < 0 { date.checked_sub_days(by) } else { date.checked_add_days(by) };
    date.map(Value::Date)
}

/// `None` where whole numbers don't suffice.
fn on_whole(operator: Operator, a: i64, b: i64) -> Option<i64> {
    match operator {
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::Divide => (a.checked_rem(b)? == 0).then(|| a.checked_div(b)).flatten(),
        Operator::Quotient => Some(a.checked_div(b)? - i64::from(a % b != 0 && (a < 0) != (b < 0))),
        Operator::Remainder => {
            let rest = a.checked_rem(b)?;
            Some(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
        }
        Operator::Power => a.checked_pow(u32::try_from(b).ok()?),
    }
}

fn on_floats(operator: Operator, a: f64, b: f64) -> Result<Value, &'static str> {
    let result = match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide => a / b,
        Operator::Quotient => (a / b).floor(),
        Operator::Remainder => a - b * (a / b).floor(),
        Operator::Power => a.powf(b),
    };
    if result.is_finite() { Ok(Value::Float(result)) } else { Err("it divides by zero, or grows too large") }
}

fn on_decimals(operator: Operator, a: &BigDecimal, b: &BigDecimal) -> Result<BigDecimal, &'static str> {
    if b.is_zero() && matches!(operator, Operator::Divide | Operator::Quotient | Operator::Remainder) {
        return Err("it divides by zero");
    }
    let floor = |number: BigDecimal| number.with_scale_round(0, RoundingMode::Floor);
    let result = match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide => {
            let decimals = a.fractional_digit_count().max(b.fractional_digit_count()).max(0) + QUOTIENT_DECIMALS;
            (a / b).with_scale_round(decimals, RoundingMode::HalfUp).normalized()
        }
        Operator::Quotient => floor(a / b),
        Operator::Remainder => a - b * floor(a / b),
        Operator::Power => power(a, b)?,
    };
    let digits = result.digits() + result.fractional_digit_count().unsigned_abs();
    if digits <= MOST_DIGITS { Ok(result) } else { Err("the number grows too long") }
}

fn power(a: &BigDecimal, b: &BigDecimal) -> Result<BigDecimal, &'static str> {
    let exponent = b.to_u32().filter(|_| b.is_integer()).ok_or("it takes a power that is no whole number from 0")?;
    let growth = a.digits() + a.fractional_digit_count().unsigned_abs();
    if growth.saturating_mul(u64::from(exponent)) > MOST_DIGITS {
        return Err("the number grows too long");
    }
    Ok((0..exponent).fold(BigDecimal::from(1), |product, _| product * a))
}

/// The number with the other sign.
pub(super) fn negative(value: &Value) -> Result<Value, &'static str> {
    match value {
        Value::Float(x) => Ok(Value::Float(-x)),
        value => arithmetic(Operator::Subtract, &Value::Int(0), value),
    }
}

/// A whole number as such.
pub(crate) fn settled(number: BigDecimal) -> Value {
    if number.fractional_digit_count() == 0
        && let Some(whole) = number.to_i64()
    {
        return Value::Int(whole);
    }
    Value::Decimal(number)
}

/// The exact number that a value is.
pub(crate) fn number(value: &Value) -> Option<BigDecimal> {
    match value {
        Value::Int(i) => Some(BigDecimal::from(*i)),
        Value::UInt(u) => Some(BigDecimal::from(*u)),
        Value::Float(x) => BigDecimal::from_f64(*x),
        Value::Decimal(d) => Some(d.clone()),
        Value::Text(text) => crate::value::decimal(text),
        Value::Bool(b) => Some(BigDecimal::from(i32::from(*b))),
        _ => None,
    }
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Float(x) => Some(*x),
        other => number(other)?.to_f64(),
    }
}

/// Whether two values are the same: numbers by what they are worth, times also where one of them is ISO text.
pub(crate) fn equal(a: &Value, b: &Value, zone: Tz) -> bool {
    match (a, b) {
        (Value::Null, other) | (other, Value::Null) => other.is_null(),
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b, zone)),
        _ => order(a, b, zone) == Some(Ordering::Equal),
    }
}

/// Which of two values comes first; `None` for values that have no order.
pub(crate) fn order(a: &Value, b: &Value, zone: Tz) -> Option<Ordering> {
    use Value::{Bytes, Date, DateTime, Instant, Int, Text, Time};
    match (a, b) {
        (Int(a), Int(b)) => Some(a.cmp(b)),
        (Text(a), Text(b)) => Some(a.cmp(b)),
        (Bytes(a), Bytes(b)) => Some(a.cmp(b)),
        (Date(a), Date(b)) => Some(a.cmp(b)),
        (Instant(a), Instant(b)) => Some(a.cmp(b)),
        (Time(a), Time(b)) => Some(a.cmp(b)),
        (Time(_), Text(_)) | (Text(_), Time(_)) => Some(a.to_string().cmp(&b.to_string())),
        (Date(_) | DateTime(_) | Instant(_), _) | (_, Date(_) | DateTime(_) | Instant(_)) => {
            let of = |value: &Value| -> Option<NaiveDateTime> { Some(moment(value, zone)?.at) };
            Some(of(a)?.cmp(&of(b)?))
        }
        _ => Some(number(a)?.cmp(&number(b)?)),
    }
}
