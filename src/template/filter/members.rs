//! Filters on lists and on rows held in memory: sorting, grouping, choosing, adding up.

use std::{cmp::Ordering, sync::Arc};

use super::write_plain;
use crate::{
    template::{
        aggregate::{Aggregate, Function, Reach, Tally},
        expression::{
            eval::{Trouble, truth},
            node::{Comparison, Node},
            operation,
        },
        scope::{Binding, Group, Record, Scope, Table},
    },
    value::{Row, Value},
};

/// What is made of the members.
#[derive(Debug)]
pub(crate) enum Members {
    First,
    Last,
    Reverse,
    Min(Option<String>),
    Max(Option<String>),
    Sum(Option<String>),
    Avg(Option<String>),
    Unique(Option<String>),
    Sort { column: Option<String>, reverse: bool },
    Map(String),
    GroupBy(String),
    Select { column: String, picked: Picked, wanted: bool },
}

/// Which members are chosen.
#[derive(Debug)]
pub(crate) enum Picked {
    /// Those whose column counts as true.
    True,
    Compared(Comparison, Node),
}

/// The members, each with the value that the filter looks at.
struct Listed {
    members: Vec<(Value, Binding)>,
    /// The table that they are rows of.
    table: Option<Arc<Table>>,
}

impl Members {
    pub(super) fn apply(&self, of: Binding, at: usize, scope: &Scope) -> Result<Binding, Trouble> {
        if matches!(of, Binding::Value(Value::Null)) {
            return Ok(of);
        }
        let mut listed = Listed::new(of, self.column(), at)?;
        let zone = scope.time_zone();
        let value = match self {
            Self::First => return Ok(listed.members.into_iter().next().map_or(NOTHING, |(_, member)| member)),
            Self::Last => return Ok(listed.members.pop().map_or(NOTHING, |(_, member)| member)),
            Self::Reverse => {
                listed.members.reverse();
                return Ok(listed.into_binding());
            }
            Self::Min(_) => listed.aggregate(Function::Min, at)?,
            Self::Max(_) => listed.aggregate(Function::Max, at)?,
            Self::Sum(_) => listed.aggregate(Function::Sum, at)?,
            Self::Avg(_) => listed.aggregate(Function::Avg, at)?,
            Self::Sort { reverse, .. } => {
                // `NULL` comes first, as in SQL; what has no order keeps its place.
                listed.members.sort_by(|(a, _), (b, _)| {
                    let order = match (a.is_null(), b.is_null()) {
                        (false, false) => operation::order(a, b, zone).unwrap_or(Ordering::Equal),
                        (a, b) => b.cmp(&a),
                    };
                    if *reverse { order.reverse() } else { order }
                });
                return Ok(listed.into_binding());
            }
            Self::Unique(_) => {
                let mut seen = std::collections::HashSet::new();
                listed.members.retain(|(value, _)| seen.insert(value.to_string()));
                return Ok(listed.into_binding());
            }
            Self::Map(_) => Value::List(listed.members.into_iter().map(|(value, _)| value).collect()),
            Self::GroupBy(_) => return Ok(groups(listed)),
            Self::Select { picked, wanted, .. } => {
                let mut error = None;
                let keeps = |value: &Value| match picked {
                    Picked::True => Ok(truth(value)),
                    Picked::Compared(comparison, other) => {
                        let value = Node::constant_value(value.clone());
                        crate::template::expression::eval::holds(*comparison, &value, other, scope)
                    }
                };
                listed.members.retain(|(value, _)| match keeps(value) {
                    Ok(keeps) => keeps == *wanted,
                    Err(trouble) => {
                        error.get_or_insert(trouble);
                        false
                    }
                });
                return error.map_or(Ok(listed.into_binding()), |trouble| Err(Trouble { at, ..trouble }));
            }
        };
        Ok(Binding::Value(value))
    }
}

const NOTHING: Binding = Binding::Value(Value::Null);

