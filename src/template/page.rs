//! The pages of a template: size, margins and margin boxes, computed for each kind of page.

use std::sync::{Arc, LazyLock};

use crate::{
    fault::Fault,
    template::{
        cascade::Cascade,
        css::{
            PageRule,
            page::{A4, Content, MarginBoxRule, PageSelector},
            sheet::{self, Declared},
        },
        document::Text,
        source::Source,
        style::{CounterStyle, Display, Sides, Style, TextAlign, VerticalAlign},
    },
};

pub use crate::template::css::page::{PageSide, Slot, Which};

/// All kinds of page.
#[derive(Debug)]
pub struct PageStyles {
    groups: Vec<Group>,
}

/// The pages of one name.
#[derive(Debug)]
struct Group {
    name: Option<Arc<str>>,
    kinds: [PageStyle; KINDS],
}

/// First or not, blank or not, left or right.
const KINDS: usize = 8;

/// What decides how a page looks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageKind {
    /// Its name: that of the elements on it.
    pub name: Option<Arc<str>>,
    /// From 1; counters don't change it.
    pub number: u32,
    /// Whether it is empty because what follows begins on a left or a right page.
    pub blank: bool,
}

/// One kind of page. Lengths are in points.
#[derive(Debug)]
pub struct PageStyle {
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
    /// Around the page's border.
    pub margin: Sides<f32>,
    /// Border, padding and background, and what it does to counters.
    pub style: Style,
    /// From the page's edges to the content: margin, border and padding.
    pub inset: Sides<f32>,
    /// What stands in the margins.
    pub boxes: Vec<MarginBox>,
}

/// What stands in a page's margin.
#[derive(Debug)]
pub struct MarginBox {
    /// Where.
    pub slot: Slot,
    /// How.
    pub style: Style,
    /// What.
    pub content: Vec<BoxPiece>,
}

/// A piece of a margin box.
#[derive(Debug)]
pub enum BoxPiece {
    /// Text, with expressions.
    Text(Text),
    /// The page's number.
    Page(CounterStyle),
    /// The number of pages.
    Pages(CounterStyle),
    /// A running element.
    Element(Arc<str>, Which),
}

/// What browsers print with when `@page` says nothing.
static BROWSER: LazyLock<Vec<Declared>> = LazyLock::new(|| {
    let source = Source::new("browser.css".into(), "@page { margin: 1cm }".to_owned());
    let pages = sheet::parse(&source, 0, source.text(), &mut Vec::new()).pages;
    pages.into_iter().flat_map(|page| page.declared).collect()
});

/// Less room than this between the margins, in points, holds no text.
pub const LEAST_CONTENT: f32 = 36.0;

impl PageKind {
    /// Left or right.
    pub fn side(&self) -> PageSide {
        if self.number.is_multiple_of(2) { PageSide::Left } else { PageSide::Right }
    }

    fn index(&self) -> usize {
        usize::from(self.number == 1) * 4 + usize::from(self.blank) * 2 + usize::from(self.side() == PageSide::Left)
    }

    fn of_index(name: Option<Arc<str>>, index: usize) -> Self {
        let left = u32::from(index & 1 == 1);
        // The first page is a right one; styles of left first pages are never asked for.
        let number = if index & 4 == 4 { 1 } else { 3 + left };
        Self { name, number, blank: index & 2 == 2 }
    }
}

impl PageSelector {
    fn matches(&self, kind: &PageKind) -> bool {
        (self.name.is_none() || self.name == kind.name)
            && (!self.first || kind.number == 1)
            && (!self.blank || kind.blank)
            && self.side.is_none_or(|side| side == kind.side())
    }
}

impl PageStyles {
    /// Computes the pages from all `@page` rules, each with the sheet that it stands in.
    pub(crate) fn new(rules: &[(Source, PageRule)], cascade: &Cascade, faults: &mut Vec<Fault>) -> Self {
        let mut names = vec![None];
        for (_, rule) in rules {
            if !names.contains(&rule.selector.name) {
                names.push(rule.selector.name.clone());
            }
        }
        let mut of_name = |name: Option<Arc<str>>| {
            let kinds = std::array::from_fn(|i| {
                let kind = PageKind::of_index(name.clone(), i);
                Applying::new(rules, &kind).style(cascade, faults)
            });
            Group { name, kinds }
        };
        Self { groups: names.into_iter().map(&mut of_name).collect() }
    }

