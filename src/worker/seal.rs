//! The digest of what was read of a dataset, by which two documents can be told to show the same data.
//!
//! **Invariant:** the same columns and values in the same order give the same digest, on every machine and for ever;
//! docs/ARCHITECTURE.md describes the encoding.

use chrono::Datelike as _;
use sha2::{Digest as _, Sha256};

use crate::value::{Columns, Row, Value};

/// Takes rows in as they pass.
#[derive(Default)]
pub(super) struct Seal {
    hash: Sha256,
    /// Encoded values that are not hashed yet: hashing many bytes at once costs less.
    bytes: Vec<u8>,
}

impl Seal {
    /// Takes the columns in: how many, and the name of each.
    pub(super) fn columns(&mut self, columns: &Columns) {
        self.bytes.extend((columns.len() as u32).to_le_bytes());
        for column in columns.iter() {
            self.sized(column.name.as_bytes());
        }
    }

    /// Takes rows in: each value with its kind.
    pub(super) fn rows(&mut self, rows: &[Row]) {
        rows.iter().flatten().for_each(|value| self.value(value));
        self.hash.update(&self.bytes);
        self.bytes.clear();
    }

    /// SHA-256 of everything taken in.
    pub(super) fn finish(mut self) -> [u8; 32] {
        self.hash.update(&self.bytes);
        self.hash.finalize().into()
    }

    fn sized(&mut self, bytes: &[u8]) {
        self.bytes.extend((bytes.len() as u64).to_le_bytes());
        self.bytes.extend(bytes);
    }

    fn fixed<const N: usize>(&mut self, kind: u8, bytes: [u8; N]) {
        self.bytes.push(kind);
        self.bytes.extend(bytes);
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.bytes.push(0),
            Value::Bool(truth) => self.fixed(1, [u8::from(*truth)]),
            Value::Int(whole) => self.fixed(2, whole.to_le_bytes()),
            Value::UInt(whole) => self.fixed(3, whole.to_le_bytes()),
            Value::Float(number) => self.fixed(4, number.to_bits().to_le_bytes()),
            Value::Decimal(number) => {
                self.bytes.push(5);
                self.sized(number.to_plain_string().as_bytes());
            }
            Value::Text(text) => {
                self.bytes.push(6);
                self.sized(text.as_bytes());
            }
            Value::Bytes(bytes) => {
                self.bytes.push(7);
                self.sized(bytes);
            }
            Value::Date(date) => self.fixed(8, date.num_days_from_ce().to_le_bytes()),
            Value::Time(micros) => self.fixed(9, micros.to_le_bytes()),
            Value::DateTime(at) => self.fixed(10, at.and_utc().timestamp_micros().to_le_bytes()),
            Value::Instant(at) => self.fixed(11, at.timestamp_micros().to_le_bytes()),
            Value::List(values) => {
                self.fixed(12, (values.len() as u64).to_le_bytes());
                values.iter().for_each(|value| self.value(value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::value::{Column, ColumnType};

    fn seal(names: &[&str], batches: &[&[Row]]) -> String {
        let column = |name: &&str| Column { name: Arc::from(*name), kind: ColumnType::Unknown };
        let mut seal = Seal::default();
        seal.columns(&names.iter().map(column).collect());
        batches.iter().for_each(|rows| seal.rows(rows));
        hex::encode(seal.finish())
    }

    #[test]
    fn the_encoding_never_changes() {
        let row = vec![
            Value::Null,
            Value::Bool(true),
            Value::Int(-1),
            Value::Float(0.5),
            Value::Decimal("12.50".parse().unwrap()),
            Value::text("é"),
            Value::Date("2026-01-31".parse().unwrap()),
            Value::Instant("2026-01-31T10:00:00.000001Z".parse().unwrap()),
        ];
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
        // Made by the description in docs/ARCHITECTURE.md, with Python's struct and hashlib.
        assert_eq!(seal(&names, &[&[row]]), "63286c61fe5b2454995eb713e48f3eab9191b67e311d07acdb22959e4e31b4d1");
    }

    #[test]
    fn how_rows_come_in_batches_is_no_matter_but_their_order_is() {
        let [a, b] = [vec![Value::Int(1)], vec![Value::Int(2)]];
        assert_eq!(
            seal(&["n"], &[std::slice::from_ref(&a), std::slice::from_ref(&b)]),
            seal(&["n"], &[&[a.clone(), b.clone()]])
        );
        assert_ne!(seal(&["n"], &[&[a.clone(), b.clone()]]), seal(&["n"], &[&[b, a.clone()]]));
        assert_ne!(seal(&["n"], &[std::slice::from_ref(&a)]), seal(&["m"], &[std::slice::from_ref(&a)]));
        assert_ne!(
            seal(&["a", "b"], &[&[vec![Value::text("xy"), Value::text("")]]]),
            seal(&["a", "b"], &[&[vec![Value::text("x"), Value::text("y")]]]),
            "values don't run together"
        );
    }
}
