//! Bare paths with our own filters: `dose.given_on | date`.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::{
    template::{
        filter::{Argument, Filter},
        scope::Record,
    },
    value::Value,
};

/// `root.field | filter | filter`.
#[derive(Debug)]
pub(crate) struct PathExpression {
    pub(crate) root: Arc<str>,
    pub(crate) fields: Vec<Arc<str>>,
    pub(crate) filters: Vec<Filter>,
    /// Where the column stood last time: a guess that saves the search and is checked each time.
    column: AtomicUsize,
}

impl PathExpression {
    /// The field of a row.
    pub(crate) fn column_of<'r>(&self, record: &'r Record, field: &str) -> Option<&'r Value> {
        let guess = self.column.load(Ordering::Relaxed);
        if record.columns.get(guess).is_some_and(|column| *column.name == *field) {
            return record.row.get(guess);
        }
        let found = record.columns.iter().position(|column| *column.name == *field)?;
        self.column.store(found, Ordering::Relaxed);
        record.row.get(found)
    }
}

/// Reads `a.b | filter(1, "x")`; `None` when it is anything else or uses a filter that isn't ours.
pub(crate) fn parse(text: &str) -> Option<Result<PathExpression, (String, String)>> {
    let mut cursor = Cursor { rest: text };
    let root = Arc::from(cursor.word()?);
    if ["true", "false", "none", "not", "True", "False", "None"].contains(&&*root) {
        return None;
    }
    let mut fields = Vec::new();
    while cursor.eat('.') {
        fields.push(Arc::from(cursor.word()?));
    }
    let mut filters = Vec::new();
    while cursor.eat('|') {
        let name = cursor.word()?;
        let arguments = if cursor.eat('(') { cursor.arguments()? } else { Vec::new() };
        match Filter::new(name, &arguments)? {
            Ok(filter) => filters.push(filter),
            Err(usage) => return Some(Err((name.to_owned(), usage))),
        }
    }
    cursor.rest.trim().is_empty().then(|| Ok(PathExpression { root, fields, filters, column: AtomicUsize::new(0) }))
}

struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn eat(&mut self, c: char) -> bool {
        match self.rest.trim_start().strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> Option<&'a str> {
        let text = self.rest.trim_start();
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        let word = &text[..end];
        self.rest = &text[end..];
        (!word.is_empty() && !word.starts_with(|c: char| c.is_ascii_digit())).then_some(word)
    }

    /// Constants up to the closing parenthesis.
    fn arguments(&mut self) -> Option<Vec<Argument>> {
        let mut arguments = Vec::new();
        while !self.eat(')') {
            if !arguments.is_empty() && !self.eat(',') {
                return None;
            }
            arguments.push(self.constant()?);
        }
        Some(arguments)
    }

    fn constant(&mut self) -> Option<Argument> {
        let text = self.rest.trim_start();
        let first = text.chars().next()?;
        if first == '"' || first == '\'' {
            let end = text[1..].find(first)? + 1;
            let inner = &text[1..end];
            self.rest = &text[end + 1..];
            // An escape is left to minijinja's own reading.
            return (!inner.contains('\\')).then(|| Argument::Text(inner.to_owned()));
        }
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(text.len());
        self.rest = &text[end..];
        text[..end].parse().ok().map(Argument::Whole)
    }
}
