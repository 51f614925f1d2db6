//! A page being drawn: strips are copied onto it from top to bottom, with the boxes around them behind them.

use std::{ops::Range, rc::Rc};

use crate::layout::{
    boxes::look::Cut,
    page::{Color, Item, Page, Path, Rect, Run, Segment, TagId},
    paged::galley::{Decoration, Event, Float, Galley, Head, Note, Place, Strip},
};
use crate::template::page::LEAST_CONTENT;

/// A page, or a part of one, that grows downwards.
#[derive(Debug, Default)]
pub(crate) struct Canvas {
    pub(crate) page: Page,
    /// Where the next strip goes.
    pub(crate) y: f32,
    /// The left edge of the content.
    pub(crate) x: f32,
    /// The top edge of the content.
    pub(crate) top: f32,
    /// Top and bottom of each strip so far, for [`crate::layout::paged::galley::Strip::lines`].
    pub(crate) lines: Vec<(f32, f32)>,
    /// The baseline of the last line so far.
    pub(crate) last_baseline: Option<f32>,
    open: Vec<OpenBox>,
    /// How far strips are drawn from their place.
    shift: (f32, f32),
    /// What goes behind items, once all is known: the item, the order among those that go to one place, what.
    behind: Vec<(usize, usize, Vec<Item>)>,
    opened: usize,
    /// The bottom edge of the content; `None` where no page ends.
    pub(crate) end: Option<f32>,
    /// What earlier pages couldn't hold, with how far below the top it goes.
    due: Vec<(f32, Float)>,
    /// The same for the next page.
    carried: Vec<(f32, Float)>,
}

/// Rounding in sums of heights.
pub(crate) const TOLERANCE: f32 = 0.01;

/// Further than any page reaches.
const ENDLESS: f32 = 20_000.0;

/// A box whose bottom isn't known yet.
#[derive(Debug)]
pub(crate) struct OpenBox {
    decoration: Decoration,
    top: f32,
    /// The first item in it, behind which its background and borders go.
    first_item: usize,
    /// Which box it is, of all on this canvas.
    order: usize,
    /// How far its surroundings are drawn from their place.
    outer_shift: (f32, f32),
    /// It began on an earlier page: it has no top border here.
    continued: bool,
    floats: Vec<Float>,
}

/// An item set aside; it draws nothing.
pub(crate) const NOTHING: Item =
    Item::Fill { area: Rect { x: 0.0, y: 0.0, width: 0.0, height: 0.0 }, color: Color::rgb(0, 0, 0) };

impl Canvas {
    /// Begins a box here.
    pub(crate) fn open(&mut self, decoration: Decoration) {
        self.begin(decoration, Vec::new(), false);
    }

    fn begin(&mut self, decoration: Decoration, floats: Vec<Float>, continued: bool) {
        let outer_shift = self.shift;
        self.shift = (self.shift.0 + decoration.shift.0, self.shift.1 + decoration.shift.1);
        let (first_item, order, top) = (self.page.items.len(), self.opened, self.y);
        self.opened += 1;
        self.open.push(OpenBox { decoration, top, first_item, order, outer_shift, continued, floats });
    }

    /// Puts something out of the flow into the box that began last; it is drawn over what is in it.
    pub(crate) fn float(&mut self, float: Float) {
        if let Some(open) = self.open.last_mut() {
            open.floats.push(float);
        }
    }

    /// Ends the box that began last.
    pub(crate) fn close(&mut self) {
        if let Some(mut open) = self.open.pop() {
            let (bottom, cut) = (open.bottom(self.y), Cut { above: open.continued, below: false });
            self.finish(&mut open, bottom, cut);
        }
    }

    /// Draws the boxes that go on on the next page down to `bottom`, and hands them over.
    pub(crate) fn suspend(&mut self, bottom: f32) -> Vec<OpenBox> {
        let mut open = std::mem::take(&mut self.open);
        for open in open.iter_mut().rev() {
            let own_bottom = open.bottom(bottom).min(bottom);
            let cut = Cut { above: open.continued, below: true };
            self.finish(open, own_bottom, cut);
            if let Some(height) = &mut open.decoration.height {
                *height = (*height - (own_bottom - open.top)).max(0.0);
            }
        }
        open
    }

