//! The pager: cuts a galley into pages.
//!
//! **Invariant:** every strip lands on exactly one page, in order; a strip that no page can hold is split between its
//! lines or is an error, never a loop.

use std::{rc::Rc, sync::Arc};

use crate::{
    layout::{
        error::LayoutError,
        page::Page,
        paged::canvas::{Canvas, OpenBox, TOLERANCE},
        paged::chain::Chain,
        paged::galley::{self, Event, Galley, Head, Note, Strip, Turn},
        paged::numbering::Numbering,
        paged::running::RunningElements,
        paged::split::{self, Split},
    },
    template::{
        Template,
        document::ElementId,
        page::{PageKind, PageStyle},
    },
};

/// Cuts a galley into pages.
pub(crate) struct Pager<'a> {
    template: &'a Template,
    max_pages: u64,
    canvas: Canvas,
    kind: PageKind,
    /// Where the content of this page ends.
    bottom: f32,
    /// Nothing but repeated heads is on this page yet.
    empty: bool,
    /// A page break that waits for something to come after it.
    turn: Option<Turn>,
    /// Where the open boxes stand on that next page, and how wide they are, where that changes.
    fits: Vec<(f32, f32)>,
    /// The width that what comes next is laid out for.
    width: f32,
    /// Room that appears only if something follows it on this page.
    gap: f32,
    heads: Vec<Rc<Head>>,
    numbering: Numbering,
    running: RunningElements,
    /// Pages that are full, but for their margins.
    pub(crate) full: Vec<FullPage>,
    /// A page whose memory is used again.
    pub(crate) spare: Option<Page>,
    rows_placed: u64,
    /// How many tags have all their content on pages.
    closed: u64,
}

/// A page with its content, and what its margins depend on.
#[derive(Debug)]
pub(crate) struct FullPage {
    pub(crate) page: Page,
    pub(crate) kind: PageKind,
    /// What `counter(page)` says.
    pub(crate) number: i32,
    pub(crate) running: RunningElements,
}

impl<'a> Pager<'a> {
    /// Begins the first page, which has this name.
    pub(crate) fn new(template: &'a Template, name: Option<Arc<str>>, max_pages: u64) -> Self {
        let kind = PageKind { name, number: 1, blank: false };
        let mut pager = Self {
            template,
            max_pages,
            canvas: Canvas::default(),
            width: template.pages().of(&kind).content_width(),
            kind,
            bottom: 0.0,
            empty: true,
            turn: None,
            fits: Vec::new(),
            gap: 0.0,
            heads: Vec::new(),
            numbering: Numbering::default(),
            running: RunningElements::default(),
            full: Vec::new(),
            spare: None,
            rows_placed: 0,
            closed: 0,
        };
        pager.begin_page();
        pager
    }

