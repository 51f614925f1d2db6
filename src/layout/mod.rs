//! Where each thing sits: template and rows become pages of placed items.
//!
//! In-memory parts of a document become [`node`]s, laid out by [`block`], [`inline`], [`table`] and [`flex`] into a
//! [`galley`]: one endless column of strips. The [`pager`] cuts it into pages. A [`stream`]ed table pulls its rows one
//! at a time and lets the pager settle as it goes, so memory doesn't grow with them. [`page`] is the result,
//! [`text`] shapes and breaks text.
//!
//! **Invariant:** pure: no I/O, no async, no clock. The same input gives the same pages. Rows can fail, layout of
//! rows can't run away: every loop moves on or ends in an error.

mod block;
mod canvas;
mod composer;
pub mod data;
mod error;
mod flex;
mod galley;
mod grid;
mod groups;
mod inline;
mod instance;
mod margin_box;
mod marker;
mod measure;
mod node;
pub mod page;
mod pager;
mod row;
mod shape;
mod stream;
mod table;
#[cfg(test)]
mod tests;
pub mod text;
mod url;

pub use composer::{Totals, paginate};
pub use data::{Context, Interrupted, Pages, Rows};
pub use error::LayoutError;
