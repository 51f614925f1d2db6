//! Evaluation: a tree and the names known here give a value.
//!
//! **Invariant:** takes time and memory in proportion to the expression and the data that it names: nothing repeats.

use std::{borrow::Cow, sync::Arc};

use super::{
    node::{Comparison, Field, Kind, Node, Test},
    operation,
};
use crate::{
    template::{
        filter::write_plain,
        scope::{Binding, Record, Scope},
    },
    value::Value,
};

/// No text may grow longer than this, in bytes.
pub(crate) const MAX_TEXT: usize = 1024 * 1024;

/// Why a part has no value, and where it begins in the expression. Holds no data.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) at: usize,
    pub(crate) message: Cow<'static, str>,
}

impl Trouble {
    pub(crate) fn new(at: usize, message: impl Into<Cow<'static, str>>) -> Self {
        Self { at, message: message.into() }
    }

    fn undefined(at: usize, name: &str) -> Self {
        Self::new(at, format!("`{name}` is not defined here"))
    }
}

const NO_VALUE: &str = "it has no value of its own; name one of its fields";

impl Node {
    /// Hands its value to `read`, without cloning where it stands in a row.
    pub(crate) fn read<T>(&self, scope: &Scope, read: impl FnOnce(&Value) -> Result<T, Trouble>) -> Result<T, Trouble> {
        match &self.kind {
            Kind::Constant(value) => return read(value),
            Kind::Name(name) => {
                if let Some(Binding::Value(value)) = scope.get(name) {
                    return read(value);
                }
            }
            Kind::Field(of, field) => {
                if let Kind::Name(root) = &of.kind
                    && let Some(Binding::Record(record)) = scope.get(root)
                    && let Some(value) = field.of(record)
                {
                    return read(value);
                }
            }
            _ => {}
        }
        match self.binding(scope)? {
            Binding::Value(value) => read(&value),
            Binding::List(items) => read(&list(&items, self.at)?),
            _ => Err(Trouble::new(self.at, NO_VALUE)),
        }
    }

    /// Its value.
    pub(crate) fn value(&self, scope: &Scope) -> Result<Value, Trouble> {
        self.read(scope, |value| Ok(value.clone()))
    }

    /// Its value as it is shown.
    pub(crate) fn text(&self, scope: &Scope) -> Result<String, Trouble> {
        self.read(scope, |value| {
            let mut text = String::new();
            write_plain(value, scope.time_zone(), &mut text);
            Ok(text)
        })
    }

    /// What it is: a value, or rows, a record, a group.
    pub(crate) fn binding(&self, scope: &Scope) -> Result<Binding, Trouble> {
        let value = match &self.kind {
            Kind::Constant(value) => value.clone(),
            Kind::Name(name) => {
                return scope.get(name).cloned().ok_or_else(|| Trouble::undefined(self.at, name));
            }
            Kind::Field(of, field) => return of.field(field, scope),
            Kind::Item(of, key) => return self.item(of, key, scope),
            Kind::Slice { of, from, to } => return self.slice(of, from.as_deref(), to.as_deref(), scope),
            Kind::If { test, yes, no } => {
                return match (test.truth(scope)?, no) {
                    (true, _) => yes.binding(scope),
                    (false, Some(no)) => no.binding(scope),
                    (false, None) => Ok(Binding::Value(Value::Null)),
                };
            }
            Kind::And(a, b) => return if a.truth(scope)? { b.binding(scope) } else { a.binding(scope) },
            Kind::Or(a, b) => return if a.truth(scope)? { a.binding(scope) } else { b.binding(scope) },
            Kind::Not(of) => Value::Bool(!of.truth(scope)?),
            Kind::Negative(of) => {
                of.read(scope, |value| operation::negative(value).map_err(|message| Trouble::new(self.at, message)))?
            }
            Kind::Arithmetic(operator, a, b) => {
                let a = a.value(scope)?;
                b.read(scope, |b| {
                    operation::arithmetic(*operator, &a, b).map_err(|message| Trouble::new(self.start(), message))
                })?
            }
            Kind::Concat(a, b) => {
                let mut text = a.text(scope)?;
                text.push_str(&b.text(scope)?);
                Value::text(self.bounded(&text)?)
            }
            Kind::Compare(first, rest) => Value::Bool(compare(first, rest, scope)?),
            Kind::Test(of, test) => Value::Bool(self.test(of, test, scope)?),
            Kind::List(parts) => {
                let items: Vec<Binding> = parts.iter().map(|part| part.binding(scope)).collect::<Result<_, _>>()?;
                return Ok(Binding::List(items.into()));
            }
            Kind::Map(pairs) => {
                let mut facts: Vec<(Arc<str>, Value)> = Vec::new();
                for (key, value) in pairs {
                    facts.push((Arc::from(key.text(scope)?), value.value(scope)?));
                }
                return Ok(Binding::Facts(facts.into()));
            }
            Kind::Filter(of, filter) => return filter.apply(of, self.at, scope),
        };
        Ok(Binding::Value(value))
    }

