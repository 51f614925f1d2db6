//! Where pages have to end, and what is laid out anew for another kind of page (CSS Fragmentation 3, Paged Media 3).
//!
//! Breaks are asked for between siblings. What a first child asks for above it, and a last child below, its parent
//! asks for as well: so a break stands outside of all boxes that begin or end there.

use std::sync::Arc;

use crate::{
    layout::{
        boxes::sizing::{Around, Measures, measures},
        composer::Composer,
        error::LayoutError,
        fill::node::{Kind, Node},
        page::Item,
        paged::galley::{Event, Galley, Note, Turn},
        paged::numbering::PAGE,
        paged::running::Running,
    },
    template::{
        document::ElementId,
        page::PageSide,
        style::{Break, CounterChange, Direction, Display, Position, Style},
    },
};

/// A block whose content flows over pages.
#[derive(Debug)]
pub(crate) struct Container {
    style: Style,
    pub(crate) measures: Measures,
    /// The direction of the block around it.
    direction: Direction,
}

impl Container {
    pub(crate) fn new(style: &Style, measures: Measures, direction: Direction) -> Self {
        Self { style: style.clone(), measures, direction }
    }

    /// The box that all of a page's content stands in.
    pub(crate) fn of_page(width: f32) -> Self {
        let style = Style { display: Display::Block, ..Style::default() };
        let direction = Direction::default();
        Self { measures: measures(&style, Around { x: 0.0, width, direction }, None), style, direction }
    }

    /// Whether its content can go on in another width. Columns of a table and flex items can't.
    fn is_flexible(&self) -> bool {
        matches!(self.style.display, Display::Block | Display::ListItem)
    }
}

impl Composer<'_> {
    /// Ends the page if something asks for it between two siblings, `above` being `None` at the beginning of their
    /// parent, where a break is the parent's own.
    pub(crate) fn between(
        &mut self,
        galley: &mut Galley,
        parent: &Node,
        above: Option<&Node>,
        below: &Node,
    ) -> Result<(), LayoutError> {
        let Some(above) = above else { return Ok(()) };
        let forced = strongest(forced(below, Edge::Above), forced(above, Edge::Below));
        if self.depth > 0 {
            return match forced {
                Some(_) => {
                    let (place, what) = self.template.locate(below.element);
                    Err(LayoutError::BreakWithin { place, what })
                }
                None => Ok(()),
            };
        }
        let name = if below.is_block_level() { first_page(below) } else { &parent.style.page };
        let renamed = *name != self.pager.next_name();
        if forced.is_none() && !renamed {
            return Ok(());
        }
        let turn = Turn { side: forced.flatten(), name: renamed.then(|| name.clone()), fitted: true };
        galley.turn(turn);
        self.settle(galley, false)?;
        self.refit(galley, below)
    }

    /// Fits the blocks that are open to the page that what follows begins on.
    fn refit(&mut self, galley: &mut Galley, below: &Node) -> Result<(), LayoutError> {
        let width = self.pager.next_width();
        if (width - self.width).abs() < 0.001 {
            return Ok(());
        }
        if !self.containers.iter().all(Container::is_flexible) {
            let (place, what) = self.template.locate(below.element);
            return Err(LayoutError::WidthWithin { place, what, before: self.width, after: width });
        }
        self.width = width;
        let (mut x, mut available) = (0.0, width);
        for container in &mut self.containers {
            let around = Around { x, width: available, direction: container.direction };
            container.measures = measures(&container.style, around, None);
            (x, available) = (container.measures.content_x(), container.measures.content_width());
        }
        let fits = self.containers.iter().map(|container| (container.measures.x, container.measures.width));
        let waiting = self.pager.fit(fits);
        galley.waiting_boxes().zip(waiting).for_each(|(decoration, fit)| decoration.fit(fit));
        Ok(())
    }

    /// Where the content of the block around begins and how wide it is, which may have changed with the page.
    pub(crate) fn column(&self, x: f32, width: f32) -> (f32, f32) {
        match self.containers.last() {
            Some(container) if self.depth == 0 => (container.measures.content_x(), container.measures.content_width()),
            _ => (x, width),
        }
    }

    /// Takes a running element out of the flow.
    pub(crate) fn run(&mut self, galley: &mut Galley, name: &Arc<str>, node: &Node) {
        let mut style = (*node.style).clone();
        style.position = Position::Static;
        if !style.is_block_level() {
            style.display = Display::Block;
        }
        let node = Node { style: style.into(), ..node.clone() };
        let note = Note::Running(Running { name: name.clone(), node: node.into() });
        self.note(galley, note);
    }

    /// Notes what an element means for the page it begins on.
    pub(crate) fn note_element(&mut self, galley: &mut Galley, node: &Node) {
        // What CSS adds to an element is noted with the element.
        if node.style.content.is_some() {
            return;
        }
        for change in node.style.counters.iter() {
            if let CounterChange::Reset(name, number) | CounterChange::Set(name, number) = change
                && &**name == PAGE
            {
                self.note(galley, Note::Number(*number));
            }
        }
        if let Some(destination) = self.destination(node.element) {
            galley.note(Note::Item(destination));
        }
        let tag = self.template.document().get(node.element).tag;
        let level = node.style.bookmark_level.unwrap_or_else(|| heading_level(tag));
        if level > 0 {
            let title = node.plain_text();
            if !title.is_empty() {
                galley.note(Note::Item(Item::Bookmark { y: 0.0, level, title: Arc::from(title) }));
            }
        }
    }

    /// The place that links to an element lead to, if there may be any.
    pub(crate) fn destination(&self, element: ElementId) -> Option<Item> {
        let id = self.template.document().get(element).id.as_ref()?;
        self.template.is_target(id).then(|| Item::Destination { y: 0.0, name: id.clone() })
    }

    /// Puts running elements from within cells and flex items before what was laid out since event `begins`.
    pub(crate) fn place_stray(&mut self, galley: &mut Galley, begins: usize) {
        if self.depth > 0 || self.stray.is_empty() {
            return;
        }
        // What came before may have been placed meanwhile.
        let at = begins.min(galley.events.len());
        galley.events.splice(at..at, self.stray.drain(..).map(Event::Note));
    }

    /// Notes something for the page. Where no page ends, it waits for the strip that this becomes a part of.
    fn note(&mut self, galley: &mut Galley, note: Note) {
        match self.depth {
            0 => galley.note(note),
            _ => self.stray.push(note),
        }
    }
}

