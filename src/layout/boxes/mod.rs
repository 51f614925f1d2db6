//! Boxes with blocks, flex and grid containers inside, and how they look.
//!
//! [`block`] puts boxes below each other, [`container`] and [`bands`] beside each other, [`position`] elsewhere. [`sizing`]
//! and [`measure`] say how large they are, [`look`] draws what is around and behind their content.

mod bands;
pub(crate) mod block;
pub(crate) mod border;
mod container;
pub(crate) mod look;
pub(crate) mod measure;
mod outline;
mod picture;
pub(crate) mod position;
pub(crate) mod sizing;
mod taffy_style;
mod tagged;
