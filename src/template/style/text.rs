//! Text: its alignment, breaking and decoration.

use super::LineStyle;
use crate::layout::page::Color;

/// The height of a line.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum LineHeight {
    /// What the font asks for.
    #[default]
    Normal,
    /// Times the font size.
    Times(f32),
    /// Points.
    Points(f32),
}

/// Which way text reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// From left to right.
    #[default]
    Ltr,
    /// From right to left.
    Rtl,
}

/// How an element sets its text apart from the bidirectional order around it (`unicode-bidi`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Isolation {
    /// Not at all.
    #[default]
    Normal,
    /// Embedded in its own direction.
    Embed,
    /// Isolated in its own direction.
    Isolate,
    /// Isolated, in the direction of its first strong character.
    Plaintext,
    /// Every character in the element's direction.
    Override,
}

/// Where a word that is wider than its line may be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OverflowWrap {
    /// Nowhere.
    #[default]
    Normal,
    /// Anywhere, if nothing else helps.
    BreakWord,
    /// The same, and a box may shrink to single letters.
    Anywhere,
}

/// Lines drawn along text; they reach into the boxes within, which can add their own.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Decorations {
    /// Below.
    pub underline: Option<Stroke>,
    /// Above.
    pub overline: Option<Stroke>,
    /// Through the middle.
    pub line_through: Option<Stroke>,
}

/// How a decoration is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stroke {
    /// Its colour: that of the element which asked for it.
    pub color: Color,
    /// How it is drawn.
    pub line: LineStyle,
    /// Its thickness in points; `None` is the font's.
    pub thickness: Option<f32>,
}

/// Where content stands in a cell, or text on its line.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum VerticalAlign {
    /// On the row's baseline.
    #[default]
    Baseline,
    /// At the top.
    Top,
    /// In the middle.
    Middle,
    /// At the bottom.
    Bottom,
    /// Raised, on a line.
    Super,
    /// Lowered, on a line.
    Sub,
    /// Its top at the top of the parent's text.
    TextTop,
    /// Its bottom at the bottom of the parent's text.
    TextBottom,
    /// Raised by so many points, on a line.
    Raised(f32),
}

/// What becomes of spaces and line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhiteSpace {
    /// Collapsed, wrapped.
    #[default]
    Normal,
    /// Collapsed, not wrapped.
    Nowrap,
    /// Kept, not wrapped.
    Pre,
    /// Kept, wrapped.
    PreWrap,
    /// Collapsed except line ends, wrapped.
    PreLine,
}

/// What becomes of letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextTransform {
    /// Nothing.
    #[default]
    None,
    /// Capitals.
    Uppercase,
    /// Small letters.
    Lowercase,
    /// A capital at the start of each word.
    Capitalize,
}
