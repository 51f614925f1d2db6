//! The galley: laid-out content as one endless column, not yet cut into pages.
//!
//! Its strips are never split by the pager unless a page can't hold them; margins between strips vanish where a page
//! begins, as CSS wants. (TeX has boxes, glue and penalties; these are strips, spaces and keeps.)

use std::{cell::Cell, ops::Range, rc::Rc, sync::Arc};

use crate::{
    layout::{
        boxes::look::Look,
        page::{Item, Page},
        paged::canvas,
        paged::canvas::Canvas,
        paged::running::Running,
    },
    template::{document::ElementId, page::PageSide},
};

/// Laid-out content in the order in which it goes down the page.
#[derive(Debug, Default)]
pub(crate) struct Galley {
    /// What the strips draw; x from the content's left edge, y from the strip's top.
    pub(crate) ink: Page,
    pub(crate) events: Vec<Event>,
    margin: Margin,
    /// The part of that which belongs to the boxes that wait: it outlives a page break before them.
    own_margin: Margin,
    /// So much of the margins has become room already, though more may collapse with them.
    spent: f32,
    /// Boxes and groups that have begun, but whose top edge waits for the margins to collapse.
    waiting: Vec<Event>,
    /// How far down each open box begins; `None` while it waits.
    starts: Vec<Option<f32>>,
    keep_next: bool,
    /// How far down it goes, without the margins that haven't settled.
    pub(crate) height: f32,
    /// How many tags are closed at this moment; nothing where no pages end.
    closed: Option<Rc<Cell<u64>>>,
    /// The element being laid out, for errors about what it adds.
    pub(crate) element: Option<ElementId>,
}

/// One step down the galley.
#[derive(Debug)]
pub(crate) enum Event {
    /// Room that vanishes where a page begins.
    Space(f32),
    /// Something drawn.
    Strip(Strip),
    /// A box begins: its background and borders go behind what follows.
    Open(Decoration),
    /// The box that began last ends.
    Close,
    /// What follows begins so much higher: what came last sticks out of its box.
    Back(f32),
    /// Something out of the flow, placed in the box that began last.
    Float(Float),
    /// The page ends here.
    PageBreak(Turn),
    /// Something without height that belongs to what follows.
    Note(Note),
    /// What follows, up to the matching end, stays on one page if one can hold it.
    KeepStart,
    /// The end of that.
    KeepEnd,
    /// From here on this is drawn at the top of every new page.
    HeadStart(Rc<Head>),
    /// Up to here.
    HeadEnd,
}

/// What is to be known of a page break before what follows is placed.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Turn {
    /// What follows begins on such a page; an empty one is left before it if need be.
    pub(crate) side: Option<PageSide>,
    /// The name of the pages from here on; `None` when it stays.
    pub(crate) name: Option<Option<Arc<str>>>,
    /// Whether what follows is laid out for the page that it begins, rather than for the page before.
    pub(crate) fitted: bool,
}

/// Something without height that stands where the next strip begins.
#[derive(Debug, Clone)]
pub(crate) enum Note {
    /// A destination or a bookmark.
    Item(Item),
    /// A running element.
    Running(Running),
    /// From here on pages are counted from this number.
    Number(i32),
}

/// Something as high as it is, with everything that it draws.
#[derive(Debug, Default, Clone)]
pub(crate) struct Strip {
    pub(crate) height: f32,
    /// The baseline of a line, from its top.
    pub(crate) baseline: Option<f32>,
    pub(crate) items: Range<usize>,
    /// No page ends between this strip and the one before it.
    pub(crate) keep_previous: bool,
    /// No page ends between this strip and the next.
    pub(crate) keep_next: bool,
    /// It is only kept with the next so that no line is left alone; other reasons weigh more.
    pub(crate) keeps_lines: bool,
    /// Padding or a border, which no page ends before or after on the side where it is kept.
    pub(crate) edge: bool,
    /// Whether it is rather cut where the page ends than moved to the next page.
    pub(crate) splits: bool,
    /// Top and bottom of each line and picture in it, between which it may be cut if no page can hold it; nothing
    /// when it can't be cut. What draws nothing may be cut anywhere.
    pub(crate) lines: Vec<(f32, f32)>,
    /// The contents of its cells, if it may be split.
    pub(crate) flows: Vec<Flow>,
    /// Which row of the streamed dataset this strip completes, from 1; 0 for none.
    pub(crate) row: u64,
    /// How many tags had been closed when it came: they have all their content in it and before it.
    pub(crate) closed: u64,
    /// What it belongs to.
    pub(crate) element: Option<ElementId>,
}

