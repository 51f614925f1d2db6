//! How high things stand on a line: baselines, `vertical-align`, and the height of the line (CSS 2.1 §10.8).

use crate::{
    layout::{
        composer::{PIXEL, Strut, strut, vertical},
        inline::{Inline, Thing},
        text::{FontId, Line, Shaper},
    },
    template::style::{LineHeight, Style, VerticalAlign},
};

/// A line's height, and how far the things on it are raised above its baseline.
#[derive(Debug, Default)]
pub(super) struct Rise {
    pub(super) strut: Strut,
    /// The boxes on the line, in their order.
    pub(super) boxes: Vec<(usize, f32)>,
    /// The atoms on it.
    pub(super) atoms: Vec<(usize, f32)>,
}

impl Rise {
    /// How far a box is raised; what stands in none isn't.
    pub(super) fn of_box(&self, own: Option<usize>) -> f32 {
        let Some(own) = own else { return 0.0 };
        self.boxes.binary_search_by_key(&own, |(own, _)| *own).map_or(0.0, |at| self.boxes[at].1)
    }

    /// How far an atom is raised.
    pub(super) fn of_atom(&self, own: usize) -> f32 {
        self.atoms.iter().find(|(atom, _)| *atom == own).map_or(0.0, |(_, rise)| *rise)
    }
}

/// A box on a line while its height is being found.
struct Standing {
    own: usize,
    /// What is in it, around its baseline.
    strut: Strut,
    /// How far it is raised above the baseline of the box around it; `None` if it waits for the line's edges.
    rise: Option<f32>,
}

impl Inline<'_> {
    /// Finds the height of a line and how high the things on it stand.
    pub(super) fn rise(&self, shaper: &Shaper, block: &Style, line: &Line) -> Rise {
        let mut root = self.own_strut(shaper, block, line, None);
        if self.boxes.is_empty() && self.atoms.is_empty() {
            return Rise { strut: root, ..Rise::default() };
        }
        let mut standing: Vec<Standing> = self
            .boxes_on(line)
            .into_iter()
            .map(|own| {
                let strut = self.own_strut(shaper, &self.boxes[own].node.style, line, Some(own));
                Standing { own, strut, rise: None }
            })
            .collect();
        let place = |standing: &[Standing], own: usize| standing.binary_search_by_key(&own, |one| one.own).ok();
        let mut atoms = Vec::new();
        for atom in self.atoms_on(line) {
            let Self { boxes, atoms: all, .. } = self;
            let (within, style) = (all[atom].within, &all[atom].node.style);
            let around = within.map_or(block, |own| &boxes[own].node.style);
            let strut = all[atom].set.strut();
            let rise = raised(shaper, style, around, strut);
            match (rise, within.and_then(|own| place(&standing, own))) {
                (Some(rise), Some(at)) => standing[at].strut = standing[at].strut.join(strut, rise),
                (Some(rise), None) => root = root.join(strut, rise),
                (None, _) => {}
            }
            atoms.push((atom, rise, strut));
        }
        // A box comes after the one that it stands in.
        for at in (0..standing.len()).rev() {
            let Standing { own, strut, .. } = standing[at];
            let within = self.boxes[own].within;
            let around = within.map_or(block, |own| &self.boxes[own].node.style);
            let rise = raised(shaper, &self.boxes[own].node.style, around, strut);
            standing[at].rise = rise;
            match (rise, within.and_then(|own| place(&standing, own))) {
                (Some(rise), Some(at)) => standing[at].strut = standing[at].strut.join(strut, rise),
                (Some(rise), None) => root = root.join(strut, rise),
                (None, _) => {}
            }
        }
        let waiting = standing.iter().filter(|one| one.rise.is_none()).map(|one| {
            let align = self.boxes[one.own].node.style.vertical_align;
            (align, one.strut)
        });
        let waiting = waiting.chain(atoms.iter().filter(|(_, rise, _)| rise.is_none()).map(|(atom, _, strut)| {
            let align = self.atoms[*atom].node.style.vertical_align;
            (align, *strut)
        }));
        let line_strut = grown(root, waiting);
        let mut result = Rise { strut: line_strut, ..Rise::default() };
        for one in &standing {
            let around = result.of_box(self.boxes[one.own].within);
            let align = self.boxes[one.own].node.style.vertical_align;
            let rise = one.rise.map_or_else(|| at_edge(line_strut, align, one.strut), |rise| around + rise);
            result.boxes.push((one.own, rise));
        }
        for (atom, rise, strut) in atoms {
            let around = result.of_box(self.atoms[atom].within);
            let align = self.atoms[atom].node.style.vertical_align;
            result.atoms.push((atom, rise.map_or_else(|| at_edge(line_strut, align, strut), |rise| around + rise)));
        }
        result
    }

    /// The strut of a box, or of the block itself, with the other fonts that its text on the line needs.
    fn own_strut(&self, shaper: &Shaper, style: &Style, line: &Line, own: Option<usize>) -> Strut {
        let base = strut(shaper, style);
        if style.line_height != LineHeight::Normal {
            return base;
        }
        let primary = shaper.book().primary(style.stack);
        let others = line.shaped.runs.iter().filter(|run| {
            let stretch = &self.stretches[run.tag as usize];
            run.font != primary && stretch.within == own && stretch.style.stack == style.stack
        });
        others.fold(base, |so_far, run| so_far.join(natural(shaper, run.font, run.size), 0.0))
    }

    /// The boxes that a line shows something of, in their order.
    fn boxes_on(&self, line: &Line) -> Vec<usize> {
        let of_runs = line.shaped.runs.iter().map(|run| self.stretches[run.tag as usize].within);
        let of_objects = line.objects.iter().map(|(object, _)| match self.things[*object as usize] {
            Thing::Opening(own) | Thing::Closing(own) => Some(own),
            Thing::Atom(atom) => self.atoms[atom].within,
            Thing::Gap => None,
        });
        let mut on: Vec<usize> = Vec::new();
        let mut last = None;
        for within in of_runs.chain(of_objects) {
            if within != last {
                on.extend(self.around(within));
                last = within;
            }
        }
        on.sort_unstable();
        on.dedup();
        on
    }

    fn atoms_on(&self, line: &Line) -> impl Iterator<Item = usize> {
        line.objects.iter().filter_map(|(object, _)| match self.things[*object as usize] {
            Thing::Atom(atom) => Some(atom),
            _ => None,
        })
    }
}