    /// The style of a page; one whose name no rule knows looks like one without.
    pub fn of(&self, kind: &PageKind) -> &PageStyle {
        let named = self.groups.iter().find(|group| group.name == kind.name);
        // The first group is that without a name.
        &named.unwrap_or(&self.groups[0]).kinds[kind.index()]
    }

    fn pieces(&self) -> impl Iterator<Item = &BoxPiece> {
        let styles = self.groups.iter().flat_map(|group| &group.kinds);
        styles.flat_map(|page| &page.boxes).flat_map(|margin_box| &margin_box.content)
    }

    /// All texts of the margin boxes.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Text> {
        self.pieces().filter_map(|piece| match piece {
            BoxPiece::Text(text) => Some(text),
            BoxPiece::Page(_) | BoxPiece::Pages(_) | BoxPiece::Element(..) => None,
        })
    }
}

impl PageStyle {
    /// The width of the content.
    pub fn content_width(&self) -> f32 {
        self.width - self.inset.left - self.inset.right
    }

    /// The height of the content.
    pub fn content_height(&self) -> f32 {
        self.height - self.inset.top - self.inset.bottom
    }

    /// Whether some margin box shows the number of pages.
    pub fn shows_total(&self) -> bool {
        let mut pieces = self.boxes.iter().flat_map(|margin_box| &margin_box.content);
        pieces.any(|piece| matches!(piece, BoxPiece::Pages(_)))
    }
}

/// The rules for one kind of page, the weakest first.
struct Applying<'r>(Vec<&'r (Source, PageRule)>);

impl<'r> Applying<'r> {
    fn new(rules: &'r [(Source, PageRule)], kind: &PageKind) -> Self {
        let mut applying: Vec<_> = rules.iter().filter(|(_, rule)| rule.selector.matches(kind)).collect();
        applying.sort_by_key(|(_, rule)| rule.selector.specificity());
        Self(applying)
    }

    fn style(&self, cascade: &Cascade, faults: &mut Vec<Fault>) -> PageStyle {
        let (width, height) = self.0.iter().filter_map(|(_, rule)| rule.size).next_back().unwrap_or(A4);
        let own = self.0.iter().flat_map(|(_, rule)| &rule.declared);
        let style = cascade.bare_style(&Style::default(), ordered(BROWSER.iter().chain(own)));
        let outer = &style.margin;
        let margin = Sides {
            top: outer.top.within(height).unwrap_or(0.0),
            right: outer.right.within(width).unwrap_or(0.0),
            bottom: outer.bottom.within(height).unwrap_or(0.0),
            left: outer.left.within(width).unwrap_or(0.0),
        };
        let (padding, border) = (&style.padding, &style.border);
        let inset = Sides {
            top: margin.top + border.top.width + padding.top.within(width).unwrap_or(0.0),
            right: margin.right + border.right.width + padding.right.within(width).unwrap_or(0.0),
            bottom: margin.bottom + border.bottom.width + padding.bottom.within(width).unwrap_or(0.0),
            left: margin.left + border.left.width + padding.left.within(width).unwrap_or(0.0),
        };
        let mut page = PageStyle { width, height, margin, style, inset, boxes: Vec::new() };
        if page.content_width() < LEAST_CONTENT || page.content_height() < LEAST_CONTENT {
            self.refuse_margins(&page, faults);
            (page.margin, page.inset) = (Sides::default(), Sides::default());
        }
        page.boxes = self.boxes(&page.style, cascade, faults);
        page
    }

