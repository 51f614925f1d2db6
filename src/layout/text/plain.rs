//! Text that needs no shaping: digits and what stands between them.
//!
//! Dates, amounts and counts are half of a table's cells. Where a face neither kerns nor substitutes these characters,
//! a glyph and a width per character is all there is to know. Whether it does is asked of the shaper once per face.

use super::{
    face::Face,
    harf::{Harf, Manner},
};
use crate::layout::page::Glyph;

/// The characters in question. A space is always plain: text is shaped word by word.
const CANDIDATES: &str = "0123456789.,:-/+%()";

/// A line on which a context of more than two characters would show.
const PROBE: &str = "0123456789 1/2/3 31/12/2026 23:59:00 2026-12-31 1,234,567.89 -12.50% (3) +4";

/// What is known of a face's ASCII: which characters it has, and glyph and width of those that need no shaping.
#[derive(Debug)]
pub(crate) struct Plain {
    glyphs: [Option<(u16, f32)>; 128],
    /// The printable characters that the face has.
    known: [bool; 128],
}

impl Plain {
    /// Asks the shaper which characters a face leaves alone.
    pub(crate) fn of(face: &Face) -> Self {
        let known =
            std::array::from_fn(|code| matches!(code as u8, b' '..=b'~') && face.glyph(code as u8 as char).is_some());
        let mut plain = Self { glyphs: [None; 128], known };
        let mut harf = Harf::default();
        let pairs = CANDIDATES.chars().flat_map(|a| CANDIDATES.chars().map(move |b| format!("{a}{b}")));
        if pairs.chain([PROBE.to_owned()]).all(|text| is_untouched(face, &mut harf, &text)) {
            for character in CANDIDATES.chars() {
                plain.set(face, character);
            }
        }
        plain.set(face, ' ');
        plain
    }

    fn set(&mut self, face: &Face, character: char) {
        self.glyphs[character as usize] = face.glyph(character).map(|glyph| (glyph, face.advance(glyph)));
    }

    /// Whether the face has this character of ASCII, plain or not.
    pub(crate) fn has(&self, byte: u8) -> bool {
        self.known.get(usize::from(byte)).copied().unwrap_or(false)
    }

    /// The glyph of a plain character; `None` means that it has to be shaped.
    pub(crate) fn glyph(&self, byte: u8) -> Option<(u16, f32)> {
        self.glyphs.get(usize::from(byte)).copied().flatten()
    }
}

/// Whether shaping gives each character's own glyph and width.
fn is_untouched(face: &Face, harf: &mut Harf, text: &str) -> bool {
    let mut glyphs = Vec::new();
    harf.shape(face, text, 0..text.len(), Harf::LATIN, Manner::default(), &mut glyphs);
    let nominal = text.char_indices().map(|(at, character)| {
        let glyph = face.glyph(character)?;
        Some(Glyph { id: glyph, advance: face.advance(glyph), dx: 0.0, dy: 0.0, cluster: at as u32 })
    });
    glyphs.into_iter().map(Some).eq(nominal)
}

#[cfg(test)]
mod tests {
    use crate::layout::text::font::{FontBook, FontId};

    #[test]
    fn noto_sans_leaves_digits_and_spaces_alone() {
        let book = FontBook::builtin();
        for font in 0..4 {
            let plain = book.face(FontId(font)).plain();
            assert!(
                plain.glyph(b' ').is_some() && plain.glyph(b'7').is_some() && plain.glyph(b'-').is_some(),
                "{font}"
            );
            assert_eq!(plain.glyph(b'A'), None);
        }
    }
}
