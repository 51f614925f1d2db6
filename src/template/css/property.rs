//! Property names and the values that each may have.

use std::sync::Arc;

use cssparser::{Parser, Token, match_ignore_ascii_case};

use crate::{
    layout::page::Color,
    template::{
        css::{
            declaration::{Bound, Declaration, FontSize, LineHeightAsWritten, Side},
            unsupported,
            value::{Length, Parsed, color, length, length_or_auto, refuse, unexpected, word},
        },
        style::*,
    },
};

/// Parses the value of a property into longhands.
pub(crate) fn parse(name: &str, input: &mut Parser<'_>) -> Parsed<Vec<Declaration>> {
    use Declaration as D;
    if name.eq_ignore_ascii_case("vertical-align") && input.try_parse(|i| i.expect_ident_matching("inherit")).is_ok() {
        return Ok(vec![Declaration::VerticalAlignOfParent]);
    }
    if input.try_parse(css_wide_keyword).is_ok() {
        return refuse("`inherit`, `initial`, `unset` and `revert` are not supported yet; write the value itself");
    }
    let one = |declaration: D| Ok(vec![declaration]);
    match_ignore_ascii_case! { name,
        "display" => one(D::Display(word(input, DISPLAYS)?)),
        "margin" => each_side(input, |input| length_or_auto(input, true), D::Margin),
        "margin-top" => one(D::Margin(Side::Top, length_or_auto(input, true)?)),
        "margin-right" => one(D::Margin(Side::Right, length_or_auto(input, true)?)),
        "margin-bottom" => one(D::Margin(Side::Bottom, length_or_auto(input, true)?)),
        "margin-left" => one(D::Margin(Side::Left, length_or_auto(input, true)?)),
        "padding" => each_side(input, |input| length(input, false), D::Padding),
        "padding-top" => one(D::Padding(Side::Top, length(input, false)?)),
        "padding-right" => one(D::Padding(Side::Right, length(input, false)?)),
        "padding-bottom" => one(D::Padding(Side::Bottom, length(input, false)?)),
        "padding-left" => one(D::Padding(Side::Left, length(input, false)?)),
        "border" => border(input, &Side::ALL),
        "border-top" => border(input, &[Side::Top]),
        "border-right" => border(input, &[Side::Right]),
        "border-bottom" => border(input, &[Side::Bottom]),
        "border-left" => border(input, &[Side::Left]),
        "border-width" => each_side(input, border_width, D::BorderWidth),
        "border-style" => each_side(input, border_line, D::BorderLine),
        "border-color" => each_side(input, color, D::BorderColor),
        "border-top-width" => one(D::BorderWidth(Side::Top, border_width(input)?)),
        "border-right-width" => one(D::BorderWidth(Side::Right, border_width(input)?)),
        "border-bottom-width" => one(D::BorderWidth(Side::Bottom, border_width(input)?)),
        "border-left-width" => one(D::BorderWidth(Side::Left, border_width(input)?)),
        "border-top-style" => one(D::BorderLine(Side::Top, border_line(input)?)),
        "border-right-style" => one(D::BorderLine(Side::Right, border_line(input)?)),
        "border-bottom-style" => one(D::BorderLine(Side::Bottom, border_line(input)?)),
        "border-left-style" => one(D::BorderLine(Side::Left, border_line(input)?)),
        "border-top-color" => one(D::BorderColor(Side::Top, color(input)?)),
        "border-right-color" => one(D::BorderColor(Side::Right, color(input)?)),
        "border-bottom-color" => one(D::BorderColor(Side::Bottom, color(input)?)),
        "border-left-color" => one(D::BorderColor(Side::Left, color(input)?)),
        "background-color" => one(D::Background(color(input)?)),
        "background" => match input.try_parse(|input| input.expect_ident_matching("none")) {
            Ok(()) => one(D::Background(None)),
            Err(_) => one(D::Background(color(input)?)),
        },
        "color" => match color(input)? {
            Some(color) => one(D::Color(color)),
            None => refuse("text can't be transparent; leave it out with `data-if`"),
        },
        "width" => one(D::Size(Bound::Width, length_or_auto(input, false)?)),
        "height" => one(D::Size(Bound::Height, length_or_auto(input, false)?)),
        "min-width" => one(D::Size(Bound::MinWidth, length_or_auto(input, false)?)),
        "min-height" => one(D::Size(Bound::MinHeight, length_or_auto(input, false)?)),
        "max-width" => one(D::Size(Bound::MaxWidth, length_or_none(input)?)),
        "max-height" => one(D::Size(Bound::MaxHeight, length_or_none(input)?)),
        "box-sizing" => one(D::BorderBox(word(input, &[("content-box", false), ("border-box", true)])?)),
        "font-family" => one(D::Families(families(input)?)),
        "font-size" => one(D::FontSize(font_size(input)?)),
        "font-weight" => one(weight(input)?),
        "font-style" => one(D::Italic(word(input, &[("normal", false), ("italic", true), ("oblique", true)])?)),
        "font" => font(input),
        "line-height" => one(D::LineHeight(line_height(input)?)),
        "text-align" => one(D::TextAlign(word(input, TEXT_ALIGNS)?)),
        "vertical-align" => one(D::VerticalAlign(word(input, VERTICAL_ALIGNS)?)),
        "white-space" => one(D::WhiteSpace(word(input, WHITE_SPACES)?)),
        "text-transform" => one(D::TextTransform(word(input, TRANSFORMS)?)),
        "letter-spacing" => match input.try_parse(|input| input.expect_ident_matching("normal")) {
            Ok(()) => one(D::LetterSpacing(Length::ZERO)),
            Err(_) => one(D::LetterSpacing(length(input, true)?)),
        },
        "text-decoration" | "text-decoration-line" => one(decoration(input)?),
        "list-style" | "list-style-type" => one(D::ListMarker(word(input, MARKERS)?)),
        "break-before" => one(D::BreakBefore(word(input, BREAKS)?)),
        "break-after" => one(D::BreakAfter(word(input, BREAKS)?)),
        "break-inside" => one(D::KeepTogether(word(input, INSIDES)?)),
        "page-break-before" => one(D::BreakBefore(word(input, OLD_BREAKS)?)),
        "page-break-after" => one(D::BreakAfter(word(input, OLD_BREAKS)?)),
        "page-break-inside" => one(D::KeepTogether(word(input, INSIDES)?)),
        "orphans" => one(D::Orphans(lines(input)?)),
        "widows" => one(D::Widows(lines(input)?)),
        "table-layout" => one(D::FixedTable(word(input, &[("auto", false), ("fixed", true)])?)),
        "border-collapse" => one(D::Collapse(word(input, &[("separate", false), ("collapse", true)])?)),
        "border-spacing" => pair(input).map(|(x, y)| vec![D::BorderSpacing(x, y)]),
        "flex-direction" => one(D::FlexColumn(word(input, &[("row", false), ("column", true)])?)),
        "flex-wrap" => word(input, &[("nowrap", ())]).map(|()| Vec::new()),
        "gap" => pair(input).map(|(row, column)| vec![D::RowGap(row), D::ColumnGap(column)]),
        "row-gap" => one(D::RowGap(length(input, false)?)),
        "column-gap" => one(D::ColumnGap(length(input, false)?)),
        "justify-content" => one(D::Justify(word(input, JUSTIFIES)?)),
        "align-items" => one(D::AlignItems(word(input, ALIGNS)?)),
        "flex-grow" => one(D::Grow(factor(input)?)),
        "flex-shrink" => one(D::Shrink(factor(input)?)),
        "flex-basis" => one(D::Basis(length_or_auto(input, false)?)),
        "flex" => flex(input),
        // Hints for the browser that change nothing in print: colours are always exact here.
        "print-color-adjust" | "-webkit-print-color-adjust" => word(input, &[("exact", ()), ("economy", ())]).map(|()| Vec::new()),
        _ => refuse(unsupported::instead_of(name)),
    }
}

