//! Fields as MySQL's binary protocol sends them.
//!
//! **Invariant:** what the server says exactly stays exact; what can't be read is an error, never a guess.

use std::{str::FromStr, sync::Arc};

use bigdecimal::BigDecimal;
use chrono::{NaiveDate, NaiveDateTime};
use sqlx::{
    Column, Decode, Row as _, Type, TypeInfo, ValueRef,
    mysql::{MySqlColumn, MySqlRow},
};

use crate::value::{ColumnType, Row, Value};

/// Why a column of [`Reader::Unsupported`] can't be read.
pub(super) const UNSUPPORTED: &str = "a geometry; select ST_AsText(…) of it";

/// How the fields of one column are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    Null,
    Boolean,
    Signed,
    Unsigned,
    Bits,
    Single,
    Double,
    Decimal,
    Text,
    Bytes,
    Date,
    Time,
    DateTime,
    Instant,
    Unsupported,
}

impl Reader {
    pub(super) fn of(column: &MySqlColumn) -> Self {
        match column.type_info().name() {
            "NULL" => Self::Null,
            "BOOLEAN" => Self::Boolean,
            "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "BIGINT" => Self::Signed,
            "TINYINT UNSIGNED" | "SMALLINT UNSIGNED" | "MEDIUMINT UNSIGNED" | "INT UNSIGNED" | "BIGINT UNSIGNED"
            | "YEAR" => Self::Unsigned,
            "BIT" => Self::Bits,
            "FLOAT" => Self::Single,
            "DOUBLE" => Self::Double,
            "DECIMAL" => Self::Decimal,
            "DATE" => Self::Date,
            "TIME" => Self::Time,
            "DATETIME" => Self::DateTime,
            "TIMESTAMP" => Self::Instant,
            "ENUM" | "SET" | "JSON" => Self::Text,
            "GEOMETRY" => Self::Unsupported,
            // A binary *collation* (utf8mb4_bin) names text VARBINARY and MariaDB's JSON a BLOB: the character set tells.
            _ if <str as Type<sqlx::MySql>>::compatible(column.type_info()) => Self::Text,
            _ => Self::Bytes,
        }
    }

    pub(super) fn kind(self) -> ColumnType {
        match self {
            Self::Null | Self::Unsupported => ColumnType::Unknown,
            Self::Boolean => ColumnType::Boolean,
            Self::Signed | Self::Unsigned | Self::Bits => ColumnType::Integer,
            Self::Single | Self::Double => ColumnType::Float,
            Self::Decimal => ColumnType::Decimal,
            Self::Text => ColumnType::Text,
            Self::Bytes => ColumnType::Bytes,
            Self::Date => ColumnType::Date,
            Self::Time => ColumnType::Time,
            Self::DateTime | Self::Instant => ColumnType::Datetime,
        }
    }

    fn read(self, field: &[u8]) -> Result<Value, &'static str> {
        Ok(match self {
            Self::Null => Value::Null,
            Self::Boolean => match signed(field)? {
                0 => Value::Bool(false),
                1 => Value::Bool(true),
                // TINYINT(1) is only by custom a truth value.
                number => Value::Int(number),
            },
            Self::Signed => Value::Int(signed(field)?),
            Self::Unsigned => integer(unsigned(field.iter().rev())?),
            Self::Bits => integer(unsigned(field.iter())?),
            Self::Single => single(f32::from_le_bytes(array(field)?)),
            Self::Double => Value::Float(f64::from_le_bytes(array(field)?)),
            Self::Decimal => Value::Decimal(BigDecimal::from_str(text(field)?).map_err(|_| "not a decimal")?),
            Self::Text => Value::Text(Arc::from(text(field)?)),
            Self::Bytes => Value::Bytes(Arc::from(field)),
            Self::Date => date_time(field)?.map_or(Value::Null, |time| Value::Date(time.date())),
            Self::Time => Value::Time(time(field)?),
            Self::DateTime => date_time(field)?.map_or(Value::Null, Value::DateTime),
            Self::Instant => date_time(field)?.map_or(Value::Null, |time| Value::Instant(time.and_utc())),
            Self::Unsupported => return Err(UNSUPPORTED),
        })
    }
}

