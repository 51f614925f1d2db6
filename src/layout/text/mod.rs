//! Text: fonts, shaping, bidirectional order, line breaking and fallback.
//!
//! A [`FontBook`] holds the faces and names stacks of them; a [`Shaper`] turns text into a [`ShapedLine`] or, broken
//! to a width, into the [`Line`]s of a paragraph. Lines know nothing of colour or position: they are placed on a page
//! by [`ShapedLine::place`].
//!
//! **Invariant:** glyph ids and widths come from the font files alone, never from what was drawn before.

mod bidi;
mod breaks;
mod ending;
mod face;
mod filler;
pub mod font;
mod harf;
mod line;
mod matching;
mod memo;
mod missing;
mod order;
mod paragraph;
mod piece;
mod plain;
mod segment;
mod shaper;
#[cfg(test)]
mod tests;

pub use breaks::WordBreak;
pub(crate) use face::Face;
pub use font::{FontBook, FontError, FontId, FontStackId, Metrics};
pub use line::{ShapedLine, ShapedRun};
pub use paragraph::{EndSpaces, Flow, Line, Object, ObjectKind, Span, TextAlign};
pub use shaper::{Shaper, Stop};
