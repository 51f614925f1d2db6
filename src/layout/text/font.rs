//! The fonts of a document.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use skrifa::raw::TableProvider;

use super::{
    face::Face,
    matching::{self, Style},
};

/// Names one face of a [`FontBook`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FontId(pub u16);

/// Names one ordered list of faces of a [`FontBook`]: a character is drawn with the first face that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FontStackId(pub u16);

/// Vertical measures of a face, in thousandths of the font size; `descent` is positive downwards.
///
/// They come from `hhea`, or from the typographic fields of `OS/2` where the face asks for them: the same choice
/// that browsers make, so that `line-height: normal` agrees with them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metrics {
    /// Above the baseline.
    pub ascent: f32,
    /// Below the baseline.
    pub descent: f32,
    /// Extra space between lines that the font asks for.
    pub line_gap: f32,
    /// Height of a capital.
    pub cap_height: f32,
    /// Height of a small letter without an ascender.
    pub x_height: f32,
}

/// Why a font file can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FontError {
    /// Neither TrueType nor OpenType. WOFF and collections of Type 1 fonts aren't read.
    #[error("not a TrueType or OpenType font")]
    NotAFont,
    /// A table lies beyond the end of the file.
    #[error("it is cut off: a part of the file is missing")]
    CutOff,
    /// A font file without usable outlines, or without widths.
    #[error("the font has no outlines that can be embedded")]
    NoOutlines,
    /// No table tells which character is which glyph.
    #[error("the font has no Unicode character map")]
    NoCharacterMap,
    /// The font's licence bits forbid to embed it.
    #[error("the font forbids embedding")]
    EmbeddingForbidden,
    /// More faces or stacks than can be numbered.
    #[error("a document can't use more than {} faces", u16::MAX)]
    TooMany,
}

/// All faces that a document may use: the built-in ones, then those of its template.
///
/// Built-in faces are parsed once per process and shared; making or cloning a book copies no font.
#[derive(Debug, Clone)]
pub struct FontBook {
    faces: Vec<Arc<Face>>,
    stacks: Vec<Box<[FontId]>>,
}

/// Families that stand in for a character that no named family has, in this order.
const FALLBACKS: [&str; 12] = [
    "Noto Sans",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Droid Sans Fallback",
    "Noto Sans KR",
    "Noto Sans Math",
    "Noto Sans Symbols",
    "Noto Sans Symbols 2",
    "DejaVu Sans Mono",
    "Noto Emoji",
];

/// The family that stands for every generic one.
const DEFAULT_FAMILY: &str = "Noto Sans";

macro_rules! builtin_face {
    ($file:literal, $family:literal, $weight:literal, $italic:literal) => {
        (include_bytes!(concat!("../../../templates/fonts/", $file)).as_slice(), $family, $weight, $italic)
    };
}

/// The faces inside the binary. The 6 MB of Han, kana and Hangul are there because a hole in a name is worse.
static BUILTIN: LazyLock<Vec<Arc<Face>>> = LazyLock::new(|| {
    let files = [
        builtin_face!("NotoSans-Regular.ttf", "Noto Sans", 400, false),
        builtin_face!("NotoSans-Bold.ttf", "Noto Sans", 700, false),
        builtin_face!("NotoSans-Italic.ttf", "Noto Sans", 400, true),
        builtin_face!("NotoSans-BoldItalic.ttf", "Noto Sans", 700, true),
        builtin_face!("NotoSansArabic-Regular.ttf", "Noto Sans Arabic", 400, false),
        builtin_face!("NotoSansArabic-Bold.ttf", "Noto Sans Arabic", 700, false),
        builtin_face!("NotoSansHebrew-Regular.ttf", "Noto Sans Hebrew", 400, false),
        builtin_face!("NotoSansHebrew-Bold.ttf", "Noto Sans Hebrew", 700, false),
        builtin_face!("NotoSansDevanagari-Regular.ttf", "Noto Sans Devanagari", 400, false),
        builtin_face!("NotoSansDevanagari-Bold.ttf", "Noto Sans Devanagari", 700, false),
        builtin_face!("NotoSansThai-Regular.ttf", "Noto Sans Thai", 400, false),
        builtin_face!("NotoSansThai-Bold.ttf", "Noto Sans Thai", 700, false),
        builtin_face!("DroidSansFallbackFull.ttf", "Droid Sans Fallback", 400, false),
        builtin_face!("NotoSansKR-Subset.ttf", "Noto Sans KR", 400, false),
        builtin_face!("NotoSansMath-Subset.ttf", "Noto Sans Math", 400, false),
        builtin_face!("NotoSansSymbols-Subset.ttf", "Noto Sans Symbols", 400, false),
        builtin_face!("NotoSansSymbols2-Subset.ttf", "Noto Sans Symbols 2", 400, false),
        builtin_face!("DejaVuSansMono-Subset.ttf", "DejaVu Sans Mono", 400, false),
        builtin_face!("NotoEmoji-Regular.ttf", "Noto Emoji", 400, false),
    ];
    files
        .into_iter()
        .filter_map(|(bytes, family, weight, italic)| {
            Face::parse(Bytes::from_static(bytes), Style { family: family.into(), weight, italic }).ok().map(Arc::new)
        })
        .collect()
});

