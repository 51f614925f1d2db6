//! The pager: cuts a galley into pages.
//!
//! **Invariant:** every strip lands on exactly one page, in order; a strip that no page can hold is split between its
//! lines or is an error, never a loop.

use std::rc::Rc;

use crate::{
    layout::{
        error::LayoutError,
        page::Page,
        paged::canvas::{Canvas, TOLERANCE},
        paged::galley::{self, Event, Galley, Head, Strip},
        paged::split::{self, Split},
    },
    template::page::PageStyles,
};

/// Cuts a galley into pages.
pub(crate) struct Pager<'a> {
    styles: &'a PageStyles,
    max_pages: u64,
    canvas: Canvas,
    /// Where the content of this page ends.
    bottom: f32,
    /// Nothing but repeated heads is on this page yet.
    empty: bool,
    /// Room that appears only if something follows it on this page.
    gap: f32,
    heads: Vec<Rc<Head>>,
    number: u32,
    /// Pages that are full, but for their margins.
    pub(crate) full: Vec<Page>,
    /// A page whose memory is used again.
    pub(crate) spare: Option<Page>,
    rows_placed: u64,
    /// How many tags have all their content on pages.
    closed: u64,
}

impl<'a> Pager<'a> {
    pub(crate) fn new(styles: &'a PageStyles, max_pages: u64) -> Self {
        let mut pager = Self {
            styles,
            max_pages,
            canvas: Canvas::default(),
            bottom: 0.0,
            empty: true,
            gap: 0.0,
            heads: Vec::new(),
            number: 1,
            full: Vec::new(),
            spare: None,
            rows_placed: 0,
            closed: 0,
        };
        pager.begin_page();
        pager
    }

    /// The height that a page has for content.
    fn room(&self) -> f32 {
        self.styles.of(self.number).content_height()
    }

    /// Rows of streamed datasets on pages so far.
    pub(crate) fn rows_placed(&self) -> u64 {
        self.rows_placed
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
                Event::PageBreak => self.forced_break()?,
                Event::HeadStart(head) => self.heads.push(head.clone()),
                Event::Open(_) | Event::Strip(_) | Event::KeepStart => {
                    let rest = &galley.events[at..];
                    // What fills more than a page can't be kept together; waiting for its end would take memory.
                    let length =
                        chain_length(rest, end).or_else(|| (height_of(rest) > self.room()).then_some(rest.len()));
                    let Some(length) = length else { break };
                    self.place_chain(&galley.ink, &galley.events[at..at + length])?;
                    at += length;
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
            self.break_page()?;
        }
        if self.empty && self.number > 1 {
            self.number -= 1;
        } else {
            self.end_page()?;
        }
        Ok(self.number)
    }

    /// Places strips that belong together, on a new page if they don't fit on this one.
    fn place_chain(&mut self, ink: &Page, chain: &[Event]) -> Result<(), LayoutError> {
        let height = height_of(chain);
        let ends_table = chain.iter().any(|event| matches!(event, Event::HeadEnd));
        let bottom = if ends_table { self.bottom } else { self.bottom() };
        let fits = |pager: &Self| pager.canvas.y + pager.gap + height <= bottom + TOLERANCE;
        if !fits(self) && !self.empty && !self.may_split(chain) {
            self.break_page()?;
        }
        let fits = fits(self);
        for event in chain {
            match event {
                Event::Space(room) => self.gap += room,
                Event::Open(decoration) => {
                    self.take_gap();
                    self.canvas.open(decoration.clone());
                }
                Event::Close => self.canvas.close(),
                Event::Back(points) => self.back(*points),
                Event::Float(float) => self.canvas.float(float.clone()),
                Event::Strip(strip) => {
                    let here = self.canvas.y + self.gap;
                    if !fits
                        && here + strip.height > self.bottom() + TOLERANCE
                        && !self.empty
                        && !self.splits_at(strip, here)
                    {
                        self.break_page()?;
                    }
                    self.place(ink, strip, if fits { bottom } else { self.bottom() })?;
                }
                Event::HeadStart(head) => self.heads.push(head.clone()),
                Event::HeadEnd => {
                    self.heads.pop();
                }
                Event::PageBreak => self.forced_break()?,
                Event::KeepStart | Event::KeepEnd => {}
            }
        }
        Ok(())
    }

    fn back(&mut self, points: f32) {
        self.take_gap();
        self.canvas.back(points);
    }

    /// Where content ends when the table around it has a foot to repeat.
    fn bottom(&self) -> f32 {
        self.bottom - self.feet().map(|foot| foot.height).sum::<f32>()
    }

