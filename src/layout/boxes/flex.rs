//! Flex containers: boxes in one row, sharing its width, or in a column.

use std::rc::Rc;

use crate::{
    layout::{
        boxes::block::{asked_width, inset, measures},
        boxes::measure::Widths,
        composer::Composer,
        error::LayoutError,
        fill::node::{Kind, Node},
        paged::canvas::{self, Canvas},
        paged::galley::{Galley, Strip},
    },
    template::style::{Align, Display, Extent, FlowDirection, Justify, Style},
};

/// An item with the widths it may have, margins included.
struct Item {
    node: Node,
    widths: Widths,
    width: f32,
}

impl Composer<'_> {
    /// Lays a flex container out.
    pub(crate) fn flex(&mut self, galley: &mut Galley, node: &Node, x: f32, available: f32) -> Result<(), LayoutError> {
        let frame = measures(&node.style, x, available, None);
        let items = items(node);
        self.framed(galley, &node.style, &frame, available, |composer, galley| {
            if matches!(node.style.flex.direction, FlowDirection::Column | FlowDirection::ColumnReverse) {
                composer.flex_column(galley, &node.style, &items, frame.content_x(), frame.content_width())
            } else {
                composer.flex_row(galley, &node.style, items, frame.content_x(), frame.content_width())
            }
        })
    }

    fn flex_column(
        &mut self,
        galley: &mut Galley,
        style: &Style,
        items: &[Node],
        x: f32,
        width: f32,
    ) -> Result<(), LayoutError> {
        for (i, item) in items.iter().enumerate() {
            galley.settle_margin();
            if i > 0 {
                galley.room(style.flex.row_gap.within(width).unwrap_or(0.0), false);
            }
            self.block(galley, item, x, width)?;
        }
        galley.settle_margin();
        Ok(())
    }

    fn flex_row(
        &mut self,
        galley: &mut Galley,
        style: &Style,
        nodes: Vec<Node>,
        x: f32,
        width: f32,
    ) -> Result<(), LayoutError> {
        let mut items: Vec<Item> = nodes.into_iter().map(|node| self.flex_item(node, width)).collect();
        let gap = style.flex.column_gap.within(width).unwrap_or(0.0);
        let gaps = gap * items.len().saturating_sub(1) as f32;
        share(&mut items, width - gaps);
        let free = (width - gaps - items.iter().map(|item| item.width).sum::<f32>()).max(0.0);
        let (mut at, between) = justified(style.flex.justify_content, free, items.len());
        at += x;
        let mut flats = Vec::with_capacity(items.len());
        for item in &items {
            flats.push((at, self.flex_set(item, at, None)?));
            at += item.width + gap + between;
        }
        let height = flats.iter().map(|(_, flat)| flat.y).fold(0.0, f32::max);
        if style.flex.align_items == Align::Stretch {
            for (item, (at, flat)) in items.iter().zip(&mut flats) {
                if flat.y < height && item.node.style.height == Extent::Auto {
                    *flat = self.flex_set(item, *at, Some(height))?;
                }
            }
        }
        galley.settle_margin();
        let first = galley.ink.items.len();
        let mut lines = Vec::new();
        for (_, flat) in &flats {
            let down = match style.flex.align_items {
                Align::Stretch | Align::Start | Align::Baseline => 0.0,
                Align::End => height - flat.y,
                Align::Center => (height - flat.y) / 2.0,
            };
            canvas::copy(&flat.page, 0..flat.page.items.len(), &mut galley.ink, 0.0, down);
            lines.extend(flat.lines.iter().map(|(top, bottom)| (top + down, bottom + down)));
        }
        let items = first..galley.ink.items.len();
        galley.push_strip(Strip { height, items, lines, ..Strip::default() });
        Ok(())
    }

    /// An item with its width before sharing.
    fn flex_item(&mut self, node: Node, available: f32) -> Item {
        let style = &node.style;
        let margins = side_margins(style, available);
        let inset = inset(style, available);
        let around = if style.border_box { 0.0 } else { inset.left + inset.right };
        let widths = self.widths(&node);
        let basis = match style.flex.basis {
            Extent::Auto => asked_width(style, available, inset),
            basis => basis.within(available).map(|basis| (basis + around).max(inset.left + inset.right)),
        };
        let width = basis.map_or(widths.most, |basis| basis + margins);
        Item { node, widths, width }
    }

    /// Sets an item at its final width, and at least as high as `height`.
    fn flex_set(&mut self, item: &Item, x: f32, height: Option<f32>) -> Result<Canvas, LayoutError> {
        let mut style = (*item.node.style).clone();
        let margins = side_margins(&style, item.width);
        style.border_box = true;
        style.width = Extent::Points((item.width - margins).max(0.0));
        (style.min_width, style.max_width) = (Extent::Auto, Extent::Auto);
        if let Some(height) = height {
            let above_and_below = [style.margin.top, style.margin.bottom];
            let margins: f32 = above_and_below.iter().filter_map(|margin| margin.within(item.width)).sum();
            style.min_height = Extent::Points(height - margins);
        }
        let node = Node { style: Rc::new(style), ..item.node.clone() };
        let mut own = Galley::default();
        self.deeper(|composer| composer.block(&mut own, &node, x, item.width))?;
        Ok(Canvas::flat(&mut own))
    }
}

