//! The bridge to minijinja: scopes as its context, values there and back, our filters under their own names.

use std::sync::Arc;

use bigdecimal::{BigDecimal, ToPrimitive};
use minijinja::{
    Environment, Error, ErrorKind,
    value::{Enumerator, Object, ObjectRepr, Rest, Value as Jinja, ValueKind},
};

use crate::{
    template::{
        filter::{self, Argument, Filter, write_plain},
        scope::{Binding, Record, Scope, Table},
    },
    value::Value,
};

/// A scope as minijinja sees it.
pub(crate) fn context(scope: &Scope) -> Jinja {
    Jinja::from_object(Names(scope.clone()))
}

#[derive(Debug)]
struct Names(Scope);

impl Object for Names {
    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        self.0.get(key.as_str()?).map(|binding| from_binding(binding, &self.0))
    }
}

fn from_binding(binding: &Binding, scope: &Scope) -> Jinja {
    match binding {
        Binding::Value(value) => to_jinja(value, scope),
        Binding::Table(table) => Jinja::from_object(Rows(table.clone(), scope.clone())),
        Binding::Record(_) | Binding::Facts(_) | Binding::Loop(_) => {
            Jinja::from_object(Fields(binding.clone(), scope.clone()))
        }
    }
}

/// Whatever has named fields.
#[derive(Debug)]
struct Fields(Binding, Scope);

impl Object for Fields {
    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        let Self(binding, scope) = &**self;
        binding.field(key.as_str()?).map(|value| to_jinja(&value, scope))
    }
}

#[derive(Debug)]
struct Rows(Arc<Table>, Scope);

impl Object for Rows {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        let row = self.0.rows.get(key.as_usize()?)?.clone();
        Some(Jinja::from_object(Fields(
            Binding::Record(Record { columns: self.0.columns.clone(), row }),
            self.1.clone(),
        )))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.rows.len())
    }
}

fn to_jinja(value: &Value, scope: &Scope) -> Jinja {
    match value {
        Value::Null => Jinja::from(()),
        Value::Bool(b) => Jinja::from(*b),
        Value::Int(i) => Jinja::from(*i),
        Value::UInt(u) => Jinja::from(*u),
        Value::Float(x) => Jinja::from(*x),
        Value::Decimal(d) => from_decimal(d),
        Value::Text(text) => Jinja::from(text.clone()),
        Value::List(values) => values.iter().map(|value| to_jinja(value, scope)).collect(),
        Value::Bytes(_) | Value::Date(_) | Value::Time(_) | Value::DateTime(_) | Value::Instant(_) => {
            let mut text = String::new();
            write_plain(value, scope.time_zone(), &mut text);
            Jinja::from(text)
        }
    }
}

fn from_decimal(decimal: &BigDecimal) -> Jinja {
    match decimal.is_integer().then(|| decimal.to_i64()).flatten() {
        Some(whole) => Jinja::from(whole),
        None => Jinja::from(decimal.to_f64().unwrap_or(f64::NAN)),
    }
}

/// What an expression gave, as a value.
pub(crate) fn from_jinja(value: &Jinja) -> Value {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Value::Null,
        ValueKind::Bool => Value::Bool(value.is_true()),
        ValueKind::Number => match (value.is_integer(), i64::try_from(value.clone()), f64::try_from(value.clone())) {
            (true, Ok(whole), _) => Value::Int(whole),
            (_, _, Ok(float)) => Value::Float(float),
            _ => Value::text(value.to_string()),
        },
        ValueKind::Seq | ValueKind::Iterable => match value.try_iter() {
            Ok(items) => Value::List(items.take(10_000).map(|item| from_jinja(&item)).collect()),
            Err(_) => Value::Null,
        },
        _ => Value::text(value.to_string()),
    }
}

/// Puts our filters beside, and where they share a name in place of, minijinja's own.
pub(crate) fn add_filters(environment: &mut Environment<'static>) {
    for name in filter::NAMES {
        if name != "default" {
            environment.add_filter(name, move |value: Jinja, arguments: Rest<Jinja>| apply(name, &value, &arguments));
        }
    }
}

fn apply(name: &str, value: &Jinja, arguments: &[Jinja]) -> Result<Jinja, Error> {
    let refuse = |detail: String| Error::new(ErrorKind::InvalidOperation, detail);
    let argument = |argument: &Jinja| match argument.as_str() {
        Some(text) => Some(Argument::Text(text.to_owned())),
        None => i64::try_from(argument.clone()).ok().map(Argument::Whole),
    };
    let arguments: Option<Vec<Argument>> = arguments.iter().map(argument).collect();
    let filter = arguments.and_then(|arguments| Filter::new(name, &arguments));
    let filter = filter.unwrap_or_else(|| Err(format!("`{name}` takes other arguments"))).map_err(refuse)?;
    let mut text = String::new();
    // Instants were brought into the report's zone on their way in.
    match filter.write(&from_jinja(value), chrono_tz::UTC, &mut text) {
        Ok(true) => Ok(Jinja::from(text)),
        Ok(false) => Ok(Jinja::from(())),
        Err(error) => Err(refuse(error.to_string())),
    }
}
