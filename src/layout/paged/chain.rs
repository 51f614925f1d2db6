//! Chains: strips that belong on one page, and where to end a page when they can't all have it.
//!
//! As in browsers, of the places at which a page could end the best one wins that is lowest: between strips that
//! nothing keeps together; where lines are left alone; where something asked for no break.

use crate::layout::paged::galley::{Event, Strip};

/// Events from some point of a galley on.
#[derive(Clone, Copy)]
pub(crate) struct Chain<'g>(pub(crate) &'g [Event]);

/// How willingly a page ends between two strips.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Appeal {
    /// Lines are left alone.
    LinesAlone,
    /// Free.
    Free,
}

impl<'g> Chain<'g> {
    /// How many events belong together: up to a strip after which a page may end, with nothing kept open. `None` when
    /// that isn't decided yet because what follows may have to stay with it.
    pub(crate) fn decided(self, end: bool) -> Option<usize> {
        let mut depth = 0usize;
        let mut last: Option<(usize, &Strip)> = None;
        for (i, event) in self.0.iter().enumerate() {
            match event {
                Event::Strip(strip) => {
                    if let Some((after, above)) = last
                        && depth == 0
                        && !is_kept(above, strip)
                    {
                        return Some(after);
                    }
                    last = Some((i + 1, strip));
                }
                Event::PageBreak(_) => return Some(last.map_or(i, |(after, _)| after)),
                Event::KeepStart => {
                    // What went before is decided if a page may end before the group.
                    if let Some((after, above)) = last
                        && depth == 0
                        && !above.keep_next
                    {
                        return Some(after);
                    }
                    depth += 1;
                }
                Event::KeepEnd => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        end.then_some(self.0.len())
    }

    /// How far down it reaches. Room after the last strip isn't part of what must fit.
    pub(crate) fn height(self) -> f32 {
        self.strips().map(|placed| placed.bottom).fold(0.0, f32::max)
    }

    /// How far down its first strip reaches.
    pub(crate) fn first_bottom(self) -> f32 {
        self.strips().next().map_or(0.0, |placed| placed.bottom)
    }

    /// How many events there are up to the end of the first strip.
    pub(crate) fn first_strip_end(self) -> usize {
        self.strips().next().map_or(self.0.len(), |placed| self.after(placed.index))
    }

    /// The best place to end a page that holds so much: a number of events, with at least one strip among them.
    pub(crate) fn best_cut(self, room: f32) -> Option<usize> {
        self.best_cut_from(0, room)
    }

    /// Where to end a page that holds all but the padding or border below. As in browsers, the page then ends within
    /// that box, and be it between two lines, rather than before it.
    pub(crate) fn cut_at_edge(self, room: f32) -> Option<usize> {
        let first_below = self.strips().find(|placed| placed.bottom > room)?;
        if !first_below.strip.edge || !first_below.strip.keep_previous || self.is_kept_at(first_below.index) {
            return None;
        }
        let begins = self.begin_of_box(first_below.index)?;
        self.best_cut_from(begins, room)
    }

    /// Whether event `at` is within something that stays on one page if one can hold it.
    fn is_kept_at(self, at: usize) -> bool {
        let count = |is: fn(&Event) -> bool| self.0[..at].iter().filter(|event| is(event)).count();
        count(|event| matches!(event, Event::KeepStart)) > count(|event| matches!(event, Event::KeepEnd))
    }

    /// The event that begins the box which is open at event `at`, if it is part of the chain.
    fn begin_of_box(self, at: usize) -> Option<usize> {
        let mut depth = 0usize;
        for (i, event) in self.0[..at].iter().enumerate().rev() {
            match event {
                Event::Close => depth += 1,
                Event::Open(_) if depth == 0 => return Some(i),
                Event::Open(_) => depth -= 1,
                _ => {}
            }
        }
        None
    }

    /// The best cut between two strips that come after event `begin`.
    fn best_cut_from(self, begin: usize, room: f32) -> Option<usize> {
        let mut best: Option<(Option<Appeal>, usize)> = None;
        let mut above: Option<Placed<'_>> = None;
        for placed in self.strips() {
            if let Some(above) = above.filter(|above| above.index > begin && above.bottom <= room)
                && !is_glued(above.strip, placed.strip)
            {
                let appeal = appeal(above.strip, placed.strip);
                if best.is_none_or(|(best, _)| appeal >= best) {
                    best = Some((appeal, self.after(above.index)));
                }
            }
            above = Some(placed);
        }
        best.map(|(_, cut)| cut)
    }

    /// How many events end with the strip at `index`: the boxes that end there end with it.
    fn after(self, index: usize) -> usize {
        let ends = |event: &&Event| matches!(event, Event::Close | Event::Back(_) | Event::KeepEnd | Event::HeadEnd);
        index + 1 + self.0[index + 1..].iter().take_while(ends).count()
    }

    fn strips(self) -> impl Iterator<Item = Placed<'g>> {
        let mut y = 0.0;
        self.0.iter().enumerate().filter_map(move |(index, event)| match event {
            Event::Space(room) => {
                y += room;
                None
            }
            Event::Back(points) => {
                y -= points;
                None
            }
            Event::Strip(strip) => {
                y += strip.height;
                Some(Placed { index, strip, bottom: y })
            }
            _ => None,
        })
    }
}

/// A strip with its bottom, counted from the beginning of its chain.
#[derive(Clone, Copy)]
struct Placed<'g> {
    index: usize,
    strip: &'g Strip,
    bottom: f32,
}

fn is_kept(above: &Strip, below: &Strip) -> bool {
    above.keep_next || below.keep_previous
}

/// Whether the page never ends between two strips, as it would cut off a border or padding.
fn is_glued(above: &Strip, below: &Strip) -> bool {
    above.edge && above.keep_next || below.edge && below.keep_previous
}

/// `None` where something asked for no break.
fn appeal(above: &Strip, below: &Strip) -> Option<Appeal> {
    if !is_kept(above, below) {
        Some(Appeal::Free)
    } else if above.keeps_lines && !below.keep_previous {
        Some(Appeal::LinesAlone)
    } else {
        None
    }
}
