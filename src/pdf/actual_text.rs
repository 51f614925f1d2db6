//! Which glyphs of a run tell their own text, and which need a span that tells it for them.

use std::ops::Range;

use super::fonts::FontUse;
use crate::layout::page::Glyph;

/// Consecutive glyphs, in visual order, that stand for the same stretch of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cluster {
    /// The glyphs, as places in the run.
    pub(crate) glyphs: Range<usize>,
    /// The text, as bytes of the run's text.
    pub(crate) text: Range<usize>,
}

/// The cluster of a run that begins with the glyph `at`, from left to right.
///
/// A cluster's text ends where the next one in reading order begins: to its right, or to its left if the run reads
/// from right to left.
pub(crate) fn cluster(glyphs: &[Glyph], at: usize, text: &str, rtl: bool) -> Cluster {
    let start = glyphs[at].cluster;
    let length = glyphs[at..].iter().position(|glyph| glyph.cluster != start);
    let end = length.map_or(glyphs.len(), |length| at + length);
    let next = if rtl { at.checked_sub(1) } else { Some(end) };
    let text_end = next.and_then(|next| glyphs.get(next)).map_or(text.len(), |glyph| glyph.cluster as usize);
    Cluster { glyphs: at..end, text: start as usize..text_end }
}

/// How many glyphs at the beginning, which read from left to right, are clusters of one character of ASCII and tell
/// it: nearly all of nearly every text.
pub(crate) fn letters(used: &mut FontUse, glyphs: &[Glyph], text: &str) -> usize {
    let text = text.as_bytes();
    let mut at = 0;
    while let Some(glyph) = glyphs.get(at) {
        let start = glyph.cluster as usize;
        let end = glyphs.get(at + 1).map_or(text.len(), |next| next.cluster as usize);
        match text.get(start) {
            Some(byte @ b' '..=b'~') if end == start + 1 && used.says(glyph.id, char::from(*byte)) => at += 1,
            _ => break,
        }
    }
    at
}

/// Whether each glyph of a cluster stands for its own part of the text, here as everywhere in the document.
pub(crate) fn tells_itself(used: &mut FontUse, glyphs: &[Glyph], text: &str, rtl: bool) -> bool {
    if let ([glyph], [byte @ b' '..=b'~']) = (glyphs, text.as_bytes()) {
        return used.says(glyph.id, char::from(*byte));
    }
    if text.contains(is_private) {
        return false;
    }
    let characters: Vec<char> = text.chars().filter_map(extracted).collect();
    match (glyphs, characters.as_slice()) {
        ([glyph], [character]) => used.says(glyph.id, *character),
        ([glyph], [_, _, ..]) => used.says_text(glyph.id, &characters.iter().collect::<String>()),
        // As many glyphs as characters are letter by letter what they are alone, or else they were turned or joined.
        (_, [_, _, ..]) if glyphs.len() == characters.len() => {
            let in_order = |index: usize| glyphs[if rtl { glyphs.len() - 1 - index } else { index }].id;
            let mut pairs = characters.iter().enumerate().map(|(index, character)| (in_order(index), *character));
            pairs.clone().all(|(glyph, character)| used.nominal(character) == Some(glyph))
                && pairs.all(|(glyph, character)| used.says(glyph, character))
        }
        _ => false,
    }
}

/// The character that a reader of the text gets: spaces of any kind as spaces, nothing for what is never drawn.
pub(crate) fn extracted(character: char) -> Option<char> {
    match character {
        '\u{A0}' | '\u{2007}' | '\u{202F}' => Some(' '),
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' => None,
        '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' => None,
        _ if character.is_control() => Some(' '),
        _ => Some(character),
    }
}

/// What a span says of its text. Private characters mean nothing elsewhere, so they aren't told (ISO 19005-2,
/// 6.2.11.7.3).
pub(crate) fn told(text: &str) -> String {
    let told = |character: char| match character {
        _ if is_private(character) => char::REPLACEMENT_CHARACTER,
        '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' => char::REPLACEMENT_CHARACTER,
        _ if character.is_control() => ' ',
        _ => character,
    };
    text.chars().map(told).collect()
}

fn is_private(character: char) -> bool {
    matches!(character, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}' | '\u{100000}'..='\u{10FFFD}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glyph(cluster: u32) -> Glyph {
        Glyph { id: 1, advance: 0.0, dx: 0.0, dy: 0.0, cluster }
    }

    #[test]
    fn clusters_end_where_reading_goes_on() {
        let ltr = [glyph(0), glyph(1), glyph(1), glyph(4)];
        let clusters = |glyphs: &[Glyph], text, rtl| -> Vec<_> {
            let mut at = 0;
            let next = || {
                let Cluster { glyphs, text } = (at < glyphs.len()).then(|| cluster(glyphs, at, text, rtl))?;
                at = glyphs.end;
                Some((glyphs, text))
            };
            std::iter::from_fn(next).collect()
        };
        let found = clusters(&ltr, "abcdef", false);
        assert_eq!(found, [(0..1, 0..1), (1..3, 1..4), (3..4, 4..6)]);
        let rtl = [glyph(4), glyph(2), glyph(0)];
        let found = clusters(&rtl, "אבג", true);
        assert_eq!(found, [(0..1, 4..6), (1..2, 2..4), (2..3, 0..2)]);
    }
}