    /// Goes on with boxes of the page before.
    pub(crate) fn resume(&mut self, boxes: Vec<OpenBox>) {
        for open in boxes {
            self.begin(open.decoration, open.floats, true);
        }
    }

    /// Draws what is around the content of a box that ends here, or goes on on the next page.
    fn finish(&mut self, open: &mut OpenBox, bottom: f32, cut: Cut) {
        // What is placed from the bottom waits for it; all else stands on the page where its box begins.
        let waits = |float: &Float| cut.below && matches!(float.place, Place::AboveBottom(_));
        let (waiting, placed) = std::mem::take(&mut open.floats).into_iter().partition(waits);
        open.floats = waiting;
        for mut float in placed {
            let y = match float.place {
                Place::BelowTop(y) => open.top + y,
                Place::AboveBottom(y) => bottom - y,
            };
            float.shift = self.shift;
            self.place(float, y);
        }
        if let Some(look) = &open.decoration.look {
            let Decoration { x, width, .. } = open.decoration;
            let (dx, dy) = self.shift;
            let height = (bottom - open.top).max(0.0);
            let area = Rect { x: x + self.x + dx, y: open.top + dy, width, height };
            let mut behind = Vec::new();
            behind.extend(look.opacity().map(Item::Fade));
            look.paint(area, cut, &mut |item| behind.push(item));
            if let Some(path) = look.clip(area, cut) {
                behind.push(Item::Clip(Box::new(path)));
                self.page.items.push(Item::Unclip);
            }
            self.page.items.extend(look.opacity().map(|_| Item::Unfade));
            self.behind.push((open.first_item, open.order, behind));
        }
        self.shift = open.outer_shift;
    }

    /// Copies items of a galley here and goes on below them.
    pub(crate) fn strip(&mut self, ink: &Page, items: Range<usize>, height: f32) {
        copy(ink, items, &mut self.page, self.x + self.shift.0, self.y + self.shift.1);
        self.y += height;
    }

