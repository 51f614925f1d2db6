//! Properties by name: the values that each may have.

mod background;
mod edge;
mod flex;
mod font;
mod generated;
mod grid;
mod names;
mod paging;
mod text;

use cssparser::{Parser, match_ignore_ascii_case};

use crate::template::{
    css::{
        declaration::Declaration,
        longhand::{Longhand, Wide},
        unsupported,
        value::{Parsed, at_end, length, length_or_auto, number, refuse, whole, word},
    },
    style::*,
};

pub(crate) use font::{families, weight_number};
pub(crate) use generated::counter_style;

/// Parses the value of a property into longhands.
pub(crate) fn parse(name: &str, input: &mut Parser<'_>) -> Parsed<Vec<Declaration>> {
    let Some(longhands) = names::longhands(name) else { return refuse(unsupported::instead_of(name)) };
    if let Ok(wide) = input.try_parse(wide) {
        return Ok(longhands.iter().map(|longhand| Declaration::Wide(*longhand, wide)).collect());
    }
    let alone = match longhands {
        [longhand] => single(*longhand, name, input)?,
        _ => None,
    };
    match alone {
        Some(declaration) => Ok(vec![declaration]),
        None => shorthand(name, input),
    }
}

/// All longhands that a property stands for.
pub(crate) fn longhands(name: &str) -> Option<&'static [Longhand]> {
    names::longhands(name)
}

/// The names of all properties.
pub(crate) fn all() -> impl Iterator<Item = &'static str> {
    names::all()
}

fn wide(input: &mut Parser<'_>) -> Parsed<Wide> {
    let wide = word(
        input,
        &[("inherit", Wide::Inherit), ("initial", Wide::Initial), ("unset", Wide::Unset), ("revert", Wide::Revert)],
    )?;
    if at_end(input) { Ok(wide) } else { refuse("it stands alone") }
}

/// The value of a property that is one longhand; `None` when its name has a grammar of its own.
fn single(longhand: Longhand, name: &str, input: &mut Parser<'_>) -> Parsed<Option<Declaration>> {
    use Declaration as D;
    use Longhand as L;
    let margin = |input: &mut Parser<'_>| length_or_auto(input, true);
    let padding = |input: &mut Parser<'_>| length(input, false).map(Some);
    let size = |input: &mut Parser<'_>| edge::size(input, "auto");
    let most = |input: &mut Parser<'_>| edge::size(input, "none");
    Ok(Some(match longhand {
        L::Display => D::Display(display(input)?),
        L::Position => D::Position(generated::position(input)?),
        L::Clips => D::Clips(edge::overflow(input)?),
        L::Opacity => D::Opacity(opacity(input)?),
        L::Hidden => D::Hidden(word(input, &[("visible", false), ("hidden", true)])?),
        L::BorderBox => D::BorderBox(word(input, &[("content-box", false), ("border-box", true)])?),
        L::MarginTop => D::MarginTop(margin(input)?),
        L::MarginRight => D::MarginRight(margin(input)?),
        L::MarginBottom => D::MarginBottom(margin(input)?),
        L::MarginLeft => D::MarginLeft(margin(input)?),
        L::PaddingTop => D::PaddingTop(padding(input)?),
        L::PaddingRight => D::PaddingRight(padding(input)?),
        L::PaddingBottom => D::PaddingBottom(padding(input)?),
        L::PaddingLeft => D::PaddingLeft(padding(input)?),
        L::InsetTop => D::InsetTop(margin(input)?),
        L::InsetRight => D::InsetRight(margin(input)?),
        L::InsetBottom => D::InsetBottom(margin(input)?),
        L::InsetLeft => D::InsetLeft(margin(input)?),
        L::Width => D::Width(size(input)?),
        L::MinWidth => D::MinWidth(size(input)?),
        L::MaxWidth => D::MaxWidth(most(input)?),
        L::Height => D::Height(size(input)?),
        L::MinHeight => D::MinHeight(size(input)?),
        L::MaxHeight => D::MaxHeight(most(input)?),
        L::BorderTopWidth => D::BorderTopWidth(edge::width(input)?),
        L::BorderRightWidth => D::BorderRightWidth(edge::width(input)?),
        L::BorderBottomWidth => D::BorderBottomWidth(edge::width(input)?),
        L::BorderLeftWidth => D::BorderLeftWidth(edge::width(input)?),
        L::BorderTopLine => D::BorderTopLine(edge::line(input)?),
        L::BorderRightLine => D::BorderRightLine(edge::line(input)?),
        L::BorderBottomLine => D::BorderBottomLine(edge::line(input)?),
        L::BorderLeftLine => D::BorderLeftLine(edge::line(input)?),
        L::BorderTopColor => D::BorderTopColor(edge::color(input)?),
        L::BorderRightColor => D::BorderRightColor(edge::color(input)?),
        L::BorderBottomColor => D::BorderBottomColor(edge::color(input)?),
        L::BorderLeftColor => D::BorderLeftColor(edge::color(input)?),
        L::RadiusTopLeft => D::RadiusTopLeft(edge::corner(input)?),
        L::RadiusTopRight => D::RadiusTopRight(edge::corner(input)?),
        L::RadiusBottomRight => D::RadiusBottomRight(edge::corner(input)?),
        L::RadiusBottomLeft => D::RadiusBottomLeft(edge::corner(input)?),
        L::BackgroundColor => D::BackgroundColor(edge::color(input)?),
        L::BackgroundImages => D::BackgroundImages(input.parse_comma_separated(background::image)?),
        L::BackgroundSizes => D::BackgroundSizes(input.parse_comma_separated(background::size)?),
        L::BackgroundPositionsX => D::BackgroundPositionsX(input.parse_comma_separated(background::x)?),
        L::BackgroundPositionsY => D::BackgroundPositionsY(input.parse_comma_separated(background::y)?),
        L::BackgroundRepeats => D::BackgroundRepeats(input.parse_comma_separated(background::repeat)?),
        L::FixedTable => D::FixedTable(word(input, &[("auto", false), ("fixed", true)])?),
        L::Collapse => D::Collapse(word(input, &[("separate", false), ("collapse", true)])?),
        L::CaptionBelow => D::CaptionBelow(word(input, &[("top", false), ("bottom", true)])?),
        L::HidesEmptyCells => D::HidesEmptyCells(word(input, &[("show", false), ("hide", true)])?),
        L::ListMarker => D::ListMarker(generated::marker(input)?),
        L::MarkerInside => D::MarkerInside(generated::marker_position(input)?),
        L::Content => D::Content(generated::content(input)?),
        L::CounterReset => D::CounterReset(generated::counters(input, 0)?),
        L::CounterIncrement => D::CounterIncrement(generated::counters(input, 1)?),
        L::CounterSet => D::CounterSet(generated::counters(input, 0)?),
        _ => {
            let parsed = font::single(longhand, input)
                .or_else(|| text::single(longhand, input))
                .or_else(|| flex::single(longhand, input))
                .or_else(|| grid::single(longhand, input))
                .or_else(|| paging::single(longhand, name, input));
            return parsed.transpose();
        }
    }))
}

