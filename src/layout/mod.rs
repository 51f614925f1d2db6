//! Where each thing sits: template and rows become pages of placed items.
//!
//! [`page`] is the result, [`text`] shapes and breaks text, the rest places boxes.
//!
//! **Invariant:** pure: no I/O, no async, no clock. The same input gives the same pages. Rows can fail, layout of
//! rows can't run away: every loop moves on or ends in an error.

pub mod data;
pub mod page;
pub mod text;

pub use data::{Context, Interrupted, Pages, Rows};
