//! Values on their way to SQLite, which stores dates as text and decimals as binary numbers.

use bigdecimal::ToPrimitive;
use sqlx::{Arguments, error::BoxDynError, sqlite::SqliteArguments};

use crate::value::Value;

/// Binds values in order.
pub(super) fn arguments<'a>(values: impl Iterator<Item = &'a Value>) -> Result<SqliteArguments, BoxDynError> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        match value {
            Value::Null => arguments.add(None::<&str>),
            Value::Bool(truth) => arguments.add(truth),
            Value::Int(number) => arguments.add(number),
            Value::UInt(number) => arguments.add(*number as f64),
            Value::Float(number) => arguments.add(number),
            Value::Decimal(number) => arguments.add(number.to_f64()),
            Value::Text(text) => arguments.add(&**text),
            Value::Bytes(bytes) => arguments.add(&**bytes),
            // An instant as SQLite's own functions write it, in UTC and without a zone, so that texts compare.
            Value::Instant(time) => arguments.add(Value::DateTime(time.naive_utc()).to_string()),
            Value::Date(_) | Value::DateTime(_) | Value::Time(_) => arguments.add(value.to_string()),
            Value::List(_) => Err("a list within a list".into()),
        }?;
    }
    Ok(arguments)
}