    /// Draws something without height, so far below where the next strip would go.
    pub(crate) fn mark(&mut self, mut item: Item, below: f32) {
        shift(&mut item, self.x + self.shift.0, self.y + self.shift.1 + below);
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

    /// Goes back up, but not onto the page before.
    pub(crate) fn back(&mut self, points: f32) {
        self.y = (self.y - points).max(self.top.min(self.y));
    }

    /// Copies what a strip draws between two heights, and goes on `height` below.
    pub(crate) fn part(&mut self, ink: &Page, items: Range<usize>, within: Range<f32>, height: f32) {
        let (dx, dy) = (self.x + self.shift.0, self.y + self.shift.1 - within.start);
        copy_part(ink, items, within, &mut self.page, (dx, dy));
        self.y += height;
    }

    /// Draws a whole galley here, as a cell or flex item has it: no page ends within.
    pub(crate) fn flat(galley: &mut Galley) -> Self {
        galley.settle_margin();
        let mut canvas = Self::default();
        let mut keeps = false;
        for event in galley.events.drain(..) {
            match event {
                Event::Space(room) => canvas.y += room,
                Event::Strip(strip) => {
                    let baseline = strip.baseline.map(|baseline| canvas.y + baseline);
                    canvas.last_baseline = baseline.or(canvas.last_baseline);
                    canvas.add_lines(&strip, keeps);
                    keeps = strip.keep_next;
                    canvas.strip(&galley.ink, strip.items.clone(), strip.height);
                }
                Event::Open(decoration) => canvas.open(decoration),
                Event::Close => canvas.close(),
                Event::Back(points) => canvas.y -= points,
                Event::Float(float) => canvas.float(float),
                Event::Note(Note::Item(item)) => canvas.mark(item, 0.0),
                // Where no page ends, the composer has taken care of running elements.
                Event::Note(_) => {}
                Event::PageBreak(_) | Event::KeepStart | Event::KeepEnd | Event::HeadStart(_) | Event::HeadEnd => {}
            }
        }
        canvas.tidy();
        canvas
    }

    /// Notes where a strip that comes next may be cut: not between what is kept together, unless that gets so high
    /// that some page couldn't hold it.
    fn add_lines(&mut self, strip: &Strip, kept: bool) {
        if strip.items.is_empty() && strip.splits {
            return;
        }
        let y = self.y;
        let whole = [(0.0, strip.height)];
        let lines = if strip.lines.is_empty() { &whole[..] } else { &strip.lines };
        let mut lines = lines.iter().map(|(top, bottom)| (top + y, bottom + y)).peekable();
        if (kept || strip.keep_previous)
            && let (Some(last), Some(first)) = (self.lines.last_mut(), lines.peek())
            && first.1 - last.0 <= LEAST_CONTENT
        {
            last.1 = first.1;
            lines.next();
        }
        self.lines.extend(lines);
    }

    /// Where the first line of text stands.
    pub(crate) fn first_baseline(&self) -> Option<f32> {
        self.page.items.iter().find_map(|item| if let Item::Text(run) = item { Some(run.y) } else { None })
    }

    /// Draws what waited for the end of the page: what earlier pages couldn't hold, and what goes behind items.
    pub(crate) fn tidy(&mut self) {
        for (y, float) in std::mem::take(&mut self.due) {
            self.place(float, self.top + y);
        }
        self.due = std::mem::take(&mut self.carried);
        self.page.items.retain(|item| *item != NOTHING);
        if self.behind.is_empty() {
            return;
        }
        self.behind.sort_by_key(|(place, order, _)| (*place, *order));
        let mut behind = std::mem::take(&mut self.behind).into_iter().peekable();
        let mut items = Vec::with_capacity(self.page.items.len() + 2 * behind.len());
        for (i, item) in std::mem::take(&mut self.page.items).into_iter().enumerate() {
            while let Some((_, _, group)) = behind.next_if(|(place, ..)| *place <= i) {
                items.extend(group);
            }
            items.push(item);
        }
        items.extend(behind.flat_map(|(_, _, group)| group));
        (self.page.items, self.opened) = (items, 0);
    }

    /// Whether something waits for a page that is yet to come.
    pub(crate) fn owes(&self) -> bool {
        !self.due.is_empty() || !self.carried.is_empty()
    }

    /// Draws something out of the flow, its top at `y`; what the page can't hold goes to the next one.
    fn place(&mut self, mut float: Float, y: f32) {
        let Float { canvas, from, shift, .. } = &float;
        let at = (self.x + shift.0, y + shift.1 - from);
        let items = 0..canvas.page.items.len();
        let room = self.end.map_or(f32::INFINITY, |end| end - y);
        if room <= 0.0 {
            self.carried.push((-room, float.untagged()));
            return;
        }
        let cut = if canvas.y - from > room { cut_before(&canvas.lines, *from, from + room) } else { None };
        copy_part(&canvas.page, items, *from..cut.unwrap_or(f32::INFINITY), &mut self.page, at);
        if let Some(cut) = cut {
            float.from = cut;
            self.carried.push((0.0, float.untagged()));
        }
    }
}

impl Float {
    /// The same as no part of the structure: what has been told of that ends with the page that it belongs to.
    fn untagged(self) -> Self {
        let mut page = self.canvas.page.clone();
        for item in &mut page.items {
            if let Item::Text(Run { owner, .. }) | Item::Image { owner, .. } | Item::Link { owner, .. } = item {
                *owner = TagId::ARTIFACT;
            }
        }
        let canvas = Canvas { page, y: self.canvas.y, lines: self.canvas.lines.clone(), ..Canvas::default() };
        Self { canvas: Rc::new(canvas), ..self }
    }
}

impl OpenBox {
    /// Moves it to `x` and makes it so wide.
    pub(crate) fn fit(&mut self, fit: (f32, f32)) {
        self.decoration.fit(fit);
    }

