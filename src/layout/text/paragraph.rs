//! A paragraph: text with spans and objects, and the lines that it is broken into.

use std::ops::Range;

use super::{
    breaks::{self, WordBreak},
    filler::Filler,
    font::FontStackId,
    line::ShapedLine,
    order::Order,
    shaper::Shaper,
};

/// A stretch of a paragraph's text of one style. Spans follow each other without gaps. Lengths are in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// Where it ends in the text, in bytes, at a character's border. It begins where the one before it ends.
    pub end: usize,
    /// Its fonts.
    pub stack: FontStackId,
    /// Its font size.
    pub size: f32,
    /// Handed on to [`super::ShapedRun::tag`].
    pub tag: u32,
    /// Added to each letter; ligatures are off where it isn't 0.
    pub letter_spacing: f32,
    /// Added to each space.
    pub word_spacing: f32,
    /// From one tab stop to the next, in spaces.
    pub tab_size: f32,
    /// Whether lines may end elsewhere than at line feeds.
    pub wraps: bool,
    /// What becomes of its spaces at the end of a line.
    pub end_spaces: EndSpaces,
    /// Where words may be broken.
    pub word_break: WordBreak,
    /// Whether a word that is wider than a line is broken anywhere; else it sticks out.
    pub break_words: bool,
    /// Whether lines may end at soft hyphens.
    pub soft_hyphens: bool,
}

impl Default for Span {
    fn default() -> Self {
        Self {
            end: 0,
            stack: FontStackId::default(),
            size: 12.0,
            tag: 0,
            letter_spacing: 0.0,
            word_spacing: 0.0,
            tab_size: 8.0,
            wraps: true,
            end_spaces: EndSpaces::Vanish,
            word_break: WordBreak::Normal,
            break_words: false,
            soft_hyphens: true,
        }
    }
}

/// What becomes of spaces at the end of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EndSpaces {
    /// They take no room.
    #[default]
    Vanish,
    /// They are spaces like all others.
    Stay,
}

/// Something within the text that takes room. Objects stand in the order of the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Object {
    /// Where it stands, in bytes of the text.
    pub at: usize,
    /// Which side of a place it belongs to.
    pub kind: ObjectKind,
    /// How wide it is; negative margins may make it less than nothing.
    pub width: f32,
}

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    /// The left or right edge of a box that begins; it stays with what follows.
    Opening,
    /// The edge of a box that ends; it stays with what came before.
    Closing,
    /// A box or picture, for which the text has U+FFFC.
    Atom,
}

/// How lines are filled. Lengths are in points.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Flow {
    /// The width to fill.
    pub width: f32,
    /// Less of it, on the first line.
    pub indent: f32,
    /// Where lines stand in it.
    pub align: TextAlign,
    /// Whether the paragraph's base direction is right to left (`direction: rtl`).
    pub rtl: bool,
    /// Whether each stretch up to a line feed has the direction of its first strong character instead.
    pub plaintext: bool,
    /// Whether a line that is too wide ends in an ellipsis.
    pub ellipsis: bool,
}

/// Where a line stands in its width (`text-align`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextAlign {
    /// Where reading starts: left, or right if the base direction is right to left.
    #[default]
    Start,
    /// Where reading ends.
    End,
    /// On the left.
    Left,
    /// In the middle.
    Center,
    /// On the right.
    Right,
    /// Spaces are widened until both ends are reached; the last line and lines before a line feed stand at the start.
    Justify,
}

impl TextAlign {
    /// The left edge of a line that leaves `spare` of its width. A line that is too wide sticks out at its end.
    pub(crate) fn offset(self, spare: f32, rtl: bool) -> f32 {
        let start = if rtl { spare } else { 0.0 };
        match self {
            _ if spare < 0.0 => start,
            Self::Start | Self::Justify => start,
            Self::End => spare - start,
            Self::Left => 0.0,
            Self::Center => spare / 2.0,
            Self::Right => spare,
        }
    }
}

/// One line of a paragraph.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    /// Its text, in bytes of the paragraph's text, with the spaces at its end.
    pub text: Range<usize>,
    /// Its left edge, from the left edge of the width.
    pub x: f32,
    /// Its glyphs, without the spaces at its end.
    pub shaped: ShapedLine,
    /// The objects on it, from left to right: which, and its left edge from the line's.
    pub objects: Vec<(u32, f32)>,
    /// Whether it reads from right to left.
    pub rtl: bool,
}

/// How much is put on lines before looking whether they are still wanted.
pub(super) const UNITS_BETWEEN_LOOKS: usize = 64;

impl Shaper {
    /// Breaks text into lines. Time and memory are linear in the text.
    ///
    /// Lines end where browsers end them; see [`breaks`]. Spaces at the end of a line take no width.
    pub fn paragraph(&mut self, text: &str, spans: &[Span], objects: &[Object], flow: &Flow) -> Vec<Line> {
        let order = Order::of(text, flow);
        let mut filler = Filler::new(self, text, spans, objects, order, flow);
        let mut start = 0;
        for (index, opportunity) in breaks::opportunities(text, spans).into_iter().enumerate() {
            if index % UNITS_BETWEEN_LOOKS == 0 && filler.shaper.is_stopped() {
                return filler.lines;
            }
            filler.unit(start..opportunity.at);
            start = opportunity.at;
            if opportunity.forced {
                filler.finish(start, true);
            }
        }
        filler.end()
    }
}