impl Listed {
    fn new(of: Binding, column: Option<&str>, at: usize) -> Result<Self, Trouble> {
        let no_column = || Trouble::new(at, "the column that it asks for doesn't exist");
        match of {
            Binding::Table(table) => {
                let index = match column {
                    Some(name) => Some(table.columns.iter().position(|c| *c.name == *name).ok_or_else(no_column)?),
                    None => None,
                };
                let member = |row: &Arc<Row>| {
                    let value = index.and_then(|index| row.get(index)).cloned().unwrap_or(Value::Null);
                    (value, Binding::Record(Record { columns: table.columns.clone(), row: row.clone() }))
                };
                Ok(Self { members: table.rows.iter().map(member).collect(), table: Some(table) })
            }
            Binding::Value(Value::List(values)) => {
                if column.is_some() {
                    return Err(no_column());
                }
                let member = |value: Value| (value.clone(), Binding::Value(value));
                Ok(Self { members: values.into_iter().map(member).collect(), table: None })
            }
            Binding::List(items) => {
                let mut members = Vec::with_capacity(items.len());
                for item in items.iter() {
                    let value = match (item, column) {
                        (Binding::Value(value), None) => value.clone(),
                        (_, None) => Value::Null,
                        (item, Some(column)) => item.field(column).ok_or_else(no_column)?.into_owned(),
                    };
                    members.push((value, item.clone()));
                }
                Ok(Self { members, table: None })
            }
            _ => Err(Trouble::new(at, "it needs a list or rows")),
        }
    }

    fn into_binding(self) -> Binding {
        match self.table {
            Some(table) => Binding::Table(table.of(self.members.into_iter().filter_map(|(_, m)| row(m)).collect())),
            None => Binding::List(self.members.into_iter().map(|(_, member)| member).collect()),
        }
    }

    fn aggregate(&self, function: Function, at: usize) -> Result<Value, Trouble> {
        let aggregate = Aggregate { name: Arc::from(""), function, reach: Reach::All, argument: None };
        let mut tally = Tally::default();
        for (value, _) in &self.members {
            let refused = "`sum` and `avg` need numbers, `min` and `max` values of one kind";
            aggregate.take(&mut tally, value).map_err(|_| Trouble::new(at, refused))?;
        }
        Ok(aggregate.result(&tally))
    }
}

fn row(member: Binding) -> Option<Arc<Row>> {
    match member {
        Binding::Record(record) => Some(record.row),
        _ => None,
    }
}

/// Groups in the order in which their keys come first; rows keep their order.
fn groups(listed: Listed) -> Binding {
    let Some(table) = &listed.table else { return Binding::List(Arc::from([])) };
    let mut index = std::collections::HashMap::new();
    let mut groups: Vec<(Value, Vec<Arc<Row>>)> = Vec::new();
    for (key, member) in &listed.members {
        let Binding::Record(record) = member else { continue };
        let known = *index.entry(key.to_string()).or_insert(groups.len());
        if known == groups.len() {
            groups.push((key.clone(), Vec::new()));
        }
        groups[known].1.push(record.row.clone());
    }
    let group = |(key, rows)| Binding::Group(Group { key, rows: table.of(rows) });
    Binding::List(groups.into_iter().map(group).collect())
}

/// How many members, or characters.
pub(super) fn length(of: &Binding, at: usize) -> Result<Value, Trouble> {
    let length = match of {
        Binding::Value(Value::Null) => return Ok(Value::Null),
        Binding::Value(Value::Text(text)) => text.chars().count(),
        Binding::Value(Value::List(values)) => values.len(),
        Binding::Table(table) => table.rows.len(),
        Binding::List(items) => items.len(),
        Binding::Group(group) => group.rows.rows.len(),
        _ => return Err(Trouble::new(at, "`length` needs text, a list or rows")),
    };
    Ok(Value::Int(i64::try_from(length).unwrap_or(i64::MAX)))
}

pub(super) fn split(value: &Value, by: &str, scope: &Scope) -> Value {
    if value.is_null() {
        return Value::Null;
    }
    let mut text = String::new();
    write_plain(value, scope.time_zone(), &mut text);
    match by.is_empty() {
        true => Value::List(vec![Value::text(text)]),
        false => Value::List(text.split(by).map(|part| Value::text(part.trim())).collect()),
    }
}
