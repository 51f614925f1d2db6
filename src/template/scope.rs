//! What names mean while a template is filled: a chain of frames, innermost first.
//!
//! **Invariant:** immutable once made, so a scope may be kept while the next row is read.

use std::{borrow::Cow, sync::Arc};

use chrono_tz::Tz;

use crate::{
    template::{document::Naming, expression::EvalError, locale::Locale},
    value::{Columns, Row, Value},
};

/// Names with their meanings. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Scope(Arc<Frame>);

#[derive(Debug)]
struct Frame {
    names: Vec<(Arc<str>, Binding)>,
    outer: Option<Scope>,
    time_zone: Tz,
    locale: Arc<Locale>,
}

/// What one name means.
#[derive(Debug, Clone)]
pub enum Binding {
    /// A single value.
    Value(Value),
    /// One row, whose columns are its fields.
    Record(Record),
    /// All rows of a dataset held in memory.
    Table(Arc<Table>),
    /// Named facts, such as the parameters.
    Facts(Arc<[(Arc<str>, Value)]>),
    /// The counters of a loop.
    Loop(Loop),
    /// Several things, as `[a, b]` or a filter makes them.
    List(Arc<[Binding]>),
    /// The rows that `groupby` found to have something in common.
    Group(Group),
}

/// Rows that have something in common: `group.key`, `group.rows`.
#[derive(Debug, Clone)]
pub struct Group {
    /// What they have in common.
    pub key: Value,
    /// The rows.
    pub rows: Arc<Table>,
}

impl Table {
    /// Some of its rows.
    pub(crate) fn of(&self, rows: Vec<Arc<Row>>) -> Arc<Self> {
        Arc::new(Self { columns: self.columns.clone(), rows })
    }
}

impl Group {
    /// The fields of a group.
    pub(crate) const FIELDS: [&str; 2] = ["key", "rows"];
}

/// One row with its columns.
#[derive(Debug, Clone)]
pub struct Record {
    /// The columns, shared by all rows of the dataset.
    pub columns: Columns,
    /// The values, in the order of the columns.
    pub row: Arc<Row>,
}

/// A dataset held in memory.
#[derive(Debug, Clone)]
pub struct Table {
    /// The columns.
    pub columns: Columns,
    /// The rows.
    pub rows: Vec<Arc<Row>>,
}

/// Where a loop stands: `loop.index`, `loop.first`, `loop.last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loop {
    /// From 1.
    pub index: u64,
    /// Whether no row follows.
    pub last: bool,
    /// How often it runs, where that is known before its end: not in a stream.
    pub length: Option<u64>,
    /// The number of a streamed record in its innermost group, from 1; 0 where there are no groups.
    pub in_group: u64,
}

impl Binding {
    /// The value of a field; `None` when it has none of this name.
    pub(crate) fn field(&self, name: &str) -> Option<Cow<'_, Value>> {
        match self {
            Self::Record(record) => {
                let column = record.columns.iter().position(|column| *column.name == *name)?;
                record.row.get(column).map(Cow::Borrowed)
            }
            Self::Facts(facts) => facts.iter().find(|(own, _)| **own == *name).map(|(_, value)| Cow::Borrowed(value)),
            Self::Loop(counters) => counters.field(name).map(Cow::Owned),
            Self::Group(group) if name == "key" => Some(Cow::Borrowed(&group.key)),
            Self::Value(_) | Self::Table(_) | Self::List(_) | Self::Group(_) => None,
        }
    }
}

impl Loop {
    /// The fields of `loop` in a stream, whose end isn't known before it is reached.
    pub(crate) const STREAM_FIELDS: [&str; 4] = ["index", "index0", "first", "last"];
    /// The fields of `loop` in `data-for`.
    pub(crate) const FIELDS: [&str; 7] = ["index", "index0", "first", "last", "length", "revindex", "revindex0"];
    /// The same where the stream has groups.
    pub(crate) const GROUPED_FIELDS: [&str; 5] = ["index", "index0", "first", "last", "group_index"];

    pub(crate) fn field(self, name: &str) -> Option<Value> {
        let whole = |n: u64| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
        Some(match name {
            "index" => whole(self.index),
            "index0" => whole(self.index - 1),
            "first" => Value::Bool(self.index == 1),
            "last" => Value::Bool(self.last),
            "length" => whole(self.length?),
            "revindex" => whole((self.length? + 1).saturating_sub(self.index)),
            "revindex0" => whole(self.length?.saturating_sub(self.index)),
            "group_index" if self.in_group > 0 => whole(self.in_group),
            _ => return None,
        })
    }
}

impl Scope {
    /// The outermost scope.
    pub fn root(names: Vec<(Arc<str>, Binding)>, time_zone: Tz, locale: Arc<Locale>) -> Self {
        Self(Arc::new(Frame { names, outer: None, time_zone, locale }))
    }

    /// A scope within this one.
    pub fn with(&self, names: Vec<(Arc<str>, Binding)>) -> Self {
        let Frame { time_zone, locale, .. } = &*self.0;
        Self(Arc::new(Frame { names, outer: Some(self.clone()), time_zone: *time_zone, locale: locale.clone() }))
    }

    /// A scope with the names that `data-with` gives, each of which may use those before it.
    pub(crate) fn with_names(&self, names: &[Naming]) -> Result<Self, EvalError> {
        let mut scope = self.clone();
        for Naming { name, value } in names {
            let binding = value.binding(&scope)?;
            scope = scope.with(vec![(name.clone(), binding)]);
        }
        Ok(scope)
    }

    /// What a name means here.
    pub fn get(&self, name: &str) -> Option<&Binding> {
        let mut scope = self;
        loop {
            if let Some((_, binding)) = scope.0.names.iter().find(|(own, _)| **own == *name) {
                return Some(binding);
            }
            scope = scope.0.outer.as_ref()?;
        }
    }

    /// The conventions by which dates and numbers are shown.
    pub(crate) fn locale(&self) -> &Locale {
        &self.0.locale
    }

    /// The zone in which instants are shown.
    pub fn time_zone(&self) -> Tz {
        self.0.time_zone
    }
}
