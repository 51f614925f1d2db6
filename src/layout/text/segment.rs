//! A piece of text of one direction, shaped: script runs, fallback faces and replaced characters inside.

use std::ops::Range;

use harfrust::{Script, Tag};
use unicode_script::UnicodeScript;
use unicode_segmentation::UnicodeSegmentation;

use super::{
    face::Face,
    font::{FontBook, FontId, FontStackId},
    harf::{Harf, Manner},
};
use crate::layout::page::Glyph;

/// A shaped piece of text of one direction. Lengths are in thousandths of the font size.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Segment {
    /// The sum of the advances.
    pub(crate) width: f32,
    /// Stretches of one face, in visual order.
    pub(crate) parts: Vec<Part>,
    /// The glyphs of all parts; clusters are byte offsets in the segment's text.
    pub(crate) glyphs: Vec<Glyph>,
    /// Whether it reads from right to left.
    pub(crate) rtl: bool,
}

/// A stretch of a segment that one face draws.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    /// The face.
    pub(crate) font: FontId,
    /// Its glyphs, in visual order.
    pub(crate) glyphs: Range<u32>,
    /// Its text, as byte offsets in the segment's text.
    pub(crate) text: Range<u32>,
}

/// Drawn in place of a character that no face has: U+FFFD of the built-in face, since PDF/A forbids `.notdef`.
pub(super) const REPLACEMENT: char = '\u{FFFD}';

/// A stretch of text to shape at once.
struct Stretch {
    text: Range<usize>,
    font: Option<FontId>,
    script: Script,
}

/// Shapes a piece of text of one direction and says in `lost` if no face has some character of it.
pub(crate) fn shape(
    book: &FontBook,
    harf: &mut Harf,
    stack: FontStackId,
    text: &str,
    manner: Manner,
    lost: &mut bool,
) -> Segment {
    let mut segment = Segment { width: 0.0, parts: Vec::new(), glyphs: Vec::new(), rtl: manner.rtl };
    let mut stretches = stretches(book, stack, text);
    if manner.rtl {
        stretches.reverse();
    }
    for stretch in stretches {
        let start = segment.glyphs.len();
        let shaped = stretch.font.filter(|&font| {
            harf.shape(book.face(font), text, stretch.text.clone(), stretch.script, manner, &mut segment.glyphs);
            segment.glyphs[start..].iter().all(|glyph| glyph.id != 0)
        });
        let font = shaped.unwrap_or_else(|| {
            segment.glyphs.truncate(start);
            *lost = true;
            replace(book, stack, stretch.text.start, &mut segment.glyphs)
        });
        let range = |range: Range<usize>| range.start as u32..range.end as u32;
        segment.parts.push(Part { font, glyphs: range(start..segment.glyphs.len()), text: range(stretch.text) });
    }
    segment.width = segment.glyphs.iter().map(|glyph| glyph.advance).sum();
    segment
}

/// Draws one replacement mark with the first face of the stack that has it.
fn replace(book: &FontBook, stack: FontStackId, at: usize, glyphs: &mut Vec<Glyph>) -> FontId {
    let found = book.fonts(stack).iter().find_map(|&font| Some((font, book.face(font).glyph(REPLACEMENT)?)));
    let Some((font, id)) = found else { return book.primary(stack) };
    glyphs.push(Glyph { id, advance: book.face(font).advance(id), dx: 0.0, dy: 0.0, cluster: at as u32 });
    font
}

impl Segment {
    /// The characters that each cluster begins with, as byte offsets, in visual order.
    pub(crate) fn clusters(&self) -> impl Iterator<Item = u32> {
        let mut last = None;
        let clusters = self.glyphs.iter().map(|glyph| glyph.cluster);
        clusters.filter(move |cluster| last.replace(*cluster) != Some(*cluster))
    }
}

/// Cuts text where the face or the script changes. Graphemes whose face isn't found are cut out one by one.
fn stretches(book: &FontBook, stack: FontStackId, text: &str) -> Vec<Stretch> {
    // The common case at a quarter of the price: letters and digits of the first face.
    if let Some(&first) = book.fonts(stack).first()
        && text.bytes().all(|byte| book.face(first).plain().has(byte))
    {
        return vec![Stretch { text: 0..text.len(), font: Some(first), script: Harf::LATIN }];
    }
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut script = text.chars().find_map(own_script).unwrap_or(Harf::LATIN);
    let mut push = |text: Range<usize>, font: Option<FontId>, script: Script| match stretches.last_mut() {
        Some(last) if font.is_some() && last.font == font && last.script == script => last.text.end = text.end,
        _ => stretches.push(Stretch { text, font, script }),
    };
    for (start, grapheme) in text.grapheme_indices(true) {
        script = grapheme.chars().find_map(own_script).unwrap_or(script);
        let end = start + grapheme.len();
        match first_with(book, stack, |face| grapheme.chars().all(|character| covers(face, character))) {
            Some(font) => push(start..end, Some(font), script),
            None if first_with(book, stack, |face| grapheme.chars().take(1).all(|base| covers(face, base)))
                .is_none() =>
            {
                push(start..end, None, script);
            }
            // A face for the base, none for the whole: draw what can be drawn, one character after the other.
            None => {
                for (at, character) in grapheme.char_indices() {
                    let at = start + at;
                    let font = first_with(book, stack, |face| covers(face, character));
                    push(at..at + character.len_utf8(), font, script);
                }
            }
        }
    }
    stretches
}

fn first_with(book: &FontBook, stack: FontStackId, covers: impl Fn(&Face) -> bool) -> Option<FontId> {
    book.fonts(stack).iter().copied().find(|&font| covers(book.face(font)))
}

/// Whether a face can draw a character, or needn't.
fn covers(face: &Face, character: char) -> bool {
    character.is_control() || is_ignorable(character) || face.glyph(character).is_some()
}

/// Characters that are drawn as nothing: joiners, marks of direction, variation selectors, soft hyphens.
pub(super) fn is_ignorable(character: char) -> bool {
    matches!(character,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E0FFF}')
}

/// The script of a character that belongs to one.
fn own_script(character: char) -> Option<Script> {
    if character.is_ascii_alphabetic() {
        return Some(Harf::LATIN);
    }
    match character.script() {
        unicode_script::Script::Common | unicode_script::Script::Inherited | unicode_script::Script::Unknown => None,
        script => Script::from_iso15924_tag(Tag::from_u32(script.as_iso15924_tag())),
    }
}
