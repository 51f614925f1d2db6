//! Puts a line on paper: backgrounds, lines under the text, the text, lines through it.

use crate::{
    layout::{
        inline::{Inline, Thing, decoration::Along, rise::Rise},
        page::{Anchor, Color, Item, Page, Rect, TagId},
        paged::canvas,
        text::{Line, Shaper},
    },
    template::{
        Template,
        style::{Decorations, Style},
    },
};

/// What a line stands in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting<'a> {
    pub(super) template: &'a Template,
    /// How high the things on it stand.
    pub(super) rise: &'a Rise,
    /// The style of the block.
    pub(super) block: &'a Style,
    /// The width of its content.
    pub(super) width: f32,
}

impl Inline<'_> {
    /// Draws one line, its left edge at `x` and its baseline at `y`.
    pub(crate) fn draw(&self, shaper: &Shaper, line: &Line, ink: &mut Page, x: f32, y: f32) {
        self.draw_text(shaper, line, (&Rise::default(), None), ink, (x + line.x, y));
    }

    /// The same for a line with boxes and atoms in it, as [`Inline::rise`] found them to stand in a block.
    pub(super) fn draw_rich(
        &self,
        shaper: &Shaper,
        line: &Line,
        setting: Setting<'_>,
        ink: &mut Page,
        (x, y): (f32, f32),
    ) {
        let Setting { rise, block, .. } = setting;
        let left = x + line.x;
        self.draw_boxes(shaper, line, setting, ink, (left, y));
        if let Some(target) = &self.link {
            let area = Rect { x: left, y: y - rise.strut.above, width: line.shaped.width, height: rise.strut.height() };
            ink.items.push(Item::Link { area, target: target.clone(), owner: self.owner });
        }
        self.draw_text(shaper, line, (rise, Some(block)), ink, (left, y));
        for (object, at) in &line.objects {
            if let Thing::Atom(atom) = self.things[*object as usize] {
                let set = &self.atoms[atom].set;
                let top = y - rise.of_atom(atom) - set.strut().above;
                let items = 0..set.canvas.page.items.len();
                let (dx, dy) = self.moved(self.atoms[atom].within);
                canvas::copy(&set.canvas.page, items, ink, left + at + set.left + dx, top + set.top + dy);
            }
        }
    }

    fn draw_text(
        &self,
        shaper: &Shaper,
        line: &Line,
        (rise, block): (&Rise, Option<&Style>),
        ink: &mut Page,
        (x, y): (f32, f32),
    ) {
        let decorated = self.stretches.iter().any(|stretch| stretch.style.decorations != Decorations::default());
        let decorate = |along: Along, ink: &mut Page| {
            let runs = line.shaped.runs.iter().filter(|_| decorated);
            for run in runs.filter(|run| !self.stretches[run.tag as usize].style.hidden) {
                self.decorate(shaper, along, run, (rise, block), ink, (x + run.x, y));
            }
        };
        decorate(Along::Under, ink);
        decorate(Along::Over, ink);
        self.place(line, rise, ink, (x, y));
        decorate(Along::Through, ink);
    }

    /// Puts the runs of a line on paper, each as high and in the colour that its stretch has.
    fn place(&self, line: &Line, rise: &Rise, ink: &mut Page, (x, y): (f32, f32)) {
        let first = ink.items.len();
        line.shaped.place(&self.text, ink, x, y, |run| self.stretches[run.tag as usize].style.color);
        let mut drawn = first;
        for run in &line.shaped.runs {
            let stretch = &self.stretches[run.tag as usize];
            if stretch.style.hidden {
                ink.items.remove(drawn);
                continue;
            }
            if let Some(Item::Text(placed)) = ink.items.get_mut(drawn) {
                let (dx, dy) = self.moved(stretch.within);
                placed.x += dx;
                placed.y += dy - rise.of_box(stretch.within);
                placed.owner = self.owner_of(stretch.within);
            }
            if stretch.total {
                total(&mut ink.items[drawn], stretch.style.color);
            }
            drawn += 1;
        }
    }

    fn owner_of(&self, within: Option<usize>) -> TagId {
        if self.boxes.is_empty() { self.owner } else { self.owner_within(within) }
    }
}

/// Puts the number of pages, once it is known, in place of a run of digits.
fn total(item: &mut Item, color: Color) {
    if let Item::Text(run) = item {
        let (x, y, font, size) = (run.x, run.y, run.font, run.size);
        *item = Item::PageTotal { x, y, align: Anchor::Start, font, size, color };
    }
}
