//! The fonts of one document: which glyphs were drawn, and which text each of them stands for.
//!
//! Glyph codes in page content are the face's own glyph numbers, so they don't depend on the subset, which is known
//! only at the end: a TrueType font maps them by `CIDToGIDMap`, a CFF font by a character map of its own.

use std::{
    io::{self, Write},
    sync::Arc,
};

use super::{
    file::{ObjectFile, Ref},
    number::hundredths,
    object::push_name,
    program::{self, BadFont, Program, Told},
    writer::PdfError,
};
use crate::layout::{
    page::Glyph,
    text::{Face, FontBook, FontId},
};

/// The faces that a document has used so far, by their number.
pub(crate) struct Fonts {
    book: Arc<FontBook>,
    used: Vec<Option<FontUse>>,
}

/// What a document has drawn with one face. Bounded by the number of its glyphs.
pub(crate) struct FontUse {
    face: Arc<Face>,
    /// By glyph: what it stands for.
    meanings: Vec<Meaning>,
    /// The glyphs drawn, in the order of first being so.
    drawn: Vec<u16>,
    /// The texts of glyphs that stand for more than a character.
    texts: Vec<Box<str>>,
}

/// What a glyph stands for whenever it is drawn: the first text that it was drawn for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// It wasn't drawn.
    Unused,
    /// It was drawn only inside of spans with a text of their own.
    Unknown,
    Character(char),
    Text(u32),
}

impl Fonts {
    pub(crate) fn new(book: Arc<FontBook>) -> Self {
        Self { book, used: Vec::new() }
    }

    /// A face in use.
    pub(crate) fn get(&mut self, font: FontId) -> &mut FontUse {
        let index = usize::from(font.0);
        if self.used.len() <= index {
            self.used.resize_with(index + 1, || None);
        }
        let book = &self.book;
        self.used[index].get_or_insert_with(|| FontUse::new(book, font))
    }

    /// Glyph and width of each decimal digit, in a face in use. Marks them as drawn.
    pub(crate) fn digits(&mut self, font: FontId) -> [(u16, i64); 10] {
        let used = self.get(font);
        std::array::from_fn(|digit| {
            let character = char::from(b'0' + digit as u8);
            let glyph = used.face.glyph(character).unwrap_or(0);
            used.says(glyph, character);
            (glyph, used.width(glyph))
        })
    }

    /// Writes the fonts and returns the entries of the font resources.
    pub(crate) fn finish<W: Write>(self, file: &mut ObjectFile<W>) -> Result<Vec<u8>, PdfError> {
        let mut resources = Vec::new();
        for (index, used) in self.used.iter().enumerate() {
            let Some(used) = used else { continue };
            let at = file.reserve()?;
            used.write(at, file)?;
            resources.extend_from_slice(format!("/F{index} {} 0 R", at.0).as_bytes());
        }
        Ok(resources)
    }
}

impl FontUse {
    fn new(book: &FontBook, font: FontId) -> Self {
        let face = book.face(font);
        let meanings = vec![Meaning::Unused; face.advances().len()];
        Self { meanings, face: Arc::clone(face), drawn: Vec::new(), texts: Vec::new() }
    }

    /// The glyph that the face has for a character.
    pub(crate) fn nominal(&self, character: char) -> Option<u16> {
        self.face.glyph(character)
    }

    /// The width of a glyph in hundredths of a thousandth of the font size, exactly as readers will know it.
    pub(crate) fn width(&self, glyph: u16) -> i64 {
        hundredths(self.face.advance(glyph))
    }

    /// How much farther the pen goes on than the width says, in hundredths of a thousandth: kerning, mostly.
    pub(crate) fn excess(&self, glyph: &Glyph) -> i64 {
        // Rounding only what differs keeps half of all glyphs out of it.
        let own = self.face.advance(glyph.id);
        if glyph.advance == own { 0 } else { hundredths(glyph.advance) - hundredths(own) }
    }

    /// Notes that a glyph is drawn for a character. False if it stands for something else already.
    pub(crate) fn says(&mut self, glyph: u16, character: char) -> bool {
        match self.meaning(glyph) {
            None | Some(Meaning::Text(_)) => false,
            Some(Meaning::Character(known)) => known == character,
            Some(Meaning::Unused | Meaning::Unknown) => {
                self.mean(glyph, Meaning::Character(character));
                true
            }
        }
    }

