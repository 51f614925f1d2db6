//! Why a document can't be laid out.

use std::sync::Arc;

use crate::{layout::data::Interrupted, template::EvalError};

/// Why a document can't be laid out. Names datasets, row numbers and places; never a value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LayoutError {
    /// The rows stopped coming, or the pages aren't wanted any more.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// An expression has no value.
    #[error(transparent)]
    Expression(#[from] EvalError),
    /// A dataset of one row has none.
    #[error("dataset `{0}` has no row, but `one = true` promises exactly one")]
    NoRow(Arc<str>),
    /// A dataset of one row has several.
    #[error("dataset `{0}` has more than one row, but `one = true` promises exactly one")]
    SeveralRows(Arc<str>),
    /// A dataset that `data-for` goes through is too long to be kept in memory.
    #[error("dataset `{dataset}` has more than {limit} rows, too many for `data-for`; stream it with `data-rows`")]
    TooManyKept {
        /// The dataset.
        dataset: Arc<str>,
        /// The limit.
        limit: usize,
    },
    /// A streamed table stands where pages can't end.
    #[error(
        "the streamed table of dataset `{0}` stands in a flex or grid container or a cell; put it directly into the body"
    )]
    NestedStream(Arc<str>),
    /// `data-for` makes more boxes than memory should hold.
    #[error("`data-for` makes more than {0} boxes; stream long datasets with `data-rows`")]
    TooManyBoxes(usize),
    /// Content that CSS makes is too long.
    #[error("what `content` makes for one element is longer than {0} bytes")]
    ContentTooLong(usize),
    /// Tables, flex and grid containers stand too deep in each other.
    #[error("tables, flex and grid containers are nested deeper than {0}")]
    TooDeep(usize),
    /// A row has cells for which there is no column.
    #[error("a table row has more cells than the {0} columns of its table")]
    TooManyCells(usize),
    /// The document grows past its limit.
    #[error("the document has more than {0} pages")]
    TooManyPages(u64),
    /// A page would have to end where it can't.
    #[error(
        "{place}: {what} asks for a page break inside of a cell, a flex or grid item, or a margin box; put it outside"
    )]
    BreakWithin {
        /// Where the element stands: file, line, column.
        place: String,
        /// The element.
        what: String,
    },
    /// Content that is already laid out comes to pages of another width.
    #[error(
        "content runs on to page {page}, where {after:.1} points are between the side margins instead of {before:.1}; \
         end the page before with `break-after: page`, or make both alike"
    )]
    WidthChanges {
        /// The page, from 1.
        page: u32,
        /// The width that the content was laid out for.
        before: f32,
        /// The page's own.
        after: f32,
    },
    /// The width of pages changes within something that can't change its own.
    #[error(
        "{place}: {what} begins a page with {after:.1} points between the side margins instead of {before:.1}, but \
         stands in a table, flex or grid container that can't change its width; put it outside"
    )]
    WidthWithin {
        /// Where the element stands: file, line, column.
        place: String,
        /// The element.
        what: String,
        /// The width so far.
        before: f32,
        /// The new one.
        after: f32,
    },
    /// The number of pages isn't known when it is to be written in something other than digits.
    #[error(
        "the document has more than {0} pages, so their number is filled in later, in plain digits; write \
         `counter(pages)` without a style"
    )]
    LateTotal(usize),
    /// Something is taller than a page and can't be split.
    #[error("{place}: {what} is {height:.0} points high, a page holds {room:.0}, and it can't be split")]
    TooTall {
        /// Where the element stands: file, line, column.
        place: String,
        /// What it is.
        what: String,
        /// Its height.
        height: f32,
        /// The height of a page's content.
        room: f32,
    },
    /// A link leads somewhere that a document must not lead to.
    #[error("{place}: a link may lead to `https:`, `http:` and `mailto:` addresses, and to an `id` with `#id`, alone")]
    UnsafeLink {
        /// Where the link stands: file, line, column.
        place: String,
    },
    /// A link made from data leads to an element that doesn't exist.
    #[error("{place}: no element of the template has the id that this link leads to")]
    DeadLink {
        /// Where the link stands: file, line, column.
        place: String,
    },
    /// Not every row that was read is on a page. This is a bug, caught before the document is published.
    #[error("dataset `{dataset}`: {read} rows were read, {placed} were placed")]
    RowsLost {
        /// The dataset.
        dataset: Arc<str>,
        /// Rows that came.
        read: u64,
        /// Rows on pages.
        placed: u64,
    },
}
