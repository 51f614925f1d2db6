//! What a flex or grid container has arranged, put into the galley: bands one below the other.
//!
//! Boxes beside each other are one band, which is one strip. Pages may end between bands, within a band that is a
//! single box as within any block, and within others between their lines.

use crate::{
    layout::{
        boxes::block::is_forced,
        boxes::container::Placed,
        boxes::position::is_absolute,
        boxes::sizing::Heights,
        composer::Composer,
        error::LayoutError,
        fill::node::Node,
        paged::canvas,
        paged::galley::{Event, Galley, Strip},
    },
    template::style::Break,
};

/// Rounding must not make one band of boxes that only touch.
const TOUCHING: f32 = 0.01;

/// Boxes beside each other.
struct Band {
    /// Their places among all of the container's.
    items: Vec<usize>,
    top: f32,
    bottom: f32,
}

impl Composer<'_> {
    /// Lays the content of a flex or grid container out.
    pub(crate) fn container(
        &mut self,
        galley: &mut Galley,
        node: &Node,
        x: f32,
        width: f32,
        heights: &Heights,
    ) -> Result<(), LayoutError> {
        galley.settle_margin();
        for child in node.children() {
            if is_absolute(child) {
                self.absolute_here(galley, child, x)?;
            } else if let Some(name) = child.running() {
                self.run(galley, name, child);
            }
        }
        let arranged = self.arrange(node, width, heights)?;
        let items = &arranged.items;
        let mut at = 0.0;
        for band in bands(items) {
            galley.space(band.top - at);
            at = band.bottom;
            let breaks = |wanted: fn(&Placed<'_>) -> bool| band.items.iter().any(|&item| wanted(&items[item]));
            if breaks(|item| is_forced(item.node.style.break_before)) {
                galley.page_break();
            }
            if breaks(|item| item.node.style.break_before == Break::Avoid) {
                galley.keep_with_next();
            }
            let keeps = breaks(|item| item.node.style.keep_together);
            if keeps {
                galley.begin(Event::KeepStart);
            }
            match band.items.as_slice() {
                [single] => self.single(galley, &items[*single], x, width)?,
                several => {
                    let strip = Strip { height: band.bottom - band.top, splits: !keeps, ..Strip::default() };
                    self.beside(galley, several.iter().map(|&item| &items[item]), band.top, strip, (x, width))?;
                }
            }
            if keeps {
                galley.end(Event::KeepEnd);
            }
            if breaks(|item| is_forced(item.node.style.break_after)) {
                galley.page_break();
            }
            if breaks(|item| item.node.style.break_after == Break::Avoid) {
                galley.keep_with_next();
            }
        }
        galley.filler(arranged.height - at);
        if at > arranged.height {
            galley.back(at - arranged.height);
        }
        Ok(())
    }

    /// A box with nothing beside it goes down the page like any block.
    fn single(&mut self, galley: &mut Galley, item: &Placed<'_>, x: f32, width: f32) -> Result<(), LayoutError> {
        let (measures, heights) = item.decided(x);
        let start = galley.height;
        self.deeper(|composer| composer.place_into(galley, &item.node, &measures, heights, width))?;
        galley.settle_margin();
        let missing = item.height - (galley.height - start);
        if missing < 0.0 {
            galley.back(-missing);
        }
        galley.filler(missing);
        Ok(())
    }

    /// Boxes beside each other are copied into one strip.
    fn beside<'p>(
        &mut self,
        galley: &mut Galley,
        items: impl Iterator<Item = &'p Placed<'p>>,
        top: f32,
        mut strip: Strip,
        (x, width): (f32, f32),
    ) -> Result<(), LayoutError> {
        galley.settle_margin();
        let first = galley.ink.items.len();
        for item in items {
            let (measures, heights) = item.decided(x);
            let canvas = self.placed(&item.node, &measures, heights, width)?;
            let down = item.y - top;
            canvas::copy(&canvas.page, 0..canvas.page.items.len(), &mut galley.ink, 0.0, down);
            strip.lines.extend(canvas.lines.iter().map(|(top, bottom)| (top + down, bottom + down)));
        }
        strip.items = first..galley.ink.items.len();
        galley.push_strip(strip);
        Ok(())
    }
}

/// Boxes by how far down they are; those that overlap are one band.
fn bands(items: &[Placed<'_>]) -> Vec<Band> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|&a, &b| items[a].y.total_cmp(&items[b].y));
    let mut bands: Vec<Band> = Vec::new();
    for item in order {
        let (top, bottom) = (items[item].y, items[item].y + items[item].height);
        match bands.last_mut() {
            // A box of no height begins no band of its own where one ends.
            Some(band) if top < band.bottom - TOUCHING => {
                band.items.push(item);
                band.bottom = band.bottom.max(bottom);
            }
            Some(band) if top <= band.top + TOUCHING && band.bottom <= top + TOUCHING => {
                band.items.push(item);
                band.bottom = band.bottom.max(bottom);
            }
            _ => bands.push(Band { items: vec![item], top, bottom }),
        }
    }
    // What is drawn later covers what was drawn before.
    bands.iter_mut().for_each(|band| band.items.sort_unstable());
    bands
}