    fn bounded<'t>(&self, text: &'t str) -> Result<&'t str, Trouble> {
        if text.len() > MAX_TEXT { Err(Trouble::new(self.start(), "the text is longer than 1 MiB")) } else { Ok(text) }
    }

    /// Whether it counts as true: not `NULL`, `false`, zero or empty.
    pub(crate) fn truth(&self, scope: &Scope) -> Result<bool, Trouble> {
        if let Kind::Constant(_) | Kind::Field(..) = self.kind {
            return self.read(scope, |value| Ok(truth(value)));
        }
        Ok(match self.binding(scope)? {
            Binding::Value(value) => truth(&value),
            Binding::Table(table) => !table.rows.is_empty(),
            Binding::List(items) => !items.is_empty(),
            Binding::Group(group) => !group.rows.rows.is_empty(),
            Binding::Record(_) | Binding::Facts(_) | Binding::Loop(_) => true,
        })
    }

    fn field(&self, field: &Field, scope: &Scope) -> Result<Binding, Trouble> {
        let of = self.binding(scope)?;
        let found = match &of {
            Binding::Record(record) => field.of(record).cloned(),
            Binding::Group(group) if &*field.name == "rows" => return Ok(Binding::Table(group.rows.clone())),
            other => other.field(&field.name).map(Cow::into_owned),
        };
        match found {
            Some(value) => Ok(Binding::Value(value)),
            None => Err(Trouble::undefined(self.start(), &format!("{}.{}", self.path(), field.name))),
        }
    }

    /// Its names, as far as it is a path.
    fn path(&self) -> String {
        match &self.kind {
            Kind::Name(name) => name.to_string(),
            Kind::Field(of, field) => format!("{}.{}", of.path(), field.name),
            _ => "…".to_owned(),
        }
    }

    /// `list[0]`, `names['key']`: `NULL` where nothing stands there.
    fn item(&self, of: &Self, key: &Self, scope: &Scope) -> Result<Binding, Trouble> {
        let (of, key) = (of.binding(scope)?, key.value(scope)?);
        let index = |length: usize| match key {
            Value::Int(i) if i < 0 => length.checked_sub(usize::try_from(i.unsigned_abs()).unwrap_or(usize::MAX)),
            Value::Int(i) => usize::try_from(i).ok(),
            _ => None,
        };
        let item = match &of {
            Binding::Value(Value::List(values)) => {
                index(values.len()).and_then(|i| values.get(i)).cloned().map(Binding::Value)
            }
            Binding::List(items) => index(items.len()).and_then(|i| items.get(i)).cloned(),
            Binding::Table(table) => index(table.rows.len())
                .and_then(|i| table.rows.get(i))
                .map(|row| Binding::Record(Record { columns: table.columns.clone(), row: row.clone() })),
            Binding::Value(Value::Null) => None,
            Binding::Value(_) => return Err(Trouble::new(self.start(), "`[…]` needs a list, rows or `{…}`")),
            named => named.field(&key.to_string()).map(|value| Binding::Value(value.into_owned())),
        };
        Ok(item.unwrap_or(Binding::Value(Value::Null)))
    }

    /// `text[0:3]`, `list[1:]`; characters of a text, members of a list.
    fn slice(&self, of: &Self, from: Option<&Self>, to: Option<&Self>, scope: &Scope) -> Result<Binding, Trouble> {
        let bound = |node: Option<&Self>, length: usize, missing: usize| -> Result<usize, Trouble> {
            let Some(node) = node else { return Ok(missing) };
            match node.value(scope)? {
                Value::Int(i) if i < 0 => {
                    Ok(length.saturating_sub(usize::try_from(i.unsigned_abs()).unwrap_or(length)))
                }
                Value::Int(i) => Ok(usize::try_from(i).unwrap_or(length).min(length)),
                _ => Err(Trouble::new(node.at, "`[from:to]` needs whole numbers")),
            }
        };
        let range = |length: usize| -> Result<std::ops::Range<usize>, Trouble> {
            let (from, to) = (bound(from, length, 0)?, bound(to, length, length)?);
            Ok(from..to.max(from))
        };
        Ok(match of.binding(scope)? {
            Binding::Value(Value::Null) => Binding::Value(Value::Null),
            Binding::Value(Value::List(values)) => Binding::Value(Value::List(values[range(values.len())?].to_vec())),
            Binding::List(items) => Binding::List(items[range(items.len())?].into()),
            Binding::Table(table) => Binding::Table(table.of(table.rows[range(table.rows.len())?].to_vec())),
            Binding::Value(value) => {
                let mut text = String::new();
                write_plain(&value, scope.time_zone(), &mut text);
                let range = range(text.chars().count())?;
                Binding::Value(Value::text(text.chars().skip(range.start).take(range.len()).collect::<String>()))
            }
            _ => return Err(Trouble::new(self.start(), "`[from:to]` needs text, a list or rows")),
        })
    }

    fn test(&self, of: &Self, test: &Test, scope: &Scope) -> Result<bool, Trouble> {
        let whole = |value: &Value| match value {
            Value::Int(i) => Ok(*i),
            _ => Err(Trouble::new(self.start(), "`odd`, `even` and `divisibleby` need whole numbers")),
        };
        match test {
            Test::Null => of.read(scope, |value| Ok(value.is_null())),
            Test::Empty => of.truth(scope).map(|truth| !truth),
            Test::Number => of.read(scope, |value| {
                Ok(matches!(value, Value::Int(_) | Value::UInt(_) | Value::Float(_) | Value::Decimal(_)))
            }),
            Test::Text => of.read(scope, |value| Ok(matches!(value, Value::Text(_)))),
            Test::Odd => of.read(scope, |value| Ok(whole(value)? % 2 != 0)),
            Test::Even => of.read(scope, |value| Ok(whole(value)? % 2 == 0)),
            Test::DivisibleBy(by) => {
                let by = by.read(scope, whole)?;
                let divides = |value: i64| value.checked_rem(by).is_some_and(|rest| rest == 0);
                of.read(scope, |value| Ok(divides(whole(value)?)))
            }
            Test::StartingWith(start) => Ok(of.text(scope)?.starts_with(&start.text(scope)?)),
            Test::EndingWith(end) => Ok(of.text(scope)?.ends_with(&end.text(scope)?)),
            Test::Compared(comparison, other) => holds(*comparison, of, other, scope),
        }
    }
}

