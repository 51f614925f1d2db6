//! `{{ expression | filter }}`: compiled once, evaluated against a [`Scope`].
//!
//! A bare path with our own filters (`{{ dose.given_on | date }}`), which is nearly every cell of a report, is read
//! straight from the row: exact for decimals and without a detour. Everything else is a minijinja expression, in
//! which dates are ISO text and decimals floating-point numbers.
//!
//! **Invariant:** data is only ever read; no expression can reach a file, loop for ever, or become markup.

use std::{
    path::Path,
    sync::{Arc, LazyLock},
};

use minijinja::{Environment, ErrorKind, UndefinedBehavior};

use crate::{
    fault::{Fault, Place},
    template::{
        aggregate::Aggregate,
        calls,
        filter::{self, Filter},
        jinja,
        path::{self, PathExpression},
        scope::{Binding, Scope},
        source::Source,
    },
    value::Value,
};

/// Steps that one evaluation may take.
const FUEL: u64 = 20_000;

/// No expression may be longer than this, in bytes: minijinja descends into each operator, filter and index of a chain,
/// and the stack must hold them.
const MAX_LENGTH: usize = 1_000;

/// Nothing shown may be longer than this, in bytes.
const MAX_TEXT: usize = 1024 * 1024;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(64);
    for unwanted in ["debug", "dict", "namespace", "range"] {
        environment.remove_global(unwanted);
    }
    jinja::add_filters(&mut environment);
    environment
});

/// A compiled expression with its place.
#[derive(Debug)]
pub struct Expression {
    source: Arc<str>,
    file: Arc<Path>,
    place: Place,
    kind: Kind,
    aggregates: Vec<Aggregate>,
}

#[derive(Debug)]
enum Kind {
    Path(PathExpression),
    General(minijinja::Expression<'static, 'static>),
}

/// A name that an expression uses: `patient` or, with its field, `patient.name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The outermost name.
    pub root: String,
    /// The field asked of it.
    pub field: Option<String>,
}

/// Why an expression has no value. Holds no data: only the expression's own text and place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: `{expression}`: {message}", self.location())]
pub struct EvalError {
    file: Option<Arc<Path>>,
    place: Option<Place>,
    expression: Arc<str>,
    message: String,
}

impl EvalError {
    pub(crate) fn unplaced(expression: &str, message: &str) -> Self {
        Self { file: None, place: None, expression: Arc::from(expression), message: message.to_owned() }
    }

    fn location(&self) -> String {
        match (&self.file, self.place) {
            (Some(file), Some(place)) => format!("{}:{}:{}", file.display(), place.line, place.column),
            _ => "template".to_owned(),
        }
    }
}

impl Expression {
    /// Compiles what stands at byte `offset` of a file.
    pub(crate) fn compile(source: &Source, offset: usize, text: &str) -> Result<Self, Fault> {
        let offset = offset + (text.len() - text.trim_start().len());
        let text = text.trim();
        let fault = |message: String| source.fault(offset, message);
        if text.is_empty() {
            return Err(fault("the expression is empty".to_owned()).help("write `{{ dataset.column }}`"));
        }
        if text.len() > MAX_LENGTH {
            let message = format!("the expression is longer than {MAX_LENGTH} bytes");
            return Err(fault(message).help("compute it in SQL"));
        }
        let (rewritten, aggregates) = calls::extract(source, offset, text)?;
        let kind = match path::parse(&rewritten) {
            Some(path) => Kind::Path(path.map_err(|(filter, usage)| {
                fault(format!("`{filter}` is not used like this in `{text}`")).help(usage)
            })?),
            None => Kind::General(ENVIRONMENT.compile_expression_owned(rewritten).map_err(|error| {
                let detail = error.detail().unwrap_or("it can't be read").to_owned();
                fault(format!("`{text}` is not an expression: {detail}"))
                    .help("docs/TEMPLATES.md shows what can be written")
            })?),
        };
        Ok(Self { source: Arc::from(text), file: source.file().clone(), place: source.place(offset), kind, aggregates })
    }

