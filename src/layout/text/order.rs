//! The embedding levels of a paragraph: which of its characters read from right to left.

use unicode_bidi::{BidiInfo, Level};

use super::{bidi, paragraph::Flow};

/// Embedding levels by byte, and the base direction at each place.
pub(crate) struct Order {
    /// Empty where all is left to right.
    levels: Vec<Level>,
    /// Where each stretch up to a line feed ends, and its base.
    bases: Vec<(usize, Level)>,
    base: Level,
}

impl Order {
    /// The levels of a text in its flow.
    pub(crate) fn of(text: &str, flow: &Flow) -> Self {
        let base = if flow.rtl { Level::rtl() } else { Level::ltr() };
        if !(base.is_rtl() || bidi::is_needed(text)) {
            return Self { levels: Vec::new(), bases: Vec::new(), base };
        }
        let info = BidiInfo::new(text, (!flow.plaintext).then_some(base));
        let bases = match flow.plaintext {
            true => info.paragraphs.iter().map(|paragraph| (paragraph.range.end, paragraph.level)).collect(),
            false => Vec::new(),
        };
        Self { levels: info.levels, bases, base }
    }

    /// The level of the character at a byte.
    pub(crate) fn level(&self, at: usize) -> Level {
        self.levels.get(at).copied().unwrap_or_else(|| self.base(at))
    }

    /// The base level of the line at a byte.
    pub(crate) fn base(&self, at: usize) -> Level {
        let stretch = self.bases.partition_point(|(end, _)| *end <= at);
        self.bases.get(stretch).or(self.bases.last()).map_or(self.base, |(_, level)| *level)
    }
}