fn compare(first: &Node, rest: &[(Comparison, Node)], scope: &Scope) -> Result<bool, Trouble> {
    let mut left = first;
    for (comparison, right) in rest {
        if !holds(*comparison, left, right, scope)? {
            return Ok(false);
        }
        left = right;
    }
    Ok(true)
}

/// Compares; nothing but `NULL` equals `NULL`, and nothing is less or greater than it.
pub(crate) fn holds(comparison: Comparison, left: &Node, right: &Node, scope: &Scope) -> Result<bool, Trouble> {
    let zone = scope.time_zone();
    let left_value = left.value(scope)?;
    let a = &left_value;
    right.read(scope, |b| {
        let order = || match a.is_null() || b.is_null() {
            true => Ok(None),
            false => operation::order(a, b, zone)
                .map(Some)
                .ok_or_else(|| Trouble::new(left.start(), "it compares values of different kinds")),
        };
        Ok(match comparison {
            Comparison::Equal => operation::equal(a, b, zone),
            Comparison::NotEqual => !operation::equal(a, b, zone),
            Comparison::Less => order()?.is_some_and(|order| order.is_lt()),
            Comparison::LessOrEqual => order()?.is_some_and(|order| order.is_le()),
            Comparison::Greater => order()?.is_some_and(|order| order.is_gt()),
            Comparison::GreaterOrEqual => order()?.is_some_and(|order| order.is_ge()),
            Comparison::In | Comparison::NotIn => {
                let found = match b {
                    Value::List(values) => values.iter().any(|value| operation::equal(a, value, zone)),
                    Value::Null => false,
                    Value::Text(text) => text.contains(&a.to_string()),
                    _ => return Err(Trouble::new(right.start(), "`in` needs a list or a text")),
                };
                found == (comparison == Comparison::In)
            }
        })
    })
}

/// Whether a value counts as true.
pub(crate) fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(b) => *b,
        Value::Int(i) => *i != 0,
        Value::UInt(u) => *u != 0,
        Value::Float(x) => *x != 0.0,
        Value::Decimal(d) => d.sign() != bigdecimal::num_bigint::Sign::NoSign,
        Value::Text(text) => !text.is_empty(),
        Value::Bytes(bytes) => !bytes.is_empty(),
        Value::List(values) => !values.is_empty(),
        Value::Date(_) | Value::Time(_) | Value::DateTime(_) | Value::Instant(_) => true,
    }
}

/// Several values as one.
pub(crate) fn list(items: &[Binding], at: usize) -> Result<Value, Trouble> {
    let value = |item: &Binding| match item {
        Binding::Value(value) => Ok(value.clone()),
        Binding::List(items) => list(items, at),
        _ => Err(Trouble::new(at, NO_VALUE)),
    };
    items.iter().map(value).collect::<Result<_, _>>().map(Value::List)
}
