//! Margins, paddings, borders, corners and sizes.

use cssparser::Parser;

use crate::template::{
    css::{
        declaration::Declaration,
        draft::MEDIUM,
        value::{self, Length, Paint, Parsed, absolute, at_end, is_word, length, refuse, unexpected, word},
    },
    style::LineStyle,
};

/// Makes a longhand of its value.
pub(super) type Make<T> = fn(T) -> Declaration;

pub(super) const WIDTHS: [Make<Length>; 4] = [
    Declaration::BorderTopWidth,
    Declaration::BorderRightWidth,
    Declaration::BorderBottomWidth,
    Declaration::BorderLeftWidth,
];

pub(super) const LINES: [Make<Option<LineStyle>>; 4] = [
    Declaration::BorderTopLine,
    Declaration::BorderRightLine,
    Declaration::BorderBottomLine,
    Declaration::BorderLeftLine,
];

pub(super) const COLORS: [Make<Paint>; 4] = [
    Declaration::BorderTopColor,
    Declaration::BorderRightColor,
    Declaration::BorderBottomColor,
    Declaration::BorderLeftColor,
];

/// One to four values for the four sides or corners, in CSS's order.
pub(super) fn four<T: Clone>(
    input: &mut Parser<'_>,
    mut parse: impl FnMut(&mut Parser<'_>) -> Parsed<T>,
    ends: impl Fn(&mut Parser<'_>) -> bool,
) -> Parsed<[T; 4]> {
    let mut values = vec![parse(input)?];
    while !ends(input) {
        if values.len() == 4 {
            return refuse("give one to four values");
        }
        values.push(parse(input)?);
    }
    let of = |indices: [usize; 4]| indices.map(|i| values[i].clone());
    Ok(match values.len() {
        1 => of([0; 4]),
        2 => of([0, 1, 0, 1]),
        3 => of([0, 1, 2, 1]),
        _ => of([0, 1, 2, 3]),
    })
}

pub(super) fn each_side<T: Clone>(
    input: &mut Parser<'_>,
    parse: impl FnMut(&mut Parser<'_>) -> Parsed<T>,
    make: [Make<T>; 4],
) -> Parsed<Vec<Declaration>> {
    let values = four(input, parse, at_end)?;
    Ok(make.iter().zip(values).map(|(make, value)| make(value)).collect())
}

/// One or two values for two opposite sides.
pub(super) fn two<T: Clone>(
    input: &mut Parser<'_>,
    mut parse: impl FnMut(&mut Parser<'_>) -> Parsed<T>,
    make: [Make<T>; 2],
) -> Parsed<Vec<Declaration>> {
    let first = parse(input)?;
    let second = if at_end(input) { first.clone() } else { parse(input)? };
    let [a, b] = make;
    Ok(vec![a(first), b(second)])
}

/// One value for both ends of a line: which one text starts at depends on its direction.
pub(super) fn both<T: Clone>(
    input: &mut Parser<'_>,
    parse: impl FnOnce(&mut Parser<'_>) -> Parsed<T>,
    make: [Make<T>; 2],
) -> Parsed<Vec<Declaration>> {
    let value = parse(input)?;
    if !at_end(input) {
        return refuse("for two different values use `-left` and `-right`");
    }
    Ok(make.iter().map(|make| make(value.clone())).collect())
}

/// `border` and its sides; `sides` are indices of CSS's order.
pub(super) fn border(input: &mut Parser<'_>, sides: &[usize]) -> Parsed<Vec<Declaration>> {
    let (mut width, mut line, mut ink) = (None, None, None);
    while !at_end(input) {
        if width.is_none()
            && let Ok(value) = input.try_parse(self::width)
        {
            width = Some(value);
        } else if line.is_none()
            && let Ok(value) = input.try_parse(self::line)
        {
            line = Some(value);
        } else if ink.is_none() {
            ink = Some(color(input)?);
        } else {
            return unexpected();
        }
    }
    if width.is_none() && line.is_none() && ink.is_none() {
        return refuse("write `1px solid black`, or `none`");
    }
    let (width, line, ink) = (width.unwrap_or(MEDIUM), line.flatten(), ink.unwrap_or(Paint::Current));
    let longhands = |side: &usize| [WIDTHS[*side](width.clone()), LINES[*side](line), COLORS[*side](ink)];
    Ok(sides.iter().flat_map(longhands).collect())
}

pub(super) fn color(input: &mut Parser<'_>) -> Parsed<Paint> {
    value::color(input)
}

pub(super) fn width(input: &mut Parser<'_>) -> Parsed<Length> {
    const WORDS: &[(&str, Length)] =
        &[("thin", Length::points_of(0.75)), ("medium", MEDIUM), ("thick", Length::points_of(3.75))];
    match input.try_parse(|input| word(input, WORDS)) {
        Ok(named) => Ok(named),
        Err(_) => absolute(input, false),
    }
}

pub(super) fn line(input: &mut Parser<'_>) -> Parsed<Option<LineStyle>> {
    word(
        input,
        &[
            ("none", None),
            ("hidden", None),
            ("solid", Some(LineStyle::Solid)),
            ("dashed", Some(LineStyle::Dashed)),
            ("dotted", Some(LineStyle::Dotted)),
            ("double", Some(LineStyle::Double)),
            ("groove", Some(LineStyle::Groove)),
            ("ridge", Some(LineStyle::Ridge)),
            ("inset", Some(LineStyle::Inset)),
            ("outset", Some(LineStyle::Outset)),
        ],
    )
}

/// `border-radius`: up to four horizontal radii, and up to four vertical ones after a slash.
pub(super) fn radius(input: &mut Parser<'_>) -> Parsed<Vec<Declaration>> {
    let one = |input: &mut Parser<'_>| length(input, false);
    let before_slash = |input: &mut Parser<'_>| {
        let state = input.state();
        let slash = input.expect_delim('/').is_ok();
        input.reset(&state);
        slash || at_end(input)
    };
    let across = four(input, one, before_slash)?;
    let down = match input.try_parse(|input| input.expect_delim('/')) {
        Ok(()) => four(input, one, at_end)?,
        Err(_) => across.clone(),
    };
    let make: [Make<(Length, Length)>; 4] = [
        Declaration::RadiusTopLeft,
        Declaration::RadiusTopRight,
        Declaration::RadiusBottomRight,
        Declaration::RadiusBottomLeft,
    ];
    Ok(make.iter().zip(across.into_iter().zip(down)).map(|(make, corner)| make(corner)).collect())
}

/// The radii of one corner.
pub(super) fn corner(input: &mut Parser<'_>) -> Parsed<(Length, Length)> {
    let across = length(input, false)?;
    let down = if at_end(input) { across.clone() } else { length(input, false)? };
    Ok((across, down))
}

/// A width or height; `free` is the word for none.
pub(super) fn size(input: &mut Parser<'_>, free: &str) -> Parsed<Option<Length>> {
    if is_word(input, free) {
        return Ok(None);
    }
    let intrinsic = [("min-content", ()), ("max-content", ()), ("fit-content", ()), ("stretch", ())];
    if input.try_parse(|input| word(input, &intrinsic)).is_ok() {
        return refuse("use a length, a percentage, or `display: inline-block` for a box as wide as its content");
    }
    length(input, false).map(Some)
}

pub(super) fn overflow(input: &mut Parser<'_>) -> Parsed<bool> {
    if input.try_parse(|input| word(input, &[("auto", ()), ("scroll", ())])).is_ok() {
        return refuse("paper doesn't scroll; use `hidden`, or let the box grow");
    }
    word(input, &[("visible", false), ("hidden", true), ("clip", true)])
}

pub(super) fn spacing(input: &mut Parser<'_>) -> Parsed<Vec<Declaration>> {
    let across = absolute(input, false)?;
    let down = if at_end(input) { across.clone() } else { absolute(input, false)? };
    Ok(vec![Declaration::BorderSpacingX(across), Declaration::BorderSpacingY(down)])
}