/// The outline's level of a heading; 0 for all else.
fn heading_level(tag: &str) -> u8 {
    match tag.as_bytes() {
        [b'h', level @ b'1'..=b'6'] => level - b'0',
        _ => 0,
    }
}

/// The upper or lower edge of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Above,
    Below,
}

/// The break that a box, or what stands at its edge, forces there: the side that it asks for, if it does.
fn forced(node: &Node, edge: Edge) -> Option<Option<PageSide>> {
    let inner = outermost(node, edge).and_then(|child| forced(child, edge));
    let own = match edge {
        Edge::Above => node.style.break_before,
        Edge::Below => node.style.break_after,
    };
    let own = match own {
        Break::Auto | Break::Avoid => None,
        Break::Page => Some(None),
        Break::Left => Some(Some(PageSide::Left)),
        Break::Right => Some(Some(PageSide::Right)),
    };
    strongest(own, inner)
}

/// Of two breaks at one place, one that asks for a side wins, else the first.
fn strongest(first: Option<Option<PageSide>>, second: Option<Option<PageSide>>) -> Option<Option<PageSide>> {
    match (first, second) {
        (Some(None) | None, Some(Some(side))) => Some(Some(side)),
        (first, second) => first.or(second),
    }
}

/// The name of the page that a box begins on: that of its first child, if it has one.
pub(crate) fn first_page(node: &Node) -> &Option<Arc<str>> {
    outermost(node, Edge::Above).map_or(&node.style.page, first_page)
}

/// The first or last child of a block that stands in the flow, if no line comes before or after it.
fn outermost(node: &Node, edge: Edge) -> Option<&Node> {
    let flows = matches!(node.style.display, Display::Block | Display::ListItem) && node.is_block_level();
    if !flows || matches!(node.kind, Kind::Text(_)) {
        return None;
    }
    let in_flow = |child: &&Node| child.is_in_flow() && !child.is_blank();
    let child = match edge {
        Edge::Above => node.children().iter().find(in_flow),
        Edge::Below => node.children().iter().rfind(in_flow),
    };
    child.filter(|child| child.is_block_level())
}
