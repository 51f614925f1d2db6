//! The ids of one page of a listing, newest first.
//!
//! A listing picks its ids first and joins the rest to them. So the picking touches nothing but an index, and MySQL has
//! no reason to prefer reading and sorting the whole table, which it does for wide rows.
//!
//! **Invariant:** a page costs what it returns: equalities first, then a range over time, which is how the indexes run.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::database::Value;

/// Conditions gathered one by one.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    /// Only rows whose `column` is `value`, when there is one.
    pub(super) fn equal(mut self, column: &'static str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.and(&format!("{column} = ?"), [value.into()]);
        }
        self
    }

    /// Only rows that come after the one at this position, in a list ordered by `time` and then `id`, both descending.
    ///
    /// Not written as `(time, id) < (?, ?)`: MySQL reads the whole index for that.
    pub(super) fn before(mut self, time: &'static str, position: Option<(DateTime<Utc>, Uuid)>) -> Self {
        if let Some((at, id)) = position {
            self.and(&format!("{time} <= ? AND ({time} < ? OR id < ?)"), [at.into(), at.into(), id.into()]);
        }
        self
    }

    /// The query for the ids of at most `limit` rows of `table`, with what to bind to it.
    pub(super) fn ids(mut self, table: &'static str, time: &'static str, limit: usize) -> (String, Vec<Value>) {
        self.values.push(Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)));
        let conditions = self.sql;
        (format!("SELECT id FROM {table}{conditions} ORDER BY {time} DESC, id DESC LIMIT ?"), self.values)
    }

    fn and<const N: usize>(&mut self, condition: &str, values: [Value; N]) {
        self.sql.push_str(if self.sql.is_empty() { " WHERE " } else { " AND " });
        self.sql.push_str(condition);
        self.values.extend(values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_what_was_asked() {
        let (sql, values) = Conditions::default()
            .equal("tenant", Some("clinic"))
            .equal("state", None::<&str>)
            .before("at", Some((DateTime::UNIX_EPOCH, Uuid::nil())))
            .ids("t", "at", 20);
        assert_eq!(
            sql,
            "SELECT id FROM t WHERE tenant = ? AND at <= ? AND (at < ? OR id < ?) ORDER BY at DESC, id DESC LIMIT ?"
        );
        assert_eq!(values.len(), 5);
        let (all, _) = Conditions::default().ids("t", "at", 1);
        assert_eq!(all, "SELECT id FROM t ORDER BY at DESC, id DESC LIMIT ?");
    }
}