/// What stands in a cell: it is split apart from what stands beside it.
#[derive(Debug, Clone)]
pub(crate) struct Flow {
    /// Its items, counted from the strip's first.
    pub(crate) items: Range<usize>,
    /// Its lines among the strip's, where they are when it stands at the top of its cell.
    pub(crate) lines: Range<usize>,
    /// How far it has been lowered from there.
    pub(crate) lowered: f32,
    /// Top and bottom of the cell, from the strip's top.
    pub(crate) cell: (f32, f32),
}

/// A box as a page sees it: where it stands and how it looks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Decoration {
    pub(crate) x: f32,
    pub(crate) width: f32,
    /// Nothing where nothing of it can be seen.
    pub(crate) look: Option<Rc<Look>>,
    /// The border box's height, when its content doesn't decide it.
    pub(crate) height: Option<f32>,
    /// How far it is drawn from its place, with everything in it (`position: relative`).
    pub(crate) shift: (f32, f32),
}

/// A box out of the flow, laid out; x from the content's left edge.
#[derive(Debug, Clone)]
pub(crate) struct Float {
    pub(crate) canvas: Rc<Canvas>,
    pub(crate) place: Place,
    /// What is above this has been drawn on earlier pages.
    pub(crate) from: f32,
    /// How far it is drawn from its place, as its containing block is.
    pub(crate) shift: (f32, f32),
}

impl Float {
    pub(crate) fn new(canvas: Canvas, place: Place) -> Self {
        Self { canvas: Rc::new(canvas), place, from: 0.0, shift: (0.0, 0.0) }
    }
}

/// Where something out of the flow stands in its containing block, from edges of the border box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Place {
    /// Its top so far below the top.
    BelowTop(f32),
    /// Its top so far above the bottom.
    AboveBottom(f32),
}

impl Decoration {
    /// Moves it to `x` and makes it so wide.
    pub(crate) fn fit(&mut self, (x, width): (f32, f32)) {
        (self.x, self.width) = (x, width);
    }
}

/// What a table repeats at the top of each page, and at the bottom.
#[derive(Debug, Default)]
pub(crate) struct Head {
    pub(crate) ink: Page,
    pub(crate) height: f32,
    pub(crate) foot: Option<Box<Head>>,
}

/// Adjoining margins: the largest positive and the most negative of them add up.
#[derive(Debug, Default, Clone, Copy)]
struct Margin {
    positive: f32,
    negative: f32,
}

impl Margin {
    fn add(&mut self, points: f32) {
        self.positive = self.positive.max(points);
        self.negative = self.negative.min(points);
    }
}

impl Galley {
    /// A galley that is cut into pages; its strips note how many tags are `closed`.
    pub(crate) fn of_pages(closed: Rc<Cell<u64>>) -> Self {
        Self { closed: Some(closed), ..Self::default() }
    }

    /// Adds the margin above something, which collapses with those beside it.
    pub(crate) fn margin_above(&mut self, points: f32) {
        self.margin.add(points);
        self.own_margin.add(points);
    }

    /// Adds the margin below something, likewise.
    pub(crate) fn margin_below(&mut self, points: f32) {
        self.margin.add(points);
        self.own_margin = Margin::default();
    }

    /// Turns the margins so far into room, and begins the boxes that waited for it.
    pub(crate) fn settle_margin(&mut self) {
        self.begin_waiting();
        self.forget_margin();
    }

