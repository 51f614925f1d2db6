//! How wide a paragraph would like to be.

use crate::{
    layout::{
        boxes::measure::Widths,
        composer::Composer,
        fill::node::Node,
        inline::{Inline, Thing},
    },
    template::style::{OverflowWrap, Style},
};

/// Wider than any page, and still exact in points.
const ENDLESS: f32 = 100_000.0;

impl Composer<'_> {
    /// The widths of what stands on the lines of a block.
    pub(crate) fn line_widths<'n>(&mut self, nodes: impl Iterator<Item = &'n Node>, block: &Style) -> Widths {
        let mut inline = Inline::collect(nodes, block, 0.0);
        if inline.is_empty() {
            return Widths::default();
        }
        let atoms: Vec<(usize, Widths)> = (0..inline.things.len())
            .filter_map(|at| match inline.things[at] {
                Thing::Atom(atom) => Some((at, inline.atoms[atom].node)),
                _ => None,
            })
            .map(|(at, node)| (at, self.widths(node)))
            .collect();
        let indent = block.text_indent.within(0.0).unwrap_or(0.0);
        let mut widest = |width: f32, of_atom: fn(&Widths) -> f32| {
            for (at, widths) in &atoms {
                inline.objects[*at].width = of_atom(widths);
            }
            if width == 0.0 {
                // Only `anywhere` lets a box shrink to single letters.
                for span in &mut inline.spans {
                    let style = &inline.stretches[span.tag as usize].style;
                    span.break_words = style.overflow_wrap == OverflowWrap::Anywhere;
                }
            }
            let set = inline.set_indented(self.shaper, block, width, 0.0);
            let first = set.lines.first().map_or(0.0, |(line, _)| line.shaped.width + indent);
            set.lines.iter().map(|(line, _)| line.shaped.width).fold(first, f32::max)
        };
        let most = widest(ENDLESS, |widths| widths.most);
        let least = widest(0.0, |widths| widths.least);
        Widths { least: least.min(most), most }
    }
}
