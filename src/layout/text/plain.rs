//! Text that needs no shaping: digits and what stands between them.
//!
//! Dates, amounts and counts are half of a table's cells. Where a face neither kerns nor substitutes these characters,
//! a glyph and a width per character is all there is to know. Whether it does is asked of the shaper once per face.

use std::sync::OnceLock;

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
    /// Whether digits stand behind a character as they do alone; asked of the shaper once for each.
    apart: [OnceLock<bool>; 128],
}

impl Plain {
    /// Asks the shaper which characters a face leaves alone.
    pub(crate) fn of(face: &Face) -> Self {
        let known =
            std::array::from_fn(|code| matches!(code as u8, b' '..=b'~') && face.glyph(code as u8 as char).is_some());
        let mut plain = Self { glyphs: [None; 128], known, apart: [const { OnceLock::new() }; 128] };
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

    /// Where the plain end of a word begins: at 0 if all of it is plain, at a digit if something else comes before it.
    ///
    /// Numbers of lots and invoices are letters that repeat with digits that don't, so that the word as a whole would
    /// have to be shaped each time.
    pub(crate) fn end_of(&self, face: &Face, word: &str) -> usize {
        let bytes = word.as_bytes();
        let Some(last) = bytes.iter().rposition(|byte| self.glyph(*byte).is_none()) else { return 0 };
        let digit = bytes[last + 1..].iter().position(u8::is_ascii_digit);
        let digit = digit.map(|at| last + 1 + at);
        digit.filter(|at| self.leaves_digits_alone(face, bytes[at - 1])).unwrap_or(word.len())
    }

    fn leaves_digits_alone(&self, face: &Face, before: u8) -> bool {
        let Some(known) = self.apart.get(usize::from(before)) else { return false };
        *known.get_or_init(|| {
            let mut harf = Harf::default();
            let before = char::from(before);
            let (alone, twice, behind) = (before.to_string(), format!("{before}{before}"), format!("0{before}"));
            let digits = ('0'..='9').map(|digit| (&alone, digit.to_string()));
            let more = [(&alone, PROBE.to_owned()), (&twice, "12".to_owned()), (&behind, "12".to_owned())];
            self.known[usize::from(before as u8)]
                && digits.chain(more).all(|(before, digits)| is_as_alone(face, &mut harf, before, &digits))
        })
    }
}

/// Whether shaping two texts in one gives the glyphs of the first alone, and each character's own of the second.
fn is_as_alone(face: &Face, harf: &mut Harf, before: &str, behind: &str) -> bool {
    let mut shape = |text: &str| {
        let mut glyphs = Vec::new();
        harf.shape(face, text, 0..text.len(), Harf::LATIN, Manner::default(), &mut glyphs);
        glyphs
    };
    let (alone, both) = (shape(before), shape(&format!("{before}{behind}")));
    let nominal = nominal(face, behind).map(|glyph| {
        let glyph = glyph?;
        Some(Glyph { cluster: glyph.cluster + before.len() as u32, ..glyph })
    });
    alone.into_iter().map(Some).chain(nominal).eq(both.into_iter().map(Some))
}

/// Each character's own glyph and width.
fn nominal<'t>(face: &'t Face, text: &'t str) -> impl Iterator<Item = Option<Glyph>> + 't {
    text.char_indices().map(|(at, character)| {
        let glyph = face.glyph(character)?;
        Some(Glyph { id: glyph, advance: face.advance(glyph), dx: 0.0, dy: 0.0, cluster: at as u32 })
    })
}

/// Whether shaping gives each character's own glyph and width.
fn is_untouched(face: &Face, harf: &mut Harf, text: &str) -> bool {
    let mut glyphs = Vec::new();
    harf.shape(face, text, 0..text.len(), Harf::LATIN, Manner::default(), &mut glyphs);
    glyphs.into_iter().map(Some).eq(nominal(face, text))
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
            let end_of = |word| plain.end_of(book.face(FontId(font)), word);
            assert_eq!([end_of("2026-12-31"), end_of("L12345"), end_of("INV-07.5"), end_of("Lot")], [0, 1, 4, 3]);
        }
    }
}
