//! A page being drawn: strips are copied onto it from top to bottom, with the boxes around them behind them.

use std::ops::Range;

use crate::layout::{
    page::{Color, Dash, Item, Page, Rect, Run, TagId},
    paged::galley::{Decoration, Event, Galley, Head, Note},
};

/// A page, or a part of one, that grows downwards.
#[derive(Debug, Default)]
pub(crate) struct Canvas {
    pub(crate) page: Page,
    /// Where the next strip goes.
    pub(crate) y: f32,
    /// The left edge of the content.
    pub(crate) x: f32,
    /// Top and bottom of each strip so far, for [`crate::layout::paged::galley::Strip::lines`].
    pub(crate) lines: Vec<(f32, f32)>,
    open: Vec<OpenBox>,
}

/// A box whose bottom isn't known yet.
#[derive(Debug)]
struct OpenBox {
    decoration: Decoration,
    top: f32,
    /// The first of the items that were set aside for its background and borders.
    first_item: usize,
    /// It began on an earlier page: it has no top border here.
    continued: bool,
}

/// Background and four borders.
const ITEMS_PER_BOX: usize = 5;

/// An item set aside; it draws nothing.
pub(crate) const NOTHING: Item =
    Item::Fill { area: Rect { x: 0.0, y: 0.0, width: 0.0, height: 0.0 }, color: Color::rgb(0, 0, 0) };

impl Canvas {
    /// Begins a box here.
    pub(crate) fn open(&mut self, decoration: Decoration) {
        self.begin(decoration, false);
    }

    fn begin(&mut self, decoration: Decoration, continued: bool) {
        let first_item = self.page.items.len();
        if decoration.is_visible() {
            self.page.items.extend(std::iter::repeat_n(NOTHING, ITEMS_PER_BOX));
        }
        self.open.push(OpenBox { decoration, top: self.y, first_item, continued });
    }

    /// Ends the box that began last.
    pub(crate) fn close(&mut self) {
        if let Some(open) = self.open.pop() {
            self.draw(&open, self.y, false);
        }
    }

    /// Draws the boxes that go on on the next page down to `bottom`, and hands them over.
    pub(crate) fn suspend(&mut self, bottom: f32) -> Vec<Decoration> {
        let open = std::mem::take(&mut self.open);
        open.iter().for_each(|open| self.draw(open, bottom, true));
        open.into_iter().map(|open| open.decoration).collect()
    }

    /// Goes on with boxes of the page before.
    pub(crate) fn resume(&mut self, boxes: Vec<Decoration>) {
        boxes.into_iter().for_each(|decoration| self.begin(decoration, true));
    }

    fn draw(&mut self, open: &OpenBox, bottom: f32, goes_on: bool) {
        if !open.decoration.is_visible() {
            return;
        }
        let Decoration { x, width, background, border } = open.decoration;
        let area = Rect { x: x + self.x, y: open.top, width, height: (bottom - open.top).max(0.0) };
        let mut items = self.page.items[open.first_item..].iter_mut();
        let mut put = |item| {
            if let Some(place) = items.next() {
                *place = item;
            }
        };
        if let Some(color) = background {
            put(Item::Fill { area, color });
        }
        let top = if open.continued { 0.0 } else { border.top.width };
        let below = if goes_on { 0.0 } else { border.bottom.width };
        let edges = [
            (border.top, Rect { height: top, ..area }),
            (border.bottom, Rect { y: area.y + area.height - below, height: below, ..area }),
            (border.left, Rect { width: border.left.width, ..area }),
            (border.right, Rect { x: area.x + area.width - border.right.width, width: border.right.width, ..area }),
        ];
        for (border, area) in edges {
            if area.width > 0.0 && area.height > 0.0 && border.width > 0.0 {
                put(edge(area, border.color, border.line.dash()));
            }
        }
    }

    /// Copies items of a galley here and goes on below them.
    pub(crate) fn strip(&mut self, ink: &Page, items: Range<usize>, height: f32) {
        copy(ink, items, &mut self.page, self.x, self.y);
        self.y += height;
    }

    /// Draws something without height, so far below where the next strip would go.
    pub(crate) fn mark(&mut self, mut item: Item, below: f32) {
        shift(&mut item, self.x, self.y + below);
        self.page.items.push(item);
    }

    /// Copies a table's head here once more. Nothing leads to it, and it isn't read again.
    pub(crate) fn repeat(&mut self, head: &Head) {
        let first = self.page.items.len();
        self.strip(&head.ink, 0..head.ink.items.len(), head.height);
        let mut i = first;
        while i < self.page.items.len() {
            match &mut self.page.items[i] {
                Item::Destination { .. } | Item::Bookmark { .. } => {
                    self.page.items.remove(i);
                    continue;
                }
                Item::Text(Run { owner, .. }) | Item::Image { owner, .. } | Item::Link { owner, .. } => {
                    *owner = TagId::ARTIFACT;
                }
                _ => {}
            }
            i += 1;
        }
    }

    /// How many boxes have begun and not ended.
    pub(crate) fn boxes_open(&self) -> usize {
        self.open.len()
    }

