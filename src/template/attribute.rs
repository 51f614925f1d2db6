//! Attributes as written: `class`, `data-for` and their like become what they mean.

use std::{ops::Range, sync::Arc};

use crate::{
    fault::Fault,
    template::{
        css::sheet,
        document::{Condition, Element, Naming, Repeat, RowRole, RowSource, Text},
        expression::Expression,
        source::Source,
        vocabulary::{self, Known},
    },
};

/// Names that mean something everywhere.
pub(crate) const RESERVED: [&str; 5] = ["parameters", "report", "tenant", "generated_at", "loop"];

/// No cell may span more columns than this.
const MAX_COLUMNS: usize = 100;

/// No cell may span more rows than this (HTML §4.9.11).
const MAX_ROWS: usize = 65_534;

/// An attribute as the file has it.
#[derive(Debug)]
pub(crate) struct Written<'a> {
    pub(crate) name: &'a str,
    /// With character references resolved.
    pub(crate) value: &'a str,
    /// The bytes of name and value.
    pub(crate) span: Range<usize>,
}

impl Written<'_> {
    /// Where the value begins, and how it stands in the file.
    fn raw<'s>(&self, source: &'s Source) -> (usize, &'s str) {
        let whole = source.text().get(self.span.clone()).unwrap_or_default();
        let Some(equals) = whole.find('=') else { return (self.span.start, "") };
        let after = &whole[equals + 1..];
        let value = after.trim_start();
        let quoted = usize::from(value.starts_with(['"', '\'']));
        let skipped = equals + 1 + (after.len() - value.len()) + quoted;
        let end = (skipped + self.value.len()).min(whole.len());
        let raw = whole.get(skipped..).unwrap_or_default();
        let raw = if raw.starts_with(self.value) { whole.get(skipped..end).unwrap_or_default() } else { raw };
        (self.span.start + skipped, raw)
    }
}

/// Puts an attribute into its element.
pub(crate) fn read(
    source: &Source,
    known: &Known,
    written: &Written<'_>,
    element: &mut Element,
    faults: &mut Vec<Fault>,
) -> Result<(), Fault> {
    let (offset, raw) = written.raw(source);
    let Some(name) = known.attribute(written.name) else {
        let message = format!("attribute `{}` is not supported on `<{}>`", written.name, known.tag);
        let help = vocabulary::instead_of_attribute(known.tag, written.name);
        return Err(source.fault(written.span.start, message).help(help));
    };
    let compile = || Expression::compile(source, offset, written.value);
    if written.value.contains("{{") && !may_depend_on_data(known.tag, name) {
        let fault = source.fault(offset, format!("`{name}` can't depend on data"));
        return Err(fault.help(instead_of_data(name)));
    }
    match name {
        "id" => element.id = Some(Arc::from(written.value)),
        "class" => element.class = Some(Text::parse(source, offset, raw, written.value)?),
        "style" => element.declared = sheet::parse_attribute(source, offset, written.value, faults),
        "data-if" => element.condition = Some(Condition::If(compile()?)),
        "data-else-if" => element.condition = Some(Condition::ElseIf(compile()?)),
        "data-with" => element.names = namings(source, offset, written.value)?,
        "data-else" => element.condition = Some(Condition::Else),
        "data-for" => element.repeat = Some(repeat(source, offset, written.value)?),
        "data-rows" => element.rows = Some(row_source(source, offset, written.value)?),
        "data-group" => element.role = RowRole::GroupHeader(group_keys(source, offset, written.value)?),
        "data-group-footer" => element.role = RowRole::GroupFooter(group_keys(source, offset, written.value)?),
        "data-empty" => element.role = RowRole::Empty,
        "start" | "value" if matches!(known.tag, "ol" | "li") => {
            if written.value.trim().parse::<i32>().is_err() {
                return Err(source
                    .fault(offset, format!("`{name}` is a whole number"))
                    .help("choose it in the template"));
            }
            element.attributes.push((name, Text::parse(source, offset, raw, written.value)?));
        }
        "type" if !["1", "a", "A", "i", "I"].contains(&written.value) => {
            return Err(source.fault(offset, "`type` is one of 1, a, A, i, I").help("use `list-style-type`"));
        }
        "dir" if !["ltr", "rtl", "auto"].contains(&written.value) && !written.value.contains("{{") => {
            return Err(source.fault(offset, "`dir` is one of ltr, rtl, auto"));
        }
        "colspan" | "rowspan" | "span" => {
            // `rowspan="0"` reaches to the end of the row group.
            let (least, most) = if name == "rowspan" { (0, MAX_ROWS) } else { (1, MAX_COLUMNS) };
            if !written.value.parse().is_ok_and(|span: usize| (least..=most).contains(&span)) {
                return Err(source.fault(offset, format!("`{name}` is a number from {least} to {most}")));
            }
            element.attributes.push((name, Text::parse(source, offset, raw, written.value)?));
        }
        _ => element.attributes.push((name, Text::parse(source, offset, raw, written.value)?)),
    }
    Ok(())
}

