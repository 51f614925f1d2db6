//! Values on their way to MySQL.

use sqlx::{Arguments, error::BoxDynError, mysql::MySqlArguments};

use crate::value::Value;

/// Binds values in order.
pub(super) fn arguments<'a>(values: impl Iterator<Item = &'a Value>) -> Result<MySqlArguments, BoxDynError> {
    let mut arguments = MySqlArguments::default();
    for value in values {
        match value {
            Value::Null => arguments.add(None::<&str>),
            Value::Bool(truth) => arguments.add(truth),
            Value::Int(number) => arguments.add(number),
            Value::UInt(number) => arguments.add(number),
            Value::Float(number) => arguments.add(number),
            Value::Text(text) => arguments.add(&**text),
            Value::Bytes(bytes) => arguments.add(&**bytes),
            Value::Date(date) => arguments.add(date),
            Value::DateTime(time) => arguments.add(time),
            Value::Instant(time) => arguments.add(time),
            // As text: the server reads it as what the other side of the comparison is.
            Value::Decimal(_) | Value::Time(_) => arguments.add(value.to_string()),
            Value::List(_) => Err("a list within a list".into()),
        }?;
    }
    Ok(arguments)
}
