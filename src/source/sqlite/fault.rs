//! SQLite's complaints, in the source's words.
//!
//! **Invariant:** holds no value: what a running query says is stripped of everything it quotes.

use std::path::Path;

use sqlx::{Error, error::BoxDynError};

use crate::{source::SourceError, sql::Statement, value::Column};

/// Trouble that has nothing to do with a query.
pub(super) fn connection(path: &Path, error: Error) -> SourceError {
    let path = path.display();
    SourceError::Unavailable(match &error {
        Error::Database(refused) => format!("`{path}`: {}", refused.message()),
        _ => format!("`{path}`: {error}"),
    })
}

/// SQLite can't make sense of the SQL. Nothing is bound yet, so its words may be repeated.
pub(super) fn prepare(path: &Path, dataset: &str, statement: &Statement, error: Error) -> SourceError {
    match &error {
        Error::Database(refused) if !is_passing(refused.code().as_deref()) => {
            let sql = statement.positional(&[]);
            let offset = offset(refused.message(), &sql).map(|offset| statement.offset_in_file(&[], offset));
            SourceError::Refused { dataset: dataset.to_owned(), message: refused.message().to_owned(), offset }
        }
        _ => connection(path, error),
    }
}

/// A query failed while it ran.
pub(super) fn running(path: &Path, dataset: &str, error: Error) -> SourceError {
    match &error {
        Error::Database(refused) if !is_passing(refused.code().as_deref()) => {
            SourceError::Refused { dataset: dataset.to_owned(), message: unquoted(refused.message()), offset: None }
        }
        _ => connection(path, error),
    }
}

pub(super) fn bind(dataset: &str, error: BoxDynError) -> SourceError {
    let message = format!("a parameter can't be sent: {error}");
    SourceError::Refused { dataset: dataset.to_owned(), message, offset: None }
}

pub(super) fn decode(dataset: &str, column: &Column, why: &str) -> SourceError {
    SourceError::Decode { dataset: dataset.to_owned(), column: column.name.to_string(), message: why.to_owned() }
}

/// Whether the trouble is the file's and not the query's: busy, locked, I/O, can't open. Extended codes keep theirs in
/// the low byte.
fn is_passing(code: Option<&str>) -> bool {
    let code = code.and_then(|code| code.parse::<u32>().ok()).unwrap_or_default();
    matches!(code & 0xff, 5 | 6 | 10 | 14 | 15)
}

/// The message up to the first quote: a running query's complaints quote values.
fn unquoted(message: &str) -> String {
    message.split(['\'', '"']).next().unwrap_or_default().trim_end_matches([' ', ':']).to_owned()
}

/// Where in the SQL the message points: at the name after its colon, or at the text that it quotes.
fn offset(message: &str, sql: &str) -> Option<usize> {
    if let Some((_, rest)) = message.split_once("near \"") {
        return sql.find(rest.split('"').next()?);
    }
    let name = match message.split_once(": ") {
        Some((_, name)) => name.rsplit('.').next()?,
        None => return (message == "incomplete input").then_some(sql.len()),
    };
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut found = sql.match_indices(name).map(|(at, _)| at);
    found.find(|&at| !sql[..at].ends_with(is_word) && !sql[at + name.len()..].starts_with(is_word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_points_at_its_place() {
        assert_eq!(offset("no such column: t.id", "SELECT idx, t.id FROM t"), Some(14));
        assert_eq!(offset("no such table: nope", "SELECT 1 FROM nope"), Some(14));
        assert_eq!(offset("near \"FORM\": syntax error", "SELECT 1 FORM t"), Some(9));
        assert_eq!(offset("incomplete input", "SELECT"), Some(6));
        assert_eq!(offset("something else", "SELECT"), None);
    }

    #[test]
    fn values_are_cut_off() {
        assert_eq!(unquoted("bad JSON path: 'Ann'"), "bad JSON path");
        assert_eq!(unquoted("integer overflow"), "integer overflow");
    }
}
