//! One parsed font file.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use bytes::Bytes;
use harfrust::{Direction, Feature, Font, GlyphId, Language, Script, ShapePlan, Tag};
use sha2::{Digest, Sha256};
use skrifa::{
    MetadataProvider,
    instance::{LocationRef, Size},
    outline::{DrawSettings, pen::NullPen},
    raw::TableProvider,
};

use super::{
    font::{FontError, Metrics},
    matching::Style,
    plain::Plain,
};

/// One parsed font file with what shaping and embedding ask of it.
pub(crate) struct Face {
    /// Name, weight and slant.
    pub(crate) style: Style,
    /// The file.
    pub(crate) data: Bytes,
    /// The parsed file; it shares `data`.
    pub(crate) font: Font,
    /// Vertical measures.
    pub(crate) metrics: Metrics,
    /// Thousandths of the font size per font unit.
    pub(crate) scale: f32,
    advances: OnceLock<Box<[f32]>>,
    plain: OnceLock<Plain>,
    digest: OnceLock<[u8; 32]>,
    plans: RwLock<Vec<(bool, Arc<ShapePlan>)>>,
}

/// More plans than this start anew: no document mixes so many scripts and languages in one face.
const MAX_PLANS: usize = 64;

/// The features that join letters by choice, which `letter-spacing` turns off.
const APART: [&[u8; 4]; 2] = [b"liga", b"clig"];

impl std::fmt::Debug for Face {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Face").field("style", &self.style).field("bytes", &self.data.len()).finish_non_exhaustive()
    }
}

impl Face {
    /// Reads a font file.
    pub(crate) fn parse(data: Bytes, style: Style) -> Result<Self, FontError> {
        if !matches!(data.get(..4), Some([0, 1, 0, 0] | b"OTTO" | b"true")) {
            return Err(FontError::NotAFont);
        }
        let shared: Arc<dyn AsRef<[u8]> + Send + Sync> = Arc::new(data.clone());
        check_extents(&data)?;
        let font = Font::new(skrifa::font::Blob::Shared(shared), 0).ok_or(FontError::NotAFont)?;
        check_tables(&font)?;
        let scale = 1000.0 / f32::from(font.units_per_em());
        let metrics = metrics(&font, scale);
        Ok(Self {
            style,
            data,
            font,
            metrics,
            scale,
            advances: OnceLock::new(),
            plain: OnceLock::new(),
            digest: OnceLock::new(),
            plans: RwLock::default(),
        })
    }

    /// The glyph of a character, if the face has one.
    pub(crate) fn glyph(&self, character: char) -> Option<u16> {
        let glyph = self.font.charmap().map_unicode(character)?.to_u32();
        u16::try_from(glyph).ok().filter(|&glyph| glyph != 0)
    }

    /// The advance width of a glyph in thousandths of the font size.
    pub(crate) fn advance(&self, glyph: u16) -> f32 {
        self.advances().get(usize::from(glyph)).copied().unwrap_or(0.0)
    }

    /// The advance widths of all glyphs.
    pub(crate) fn advances(&self) -> &[f32] {
        self.advances.get_or_init(|| {
            let metrics = self.font.glyph_metrics();
            let glyphs = self.font.num_glyphs().min(u32::from(u16::MAX));
            (0..glyphs).map(|glyph| metrics.h_advance(GlyphId::new(glyph)) * self.scale).collect()
        })
    }

    /// The first glyph whose outline can't be read.
    pub(crate) fn unreadable_glyph(&self) -> Option<u16> {
        let Ok(font) = skrifa::FontRef::new(&self.data) else { return Some(0) };
        let outlines = font.outline_glyphs();
        let glyphs = self.font.num_glyphs().min(u32::from(u16::MAX)) as u16;
        (0..glyphs).find(|glyph| {
            let Some(outline) = outlines.get(GlyphId::new(u32::from(*glyph))) else { return true };
            let settings = DrawSettings::unhinted(Size::unscaled(), LocationRef::default());
            outline.draw(settings, &mut NullPen).is_err()
        })
    }

