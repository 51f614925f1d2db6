//! From one endless column to pages, each with its margin boxes.

pub(crate) mod canvas;
pub(crate) mod galley;
pub(crate) mod margin_box;
pub(crate) mod pager;
pub(crate) mod press;
mod split;
