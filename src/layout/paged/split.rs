//! Splitting: a strip that is cut between its lines, part after part.
//!
//! Cells beside each other are cut each where its own lines allow it, as in browsers; what is left of each begins at
//! the top of the next page.

use crate::layout::{
    page::{Item, Page},
    paged::canvas::{self, TOLERANCE, cut_before},
    paged::galley::{Flow, Strip},
};

/// A strip that is being placed in parts.
pub(crate) struct Split {
    /// What it draws.
    pub(crate) ink: Page,
    pub(crate) strip: Strip,
    /// Up to where it has been placed.
    from: f32,
}

/// Whether a strip that may be split leaves at least a line of everything in it above `room`.
pub(crate) fn is_possible(strip: &Strip, room: f32) -> bool {
    let fits = |flow: &Flow| {
        let lines = &strip.lines[flow.lines.clone()];
        lines.iter().all(|(_, bottom)| *bottom <= room + TOLERANCE) || cut_before(lines, 0.0, room).is_some()
    };
    strip.splits
        && match is_row(strip) {
            true => strip.flows.iter().all(fits),
            // What draws nothing may be cut anywhere.
            false => strip.items.is_empty() || cut_before(&strip.lines, 0.0, room).is_some(),
        }
}

/// Whether it is one row of cells, which are all as high as it is.
fn is_row(strip: &Strip) -> bool {
    strip.flows.windows(2).all(|pair| pair[0].cell == pair[1].cell) && !strip.flows.is_empty()
}

impl Split {
    pub(crate) fn new(ink: &Page, strip: &Strip) -> Self {
        let mut own = Page::default();
        canvas::copy(ink, strip.items.clone(), &mut own, 0.0, 0.0);
        let strip = Strip { items: 0..own.items.len(), ..strip.clone() };
        Self { ink: own, strip, from: 0.0 }
    }

    /// The height that hasn't been placed.
    pub(crate) fn rest(&self) -> f32 {
        self.strip.height - self.from
    }

    /// The next part that fits into `room`, from where to where; `None` when not even a line does.
    pub(crate) fn next(&mut self, room: f32) -> Option<(f32, f32)> {
        let (from, to) = (self.from, self.from + room);
        let cut = if is_row(&self.strip) { self.cut_cells(to)? } else { self.cut_across(to)? };
        self.from = cut;
        Some((from, cut))
    }

    /// All that is left, from where to where.
    pub(crate) fn last(&self) -> (f32, f32) {
        (self.from, self.strip.height)
    }

    /// Cuts everything at one height.
    fn cut_across(&mut self, to: f32) -> Option<f32> {
        if self.strip.items.is_empty() {
            return Some(to.max(self.from));
        }
        let cut = cut_before(&self.strip.lines, self.from, to)?;
        for flow in &mut self.strip.flows {
            if flow.cell.0 < cut && cut < flow.cell.1 {
                flow.raise(&mut self.ink);
            }
        }
        Some(cut)
    }

    /// Cuts each cell by itself: what is left of it moves below `to`.
    fn cut_cells(&mut self, to: f32) -> Option<f32> {
        let Self { ink, strip, from } = self;
        let mut height = strip.height;
        let mut placed = false;
        for flow in &mut strip.flows {
            flow.raise(ink);
            let lines = &mut strip.lines[flow.lines.clone()];
            let cut = cut_before(lines, *from, to);
            placed |= cut.is_some();
            let cut = cut.unwrap_or(*from);
            let left = lines.iter().map(|(top, _)| *top).filter(|top| *top >= cut - TOLERANCE);
            let Some(first) = left.min_by(f32::total_cmp) else { continue };
            let by = to - first;
            for line in lines.iter_mut().filter(|line| line.0 >= cut - TOLERANCE) {
                *line = (line.0 + by, line.1 + by);
            }
            ink.items[flow.items.clone()].iter_mut().for_each(|item| move_down(item, first, by));
            height = lines.iter().map(|line| line.1).fold(height, f32::max);
        }
        if !placed {
            return None;
        }
        let boxes = strip.flows.first().map_or(0, |flow| flow.items.start);
        for item in &mut ink.items[..boxes] {
            stretch(item, strip.height, height - strip.height);
        }
        strip.height = height;
        Some(to)
    }
}

impl Flow {
    /// Puts what was lowered in its cell at the cell's top.
    fn raise(&mut self, ink: &mut Page) {
        let by = std::mem::take(&mut self.lowered);
        ink.items[self.items.clone()].iter_mut().for_each(|item| canvas::shift(item, 0.0, -by));
    }
}

/// Moves what is below a cut, and makes higher what reaches over it.
fn move_down(item: &mut Item, cut: f32, by: f32) {
    let top = match item {
        Item::Text(run) => run.y,
        Item::Fill { area, .. } | Item::Link { area, .. } => {
            let bottom = area.y + area.height;
            if area.y < cut - TOLERANCE && bottom > cut + TOLERANCE {
                area.height += by;
            }
            area.y
        }
        Item::Image { area, .. } => area.y,
        Item::Line { from, to, .. } => from.1.min(to.1),
        Item::PageTotal { y, .. } | Item::Destination { y, .. } | Item::Bookmark { y, .. } => *y,
        Item::Path(_) | Item::Clip(_) | Item::Unclip | Item::Fade(_) | Item::Unfade => return,
    };
    if top >= cut - TOLERANCE {
        canvas::shift(item, 0.0, by);
    }
}

/// Lets the background and the borders of a row grow with it, which was so high.
fn stretch(item: &mut Item, height: f32, by: f32) {
    match item {
        Item::Fill { area, .. } if area.height > height / 2.0 => area.height += by,
        Item::Line { from, to, .. } if (to.1 - from.1).abs() > height / 2.0 => to.1 += by,
        Item::Fill { area, .. } if area.y < height / 2.0 => {}
        Item::Line { from, .. } if from.1 < height / 2.0 => {}
        _ => canvas::shift(item, 0.0, by),
    }
}
