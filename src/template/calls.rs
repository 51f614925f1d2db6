//! Calls such as `sum(line.amount)` within expressions.

use std::sync::Arc;

use crate::{
    fault::Fault,
    template::{
        aggregate::{Aggregate, Function, Reach},
        expression::Expression,
        source::Source,
    },
};

/// Takes calls such as `sum(line.amount)` out of an expression and puts names in their place.
pub(crate) fn extract(source: &Source, offset: usize, text: &str) -> Result<(String, Vec<Aggregate>), Fault> {
    let mut rewritten = String::new();
    let mut aggregates = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if let Some(quoted) = quoted_length(rest) {
            rewritten.push_str(&rest[..quoted]);
            at += quoted;
            continue;
        }
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = &rest[..word];
        let (reach, base) = Reach::of_name(name);
        let function = Function::ALL.iter().find(|(known, _)| *known == base);
        let filters_or_method = text[..at].trim_end().ends_with(['|', '.']);
        match function {
            Some((_, function)) if rest[word..].starts_with('(') && !filters_or_method => {
                let open = at + word;
                let Some(length) = closing(&text[open..]) else {
                    return Err(source.fault(offset + open, format!("the parenthesis of `{name}(` is never closed")));
                };
                let inner = &text[open + 1..open + length];
                let argument = match (function, inner.trim().is_empty()) {
                    (Function::Count, true) => None,
                    (_, true) => {
                        let help = format!("name a column: `{name}(row.column)`");
                        return Err(source.fault(offset + at, format!("`{name}()` lacks what to compute")).help(help));
                    }
                    (_, false) => Some(Expression::compile(source, offset + open + 1, inner)?),
                };
                if argument.as_ref().is_some_and(|argument| !argument.aggregates().is_empty()) {
                    return Err(source.fault(offset + at, format!("`{name}()` can't stand around another one")));
                }
                let variable = format!("__{name}_{}", offset + at);
                rewritten.push_str(&variable);
                aggregates.push(Aggregate { name: Arc::from(variable), function: *function, reach, argument });
                at = open + length + 1;
            }
            _ => {
                let step = word.max(rest.chars().next().map_or(1, char::len_utf8));
                rewritten.push_str(&rest[..step]);
                at += step;
            }
        }
    }
    Ok((rewritten, aggregates))
}

/// The length of the string literal at the start of `text`, quotes included.
fn quoted_length(text: &str) -> Option<usize> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut escaped = false;
    for (i, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(i + 1),
            _ => {}
        }
    }
    Some(text.len())
}

/// Where commas stand outside of quotes and brackets.
pub(crate) fn top_level_commas(text: &str) -> impl Iterator<Item = usize> {
    let mut depth = 0usize;
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(c) = text[at..].chars().next() {
            let here = at;
            at += quoted_length(&text[at..]).unwrap_or(c.len_utf8());
            match c {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                ',' if depth == 0 => return Some(here),
                _ => {}
            }
        }
        None
    })
}

/// Where the parenthesis that opens `text` is closed.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if let Some(quoted) = quoted_length(&text[at..]) {
            at += quoted;
            continue;
        }
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return Some(at),
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += c.len_utf8();
    }
    None
}