fn css_wide_keyword(input: &mut Parser<'_>) -> Parsed<()> {
    word(input, &[("inherit", ()), ("initial", ()), ("unset", ()), ("revert", ())])
}

const DISPLAYS: &[(&str, Display)] = &[
    ("block", Display::Block),
    ("inline", Display::Inline),
    ("none", Display::None),
    ("flex", Display::Flex),
    ("list-item", Display::ListItem),
    ("table", Display::Table),
    ("table-row", Display::TableRow),
    ("table-cell", Display::TableCell),
    ("table-header-group", Display::TableHeaderGroup),
    ("table-row-group", Display::TableRowGroup),
    ("table-footer-group", Display::TableFooterGroup),
    ("table-column", Display::TableColumn),
    ("table-column-group", Display::TableColumnGroup),
    ("table-caption", Display::TableCaption),
];

const TEXT_ALIGNS: &[(&str, TextAlign)] = &[
    ("left", TextAlign::Left),
    ("right", TextAlign::Right),
    ("center", TextAlign::Center),
    ("start", TextAlign::Start),
    ("end", TextAlign::End),
];

const VERTICAL_ALIGNS: &[(&str, VerticalAlign)] = &[
    ("baseline", VerticalAlign::Baseline),
    ("top", VerticalAlign::Top),
    ("middle", VerticalAlign::Middle),
    ("bottom", VerticalAlign::Bottom),
    ("super", VerticalAlign::Super),
    ("sub", VerticalAlign::Sub),
];