/// Whether `{{ … }}` may stand in an attribute.
fn may_depend_on_data(tag: &str, name: &str) -> bool {
    match name {
        "class" | "title" | "alt" | "datetime" => true,
        "href" => tag == "a",
        "lang" => tag != "html",
        _ => false,
    }
}

/// What to do where `{{ … }}` can't stand.
fn instead_of_data(name: &str) -> &'static str {
    match name {
        "style" | "width" | "height" => "choose a class: `class=\"{{ 'late' if row.overdue }}\"`",
        "src" => "write one `<img>` for each picture, with `data-if` and `data-else-if`",
        "id" => "an `id` names one element of the template; style by `class`",
        "lang" => "the document has one language: name it, and that of other parts on their elements",
        "href" => "style sheets are part of the template; choose classes by data",
        name if name.starts_with("data-") => "its value is an expression already: write it without `{{` and `}}`",
        _ => "write one element for each case, with `data-if` and `data-else`",
    }
}

/// `name = expression`, several of them separated by `;`.
fn namings(source: &Source, offset: usize, text: &str) -> Result<Vec<Naming>, Fault> {
    let help = "write `data-with=\"total = invoice.net + invoice.tax\"`, several separated by `;`";
    let mut namings: Vec<Naming> = Vec::new();
    let mut at = 0;
    for part in split_unquoted(text) {
        let from = at;
        at += part.len() + 1;
        if part.trim().is_empty() {
            continue;
        }
        let place = offset + from + (part.len() - part.trim_start().len());
        let assigned = part.split_once('=').filter(|(name, value)| is_name(name.trim()) && !value.starts_with('='));
        let Some((name, value)) = assigned else {
            return Err(source.fault(place, "`data-with` can't be read").help(help));
        };
        let trimmed = name.trim();
        reserve(source, place, trimmed)?;
        let value = Expression::compile(source, offset + from + name.len() + 1, value)?;
        namings.push(Naming { name: Arc::from(trimmed), value });
    }
    if namings.is_empty() { Err(source.fault(offset, "`data-with` is empty").help(help)) } else { Ok(namings) }
}

/// The parts of a text between the `;` that don't stand within quotes.
fn split_unquoted(text: &str) -> impl Iterator<Item = &str> {
    let mut quote = None;
    text.split(move |c| {
        match (quote, c) {
            (None, ';') => return true,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
        false
    })
}

/// `dose in doses`.
fn repeat(source: &Source, offset: usize, text: &str) -> Result<Repeat, Fault> {
    let written = text.split_once(" in ").filter(|(variable, _)| is_name(variable.trim()));
    let Some((variable, over)) = written else {
        return Err(source.fault(offset, "`data-for` can't be read").help("write `data-for=\"dose in doses\"`"));
    };
    reserve(source, offset, variable.trim())?;
    let over_at = offset + variable.len() + " in ".len();
    Ok(Repeat { variable: Arc::from(variable.trim()), over: Expression::compile(source, over_at, over)? })
}

/// `row.clinic`, or several with commas between them.
fn group_keys(source: &Source, offset: usize, text: &str) -> Result<Vec<Expression>, Fault> {
    let mut keys = Vec::new();
    let mut start = 0;
    for end in top_level_commas(text).chain([text.len()]) {
        keys.push(Expression::compile(source, offset + start, &text[start..end])?);
        start = end + 1;
    }
    Ok(keys)
}

/// Where commas stand outside of quotes and brackets.
fn top_level_commas(text: &str) -> impl Iterator<Item = usize> {
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

/// `dose in doses`, or `doses` alone, whose rows are then called `row`.
fn row_source(source: &Source, offset: usize, text: &str) -> Result<RowSource, Fault> {
    let (variable, dataset) = text.split_once(" in ").unwrap_or(("row", text));
    let (variable, dataset) = (variable.trim(), dataset.trim());
    if !is_name(variable) || !is_name(dataset) {
        let help = "write `data-rows=\"dose in doses\"`, or `data-rows=\"doses\"` and `{{ row.column }}`";
        return Err(source.fault(offset, "`data-rows` can't be read").help(help));
    }
    reserve(source, offset, variable)?;
    Ok(RowSource { variable: Arc::from(variable), dataset: Arc::from(dataset), place: source.place(offset) })
}

/// Refuses a name that means something everywhere.
fn reserve(source: &Source, offset: usize, name: &str) -> Result<(), Fault> {
    match RESERVED.contains(&name) {
        true => Err(source.fault(offset, format!("`{name}` has a meaning already")).help("choose another name")),
        false => Ok(()),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
