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

/// The most digits and the greatest power of ten that [`decimal`] takes: more than any database's decimals and floats.
const MOST_DIGITS: usize = 1_000;

/// The exact decimal that a text such as `-12.50` or `1.25e3` is; `None` for anything else.
///
/// Bounded before any arithmetic: `1e999999999` is eleven bytes in a row and would fill the memory when written out.
pub fn decimal(text: &str) -> Option<BigDecimal> {
    let text = text.trim();
    let read: BigDecimal = if text.len() <= MOST_DIGITS { text.parse().ok()? } else { return None };
    (read.fractional_digit_count().unsigned_abs() <= MOST_DIGITS as u64).then_some(read)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_and_bounded() {
        let shown = |text: &str| decimal(text).map(|decimal| Value::Decimal(decimal).to_string());
        assert_eq!(shown(" -12.50 ").as_deref(), Some("-12.50"));
        assert_eq!(shown("1.25e3").as_deref(), Some("1250"));
        assert_eq!(shown(&f64::MAX.to_string()).map(|text| text.len()), Some(309));
        assert!(shown(&f64::MIN_POSITIVE.to_string()).is_some());
        for text in ["", "1,5", "NaN", "1e1001", "1e999999999", "1e-999999999", &"1".repeat(1 << 20)] {
            assert_eq!(shown(text), None, "{text:.20}");
        }
    }
}