    /// Where its border box ends when its content ends at `y`.
    fn bottom(&self, y: f32) -> f32 {
        self.decoration.height.map_or(y, |height| self.top + height)
    }
}

/// The lowest place, below `from` and not below `to`, that cuts through no line; at least one line stands above it.
pub(crate) fn cut_before(lines: &[(f32, f32)], from: f32, to: f32) -> Option<f32> {
    let mut cut = to;
    while let Some(top) = lines
        .iter()
        .filter(|(top, bottom)| *top < cut && cut < bottom - TOLERANCE)
        .map(|(top, _)| *top)
        .min_by(f32::total_cmp)
    {
        cut = top;
    }
    let line_above = lines.iter().any(|(top, bottom)| *top >= from - TOLERANCE && *bottom <= cut + TOLERANCE);
    (cut > from && line_above).then_some(cut)
}

/// Copies what stands between two heights, moved by `at`; shapes that reach across are cut off there.
fn copy_part(ink: &Page, items: Range<usize>, within: Range<f32>, to: &mut Page, at: (f32, f32)) {
    let whole = within.start <= 0.0 && within.end == f32::INFINITY;
    if whole {
        return copy(ink, items, to, at.0, at.1);
    }
    let crossing = ink.items[items.clone()].iter().any(|item| crosses(item, &within));
    if crossing {
        let bottom = within.end.min(within.start + ENDLESS);
        let area = Rect { x: -ENDLESS, y: within.start + at.1, width: 2.0 * ENDLESS, height: bottom - within.start };
        to.items.push(Item::Clip(Box::new(rectangle(&area))));
    }
    for i in items {
        let Some(clip) = clipped(&ink.items[i], &within) else { continue };
        let placed = to.items.len();
        copy(ink, i..i + 1, to, at.0, at.1);
        if let (Item::Fill { area, .. } | Item::Link { area, .. }, Some((top, bottom))) = (&mut to.items[placed], clip)
        {
            (area.y, area.height) = (top + at.1, bottom - top);
        }
    }
    if crossing {
        to.items.push(Item::Unclip);
    }
}

fn rectangle(area: &Rect) -> Path {
    let Rect { x, y, width, height } = *area;
    let corners = [(x + width, y), (x + width, y + height), (x, y + height)];
    let mut segments = vec![Segment::Move((x, y))];
    segments.extend(corners.map(Segment::Line));
    segments.push(Segment::Close);
    Path { segments, ..Path::default() }
}

/// Whether an item must be cut off to be drawn in part.
fn crosses(item: &Item, within: &Range<f32>) -> bool {
    let reaches = |top: f32, bottom: f32| top < within.start || bottom > within.end;
    match item {
        Item::Image { area, .. } => reaches(area.y, area.y + area.height),
        Item::Line { from, to, .. } => reaches(from.1.min(to.1), from.1.max(to.1)),
        Item::Path(_) => true,
        _ => false,
    }
}

/// Whether an item is drawn between two heights, and for areas between which.
fn clipped(item: &Item, within: &Range<f32>) -> Option<Option<(f32, f32)>> {
    let stands = |y: f32| within.contains(&y).then_some(None);
    let reaches = |top: f32, bottom: f32| (top < within.end && bottom > within.start).then_some(None);
    match item {
        Item::Text(run) => stands(run.y),
        Item::Line { from, to, .. } if from.1 == to.1 => stands(from.1),
        Item::Line { from, to, .. } => reaches(from.1, to.1),
        Item::PageTotal { y, .. } => stands(*y),
        Item::Image { area, .. } => reaches(area.y, area.y + area.height),
        Item::Fill { area, .. } | Item::Link { area, .. } => {
            let (top, bottom) = (area.y.max(within.start), (area.y + area.height).min(within.end));
            (top < bottom).then_some(Some((top, bottom)))
        }
        Item::Destination { y, .. } | Item::Bookmark { y, .. } => stands(*y),
        Item::Path(_) | Item::Clip(_) | Item::Unclip | Item::Fade(_) | Item::Unfade => Some(None),
    }
}

/// Copies items from one page to another, moved by `dx` and `dy`.
pub(crate) fn copy(from: &Page, items: Range<usize>, to: &mut Page, dx: f32, dy: f32) {
    to.items.reserve(items.len());
    for item in &from.items[items] {
        // Nearly all that is copied is text.
        let Item::Text(run) = item else {
            let mut item = item.clone();
            shift(&mut item, dx, dy);
            to.items.push(item);
            continue;
        };
        let (first_glyph, first_byte) = (to.glyphs.len() as u32, to.text.len() as u32);
        to.glyphs.extend_from_slice(&from.glyphs[run.glyphs.start as usize..run.glyphs.end as usize]);
        to.text.push_str(&from.text[run.text.start as usize..run.text.end as usize]);
        let (glyphs, text) = (first_glyph..to.glyphs.len() as u32, first_byte..to.text.len() as u32);
        to.items.push(Item::Text(Run { x: run.x + dx, y: run.y + dy, glyphs, text, ..*run }));
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
