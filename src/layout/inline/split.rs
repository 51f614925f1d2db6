//! Blocks within inline boxes: the box ends before such a block and goes on after it (CSS 2.1 §9.2.1.1).

use std::sync::Arc;

use crate::{
    layout::fill::node::{Kind, Node},
    template::style::{Border, Display, Extent, Style},
};

/// Takes inline boxes that contain blocks apart, so that blocks stand among blocks. All else stays as it is.
pub(crate) fn split(nodes: Vec<Node>) -> Vec<Node> {
    if !nodes.iter().any(contains_block) {
        return nodes;
    }
    nodes.into_iter().flat_map(|node| if contains_block(&node) { parts(node) } else { vec![node] }).collect()
}

/// Whether an inline box has blocks in it. Its children have been split already, so that one level tells.
fn contains_block(node: &Node) -> bool {
    !node.is_block_level() && !node.is_atom() && node.children().iter().any(Node::is_block_level)
}

/// The parts of an inline box between the blocks in it, and those.
fn parts(node: Node) -> Vec<Node> {
    let Node { element, style, kind, .. } = node;
    let (target, children) = match kind {
        Kind::Link { target, children } => (Some(target), children),
        Kind::Box(children) => (None, children),
        other => return vec![Node::new(element, style, other)],
    };
    let again = |style: Arc<Style>, children: Vec<Node>| {
        let kind = match &target {
            Some(target) => Kind::Link { target: target.clone(), children },
            None => Kind::Box(children),
        };
        Node::new(element, style, kind)
    };
    let count = children.iter().filter(|child| child.is_block_level()).count();
    let (mut parts, mut line, mut blocks) = (Vec::new(), Vec::new(), 0);
    for child in children {
        if !child.is_block_level() {
            line.push(child);
            continue;
        }
        parts.push(again(side(&style, blocks == 0, false), std::mem::take(&mut line)));
        blocks += 1;
        parts.push(match &target {
            // What a link leads to stays with the blocks in it.
            Some(_) => again(anonymous(&style), vec![child]),
            None => child,
        });
    }
    parts.push(again(side(&style, false, blocks == count), line));
    parts
}

/// The style of a part of a box that has lost its left or right side.
fn side(style: &Arc<Style>, first: bool, last: bool) -> Arc<Style> {
    const NONE: Extent = Extent::Points(0.0);
    let mut style = (**style).clone();
    if !first {
        (style.margin.left, style.padding.left, style.border.left) = (NONE, NONE, Border::default());
    }
    if !last {
        (style.margin.right, style.padding.right, style.border.right) = (NONE, NONE, Border::default());
    }
    Arc::new(style)
}

fn anonymous(style: &Style) -> Arc<Style> {
    Arc::new(Style { display: Display::Block, ..style.inherited() })
}