    /// The value.
    pub fn value(&self, scope: &Scope) -> Result<Value, EvalError> {
        match &self.kind {
            Kind::Path(path) if path.filters.is_empty() => {
                self.with_path_value(path, scope, |value| Ok(value.unwrap_or(&Value::Null).clone()))
            }
            Kind::Path(_) => {
                let mut text = String::new();
                self.write(scope, &mut text)?;
                Ok(Value::text(text))
            }
            Kind::General(expression) => Ok(jinja::from_jinja(&self.evaluate(expression, scope)?)),
        }
    }

    /// Writes the value as text.
    pub fn write(&self, scope: &Scope, out: &mut String) -> Result<(), EvalError> {
        let before = out.len();
        match &self.kind {
            Kind::Path(path) => self.with_path_value(path, scope, |value| {
                self.write_filtered(value.unwrap_or(&Value::Null), &path.filters, scope, out)
            })?,
            Kind::General(expression) => {
                let value = jinja::from_jinja(&self.evaluate(expression, scope)?);
                filter::write_plain(&value, scope.time_zone(), out);
            }
        }
        match out.len() - before > MAX_TEXT {
            true => Err(self.error("the text is longer than 1 MiB")),
            false => Ok(()),
        }
    }

    /// Whether the value counts as true: not `NULL`, `false`, zero or empty.
    pub fn truth(&self, scope: &Scope) -> Result<bool, EvalError> {
        if let Kind::General(expression) = &self.kind {
            return Ok(self.evaluate(expression, scope)?.is_true());
        }
        if let Kind::Path(path) = &self.kind
            && let (Some(Binding::Table(table)), []) = (scope.get(&path.root), path.fields.as_slice())
        {
            return Ok(!table.rows.is_empty());
        }
        Ok(match self.value(scope)? {
            Value::Null => false,
            Value::Bool(b) => b,
            Value::Int(i) => i != 0,
            Value::UInt(u) => u != 0,
            Value::Float(x) => x != 0.0,
            Value::Decimal(d) => d.sign() != bigdecimal::num_bigint::Sign::NoSign,
            Value::Text(text) => !text.is_empty(),
            Value::Bytes(bytes) => !bytes.is_empty(),
            Value::List(values) => !values.is_empty(),
            Value::Date(_) | Value::Time(_) | Value::DateTime(_) | Value::Instant(_) => true,
        })
    }

    /// The names it uses.
    pub fn names(&self) -> Vec<Name> {
        let mut names = match &self.kind {
            Kind::Path(path) => {
                vec![Name { root: path.root.to_string(), field: path.fields.first().map(|field| field.to_string()) }]
            }
            Kind::General(expression) => expression
                .undeclared_variables(true)
                .iter()
                .map(|dotted| {
                    let mut parts = dotted.split('.').map(str::to_owned);
                    Name { root: parts.next().unwrap_or_default(), field: parts.next() }
                })
                .collect(),
        };
        names.retain(|name| self.aggregates.iter().all(|aggregate| *aggregate.name != *name.root));
        names.sort_by(|a, b| (&a.root, &a.field).cmp(&(&b.root, &b.field)));
        names
    }

    /// The sums, counts and their like within it.
    pub fn aggregates(&self) -> &[Aggregate] {
        &self.aggregates
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.source
    }