    fn style(&self) -> &'a PageStyle {
        self.template.pages().of(&self.kind)
    }

    /// The height that a page has for content.
    fn room(&self) -> f32 {
        self.style().content_height()
    }

    /// Rows of streamed datasets on pages so far.
    pub(crate) fn rows_placed(&self) -> u64 {
        self.rows_placed
    }

    /// The width for content of the page that what comes next begins on.
    pub(crate) fn next_width(&self) -> f32 {
        self.template.pages().of(&self.next_kind()).content_width()
    }

    /// The name of the page that what comes next begins on.
    pub(crate) fn next_name(&self) -> Option<Arc<str>> {
        self.next_kind().name
    }

    /// Says where the boxes around what comes next stand on its page, outermost first, and how wide they are. Gives
    /// back what is said of boxes that haven't begun.
    pub(crate) fn fit(&mut self, mut fits: impl Iterator<Item = (f32, f32)>) -> impl Iterator<Item = (f32, f32)> {
        self.fits = fits.by_ref().take(self.canvas.boxes_open()).collect();
        fits
    }

    /// Places as much of the galley as is decided: all of it at the `end`, else up to the last place where a page may
    /// end. What is left stays in the galley.
    pub(crate) fn settle(&mut self, galley: &mut Galley, end: bool) -> Result<(), LayoutError> {
        let mut at = 0;
        while at < galley.events.len() {
            match &galley.events[at] {
                Event::Space(room) => self.gap += room,
                Event::Close => self.canvas.close(),
                Event::Back(points) => self.back(*points),
                Event::Float(float) => self.canvas.float(float.clone()),
                Event::HeadEnd => {
                    self.heads.pop();
                }
                Event::KeepEnd => {}
                Event::PageBreak(turn) => self.ask(turn),
                Event::HeadStart(head) => self.heads.push(head.clone()),
                Event::Open(_) | Event::Strip(_) | Event::KeepStart | Event::Note(_) => {
                    let rest = &galley.events[at..];
                    let placed = match Chain(rest).decided(end) {
                        Some(length) => self.place_chain(&galley.ink, &rest[..length], true)?,
                        // What fills more than a page can't be kept together; waiting for its end would take memory.
                        None if Chain(rest).height() > self.room() => self.place_chain(&galley.ink, rest, false)?,
                        None => 0,
                    };
                    if placed == 0 {
                        break;
                    }
                    at += placed;
                    continue;
                }
            }
            at += 1;
        }
        galley.forget(at);
        Ok(())
    }

    /// Ends the last page; says how many there are.
    pub(crate) fn finish(&mut self) -> Result<u32, LayoutError> {
        // What is placed below the last page has pages of its own.
        while self.canvas.owes() {
            self.next_page()?;
        }
        self.end_page()?;
        Ok(self.kind.number)
    }

    /// Places strips that belong together, on a new page if they don't fit on this one. Says how many events are
    /// dealt with: all, unless the chain isn't `whole` and its end, which fits on a page, has to wait for the rest.
    fn place_chain(&mut self, ink: &Page, events: &[Event], whole: bool) -> Result<usize, LayoutError> {
        self.turn_page()?;
        let mut placed = 0;
        loop {
            let chain = Chain(&events[placed..]);
            let room = self.bottom_of(chain.0) - self.canvas.y - self.gap + TOLERANCE;
            if chain.height() <= room {
                if whole {
                    self.place_all(ink, chain.0)?;
                    placed = events.len();
                }
                return Ok(placed);
            }
            // Where a margin leaves no room even for the first strip, it is all that the page holds.
            let empty = self.empty && (self.gap <= 0.0 || chain.first_bottom() <= room);
            let cut = if empty { chain.best_cut(room) } else { chain.cut_at_edge(room) };
            if let Some(cut) = cut {
                self.place_all(ink, &chain.0[..cut])?;
                placed += cut;
                self.next_page()?;
            } else if !empty && !self.may_split(chain.0) {
                self.next_page()?;
            } else {
                // Its first strip alone is higher than what is left, and is cut itself.
                let first = chain.first_strip_end();
                self.place_all(ink, &chain.0[..first])?;
                placed += first;
            }
            if placed == events.len() {
                return Ok(placed);
            }
        }
    }

    fn place_all(&mut self, ink: &Page, events: &[Event]) -> Result<(), LayoutError> {
        let bottom = self.bottom_of(events);
        for event in events {
            match event {
                Event::Space(room) => self.gap += room,
                Event::Open(decoration) => {
                    self.take_gap();
                    self.canvas.open(decoration.clone());
                }
                Event::Close => self.canvas.close(),
                Event::Back(points) => self.back(*points),
                Event::Float(float) => self.canvas.float(float.clone()),
                Event::Strip(strip) => self.place(ink, strip, bottom)?,
                Event::Note(note) => self.note(note),
                Event::HeadStart(head) => self.heads.push(head.clone()),
                Event::HeadEnd => {
                    self.heads.pop();
                }
                Event::PageBreak(turn) => self.ask(turn),
                Event::KeepStart | Event::KeepEnd => {}
            }
        }
        Ok(())
    }

    fn back(&mut self, points: f32) {
        self.take_gap();
        self.canvas.back(points);
    }

    /// Where content ends that closes a table, so that no foot is repeated below it, or that doesn't.
    fn bottom_of(&self, events: &[Event]) -> f32 {
        let ends_table = events.iter().any(|event| matches!(event, Event::HeadEnd));
        if ends_table { self.bottom } else { self.bottom() }
    }

    fn repeat_feet(&mut self) {
        let most = self.most_repeated();
        let Self { canvas, heads, .. } = self;
        feet(heads, most).for_each(|foot| canvas.repeat(foot));
    }

    /// Where content ends when the table around it has a foot to repeat.
    fn bottom(&self) -> f32 {
        self.bottom - feet(&self.heads, self.most_repeated()).map(|foot| foot.height).sum::<f32>()
    }

    /// As in browsers, what is taller than a quarter of the page isn't repeated.
    fn most_repeated(&self) -> f32 {
        self.room() / 4.0
    }

    /// Whether strips that don't fit on this page are better split than moved.
    fn may_split(&self, chain: &[Event]) -> bool {
        let mut y = self.canvas.y + self.gap;
        for event in chain {
            match event {
                Event::Strip(strip) if y + strip.height > self.bottom() + TOLERANCE => {
                    return self.splits_at(strip, y);
                }
                Event::Strip(strip) => y += strip.height,
                Event::Space(room) => y += room,
                Event::KeepStart => return false,
                _ => {}
            }
        }
        false
    }

    fn splits_at(&self, strip: &Strip, y: f32) -> bool {
        split::is_possible(strip, self.bottom() - y)
    }

    fn take_gap(&mut self) {
        self.canvas.y += std::mem::take(&mut self.gap);
    }

    fn note(&mut self, note: &Note) {
        match note {
            Note::Item(item) => self.canvas.mark(item.clone(), self.gap),
            Note::Running(running) => self.running.add(running, self.empty),
            Note::Number(number) => self.numbering.restart(*number),
        }
    }

    fn place(&mut self, ink: &Page, strip: &Strip, bottom: f32) -> Result<(), LayoutError> {
        self.take_gap();
        if self.canvas.y + strip.height <= bottom + TOLERANCE {
            self.canvas.strip(ink, strip.items.clone(), strip.height);
        } else {
            self.split(ink, strip)?;
        }
        self.empty = false;
        self.rows_placed += u64::from(strip.row > 0);
        self.closed = strip.closed;
        Ok(())
    }

    /// Places a strip that no page can hold, or that is rather split than moved.
    fn split(&mut self, ink: &Page, strip: &Strip) -> Result<(), LayoutError> {
        let mut split = Split::new(ink, strip);
        while self.canvas.y + split.rest() > self.bottom() + TOLERANCE {
            let room = self.bottom() - self.canvas.y;
            let Some((from, to)) = split.next(room) else {
                if !self.empty {
                    self.next_page()?;
                    continue;
                }
                return Err(self.too_tall(strip));
            };
            self.canvas.part(&split.ink, split.strip.items.clone(), from..to, to - from);
            self.empty = false;
            self.next_page()?;
        }
        let (from, to) = split.last();
        self.canvas.part(&split.ink, split.strip.items.clone(), from..f32::INFINITY, to - from);
        Ok(())
    }

    fn too_tall(&self, strip: &Strip) -> LayoutError {
        // Room above it that is itself higher than a page is a part of what doesn't fit.
        let begins = if self.canvas.y < self.bottom { self.canvas.y } else { self.canvas.top };
        let (room, above) = (self.bottom - begins, self.canvas.y - begins);
        let (place, mut what) = self.template.locate(strip.element.unwrap_or(ElementId::ROOT));
        if strip.row > 0 {
            what = format!("row {} of {what}", strip.row);
        }
        LayoutError::TooTall { place, what, height: above + strip.height, room }
    }

    /// Notes that the page ends; it does when something follows.
    fn ask(&mut self, turn: &Turn) {
        self.gap = 0.0;
        let asked = self.turn.get_or_insert_default();
        asked.side = turn.side.or(asked.side);
        asked.fitted |= turn.fitted;
        if turn.name.is_some() {
            asked.name.clone_from(&turn.name);
        }
    }

    /// The page that what comes next begins on, if nothing is too high for it.
    fn next_kind(&self) -> PageKind {
        let Some(turn) = &self.turn else { return self.kind.clone() };
        let mut kind = PageKind { blank: false, ..self.kind.clone() };
        kind.number += u32::from(!self.empty);
        if turn.side.is_some_and(|side| side != kind.side()) && kind.number > 1 {
            kind.number += 1;
        }
        if let Some(name) = &turn.name {
            kind.name.clone_from(name);
        }
        kind
    }

    /// Does what the breaks ask for that came before what is now to be placed.
    fn turn_page(&mut self) -> Result<(), LayoutError> {
        let kind = self.next_kind();
        let Some(turn) = self.turn.take() else { return Ok(()) };
        if kind == self.kind {
            return Ok(());
        }
        if !self.empty {
            self.repeat_feet();
        }
        let mut boxes = self.canvas.suspend(self.bottom);
        boxes.iter_mut().zip(self.fits.drain(..)).for_each(|(open, fit)| open.fit(fit));
        if !self.empty {
            self.end_page()?;
            self.kind.number += 1;
        }
        while self.kind.number < kind.number {
            self.kind.blank = true;
            self.begin_page();
            self.end_page()?;
            self.kind.number += 1;
        }
        self.kind = kind;
        self.begin_page();
        self.continue_page(boxes, turn.fitted)
    }

    /// Ends this page though nobody asked for it, and begins the next.
    fn next_page(&mut self) -> Result<(), LayoutError> {
        self.repeat_feet();
        let boxes = self.canvas.suspend(self.bottom);
        self.end_page()?;
        self.kind.number += 1;
        self.kind.blank = false;
        self.begin_page();
        // Margins vanish where a page ends of itself; those after a forced break don't.
        self.gap = 0.0;
        self.continue_page(boxes, false)
    }

    fn continue_page(&mut self, boxes: Vec<OpenBox>, fitted: bool) -> Result<(), LayoutError> {
        let width = self.style().content_width();
        if fitted {
            self.width = width;
        } else if (self.width - width).abs() > TOLERANCE {
            return Err(LayoutError::WidthChanges { page: self.kind.number, before: self.width, after: width });
        }
        self.canvas.resume(boxes);
        // Half of the page is for rows.
        let (most, lowest) = (self.most_repeated(), self.canvas.y + self.room() / 2.0);
        for head in self.heads.iter().filter(|head| head.height <= most) {
            if self.canvas.y + head.height <= lowest {
                self.canvas.repeat(head);
            }
        }
        self.empty = true;
        Ok(())
    }

    fn begin_page(&mut self) {
        let style = self.style();
        let mut page = match self.canvas.page.number {
            0 => self.spare.take().unwrap_or_default(),
            // It was begun, but it turned out to be another kind of page.
            _ => std::mem::take(&mut self.canvas.page),
        };
        galley::clear(&mut page);
        (page.number, page.width, page.height) = (self.kind.number, style.width, style.height);
        self.canvas.page = page;
        self.canvas.x = style.inset.left;
        self.canvas.y = style.inset.top;
        self.bottom = style.height - style.inset.bottom;
        (self.canvas.top, self.canvas.end) = (self.canvas.y, Some(self.bottom));
        self.empty = true;
    }

    fn end_page(&mut self) -> Result<(), LayoutError> {
        if u64::from(self.kind.number) > self.max_pages {
            return Err(LayoutError::TooManyPages(self.max_pages));
        }
        self.canvas.tidy();
        self.canvas.page.closed = self.closed;
        self.full.push(FullPage {
            page: std::mem::take(&mut self.canvas.page),
            kind: self.kind.clone(),
            number: self.numbering.of_page(self.style()),
            running: self.running.turn(),
        });
        Ok(())
    }
}

/// The feet that a page repeats, innermost first.
fn feet(heads: &[Rc<Head>], most: f32) -> impl Iterator<Item = &Head> {
    heads.iter().rev().filter_map(|head| head.foot.as_deref()).filter(move |foot| foot.height <= most)
}