fn shorthand(name: &str, input: &mut Parser<'_>) -> Parsed<Vec<Declaration>> {
    use Declaration as D;
    match_ignore_ascii_case! { name,
        "margin" => edge::each_side(input, |input| length_or_auto(input, true), [D::MarginTop, D::MarginRight, D::MarginBottom, D::MarginLeft]),
        "padding" => edge::each_side(input, |input| length(input, false).map(Some), [D::PaddingTop, D::PaddingRight, D::PaddingBottom, D::PaddingLeft]),
        "inset" => edge::each_side(input, |input| length_or_auto(input, true), [D::InsetTop, D::InsetRight, D::InsetBottom, D::InsetLeft]),
        "border-width" => edge::each_side(input, edge::width, edge::WIDTHS),
        "border-style" => edge::each_side(input, edge::line, edge::LINES),
        "border-color" => edge::each_side(input, edge::color, edge::COLORS),
        "margin-block" => edge::two(input, |input| length_or_auto(input, true), [D::MarginTop, D::MarginBottom]),
        "margin-inline" => edge::both(input, |input| length_or_auto(input, true), [D::MarginLeft, D::MarginRight]),
        "padding-block" => edge::two(input, |input| length(input, false).map(Some), [D::PaddingTop, D::PaddingBottom]),
        "padding-inline" => edge::both(input, |input| length(input, false).map(Some), [D::PaddingLeft, D::PaddingRight]),
        "border" => edge::border(input, &[0, 1, 2, 3]),
        "border-top" => edge::border(input, &[0]),
        "border-right" => edge::border(input, &[1]),
        "border-bottom" => edge::border(input, &[2]),
        "border-left" => edge::border(input, &[3]),
        "border-block" => edge::border(input, &[0, 2]),
        "border-inline" => edge::border(input, &[1, 3]),
        "border-radius" => edge::radius(input),
        "background" => background::shorthand(input),
        "background-position" => background::positions(input),
        "font" => font::shorthand(input),
        "text-decoration" => text::decoration(input),
        "list-style" => generated::list_style(input),
        "border-spacing" => edge::spacing(input),
        "word-break" => text::word_break(input),
        "gap" => flex::gap(input),
        "flex" => flex::shorthand(input),
        "flex-flow" => flex::flow(input),
        "place-content" => flex::place_content(input),
        "place-items" => flex::place_items(input),
        "place-self" => flex::place_self(input),
        "grid-row" => grid::lines(input, [D::GridRowStart, D::GridRowEnd]),
        "grid-column" => grid::lines(input, [D::GridColumnStart, D::GridColumnEnd]),
        "grid-area" => grid::area(input),
        "grid-template" => grid::template(input),
        // Hints for the browser that change nothing in print: colours are always exact here.
        "print-color-adjust" | "-webkit-print-color-adjust" => {
            word(input, &[("exact", ()), ("economy", ())]).map(|()| Vec::new())
        },
        _ => refuse(unsupported::instead_of(name)),
    }
}

