//! The parts of inline boxes on a line: where each begins and ends, with its background and border.

use crate::{
    layout::{
        boxes::look::{Cut, Look},
        composer::vertical,
        inline::{Inline, Thing, draw::Setting},
        page::{Item, Page, Rect},
        text::{Line, Shaper},
    },
    template::{
        Template,
        style::{Border, Extent, Style},
    },
};

/// What a box shows of itself on a line, without a gap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fragment {
    /// The border box's left edge, from the line's.
    pub(super) x: f32,
    /// Its width.
    pub(super) width: f32,
    /// Whether its left side is here.
    pub(super) left: bool,
    /// Whether its right side is here.
    pub(super) right: bool,
}

/// Something on a line: where it begins and ends, and what it is.
struct Place {
    from: f32,
    to: f32,
    within: Option<usize>,
    thing: Option<Thing>,
}

impl Inline<'_> {
    /// The parts of a box on a line. A turn of the reading direction may tear it apart.
    pub(super) fn fragments(&self, line: &Line, own: usize, width: f32) -> Vec<Fragment> {
        let places = self.places(line);
        let inside = |place: &Place| self.around(place.within).any(|around| around == own);
        let parts = places.chunk_by(|a, b| inside(a) == inside(b)).filter(|part| part.first().is_some_and(inside));
        parts.filter_map(|part| self.fragment(part, own, line.rtl, width)).collect()
    }

    /// What stands beside each other in a box.
    fn fragment(&self, part: &[Place], own: usize, rtl: bool, width: f32) -> Option<Fragment> {
        let (first, last) = (part.first()?, part.last()?);
        let begins = |place: &Place| place.thing == Some(Thing::Opening(own));
        let ends = |place: &Place| place.thing == Some(Thing::Closing(own));
        let is_edge = |place: &Place| begins(place) || ends(place);
        let (left, right) = match part.len() {
            // An edge by itself: which side it is only the reading direction tells.
            1 => (if rtl { ends(first) } else { begins(first) }, if rtl { begins(first) } else { ends(first) }),
            _ => (is_edge(first), is_edge(last)),
        };
        let margin = &self.boxes[own].node.style.margin;
        let points = |present: bool, margin: Extent| if present { margin.within(width).unwrap_or(0.0) } else { 0.0 };
        let (before, after) = (points(left, margin.left), points(right, margin.right));
        Some(Fragment { x: first.from + before, width: last.to - first.from - before - after, left, right })
    }

    /// Everything on a line from left to right.
    fn places(&self, line: &Line) -> Vec<Place> {
        let runs = line.shaped.runs.iter().map(|run| Place {
            from: run.x,
            to: run.x + run.width,
            within: self.stretches[run.tag as usize].within,
            thing: None,
        });
        let objects = line.objects.iter().map(|(object, x)| {
            let thing = self.things[*object as usize];
            let within = match thing {
                Thing::Opening(own) | Thing::Closing(own) => Some(own),
                Thing::Atom(atom) => self.atoms[atom].within,
                Thing::Gap => None,
            };
            Place { from: *x, to: x + self.objects[*object as usize].width, within, thing: Some(thing) }
        });
        let mut places: Vec<Place> = runs.chain(objects).collect();
        places.sort_by(|a, b| a.from.total_cmp(&b.from));
        places
    }

    /// The boxes on a line of which something is to be seen or clicked.
    pub(super) fn draw_boxes(
        &self,
        shaper: &Shaper,
        line: &Line,
        Setting { template, rise, width, .. }: Setting<'_>,
        ink: &mut Page,
        (x, y): (f32, f32),
    ) {
        for &(own, rise) in &rise.boxes {
            let style = &self.boxes[own].node.style;
            let (border, link) = (&style.border, &self.boxes[own].link);
            let seen = Look::of(style, template).is_some();
            if !seen && link.is_none() {
                continue;
            }
            let (ascent, descent, _) = vertical(shaper, style.stack, style.font_size);
            let around = |padding: Extent, border: Border| padding.within(width).unwrap_or(0.0) + border.width;
            let (above, below) = (around(style.padding.top, border.top), around(style.padding.bottom, border.bottom));
            let (dx, dy) = self.moved(Some(own));
            for fragment in self.fragments(line, own, width) {
                let top = y + dy - rise - ascent - above;
                let height = ascent + descent + above + below;
                let area = Rect { x: x + dx + fragment.x, y: top, width: fragment.width, height };
                if seen {
                    paint(style, template, area, fragment, ink);
                }
                if let Some(target) = link {
                    ink.items.push(Item::Link { area, target: target.clone(), owner: self.owner_within(Some(own)) });
                }
            }
        }
    }
}

/// Background and border of a part of a box. Where it was cut it has no border, and its corners aren't round.
fn paint(style: &Style, template: &Template, area: Rect, fragment: Fragment, ink: &mut Page) {
    const SHARP: (Extent, Extent) = (Extent::Points(0.0), Extent::Points(0.0));
    let mut style = style.clone();
    if !fragment.left {
        style.border.left = Border::default();
        (style.radius.top_left, style.radius.bottom_left) = (SHARP, SHARP);
    }
    if !fragment.right {
        style.border.right = Border::default();
        (style.radius.top_right, style.radius.bottom_right) = (SHARP, SHARP);
    }
    if let Some(look) = Look::of(&style, template) {
        look.paint(area, Cut::default(), &mut |item| ink.items.push(item));
    }
}