    /// Begins the boxes that wait where the margins so far put them; what follows may still collapse with those.
    pub(crate) fn begin_waiting(&mut self) {
        let margin = self.margin.positive + self.margin.negative;
        let room = margin - self.spent;
        if room != 0.0 {
            self.height += room;
            self.events.push(Event::Space(room));
        }
        self.spent = margin;
        if !self.waiting.is_empty() {
            self.events.append(&mut self.waiting);
            let height = self.height;
            self.starts.iter_mut().for_each(|start| *start = start.or(Some(height)));
        }
    }

    fn forget_margin(&mut self) {
        (self.margin, self.own_margin, self.spent) = (Margin::default(), Margin::default(), 0.0);
    }

    /// The end of a box whose content doesn't decide where it ends swallows the margin before it.
    pub(crate) fn swallow_margin(&mut self) {
        if self.waiting.is_empty() {
            self.forget_margin();
        }
    }

    /// Begins a group that stays together ([`Event::KeepStart`]).
    pub(crate) fn begin(&mut self, event: Event) {
        self.waiting.push(event);
    }

    /// Begins a box.
    pub(crate) fn open(&mut self, decoration: Decoration) {
        self.waiting.push(Event::Open(decoration));
        self.starts.push(None);
    }

    /// Ends the box that began last.
    pub(crate) fn close(&mut self) {
        self.starts.pop();
        self.end(Event::Close);
    }

    /// How far the newest box has come.
    pub(crate) fn reached(&self) -> f32 {
        self.starts.last().copied().flatten().map_or(0.0, |start| self.height - start)
    }

    /// Ends what began last ([`Event::Close`], [`Event::KeepEnd`]). What nothing came into was never there.
    pub(crate) fn end(&mut self, event: Event) {
        match self.waiting.iter().rposition(|waiting| !matches!(waiting, Event::Note(_))) {
            Some(begun) => drop(self.waiting.remove(begun)),
            None => self.events.push(event),
        }
    }

    /// Adds something without height to what follows.
    pub(crate) fn note(&mut self, note: Note) {
        self.waiting.push(Event::Note(note));
    }

    /// The boxes that have begun but have nothing in them yet, outermost first.
    pub(crate) fn waiting_boxes(&mut self) -> impl Iterator<Item = &mut Decoration> {
        self.waiting.iter_mut().filter_map(|event| match event {
            Event::Open(decoration) => Some(decoration),
            _ => None,
        })
    }

    /// Goes back up, over what sticks out of its box.
    pub(crate) fn back(&mut self, points: f32) {
        self.settle_margin();
        self.height -= points;
        self.events.push(Event::Back(points));
    }

    /// Adds something out of the flow to the box that began last.
    pub(crate) fn float(&mut self, float: Float) {
        self.begin_waiting();
        self.events.push(Event::Float(float));
    }

    /// Adds a strip of no height that stands here without keeping margins apart.
    pub(crate) fn mark_strip(&mut self, first_item: usize) {
        self.begin_waiting();
        let closed = self.closed.as_ref().map_or(0, |closed| closed.get());
        let items = first_item..self.ink.items.len();
        self.events.push(Event::Strip(Strip { items, closed, ..Strip::default() }));
    }

    /// Adds a strip that draws the items from `first_item` on.
    pub(crate) fn strip(&mut self, height: f32, first_item: usize) {
        let items = first_item..self.ink.items.len();
        self.push_strip(Strip { height, items, ..Strip::default() });
    }

    /// Adds a strip as it is.
    pub(crate) fn push_strip(&mut self, mut strip: Strip) {
        self.settle_margin();
        strip.keep_previous |= std::mem::take(&mut self.keep_next);
        strip.element = strip.element.or(self.element);
        strip.closed = self.closed.as_ref().map_or(0, |closed| closed.get());
        self.height += strip.height;
        self.events.push(Event::Strip(strip));
    }

    /// Adds empty room that doesn't vanish, and after which a page may end.
    pub(crate) fn loose_room(&mut self, height: f32) {
        if height > 0.0 {
            let at = self.ink.items.len();
            self.push_strip(Strip { height, items: at..at, ..Strip::default() });
        }
    }

