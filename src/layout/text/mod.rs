//! Text: fonts, shaping, bidirectional order, line breaking and fallback.
//!
//! **Invariant:** glyph ids and widths come from the font files alone, never from what was drawn before.

pub mod font;

pub use font::{FontBook, FontId, Metrics};