    /// The feet that this page repeats, innermost first. As in browsers, what is taller than a quarter of the page
    /// isn't repeated.
    fn feet(&self) -> impl Iterator<Item = &Head> {
        let most = self.room() / 4.0;
        self.heads.iter().rev().filter_map(|head| head.foot.as_deref()).filter(move |foot| foot.height <= most)
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
                    self.break_page()?;
                    continue;
                }
                let what = match strip.row {
                    0 => "something".to_owned(),
                    row => format!("row {row}"),
                };
                return Err(LayoutError::TooTall { what, height: strip.height, room });
            };
            self.canvas.part(&split.ink, split.strip.items.clone(), from..to, to - from);
            self.empty = false;
            self.break_page()?;
        }
        let (from, to) = split.last();
        self.canvas.part(&split.ink, split.strip.items.clone(), from..f32::INFINITY, to - from);
        Ok(())
    }

    fn forced_break(&mut self) -> Result<(), LayoutError> {
        // A break before anything was placed would only make an empty page.
        if !self.empty {
            self.break_page()?;
        }
        Ok(())
    }

    fn break_page(&mut self) -> Result<(), LayoutError> {
        let heads = self.heads.clone();
        let most = self.room() / 4.0;
        for foot in heads.iter().rev().filter_map(|head| head.foot.as_deref()).filter(|foot| foot.height <= most) {
            self.canvas.strip(&foot.ink, 0..foot.ink.items.len(), foot.height);
        }
        let boxes = self.canvas.suspend(self.bottom);
        self.end_page()?;
        self.number += 1;
        self.begin_page();
        self.canvas.resume(boxes);
        // As in browsers, what is taller than a quarter of the page isn't repeated; and half of it is for rows.
        let (most, lowest) = (self.room() / 4.0, self.canvas.y + self.room() / 2.0);
        for head in heads.iter().filter(|head| head.height <= most) {
            if self.canvas.y + head.height <= lowest {
                self.canvas.strip(&head.ink, 0..head.ink.items.len(), head.height);
            }
        }
        self.empty = true;
        self.gap = 0.0;
        Ok(())
    }

    fn begin_page(&mut self) {
        let style = self.styles.of(self.number);
        let mut page = self.spare.take().unwrap_or_default();
        galley::clear(&mut page);
        (page.number, page.width, page.height) = (self.number, style.width, style.height);
        self.canvas.page = page;
        self.canvas.x = style.margin.left;
        self.canvas.y = style.margin.top;
        self.bottom = style.height - style.margin.bottom;
        (self.canvas.top, self.canvas.end) = (self.canvas.y, Some(self.bottom));
        self.empty = true;
    }

    fn end_page(&mut self) -> Result<(), LayoutError> {
        if u64::from(self.number) > self.max_pages {
            return Err(LayoutError::TooManyPages(self.max_pages));
        }
        self.canvas.tidy();
        self.canvas.page.closed = self.closed;
        self.full.push(std::mem::take(&mut self.canvas.page));
        Ok(())
    }
}

/// How many events belong together: up to a strip after which a page may end, with nothing kept open. `None` when
/// that isn't decided yet because what follows may have to stay with it.
fn chain_length(events: &[Event], end: bool) -> Option<usize> {
    let mut depth = 0usize;
    let mut last_strip: Option<(usize, bool)> = None;
    for (i, event) in events.iter().enumerate() {
        match event {
            Event::Strip(strip) => {
                if let Some((after, keep_next)) = last_strip
                    && depth == 0
                    && !keep_next
                    && !strip.keep_previous
                {
                    return Some(after);
                }
                last_strip = Some((i + 1, strip.keep_next));
            }
            Event::PageBreak => match last_strip {
                Some((after, _)) => return Some(after),
                None => return Some(i),
            },
            Event::KeepStart => {
                // What went before is decided if a page may end before the group.
                if let Some((after, false)) = last_strip
                    && depth == 0
                {
                    return Some(after);
                }
                depth += 1;
            }
            Event::KeepEnd => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    end.then_some(events.len())
}

/// How far down a chain reaches.
fn height_of(chain: &[Event]) -> f32 {
    let (mut at, mut lowest) = (0.0, 0.0_f32);
    for event in chain {
        match event {
            Event::Space(room) => at += room,
            Event::Back(points) => at -= points,
            // Room after the last strip isn't part of what must fit.
            Event::Strip(strip) => {
                at += strip.height;
                lowest = lowest.max(at);
            }
            _ => {}
        }
    }
    lowest
}