fn display(input: &mut Parser<'_>) -> Parsed<Display> {
    word(
        input,
        &[
            ("block", Display::Block),
            ("flow-root", Display::Block),
            ("inline", Display::Inline),
            ("inline-block", Display::InlineBlock),
            ("none", Display::None),
            ("flex", Display::Flex),
            ("inline-flex", Display::InlineFlex),
            ("grid", Display::Grid),
            ("inline-grid", Display::InlineGrid),
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
        ],
    )
}

fn opacity(input: &mut Parser<'_>) -> Parsed<f32> {
    let value = input.try_parse(|input| input.expect_percentage());
    Ok(match value {
        Ok(part) => part,
        Err(_) => number(input)?,
    }
    .clamp(0.0, 1.0))
}

/// A number of at least zero.
fn factor(input: &mut Parser<'_>) -> Parsed<f32> {
    match number(input)? {
        value if (0.0..=1_000_000.0).contains(&value) => Ok(value),
        _ => refuse("use a number of at least 0"),
    }
}

fn lines(input: &mut Parser<'_>) -> Parsed<u16> {
    whole(input, 1, 100).map(|lines| lines as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, text: &str) -> Option<Vec<Declaration>> {
        Parser::new(text).parse_entirely(|input| parse(name, input)).ok()
    }

    #[test]
    fn every_property_knows_values_and_takes_the_words_that_all_take() {
        let values = [
            "auto",
            "none",
            "normal",
            "1px",
            "1",
            "red",
            "left",
            "top",
            "start",
            "auto 1",
            "hidden",
            "block",
            "separate",
            "solid",
            "show",
            "row",
            "nowrap",
            "static",
            "italic",
            "outside",
            "stretch",
            "ltr",
            "clip",
            "repeat",
            "content-box",
            "12px serif",
            "1px / 1px",
            "exact",
            "nowrap",
        ];
        for name in all() {
            assert!(values.iter().any(|value| of(name, value).is_some()), "{name}");
            let wide = of(name, "inherit").unwrap_or_else(|| panic!("{name}"));
            assert_eq!(wide.len(), longhands(name).unwrap().len(), "{name}");
        }
    }

    #[test]
    fn shorthands_set_exactly_the_longhands_that_they_name() {
        for (name, value) in [
            ("margin", "1px 2px"),
            ("border", "1px solid red"),
            ("border-inline", "none"),
            ("border-radius", "1px 2px / 3px"),
            ("background", "url(a.png) no-repeat right 5mm top / cover, teal"),
            ("font", "italic bold 12pt/1.5 Lato, sans-serif"),
            ("text-decoration", "underline dotted red 2px"),
            ("list-style", "square inside"),
            ("flex", "1"),
            ("flex-flow", "wrap column"),
            ("gap", "1px"),
            ("place-items", "center"),
            ("grid-area", "a"),
            ("grid-template", "'a b' 10pt 'c c' / 1fr 2fr"),
            ("border-spacing", "2px"),
            ("word-break", "break-word"),
        ] {
            let set = of(name, value).unwrap_or_else(|| panic!("{name}: {value}"));
            let set: Vec<Longhand> = set.iter().filter_map(Declaration::longhand).collect();
            let named = longhands(name).unwrap();
            assert_eq!(set.len(), named.len(), "{name}");
            assert!(named.iter().all(|longhand| set.contains(longhand)), "{name}: {set:?}");
        }
    }

    #[test]
    fn what_css_refuses_is_refused() {
        for (name, value) in [
            ("margin", "1px 2px 3px 4px 5px"),
            ("padding", "-1px"),
            ("padding", "auto"),
            ("border-width", "10%"),
            ("border", ""),
            ("border", "red red"),
            ("background", "red, blue"),
            ("background", "linear-gradient(red, blue)"),
            ("color", "inherit red"),
            ("flex", "1 1 1 1"),
            ("grid-template-areas", "'a b' 'b a'"),
            ("grid-template-areas", "'a b' 'a'"),
            ("grid-template-columns", "repeat(1001, 1fr)"),
            ("grid-template-columns", "minmax(1fr, 2fr)"),
            ("grid-row", "0"),
            ("position", "fixed"),
            ("overflow", "scroll"),
            ("opacity", "x"),
            ("text-decoration", "underline underline"),
        ] {
            assert_eq!(of(name, value), None, "{name}: {value}");
        }
    }
}