    fn refuse_margins(&self, page: &PageStyle, faults: &mut Vec<Fault>) {
        let message = format!(
            "the page's margins leave {:.0} × {:.0} points for content",
            page.content_width().max(0.0),
            page.content_height().max(0.0)
        );
        // The strongest rule has the last word on what is left.
        let fault = match self.0.last() {
            Some((source, rule)) => source.fault(rule.offset, message),
            None => Fault::new(message),
        };
        let fault = fault.help(format!(
            "leave at least {LEAST_CONTENT} × {LEAST_CONTENT} points: a larger `size`, or smaller margins"
        ));
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }

    fn boxes(&self, context: &Style, cascade: &Cascade, faults: &mut Vec<Fault>) -> Vec<MarginBox> {
        let rules = || self.0.iter().flat_map(|(source, rule)| rule.boxes.iter().map(move |of_slot| (source, of_slot)));
        let mut slots: Vec<Slot> = rules().map(|(_, rule)| rule.slot).collect();
        slots.sort();
        slots.dedup();
        let of_slot = |slot| {
            let rules: Vec<(&Source, &MarginBoxRule)> = rules().filter(|(_, rule)| rule.slot == slot).collect();
            let (source, content) =
                rules.iter().rev().find_map(|(source, rule)| Some((source, rule.content.as_ref()?)))?;
            let content: Vec<BoxPiece> = content.iter().map(|piece| read(piece, source, faults)).collect();
            let declared = rules.iter().flat_map(|(_, rule)| &rule.declared);
            let style = box_style(slot, context, cascade, ordered(declared));
            (!content.is_empty()).then_some(MarginBox { slot, style, content })
        };
        slots.into_iter().filter_map(of_slot).collect()
    }
}

/// Declarations in the order of the cascade: what is important comes last.
fn ordered<'d>(declared: impl Iterator<Item = &'d Declared>) -> impl Iterator<Item = &'d Declared> {
    let mut declared: Vec<&Declared> = declared.collect();
    declared.sort_by_key(|declared| declared.important);
    declared.into_iter()
}

/// The style of a margin box: alignment begins as its place wants it (CSS Paged Media 3, 5.3).
fn box_style<'d>(
    slot: Slot,
    context: &Style,
    cascade: &Cascade,
    declared: impl Iterator<Item = &'d Declared>,
) -> Style {
    let (text_align, vertical_align) = slot.alignment();
    let start = Style { text_align, ..context.clone() };
    let mut style = cascade.bare_style(&start, declared);
    // It isn't inherited, so the initial value means that nothing was declared.
    if style.vertical_align == VerticalAlign::Baseline {
        style.vertical_align = vertical_align;
    }
    style.display = Display::Block;
    style
}

impl Slot {
    fn alignment(self) -> (TextAlign, VerticalAlign) {
        use {TextAlign as X, VerticalAlign as Y};
        match self {
            Self::TopLeftCorner | Self::BottomLeftCorner => (X::Right, Y::Middle),
            Self::TopRightCorner | Self::BottomRightCorner => (X::Left, Y::Middle),
            Self::TopLeft | Self::BottomLeft => (X::Left, Y::Middle),
            Self::TopCenter | Self::BottomCenter => (X::Center, Y::Middle),
            Self::TopRight | Self::BottomRight => (X::Right, Y::Middle),
            Self::LeftTop | Self::RightTop => (X::Center, Y::Top),
            Self::LeftMiddle | Self::RightMiddle => (X::Center, Y::Middle),
            Self::LeftBottom | Self::RightBottom => (X::Center, Y::Bottom),
        }
    }
}

fn read(piece: &Content, source: &Source, faults: &mut Vec<Fault>) -> BoxPiece {
    match piece {
        Content::Page(style) => BoxPiece::Page(*style),
        Content::Pages(style) => BoxPiece::Pages(*style),
        Content::Element(name, which) => BoxPiece::Element(name.clone(), *which),
        Content::Text(text, offset) => {
            let raw = source.text().get(*offset..).unwrap_or_default();
            let raw = raw.get(..text.len()).unwrap_or(raw);
            BoxPiece::Text(Text::parse(source, *offset, raw, text).unwrap_or_else(|fault| {
                if !faults.contains(&fault) {
                    faults.push(fault);
                }
                Text::default()
            }))
        }
    }
}
