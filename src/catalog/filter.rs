//! `WHERE`, `ORDER BY` and `LIMIT` of a listing, newest first.
//!
//! **Invariant:** a page costs what it returns: equalities first, then a range over time, which is how the indexes run.

use std::borrow::Cow;

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
    pub(super) fn before(
        mut self,
        time: &'static str,
        id: &'static str,
        position: Option<(DateTime<Utc>, Uuid)>,
    ) -> Self {
        if let Some((at, after)) = position {
            let values = [at.into(), at.into(), after.into()];
            self.and(&format!("{time} <= ? AND ({time} < ? OR {id} < ?)"), values);
        }
        self
    }

    /// The whole query, at most `limit` rows.
    pub(super) fn query(
        mut self,
        select: &str,
        time: &'static str,
        id: &'static str,
        limit: usize,
    ) -> (Cow<'static, str>, Vec<Value>) {
        self.values.push(Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)));
        (format!("{select}{} ORDER BY {time} DESC, {id} DESC LIMIT ?", self.sql).into(), self.values)
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
            .before("at", "id", Some((DateTime::UNIX_EPOCH, Uuid::nil())))
            .query("SELECT * FROM t", "at", "id", 20);
        assert_eq!(
            sql,
            "SELECT * FROM t WHERE tenant = ? AND at <= ? AND (at < ? OR id < ?) ORDER BY at DESC, id DESC LIMIT ?"
        );
        assert_eq!(values.len(), 5);
        assert_eq!(
            Conditions::default().query("SELECT * FROM t", "at", "id", 1).0,
            "SELECT * FROM t ORDER BY at DESC, id DESC LIMIT ?"
        );
    }
}