    /// The characters that need no shaping.
    pub(crate) fn plain(&self) -> &Plain {
        self.plain.get_or_init(|| Plain::of(self))
    }

    /// What shaping has to do for a script, direction and language: costly to find out, so kept for the process.
    /// Letters that are `apart` form no ligatures.
    pub(crate) fn plan(
        &self,
        script: Script,
        direction: Direction,
        language: Option<&Language>,
        apart: bool,
    ) -> Arc<ShapePlan> {
        let fits = |(kind, plan): &&(bool, Arc<ShapePlan>)| {
            (*kind, plan.script(), plan.direction()) == (apart, Some(script), direction) && plan.language() == language
        };
        if let Some((_, plan)) = self.plans.read().unwrap_or_else(PoisonError::into_inner).iter().find(fits) {
            return Arc::clone(plan);
        }
        let features = if apart { APART.map(|tag| Feature::new(Tag::new(tag), 0, ..)).to_vec() } else { Vec::new() };
        let plan = Arc::new(ShapePlan::new(&self.font, direction, Some(script), language, &features));
        let mut plans = self.plans.write().unwrap_or_else(PoisonError::into_inner);
        if plans.len() >= MAX_PLANS {
            plans.clear();
        }
        plans.push((apart, Arc::clone(&plan)));
        plan
    }

    /// The SHA-256 of the file.
    pub(crate) fn digest(&self) -> &[u8; 32] {
        self.digest.get_or_init(|| Sha256::digest(&self.data).into())
    }
}

/// Fails if a table lies partly or wholly beyond the end of the file, as in one that is cut off.
fn check_extents(data: &[u8]) -> Result<(), FontError> {
    let records = data.get(12..).unwrap_or_default().chunks_exact(16);
    let count = data.get(4..6).map_or(0, |count| usize::from(u16::from_be_bytes([count[0], count[1]])));
    if records.len() < count {
        return Err(FontError::CutOff);
    }
    let number = |four: &[u8]| four.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    let beyond = |record: &[u8]| number(&record[8..12]) + number(&record[12..16]) > data.len() as u64;
    if records.take(count).any(beyond) { Err(FontError::CutOff) } else { Ok(()) }
}

/// Fails unless the tables are there that drawing and embedding need.
fn check_tables(font: &Font) -> Result<(), FontError> {
    let tables = font.tables();
    let outlines = (tables.glyf().is_ok() && tables.loca(None).is_ok()) || tables.cff().is_ok();
    let measured = tables.head().is_ok() && tables.maxp().is_ok() && tables.hhea().is_ok() && tables.hmtx().is_ok();
    if !outlines || !measured {
        return Err(FontError::NoOutlines);
    }
    if !font.charmap().has_unicode() {
        return Err(FontError::NoCharacterMap);
    }
    // OS/2 fsType: value 2 of the usage bits is "restricted licence embedding".
    match tables.os2() {
        Ok(os2) if os2.fs_type() & 0x000f == 0x0002 => Err(FontError::EmbeddingForbidden),
        _ => Ok(()),
    }
}

fn metrics(font: &Font, scale: f32) -> Metrics {
    let all = font.metrics();
    let preferred = if all.use_typo_metrics { all.typo_line } else { all.hhea_line };
    let line = preferred.or(all.typo_line).or(all.hhea_line).unwrap_or_default();
    let ascent = line.ascender.to_f32() * scale;
    Metrics {
        ascent,
        descent: -line.descender.to_f32() * scale,
        line_gap: line.line_gap.to_f32().max(0.0) * scale,
        cap_height: all.cap_height.map_or(ascent * 0.7, |height| height.to_f32() * scale),
        x_height: all.x_height.map_or(ascent * 0.56, |height| height.to_f32() * scale),
    }
}
