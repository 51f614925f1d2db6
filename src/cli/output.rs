//! How answers look: tables for people, JSON for scripts, faults for both.

use std::io::{self, Write as _};

use chrono::{DateTime, Utc};
use clap::builder::RangedU64ValueParser;
use serde::Serialize;

use super::{global::Faults, snippet};
use crate::{fault::Fault, report::FieldError, request::RequestError};

/// Prints an error with its causes to standard error.
pub(super) fn error(error: &anyhow::Error) {
    match error.downcast_ref::<super::global::Faults>() {
        Some(Faults(faults)) => faults.iter().for_each(fault),
        None => eprintln!("error: {error:#}"),
    }
}

/// Parameters that were refused, a line each.
pub(super) fn field_errors(errors: Vec<FieldError>) -> anyhow::Error {
    let line = |error: &FieldError| format!("\n  --param {}: {}", error.field, error.message);
    anyhow::anyhow!("the parameters can't be used{}", errors.iter().map(line).collect::<String>())
}

/// A refused request, each refused parameter on a line of its own.
pub(super) fn request_error(error: RequestError) -> anyhow::Error {
    match error {
        RequestError::Invalid(errors) => field_errors(errors),
        error => error.into(),
    }
}

/// Prints one fault to standard error.
pub(super) fn fault(fault: &Fault) {
    snippet::print(fault);
}

/// An instant in UTC, to the second.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// Tells how to ask for the next page of a list, where there is one.
pub(super) fn more(next: Option<&str>) {
    if let Some(next) = next {
        eprintln!("more: --cursor {next}");
    }
}

/// `--limit`: none at all is no list.
pub(super) fn limit() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

/// A number with its noun: `1 page`, `2 pages`.
pub(super) fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Prints a value as indented JSON.
pub(super) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    line(&serde_json::to_string_pretty(value)?)
}

/// Prints a line; a reader that has gone away (`| head`) is no error.
pub(super) fn line(text: &str) -> anyhow::Result<()> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}

/// Prints rows under their headings in aligned columns; numbers align right.
pub(super) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> anyhow::Result<()> {
    let width = |i: usize| rows.iter().map(|row| row[i].chars().count()).chain([headings[i].len()]).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    line(layout(headings.map(str::to_owned), widths).trim_end())?;
    for row in rows {
        line(layout(row.clone(), widths).trim_end())?;
    }
    Ok(())
}

fn layout<const N: usize>(cells: [String; N], widths: [usize; N]) -> String {
    let mut text = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        let number = !cell.is_empty() && cell.bytes().all(|b| b.is_ascii_digit());
        let padding = " ".repeat(width.saturating_sub(cell.chars().count()));
        text += &if number { format!("{padding}{cell}  ") } else { format!("{cell}{padding}  ") };
    }
    text
}
