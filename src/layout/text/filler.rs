//! Fills lines: what stands between two places where a line may end goes on this line or the next.

use std::ops::Range;

use unicode_bidi::Level;
use unicode_segmentation::UnicodeSegmentation;

use super::{
    breaks::{is_line_feed, is_space},
    harf::Manner,
    order::Order,
    paragraph::{EndSpaces, Flow, Line, Object, ObjectKind, Span, UNITS_BETWEEN_LOOKS},
    piece::{Content, Piece},
    shaper::Shaper,
};

/// A hair's breadth of rounding must not break what was measured to fit.
const HAIR: f32 = 0.01;

/// The line being filled, and those that are full.
pub(crate) struct Filler<'a> {
    pub(super) shaper: &'a mut Shaper,
    pub(super) text: &'a str,
    pub(super) spans: &'a [Span],
    pub(super) objects: &'a [Object],
    pub(super) order: Order,
    pub(super) flow: &'a Flow,
    /// What stands on the line so far.
    pub(super) pieces: Vec<Piece>,
    /// Where the line starts in the text.
    pub(super) start: usize,
    pub(super) lines: Vec<Line>,
    /// The width of what stands on the line, spaces included.
    width: f32,
    span: usize,
    object: usize,
}

impl<'a> Filler<'a> {
    pub(crate) fn new(
        shaper: &'a mut Shaper,
        text: &'a str,
        spans: &'a [Span],
        objects: &'a [Object],
        order: Order,
        flow: &'a Flow,
    ) -> Self {
        let (pieces, lines) = (Vec::new(), Vec::new());
        Self { shaper, text, spans, objects, order, flow, pieces, start: 0, lines, width: 0.0, span: 0, object: 0 }
    }

    /// The lines, once all units came.
    pub(crate) fn end(mut self) -> Vec<Line> {
        if self.start < self.text.len() || !self.pieces.is_empty() {
            self.finish(self.text.len(), true);
        }
        self.lines
    }

    /// The width of the line being filled.
    pub(super) fn available(&self) -> f32 {
        if self.lines.is_empty() { self.flow.width - self.flow.indent } else { self.flow.width }
    }

    /// Adds what stands between two places where a line may end, on this line or a new one.
    pub(crate) fn unit(&mut self, range: Range<usize>) {
        let at = range.start;
        let pieces = self.shape(range);
        let mut needed = self.inked_width(&pieces);
        if let Some(last) = pieces.iter().rfind(|piece| matches!(piece.content, Content::Word(_))) {
            needed += self.hyphen(last).map_or(0.0, |hyphen| hyphen.width);
        }
        if self.width + needed > self.available() + HAIR && self.wraps(at) {
            self.finish(at, false);
        }
        let limit = self.available() + HAIR;
        if self.width + needed > limit && pieces.iter().any(|piece| self.may_be_cut(piece)) {
            pieces.into_iter().for_each(|piece| self.cut(piece, limit));
        } else {
            pieces.into_iter().for_each(|piece| self.push(piece));
        }
    }

    /// Whether the line may end before a unit that starts at `at`: something stands on it, and the text wraps.
    fn wraps(&self, at: usize) -> bool {
        at > self.start && self.pieces.iter().any(|piece| !matches!(piece.content, Content::Nothing))
    }

    /// The width of pieces without the spaces at their end.
    fn inked_width(&self, pieces: &[Piece]) -> f32 {
        let mut end = pieces.len();
        let mut edges = 0.0;
        while let Some(piece) = end.checked_sub(1).map(|last| &pieces[last]) {
            match piece.content {
                Content::Nothing => {}
                Content::Space(_) | Content::Tab(_) if self.vanishes(piece) => {}
                Content::Object(object) if self.objects[object as usize].kind == ObjectKind::Closing => {
                    edges += piece.width;
                }
                _ => break,
            }
            end -= 1;
        }
        pieces[..end].iter().map(|piece| piece.width).sum::<f32>() + edges
    }

    /// Whether spaces take no room at the end of a line.
    pub(super) fn vanishes(&self, piece: &Piece) -> bool {
        self.spans[piece.span as usize].end_spaces == EndSpaces::Vanish
    }

    pub(super) fn push(&mut self, mut piece: Piece) {
        if let Content::Tab(space) = &piece.content {
            piece.width = tab_width(&self.spans[piece.span as usize], space.width, self.width);
        }
        self.width += piece.width;
        self.pieces.push(piece);
    }