/// Reads a row; a field that can't be read is told by its index and the reason.
pub(super) fn row(readers: &[Reader], row: &MySqlRow) -> Result<Row, (usize, &'static str)> {
    let mut values = Vec::with_capacity(readers.len());
    for (i, reader) in readers.iter().enumerate() {
        let field = row.try_get_raw(i).map_err(|_| (i, "the field is missing"))?;
        values.push(if field.is_null() {
            Value::Null
        } else {
            let bytes = <&[u8] as Decode<sqlx::MySql>>::decode(field).map_err(|_| (i, "the field has no bytes"))?;
            reader.read(bytes).map_err(|why| (i, why))?
        });
    }
    Ok(values)
}

fn array<const N: usize>(field: &[u8]) -> Result<[u8; N], &'static str> {
    field.try_into().map_err(|_| "a field of an unexpected length")
}

fn signed(field: &[u8]) -> Result<i64, &'static str> {
    Ok(match field.len() {
        1 => i8::from_le_bytes(array(field)?).into(),
        2 => i16::from_le_bytes(array(field)?).into(),
        4 => i32::from_le_bytes(array(field)?).into(),
        _ => i64::from_le_bytes(array(field)?),
    })
}

/// The number with these bytes, the most significant first.
fn unsigned<'a>(bytes: impl ExactSizeIterator<Item = &'a u8>) -> Result<u64, &'static str> {
    if bytes.len() > 8 {
        return Err("a field of an unexpected length");
    }
    Ok(bytes.fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn integer(number: u64) -> Value {
    i64::try_from(number).map_or(Value::UInt(number), Value::Int)
}

/// The double that is written like the single: 0.1 stays 0.1 and doesn't become 0.10000000149011612.
fn single(number: f32) -> Value {
    Value::Float(number.to_string().parse().unwrap_or_else(|_| f64::from(number)))
}

fn text(field: &[u8]) -> Result<&str, &'static str> {
    std::str::from_utf8(field)
        .map_err(|_| "text that is not UTF-8; convert its column or select it as a number of bytes")
}

/// Length, year, month, day, and if there is a time hour, minute, second, and if there is a fraction microseconds.
///
/// MySQL's zero dates, whole (`0000-00-00`) or in part (`2020-00-00`), are no dates.
fn date_time(field: &[u8]) -> Result<Option<NaiveDateTime>, &'static str> {
    let parts = field.get(1..).unwrap_or_default();
    let [year_low, year_high, month, day, time @ ..] = parts else { return Ok(None) };
    if *month == 0 || *day == 0 {
        return Ok(None);
    }
    let year = u16::from_le_bytes([*year_low, *year_high]);
    let date = NaiveDate::from_ymd_opt(year.into(), u32::from(*month), u32::from(*day));
    let (seconds, micros) = clock(time)?;
    date.and_then(|date| date.and_hms_micro_opt(seconds / 3600, seconds / 60 % 60, seconds % 60, micros))
        .map(Some)
        .ok_or("a date that the calendar doesn't have")
}

/// Length, sign, days, hour, minute, second, and if there is a fraction microseconds.
fn time(field: &[u8]) -> Result<i64, &'static str> {
    let parts = field.get(1..).unwrap_or_default();
    let Some((negative, rest)) = parts.split_first() else { return Ok(0) };
    let (days, rest) = rest.split_at_checked(4).ok_or("a time of an unexpected length")?;
    let (seconds, micros) = clock(rest)?;
    let days = u32::from_le_bytes(array(days)?);
    if days > 99 {
        return Err("a time beyond 838 hours");
    }
    let span = (i64::from(days) * 86_400 + i64::from(seconds)) * 1_000_000 + i64::from(micros);
    Ok(if *negative == 0 { span } else { -span })
}

