//! A template and its data, pressed into a PDF in one go: what the tests that look at whole documents share.
//!
//! The data is JSON as in a report's `sample.json`: `{"title": …, "parameters": {…}, "datasets": {"doses": [{…}]}}`.
//! JSON has neither dates nor decimals, so a text written as one of them becomes one.

use std::{path::Path, sync::Arc};

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone, Utc};
use pressroom::{
    layout::{self, Context, Interrupted, Pages, Rows, Totals, page::Page, text::Shaper},
    pdf::{Metadata, PdfError, PdfWriter, Stamp, StampedDataset},
    template::Template,
    value::{self, Column, ColumnType, Columns, Row, Value},
};
use serde_json::{Map, Value as Json};

/// Renders `file` of a templates folder; what went wrong comes as text.
pub(crate) fn press(folder: &Path, file: &str, data: &Json, tagged: bool) -> Result<Vec<u8>, String> {
    let template = load(folder, file)?;
    let mut shaper = Shaper::new(template.fonts().clone());
    let mut rows = Written { datasets: data["datasets"].as_object().cloned().unwrap_or_default(), current: Vec::new() };
    let context = context(&template, data, tagged);
    let mut bytes = Vec::new();
    let metadata = metadata(&context);
    let writer = PdfWriter::new(&mut bytes, template.fonts().clone(), metadata).map_err(|error| error.to_string())?;
    let mut sheets = Sheets { writer, failure: None };
    let totals = layout::paginate(&template, &context, &mut shaper, &mut rows, &mut sheets);
    if let Some(failure) = sheets.failure {
        return Err(failure.to_string());
    }
    let stamp = stamp(totals.map_err(|error| error.to_string())?);
    sheets.writer.finish(&stamp).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// Loads a template, or tells every fault in it as the program would.
pub(crate) fn load(folder: &Path, file: &str) -> Result<Template, String> {
    Template::load(folder, file).map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

fn context(template: &Template, data: &Json, tagged: bool) -> Context {
    let text = |key: &str, otherwise: &str| data[key].as_str().unwrap_or(otherwise).to_owned();
    let parameters = data["parameters"].as_object().cloned().unwrap_or_default();
    let single = data["single"].as_array().cloned().unwrap_or_default();
    Context {
        title: text("title", "A report"),
        description: text("description", ""),
        tenant: text("tenant", "north"),
        language: template.language().unwrap_or("en").to_owned(),
        time_zone: chrono_tz::UTC,
        generated_at: generated_at(),
        parameters: parameters.iter().map(|(name, json)| (Arc::from(name.as_str()), value(json))).collect(),
        single: single.iter().filter_map(Json::as_str).map(Arc::from).collect(),
        tagged,
        max_pages: 1_000,
    }
}

fn metadata(context: &Context) -> Metadata {
    Metadata {
        title: context.title.clone(),
        language: context.language.clone(),
        id: *b"0123456789abcdef",
        created_at: context.generated_at,
        producer: "Pressroom tests".to_owned(),
        tagged: context.tagged,
    }
}

/// As if every row that was placed had been read; their digest is of no interest here.
fn stamp(totals: Totals) -> Stamp {
    let dataset = |(name, rows)| StampedDataset { name, rows_read: rows, rows_placed: rows, sha256: [0; 32] };
    Stamp { datasets: totals.rows.into_iter().map(dataset).collect() }
}

fn generated_at() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 24, 9, 30, 0).single().expect("an instant")
}

/// Rows that are written down.
struct Written {
    datasets: Map<String, Json>,
    current: Vec<Row>,
}

impl Rows for Written {
    fn open(&mut self, dataset: &str) -> Result<Columns, Interrupted> {
        let objects: Vec<&Map<String, Json>> = self
            .datasets
            .get(dataset)
            .and_then(Json::as_array)
            .ok_or(Interrupted)?
            .iter()
            .filter_map(Json::as_object)
            .collect();
        let names: Vec<&String> = objects.first().map(|object| object.keys().collect()).unwrap_or_default();
        let row = |object: &&Map<String, Json>| {
            names.iter().map(|name| object.get(*name).map_or(Value::Null, value)).collect()
        };
        // The last one comes first out of `next`.
        self.current = objects.iter().rev().map(row).collect();
        let column = |name: &&String| Column { name: Arc::from(name.as_str()), kind: ColumnType::Unknown };
        Ok(names.iter().map(column).collect())
    }

    fn next(&mut self) -> Result<Option<Row>, Interrupted> {
        Ok(self.current.pop())
    }
}

struct Sheets<W> {
    writer: PdfWriter<W>,
    failure: Option<PdfError>,
}

impl<W: std::io::Write> Pages for Sheets<W> {
    fn page(&mut self, page: &Page) -> Result<(), Interrupted> {
        self.writer.page(page).map_err(|error| {
            self.failure = Some(error);
            Interrupted
        })
    }
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| number.as_f64().map_or(Value::Null, Value::Float), Value::Int)
        }
        Json::String(text) => written(text),
        Json::Array(values) => Value::List(values.iter().map(value).collect()),
        Json::Object(_) => Value::text(json.to_string()),
    }
}

fn written(text: &str) -> Value {
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Value::Date(date);
    }
    if let Ok(time) = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S") {
        return Value::DateTime(time);
    }
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.strip_prefix('-').unwrap_or(text).split_once('.') {
        Some((whole, fraction)) if is_number(whole) && is_number(fraction) => {
            value::decimal(text).map_or_else(|| Value::text(text), Value::Decimal)
        }
        _ => Value::text(text),
    }
}
