//! `@page`: for which pages, of what size, with what in the margins.

use std::sync::Arc;

use cssparser::{Parser, Token, match_ignore_ascii_case};

use crate::template::{
    css::{
        property,
        sheet::Declared,
        value::{FontSizes, Parsed, length, refuse, word},
    },
    style::CounterStyle,
};

/// One `@page` rule for one selector.
#[derive(Debug, Clone, Default)]
pub(crate) struct PageRule {
    pub(crate) selector: PageSelector,
    /// Where it stands in its file.
    pub(crate) offset: usize,
    pub(crate) size: Option<(f32, f32)>,
    /// Margins, borders, background, and what the margin boxes inherit.
    pub(crate) declared: Vec<Declared>,
    pub(crate) boxes: Vec<MarginBoxRule>,
}

/// The pages that a rule is for: those that agree with all that it asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PageSelector {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) first: bool,
    pub(crate) blank: bool,
    pub(crate) side: Option<PageSide>,
}

/// Left or right of an open book. The first page is a right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageSide {
    /// Even pages.
    Left,
    /// Odd pages.
    Right,
}

/// `@bottom-right { … }` and its like.
#[derive(Debug, Clone)]
pub(crate) struct MarginBoxRule {
    pub(crate) slot: Slot,
    pub(crate) content: Option<Vec<Content>>,
    pub(crate) declared: Vec<Declared>,
}

/// Where in the page's margin a box stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "CSS Paged Media 3, 5.1 names and draws them")]
pub enum Slot {
    TopLeftCorner,
    TopLeft,
    TopCenter,
    TopRight,
    TopRightCorner,
    RightTop,
    RightMiddle,
    RightBottom,
    BottomRightCorner,
    BottomRight,
    BottomCenter,
    BottomLeft,
    BottomLeftCorner,
    LeftBottom,
    LeftMiddle,
    LeftTop,
}

/// A piece of a margin box's content as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    /// Text, with the byte offset of its first character in the file.
    Text(String, usize),
    /// `counter(page)`.
    Page(CounterStyle),
    /// `counter(pages)`.
    Pages(CounterStyle),
    /// `element(name)`, with its byte offset in the file.
    Element(Arc<str>, Which, usize),
}

/// Of several running elements of one name, the one that a margin box shows (CSS GCPM 3, 1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Which {
    /// The first one on the page; if there is none, the last one before it.
    #[default]
    First,
    /// The first one if the page begins with it; else the last one before the page.
    Start,
    /// The last one on the page; if there is none, the last one before it.
    Last,
    /// None on pages that have one, else the last one before it.
    FirstExcept,
}

impl PageSelector {
    /// A list of selectors, such as `cover, chapter:first`.
    pub(crate) fn parse_list(input: &mut Parser<'_>) -> Parsed<Vec<Self>> {
        if input.is_exhausted() {
            return Ok(vec![Self::default()]);
        }
        input.parse_comma_separated(Self::parse)
    }

    fn parse(input: &mut Parser<'_>) -> Parsed<Self> {
        let name = input.try_parse(|input| input.expect_ident_cloned()).ok();
        let mut selector = Self { name: name.map(|name| Arc::from(&*name)), ..Self::default() };
        while input.try_parse(|input| input.expect_colon()).is_ok() {
            let pseudo = input.expect_ident_cloned()?;
            match_ignore_ascii_case! { &pseudo,
                "first" => selector.first = true,
                "blank" => selector.blank = true,
                "left" => selector.side = Some(PageSide::Left),
                "right" => selector.side = Some(PageSide::Right),
                _ => return refuse("use `:first`, `:blank`, `:left` or `:right`"),
            }
        }
        match selector == Self::default() {
            true => refuse("write a page's name, `:first`, `:blank`, `:left`, `:right`, or nothing"),
            false => Ok(selector),
        }
    }

    /// What makes a rule win over others: names over kinds, kinds over sides (CSS Paged Media 3, 4.4).
    pub(crate) fn specificity(&self) -> (bool, u8, bool) {
        (self.name.is_some(), u8::from(self.first) + u8::from(self.blank), self.side.is_some())
    }
}

impl Slot {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match_ignore_ascii_case! { name,
            "top-left-corner" => Self::TopLeftCorner,
            "top-left" => Self::TopLeft,
            "top-center" => Self::TopCenter,
            "top-right" => Self::TopRight,
            "top-right-corner" => Self::TopRightCorner,
            "right-top" => Self::RightTop,
            "right-middle" => Self::RightMiddle,
            "right-bottom" => Self::RightBottom,
            "bottom-right-corner" => Self::BottomRightCorner,
            "bottom-right" => Self::BottomRight,
            "bottom-center" => Self::BottomCenter,
            "bottom-left" => Self::BottomLeft,
            "bottom-left-corner" => Self::BottomLeftCorner,
            "left-bottom" => Self::LeftBottom,
            "left-middle" => Self::LeftMiddle,
            "left-top" => Self::LeftTop,
            _ => return None,
        })
    }
}