    /// The same for a glyph that stands for several characters.
    pub(crate) fn says_text(&mut self, glyph: u16, text: &str) -> bool {
        match self.meaning(glyph) {
            None | Some(Meaning::Character(_)) => false,
            Some(Meaning::Text(known)) => *self.texts[known as usize] == *text,
            Some(Meaning::Unused | Meaning::Unknown) => {
                self.mean(glyph, Meaning::Text(self.texts.len() as u32));
                self.texts.push(text.into());
                true
            }
        }
    }

    /// Notes that a glyph is drawn, inside of a span that tells the text.
    pub(crate) fn draws(&mut self, glyph: u16) {
        if self.meaning(glyph) == Some(Meaning::Unused) {
            self.mean(glyph, Meaning::Unknown);
        }
    }

    fn meaning(&self, glyph: u16) -> Option<Meaning> {
        self.meanings.get(usize::from(glyph)).copied()
    }

    fn mean(&mut self, glyph: u16, meaning: Meaning) {
        if std::mem::replace(&mut self.meanings[usize::from(glyph)], meaning) == Meaning::Unused {
            self.drawn.push(glyph);
        }
    }

    fn write<W: Write>(&self, at: Ref, file: &mut ObjectFile<W>) -> Result<(), PdfError> {
        let program = program::program(&self.face, self.drawn.iter().copied())?;
        let descriptor = write_descriptor(&program, file)?;
        let unicode = file.reserve()?;
        file.encoded_stream(unicode, b"/Filter/FlateDecode", &program.unicode(self.told(&program)))?;
        let codes = file.reserve()?;
        file.encoded_stream(codes, program.code_map.entries, &program.code_map.compressed)?;

        let mut body = b"<</Type/Font/Subtype/Type0/BaseFont".to_vec();
        push_name(&mut body, program.name.as_bytes());
        let encoding = if program.is_cff { format!(" {} 0 R", codes.0) } else { "/Identity-H".to_owned() };
        body.extend_from_slice(format!("/Encoding{encoding}/ToUnicode {} 0 R", unicode.0).as_bytes());
        body.extend_from_slice(b"/DescendantFonts[<</Type/Font/BaseFont");
        push_name(&mut body, program.name.as_bytes());
        body.extend_from_slice(b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>");
        let kind = match program.is_cff {
            true => "/Subtype/CIDFontType0".to_owned(),
            false => format!("/Subtype/CIDFontType2/CIDToGIDMap {} 0 R", codes.0),
        };
        body.extend_from_slice(format!("{kind}/FontDescriptor {} 0 R", descriptor.0).as_bytes());
        body.extend_from_slice(b"/DW 0/W");
        body.extend_from_slice(&program.widths);
        body.extend_from_slice(b">>]>>");
        file.object(at, &body)?;
        Ok(())
    }

    /// The glyphs drawn whose text isn't the character that they stand for by themselves, in order.
    fn told(&self, program: &Program) -> Vec<Told> {
        let mut buffer = [0; 4];
        let mut differs = |glyph: &u16| {
            let own = program.character(*glyph);
            let text: &str = match self.meaning(*glyph)? {
                Meaning::Character(character) if own == Some(character) => return None,
                Meaning::Character(character) => character.encode_utf8(&mut buffer),
                Meaning::Text(index) => &self.texts[index as usize],
                // Spans tell what it is; one that stands for nothing by itself has to say something all the same.
                Meaning::Unknown if own.is_some() => return None,
                Meaning::Unknown | Meaning::Unused => char::REPLACEMENT_CHARACTER.encode_utf8(&mut buffer),
            };
            Some((*glyph, text.into()))
        };
        let mut told: Vec<Told> = self.drawn.iter().filter_map(&mut differs).collect();
        told.sort_unstable();
        told
    }
}

impl From<BadFont> for PdfError {
    fn from(_: BadFont) -> Self {
        Self::Font
    }
}

/// Writes printpdf's font descriptor and the font file.
fn write_descriptor<W: Write>(program: &Program, file: &mut ObjectFile<W>) -> io::Result<Ref> {
    let font_file = file.reserve()?;
    file.encoded_stream(font_file, &program.file_entries, &program.file)?;
    let at = file.reserve()?;
    let mut body = [b"<<", &program.descriptor[..]].concat();
    let key = if program.is_cff { "FontFile3" } else { "FontFile2" };
    body.extend_from_slice(format!("/{key} {} 0 R>>", font_file.0).as_bytes());
    file.object(at, &body)?;
    Ok(at)
}