/// The items of a container: its blocks, and what stands between them on lines, each as a box of its own.
fn items(node: &Node) -> Vec<Node> {
    let mut items = Vec::new();
    let mut rest = node.children();
    while let Some(first) = rest.first() {
        // A child of a flex container is a block, whatever it was.
        if !matches!(first.kind, Kind::Text(_) | Kind::LineBreak) {
            items.push(as_block(first.clone()));
            rest = &rest[1..];
            continue;
        }
        let is_line = |node: &Node| matches!(node.kind, Kind::Text(_) | Kind::LineBreak);
        let length = rest.iter().position(|node| !is_line(node)).unwrap_or(rest.len());
        if !rest[..length].iter().all(Node::is_blank) {
            let mut style = node.style.inherited();
            style.display = Display::Block;
            let kind = Kind::Box(rest[..length].to_vec());
            items.push(Node { element: node.element, style: Rc::new(style), kind });
        }
        rest = &rest[length..];
    }
    items
}

fn as_block(mut node: Node) -> Node {
    if node.style.display == Display::Inline {
        let mut style = (*node.style).clone();
        style.display = Display::Block;
        node.style = Rc::new(style);
    }
    node
}

fn side_margins(style: &Style, available: f32) -> f32 {
    style.margin.left.within(available).unwrap_or(0.0) + style.margin.right.within(available).unwrap_or(0.0)
}

/// Shares free or missing width out among the items (CSS Flexbox §9.7, with one round of bounds).
fn share(items: &mut [Item], width: f32) {
    let free = width - items.iter().map(|item| item.width).sum::<f32>();
    if free > 0.0 {
        let grow: f32 = items.iter().map(|item| item.node.style.flex.grow).sum();
        for item in items.iter_mut().filter(|_| grow > 0.0) {
            item.width += free * item.node.style.flex.grow / grow.max(1.0);
        }
        return;
    }
    let mut missing = -free;
    // Each round some items may reach their least width; at most all of them do.
    for _ in 0..items.len() {
        let weight = |item: &Item| {
            if item.width > item.widths.least { item.node.style.flex.shrink * item.width } else { 0.0 }
        };
        let total: f32 = items.iter().map(weight).sum();
        if missing <= 0.01 || total <= 0.0 {
            break;
        }
        let mut left = missing;
        for item in items.iter_mut() {
            let narrower = (missing * weight(item) / total).min((item.width - item.widths.least).max(0.0));
            item.width -= narrower;
            left -= narrower;
        }
        missing = left;
    }
}

/// Where the first item stands, and the extra room between items.
fn justified(justify: Justify, free: f32, count: usize) -> (f32, f32) {
    let count = count as f32;
    match justify {
        Justify::Normal | Justify::Stretch | Justify::Start => (0.0, 0.0),
        Justify::End => (free, 0.0),
        Justify::Center => (free / 2.0, 0.0),
        Justify::Between if count > 1.0 => (0.0, free / (count - 1.0)),
        Justify::Between => (0.0, 0.0),
        Justify::Around => (free / count / 2.0, free / count),
        Justify::Evenly => (free / (count + 1.0), free / (count + 1.0)),
    }
}
