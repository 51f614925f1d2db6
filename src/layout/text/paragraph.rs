//! Breaks text into lines of a width.

use std::{ops::Range, sync::Arc};

use unicode_bidi::{BidiInfo, Level};
use unicode_linebreak::{BreakClass, BreakOpportunity, break_property, linebreaks};
use unicode_segmentation::UnicodeSegmentation;

use super::{
    bidi,
    font::FontStackId,
    line::{Piece, ShapedLine},
    segment::Segment,
    shaper::Shaper,
};

/// A stretch of a paragraph's text of one style. Spans follow each other without gaps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// Where it ends in the text, in bytes, at a character's border. It begins where the one before it ends.
    pub end: usize,
    /// Its fonts.
    pub stack: FontStackId,
    /// Its font size in points.
    pub size: f32,
    /// Handed on to [`super::ShapedRun::tag`].
    pub tag: u32,
}

/// How lines are filled. Lengths are in points.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Flow {
    /// The width to fill.
    pub width: f32,
    /// Where lines stand in it.
    pub align: Align,
    /// Whether the paragraph's base direction is right to left (`direction: rtl`).
    pub rtl: bool,
    /// Break only where the text has line feeds (`white-space: nowrap`, `pre`).
    pub no_wrap: bool,
    /// Break a word that is wider than the line (`overflow-wrap: break-word`); else it sticks out.
    pub break_words: bool,
}

/// Where a line stands in its width (`text-align`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// Where reading starts: left, or right if the base direction is right to left.
    #[default]
    Start,
    /// Where reading ends.
    End,
    /// On the left.
    Left,
    /// In the middle.
    Center,
    /// On the right.
    Right,
    /// Spaces are widened until both ends are reached; the last line and lines before a line feed stand at the start.
    Justify,
}

/// One line of a paragraph.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    /// Its text, in bytes of the paragraph's text, with the spaces at its end.
    pub text: Range<usize>,
    /// Its left edge, from the left edge of the width.
    pub x: f32,
    /// Its glyphs, without the spaces at its end.
    pub shaped: ShapedLine,
}

impl Shaper {
    /// Breaks text into lines. Time and memory are linear in the text.
    ///
    /// Breaks are those of UAX 14 (soft hyphens included); spaces at the end of a line take no width. Thai, Lao,
    /// Khmer and Burmese, which need a dictionary to find words, break between any two letters when a stretch
    /// without spaces is too wide.
    pub fn paragraph(&mut self, text: &str, spans: &[Span], flow: &Flow) -> Vec<Line> {
        let base = if flow.rtl { Level::rtl() } else { Level::ltr() };
        let turned = flow.rtl || bidi::is_needed(text);
        let levels = if turned { BidiInfo::new(text, Some(base)).levels } else { Vec::new() };
        let mut filler = Filler {
            shaper: self,
            text,
            levels,
            flow,
            base,
            pieces: Vec::new(),
            width: 0.0,
            start: 0,
            lines: Vec::new(),
        };
        let mut start = 0;
        let mut span = 0;
        for (end, opportunity) in linebreaks(text) {
            let forced = opportunity == BreakOpportunity::Mandatory;
            if forced || !flow.no_wrap {
                filler.unit(start..end, spans, &mut span);
                start = end;
            }
            if forced && (end < text.len() || text.ends_with(is_line_feed)) {
                filler.finish(end, true);
            }
        }
        if filler.start < text.len() {
            filler.finish(text.len(), true);
        }
        filler.lines
    }
}

/// The line being filled, and those that are full.
struct Filler<'a> {
    shaper: &'a mut Shaper,
    text: &'a str,
    /// Embedding levels by byte; empty if all is left to right.
    levels: Vec<Level>,
    flow: &'a Flow,
    base: Level,
    /// What stands on the line so far.
    pieces: Vec<Piece>,
    /// The width of it, spaces included.
    width: f32,
    /// Where the line starts in the text.
    start: usize,
    lines: Vec<Line>,
}