/// Seconds since midnight and microseconds.
fn clock(bytes: &[u8]) -> Result<(u32, u32), &'static str> {
    let [hour, minute, second, fraction @ ..] = bytes else {
        return if bytes.is_empty() { Ok((0, 0)) } else { Err("a time of an unexpected length") };
    };
    let micros = if fraction.is_empty() { 0 } else { u32::from_le_bytes(array(fraction)?) };
    Ok((u32::from(*hour) * 3600 + u32::from(*minute) * 60 + u32::from(*second), micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(reader: Reader, field: &[u8]) -> String {
        match reader.read(field) {
            Ok(value) => format!("{value:?}"),
            Err(why) => why.to_owned(),
        }
    }

    #[test]
    fn integers_of_every_width() {
        assert_eq!(read(Reader::Signed, &[0x80]), "Int(-128)");
        assert_eq!(read(Reader::Signed, &[0xff, 0xff]), "Int(-1)");
        assert_eq!(read(Reader::Signed, &i32::MIN.to_le_bytes()), "Int(-2147483648)");
        assert_eq!(read(Reader::Signed, &i64::MIN.to_le_bytes()), "Int(-9223372036854775808)");
        assert_eq!(read(Reader::Unsigned, &[0xff]), "Int(255)");
        assert_eq!(read(Reader::Unsigned, &u64::MAX.to_le_bytes()), "UInt(18446744073709551615)");
        assert_eq!(read(Reader::Bits, &[1, 0]), "Int(256)");
        assert_eq!(read(Reader::Boolean, &[1]), "Bool(true)");
        assert_eq!(read(Reader::Boolean, &[7]), "Int(7)");
        assert_eq!(read(Reader::Signed, &[1, 2, 3]), "a field of an unexpected length");
    }

    #[test]
    fn times_run_from_minus_838_hours_to_838() {
        let field = |sign: u8, days: u32, rest: &[u8]| [&[8, sign][..], &days.to_le_bytes(), rest].concat();
        let longest = Reader::Time.read(&field(1, 34, &[22, 59, 59])).unwrap();
        assert_eq!(longest.to_string(), "-838:59:59");
        let fraction = Reader::Time.read(&field(0, 0, &[1, 2, 3, 64, 66, 15, 0])).unwrap();
        assert_eq!(fraction, Value::Time(3_723_000_000 + 1_000_000));
        assert_eq!(read(Reader::Time, &[0]), "Time(0)");
        assert_eq!(read(Reader::Time, &[2, 0, 0]), "a time of an unexpected length");
    }

    #[test]
    fn zero_dates_are_no_dates() {
        assert_eq!(read(Reader::Date, &[0]), "Null");
        assert_eq!(read(Reader::Date, &[4, 0xe4, 7, 0, 0]), "Null");
        assert_eq!(read(Reader::Date, &[4, 0xe4, 7, 2, 29]), "Date(2020-02-29)");
        assert_eq!(read(Reader::Date, &[4, 0xe5, 7, 2, 29]), "a date that the calendar doesn't have");
        assert_eq!(read(Reader::DateTime, &[7, 0xe4, 7, 2, 29, 23, 59, 58]), "DateTime(2020-02-29T23:59:58)");
        assert_eq!(read(Reader::Instant, &[4, 0xe4, 7, 2, 29]), "Instant(2020-02-29T00:00:00Z)");
    }

    #[test]
    fn numbers_keep_their_digits() {
        assert_eq!(read(Reader::Single, &0.1f32.to_le_bytes()), "Float(0.1)");
        let exact = Reader::Decimal.read(b"12345678901234567890.0123456789").unwrap();
        assert_eq!(exact.to_string(), "12345678901234567890.0123456789");
        assert_eq!(Reader::Decimal.read(b"1.50").unwrap().to_string(), "1.50");
    }

    proptest::proptest! {
        #[test]
        fn no_field_panics(field in proptest::collection::vec(proptest::num::u8::ANY, 0..20)) {
            use Reader::*;
            for reader in [Boolean, Signed, Unsigned, Bits, Single, Double, Decimal, Text, Date, Time, DateTime, Instant] {
                reader.read(&field).ok();
            }
        }
    }
}
