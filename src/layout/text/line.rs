//! One line of shaped text.

use std::ops::Range;

use super::{
    bidi,
    font::FontId,
    paragraph::Span,
    piece::{Content, Piece, is_wide, separates_words},
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

    /// Fills the line with pieces given in reading order, and tells where objects come to stand. `expansion` is added
    /// at each place where a justified line is widened.
    pub(crate) fn fill(
        &mut self,
        text: &str,
        pieces: &[Piece],
        spans: &[Span],
        expansion: f32,
        levels: &mut Vec<u8>,
    ) -> Vec<(u32, f32)> {
        levels.clear();
        levels.extend(pieces.iter().map(|piece| piece.level));
        let turned = levels.iter().any(|level| *level > 0);
        let order = if turned { bidi::visual_order(levels) } else { Vec::new() };
        let end = pieces.iter().rfind(|piece| piece.segment().is_some()).map_or(0, |piece| piece.end as usize);
        let mut objects = Vec::new();
        for index in 0..pieces.len() {
            let piece = &pieces[order.get(index).map_or(index, |&at| at as usize)];
            if let Content::Object(object) = piece.content {
                objects.push((object, self.width));
                self.width += piece.width;
            }
            if let Some(segment) = piece.segment() {
                self.piece(piece, segment, text, &spans[piece.span as usize], Room { expansion, end });
            }
        }
        self.rebase();
        objects
    }

    fn piece(&mut self, piece: &Piece, segment: &Segment, text: &str, span: &Span, room: Room) {
        let spaced = span.letter_spacing != 0.0 || span.word_spacing != 0.0 || room.expansion != 0.0;
        for part in &segment.parts {
            let style = RunStyle { font: part.font, size: span.size, tag: span.tag, rtl: segment.rtl };
            let glyphs = &segment.glyphs[part.glyphs.start as usize..part.glyphs.end as usize];
            let moved = glyphs.iter().map(|glyph| Glyph { cluster: glyph.cluster + piece.start, ..*glyph });
            let range = part.text.start + piece.start..part.text.end + piece.start;
            if let Content::Tab(_) = piece.content {
                let advance = piece.width * 1000.0 / span.size.max(0.001);
                self.push(&style, range, moved.map(|glyph| Glyph { advance, ..glyph }));
            } else if spaced {
                self.push(&style, range, room.spread(moved.collect(), text, span));
            } else {
                self.push(&style, range, moved);
            }
        }
    }
}

/// How much wider than by nature a line is set.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    /// Added wherever a justified line is widened.
    pub(crate) expansion: f32,
    /// Where the text of the line ends.
    pub(crate) end: usize,
}

impl Room {
    /// Moves letters apart; what is added to a cluster goes behind it.
    fn spread(self, mut glyphs: Vec<Glyph>, text: &str, span: &Span) -> impl Iterator<Item = Glyph> {
        for i in 0..glyphs.len() {
            let cluster = glyphs[i].cluster;
            if glyphs.get(i + 1).is_some_and(|next| next.cluster == cluster) {
                continue;
            }
            let mut extra = span.letter_spacing;
            if text[cluster as usize..].starts_with(separates_words) {
                extra += span.word_spacing;
            }
            if self.is_widened(text, cluster as usize) {
                extra += self.expansion;
            }
            glyphs[i].advance += extra * 1000.0 / span.size.max(0.001);
        }
        glyphs.into_iter()
    }

    /// Whether a justified line is widened behind the cluster that begins at a byte.
    pub(crate) fn is_widened(self, text: &str, at: usize) -> bool {
        let mut characters = text[at..self.end.max(at)].chars();
        match (characters.next(), characters.next()) {
            (Some(own), Some(next)) => separates_words(own) || is_wide(own) || is_wide(next),
            _ => false,
        }
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