impl Filler<'_> {
    /// Adds what stands between two places where a line may end, on this line or a new one.
    fn unit(&mut self, range: Range<usize>, spans: &[Span], span: &mut usize) {
        let at = range.start;
        let pieces = self.shape(range, spans, span);
        let inked = pieces.iter().rposition(|piece| !is_blank(self.text, piece)).map_or(0, |last| last + 1);
        let mut needed: f32 = pieces[..inked].iter().map(width).sum();
        if let Some(last) = pieces[..inked].last() {
            needed += self.hyphen(last).as_ref().map_or(0.0, width);
        }
        // A hair's breadth of rounding must not break what was measured to fit.
        let limit = self.flow.width + 0.01;
        if self.width + needed > limit && !self.pieces.is_empty() && !self.flow.no_wrap {
            self.finish(at, false);
        }
        if needed > limit && !self.flow.no_wrap && pieces.iter().any(|piece| self.may_be_cut(piece)) {
            pieces.into_iter().for_each(|piece| self.cut(piece, limit));
        } else {
            pieces.into_iter().for_each(|piece| self.push(piece));
        }
    }

    fn push(&mut self, piece: Piece) {
        self.width += width(&piece);
        self.pieces.push(piece);
    }

    /// Shapes a range piece by piece: a piece has one span, one direction, and is spaces or a word.
    fn shape(&mut self, range: Range<usize>, spans: &[Span], span: &mut usize) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut at = range.start;
        while at < range.end {
            while spans.get(*span).is_some_and(|current| current.end <= at) {
                *span += 1;
            }
            let Some(style) = spans.get(*span) else { break };
            let level = self.levels.get(at).copied().unwrap_or(self.base);
            let rest = &self.text[at..range.end.min(style.end)];
            let spaces = rest.starts_with(is_space);
            let same = |(offset, character): &(usize, char)| {
                is_space(*character) == spaces && self.levels.get(at + offset).is_none_or(|other| *other == level)
            };
            let length = rest.char_indices().find(|place| !same(place)).map_or(rest.len(), |(offset, _)| offset);
            pieces.push(self.piece(at..at + length, style.stack, level, style.size, style.tag));
            at += length;
        }
        pieces
    }

    fn piece(&mut self, text: Range<usize>, stack: FontStackId, level: Level, size: f32, tag: u32) -> Piece {
        let segment = self.shaper.segment(&self.text[text.clone()], stack, level.is_rtl());
        Piece { segment, stack, start: text.start as u32, end: text.end as u32, level: level.number(), size, tag }
    }

    /// Whether a piece may be broken inside for want of width.
    fn may_be_cut(&self, piece: &Piece) -> bool {
        let text = &self.text[piece.start as usize..piece.end as usize];
        let needs_dictionary = |character| break_property(u32::from(character)) == BreakClass::ComplexContext;
        self.flow.break_words || text.chars().any(needs_dictionary)
    }

    /// Adds a piece, ending the line between two graphemes whenever it is full.
    fn cut(&mut self, piece: Piece, limit: f32) {
        if self.width + width(&piece) <= limit || is_blank(self.text, &piece) || !self.may_be_cut(&piece) {
            return self.push(piece);
        }
        let (start, end) = (piece.start as usize, piece.end as usize);
        let level = Level::new(piece.level).unwrap_or(self.base);
        let mut advances = grapheme_advances(&self.text[start..end], &piece).into_iter().peekable();
        let mut from = start;
        while from < end {
            let mut to = from;
            let mut taken = self.width;
            while let Some(&(offset, advance)) = advances.peek() {
                let fits = taken + advance <= limit || (to == from && self.pieces.is_empty());
                if !fits {
                    break;
                }
                taken += advance;
                to = start + offset;
                advances.next();
            }
            if to > from {
                let part = self.piece(from..to, piece.stack, level, piece.size, piece.tag);
                self.push(part);
            }
            if to < end {
                self.finish(to, false);
            }
            from = to;
        }
    }

    /// The hyphen that shows if the line ends after this piece: a piece that ends in a soft hyphen has one.
    fn hyphen(&mut self, piece: &Piece) -> Option<Piece> {
        let soft = '\u{AD}';
        if !self.text[..piece.end as usize].ends_with(soft) {
            return None;
        }
        let mut segment = Segment::clone(&self.shaper.segment("-", piece.stack, piece.level % 2 == 1));
        // It stands for the soft hyphen, whose text it takes.
        segment.parts.iter_mut().for_each(|part| part.text = 0..soft.len_utf8() as u32);
        let start = piece.end - soft.len_utf8() as u32;
        Some(Piece { segment: Arc::new(segment), start, ..piece.clone() })
    }

    /// Ends the line before `end`; `last` if the text ends it, not the width.
    fn finish(&mut self, end: usize, last: bool) {
        while self.pieces.last().is_some_and(|piece| is_blank(self.text, piece)) {
            self.pieces.pop();
        }
        if !last && let Some(piece) = self.pieces.pop() {
            let hyphen = self.hyphen(&piece);
            self.pieces.push(piece);
            self.pieces.extend(hyphen);
        }
        let mut line = Line { text: self.start..end, x: 0.0, shaped: ShapedLine::default() };
        line.shaped.fill(&self.pieces, &mut Vec::new());
        let spare = self.flow.width - line.shaped.width;
        if self.flow.align == Align::Justify && !last && spare > 0.0 {
            line.shaped.widen_spaces(self.text, spare);
        } else {
            line.x = offset(self.flow, spare);
        }
        self.lines.push(line);
        self.pieces.clear();
        self.width = 0.0;
        self.start = end;
    }
}

/// The left edge of a line that leaves `spare` of its width. A line that is too wide sticks out at its end.
fn offset(flow: &Flow, spare: f32) -> f32 {
    let start = if flow.rtl { 1.0 } else { 0.0 };
    let share = match flow.align {
        Align::Start | Align::Justify => start,
        Align::End => 1.0 - start,
        Align::Left => 0.0,
        Align::Center => 0.5,
        Align::Right => 1.0,
    };
    spare * if spare < 0.0 { start } else { share }
}

fn width(piece: &Piece) -> f32 {
    piece.segment.width * piece.size / 1000.0
}

/// Where each grapheme of a piece ends, in bytes, and how wide it is in points.
fn grapheme_advances(text: &str, piece: &Piece) -> Vec<(usize, f32)> {
    let mut glyphs: Vec<(usize, f32)> = piece
        .segment
        .glyphs
        .iter()
        .map(|glyph| (glyph.cluster as usize, glyph.advance * piece.size / 1000.0))
        .collect();
    glyphs.sort_by_key(|(cluster, _)| *cluster);
    let mut glyphs = glyphs.into_iter().peekable();
    let ends = text.grapheme_indices(true).map(|(at, grapheme)| at + grapheme.len());
    ends.map(|end| {
        let mut advance = 0.0;
        while let Some((_, more)) = glyphs.next_if(|(cluster, _)| *cluster < end) {
            advance += more;
        }
        (end, advance)
    })
    .collect()
}

/// Whether a piece is spaces, which the end of a line swallows.
fn is_blank(text: &str, piece: &Piece) -> bool {
    text[piece.start as usize..].starts_with(is_space)
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t') || is_line_feed(character)
}

fn is_line_feed(character: char) -> bool {
    matches!(character, '\n' | '\u{B}' | '\u{C}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}
