//! The document filled with data: boxes with computed styles, before they have a place.

use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    layout::{fill::counters::Counters, page::Image},
    template::{
        ancestry::Ancestry,
        document::ElementId,
        scope::Scope,
        style::{CounterStyle, Display, Position, Style},
    },
};

/// One box, or one stretch of text.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Tells it from all others, except from copies of it.
    pub(crate) id: NodeId,
    pub(crate) element: ElementId,
    pub(crate) style: Arc<Style>,
    pub(crate) kind: Kind,
}

/// Tells nodes apart: what is learned of one while it is measured is known of its copies too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct NodeId(u64);

/// The number of the next node; nothing but telling nodes apart depends on it.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// What a node is.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// A box with children.
    Box(Vec<Node>),
    /// So many columns of a table, with a look of their own.
    Columns { count: usize, children: Vec<Node> },
    /// A list item with the text of its marker.
    Item { marker: String, children: Vec<Node> },
    /// A box whose text leads somewhere.
    Link { target: Arc<str>, children: Vec<Node> },
    /// A cell over this many columns and rows; 0 is all rows that follow.
    Cell { span: usize, rows: usize, children: Vec<Node> },
    /// Text, as filled.
    Text(String),
    /// A picture with the size that its attributes give, in points, and what it shows; nothing for decoration.
    Picture { image: Arc<Image>, width: Option<f32>, height: Option<f32>, alternative: Option<Arc<str>> },
    /// The number of the page, in a running element.
    PageNumber(CounterStyle),
    /// The number of pages, likewise; `digits` of room where it isn't known when the page is set.
    PageTotal { style: CounterStyle, digits: usize },
    /// The end of a line.
    LineBreak,
    /// A table whose rows are yet to come, with the names known there and the box it stands in.
    Stream(Box<Streamed>),
    /// A box that names how many rows there were: it is filled when layout reaches it.
    Later(Box<Later>),
}

/// What a box needs to be filled later.
#[derive(Debug, Clone)]
pub(crate) struct Later {
    pub(crate) scope: Scope,
    pub(crate) ancestry: Rc<Ancestry>,
    /// The counters as they are there.
    pub(crate) counters: Counters,
}

/// What a streamed table needs to be filled later.
#[derive(Debug, Clone)]
pub(crate) struct Streamed {
    pub(crate) scope: Scope,
    pub(crate) ancestry: Rc<Ancestry>,
    /// The counters as they are there.
    pub(crate) counters: Counters,
}

impl Node {
    /// A node that there has not been before.
    pub(crate) fn new(element: ElementId, style: Arc<Style>, kind: Kind) -> Self {
        Self { id: NodeId(NEXT.fetch_add(1, Ordering::Relaxed)), element, style, kind }
    }

    /// The children; none for text and pictures.
    pub(crate) fn children(&self) -> &[Self] {
        match &self.kind {
            Kind::Box(children)
            | Kind::Columns { children, .. }
            | Kind::Item { children, .. }
            | Kind::Link { children, .. }
            | Kind::Cell { children, .. } => children,
            Kind::Text(_)
            | Kind::Picture { .. }
            | Kind::PageNumber(_)
            | Kind::PageTotal { .. }
            | Kind::LineBreak
            | Kind::Stream(_)
            | Kind::Later(_) => &[],
        }
    }

    /// The children, to be changed.
    pub(crate) fn children_mut(&mut self) -> &mut [Self] {
        match &mut self.kind {
            Kind::Box(children)
            | Kind::Columns { children, .. }
            | Kind::Item { children, .. }
            | Kind::Link { children, .. }
            | Kind::Cell { children, .. } => children,
            Kind::Text(_)
            | Kind::Picture { .. }
            | Kind::PageNumber(_)
            | Kind::PageTotal { .. }
            | Kind::LineBreak
            | Kind::Stream(_)
            | Kind::Later(_) => &mut [],
        }
    }

    /// Whether it stands below its siblings rather than beside them on a line.
    pub(crate) fn is_block_level(&self) -> bool {
        match self.kind {
            Kind::Text(_) | Kind::PageNumber(_) | Kind::PageTotal { .. } | Kind::LineBreak => false,
            Kind::Stream(_) | Kind::Later(_) => true,
            _ => self.style.is_block_level(),
        }
    }

    /// Whether it stands on a line as a letter does.
    pub(crate) fn is_atom(&self) -> bool {
        match self.style.display {
            Display::InlineBlock | Display::InlineFlex | Display::InlineGrid => true,
            Display::Inline => matches!(self.kind, Kind::Picture { .. }),
            _ => false,
        }
    }

    /// The name of a running element.
    pub(crate) fn running(&self) -> Option<&Arc<str>> {
        match &self.style.position {
            Position::Running(name) if !matches!(self.kind, Kind::Text(_)) => Some(name),
            _ => None,
        }
    }

    /// Whether it takes part in the flow around it.
    pub(crate) fn is_in_flow(&self) -> bool {
        matches!(self.kind, Kind::Text(_)) || matches!(self.style.position, Position::Static | Position::Relative)
    }

    /// Its text on one line.
    pub(crate) fn plain_text(&self) -> String {
        let mut text = String::new();
        self.add_text(&mut text);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn add_text(&self, text: &mut String) {
        match &self.kind {
            Kind::Text(own) => text.push_str(own),
            Kind::LineBreak => text.push(' '),
            _ => self.children().iter().for_each(|child| child.add_text(text)),
        }
    }

    /// Whether it is text that shows nothing.
    pub(crate) fn is_blank(&self) -> bool {
        matches!(&self.kind, Kind::Text(text) if text.bytes().all(|b| b.is_ascii_whitespace()))
    }

    /// How many columns of a table `col` or `colgroup` stands for.
    pub(crate) fn column_span(&self) -> usize {
        if let Kind::Columns { count, .. } = &self.kind { *count } else { 1 }
    }

    /// Children that show a display of this kind.
    pub(crate) fn children_shown_as(&self, display: Display) -> impl Iterator<Item = &Self> {
        self.children().iter().filter(move |child| child.style.display == display)
    }
}