    /// Copies what a strip draws between two heights, and goes on below it.
    pub(crate) fn part(&mut self, ink: &Page, items: Range<usize>, from: f32, to: f32) {
        for i in items {
            let Some(within) = clipped(&ink.items[i], from, to) else { continue };
            let at = self.page.items.len();
            copy(ink, i..i + 1, &mut self.page, self.x, self.y - from);
            if let (Item::Fill { area, .. } | Item::Link { area, .. }, Some(clip)) = (&mut self.page.items[at], within)
            {
                (area.y, area.height) = (clip.0 + self.y - from, clip.1 - clip.0);
            }
        }
        self.y += to - from;
    }

    /// Draws a whole galley here, as a cell or flex item has it: no page ends within.
    pub(crate) fn flat(galley: &mut Galley) -> Self {
        galley.settle_margin();
        let mut canvas = Self::default();
        for event in &galley.events {
            match event {
                Event::Space(room) => canvas.y += room,
                Event::Strip(strip) => {
                    let y = canvas.y;
                    match strip.lines.is_empty() {
                        true => canvas.lines.push((y, y + strip.height)),
                        false => canvas.lines.extend(strip.lines.iter().map(|(top, bottom)| (top + y, bottom + y))),
                    }
                    canvas.strip(&galley.ink, strip.items.clone(), strip.height);
                }
                Event::Open(decoration) => canvas.open(*decoration),
                Event::Close => canvas.close(),
                Event::Note(Note::Item(item)) => canvas.mark(item.clone(), 0.0),
                // Where no page ends, the composer has taken care of running elements.
                Event::Note(_) => {}
                Event::PageBreak(_) | Event::KeepStart | Event::KeepEnd | Event::HeadStart(_) | Event::HeadEnd => {}
            }
        }
        canvas.tidy();
        canvas
    }

    /// Takes away what was set aside and not used.
    pub(crate) fn tidy(&mut self) {
        self.page.items.retain(|item| *item != NOTHING);
    }
}

impl Decoration {
    fn is_visible(&self) -> bool {
        let border = &self.border;
        self.background.is_some()
            || [border.top, border.right, border.bottom, border.left].iter().any(|border| border.width > 0.0)
    }
}

/// Whether an item is drawn between two heights, and for areas between which.
fn clipped(item: &Item, from: f32, to: f32) -> Option<Option<(f32, f32)>> {
    let stands = |y: f32| (from <= y && y < to).then_some(None);
    match item {
        Item::Text(run) => stands(run.y),
        Item::Line { from: start, .. } => stands(start.1),
        Item::PageTotal { y, .. } => stands(*y),
        Item::Image { area, .. } => stands(area.y),
        Item::Fill { area, .. } | Item::Link { area, .. } => {
            let (top, bottom) = (area.y.max(from), (area.y + area.height).min(to));
            (top < bottom).then_some(Some((top, bottom)))
        }
        Item::Destination { y, .. } | Item::Bookmark { y, .. } => stands(*y),
        Item::Path(_) | Item::Clip(_) | Item::Unclip | Item::Fade(_) | Item::Unfade => Some(None),
    }
}

/// A border's side: solid ones are filled, others are lines through the middle.
pub(crate) fn edge(area: Rect, color: Color, dash: Dash) -> Item {
    if dash == Dash::Solid {
        return Item::Fill { area, color };
    }
    let Rect { x, y, width, height } = area;
    if width >= height {
        let y = y + height / 2.0;
        Item::Line { from: (x, y), to: (x + width, y), width: height, color, dash }
    } else {
        let x = x + width / 2.0;
        Item::Line { from: (x, y), to: (x, y + height), width, color, dash }
    }
}

/// Copies items from one page to another, moved by `dx` and `dy`.
pub(crate) fn copy(from: &Page, items: Range<usize>, to: &mut Page, dx: f32, dy: f32) {
    to.items.reserve(items.len());
    for item in &from.items[items] {
        let mut item = item.clone();
        shift(&mut item, dx, dy);
        if let Item::Text(run) = &mut item {
            let (first_glyph, first_byte) = (to.glyphs.len() as u32, to.text.len() as u32);
            to.glyphs.extend_from_slice(&from.glyphs[run.glyphs.start as usize..run.glyphs.end as usize]);
            to.text.push_str(&from.text[run.text.start as usize..run.text.end as usize]);
            run.glyphs = first_glyph..to.glyphs.len() as u32;
            run.text = first_byte..to.text.len() as u32;
        }
        to.items.push(item);
    }
}

/// Moves an item.
pub(crate) fn shift(item: &mut Item, dx: f32, dy: f32) {
    match item {
        Item::Text(run) => {
            run.x += dx;
            run.y += dy;
        }
        Item::Fill { area, .. } | Item::Image { area, .. } | Item::Link { area, .. } => {
            area.x += dx;
            area.y += dy;
        }
        Item::Line { from, to, .. } => {
            for point in [from, to] {
                point.0 += dx;
                point.1 += dy;
            }
        }
        Item::PageTotal { x, y, .. } => {
            *x += dx;
            *y += dy;
        }
        Item::Destination { y, .. } | Item::Bookmark { y, .. } => *y += dy,
        Item::Path(path) | Item::Clip(path) => path.shift(dx, dy),
        Item::Unclip | Item::Fade(_) | Item::Unfade => {}
    }
}
