//! The press: gives full pages their margins and hands them out.
//!
//! **Invariant:** pages leave in order, each with the margins of its kind; at most [`HELD`] wait for the total.

use std::sync::Arc;

use crate::{
    layout::{data::Pages, error::LayoutError, page::Page, paged::margin_box::MarginBoxes, text::Shaper},
    template::{page::PageStyles, scope::Binding},
};

/// So many pages are held back so that "page n of m" is set with the true m; longer documents reserve the room.
const HELD: usize = 100;

/// Finishes pages.
pub(crate) struct Press<'a> {
    styles: &'a PageStyles,
    sink: &'a mut dyn Pages,
    margin_boxes: MarginBoxes,
    held: Vec<Page>,
    /// More pages came than can be held: from now on they leave at once.
    released: bool,
}

impl<'a> Press<'a> {
    pub(crate) fn new(styles: &'a PageStyles, sink: &'a mut dyn Pages, margin_boxes: MarginBoxes) -> Self {
        Self { styles, sink, margin_boxes, held: Vec::new(), released: !styles.show_total() }
    }

    /// Lets the margin boxes of pages to come show a name.
    pub(crate) fn know(&mut self, name: (Arc<str>, Binding)) {
        self.margin_boxes.know(name);
    }

    /// Takes a full page; gives back one whose memory can be used again.
    pub(crate) fn page(&mut self, shaper: &mut Shaper, page: Page) -> Result<Option<Page>, LayoutError> {
        self.held.push(page);
        self.released |= self.held.len() > HELD;
        if self.released { self.release(shaper, None) } else { Ok(None) }
    }

    /// Hands out what is held back: `total` pages there are in all.
    pub(crate) fn finish(mut self, shaper: &mut Shaper, total: u32) -> Result<(), LayoutError> {
        self.release(shaper, Some(total)).map(drop)
    }

    fn release(&mut self, shaper: &mut Shaper, total: Option<u32>) -> Result<Option<Page>, LayoutError> {
        let mut last = None;
        for mut page in std::mem::take(&mut self.held) {
            self.margin_boxes.draw(shaper, self.styles.of(page.number), &mut page, total)?;
            shaper.count_missing(&page);
            self.sink.page(&page)?;
            last = Some(page);
        }
        Ok(last)
    }
}
