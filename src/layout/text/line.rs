//! One line of shaped text.

use std::{ops::Range, sync::Arc};

use super::{
    bidi,
    font::{FontId, FontStackId},
    segment::Segment,
};
use crate::layout::page::{Color, Glyph, Item, Page, Run};

/// One line of shaped text, ready to be placed. Lengths are in points.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ShapedLine {
    /// From the first glyph's origin to the pen's last position.
    pub width: f32,
    /// Its runs, from left to right.
    pub runs: Vec<ShapedRun>,
    /// The glyphs of all runs; clusters are byte offsets in their run's text.
    pub glyphs: Vec<Glyph>,
}

/// Consecutive glyphs of one face, size and direction.
#[derive(Debug, Clone, PartialEq)]
pub struct ShapedRun {
    /// Where it begins, from the line's left edge.
    pub x: f32,
    /// How wide it is.
    pub width: f32,
    /// The face.
    pub font: FontId,
    /// The font size.
    pub size: f32,
    /// The tag of the span that it comes from.
    pub tag: u32,
    /// Its glyphs in [`ShapedLine::glyphs`], from left to right.
    pub glyphs: Range<u32>,
    /// Its text, as byte offsets in the text that was shaped.
    pub text: Range<u32>,
    /// Whether the text reads from right to left.
    pub rtl: bool,
}

impl ShapedLine {
    /// The glyphs of one of its runs.
    pub fn glyphs(&self, run: &ShapedRun) -> &[Glyph] {
        &self.glyphs[run.glyphs.start as usize..run.glyphs.end as usize]
    }

    /// Puts the line on a page, its left edge at `x` and its baseline at `y`. `text` is what was shaped;
    /// `color` tells the colour of each run.
    pub fn place(&self, text: &str, page: &mut Page, x: f32, y: f32, mut color: impl FnMut(&ShapedRun) -> Color) {
        for run in &self.runs {
            let (first_glyph, first_byte) = (page.glyphs.len() as u32, page.text.len() as u32);
            page.glyphs.extend_from_slice(self.glyphs(run));
            page.text.push_str(&text[run.text.start as usize..run.text.end as usize]);
            page.items.push(Item::Text(Run {
                owner: crate::layout::page::TagId::ARTIFACT,
                x: x + run.x,
                y,
                font: run.font,
                size: run.size,
                color: color(run),
                glyphs: first_glyph..page.glyphs.len() as u32,
                text: first_byte..page.text.len() as u32,
                rtl: run.rtl,
            }));
        }
    }

    /// Empties the line, keeping its memory.
    pub(crate) fn clear(&mut self) {
        self.width = 0.0;
        self.runs.clear();
        self.glyphs.clear();
    }

    /// Appends glyphs to the right. They join the last run where face, size, tag and direction agree and the text
    /// goes on; clusters are byte offsets in the whole text until [`Self::rebase`].
    pub(crate) fn push(&mut self, style: &RunStyle, text: Range<u32>, glyphs: impl Iterator<Item = Glyph>) {
        let first = self.glyphs.len() as u32;
        self.glyphs.extend(glyphs);
        let advance: f32 = self.glyphs[first as usize..].iter().map(|glyph| glyph.advance).sum();
        let width = advance * style.size / 1000.0;
        match self.runs.last_mut() {
            Some(run) if style.continues(run, &text) => {
                run.glyphs.end = self.glyphs.len() as u32;
                run.text = run.text.start.min(text.start)..run.text.end.max(text.end);
                run.width += width;
            }
            _ => self.runs.push(ShapedRun {
                x: self.width,
                width,
                font: style.font,
                size: style.size,
                tag: style.tag,
                glyphs: first..self.glyphs.len() as u32,
                text,
                rtl: style.rtl,
            }),
        }
        self.width += width;
    }

    /// Makes clusters relative to the text of their run.
    pub(crate) fn rebase(&mut self) {
        for run in &self.runs {
            for glyph in &mut self.glyphs[run.glyphs.start as usize..run.glyphs.end as usize] {
                glyph.cluster -= run.text.start;
            }
        }
    }

    /// Widens the spaces by `spare` points in all, if there are any.
    pub(crate) fn widen_spaces(&mut self, text: &str, spare: f32) {
        let Self { runs, glyphs, width } = self;
        let is_space = |run: &ShapedRun, glyph: &Glyph| {
            run.size > 0.0 && text.as_bytes()[(run.text.start + glyph.cluster) as usize] == b' '
        };
        let range = |run: &ShapedRun| run.glyphs.start as usize..run.glyphs.end as usize;
        let count = |run: &ShapedRun| glyphs[range(run)].iter().filter(|glyph| is_space(run, glyph)).count();
        let counts: Vec<usize> = runs.iter().map(count).collect();
        let total: usize = counts.iter().sum();
        if total == 0 {
            return;
        }
        let each = spare / total as f32;
        let mut moved = 0.0;
        for (run, count) in runs.iter_mut().zip(counts) {
            run.x += moved;
            run.width += each * count as f32;
            moved += each * count as f32;
            for glyph in &mut glyphs[range(run)] {
                if is_space(run, glyph) {
                    glyph.advance += each * 1000.0 / run.size;
                }
            }
        }
        *width += spare;
    }

    /// Fills the line with pieces given in reading order.
    pub(crate) fn fill(&mut self, pieces: &[Piece], levels: &mut Vec<u8>) {
        levels.clear();
        levels.extend(pieces.iter().map(|piece| piece.level));
        let turned = levels.iter().any(|level| *level > 0);
        let order = if turned { bidi::visual_order(levels) } else { Vec::new() };
        for index in 0..pieces.len() {
            let piece = &pieces[order.get(index).map_or(index, |&at| at as usize)];
            let segment = &piece.segment;
            for part in &segment.parts {
                let style = RunStyle { font: part.font, size: piece.size, tag: piece.tag, rtl: segment.rtl };
                let glyphs = &segment.glyphs[part.glyphs.start as usize..part.glyphs.end as usize];
                let moved = glyphs.iter().map(|glyph| Glyph { cluster: glyph.cluster + piece.start, ..*glyph });
                self.push(&style, part.text.start + piece.start..part.text.end + piece.start, moved);
            }
        }
        self.rebase();
    }
}

/// What the glyphs of a run have in common.
pub(crate) struct RunStyle {
    pub(crate) font: FontId,
    pub(crate) size: f32,
    pub(crate) tag: u32,
    pub(crate) rtl: bool,
}

impl RunStyle {
    /// Whether glyphs of this style and text go on where a run ends.
    fn continues(&self, run: &ShapedRun, text: &Range<u32>) -> bool {
        let adjoins = if self.rtl { text.end == run.text.start } else { text.start == run.text.end };
        adjoins && (run.font, run.size, run.tag, run.rtl) == (self.font, self.size, self.tag, self.rtl)
    }
}

/// A shaped piece of a text: where it stands and how it reads.
#[derive(Clone)]
pub(crate) struct Piece {
    /// The shaped text.
    pub(crate) segment: Arc<Segment>,
    /// Its fonts.
    pub(crate) stack: FontStackId,
    /// Where it starts in the text, in bytes.
    pub(crate) start: u32,
    /// Where it ends in the text, in bytes.
    pub(crate) end: u32,
    /// Its embedding level.
    pub(crate) level: u8,
    /// The font size in points.
    pub(crate) size: f32,
    /// The tag of its span.
    pub(crate) tag: u32,
}
