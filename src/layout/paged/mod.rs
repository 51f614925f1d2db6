//! From one endless column to pages, each with its margin boxes.

pub(crate) mod canvas;
mod chain;
pub(crate) mod galley;
pub(crate) mod margin_box;
mod margins;
mod numbering;
pub(crate) mod pager;
pub(crate) mod press;
pub(crate) mod running;
mod split;
pub(crate) mod turning;