    /// A fault at its place.
    pub(crate) fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(message).in_file(self.file.to_path_buf()).at(self.place)
    }

    /// An error at its place.
    pub(crate) fn error(&self, message: &str) -> EvalError {
        EvalError {
            file: Some(self.file.clone()),
            place: Some(self.place),
            expression: self.source.clone(),
            message: message.to_owned(),
        }
    }

    /// Hands the path's value, without cloning it, to `read`.
    fn with_path_value<T>(
        &self,
        path: &PathExpression,
        scope: &Scope,
        read: impl FnOnce(Option<&Value>) -> Result<T, EvalError>,
    ) -> Result<T, EvalError> {
        let undefined = |name: &str| self.error(&format!("`{name}` is not defined here"));
        let whole = || std::iter::once(&path.root).chain(&path.fields).map(|s| &**s).collect::<Vec<_>>().join(".");
        match (scope.get(&path.root), path.fields.as_slice()) {
            (None, _) => Err(undefined(&path.root)),
            (Some(Binding::Value(value)), []) => read(Some(value)),
            (Some(Binding::Record(record)), [field]) => match path.column_of(record, field) {
                Some(value) => read(Some(value)),
                None => Err(undefined(&whole())),
            },
            (Some(binding), [field]) => match binding.field(field) {
                Some(value) => read(Some(&value)),
                None => Err(undefined(&whole())),
            },
            (Some(Binding::Record(_) | Binding::Table(_) | Binding::Facts(_) | Binding::Loop(_)), []) => {
                Err(self.error("it has no value of its own; name one of its fields"))
            }
            (Some(_), _) => Err(undefined(&whole())),
        }
    }

    fn write_filtered(
        &self,
        value: &Value,
        filters: &[Filter],
        scope: &Scope,
        out: &mut String,
    ) -> Result<(), EvalError> {
        let zone = scope.time_zone();
        match filters {
            [] => filter::write_plain(value, zone, out),
            [only] => {
                only.write(value, zone, out).map_err(|error| self.error(&error.to_string()))?;
            }
            [first, rest @ ..] => {
                let mut text = String::new();
                let shown = first.write(value, zone, &mut text).map_err(|error| self.error(&error.to_string()))?;
                let value = if shown { Value::text(text) } else { Value::Null };
                self.write_filtered(&value, rest, scope, out)?;
            }
        }
        Ok(())
    }

    fn evaluate(
        &self,
        expression: &minijinja::Expression<'static, 'static>,
        scope: &Scope,
    ) -> Result<minijinja::Value, EvalError> {
        let value = expression.eval(jinja::context(scope)).map_err(|error| {
            // minijinja's details may quote values, so only the kind is told.
            self.error(match error.kind() {
                ErrorKind::UndefinedError => "it uses something that is not defined here",
                ErrorKind::OutOfFuel => "it takes too many steps",
                ErrorKind::UnknownFilter => "it uses a filter that doesn't exist",
                ErrorKind::UnknownFunction => "it calls a function that doesn't exist",
                ErrorKind::UnknownTest => "it uses a test that doesn't exist",
                _ => "it can't be computed from these values",
            })
        })?;
        match value.is_undefined() {
            true => Err(self.error("it is not defined here")),
            false => Ok(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        template::scope::Record,
        value::{Column, ColumnType},
    };

    fn compile(text: &str) -> Result<Expression, Fault> {
        Expression::compile(&Source::new("a.html".into(), text.to_owned()), 0, text)
    }

    fn scope() -> Scope {
        let columns =
            [("name", Value::text("Ada")), ("owed", Value::Decimal("12345678901234567890.10".parse().unwrap()))]
                .map(|(name, value)| (Column { name: Arc::from(name), kind: ColumnType::Unknown }, value));
        let record = Record {
            columns: columns.iter().map(|(column, _)| column.clone()).collect(),
            row: Arc::new(columns.into_iter().map(|(_, value)| value).collect()),
        };
        let facts = [(Arc::from("from"), Value::Date("2026-01-31".parse().unwrap())), (Arc::from("n"), Value::Int(3))];
        let names = vec![
            (Arc::from("patient"), Binding::Record(record)),
            (Arc::from("parameters"), Binding::Facts(Arc::from(facts))),
        ];
        Scope::root(names, chrono_tz::UTC)
    }

    fn show(text: &str) -> Result<String, String> {
        let expression = compile(text).map_err(|fault| fault.to_string())?;
        let mut out = String::new();
        expression.write(&scope(), &mut out).map(|()| out).map_err(|error| error.to_string())
    }

    #[test]
    fn paths_are_exact_and_the_rest_is_jinja() {
        assert_eq!(show(" patient.owed | money('USD') ").unwrap(), "$12,345,678,901,234,567,890.10");
        assert_eq!(show("parameters.from | date('%d %B %Y') | upper").unwrap(), "31 JANUARY 2026");
        assert_eq!(show("'Dear ' ~ patient.name").unwrap(), "Dear Ada");
        assert_eq!(show("'late' if parameters.from < '2026-02-01' else 'early'").unwrap(), "late");
        assert_eq!(show("parameters.n * 2 + 1").unwrap(), "7");
        assert_eq!(show("(parameters.n / 2) | number(2)").unwrap(), "1.50");
        assert_eq!(show("patient.name | replace('A', 'O')").unwrap(), "Oda");
    }

    #[test]
    fn what_is_undefined_is_named_with_its_place() {
        assert_eq!(
            show("  patient.nome").unwrap_err(),
            "a.html:1:3: `patient.nome`: `patient.nome` is not defined here"
        );
        assert_eq!(show("nobody.name").unwrap_err(), "a.html:1:1: `nobody.name`: `nobody` is not defined here");
        assert!(show("'x' ~ patient.nome").unwrap_err().contains("not defined here"));
        assert!(show("patient").unwrap_err().contains("name one of its fields"));
    }

    #[test]
    fn errors_never_quote_data() {
        assert!(!show("patient.name | date").unwrap_err().contains("Ada"));
        assert!(!show("patient.name + 1").unwrap_err().contains("Ada"));
        assert!(!show("patient.name | int").unwrap_err().contains("Ada"));
    }

    #[test]
    fn syntax_faults_have_help() {
        assert!(show("patient.").unwrap_err().starts_with("a.html:1:1: error: "));
        assert!(show("patient.name | number('x')").unwrap_err().contains("write `number(2)`"));
        assert!(show("").unwrap_err().contains("empty"));
        assert!(show("sum(").unwrap_err().contains("never closed"));
        assert!(show("sum()").unwrap_err().contains("name a column"));
        assert!(show("sum(1 + count())").unwrap_err().contains("can't stand around another"));
    }

    #[test]
    fn no_expression_runs_away() {
        assert!(show("('x' * 1000000000) | length").is_err());
        assert!(show("[1] * 100000000 | length").is_err());
        assert!(show("range(1000000000) | list").is_err());
        let deep = format!("{}1{}", "(".repeat(5000), ")".repeat(5000));
        assert!(show(&deep).is_err());
    }

    /// A test's thread has the stack of a worker's thread: 2 MiB.
    #[test]
    fn no_chain_is_too_long_for_the_stack() {
        let chain = |head: &str, link: &str, tail: &str| {
            let links = (MAX_LENGTH - head.len() - tail.len()) / link.len();
            format!("{head}{}{tail}", link.repeat(links))
        };
        for (head, link, tail) in [
            ("", "-", "1"),
            ("", "not ", "1"),
            ("1", "~1", ""),
            ("1", "+1", ""),
            ("1", "**1", ""),
            ("'a'", "|lower", ""),
            ("parameters", "[0]", ""),
            ("parameters", ".a", ""),
            ("parameters", "()", ""),
            ("", "1 if 1 else ", "1"),
            ("1", " and 1", ""),
            ("1", "<1", ""),
            ("", "sum(", ""),
            ("", "[", ""),
            ("", "(", "1"),
        ] {
            let _ = show(&chain(head, link, tail));
            let twice = chain(head, &link.repeat(2), tail) + &"x".repeat(MAX_LENGTH);
            assert!(show(&twice).unwrap_err().contains("longer than"), "{link}");
        }
    }

    #[test]
    fn aggregates_become_names() {
        let expression = compile("sum(line.amount) - sum( line.tax | default(0) ) ~ 'sum(x)'").unwrap();
        let functions: Vec<_> = expression.aggregates().iter().map(|a| a.argument.as_ref().unwrap().text()).collect();
        assert_eq!(functions, ["line.amount", "line.tax | default(0)"]);
        assert_eq!(expression.names(), []);
        assert!(matches!(compile("sum(line.amount) | money").unwrap().kind, Kind::Path(_)));
        assert_eq!(compile("patient.list | sum").unwrap().aggregates().len(), 0);
    }
}
