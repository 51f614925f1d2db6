//! Fields as SQLite stores them, with the declared type of their column as a hint.
//!
//! **Invariant:** a field is read by how it is stored; the hint only names what it means, and a field that doesn't fit
//! its hint stays what it is.

use std::sync::Arc;

use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};
use sqlx::{
    Column, Decode, Row as _, Sqlite, SqliteConnection, TypeInfo, ValueRef,
    sqlite::{SqliteColumn, SqliteRow, SqliteValueRef},
};

use crate::value::{self, ColumnType, Row, Value};

/// The most digits after the point that a declaration is believed to mean.
const MOST_SCALE: i64 = 100;

/// What a column's declaration says; an expression has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hint {
    None,
    Boolean,
    Integer,
    Float,
    /// With so many digits after the point, if the declaration says.
    Decimal(Option<i64>),
    Text,
    Bytes,
    Date,
    Time,
    DateTime,
}

impl Hint {
    pub(super) fn kind(self) -> ColumnType {
        match self {
            Self::None => ColumnType::Unknown,
            Self::Boolean => ColumnType::Boolean,
            Self::Integer => ColumnType::Integer,
            Self::Float => ColumnType::Float,
            Self::Decimal(_) => ColumnType::Decimal,
            Self::Text => ColumnType::Text,
            Self::Bytes => ColumnType::Bytes,
            Self::Date => ColumnType::Date,
            Self::Time => ColumnType::Time,
            Self::DateTime => ColumnType::Datetime,
        }
    }

    /// Reads a declaration such as `DECIMAL(10, 2)`. The driver knows all but decimals.
    fn decimal(declared: &str) -> Self {
        let declared = declared.to_ascii_uppercase();
        if !["DECIMAL", "NUMERIC", "MONEY"].iter().any(|name| declared.starts_with(name)) {
            return Self::None;
        }
        let digits = declared.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
        let scale = digits.and_then(|(digits, _)| digits.split(',').nth(1)?.trim().parse().ok());
        Self::Decimal(scale.filter(|scale| (0..=MOST_SCALE).contains(scale)))
    }

    fn integer(self, number: i64) -> Value {
        match (self, number) {
            (Self::Boolean, 0 | 1) => Value::Bool(number == 1),
            (Self::Decimal(scale), _) => Value::Decimal(BigDecimal::from(number).with_scale(scale.unwrap_or(0).max(0))),
            _ => Value::Int(number),
        }
    }

    /// A decimal was stored as the nearest binary number: its shortest text is what was meant.
    fn real(self, number: f64) -> Value {
        let Self::Decimal(scale) = self else { return Value::Float(number) };
        if let Some(scale @ 0..=6) = scale {
            // The same without a text, where the digits that the declaration allows are all there are.
            let (unit, most) = (10_f64.powi(scale as i32), 1e15);
            let digits = (number * unit).round();
            if digits.abs() < most && digits / unit == number {
                return Value::Decimal(BigDecimal::new((digits as i64).into(), scale));
            }
        }
        let Some(decimal) = value::decimal(&number.to_string()) else { return Value::Float(number) };
        Value::Decimal(match scale {
            Some(scale) if decimal.fractional_digit_count() < scale => decimal.with_scale(scale),
            _ => decimal,
        })
    }

    fn text(self, text: &str) -> Value {
        let read = match self {
            Self::Date => date(text).map(Value::Date),
            Self::Time => time(text),
            Self::DateTime => date_time(text),
            Self::Decimal(_) => value::decimal(text).map(Value::Decimal),
            _ => None,
        };
        read.unwrap_or_else(|| Value::Text(Arc::from(text)))
    }
}

/// What the declarations say about the columns of a prepared statement.
pub(super) async fn hints(
    connection: &mut SqliteConnection,
    columns: &[SqliteColumn],
) -> Result<Vec<Hint>, sqlx::Error> {
    let mut hints = Vec::with_capacity(columns.len());
    for column in columns {
        hints.push(match column.type_info().name() {
            "BOOLEAN" => Hint::Boolean,
            "INTEGER" => Hint::Integer,
            "REAL" => Hint::Float,
            "TEXT" => Hint::Text,
            "BLOB" => Hint::Bytes,
            "DATE" => Hint::Date,
            "TIME" => Hint::Time,
            "DATETIME" => Hint::DateTime,
            // An expression, or a declaration that the driver doesn't know.
            _ => match column.origin().table_column() {
                Some(origin) => Hint::decimal(&declaration(connection, &origin.table, &origin.name).await?),
                None => Hint::None,
            },
        });
    }
    Ok(hints)
}

async fn declaration(connection: &mut SqliteConnection, table: &str, column: &str) -> Result<String, sqlx::Error> {
    let declared = sqlx::query_scalar("SELECT type FROM pragma_table_info(?) WHERE name = ?");
    let declared: Option<String> = declared.bind(table).bind(column).fetch_optional(connection).await?;
    Ok(declared.unwrap_or_default())
}

/// Reads a row; a field that can't be read is told by its index and the reason.
pub(super) fn row(hints: &[Hint], row: &SqliteRow) -> Result<Row, (usize, &'static str)> {
    let mut values = Vec::with_capacity(hints.len());
    for (i, hint) in hints.iter().enumerate() {
        let field = row.try_get_raw(i).map_err(|_| (i, "the field is missing"))?;
        values.push(value(*hint, field).map_err(|why| (i, why))?);
    }
    Ok(values)
}