/// How far something is raised above the baseline of what is around it; `None` if the line's edges decide.
fn raised(shaper: &Shaper, style: &Style, around: &Style, strut: Strut) -> Option<f32> {
    let size = around.font_size;
    Some(match style.vertical_align {
        VerticalAlign::Baseline => 0.0,
        VerticalAlign::Super => size / 3.0 + PIXEL,
        VerticalAlign::Sub => -(size / 5.0 + PIXEL),
        VerticalAlign::Raised(points) => points,
        VerticalAlign::Middle => {
            let book = shaper.book();
            let x_height = book.metrics(book.primary(around.stack)).x_height / 1000.0 * size;
            x_height / 2.0 - (strut.above - strut.below) / 2.0
        }
        VerticalAlign::TextTop => vertical(shaper, around.stack, size).0 - strut.above,
        VerticalAlign::TextBottom => strut.below - vertical(shaper, around.stack, size).1,
        VerticalAlign::Top | VerticalAlign::Bottom => return None,
    })
}

/// A line high enough for what stands at its edges, too.
fn grown(line: Strut, waiting: impl Iterator<Item = (VerticalAlign, Strut)>) -> Strut {
    waiting.fold(line, |line, (align, strut)| {
        let more = (strut.height() - line.height()).max(0.0);
        match align {
            VerticalAlign::Bottom => Strut { above: line.above + more, ..line },
            _ => Strut { below: line.below + more, ..line },
        }
    })
}

/// How far something is raised that stands at the top or bottom of the line.
fn at_edge(line: Strut, align: VerticalAlign, strut: Strut) -> f32 {
    match align {
        VerticalAlign::Bottom => strut.below - line.below,
        _ => line.above - strut.above,
    }
}

/// The strut of a face by itself.
fn natural(shaper: &Shaper, font: FontId, size: f32) -> Strut {
    let metrics = shaper.book().metrics(font);
    let rounded = |thousandths: f32| (thousandths / 1000.0 * size / PIXEL).round() * PIXEL;
    let (ascent, descent, gap) = (rounded(metrics.ascent), rounded(metrics.descent), rounded(metrics.line_gap));
    let above = (gap / 2.0 / PIXEL).floor() * PIXEL;
    Strut { above: ascent + above, below: descent + gap - above }
}
