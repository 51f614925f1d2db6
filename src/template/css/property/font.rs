//! Fonts.

use std::sync::Arc;

use cssparser::{Parser, Token};

use crate::template::css::{
    declaration::{Declaration, Longhand},
    draft::{FontSize, LineHeightAsWritten, Weight},
    property::factor,
    value::{Parsed, is_word, length, refuse, word},
};

pub(super) fn single(longhand: Longhand, input: &mut Parser<'_>) -> Option<Parsed<Declaration>> {
    Some(match longhand {
        Longhand::Families => families(input).map(Declaration::Families),
        Longhand::FontSize => size(input).map(Declaration::FontSize),
        Longhand::Weight => weight(input).map(Declaration::Weight),
        Longhand::Italic => slant(input).map(Declaration::Italic),
        Longhand::LineHeight => line_height(input).map(Declaration::LineHeight),
        _ => return None,
    })
}

/// A list of font families, as `@font-face` and `font-family` write it.
pub(crate) fn families(input: &mut Parser<'_>) -> Parsed<Arc<[Arc<str>]>> {
    let family = |input: &mut Parser<'_>| -> Parsed<Arc<str>> {
        if let Ok(name) = input.try_parse(|input| input.expect_string_cloned()) {
            return Ok(Arc::from(&*name));
        }
        let mut name = input.expect_ident_cloned()?.to_string();
        while let Ok(more) = input.try_parse(|input| input.expect_ident_cloned()) {
            name = format!("{name} {more}");
        }
        Ok(Arc::from(name))
    };
    Ok(input.parse_comma_separated(family)?.into())
}

fn slant(input: &mut Parser<'_>) -> Parsed<bool> {
    let italic = word(input, &[("normal", false), ("italic", true), ("oblique", true)])?;
    if input.try_parse(|input| matches!(input.next(), Ok(Token::Dimension { .. })).then_some(()).ok_or(())).is_ok() {
        return refuse("the angle is the font's own; write `oblique` alone");
    }
    Ok(italic)
}

fn size(input: &mut Parser<'_>) -> Parsed<FontSize> {
    const WORDS: &[(&str, FontSize)] = &[
        ("xx-small", FontSize::Keyword(6.75)),
        ("x-small", FontSize::Keyword(7.5)),
        ("small", FontSize::Keyword(9.75)),
        ("medium", FontSize::Keyword(12.0)),
        ("large", FontSize::Keyword(13.5)),
        ("x-large", FontSize::Keyword(18.0)),
        ("xx-large", FontSize::Keyword(24.0)),
        ("xxx-large", FontSize::Keyword(36.0)),
        ("smaller", FontSize::Times(1.0 / 1.2)),
        ("larger", FontSize::Times(1.2)),
    ];
    match input.try_parse(|input| word(input, WORDS)) {
        Ok(named) => Ok(named),
        Err(_) => length(input, false).map(FontSize::Length),
    }
}

fn weight(input: &mut Parser<'_>) -> Parsed<Weight> {
    match input.try_parse(|input| word(input, &[("bolder", Weight::Bolder), ("lighter", Weight::Lighter)])) {
        Ok(weight) => Ok(weight),
        Err(_) => weight_number(input).map(Weight::Is),
    }
}

/// A weight that doesn't depend on the parent's, as `@font-face` needs it.
pub(crate) fn weight_number(input: &mut Parser<'_>) -> Parsed<u16> {
    match input.next()?.clone() {
        Token::Number { int_value: Some(weight @ 1..=1000), .. } => Ok(weight as u16),
        Token::Ident(name) if name.eq_ignore_ascii_case("normal") => Ok(400),
        Token::Ident(name) if name.eq_ignore_ascii_case("bold") => Ok(700),
        _ => refuse("use `normal`, `bold`, or a number from 1 to 1000"),
    }
}

fn line_height(input: &mut Parser<'_>) -> Parsed<LineHeightAsWritten> {
    if is_word(input, "normal") {
        return Ok(LineHeightAsWritten::Normal);
    }
    if let Ok(times) = input.try_parse(factor) {
        return Ok(LineHeightAsWritten::Times(times));
    }
    length(input, false).map(LineHeightAsWritten::Length)
}

pub(super) fn shorthand(input: &mut Parser<'_>) -> Parsed<Vec<Declaration>> {
    let (mut italic, mut bold) = (None, None);
    loop {
        if is_word(input, "normal") {
            // It may stand for any part; all of them begin as normal.
        } else if italic.is_none()
            && let Ok(value) = input.try_parse(slant)
        {
            italic = Some(value);
        } else if bold.is_none()
            && let Ok(value) = input.try_parse(weight)
        {
            bold = Some(value);
        } else {
            break;
        }
    }
    if input.try_parse(|input| word(input, &[("small-caps", ())])).is_ok() {
        return refuse("small capitals are not supported; use `text-transform: uppercase` with a smaller `font-size`");
    }
    let size = size(input)?;
    let height = match input.try_parse(|input| input.expect_delim('/')) {
        Ok(()) => line_height(input)?,
        Err(_) => LineHeightAsWritten::Normal,
    };
    let families = families(input)?;
    Ok(vec![
        Declaration::Italic(italic.unwrap_or(false)),
        Declaration::Weight(bold.unwrap_or(Weight::Is(400))),
        Declaration::FontSize(size),
        Declaration::LineHeight(height),
        Declaration::Families(families),
    ])
}
