//! How wide content would like to be, before it has a place.

use std::collections::HashMap;

use crate::{
    layout::{
        boxes::picture::picture_size,
        boxes::position::is_absolute,
        boxes::sizing::{Heights, Measures, asked_width, bounded_width, inset, side_margins},
        composer::Composer,
        error::LayoutError,
        fill::node::{Kind, Node, NodeId},
    },
    template::style::{Display, Extent, Style},
};

/// The narrowest and the natural width of something.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Widths {
    /// Narrower, and something sticks out: the longest word.
    pub(crate) least: f32,
    /// Without a single line broken.
    pub(crate) most: f32,
}

impl Widths {
    /// The wider of both, one below the other.
    pub(crate) fn stacked(self, other: Self) -> Self {
        Self { least: self.least.max(other.least), most: self.most.max(other.most) }
    }

    /// Both beside each other.
    pub(crate) fn beside(self, other: Self) -> Self {
        Self { least: self.least + other.least, most: self.most + other.most }
    }

    /// With room around.
    pub(crate) fn plus(self, around: f32) -> Self {
        Self { least: self.least + around, most: self.most + around }
    }
}

/// Wider than any page, and still exact in points.
const ENDLESS: f32 = 100_000.0;

/// Sizes of boxes in flex and grid containers, which ask for them again and again: without a memory, time would grow
/// with a power of how deep containers stand in each other.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) widths: HashMap<NodeId, Widths>,
    /// Height and first baseline at a width of the content, given its bits, and a height of the border box.
    pub(crate) heights: HashMap<HeightQuestion, Height>,
    /// How many containers are being laid out.
    pub(crate) containers: usize,
}

/// Which height is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct HeightQuestion {
    pub(crate) node: NodeId,
    /// The bits of the border box's width.
    pub(crate) width: u32,
    /// The bits of its height, where that is given and only its baseline is asked for.
    pub(crate) height: Option<u32>,
    /// The bits of the height that percentages refer to.
    pub(crate) containing: Option<u32>,
}

/// How high a box becomes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Height {
    pub(crate) points: f32,
    /// Its first baseline, from its top.
    pub(crate) baseline: Option<f32>,
}

impl Composer<'_> {
    /// The widths of the content of a box.
    pub(crate) fn content_widths(&mut self, parent: &Node) -> Widths {
        if self.shaper.is_stopped() {
            return Widths::default();
        }
        match parent.style.display {
            Display::Flex | Display::InlineFlex | Display::Grid | Display::InlineGrid => {
                return self.container_widths(parent);
            }
            _ => {}
        }
        let mut widths = Widths::default();
        let mut rest = parent.children();
        while let Some(first) = rest.first() {
            if is_absolute(first) {
                rest = &rest[1..];
                continue;
            }
            if first.is_block_level() {
                let child = self.widths(first);
                widths = join(parent, widths, child);
                rest = &rest[1..];
                continue;
            }
            let length = rest.iter().position(Node::is_block_level).unwrap_or(rest.len());
            let (line, after) = rest.split_at(length);
            let line = self.line_widths(line.iter(), &parent.style);
            widths = join(parent, widths, line);
            rest = after;
        }
        widths
    }

    /// The widths of a box with its margins.
    pub(crate) fn widths(&mut self, node: &Node) -> Widths {
        let style = &node.style;
        let margins = side_margins(style, 0.0);
        if style.display == Display::Table {
            return self.table_widths(node).plus(margins);
        }
        let inset = inset(style, 0.0);
        let asked = match style.width {
            Extent::Points(_) => asked_width(style, 0.0, inset),
            _ => None,
        };
        if let Some(width) = asked.filter(|_| !matches!(node.kind, Kind::Picture { .. })) {
            return Widths { least: width, most: width }.plus(margins);
        }
        let border = self.border_widths(node, 0.0);
        // Percentages refer to what isn't known yet: they bound nothing.
        let points = |extent| if let Extent::Points(_) = extent { extent } else { Extent::Auto };
        let (min_width, max_width) = (points(style.min_width), points(style.max_width));
        let bounds = Style { border_box: style.border_box, min_width, max_width, ..Style::default() };
        let bounded = |width| bounded_width(&bounds, 0.0, inset, width);
        Widths { least: bounded(border.least), most: bounded(border.most) }.plus(margins)
    }

    /// The widths of a border box as its content wants it, whatever its style asks for.
    pub(crate) fn border_widths(&mut self, node: &Node, available: f32) -> Widths {
        let inset = inset(&node.style, available);
        let around = inset.left + inset.right;
        if let Kind::Picture { image, width, height, .. } = &node.kind {
            let (width, _) = picture_size(&node.style, image, (*width, *height), ENDLESS, None);
            return Widths { least: width, most: width }.plus(around);
        }
        let known = self.measured.widths.get(&node.id).copied();
        let content = known.unwrap_or_else(|| self.content_widths(node));
        if self.measured.containers > 0 {
            self.measured.widths.insert(node.id, content);
        }
        content.plus(around)
    }

    /// How high a box becomes at a width of its border box, and where its first baseline is.
    pub(crate) fn height_at(
        &mut self,
        node: &Node,
        width: f32,
        height: Option<f32>,
        available: f32,
    ) -> Result<Height, LayoutError> {
        let question = HeightQuestion {
            node: node.id,
            width: width.to_bits(),
            height: height.map(f32::to_bits),
            containing: self.containing_height.map(f32::to_bits),
        };
        if let Some(known) = self.measured.heights.get(&question) {
            return Ok(*known);
        }
        self.look_up()?;
        let inset = inset(&node.style, available);
        let heights = height.map_or(Heights::AUTO, |height| Heights::fixed(height - inset.top - inset.bottom));
        let measures = Measures { x: 0.0, width, inset };
        let canvas = self.measuring(|composer| composer.placed(node, &measures, heights, available))?;
        let answer = Height { points: canvas.y, baseline: canvas.first_baseline() };
        if self.measured.containers > 0 {
            self.measured.heights.insert(question, answer);
        }
        Ok(answer)
    }
}

/// The widths of a box's content so far, with one child more.
fn join(parent: &Node, so_far: Widths, child: Widths) -> Widths {
    match parent.style.display {
        Display::TableRow => so_far.beside(child),
        _ => so_far.stacked(child),
    }
}
