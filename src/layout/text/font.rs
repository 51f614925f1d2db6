//! The fonts of a document.

use std::sync::Arc;

/// Names one face of a [`FontBook`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FontId(pub u16);

/// Vertical measures of a face, in thousandths of the font size; `descent` is positive downwards.
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
}

/// All faces that a document may use: those of its template first, then the built-in ones.
#[derive(Debug, Default)]
pub struct FontBook {
    faces: Vec<Arc<[u8]>>,
}

impl FontBook {
    /// The file of a face (TrueType or OpenType).
    pub fn data(&self, font: FontId) -> &Arc<[u8]> {
        &self.faces[usize::from(font.0)]
    }
}
