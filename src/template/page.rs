//! The pages of a template: size, margins and margin boxes, computed.

use crate::{
    fault::Fault,
    template::{
        cascade::Cascade,
        css::{
            PageRule,
            page::{A4, Content, PageSelector, Slot},
        },
        document::Text,
        source::Source,
        style::{Sides, Style, TextAlign, VerticalAlign},
    },
};

/// The three kinds of page.
#[derive(Debug)]
pub struct PageStyles {
    first: PageStyle,
    left: PageStyle,
    right: PageStyle,
}

/// One kind of page. Lengths are in points.
#[derive(Debug)]
pub struct PageStyle {
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
    /// Around the content.
    pub margin: Sides<f32>,
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
    Page,
    /// The number of pages.
    Pages,
}

/// What browsers print with when `@page` says nothing: 1 cm.
const DEFAULT_MARGIN: f32 = 72.0 / 2.54;

/// Less room than this between the margins, in points, holds no text.
pub const LEAST_CONTENT: f32 = 36.0;

impl PageStyles {
    /// Computes the pages from all `@page` rules, each with the sheet that it stands in.
    pub(crate) fn new(rules: &[(Source, PageRule)], cascade: &Cascade, faults: &mut Vec<Fault>) -> Self {
        let mut of = |selectors: &[PageSelector]| page(rules, selectors, cascade, faults);
        Self {
            first: of(&[PageSelector::All, PageSelector::Right, PageSelector::First]),
            left: of(&[PageSelector::All, PageSelector::Left]),
            right: of(&[PageSelector::All, PageSelector::Right]),
        }
    }

    /// The kind of the page of this number, from 1.
    pub fn of(&self, number: u32) -> &PageStyle {
        match number {
            1 => &self.first,
            even if even % 2 == 0 => &self.left,
            _ => &self.right,
        }
    }

    /// Whether some margin box shows the number of pages.
    pub fn show_total(&self) -> bool {
        let shows = |page: &PageStyle| {
            page.boxes.iter().flat_map(|margin_box| &margin_box.content).any(|piece| matches!(piece, BoxPiece::Pages))
        };
        [&self.first, &self.left, &self.right].into_iter().any(shows)
    }

    /// All texts of the margin boxes.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Text> {
        let boxes = [&self.first, &self.left, &self.right].into_iter().flat_map(|page| &page.boxes);
        boxes.flat_map(|margin_box| &margin_box.content).filter_map(|piece| match piece {
            BoxPiece::Text(text) => Some(text),
            BoxPiece::Page | BoxPiece::Pages => None,
        })
    }
}

impl PageStyle {
    /// The width of the content.
    pub fn content_width(&self) -> f32 {
        self.width - self.margin.left - self.margin.right
    }

    /// The height of the content.
    pub fn content_height(&self) -> f32 {
        self.height - self.margin.top - self.margin.bottom
    }
}

fn page(
    rules: &[(Source, PageRule)],
    selectors: &[PageSelector],
    cascade: &Cascade,
    faults: &mut Vec<Fault>,
) -> PageStyle {
    // A more specific selector wins over a plain one wherever it stands.
    let applying =
        || selectors.iter().flat_map(|selector| rules.iter().filter(move |(_, rule)| rule.selector == *selector));
    let (width, height) = applying().filter_map(|(_, rule)| rule.size).next_back().unwrap_or(A4);
    let [top, right, bottom, left] = [DEFAULT_MARGIN; 4];
    let mut margin = Sides { top, right, bottom, left };
    let mut context = Style::default();
    for (_, rule) in applying() {
        for (side, length) in &rule.margins {
            *margin.side_mut(*side) = *length;
        }
        context = cascade.bare_style(&context, rule.declared.iter());
    }
    let mut page = PageStyle { width, height, margin, boxes: Vec::new() };
    for (source, rule) in applying() {
        for margin_box in &rule.boxes {
            page.place(margin_box, source, &context, cascade, faults);
        }
    }
    page.boxes.retain(|margin_box| !margin_box.content.is_empty());
    if page.content_width() < LEAST_CONTENT || page.content_height() < LEAST_CONTENT {
        let fault = Fault::new("the page's margins leave no room for content").help("make `@page` larger");
        if !faults.contains(&fault) {
            faults.push(fault);
        }
        page.margin = Sides::default();
    }
    page
}

impl PageStyle {
    /// Lets a rule for a margin box win over what earlier rules said of the same box.
    fn place(
        &mut self,
        rule: &crate::template::css::page::MarginBoxRule,
        source: &Source,
        context: &Style,
        cascade: &Cascade,
        faults: &mut Vec<Fault>,
    ) {
        let content =
            rule.content.as_ref().map(|pieces| pieces.iter().map(|piece| read(piece, source, faults)).collect());
        if let Some(margin_box) = self.boxes.iter_mut().find(|margin_box| margin_box.slot == rule.slot) {
            margin_box.style = cascade.bare_style(&margin_box.style, rule.declared.iter());
            if let Some(content) = content {
                margin_box.content = content;
            }
            return;
        }
        let mut start = context.clone();
        start.vertical_align = VerticalAlign::Middle;
        start.text_align = match rule.slot {
            Slot::TopLeft | Slot::BottomLeft => TextAlign::Left,
            Slot::TopCenter | Slot::BottomCenter => TextAlign::Center,
            Slot::TopRight | Slot::BottomRight => TextAlign::Right,
        };
        let mut style = cascade.bare_style(&start, rule.declared.iter());
        // Only inherited properties come from the start; this one doesn't.
        if style.vertical_align == VerticalAlign::Baseline {
            style.vertical_align = VerticalAlign::Middle;
        }
        self.boxes.push(MarginBox { slot: rule.slot, style, content: content.unwrap_or_default() });
    }
}

fn read(piece: &Content, source: &Source, faults: &mut Vec<Fault>) -> BoxPiece {
    match piece {
        Content::Page => BoxPiece::Page,
        Content::Pages => BoxPiece::Pages,
        Content::Text(text, offset) => {
            let raw = source.text().get(*offset..).unwrap_or_default();
            let raw = raw.get(..text.len()).unwrap_or(raw);
            match Text::parse(source, *offset, raw, text) {
                Ok(text) => BoxPiece::Text(text),
                Err(fault) => {
                    faults.push(fault);
                    BoxPiece::Text(Text::default())
                }
            }
        }
    }
}
