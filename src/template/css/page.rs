//! `@page`: size, margins and margin boxes.

use cssparser::{Parser, Token, match_ignore_ascii_case};

use crate::template::css::{
    declaration::Side,
    sheet::Declared,
    value::{FontSizes, Parsed, length, length_or_auto, refuse, unexpected},
};

/// One `@page` rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct PageRule {
    pub(crate) selector: PageSelector,
    pub(crate) size: Option<(f32, f32)>,
    pub(crate) margins: Vec<(Side, f32)>,
    /// Inherited by the margin boxes.
    pub(crate) declared: Vec<Declared>,
    pub(crate) boxes: Vec<MarginBoxRule>,
}

/// The pages that a rule is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PageSelector {
    #[default]
    All,
    Left,
    Right,
    First,
}

/// `@bottom-right { … }` and its like.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MarginBoxRule {
    pub(crate) slot: Slot,
    pub(crate) content: Option<Vec<Content>>,
    pub(crate) declared: Vec<Declared>,
}

/// Where in the page's margin a box stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Slot {
    /// Above the content, left.
    TopLeft,
    /// Above the content, in the middle.
    TopCenter,
    /// Above the content, right.
    TopRight,
    /// Below the content, left.
    BottomLeft,
    /// Below the content, in the middle.
    BottomCenter,
    /// Below the content, right.
    BottomRight,
}

/// A piece of a margin box's content as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    /// Text, with the byte offset of its first character in the file.
    Text(String, usize),
    Page,
    Pages,
}

impl PageSelector {
    pub(crate) fn parse(input: &mut Parser<'_>) -> Parsed<Self> {
        if input.is_exhausted() {
            return Ok(Self::All);
        }
        if input.expect_colon().is_err() {
            return refuse("named pages are not supported yet; use `@page`, `:first`, `:left` or `:right`");
        }
        let name = input.expect_ident_cloned()?;
        Ok(match_ignore_ascii_case! { &name,
            "first" => Self::First,
            "left" => Self::Left,
            "right" => Self::Right,
            _ => return refuse("use `:first`, `:left` or `:right`"),
        })
    }
}

impl Slot {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match_ignore_ascii_case! { name,
            "top-left" => Self::TopLeft,
            "top-center" => Self::TopCenter,
            "top-right" => Self::TopRight,
            "bottom-left" => Self::BottomLeft,
            "bottom-center" => Self::BottomCenter,
            "bottom-right" => Self::BottomRight,
            _ => return None,
        })
    }
}

/// Lengths of `@page` know no element: `em` is CSS's initial font size.
const INITIAL: FontSizes = FontSizes::INITIAL;

/// `size: A4 landscape`, `size: 80mm 200mm`.
pub(crate) fn size(input: &mut Parser<'_>) -> Parsed<(f32, f32)> {
    let mut size = None;
    let mut landscape = None;
    while let Ok(token) = input.next().cloned() {
        match token {
            Token::Ident(name) => match_ignore_ascii_case! { &name,
                "portrait" => landscape = Some(false),
                "landscape" => landscape = Some(true),
                _ => match named_size(&name) {
                    Some(named) if size.is_none() => size = Some(named),
                    _ => return refuse("use A3, A4, A5, A6, B4, B5, letter, legal, ledger, or two lengths"),
                },
            },
            Token::Dimension { .. } if size.is_none() => {
                // The dimension just read is parsed again by `length`, which knows the units.
                return refuse_or_lengths(input, &token);
            }
            _ => return unexpected(),
        }
    }
    let (short, long) = size.unwrap_or(A4);
    Ok(if landscape == Some(true) { (long, short) } else { (short, long) })
}

fn refuse_or_lengths(input: &mut Parser<'_>, first: &Token<'_>) -> Parsed<(f32, f32)> {
    let text = cssparser::ToCss::to_css_string(first);
    let width = length(&mut Parser::new(&text), false)?.points(INITIAL, 0.0);
    let height = if input.is_exhausted() { width } else { length(input, false)?.points(INITIAL, 0.0) };
    let possible = 36.0..=14_400.0;
    if !possible.contains(&width) || !possible.contains(&height) {
        return refuse("a page's sides are between 36pt and 14400pt (0.5in and 200in)");
    }
    Ok((width, height))
}

/// 210 mm × 297 mm, in points.
pub(crate) const A4: (f32, f32) = (595.275_6, 841.889_8);

fn named_size(name: &str) -> Option<(f32, f32)> {
    let mm = |width: f32, height: f32| (width * 72.0 / 25.4, height * 72.0 / 25.4);
    Some(match_ignore_ascii_case! { name,
        "a3" => mm(297.0, 420.0),
        "a4" => A4,
        "a5" => mm(148.0, 210.0),
        "a6" => mm(105.0, 148.0),
        "b4" => mm(250.0, 353.0),
        "b5" => mm(176.0, 250.0),
        "letter" => (612.0, 792.0),
        "legal" => (612.0, 1008.0),
        "ledger" => (792.0, 1224.0),
        _ => return None,
    })
}

/// `margin` and its like within `@page`; `None` when the property is another.
pub(crate) fn margin(name: &str, input: &mut Parser<'_>) -> Parsed<Option<Vec<(Side, f32)>>> {
    let one = |input: &mut Parser<'_>| match length_or_auto(input, false)? {
        Some(length) if !length.has_part() => Ok(length.points(INITIAL, 0.0)),
        _ => refuse("give a page's margin as a length, such as `20mm`"),
    };
    let side = match_ignore_ascii_case! { name,
        "margin-top" => Side::Top,
        "margin-right" => Side::Right,
        "margin-bottom" => Side::Bottom,
        "margin-left" => Side::Left,
        "margin" => {
            let mut values = vec![one(input)?];
            while !input.is_exhausted() && values.len() < 4 {
                values.push(one(input)?);
            }
            let [top, right, bottom, left] = match *values {
                [all] => [all; 4],
                [y, x] => [y, x, y, x],
                [top, x, bottom] => [top, x, bottom, x],
                [top, right, bottom, left] => [top, right, bottom, left],
                _ => return unexpected(),
            };
            let sides = [(Side::Top, top), (Side::Right, right), (Side::Bottom, bottom), (Side::Left, left)];
            return Ok(Some(sides.to_vec()));
        },
        _ => return Ok(None),
    };
    Ok(Some(vec![(side, one(input)?)]))
}

/// `content: "Page " counter(page) " of " counter(pages)`; `base` is where the sheet stands in its file.
pub(crate) fn content(input: &mut Parser<'_>, base: usize) -> Parsed<Vec<Content>> {
    let mut pieces = Vec::new();
    if input.try_parse(|input| input.expect_ident_matching("none")).is_ok() {
        return Ok(pieces);
    }
    while !input.is_exhausted() {
        input.skip_whitespace();
        let offset = base + input.position().byte_index() + 1;
        match input.next()?.clone() {
            Token::QuotedString(text) => pieces.push(Content::Text(text.to_string(), offset)),
            Token::Function(name) if name.eq_ignore_ascii_case("counter") => {
                pieces.push(input.parse_nested_block(counter)?);
            }
            _ => return refuse("use strings, `counter(page)` and `counter(pages)`"),
        }
    }
    Ok(pieces)
}

fn counter(input: &mut Parser<'_>) -> Parsed<Content> {
    let name = input.expect_ident_cloned()?;
    match_ignore_ascii_case! { &name,
        "page" => Ok(Content::Page),
        "pages" => Ok(Content::Pages),
        _ => refuse("the counters are `page` and `pages`"),
    }
}
