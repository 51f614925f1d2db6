//! Flex containers, gaps, and alignment in flex and grid.

use cssparser::Parser;

use crate::template::{
    css::{
        declaration::{Declaration, Longhand},
        property::factor,
        value::{Length, Parsed, at_end, is_word, length, length_or_auto, refuse, unexpected, whole, word},
    },
    style::*,
};

pub(super) fn single(longhand: Longhand, input: &mut Parser<'_>) -> Option<Parsed<Declaration>> {
    use Declaration as D;
    Some(match longhand {
        Longhand::FlexDirection => word(input, DIRECTIONS).map(D::FlexDirection),
        Longhand::FlexWrap => word(input, WRAPS).map(D::FlexWrap),
        Longhand::JustifyContent => justify(input).map(D::JustifyContent),
        Longhand::AlignContent => justify(input).map(D::AlignContent),
        Longhand::AlignItems => align(input).map(D::AlignItems),
        Longhand::JustifyItems => align(input).map(D::JustifyItems),
        Longhand::AlignSelf => align_or_auto(input).map(D::AlignSelf),
        Longhand::JustifySelf => align_or_auto(input).map(D::JustifySelf),
        Longhand::Grow => factor(input).map(D::Grow),
        Longhand::Shrink => factor(input).map(D::Shrink),
        Longhand::Basis => basis(input).map(D::Basis),
        Longhand::Order => whole(input, -100_000, 100_000).map(D::Order),
        Longhand::RowGap => one_gap(input).map(|gap| D::RowGap(Some(gap))),
        Longhand::ColumnGap => one_gap(input).map(|gap| D::ColumnGap(Some(gap))),
        _ => return None,
    })
}

const DIRECTIONS: &[(&str, FlowDirection)] = &[
    ("row", FlowDirection::Row),
    ("row-reverse", FlowDirection::RowReverse),
    ("column", FlowDirection::Column),
    ("column-reverse", FlowDirection::ColumnReverse),
];

const WRAPS: &[(&str, Wrap)] = &[("nowrap", Wrap::NoWrap), ("wrap", Wrap::Wrap), ("wrap-reverse", Wrap::Reverse)];

const JUSTIFIES: &[(&str, Justify)] = &[
    ("normal", Justify::Normal),
    ("flex-start", Justify::Start),
    ("start", Justify::Start),
    ("left", Justify::Start),
    ("flex-end", Justify::End),
    ("end", Justify::End),
    ("right", Justify::End),
    ("center", Justify::Center),
    ("space-between", Justify::Between),
    ("space-around", Justify::Around),
    ("space-evenly", Justify::Evenly),
    ("stretch", Justify::Stretch),
];

const ALIGNS: &[(&str, Align)] = &[
    ("normal", Align::Stretch),
    ("stretch", Align::Stretch),
    ("flex-start", Align::Start),
    ("self-start", Align::Start),
    ("start", Align::Start),
    ("left", Align::Start),
    ("flex-end", Align::End),
    ("self-end", Align::End),
    ("end", Align::End),
    ("right", Align::End),
    ("center", Align::Center),
    ("baseline", Align::Baseline),
];

fn justify(input: &mut Parser<'_>) -> Parsed<Justify> {
    word(input, JUSTIFIES)
}

fn align(input: &mut Parser<'_>) -> Parsed<Align> {
    word(input, ALIGNS)
}

fn align_or_auto(input: &mut Parser<'_>) -> Parsed<Option<Align>> {
    if is_word(input, "auto") { Ok(None) } else { align(input).map(Some) }
}

fn one_gap(input: &mut Parser<'_>) -> Parsed<Length> {
    if is_word(input, "normal") { Ok(Length::ZERO) } else { length(input, false) }
}

pub(super) fn gap(input: &mut Parser<'_>) -> Parsed<Vec<Declaration>> {
    let row = one_gap(input)?;
    let column = if at_end(input) { row.clone() } else { one_gap(input)? };
    Ok(vec![Declaration::RowGap(Some(row)), Declaration::ColumnGap(Some(column))])
}

fn basis(input: &mut Parser<'_>) -> Parsed<Option<Length>> {
    if input.try_parse(|input| word(input, &[("content", ()), ("min-content", ()), ("max-content", ())])).is_ok() {
        return refuse("use `auto`, a length or a percentage");
    }
    length_or_auto(input, false)
}

pub(super) fn shorthand(input: &mut Parser<'_>) -> Parsed<Vec<Declaration>> {
    let make =
        |grow, shrink, basis| Ok(vec![Declaration::Grow(grow), Declaration::Shrink(shrink), Declaration::Basis(basis)]);
    if is_word(input, "none") {
        return make(0.0, 0.0, None);
    }
    let (mut factors, mut base) = (None, None);
    while !at_end(input) {
        if factors.is_none()
            && let Ok(grow) = input.try_parse(factor)
        {
            factors = Some((grow, input.try_parse(factor).unwrap_or(1.0)));
        } else if base.is_none() {
            base = Some(basis(input)?);
        } else {
            return unexpected();
        }
    }
    match (factors, base) {
        (None, None) => unexpected(),
        (None, Some(base)) => make(1.0, 1.0, base),
        (Some((grow, shrink)), base) => make(grow, shrink, base.unwrap_or(Some(Length::part_of(0.0)))),
    }
}

pub(super) fn flow(input: &mut Parser<'_>) -> Parsed<Vec<Declaration>> {
    let (mut direction, mut wrap) = (None, None);
    while !at_end(input) {
        if direction.is_none()
            && let Ok(value) = input.try_parse(|input| word(input, DIRECTIONS))
        {
            direction = Some(value);
        } else if wrap.is_none() {
            wrap = Some(word(input, WRAPS)?);
        } else {
            return unexpected();
        }
    }
    Ok(vec![Declaration::FlexDirection(direction.unwrap_or_default()), Declaration::FlexWrap(wrap.unwrap_or_default())])
}

/// One value, or two of which the first is for the block axis.
fn pair<T: Clone>(input: &mut Parser<'_>, parse: fn(&mut Parser<'_>) -> Parsed<T>) -> Parsed<(T, T)> {
    let block = parse(input)?;
    let inline = if at_end(input) { block.clone() } else { parse(input)? };
    Ok((block, inline))
}

pub(super) fn place_content(input: &mut Parser<'_>) -> Parsed<Vec<Declaration>> {
    let (block, inline) = pair(input, justify)?;
    Ok(vec![Declaration::AlignContent(block), Declaration::JustifyContent(inline)])
}

pub(super) fn place_items(input: &mut Parser<'_>) -> Parsed<Vec<Declaration>> {
    let (block, inline) = pair(input, align)?;
    Ok(vec![Declaration::AlignItems(block), Declaration::JustifyItems(inline)])
}

pub(super) fn place_self(input: &mut Parser<'_>) -> Parsed<Vec<Declaration>> {
    let (block, inline) = pair(input, align_or_auto)?;
    Ok(vec![Declaration::AlignSelf(block), Declaration::JustifySelf(inline)])
}