impl Default for FontBook {
    fn default() -> Self {
        Self::builtin()
    }
}

impl FontBook {
    /// The faces that ship with Pressroom.
    pub fn builtin() -> Self {
        Self { faces: BUILTIN.clone(), stacks: Vec::new() }
    }

    /// Adds a face under the family name, weight and slant that its `@font-face` rule gives.
    ///
    /// The file is checked as far as drawing and embedding need it.
    pub fn add(&mut self, bytes: Arc<[u8]>, family: &str, weight: u16, italic: bool) -> Result<FontId, FontError> {
        let id = u16::try_from(self.faces.len()).map_err(|_| FontError::TooMany)?;
        let style = Style { family: family.into(), weight, italic };
        self.faces.push(Arc::new(Face::parse(Bytes::from_owner(bytes), style)?));
        Ok(FontId(id))
    }

    /// Whether a face's file holds several weights or widths, of which only its default is drawn.
    pub(crate) fn varies(&self, font: FontId) -> bool {
        self.face(font).font.tables().fvar().is_ok()
    }

    /// Whether a family of this name exists, generic names included.
    pub fn has_family(&self, name: &str) -> bool {
        self.faces.iter().any(|face| face.style.family.eq_ignore_ascii_case(resolve(name)))
    }

    /// The stack for a `font-family` list, a weight and a slant: one face per family that exists, chosen as
    /// CSS Fonts 4 §5.2 chooses, then the fallbacks. The same question gives the same stack.
    pub fn stack(&mut self, families: &[&str], weight: u16, italic: bool) -> FontStackId {
        let mut fonts: Vec<FontId> = Vec::new();
        for family in families.iter().map(|name| resolve(name)).chain(FALLBACKS) {
            let candidates = self.faces.iter().enumerate().map(|(index, face)| (index, &face.style));
            if let Some(index) = matching::best(candidates, family, weight, italic) {
                let font = FontId(index as u16);
                if !fonts.contains(&font) {
                    fonts.push(font);
                }
            }
        }
        let known = self.stacks.iter().position(|stack| **stack == *fonts);
        let index = known.unwrap_or_else(|| {
            self.stacks.push(fonts.into());
            self.stacks.len() - 1
        });
        // A template names a few dozen stacks; past 65,536 the last one is used rather than none.
        FontStackId(u16::try_from(index).unwrap_or(u16::MAX))
    }

    /// The faces of a stack, first choice first.
    pub fn fonts(&self, stack: FontStackId) -> &[FontId] {
        &self.stacks[usize::from(stack.0)]
    }

    /// The face that a stack's size and line height are measured by: its first choice.
    pub fn primary(&self, stack: FontStackId) -> FontId {
        self.fonts(stack).first().copied().unwrap_or_default()
    }

    /// Vertical measures of a face.
    pub fn metrics(&self, font: FontId) -> Metrics {
        self.face(font).metrics
    }

    /// The file of a face (TrueType or OpenType).
    pub fn data(&self, font: FontId) -> &Bytes {
        &self.face(font).data
    }

    /// A face by its number.
    pub(crate) fn face(&self, font: FontId) -> &Arc<Face> {
        &self.faces[usize::from(font.0)]
    }
}

/// The family behind a generic name; any other name is itself.
fn resolve(family: &str) -> &str {
    const GENERIC: [&str; 8] =
        ["sans-serif", "serif", "monospace", "system-ui", "ui-sans-serif", "ui-serif", "cursive", "fantasy"];
    if GENERIC.iter().any(|generic| generic.eq_ignore_ascii_case(family)) { DEFAULT_FAMILY } else { family }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_file_is_usable() {
        let book = FontBook::builtin();
        assert_eq!(book.faces.len(), 19);
        for family in FALLBACKS {
            assert!(book.has_family(family), "{family}");
        }
    }

    #[test]
    fn generic_and_unknown_families_end_in_the_default() {
        let mut book = FontBook::builtin();
        let sans = book.stack(&["sans-serif"], 400, false);
        let unknown = book.stack(&["No Such Font"], 400, false);
        assert_eq!(sans, unknown);
        assert_eq!(book.primary(sans), FontId(0));
        let bold = book.stack(&["SANS-SERIF"], 700, true);
        assert_eq!(book.primary(bold), FontId(3));
        // The Arabic fallback is bold too, upright for want of an italic.
        assert_eq!(book.fonts(bold)[1], FontId(5));
    }

    #[test]
    fn metrics_are_those_of_the_font() {
        let book = FontBook::builtin();
        let metrics = book.metrics(FontId(0));
        assert_eq!((metrics.ascent, metrics.descent, metrics.cap_height), (1069.0, 293.0, 714.0));
    }

    #[test]
    fn broken_files_are_errors() {
        let mut book = FontBook::builtin();
        let whole = book.data(FontId(6)).clone();
        assert_eq!(book.add(Arc::from(&b"wOF2nothing"[..]), "x", 400, false), Err(FontError::NotAFont));
        assert_eq!(book.add(Arc::from(&b""[..]), "x", 400, false), Err(FontError::NotAFont));
        for length in (0..whole.len()).step_by(997) {
            // Cut anywhere: a clean error or a font, never a panic.
            let _ = book.add(Arc::from(&whole[..length]), "x", 400, false);
        }
    }
}
