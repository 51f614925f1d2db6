//! The shaper: harfrust, a port of HarfBuzz, on one run of one face, script and direction.

use std::ops::Range;

use harfrust::{Buffer, BufferFlags, Direction, Language, Script, ShapeOptions, ShaperFont};

use super::face::Face;
use crate::layout::page::Glyph;

/// How text is shaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Manner {
    /// From right to left.
    pub(crate) rtl: bool,
    /// Each letter for itself, as `letter-spacing` wants it: no ligatures.
    pub(crate) apart: bool,
}

/// harfrust with a buffer to use again.
pub(crate) struct Harf {
    buffer: Buffer,
    language: Option<Language>,
}

impl Default for Harf {
    fn default() -> Self {
        Self { buffer: Buffer::new(), language: None }
    }
}

impl Harf {
    /// The script of text that is of no script.
    pub(crate) const LATIN: Script = Script::LATIN;

    /// Sets the BCP 47 language, which some faces draw letters by.
    pub(crate) fn set_language(&mut self, tag: &str) {
        self.language = Language::new(tag);
    }

    /// Shapes `range` of `text` and appends its glyphs in visual order; no ligatures where letters stand `apart`.
    ///
    /// What stands around the range is context, by which Arabic letters join; clusters are byte offsets in `text`.
    /// A character that the face lacks, or text that harfrust gives up on, becomes glyph 0.
    pub(crate) fn shape(
        &mut self,
        face: &Face,
        text: &str,
        range: Range<usize>,
        script: Script,
        Manner { rtl, apart }: Manner,
        glyphs: &mut Vec<Glyph>,
    ) {
        let direction = if rtl { Direction::RightToLeft } else { Direction::LeftToRight };
        let buffer = &mut self.buffer;
        buffer.reset();
        buffer.set_flags(BufferFlags::REMOVE_DEFAULT_IGNORABLES);
        for (at, character) in text[range.clone()].char_indices() {
            buffer.push(u32::from(drawable(character)), (range.start + at) as u32);
        }
        buffer.set_pre_context(&text[..range.start]);
        buffer.set_post_context(&text[range.end..]);
        buffer.set_direction(direction);
        buffer.set_script(Some(script));
        buffer.set_language(self.language.clone());
        let plan = face.plan(script, direction, self.language.as_ref(), apart);
        let shaped = harfrust::shape(&ShaperFont::new(&face.font), buffer, ShapeOptions::new().plan(Some(&plan)));
        if shaped.is_err() {
            glyphs.push(Glyph { id: 0, advance: 0.0, dx: 0.0, dy: 0.0, cluster: range.start as u32 });
            return;
        }
        let scale = |units: i32| units as f32 * face.scale;
        glyphs.extend(buffer.glyph_infos().iter().zip(buffer.glyph_positions()).map(|(info, position)| Glyph {
            id: u16::try_from(info.glyph_id).unwrap_or(0),
            advance: scale(position.x_advance),
            dx: scale(position.x_offset),
            dy: scale(position.y_offset),
            cluster: info.cluster,
        }));
    }
}

/// Tabs and other control characters are drawn as spaces.
fn drawable(character: char) -> char {
    if character.is_control() { ' ' } else { character }
}