    /// Adds room between boxes that vanishes where a page begins.
    pub(crate) fn space(&mut self, room: f32) {
        self.settle_margin();
        if room != 0.0 {
            self.height += room;
            self.events.push(Event::Space(room));
        }
    }

    /// Adds empty room of a box that is higher than its content; pages may end within.
    pub(crate) fn filler(&mut self, height: f32) {
        if height > 0.0 {
            let at = self.ink.items.len();
            self.push_strip(Strip { height, items: at..at, splits: true, ..Strip::default() });
        }
    }

    /// Adds empty room that doesn't vanish, such as padding above (`keep_next`) or below what it belongs to.
    pub(crate) fn room(&mut self, height: f32, keep_next: bool) {
        if height > 0.0 {
            let at = self.ink.items.len();
            let keep_previous = !keep_next;
            self.push_strip(Strip { height, items: at..at, keep_previous, keep_next, edge: true, ..Strip::default() });
        }
    }

    /// Keeps whatever came last and the next strip on one page.
    pub(crate) fn keep_with_next(&mut self) {
        self.keep_next = true;
    }

    /// Makes the last strip higher.
    pub(crate) fn raise_last_strip(&mut self, points: f32) {
        if points > 0.0
            && let Some(strip) = self.last_strip()
        {
            strip.height += points;
            self.height += points;
        }
    }

    /// Draws more into the last strip, which is so high.
    pub(crate) fn add_to_last_strip(&mut self, draw: impl FnOnce(&mut Vec<Item>, f32)) {
        let mut items = std::mem::take(&mut self.ink.items);
        if let Some(strip) = self.last_strip() {
            draw(&mut items, strip.height);
            strip.items.end = items.len();
        }
        self.ink.items = items;
    }

    fn last_strip(&mut self) -> Option<&mut Strip> {
        self.events.iter_mut().rev().find_map(|event| match event {
            Event::Strip(strip) => Some(strip),
            _ => None,
        })
    }

    /// Says that the last strip completes a row of the streamed dataset.
    pub(crate) fn number_last_strip(&mut self, row: u64) {
        if let Some(strip) = self.last_strip() {
            strip.row = row;
        }
    }

    /// Rows of a streamed dataset that are set but not yet on a page.
    pub(crate) fn rows_waiting(&self) -> u64 {
        self.events.iter().filter(|event| matches!(event, Event::Strip(strip) if strip.row > 0)).count() as u64
    }

    /// Drops the first events, which have been placed, and everything that only they drew.
    pub(crate) fn forget(&mut self, placed: usize) {
        self.events.drain(..placed);
        let first = self.events.iter().find_map(|event| match event {
            Event::Strip(strip) => Some(strip.items.start),
            _ => None,
        });
        let Some(first) = first else { return clear(&mut self.ink) };
        if first == 0 {
            return;
        }
        let mut rest = Page::default();
        canvas::copy(&self.ink, first..self.ink.items.len(), &mut rest, 0.0, 0.0);
        clear(&mut self.ink);
        canvas::copy(&rest, 0..rest.items.len(), &mut self.ink, 0.0, 0.0);
        for event in &mut self.events {
            if let Event::Strip(strip) = event {
                strip.items = strip.items.start - first..strip.items.end - first;
            }
        }
    }

    /// Adds an event that doesn't move down.
    pub(crate) fn mark(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Ends the page. Margins above the break vanish.
    pub(crate) fn page_break(&mut self) {
        self.turn(Turn::default());
    }

    /// Ends the page and says what the next one is to be.
    pub(crate) fn turn(&mut self, turn: Turn) {
        self.margin = self.own_margin;
        self.spent = 0.0;
        // What was noted since the last strip belongs to the page that ends, unless a box has begun that it is about.
        if self.waiting.iter().all(|event| matches!(event, Event::Note(_))) {
            self.events.append(&mut self.waiting);
        }
        self.events.push(Event::PageBreak(turn));
    }
}

/// Forgets everything drawn, keeping the memory.
pub(crate) fn clear(page: &mut Page) {
    page.items.clear();
    page.glyphs.clear();
    page.text.clear();
}
