//! A shaped piece of a paragraph: a word, spaces or an object.

use std::sync::Arc;

use super::{breaks::is_space, paragraph::Span, segment::Segment};

/// A shaped piece of a text: where it stands and how it reads.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    /// What it is.
    pub(crate) content: Content,
    /// Where it starts in the text, in bytes.
    pub(crate) start: u32,
    /// Where it ends in the text, in bytes.
    pub(crate) end: u32,
    /// Its embedding level.
    pub(crate) level: u8,
    /// The number of its span.
    pub(crate) span: u32,
    /// How wide it is in points, spacing included.
    pub(crate) width: f32,
}

/// What a piece is.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// Letters.
    Word(Arc<Segment>),
    /// Spaces, which the end of a line may swallow.
    Space(Arc<Segment>),
    /// A tab, drawn as this space.
    Tab(Arc<Segment>),
    /// The object of this number.
    Object(u32),
    /// What isn't drawn, such as line feeds and marks of direction.
    Nothing,
}

impl Piece {
    /// What is drawn for it.
    pub(crate) fn segment(&self) -> Option<&Arc<Segment>> {
        match &self.content {
            Content::Word(segment) | Content::Space(segment) | Content::Tab(segment) => Some(segment),
            Content::Object(_) | Content::Nothing => None,
        }
    }

    /// Whether it is there to be seen.
    pub(crate) fn shows(&self) -> bool {
        !matches!(self.content, Content::Nothing)
    }

    /// Its width with the spacing that its span asks for.
    pub(crate) fn natural_width(&self, text: &str, span: &Span) -> f32 {
        let Some(segment) = self.segment() else { return self.width };
        let mut width = segment.width * span.size / 1000.0;
        if span.letter_spacing != 0.0 {
            width += segment.clusters().count() as f32 * span.letter_spacing;
        }
        if span.word_spacing != 0.0 {
            let text = &text[self.start as usize..self.end as usize];
            width += text.chars().filter(|character| separates_words(*character)).count() as f32 * span.word_spacing;
        }
        width
    }
}

/// Whether `word-spacing` widens it.
pub(crate) fn separates_words(character: char) -> bool {
    character == '\u{A0}' || is_space(character)
}

/// Whether justified lines are widened before and after it: the letters of China and Japan stand without spaces.
pub(crate) fn is_wide(character: char) -> bool {
    matches!(character,
        '\u{2E80}'..='\u{2FDF}' | '\u{3000}'..='\u{312F}' | '\u{31A0}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{FF01}'..='\u{FF60}' | '\u{20000}'..='\u{3FFFF}')
}
