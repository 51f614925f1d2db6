//! Rows that are written down, as in a report's `sample.json`: for tests and previews without a database.
//!
//! **Invariant:** reads no SQL; a dataset's name alone tells its rows.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use futures::stream;
use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

use super::{Description, Flow, Query, Result, RowSink, Snapshot, Source, SourceError, batch};
use crate::{
    sql::Statement,
    value::{self, Column, ColumnType, Columns, Row, Value},
};

/// Named tables in memory.
#[derive(Debug, Clone, Default)]
pub struct FixtureSource {
    tables: Arc<BTreeMap<String, Table>>,
    taken_at: DateTime<Utc>,
}

#[derive(Debug)]
struct Table {
    columns: Columns,
    rows: Vec<Row>,
}

impl FixtureSource {
    /// The rows under `datasets` of a `sample.json`: `{"datasets": {"patient": [{"name": "Ann"}]}}`.
    ///
    /// The first row of a dataset names its columns; what another one lacks is `NULL`. JSON has neither dates nor
    /// decimals, so a text written as an ISO date, as a date and time, or as a number with a point becomes one.
    pub fn from_sample(sample: &Json) -> Result<Self> {
        let Some(datasets) = sample.get("datasets").and_then(Json::as_object) else {
            return Err(SourceError::Unavailable("the sample has no object `datasets`".to_owned()));
        };
        let tables = datasets.iter().map(|(name, rows)| Ok((name.clone(), Table::from_json(name, rows)?)));
        Ok(Self { tables: Arc::new(tables.collect::<Result<_>>()?), taken_at: DateTime::UNIX_EPOCH })
    }

    /// Sets the instant that its snapshots tell.
    pub fn taken_at(self, taken_at: DateTime<Utc>) -> Self {
        Self { taken_at, ..self }
    }

    fn table(&self, dataset: &str) -> Result<&Table> {
        self.tables.get(dataset).ok_or_else(|| SourceError::Refused {
            dataset: dataset.to_owned(),
            message: "the sample has no rows for it".to_owned(),
            offset: None,
        })
    }
}

impl Table {
    fn from_json(dataset: &str, rows: &Json) -> Result<Self> {
        let refused = |message: String| SourceError::Refused { dataset: dataset.to_owned(), message, offset: None };
        let rows = rows.as_array().ok_or_else(|| refused("the sample's rows are not a list".to_owned()))?;
        let names: Vec<&String> =
            rows.first().and_then(Json::as_object).map(|row| row.keys().collect()).unwrap_or_default();
        let mut table = Vec::with_capacity(rows.len());
        for row in rows {
            let row = row.as_object().ok_or_else(|| refused("a row of the sample is not an object".to_owned()))?;
            if let Some(unknown) = row.keys().find(|key| !names.contains(key)) {
                return Err(refused(format!("the sample's first row has no column `{unknown}`")));
            }
            table.push(names.iter().map(|name| row.get(*name).map_or(Value::Null, value)).collect::<Row>());
        }
        let kind = |i: usize| table.iter().map(|row| kind(&row[i])).find(|kind| *kind != ColumnType::Unknown);
        let columns = names
            .iter()
            .enumerate()
            .map(|(i, name)| Column { name: Arc::from(name.as_str()), kind: kind(i).unwrap_or(ColumnType::Unknown) });
        Ok(Self { columns: columns.collect(), rows: table })
    }
}

#[async_trait]
impl Source for FixtureSource {
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        Ok(Box::new(self.clone()))
    }

    async fn describe(&self, dataset: &str, _: &Statement) -> Result<Description> {
        Ok(Description { columns: self.table(dataset)?.columns.to_vec() })
    }

    async fn ping(&self) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl Snapshot for FixtureSource {
    fn taken_at(&self) -> DateTime<Utc> {
        self.taken_at
    }

    async fn stream(&mut self, query: &Query, cancel: &CancellationToken, sink: &mut dyn RowSink) -> Result<()> {
        let table = self.table(&query.dataset)?;
        let delivered = async {
            if sink.columns(table.columns.clone()).await == Flow::Continue {
                let rows = stream::iter(table.rows.iter().skip(1).map(Ok));
                batch::deliver(table.rows.first(), rows, |row| Ok(Row::clone(row)), sink).await?;
            }
            Ok(())
        };
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(SourceError::Cancelled),
            delivered = delivered => delivered,
        }
    }

    async fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => Value::Int(integer),
            (_, Some(integer)) => Value::UInt(integer),
            _ => number.as_f64().map_or(Value::Null, Value::Float),
        },
        Json::String(text) => written(text),
        Json::Array(_) | Json::Object(_) => Value::text(json.to_string()),
    }
}

/// What a text stands for.
fn written(text: &str) -> Value {
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Value::Date(date);
    }
    if let Ok(time) = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f") {
        return Value::DateTime(time);
    }
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Value::Instant(instant.with_timezone(&Utc));
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match digits.split_once('.') {
        Some((whole, fraction)) if is_number(whole) && is_number(fraction) => {
            value::decimal(text).map_or_else(|| Value::text(text), Value::Decimal)
        }
        _ => Value::text(text),
    }
}

fn kind(value: &Value) -> ColumnType {
    match value {
        Value::Null | Value::List(_) => ColumnType::Unknown,
        Value::Bool(_) => ColumnType::Boolean,
        Value::Int(_) | Value::UInt(_) => ColumnType::Integer,
        Value::Float(_) => ColumnType::Float,
        Value::Decimal(_) => ColumnType::Decimal,
        Value::Text(_) => ColumnType::Text,
        Value::Bytes(_) => ColumnType::Bytes,
        Value::Date(_) => ColumnType::Date,
        Value::Time(_) => ColumnType::Time,
        Value::DateTime(_) | Value::Instant(_) => ColumnType::Datetime,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_become_what_they_are_written_as() {
        assert!(matches!(written("2026-06-30"), Value::Date(_)));
        assert!(matches!(written("2026-06-30 10:30:00"), Value::DateTime(_)));
        assert!(matches!(written("2026-06-30T10:30:00Z"), Value::Instant(_)));
        assert_eq!(written("-12.50").to_string(), "-12.50");
        for text in ["03", "12", "1.", ".5", "1.2.3", "MRN-0000001", "2026-06", "2026-13-01"] {
            assert_eq!(written(text), Value::text(text));
        }
    }

    #[test]
    fn a_column_is_named_by_the_first_row_and_typed_by_its_first_value() {
        let sample = json!({"datasets": {"d": [{"b": null, "a": 1}, {"b": "1.5"}], "empty": []}});
        let source = FixtureSource::from_sample(&sample).unwrap();
        let table = source.table("d").unwrap();
        let columns: Vec<_> = table.columns.iter().map(|column| (&*column.name, column.kind)).collect();
        assert_eq!(columns, [("b", ColumnType::Decimal), ("a", ColumnType::Integer)]);
        assert_eq!(table.rows[1][1], Value::Null);
        assert!(source.table("empty").unwrap().columns.is_empty());
    }

    #[test]
    fn a_bad_sample_is_told() {
        for (sample, why) in [
            (json!({}), "no object `datasets`"),
            (json!({"datasets": {"d": {}}}), "not a list"),
            (json!({"datasets": {"d": [1]}}), "not an object"),
            (json!({"datasets": {"d": [{"a": 1}, {"b": 1}]}}), "no column `b`"),
        ] {
            let error = FixtureSource::from_sample(&sample).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
