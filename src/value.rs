//! Values, columns and rows: what a database returns and a template shows.
//!
//! **Invariant:** a value knows neither where it came from nor how it will be drawn.

use std::{fmt, sync::Arc};

use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

/// One field of a row, or one bound parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// SQL `NULL`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An integer above `i64::MAX`, as MySQL's `BIGINT UNSIGNED` can hold.
    UInt(u64),
    /// A binary floating point number.
    Float(f64),
    /// An exact decimal; sums and averages of decimals stay exact.
    Decimal(BigDecimal),
    /// Text.
    Text(Arc<str>),
    /// Bytes that are not text.
    Bytes(Arc<[u8]>),
    /// A calendar date.
    Date(NaiveDate),
    /// A time span in microseconds; MySQL's `TIME` runs from −838:59:59 to 838:59:59.
    Time(i64),
    /// A date and time without a zone, as `DATETIME` stores it.
    DateTime(NaiveDateTime),
    /// An instant, as `TIMESTAMP` stores it.
    Instant(DateTime<Utc>),
    /// Several values, as a list parameter holds them.
    List(Vec<Value>),
}

impl Value {
    /// Text from anything that is a string.
    pub fn text(text: impl AsRef<str>) -> Self {
        Self::Text(Arc::from(text.as_ref()))
    }

    /// Whether this is SQL `NULL`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

/// Writes the plain form: dates as ISO 8601, decimals with all their digits, `NULL` as nothing.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Bool(b) => b.fmt(f),
            Self::Int(i) => i.fmt(f),
            Self::UInt(u) => u.fmt(f),
            Self::Float(x) => x.fmt(f),
            Self::Decimal(d) => f.write_str(&d.to_plain_string()),
            Self::Text(t) => f.write_str(t),
            Self::Bytes(b) => f.write_str(&hex::encode(b)),
            Self::Date(d) => d.fmt(f),
            Self::Time(micros) => write_time(f, *micros),
            Self::DateTime(t) => t.format("%Y-%m-%d %H:%M:%S%.f").fmt(f),
            Self::Instant(t) => t.format("%Y-%m-%d %H:%M:%S%.fZ").fmt(f),
            Self::List(values) => {
                for (i, value) in values.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    value.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}

fn write_time(f: &mut fmt::Formatter<'_>, micros: i64) -> fmt::Result {
    let sign = if micros < 0 { "-" } else { "" };
    let all = micros.unsigned_abs();
    let (seconds, fraction) = (all / 1_000_000, all % 1_000_000);
    write!(f, "{sign}{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
    if fraction > 0 { write!(f, ".{fraction:06}") } else { Ok(()) }
}

/// What a column holds, as far as the database says before any row is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// A truth value.
    Boolean,
    /// A whole number.
    Integer,
    /// A binary floating point number.
    Float,
    /// An exact decimal.
    Decimal,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// A calendar date.
    Date,
    /// A time span.
    Time,
    /// A date and time.
    Datetime,
    /// The database doesn't say (a SQLite expression, for example).
    Unknown,
}

/// A column's name and type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name as the query gives it; unique within a dataset.
    pub name: Arc<str>,
    /// What it holds.
    pub kind: ColumnType,
}

/// The columns of one dataset, shared by all its rows.
pub type Columns = Arc<[Column]>;

/// One record: as many values as its dataset has columns, in their order.
pub type Row = Vec<Value>;
