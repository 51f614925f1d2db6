//! The number that `counter(page)` shows.

use crate::template::{page::PageStyle, style::CounterChange};

/// The counter `page` of the document.
#[derive(Debug, Default)]
pub(crate) struct Numbering {
    number: i32,
    restart: Option<i32>,
}

impl Numbering {
    /// An element on this page says where counting goes on: this page has that number.
    pub(crate) fn restart(&mut self, number: i32) {
        self.restart = Some(number);
    }

    /// The number of a page that ends. As in browsers, what `@page` resets is counted apart from the document.
    pub(crate) fn of_page(&mut self, page: &PageStyle) -> i32 {
        let (mut reset, mut step, mut set) = (None, None::<i32>, None);
        for change in page.style.counters.iter() {
            match change {
                CounterChange::Reset(name, to) if &**name == PAGE => reset = Some(*to),
                CounterChange::Increment(name, by) if &**name == PAGE => {
                    step = Some(step.unwrap_or(0).saturating_add(*by));
                }
                CounterChange::Set(name, to) if &**name == PAGE => set = Some(*to),
                _ => {}
            }
        }
        let restart = self.restart.take();
        if let Some(reset) = reset {
            return restart.or(set).unwrap_or_else(|| reset.saturating_add(step.unwrap_or(0)));
        }
        self.number = restart.or(set).unwrap_or_else(|| self.number.saturating_add(step.unwrap_or(1)));
        self.number
    }
}

/// The counter's name.
pub(crate) const PAGE: &str = "page";
