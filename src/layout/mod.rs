//! Where each thing sits: template and rows become pages of placed items.
//!
//! [`fill`] turns the in-memory parts of a document into nodes, which [`boxes`], [`inline`] and [`table`] lay out into a
//! galley: one endless column of strips. The pager of [`paged`] cuts it into pages. A streamed table pulls its rows one
//! at a time and lets the pager settle as it goes, so memory doesn't grow with them. [`page`] is the result,
//! [`text`] shapes and breaks text.
//!
//! **Invariant:** pure: no I/O, no async, no clock. The same input gives the same pages. Rows can fail, layout of
//! rows can't run away: every loop moves on or ends in an error.

mod boxes;
mod composer;
pub mod data;
mod error;
mod fill;
mod inline;
pub mod page;
mod paged;
mod table;
mod tags;
#[cfg(test)]
mod tests;
pub mod text;

pub use composer::{Totals, paginate};
pub use data::{Context, Interrupted, Pages, Rows};
pub use error::LayoutError;
