//! Boxes: one below the other, beside each other, and how wide they want to be.

pub(crate) mod block;
mod flex;
pub(crate) mod measure;
