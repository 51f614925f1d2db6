//! Boxes and pictures that stand on a line as a letter does: laid out by themselves, as wide as they need.

use crate::{
    layout::{
        boxes::sizing::{Heights, Measures, asked_width, bounded_width, inset, side_margins, vertical_margins},
        composer::{Composer, Strut},
        error::LayoutError,
        fill::node::Node,
        inline::{Inline, Thing},
        paged::canvas::Canvas,
    },
    template::style::{Display, Extent},
};

/// An atom's size, with what it draws.
#[derive(Debug, Default)]
pub(super) struct AtomBox {
    pub(super) canvas: Canvas,
    /// With its margins.
    pub(super) width: f32,
    /// With its margins.
    height: f32,
    /// From the top margin edge; `None` is the bottom margin edge.
    baseline: Option<f32>,
    /// The left margin.
    pub(super) left: f32,
    /// The top margin.
    pub(super) top: f32,
}

impl AtomBox {
    /// How far it reaches above and below its baseline.
    pub(super) fn strut(&self) -> Strut {
        let above = self.baseline.unwrap_or(self.height);
        Strut { above, below: self.height - above }
    }
}

impl Composer<'_> {
    /// Finds the sizes of all atoms in a paragraph of some width. Nothing is tagged.
    pub(super) fn measure_atoms(&mut self, inline: &mut Inline<'_>, width: f32) -> Result<(), LayoutError> {
        for at in 0..inline.things.len() {
            if let Thing::Atom(atom) = inline.things[at] {
                let node = inline.atoms[atom].node;
                let set = self.measuring(|composer| composer.atom(node, width))?;
                inline.objects[at].width = set.width;
                inline.atoms[atom].set = set;
            }
        }
        Ok(())
    }

    /// Lays an atom out on a line of some width.
    pub(super) fn atom(&mut self, node: &Node, available: f32) -> Result<AtomBox, LayoutError> {
        let style = &node.style;
        let margin = |margin: Extent| margin.within(available).unwrap_or(0.0);
        let [left, right] = [style.margin.left, style.margin.right].map(margin);
        let (top, bottom) = vertical_margins(style, available);
        let inset = inset(style, available);
        let picture = self.picture_box(node, available, self.containing_height);
        let (width, heights) = match picture {
            Some((width, height)) => (width, Heights::fixed(height - inset.top - inset.bottom)),
            None => (self.atom_width(node, available), Heights::of(style, inset, self.containing_height)),
        };
        let canvas = self.placed(node, &Measures { x: 0.0, width, inset }, heights, available)?;
        let height = top + canvas.y + bottom;
        let baseline = match style.display {
            _ if picture.is_some() || style.clips => None,
            Display::InlineFlex | Display::InlineGrid => canvas.first_baseline(),
            _ => canvas.last_baseline,
        };
        let baseline = baseline.map(|baseline| top + baseline);
        Ok(AtomBox { canvas, width: left + width + right, height, baseline, left, top })
    }

    /// The width of an atom's border box: what it asks for, else as much of the line as its content needs.
    fn atom_width(&mut self, node: &Node, available: f32) -> f32 {
        let style = &node.style;
        let inset = inset(style, available);
        if let Some(asked) = asked_width(style, available, inset) {
            return asked;
        }
        let widths = self.border_widths(node, available);
        let room = available - side_margins(style, available);
        bounded_width(style, available, inset, room.max(widths.least).min(widths.most))
    }
}
