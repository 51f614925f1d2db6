//! The press: gives full pages their margins and hands them out.
//!
//! **Invariant:** pages leave in order, each with the margins of its kind; at most [`HELD`] wait for the total.

use std::{collections::VecDeque, rc::Rc};

use crate::{
    layout::{
        composer::Composer,
        data::Pages,
        error::LayoutError,
        fill::node::{Kind, Node},
        inline::marker,
        paged::pager::FullPage,
    },
    template::{
        page::BoxPiece,
        style::{CounterStyle, ListMarker},
    },
};

/// So many pages are held back so that "page n of m" is set with the true m; longer documents reserve the room.
const HELD: usize = 100;

/// Where finished pages go.
pub(crate) struct Press<'a> {
    sink: &'a mut dyn Pages,
    held: VecDeque<FullPage>,
    /// More pages came than can be held: from now on they leave at once.
    released: bool,
    /// Room for so many digits where the number of pages isn't known.
    digits: usize,
}

/// What the counters of one page say.
pub(crate) struct Numbers {
    pub(crate) page: i32,
    /// The number of pages, when it is known.
    pub(crate) total: Option<i32>,
    digits: usize,
}

impl<'a> Press<'a> {
    pub(crate) fn new(sink: &'a mut dyn Pages, max_pages: u64) -> Self {
        let digits = max_pages.to_string().len().min(9);
        Self { sink, held: VecDeque::new(), released: false, digits }
    }
}

impl Composer<'_> {
    /// Hands out the pages that are full, or holds them back for the total.
    pub(crate) fn print(&mut self) -> Result<(), LayoutError> {
        for mut full in std::mem::take(&mut self.pager.full) {
            // The first of several takes all of the structure: it may be told before its content, never after.
            full.page.tags = self.tags.take();
            if self.press.released || self.press.held.is_empty() && !self.shows_total(&full) {
                self.print_page(full, None)?;
                continue;
            }
            self.press.held.push_back(full);
            if self.press.held.len() > HELD {
                self.press.released = true;
                self.print_held(None)?;
            }
        }
        Ok(())
    }

    /// Hands out what is held back, when there are `total` pages in all.
    pub(crate) fn print_held(&mut self, total: Option<u32>) -> Result<(), LayoutError> {
        while let Some(full) = self.press.held.pop_front() {
            self.print_page(full, total)?;
        }
        Ok(())
    }

    fn print_page(&mut self, full: FullPage, total: Option<u32>) -> Result<(), LayoutError> {
        let style = self.template.pages().of(&full.kind);
        let total = total.and_then(|total| i32::try_from(total).ok());
        let numbers = Numbers { page: full.number, total, digits: self.press.digits };
        let mut page = full.page;
        // A marker may be waiting for its item's first line.
        let marker = self.marker.take();
        self.measuring(|composer| {
            composer.deeper(|composer| composer.margins(style, &mut page, &numbers, &full.running))
        })?;
        self.marker = marker;
        self.stray.clear();
        self.shaper.count_missing(&page);
        self.press.sink.page(&page)?;
        self.pager.spare = Some(page);
        Ok(())
    }

    fn shows_total(&self, full: &FullPage) -> bool {
        let style = self.template.pages().of(&full.kind);
        let mut pieces = style.boxes.iter().flat_map(|margin_box| &margin_box.content);
        pieces.any(|piece| match piece {
            BoxPiece::Pages(_) => true,
            BoxPiece::Element(name, which) => full.running.get(name, *which).is_some_and(|node| has_total(node)),
            BoxPiece::Text(_) | BoxPiece::Page(_) => false,
        })
    }
}

fn has_total(node: &Node) -> bool {
    matches!(node.kind, Kind::PageTotal { .. }) || node.children().iter().any(has_total)
}

impl Numbers {
    /// A node with the numbers of this page in place of its counters.
    pub(crate) fn resolve(&self, node: &Rc<Node>) -> Result<Node, LayoutError> {
        let mut node = (**node).clone();
        self.fill_in(&mut node)?;
        Ok(node)
    }

    fn fill_in(&self, node: &mut Node) -> Result<(), LayoutError> {
        // It shows something else than on other pages: what was measured there isn't true here.
        node.id = Node::new(node.element, node.style.clone(), Kind::LineBreak).id;
        match &node.kind {
            Kind::PageNumber(style) => node.kind = Kind::Text(marker::number(style, self.page).into_owned()),
            Kind::PageTotal { style, .. } => {
                node.kind = match self.total {
                    Some(total) => Kind::Text(marker::number(style, total).into_owned()),
                    None => self.unknown_total(style)?,
                }
            }
            _ => node.children_mut().iter_mut().try_for_each(|child| self.fill_in(child))?,
        }
        Ok(())
    }

    /// A total that is drawn when the document ends, in plain digits.
    pub(crate) fn unknown_total(&self, style: &CounterStyle) -> Result<Kind, LayoutError> {
        match style {
            ListMarker::Decimal => Ok(Kind::PageTotal { style: style.clone(), digits: self.digits }),
            _ => Err(LayoutError::LateTotal(HELD)),
        }
    }
}