    /// Shapes a range piece by piece: a piece has one span, one direction, and is spaces or a word or an object.
    fn shape(&mut self, range: Range<usize>) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut at = range.start;
        loop {
            self.edges(at, range.end, &mut pieces);
            if at >= range.end {
                return pieces;
            }
            while self.spans.get(self.span).is_some_and(|current| current.end <= at) {
                self.span += 1;
            }
            let Some(style) = self.spans.get(self.span) else { return pieces };
            let next_object = self.objects.get(self.object).map_or(usize::MAX, |object| object.at);
            let end = range.end.min(style.end).min(next_object);
            let level = self.order.level(at);
            let kind = Kind::of(self.text[at..].chars().next());
            let goes_on = |(offset, character): (usize, char)| {
                kind != Kind::Tab && Kind::of(Some(character)) == kind && self.order.level(at + offset) == level
            };
            let rest = &self.text[at..end];
            let mut characters = rest.char_indices().skip(1);
            let length = characters.find(|next| !goes_on(*next)).map_or(rest.len(), |(offset, _)| offset);
            pieces.push(self.piece(at..at + length, self.span as u32, level, kind));
            at += length;
        }
    }

    /// Adds the objects that stand at a place. The edge of a box that begins stays with what follows, so that one at
    /// the end of a unit waits for the next.
    fn edges(&mut self, at: usize, unit_end: usize, pieces: &mut Vec<Piece>) {
        while let Some(object) = self.objects.get(self.object).filter(|object| object.at <= at) {
            let waits = at == unit_end && at < self.text.len() && object.kind != ObjectKind::Closing;
            if waits {
                return;
            }
            let level = match object.kind {
                ObjectKind::Closing if at > 0 => self.order.level(at - 1),
                _ => self.order.level(at),
            };
            pieces.push(Piece {
                content: Content::Object(self.object as u32),
                start: at as u32,
                end: at as u32,
                level: level.number(),
                span: self.span.min(self.spans.len().saturating_sub(1)) as u32,
                width: object.width,
            });
            self.object += 1;
        }
    }

    pub(super) fn piece(&mut self, text: Range<usize>, span: u32, level: Level, kind: Kind) -> Piece {
        let style = &self.spans[span as usize];
        let manner = Manner { rtl: level.is_rtl(), apart: style.letter_spacing != 0.0 };
        let (start, end) = (text.start as u32, text.end as u32);
        let (content, level) = match kind {
            Kind::Nothing => (Content::Nothing, level),
            Kind::Tab => {
                (Content::Tab(self.shaper.segment(" ", style.stack, Manner::default())), self.order.base(text.start))
            }
            Kind::Space => (Content::Space(self.shaper.segment(&self.text[text], style.stack, manner)), level),
            Kind::Word => (Content::Word(self.shaper.segment(&self.text[text], style.stack, manner)), level),
        };
        let mut piece = Piece { content, start, end, level: level.number(), span, width: 0.0 };
        piece.width = piece.natural_width(self.text, style);
        piece
    }

    /// Whether a piece may be broken inside for want of width.
    fn may_be_cut(&self, piece: &Piece) -> bool {
        // Objects may stand alone, without any text and so without spans.
        matches!(piece.content, Content::Word(_)) && {
            let style = &self.spans[piece.span as usize];
            style.break_words && style.wraps
        }
    }

    /// Adds a piece, ending the line between two graphemes whenever it is full.
    fn cut(&mut self, piece: Piece, limit: f32) {
        if self.width + piece.width <= limit || !self.may_be_cut(&piece) {
            return self.push(piece);
        }
        let (start, end) = (piece.start as usize, piece.end as usize);
        let level = Level::new(piece.level).unwrap_or(Level::ltr());
        let mut advances = self.advances(&piece).into_iter().peekable();
        let mut from = start;
        while from < end {
            if self.lines.len().is_multiple_of(UNITS_BETWEEN_LOOKS) && self.shaper.is_stopped() {
                return;
            }
            let limit = self.available() + HAIR;
            let mut to = from;
            let mut taken = self.width;
            while let Some(&(offset, advance)) = advances.peek() {
                let first = to == from && !self.pieces.iter().any(Piece::shows);
                if !(taken + advance <= limit || first) {
                    break;
                }
                taken += advance;
                to = start + offset;
                advances.next();
            }
            if to > from {
                let part = self.piece(from..to, piece.span, level, Kind::Word);
                self.push(part);
            }
            if to < end {
                self.finish(to, false);
            }
            from = to;
        }
    }

    /// Where each grapheme of a word ends, in bytes of the word, and how wide it is.
    pub(super) fn advances(&self, piece: &Piece) -> Vec<(usize, f32)> {
        let Content::Word(segment) = &piece.content else { return Vec::new() };
        let style = &self.spans[piece.span as usize];
        let advance = |advance: f32| advance * style.size / 1000.0;
        let mut glyphs: Vec<(usize, f32)> =
            segment.glyphs.iter().map(|glyph| (glyph.cluster as usize, advance(glyph.advance))).collect();
        glyphs.sort_by_key(|(cluster, _)| *cluster);
        let mut glyphs = glyphs.into_iter().peekable();
        let text = &self.text[piece.start as usize..piece.end as usize];
        let ends = text.grapheme_indices(true).map(|(at, grapheme)| at + grapheme.len());
        ends.map(|end| {
            let mut advance = 0.0;
            let mut last = None;
            while let Some((cluster, more)) = glyphs.next_if(|(cluster, _)| *cluster < end) {
                let spacing = if last.replace(cluster) == Some(cluster) { 0.0 } else { style.letter_spacing };
                advance += more + spacing;
            }
            (end, advance)
        })
        .collect()
    }

    /// Ends the line before `end`; `last` if the text ends it, not the width.
    pub(crate) fn finish(&mut self, end: usize, last: bool) {
        let pieces = std::mem::take(&mut self.pieces);
        let line = self.line(pieces, end, last);
        self.lines.push(line);
        self.width = 0.0;
        self.start = end;
    }
}

/// What a piece is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Space,
    Tab,
    Nothing,
}

impl Kind {
    fn of(character: Option<char>) -> Self {
        match character {
            Some('\t') => Self::Tab,
            Some(character) if is_line_feed(character) || is_unseen(character) => Self::Nothing,
            Some(character) if is_space(character) => Self::Space,
            Some(_) => Self::Word,
            None => Self::Nothing,
        }
    }
}

/// What has done its work when the text has been ordered and broken: nothing is drawn for it, and nobody reads it.
fn is_unseen(character: char) -> bool {
    matches!(character, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FFFC}')
}

/// The width of a tab that begins at `at`. One that would hardly show goes on to the next stop.
fn tab_width(span: &Span, space: f32, at: f32) -> f32 {
    let space = space * span.size / 1000.0;
    let stop = span.tab_size * (space + span.letter_spacing + span.word_spacing);
    if stop <= 0.0 {
        return 0.0;
    }
    let width = stop - at.rem_euclid(stop);
    if width < space / 2.0 { width + stop } else { width }
}
