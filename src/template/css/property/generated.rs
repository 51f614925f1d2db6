//! Content that CSS makes: `content`, counters, list markers, running elements.

use std::sync::Arc;

use cssparser::{Parser, Token, match_ignore_ascii_case};

use crate::template::{
    css::{
        declaration::Declaration,
        value::{Parsed, at_end, is_word, refuse, unexpected, word},
    },
    style::{CounterStyle, Generated, ListMarker, Position},
};

/// No pseudo-element has more pieces, no element sets more counters.
const MOST: usize = 100;

pub(super) fn position(input: &mut Parser<'_>) -> Parsed<Position> {
    if input.try_parse(|input| input.expect_function_matching("running")).is_ok() {
        let name = input.parse_nested_block(|input| input.expect_ident_cloned().map_err(Into::into))?;
        return Ok(Position::Running(Arc::from(&*name)));
    }
    if input.try_parse(|input| word(input, &[("fixed", ()), ("sticky", ())])).is_ok() {
        return refuse("for what stands on every page use `position: running(name)` and a margin box of `@page`");
    }
    let positions = [("static", Position::Static), ("relative", Position::Relative), ("absolute", Position::Absolute)];
    word(input, &positions)
}

const MARKERS: &[(&str, ListMarker)] = &[
    ("disc", ListMarker::Disc),
    ("circle", ListMarker::Circle),
    ("square", ListMarker::Square),
    ("decimal", ListMarker::Decimal),
    ("decimal-leading-zero", ListMarker::DecimalLeadingZero),
    ("lower-alpha", ListMarker::LowerAlpha),
    ("lower-latin", ListMarker::LowerAlpha),
    ("upper-alpha", ListMarker::UpperAlpha),
    ("upper-latin", ListMarker::UpperAlpha),
    ("lower-roman", ListMarker::LowerRoman),
    ("upper-roman", ListMarker::UpperRoman),
    ("lower-greek", ListMarker::LowerGreek),
    ("none", ListMarker::None),
];

pub(super) fn marker(input: &mut Parser<'_>) -> Parsed<ListMarker> {
    if let Ok(text) = input.try_parse(|input| input.expect_string_cloned()) {
        return Ok(ListMarker::Text(Arc::from(&*text)));
    }
    word(input, MARKERS)
}

pub(super) fn marker_position(input: &mut Parser<'_>) -> Parsed<bool> {
    word(input, &[("outside", false), ("inside", true)])
}

pub(super) fn list_style(input: &mut Parser<'_>) -> Parsed<Vec<Declaration>> {
    let (mut kind, mut inside) = (None, None);
    while !at_end(input) {
        if inside.is_none()
            && let Ok(value) = input.try_parse(marker_position)
        {
            inside = Some(value);
        } else if kind.is_none() {
            kind = Some(marker(input)?);
        } else if is_word(input, "none") {
            // A second `none` is for the picture, which there never is.
        } else {
            return unexpected();
        }
    }
    if kind.is_none() && inside.is_none() {
        return unexpected();
    }
    Ok(vec![Declaration::ListMarker(kind.unwrap_or_default()), Declaration::MarkerInside(inside.unwrap_or(false))])
}

pub(super) fn content(input: &mut Parser<'_>) -> Parsed<Option<Arc<[Generated]>>> {
    if input.try_parse(|input| word(input, &[("none", ()), ("normal", ())])).is_ok() {
        return Ok(None);
    }
    let mut pieces = Vec::new();
    while !at_end(input) {
        if pieces.len() == MOST {
            return refuse(format!("`content` has no more than {MOST} pieces"));
        }
        pieces.push(match input.next()?.clone() {
            Token::QuotedString(text) => Generated::Text(Arc::from(&*text)),
            Token::Function(name) => input.parse_nested_block(|input| function(&name, input))?,
            Token::Ident(name) if name.ends_with("-quote") => return refuse("write the quotation marks as a string"),
            Token::Delim('/') => return refuse("leave out the alternative text: the text itself is read aloud"),
            Token::UnquotedUrl(_) => return refuse("put pictures into the HTML, or use `background-image`"),
            _ => return refuse("use strings, `attr()`, `counter()` and `counters()`"),
        });
    }
    if pieces.is_empty() { unexpected() } else { Ok(Some(pieces.into())) }
}

fn function(name: &str, input: &mut Parser<'_>) -> Parsed<Generated> {
    Ok(match_ignore_ascii_case! { name,
        "attr" => Generated::Attribute(Arc::from(input.expect_ident_cloned()?.to_ascii_lowercase())),
        "counter" => {
            let counter = counter_name(input)?;
            Generated::Counter(counter, counter_style(input)?)
        },
        "counters" => {
            let counter = counter_name(input)?;
            input.expect_comma()?;
            let between = Arc::from(&*input.expect_string_cloned()?);
            Generated::Counters(counter, between, counter_style(input)?)
        },
        "element" | "string" => return refuse("it belongs into a margin box of `@page`"),
        "url" => return refuse("put pictures into the HTML, or use `background-image`"),
        _ => return refuse("use strings, `attr()`, `counter()` and `counters()`"),
    })
}

fn counter_name(input: &mut Parser<'_>) -> Parsed<Arc<str>> {
    let name = input.expect_ident_cloned()?;
    match_ignore_ascii_case! { &name,
        "none" | "inherit" | "initial" | "unset" | "revert" => refuse("a counter can't have this name"),
        _ => Ok(Arc::from(&*name)),
    }
}

/// `, lower-roman` after a counter's name.
pub(crate) fn counter_style(input: &mut Parser<'_>) -> Parsed<CounterStyle> {
    if input.try_parse(|input| input.expect_comma()).is_ok() { word(input, MARKERS) } else { Ok(CounterStyle::Decimal) }
}

/// `section 1 figure`: names, each with a number or `otherwise`.
pub(super) fn counters(input: &mut Parser<'_>, otherwise: i32) -> Parsed<Vec<(Arc<str>, i32)>> {
    let mut counters = Vec::new();
    if is_word(input, "none") {
        return Ok(counters);
    }
    while !at_end(input) {
        if counters.len() == MOST {
            return refuse(format!("no element sets more than {MOST} counters"));
        }
        let name = match input.next()?.clone() {
            Token::Ident(name) => Arc::from(&*name),
            Token::Function(_) => return refuse("counters only count up from a number; leave out `reversed()`"),
            _ => return unexpected(),
        };
        let value = input.try_parse(|input| input.expect_integer()).unwrap_or(otherwise);
        counters.push((name, value));
    }
    if counters.is_empty() { unexpected() } else { Ok(counters) }
}