const WHITE_SPACES: &[(&str, WhiteSpace)] = &[
    ("normal", WhiteSpace::Normal),
    ("nowrap", WhiteSpace::Nowrap),
    ("pre", WhiteSpace::Pre),
    ("pre-wrap", WhiteSpace::PreWrap),
    ("pre-line", WhiteSpace::PreLine),
];

const TRANSFORMS: &[(&str, TextTransform)] = &[
    ("none", TextTransform::None),
    ("uppercase", TextTransform::Uppercase),
    ("lowercase", TextTransform::Lowercase),
    ("capitalize", TextTransform::Capitalize),
];

const MARKERS: &[(&str, ListMarker)] = &[
    ("disc", ListMarker::Disc),
    ("circle", ListMarker::Circle),
    ("square", ListMarker::Square),
    ("decimal", ListMarker::Decimal),
    ("lower-alpha", ListMarker::LowerAlpha),
    ("upper-alpha", ListMarker::UpperAlpha),
    ("lower-roman", ListMarker::LowerRoman),
    ("none", ListMarker::None),
];

const BREAKS: &[(&str, Break)] =
    &[("auto", Break::Auto), ("avoid", Break::Avoid), ("avoid-page", Break::Avoid), ("page", Break::Page)];

const OLD_BREAKS: &[(&str, Break)] = &[("auto", Break::Auto), ("avoid", Break::Avoid), ("always", Break::Page)];

const INSIDES: &[(&str, bool)] = &[("auto", false), ("avoid", true), ("avoid-page", true)];

const JUSTIFIES: &[(&str, Justify)] = &[
    ("flex-start", Justify::Start),
    ("start", Justify::Start),
    ("normal", Justify::Start),
    ("flex-end", Justify::End),
    ("end", Justify::End),
    ("center", Justify::Center),
    ("space-between", Justify::Between),
    ("space-around", Justify::Around),
    ("space-evenly", Justify::Evenly),
];

const ALIGNS: &[(&str, Align)] = &[
    ("stretch", Align::Stretch),
    ("normal", Align::Stretch),
    ("flex-start", Align::Start),
    ("start", Align::Start),
    ("flex-end", Align::End),
    ("end", Align::End),
    ("center", Align::Center),
];

