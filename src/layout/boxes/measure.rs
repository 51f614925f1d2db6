//! How wide content would like to be, before it has a place.

use crate::{
    layout::{
        boxes::block::{asked_width, inset, picture_size},
        composer::Composer,
        fill::node::{Kind, Node},
        inline::Inline,
    },
    template::style::{Display, Extent, FlowDirection, Style, WhiteSpace},
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

impl Composer<'_> {
    /// The widths of the children of a box.
    pub(crate) fn content_widths(&mut self, parent: &Node) -> Widths {
        let mut widths = Widths::default();
        let mut rest = parent.children();
        while let Some(first) = rest.first() {
            if first.is_block_level() {
                let child = self.widths(first);
                widths = join(parent, widths, child);
                rest = &rest[1..];
                continue;
            }
            let length = rest.iter().position(Node::is_block_level).unwrap_or(rest.len());
            let (line, after) = rest.split_at(length);
            let line = self.line_widths(&Inline::collect(line.iter()), &parent.style);
            widths = join(parent, widths, line);
            rest = after;
        }
        widths
    }

    /// The widths of a box with its margins.
    pub(crate) fn widths(&mut self, node: &Node) -> Widths {
        let style = &node.style;
        let inset = inset(style, 0.0);
        let margins = style.margin.left.within(0.0).unwrap_or(0.0) + style.margin.right.within(0.0).unwrap_or(0.0);
        if let Kind::Picture { image, width, height } = &node.kind {
            let (width, _) = picture_size(style, image, (*width, *height), ENDLESS);
            return Widths { least: width, most: width }.plus(margins);
        }
        if let Extent::Points(_) = style.width
            && let Some(width) = asked_width(style, 0.0, inset)
        {
            return Widths { least: width, most: width }.plus(margins);
        }
        self.content_widths(node).plus(inset.left + inset.right + margins)
    }

    /// The widths of a paragraph.
    pub(crate) fn line_widths(&mut self, inline: &Inline, block: &Style) -> Widths {
        if inline.is_empty() {
            return Widths::default();
        }
        let mut widest = |width: f32| {
            let set = inline.set(self.shaper, block, width);
            set.lines.iter().map(|(line, _)| line.shaped.width).fold(0.0, f32::max)
        };
        let most = widest(ENDLESS);
        let wraps = !matches!(block.white_space, WhiteSpace::Nowrap | WhiteSpace::Pre);
        let least = if wraps { widest(0.0) } else { most };
        let spacing = inline.extra_width();
        Widths { least: least + spacing.min(least), most: most + spacing }
    }
}

/// The widths of a box's content so far, with one child more.
fn join(parent: &Node, so_far: Widths, child: Widths) -> Widths {
    match parent.style.display {
        Display::Flex if parent.style.flex.direction == FlowDirection::Row => {
            so_far.beside(child).plus(parent.style.flex.column_gap.within(0.0).unwrap_or(0.0))
        }
        Display::TableRow => so_far.beside(child),
        _ => so_far.stacked(child),
    }
}
