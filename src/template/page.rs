//! The pages of a template: size, margins and margin boxes, computed for each kind of page.

use std::sync::{Arc, LazyLock};

use crate::{
    fault::Fault,
    template::{
        cascade::{Cascade, Notes},
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
    pub style: Arc<Style>,
    /// How the text in it stands.
    pub text: Arc<Style>,
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
    /// Computes the pages from all `@page` rules, each with the sheet that it stands in. As in browsers, they inherit
    /// from the `root` element.
    pub(crate) fn new(
        rules: &[(Source, PageRule)],
        cascade: &Cascade,
        root: &Style,
        notes: &mut Notes,
        faults: &mut Vec<Fault>,
    ) -> Self {
        let mut maker = Maker { cascade, root, notes, faults };
        let mut names = vec![None];
        for (_, rule) in rules {
            if !names.contains(&rule.selector.name) {
                names.push(rule.selector.name.clone());
            }
        }
        let mut of_name = |name: Option<Arc<str>>| {
            let kinds = std::array::from_fn(|i| {
                let kind = PageKind::of_index(name.clone(), i);
                maker.page(&applying(rules, &kind))
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

/// A CSS pixel in points.
const PIXEL: f32 = 0.75;

/// The room before and after the content along one side of the page, as Chromium has it: the content begins on the
/// nearest whole pixel and takes a whole number of them, a part of one included. Where lines and pages end at the very
/// edge, they end alike.
fn on_pixels(before: f32, after: f32, length: f32) -> (f32, f32) {
    let begin = (before / PIXEL).round() * PIXEL;
    // A hundredth of a pixel is a matter of units, not of room.
    let content = ((length - before - after) / PIXEL - 0.01).ceil() * PIXEL;
    (begin, (length - begin - content).max(0.0))
}

/// The rules for one kind of page, the weakest first.
fn applying<'r>(rules: &'r [(Source, PageRule)], kind: &PageKind) -> Vec<&'r (Source, PageRule)> {
    let mut applying: Vec<_> = rules.iter().filter(|(_, rule)| rule.selector.matches(kind)).collect();
    applying.sort_by_key(|(_, rule)| rule.selector.specificity());
    applying
}

/// Makes styles of rules.
struct Maker<'a> {
    cascade: &'a Cascade,
    root: &'a Style,
    notes: &'a mut Notes,
    faults: &'a mut Vec<Fault>,
}

impl Maker<'_> {
    fn page(&mut self, rules: &[&(Source, PageRule)]) -> PageStyle {
        let (width, height) = rules.iter().filter_map(|(_, rule)| rule.size).next_back().unwrap_or(A4);
        let own = rules.iter().flat_map(|(_, rule)| &rule.declared);
        let style = self.style(self.root, BROWSER.iter().chain(own));
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
        let (left, right) = on_pixels(inset.left, inset.right, width);
        let (top, bottom) = on_pixels(inset.top, inset.bottom, height);
        let inset = Sides { top, right, bottom, left };
        let mut page = PageStyle { width, height, margin, style, inset, boxes: Vec::new() };
        if let Some((message, help)) = misfit(&page) {
            // The strongest rule has the last word on what is left.
            let fault = rules
                .last()
                .map_or_else(|| Fault::new(&*message), |(source, rule)| source.fault(rule.offset, &*message));
            self.fault(fault.help(help));
            (page.margin, page.inset) = (Sides::default(), Sides::default());
        }
        page.boxes = self.boxes(rules, &page.style);
        page
    }

    fn boxes(&mut self, rules: &[&(Source, PageRule)], context: &Style) -> Vec<MarginBox> {
        let boxes = || rules.iter().flat_map(|(source, rule)| rule.boxes.iter().map(move |of_slot| (source, of_slot)));
        let mut slots: Vec<Slot> = boxes().map(|(_, rule)| rule.slot).collect();
        slots.sort();
        slots.dedup();
        let of_slot = |slot| {
            let rules: Vec<(&Source, &MarginBoxRule)> = boxes().filter(|(_, rule)| rule.slot == slot).collect();
            let (source, content) =
                rules.iter().rev().find_map(|(source, rule)| Some((source, rule.content.as_ref()?)))?;
            let content: Vec<BoxPiece> = content.iter().map(|piece| self.piece(piece, source)).collect();
            let declared = rules.iter().flat_map(|(_, rule)| &rule.declared);
            let style = self.box_style(slot, context, declared);
            let text = Arc::new(Style { vertical_align: VerticalAlign::Baseline, ..style.inherited() });
            (!content.is_empty()).then_some(MarginBox { slot, style: Arc::new(style), text, content })
        };
        slots.into_iter().filter_map(of_slot).collect()
    }

    /// The style of a margin box: alignment begins as its place wants it (CSS Paged Media 3, 5.3).
    fn box_style<'d>(&mut self, slot: Slot, context: &Style, declared: impl Iterator<Item = &'d Declared>) -> Style {
        let (text_align, vertical_align) = slot.alignment();
        let start = Style { text_align, ..context.clone() };
        let mut style = self.style(&start, declared);
        // It isn't inherited, so the initial value means that nothing was declared.
        if style.vertical_align == VerticalAlign::Baseline {
            style.vertical_align = vertical_align;
        }
        style.display = Display::Block;
        style
    }

    /// What declarations make of what is inherited: those that are important come last.
    fn style<'d>(&mut self, parent: &Style, declared: impl Iterator<Item = &'d Declared>) -> Style {
        let mut declared: Vec<&Declared> = declared.collect();
        declared.sort_by_key(|declared| declared.important);
        self.cascade.bare_style(parent, self.root.font_size, declared.into_iter(), self.notes)
    }

    fn piece(&mut self, piece: &Content, source: &Source) -> BoxPiece {
        match piece {
            Content::Page(style) => BoxPiece::Page(style.clone()),
            Content::Pages(style) => BoxPiece::Pages(style.clone()),
            Content::Element(name, which, _) => BoxPiece::Element(name.clone(), *which),
            Content::Text(text, offset) => {
                let raw = source.text().get(*offset..).unwrap_or_default();
                let raw = raw.get(..text.len()).unwrap_or(raw);
                BoxPiece::Text(Text::parse(source, *offset, raw, text).unwrap_or_else(|fault| {
                    self.fault(fault);
                    Text::default()
                }))
            }
        }
    }

    /// The same rule is a part of several kinds of page.
    fn fault(&mut self, fault: Fault) {
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }
}

/// Why nothing fits on a page.
fn misfit(page: &PageStyle) -> Option<(String, String)> {
    let Sides { top, right, bottom, left } = page.margin;
    if [top, right, bottom, left].iter().any(|margin| *margin < 0.0) {
        return Some(("a page's margins can't be negative".to_owned(), "write `margin: 0`".to_owned()));
    }
    let (width, height) = (page.content_width(), page.content_height());
    (width < LEAST_CONTENT || height < LEAST_CONTENT).then(|| {
        let message =
            format!("the page's margins leave {:.0} × {:.0} points for content", width.max(0.0), height.max(0.0));
        let help =
            format!("leave at least {LEAST_CONTENT} × {LEAST_CONTENT} points: a larger `size`, or smaller margins");
        (message, help)
    })
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