/// One to four values for the four sides, in CSS's order.
fn each_side<T: Copy>(
    input: &mut Parser<'_>,
    mut parse: impl FnMut(&mut Parser<'_>) -> Parsed<T>,
    make: impl Fn(Side, T) -> Declaration,
) -> Parsed<Vec<Declaration>> {
    let mut values = vec![parse(input)?];
    while !at_end(input) {
        values.push(parse(input)?);
    }
    let [top, right, bottom, left] = match *values {
        [all] => [all; 4],
        [y, x] => [y, x, y, x],
        [top, x, bottom] => [top, x, bottom, x],
        [top, right, bottom, left] => [top, right, bottom, left],
        _ => return refuse("give one to four values"),
    };
    Ok(vec![make(Side::Top, top), make(Side::Right, right), make(Side::Bottom, bottom), make(Side::Left, left)])
}

/// Whether nothing but `!important` is left.
fn at_end(input: &mut Parser<'_>) -> bool {
    let state = input.state();
    let end = matches!(input.next(), Err(_) | Ok(Token::Delim('!')));
    input.reset(&state);
    end
}

fn border(input: &mut Parser<'_>, sides: &[Side]) -> Parsed<Vec<Declaration>> {
    let (mut width, mut dash, mut ink) = (None, None, None);
    while !at_end(input) {
        if width.is_none()
            && let Ok(value) = input.try_parse(border_width)
        {
            width = Some(value);
        } else if dash.is_none()
            && let Ok(value) = input.try_parse(border_line)
        {
            dash = Some(value);
        } else if ink.is_none() {
            ink = Some(border_color(input)?);
        } else {
            return unexpected();
        }
    }
    let width = width.unwrap_or(Length::Points(2.25));
    let longhands = |side: &Side| {
        [
            Declaration::BorderWidth(*side, width),
            Declaration::BorderLine(*side, dash.flatten()),
            Declaration::BorderColor(*side, ink.flatten()),
        ]
    };
    Ok(sides.iter().flat_map(longhands).collect())
}

fn border_color(input: &mut Parser<'_>) -> Parsed<Option<Color>> {
    match color(input)? {
        Some(color) => Ok(Some(color)),
        None => refuse("for a border that isn't drawn write `none`"),
    }
}

fn border_width(input: &mut Parser<'_>) -> Parsed<Length> {
    const WORDS: &[(&str, Length)] =
        &[("thin", Length::Points(0.75)), ("medium", Length::Points(2.25)), ("thick", Length::Points(3.75))];
    if let Ok(named) = input.try_parse(|input| word(input, WORDS)) {
        return Ok(named);
    }
    match length(input, false)? {
        Length::Part(_) => refuse("a border has no percentage; write `1px`"),
        length => Ok(length),
    }
}

fn border_line(input: &mut Parser<'_>) -> Parsed<Option<LineStyle>> {
    word(
        input,
        &[
            ("solid", Some(LineStyle::Solid)),
            ("dashed", Some(LineStyle::Dashed)),
            ("dotted", Some(LineStyle::Dotted)),
            ("none", None),
            ("hidden", None),
        ],
    )
}

fn length_or_none(input: &mut Parser<'_>) -> Parsed<Option<Length>> {
    match input.try_parse(|input| input.expect_ident_matching("none")) {
        Ok(()) => Ok(None),
        Err(_) => length(input, false).map(Some),
    }
}

fn pair(input: &mut Parser<'_>) -> Parsed<(Length, Length)> {
    let first = length(input, false)?;
    let second = if at_end(input) { first } else { length(input, false)? };
    Ok((first, second))
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

fn font_size(input: &mut Parser<'_>) -> Parsed<FontSize> {
    const WORDS: &[(&str, FontSize)] = &[
        ("xx-small", FontSize::Length(Length::Points(6.75))),
        ("x-small", FontSize::Length(Length::Points(7.5))),
        ("small", FontSize::Length(Length::Points(9.75))),
        ("medium", FontSize::Length(Length::Points(12.0))),
        ("large", FontSize::Length(Length::Points(13.5))),
        ("x-large", FontSize::Length(Length::Points(18.0))),
        ("xx-large", FontSize::Length(Length::Points(24.0))),
        ("smaller", FontSize::Times(1.0 / 1.2)),
        ("larger", FontSize::Times(1.2)),
    ];
    if let Ok(named) = input.try_parse(|input| word(input, WORDS)) {
        return Ok(named);
    }
    length(input, false).map(FontSize::Length)
}

fn weight(input: &mut Parser<'_>) -> Parsed<Declaration> {
    if input.try_parse(|input| input.expect_ident_matching("bolder")).is_ok() {
        return Ok(Declaration::Bolder);
    }
    weight_number(input).map(Declaration::Weight)
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

fn font(input: &mut Parser<'_>) -> Parsed<Vec<Declaration>> {
    let mut italic = false;
    let mut bold = 400;
    loop {
        if input.try_parse(|input| word(input, &[("italic", ()), ("oblique", ())])).is_ok() {
            italic = true;
        } else if let Ok(weight) = input.try_parse(weight_number) {
            bold = weight;
        } else {
            break;
        }
    }
    let size = font_size(input)?;
    let height = match input.try_parse(|input| input.expect_delim('/')) {
        Ok(()) => line_height(input)?,
        Err(_) => LineHeightAsWritten::Normal,
    };
    let families = families(input)?;
    Ok(vec![
        Declaration::Italic(italic),
        Declaration::Weight(bold),
        Declaration::FontSize(size),
        Declaration::LineHeight(height),
        Declaration::Families(families),
    ])
}

fn line_height(input: &mut Parser<'_>) -> Parsed<LineHeightAsWritten> {
    if input.try_parse(|input| input.expect_ident_matching("normal")).is_ok() {
        return Ok(LineHeightAsWritten::Normal);
    }
    if let Ok(times) = input.try_parse(factor) {
        return Ok(LineHeightAsWritten::Times(times));
    }
    length(input, false).map(LineHeightAsWritten::Length)
}

fn decoration(input: &mut Parser<'_>) -> Parsed<Declaration> {
    let (mut underline, mut line_through) = (false, false);
    while !at_end(input) {
        match word(input, &[("none", 0), ("underline", 1), ("line-through", 2)])? {
            1 => underline = true,
            2 => line_through = true,
            _ => {}
        }
    }
    Ok(Declaration::Decoration { underline, line_through })
}

fn lines(input: &mut Parser<'_>) -> Parsed<u16> {
    match *input.next()? {
        Token::Number { int_value: Some(lines @ 1..=100), .. } => Ok(lines as u16),
        _ => refuse("use a whole number from 1 to 100"),
    }
}

fn factor(input: &mut Parser<'_>) -> Parsed<f32> {
    match *input.next()? {
        Token::Number { value, .. } if (0.0..=1000.0).contains(&value) => Ok(value),
        _ => unexpected(),
    }
}

fn flex(input: &mut Parser<'_>) -> Parsed<Vec<Declaration>> {
    let make =
        |grow, shrink, basis| Ok(vec![Declaration::Grow(grow), Declaration::Shrink(shrink), Declaration::Basis(basis)]);
    if input.try_parse(|input| input.expect_ident_matching("none")).is_ok() {
        return make(0.0, 0.0, None);
    }
    if input.try_parse(|input| input.expect_ident_matching("auto")).is_ok() {
        return make(1.0, 1.0, None);
    }
    let Ok(grow) = input.try_parse(factor) else {
        return make(1.0, 1.0, length_or_auto(input, false)?.map(Some).unwrap_or_default());
    };
    let shrink = input.try_parse(factor).unwrap_or(1.0);
    let basis = if at_end(input) { Some(Length::Part(0.0)) } else { length_or_auto(input, false)? };
    make(grow, shrink, basis)
}
