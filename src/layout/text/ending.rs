//! The end of a line: what vanishes there, what takes its place, and where the line stands.

use std::{ops::Range, sync::Arc};

use unicode_bidi::Level;

use super::{
    filler::{Filler, Kind},
    harf::Manner,
    line::{Room, ShapedLine},
    paragraph::{Line, ObjectKind, TextAlign},
    piece::{Content, Piece},
    segment::Segment,
};

const ELLIPSIS: &str = "…";
const SOFT_HYPHEN: char = '\u{AD}';

impl Filler<'_> {
    /// Makes a line of pieces; `last` if the text ends it, not the width.
    pub(super) fn line(&mut self, mut pieces: Vec<Piece>, end: usize, last: bool) -> Line {
        let base = self.order.base(self.start);
        self.trim(&mut pieces, base);
        if !last {
            self.hyphenate(&mut pieces);
        }
        let available = self.available();
        if self.flow.ellipsis && total(&pieces) > available + 0.01 {
            self.shorten(&mut pieces, available, base, end);
        }
        let spare = available - total(&pieces);
        let expansion =
            if self.flow.align == TextAlign::Justify && !last { self.expansion(&pieces, spare) } else { 0.0 };
        let mut shaped = ShapedLine::default();
        let objects = shaped.fill(self.text, &pieces, self.spans, expansion, &mut Vec::new());
        let indent = if self.lines.is_empty() { self.flow.indent } else { 0.0 };
        let mut x = self.flow.align.offset(available - shaped.width, base.is_rtl());
        if !base.is_rtl() {
            x += indent;
        }
        Line { text: self.start..end, x, shaped, objects, rtl: base.is_rtl() }
    }

    /// Takes the spaces at the end away, or to the edge of the line (rule L1 of UAX #9).
    fn trim(&self, pieces: &mut Vec<Piece>, base: Level) {
        let mut at = pieces.len();
        while let Some(piece) = at.checked_sub(1).map(|last| &mut pieces[last]) {
            match piece.content {
                Content::Space(_) | Content::Tab(_) if self.vanishes(piece) => {
                    pieces.remove(at - 1);
                }
                Content::Space(_) | Content::Tab(_) => piece.level = base.number(),
                Content::Nothing => {}
                Content::Object(object) if self.objects[object as usize].kind == ObjectKind::Closing => {}
                _ => break,
            }
            at -= 1;
        }
    }

    /// Shows the soft hyphen at which the line ends.
    fn hyphenate(&mut self, pieces: &mut Vec<Piece>) {
        let Some(at) = pieces.iter().rposition(|piece| matches!(piece.content, Content::Word(_))) else { return };
        if let Some(hyphen) = self.hyphen(&pieces[at].clone()) {
            pieces.insert(at + 1, hyphen);
        }
    }

    /// The hyphen that shows if the line ends after this piece: a piece that ends in a soft hyphen has one.
    pub(super) fn hyphen(&mut self, piece: &Piece) -> Option<Piece> {
        if !self.text[..piece.end as usize].ends_with(SOFT_HYPHEN) {
            return None;
        }
        let stack = self.spans[piece.span as usize].stack;
        let book = self.shaper.book();
        let sign = if book.face(book.primary(stack)).glyph('\u{2010}').is_some() { "\u{2010}" } else { "-" };
        // It stands for the soft hyphen, whose text it takes.
        let start = piece.end as usize - SOFT_HYPHEN.len_utf8();
        Some(self.stand_in(sign, start..piece.end as usize, piece.span, piece.level))
    }

    /// A sign drawn in the place of a part of the text.
    fn stand_in(&mut self, sign: &str, text: Range<usize>, span: u32, level: u8) -> Piece {
        let style = &self.spans[span as usize];
        let manner = Manner { rtl: level % 2 == 1, apart: style.letter_spacing != 0.0 };
        let mut segment = Segment::clone(&self.shaper.segment(sign, style.stack, manner));
        segment.parts.iter_mut().for_each(|part| part.text = 0..(text.end - text.start) as u32);
        let content = Content::Word(Arc::new(segment));
        let mut piece = Piece { content, start: text.start as u32, end: text.end as u32, level, span, width: 0.0 };
        piece.width = piece.natural_width(self.text, style);
        piece
    }

    /// Ends a line that is too wide in an ellipsis, which stands for everything that it hides.
    fn shorten(&mut self, pieces: &mut Vec<Piece>, available: f32, base: Level, end: usize) {
        let Some(span) = pieces.iter().find(|piece| piece.segment().is_some()).map(|piece| piece.span) else { return };
        let sign = self.stand_in(ELLIPSIS, end..end, span, base.number()).width;
        let mut width = total(pieces);
        let mut hidden = end;
        while let Some(piece) = pieces.pop() {
            width -= piece.width;
            if width + sign > available {
                hidden = piece.start as usize;
                continue;
            }
            let room = available - width - sign;
            let kept = self.beginning(&piece, room);
            hidden = kept.as_ref().map_or(piece.start as usize, |kept| kept.end as usize);
            pieces.extend(kept);
            break;
        }
        // The end of the line may be a line feed, which nobody reads.
        let text = &self.text[hidden..end];
        let hidden = hidden..hidden + text.trim_end_matches(['\n', '\r']).len();
        let ellipsis = self.stand_in(ELLIPSIS, hidden, span, base.number());
        pieces.push(ellipsis);
    }

    /// As many letters of a word as fit.
    fn beginning(&mut self, piece: &Piece, room: f32) -> Option<Piece> {
        let mut width = 0.0;
        let fits = |&(_, advance): &(usize, f32)| {
            width += advance;
            width <= room
        };
        let (length, _) = self.advances(piece).into_iter().take_while(fits).last()?;
        let start = piece.start as usize;
        let level = Level::new(piece.level).unwrap_or(Level::ltr());
        Some(self.piece(start..start + length, piece.span, level, Kind::Word))
    }

    /// What each place of a justified line is widened by.
    fn expansion(&self, pieces: &[Piece], spare: f32) -> f32 {
        let end = pieces.iter().rfind(|piece| piece.segment().is_some()).map_or(0, |piece| piece.end as usize);
        let room = Room { expansion: 0.0, end };
        let places = |piece: &Piece| match piece.content {
            Content::Word(ref segment) | Content::Space(ref segment) => {
                segment.clusters().filter(|at| room.is_widened(self.text, (piece.start + at) as usize)).count()
            }
            _ => 0,
        };
        let count: usize = pieces.iter().map(places).sum();
        if count == 0 || spare <= 0.0 { 0.0 } else { spare / count as f32 }
    }
}

fn total(pieces: &[Piece]) -> f32 {
    pieces.iter().map(|piece| piece.width).sum()
}