/// What may be declared in `@page` beside `size`: what surrounds the content, and what margin boxes inherit.
pub(crate) fn is_of_page(name: &str) -> bool {
    const GROUPS: [&str; 6] = ["margin", "padding", "border", "background", "font", "counter-"];
    const NAMES: [&str; 10] = [
        "color",
        "line-height",
        "letter-spacing",
        "word-spacing",
        "text-align",
        "text-transform",
        "text-indent",
        "white-space",
        "direction",
        "print-color-adjust",
    ];
    let name = name.to_ascii_lowercase();
    // Tables alone have the first two, and there is nothing to round but a rectangle as large as the page.
    !matches!(&*name, "border-spacing" | "border-collapse") && GROUPS.iter().any(|group| name.starts_with(group))
        || NAMES.contains(&&*name)
}

/// Whether a property means nothing to a margin box, which stands where its name says and is never cut in two.
pub(crate) fn is_foreign_to_margin_box(name: &str) -> bool {
    const GROUPS: [&str; 9] = ["break-", "page", "flex", "grid", "align-", "justify-", "counter-", "list-", "table-"];
    const NAMES: [&str; 13] = [
        "display",
        "position",
        "float",
        "clear",
        "top",
        "right",
        "bottom",
        "left",
        "orphans",
        "widows",
        "order",
        "gap",
        "border-collapse",
    ];
    let name = name.to_ascii_lowercase();
    GROUPS.iter().any(|group| name.starts_with(group)) || NAMES.contains(&&*name)
}

/// `size` knows no element: `em` is CSS's initial font size.
const INITIAL: FontSizes = FontSizes::INITIAL;

/// `size: A4 landscape`, `size: 80mm 200mm`.
pub(crate) fn size(input: &mut Parser<'_>) -> Parsed<(f32, f32)> {
    if input.try_parse(|input| input.expect_ident_matching("auto")).is_ok() {
        return Ok(A4);
    }
    if let Ok(width) = input.try_parse(side) {
        let height = if input.is_exhausted() { width } else { side(input)? };
        let possible = 36.0..=14_400.0;
        return match possible.contains(&width) && possible.contains(&height) {
            true => Ok((width, height)),
            false => refuse("a page's sides are between 36pt and 14400pt (0.5in and 200in)"),
        };
    }
    let mut size = None;
    let mut landscape = None;
    while !input.is_exhausted() {
        let name = input.expect_ident_cloned()?;
        match_ignore_ascii_case! { &name,
            "portrait" if landscape.is_none() => landscape = Some(false),
            "landscape" if landscape.is_none() => landscape = Some(true),
            _ => match named_size(&name) {
                Some(named) if size.is_none() => size = Some(named),
                _ => return refuse(
                    "use A3, A4, A5, A6, B4, B5, JIS-B4, JIS-B5, letter, legal, ledger or tabloid, with `portrait` or \
                     `landscape`; or one or two lengths",
                ),
            },
        }
    }
    let (short, long) = size.unwrap_or(A4);
    Ok(if landscape == Some(true) { (long, short) } else { (short, long) })
}

fn side(input: &mut Parser<'_>) -> Parsed<f32> {
    Ok(length(input, false)?.points(INITIAL, 0.0))
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
        "jis-b4" => mm(257.0, 364.0),
        "jis-b5" => mm(182.0, 257.0),
        "letter" => (612.0, 792.0),
        "legal" => (612.0, 1008.0),
        "ledger" | "tabloid" => (792.0, 1224.0),
        _ => return None,
    })
}

/// `content: "Page " counter(page) " of " counter(pages)`; `base` is where the sheet stands in its file.
pub(crate) fn content(input: &mut Parser<'_>, base: usize) -> Parsed<Vec<Content>> {
    let mut pieces = Vec::new();
    let nothing = |input: &mut Parser<'_>| word(input, &[("none", ()), ("normal", ())]);
    if input.try_parse(nothing).is_ok() {
        return Ok(pieces);
    }
    while !input.is_exhausted() {
        input.skip_whitespace();
        let offset = base + input.position().byte_index() + 1;
        match input.next()?.clone() {
            Token::QuotedString(text) => pieces.push(Content::Text(text.to_string(), offset)),
            Token::Function(name) => pieces.push(match_ignore_ascii_case! { &name,
                "counter" => input.parse_nested_block(counter)?,
                "element" => input.parse_nested_block(|input| element(input, offset - 1))?,
                "string" => return refuse(
                    "named strings are not supported; give an element `position: running(name)` and show it with \
                     `element(name)`",
                ),
                _ => return refuse(PIECES),
            }),
            _ => return refuse(PIECES),
        }
    }
    Ok(pieces)
}

const PIECES: &str = "use strings, `counter(page)`, `counter(pages)` and `element(name)`";

fn counter(input: &mut Parser<'_>) -> Parsed<Content> {
    let name = input.expect_ident_cloned()?;
    let style = property::counter_style(input)?;
    match_ignore_ascii_case! { &name,
        "page" => Ok(Content::Page(style)),
        "pages" => Ok(Content::Pages(style)),
        _ => refuse("the counters of pages are `page` and `pages`"),
    }
}

fn element(input: &mut Parser<'_>, offset: usize) -> Parsed<Content> {
    const WHICH: &[(&str, Which)] = &[
        ("first", Which::First),
        ("start", Which::Start),
        ("last", Which::Last),
        ("first-except", Which::FirstExcept),
    ];
    let name = Arc::from(&*input.expect_ident_cloned()?);
    let which = match input.try_parse(Parser::expect_comma) {
        Ok(()) => word(input, WHICH)?,
        Err(_) => Which::First,
    };
    Ok(Content::Element(name, which, offset))
}