fn value(hint: Hint, field: SqliteValueRef<'_>) -> Result<Value, &'static str> {
    let stored = field.type_info();
    Ok(match stored.name() {
        _ if field.is_null() => Value::Null,
        "INTEGER" => hint.integer(<i64 as Decode<Sqlite>>::decode(field).map_err(|_| "not an integer")?),
        "REAL" => hint.real(<f64 as Decode<Sqlite>>::decode(field).map_err(|_| "not a number")?),
        "TEXT" => hint.text(<&str as Decode<Sqlite>>::decode(field).map_err(|_| "text that is not UTF-8")?),
        _ => Value::Bytes(Arc::from(<&[u8] as Decode<Sqlite>>::decode(field).map_err(|_| "not a blob")?)),
    })
}

/// `2026-06-30`, read by hand because dates are frequent and chrono's parser takes ten times as long.
fn date(text: &str) -> Option<NaiveDate> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return None };
    let number = |digits: &[&u8]| {
        digits
            .iter()
            .try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(**digit - b'0')))
    };
    NaiveDate::from_ymd_opt(number(&[y1, y2, y3, y4])? as i32, number(&[m1, m2])?, number(&[d1, d2])?)
}

/// `10:30`, `10:30:15`, `10:30:15.25`.
fn time(text: &str) -> Option<Value> {
    let time = NaiveTime::parse_from_str(text, "%H:%M:%S%.f").or_else(|_| NaiveTime::parse_from_str(text, "%H:%M"));
    let time = time.ok()?;
    let micros = i64::from(time.num_seconds_from_midnight()) * 1_000_000 + i64::from(time.nanosecond() / 1000);
    Some(Value::Time(micros))
}

/// `2026-06-30 10:30:15.25`, the same with `T`, without seconds or without a time; an instant if there is a zone.
fn date_time(text: &str) -> Option<Value> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(Value::Instant(instant.with_timezone(&Utc)));
    }
    let formats = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M"];
    let read = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let midnight = || date(text).map(|date| date.and_time(NaiveTime::MIN));
    read.or_else(midnight).map(Value::DateTime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_of_decimals_tell_their_digits() {
        assert_eq!(Hint::decimal("DECIMAL(10, 2)"), Hint::Decimal(Some(2)));
        assert_eq!(Hint::decimal("numeric"), Hint::Decimal(None));
        assert_eq!(Hint::decimal("DECIMAL(10)"), Hint::Decimal(None));
        assert_eq!(Hint::decimal("DECIMAL(10"), Hint::Decimal(None));
        assert_eq!(Hint::decimal("DECIMAL(10, 999999999999)"), Hint::Decimal(None));
        assert_eq!(Hint::decimal("DECIMAL(10, -2)"), Hint::Decimal(None));
        assert_eq!(Hint::decimal(""), Hint::None);
        assert_eq!(Hint::decimal("GEOMETRY"), Hint::None);
    }

    #[test]
    fn a_decimal_is_what_was_meant() {
        let money = Hint::Decimal(Some(2));
        for (read, shown) in [
            (money.real(0.1), "0.10"),
            (money.real(1234567.89), "1234567.89"),
            (money.real(-19.4), "-19.40"),
            (money.real(0.125), "0.125"),
            (money.real(0.29), "0.29"),
            (money.real(1e17), "100000000000000000.00"),
            (money.integer(5), "5.00"),
            (money.text("7.5"), "7.5"),
            (Hint::Decimal(None).integer(5), "5"),
        ] {
            assert!(matches!(read, Value::Decimal(_)), "{read:?}");
            assert_eq!(read.to_string(), shown);
        }
        assert_eq!(money.real(f64::INFINITY), Value::Float(f64::INFINITY));
    }

    #[test]
    fn what_does_not_fit_its_hint_stays_what_it_is() {
        assert_eq!(Hint::Boolean.integer(2), Value::Int(2));
        for text in ["soon", "2026-6-30", "2026-02-30", "2026-06-30 ", "２026-06-30", "20a6-06-30"] {
            assert_eq!(Hint::Date.text(text), Value::text(text));
        }
        assert_eq!(Hint::Date.integer(20260630), Value::Int(20260630));
        assert_eq!(Hint::DateTime.text("2026-13-01"), Value::text("2026-13-01"));
        assert_eq!(Hint::Text.text("2026-06-30"), Value::text("2026-06-30"));
        assert_eq!(Hint::None.text("2026-06-30"), Value::text("2026-06-30"));
    }

    #[test]
    fn dates_and_times_in_their_common_forms() {
        let shown = |hint: Hint, text: &str| {
            let value = hint.text(text);
            assert!(!matches!(value, Value::Text(_)), "{text}");
            value.to_string()
        };
        assert_eq!(shown(Hint::Date, "2026-06-30"), "2026-06-30");
        assert_eq!(shown(Hint::Time, "10:30"), "10:30:00");
        assert_eq!(shown(Hint::Time, "10:30:15.5"), "10:30:15.500000");
        assert_eq!(shown(Hint::DateTime, "2026-06-30 10:30:15"), "2026-06-30 10:30:15");
        assert_eq!(shown(Hint::DateTime, "2026-06-30T10:30:15.25"), "2026-06-30 10:30:15.250");
        assert_eq!(shown(Hint::DateTime, "2026-06-30 10:30"), "2026-06-30 10:30:00");
        assert_eq!(shown(Hint::DateTime, "2026-06-30"), "2026-06-30 00:00:00");
        assert_eq!(shown(Hint::DateTime, "2026-06-30T10:30:15+02:00"), "2026-06-30 08:30:15Z");
    }
}
