//! "Page n of m": the total is a form of its own, drawn by every page and written last.

use std::io::{self, Write};

use super::{
    content::color::push_color,
    file::{ObjectFile, Ref},
    fonts::Fonts,
    number::{hundredths, push_hundredths},
    object::push_escaped,
};
use crate::layout::{
    page::{Anchor, Color},
    text::FontId,
};

/// The forms that pages refer to, one per style.
#[derive(Default)]
pub(crate) struct Totals {
    styles: Vec<(FontId, i64, Color, Anchor)>,
}

impl Totals {
    /// The number of the form for a style.
    pub(crate) fn name(&mut self, font: FontId, size: f32, color: Color, align: Anchor) -> usize {
        let style = (font, hundredths(size), color, align);
        self.styles.iter().position(|known| *known == style).unwrap_or_else(|| {
            self.styles.push(style);
            self.styles.len() - 1
        })
    }

    /// Writes the forms and returns their entries in the resources. `fonts` is where the fonts will be found.
    pub(crate) fn finish<W: Write>(
        self,
        total: u64,
        used: &mut Fonts,
        resources: Ref,
        file: &mut ObjectFile<W>,
    ) -> io::Result<Vec<u8>> {
        let mut entries = Vec::new();
        for (name, (font, size, color, align)) in self.styles.into_iter().enumerate() {
            let digits = used.digits(font);
            let shown: Vec<(u16, i64)> =
                total.to_string().bytes().map(|digit| digits[usize::from(digit - b'0')]).collect();
            // Widths are in hundredths of a thousandth, sizes in hundredths of a point.
            let width = shown.iter().map(|(_, width)| width).sum::<i64>() * size / 100_000;
            let left = match align {
                Anchor::Start => 0,
                Anchor::Middle => -width / 2,
                Anchor::End => -width,
            };
            let at = file.reserve()?;
            let mut dictionary = b"/Type/XObject/Subtype/Form/BBox[".to_vec();
            for edge in [left, -size, left + width, size] {
                push_hundredths(&mut dictionary, edge);
                dictionary.push(b' ');
            }
            dictionary.extend_from_slice(format!("]/Resources {} 0 R", resources.0).as_bytes());
            file.stream(at, &dictionary, &content(font, size, color, left, &shown))?;
            entries.extend_from_slice(format!("/T{name} {} 0 R", at.0).as_bytes());
        }
        Ok(entries)
    }
}

fn content(font: FontId, size: i64, color: Color, left: i64, shown: &[(u16, i64)]) -> Vec<u8> {
    let mut out = Vec::new();
    push_color(&mut out, color, "rg");
    out.extend_from_slice(format!("BT/F{} ", font.0).as_bytes());
    push_hundredths(&mut out, size);
    out.extend_from_slice(b" Tf ");
    push_hundredths(&mut out, left);
    out.extend_from_slice(b" 0 Td(");
    shown.iter().flat_map(|(glyph, _)| glyph.to_be_bytes()).for_each(|byte| push_escaped(&mut out, byte));
    out.extend_from_slice(b")Tj ET\n");
    out
}
