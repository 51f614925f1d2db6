//! The server's complaints, in the source's words.
//!
//! **Invariant:** holds no password, and no value: what a running query says is stripped of everything it quotes.

use std::time::Duration;

use sqlx::{
    Error,
    error::BoxDynError,
    mysql::{MySqlConnectOptions, MySqlDatabaseError},
};

use crate::{source::SourceError, sql::Statement, value::Column};

/// Trouble that has nothing to do with a query.
pub(super) fn connection(options: &MySqlConnectOptions, error: Error) -> SourceError {
    let address = address(options);
    SourceError::Unavailable(match &error {
        Error::Database(refused) => match refused.downcast_ref::<MySqlDatabaseError>() {
            error if matches!(error.number(), 1045 | 1698) => {
                return SourceError::Denied(format!("{address} refuses the user or the password"));
            }
            // No such database, no right to it, host not allowed.
            error if matches!(error.number(), 1044 | 1049 | 1130) => {
                return SourceError::Denied(format!("{address} answers: {} ({})", error.message(), error.number()));
            }
            error => format!("{address} answers: {} ({})", error.message(), error.number()),
        },
        Error::Io(error) => format!("no connection to {address}: {error}"),
        Error::Tls(error) => format!("no secure connection to {address}: {error}"),
        _ => format!("the connection to {address} failed: {error}"),
    })
}

/// No answer at all.
pub(super) fn silent(options: &MySqlConnectOptions) -> SourceError {
    SourceError::Unavailable(format!("no answer from {} within a second", address(options)))
}

fn address(options: &MySqlConnectOptions) -> String {
    match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    }
}

/// The server can't make sense of the SQL. Nothing is bound yet, so its words may be repeated.
pub(super) fn prepare(
    options: &MySqlConnectOptions,
    dataset: &str,
    statement: &Statement,
    counts: &[usize],
    sql: &str,
    error: Error,
) -> SourceError {
    let Error::Database(refused) = &error else { return connection(options, error) };
    let refused = refused.downcast_ref::<MySqlDatabaseError>();
    if is_passing(refused.number()) {
        return connection(options, error);
    }
    let offset = offset(refused.message(), sql).map(|offset| statement.offset_in_file(counts, offset));
    let message = format!("{} ({})", concise(refused.message()), refused.number());
    SourceError::Refused { dataset: dataset.to_owned(), message, offset }
}

/// A query failed while it ran.
pub(super) fn running(options: &MySqlConnectOptions, dataset: &str, limit: Duration, error: Error) -> SourceError {
    let Error::Database(refused) = &error else { return connection(options, error) };
    let refused = refused.downcast_ref::<MySqlDatabaseError>();
    match refused.number() {
        // MariaDB's max_statement_time, MySQL's max_execution_time.
        1969 | 3024 => timeout(dataset, limit),
        // KILL QUERY that was not ours: someone who looks after the server.
        1317 => SourceError::Unavailable("the query was ended on the server".to_owned()),
        number if is_passing(number) => SourceError::Unavailable(format!("{} ({number})", unquoted(refused.message()))),
        number => SourceError::Refused {
            dataset: dataset.to_owned(),
            message: format!("{} ({number})", unquoted(refused.message())),
            offset: None,
        },
    }
}

pub(super) fn timeout(dataset: &str, limit: Duration) -> SourceError {
    SourceError::Timeout { dataset: dataset.to_owned(), limit }
}

pub(super) fn bind(dataset: &str, error: BoxDynError) -> SourceError {
    let message = format!("a parameter can't be sent: {}", unquoted(&error.to_string()));
    SourceError::Refused { dataset: dataset.to_owned(), message, offset: None }
}

pub(super) fn decode(dataset: &str, column: &Column, why: &str) -> SourceError {
    SourceError::Decode { dataset: dataset.to_owned(), column: column.name.to_string(), message: why.to_owned() }
}

/// Whether the same query may work later: too many connections, a shutdown, a lost connection, a deadlock, a full disk, a
/// table that was altered since the snapshot.
fn is_passing(number: u16) -> bool {
    matches!(
        number,
        1021 | 1030 | 1040 | 1053 | 1077 | 1079 | 1114 | 1158
            ..=1161 | 1203 | 1205 | 1213 | 1226 | 1412 | 1927 | 2006 | 2013
    )
}

/// The syntax error's sentence about manuals helps nobody.
fn concise(message: &str) -> String {
    match message.split_once("for the right syntax to use ") {
        Some((_, place)) => format!("the SQL is not understood {place}"),
        None => message.to_owned(),
    }
}

/// The message with everything between quotes blanked: a running query's complaints quote values.
fn unquoted(message: &str) -> String {
    let mut parts = message.split('\'');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    while parts.next().is_some() {
        plain.push_str("'…'");
        plain.push_str(parts.next().unwrap_or_default());
    }
    plain
}

/// Where in the SQL the message points: at the text after "near", or at the name that it quotes.
fn offset(message: &str, sql: &str) -> Option<usize> {
    if let Some((_, rest)) = message.split_once("syntax to use near '") {
        let near = &rest[..rest.rfind("' at line ")?];
        return if near.is_empty() { Some(sql.len()) } else { sql.find(near) };
    }
    let quoted = message.split('\'').nth(1)?;
    let name = quoted.rsplit('.').next()?;
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    sql.match_indices(name)
        .map(|(at, _)| at)
        .find(|&at| !sql[..at].ends_with(is_word) && !sql[at + name.len()..].starts_with(is_word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_points_at_its_place() {
        let sql = "SELECT id, idx FORM t WHERE x = 'it'";
        let syntax = "You have an error in your SQL syntax; check the manual that corresponds to your MariaDB server \
                      version for the right syntax to use near 'FORM t WHERE x = 'it'' at line 1";
        assert_eq!(offset(syntax, sql), sql.find("FORM"));
        assert_eq!(concise(syntax), "the SQL is not understood near 'FORM t WHERE x = 'it'' at line 1");
        assert_eq!(offset("Unknown column 'id' in 'field list'", "SELECT idx, t.id FROM t"), Some(14));
        assert_eq!(offset("Table 'clinic.nope' doesn't exist", "SELECT 1 FROM nope"), Some(14));
        assert_eq!(offset("Something else", sql), None);
        assert_eq!(offset("syntax to use near '' at line 1", "SELECT"), Some(6));
    }

    #[test]
    fn values_are_blanked() {
        assert_eq!(unquoted("Incorrect DATE value: 'Ann O''Hara'"), "Incorrect DATE value: '…''…'");
        assert_eq!(unquoted("Incorrect value: 'open"), "Incorrect value: '…'");
        assert_eq!(unquoted("Division by 0"), "Division by 0");
    }
}
