//! `{{ expression | filter }}`: compiled once, evaluated against a [`Scope`].
//!
//! The syntax is Jinja's, read by minijinja's parser; the evaluation is ours, over [`Value`]s: decimals stay exact,
//! dates are dates, and a value is read straight from its row.
//!
//! **Invariant:** data is only ever read; no expression can reach a file, loop for ever, or become markup.

pub(crate) mod eval;
pub(crate) mod node;
pub(crate) mod operation;
pub(crate) mod parse;
#[cfg(test)]
mod tests;

use std::{path::Path, sync::Arc};

use self::{
    eval::{MAX_TEXT, Trouble},
    node::{Kind, Node},
};
use crate::{
    fault::{Fault, Place},
    template::{
        aggregate::Aggregate,
        filter::write_plain,
        scope::{Binding, Scope},
        source::Source,
    },
    value::Value,
};

/// No expression may be longer than this, in bytes: the parser descends into each operator, filter and index of a
/// chain, and the stack must hold them.
const MAX_LENGTH: usize = 1_000;

/// A compiled expression with its place.
#[derive(Debug)]
pub struct Expression {
    source: Arc<str>,
    file: Arc<Path>,
    place: Place,
    /// Whether the file has the text as it is, so that places within it are known.
    exact: bool,
    root: Node,
    aggregates: Vec<Aggregate>,
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

    /// As a fault of the template.
    pub fn fault(&self) -> Fault {
        let mut fault = Fault::new(format!("`{}`: {}", self.expression, self.message));
        fault.file = self.file.as_ref().map(|file| file.to_path_buf());
        fault.place = self.place;
        fault
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
        if text.is_empty() {
            let fault = source.fault(offset, "the expression is empty");
            return Err(fault.help("write `{{ dataset.column }}`"));
        }
        if text.len() > MAX_LENGTH {
            let message = format!("the expression is longer than {MAX_LENGTH} bytes");
            return Err(source.fault(offset, message).help("compute it in SQL, or in steps with `data-with`"));
        }
        let (root, aggregates) = parse::parse(source, offset, text)?;
        Ok(Self {
            source: Arc::from(text),
            file: source.file().clone(),
            place: source.place(offset),
            exact: source.inner_offset(offset, text, 1) > offset,
            root,
            aggregates,
        })
    }

    /// The value.
    pub fn value(&self, scope: &Scope) -> Result<Value, EvalError> {
        self.root.value(scope).map_err(|trouble| self.trouble(trouble))
    }

    /// What it is: a value, or rows, a record, a group.
    pub(crate) fn binding(&self, scope: &Scope) -> Result<Binding, EvalError> {
        self.root.binding(scope).map_err(|trouble| self.trouble(trouble))
    }

    /// Writes the value as text.
    pub fn write(&self, scope: &Scope, out: &mut String) -> Result<(), EvalError> {
        let before = out.len();
        let written = match &self.root.kind {
            Kind::Filter(of, filter) if filter.only_shows() => {
                of.read(scope, |value| filter.write(value, self.root.at, scope, out)).map(|_| ())
            }
            _ => self.root.read(scope, |value| {
                write_plain(value, scope.time_zone(), out);
                Ok(())
            }),
        };
        written.map_err(|trouble| self.trouble(trouble))?;
        match out.len() - before > MAX_TEXT {
            true => Err(self.error("the text is longer than 1 MiB")),
            false => Ok(()),
        }
    }

    /// Whether the value counts as true: not `NULL`, `false`, zero or empty.
    pub fn truth(&self, scope: &Scope) -> Result<bool, EvalError> {
        self.root.truth(scope).map_err(|trouble| self.trouble(trouble))
    }

    /// The names it uses.
    pub fn names(&self) -> Vec<Name> {
        let mut names = Vec::new();
        names_of(&self.root, &mut names);
        names.retain(|name| self.aggregates.iter().all(|aggregate| *aggregate.name != *name.root));
        names.sort_by(|a, b| (&a.root, &a.field).cmp(&(&b.root, &b.field)));
        names.dedup();
        names
    }

    /// Its tree.
    pub(crate) fn root(&self) -> &Node {
        &self.root
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
        self.fault_at(0, message)
    }

    /// A fault at a byte of its text.
    pub(crate) fn fault_at(&self, at: usize, message: impl Into<String>) -> Fault {
        Fault::new(message).in_file(self.file.to_path_buf()).at(self.place_of(at))
    }

    /// An error at its place.
    pub(crate) fn error(&self, message: &str) -> EvalError {
        self.trouble(Trouble::new(0, message.to_owned()))
    }

    fn trouble(&self, trouble: Trouble) -> EvalError {
        EvalError {
            file: Some(self.file.clone()),
            place: Some(self.place_of(trouble.at)),
            expression: self.source.clone(),
            message: trouble.message.into_owned(),
        }
    }

    fn place_of(&self, at: usize) -> Place {
        if !self.exact {
            return self.place;
        }
        match Place::at(&self.source, at) {
            Place { line: 1, column } => Place { line: self.place.line, column: self.place.column + column - 1 },
            Place { line, column } => Place { line: self.place.line + line - 1, column },
        }
    }
}

fn names_of(node: &Node, names: &mut Vec<Name>) {
    match &node.kind {
        Kind::Name(root) => names.push(Name { root: root.to_string(), field: None }),
        Kind::Field(of, field) if matches!(of.kind, Kind::Name(_)) => {
            if let Kind::Name(root) = &of.kind {
                names.push(Name { root: root.to_string(), field: Some(field.name.to_string()) });
            }
        }
        _ => node.for_each_part(&mut |part| names_of(part, names)),
    }
}
