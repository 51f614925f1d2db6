//! Shapes lines: plain characters by table, words from memory, the rest by harfrust.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    bidi,
    face::Face,
    font::{FontBook, FontStackId},
    harf::{Harf, Manner},
    line::{RunStyle, ShapedLine},
    memo::Memo,
    paragraph::Span,
    piece::{Content, Piece},
    segment::{self, Segment},
};
use crate::layout::page::Glyph;

/// Tells that what is laid out isn't wanted any more.
pub type Stop = Arc<dyn Fn() -> bool + Send + Sync>;

/// Shapes text with the faces of one book.
///
/// A line costs a few nanoseconds per character where it is plain or its words have been seen, about two
/// microseconds per new word else. What it remembers is bounded and changes no result.
pub struct Shaper {
    book: Arc<FontBook>,
    harf: Harf,
    /// One per stack and manner of shaping.
    memos: Vec<Memo>,
    /// Whether any text so far had a character that no face has.
    pub(super) lost: bool,
    /// Those on the pages that were counted.
    pub(super) missing: BTreeMap<char, u64>,
    line: ShapedLine,
    levels: Vec<u8>,
    stop: Option<Stop>,
}

impl Shaper {
    /// A shaper without a language.
    pub fn new(book: Arc<FontBook>) -> Self {
        Self {
            book,
            harf: Harf::default(),
            memos: Vec::new(),
            lost: false,
            missing: BTreeMap::new(),
            line: ShapedLine::default(),
            levels: Vec::new(),
            stop: None,
        }
    }

    /// The same with the BCP 47 language of the document: some faces draw some letters by language.
    pub fn with_language(mut self, tag: &str) -> Self {
        self.harf.set_language(tag);
        self
    }

    /// Ends the layout that uses it, in the middle of a paragraph too, once `stop` tells so.
    pub fn stop_when(&mut self, stop: Option<Stop>) {
        self.stop = stop;
    }

    pub(crate) fn stop(&self) -> Option<&Stop> {
        self.stop.as_ref()
    }

    /// Whether nobody wants what is laid out any more: then measures and lines may be left unfinished, as long as
    /// layout ends in an error afterwards.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| stop())
    }

    /// The fonts.
    pub fn book(&self) -> &Arc<FontBook> {
        &self.book
    }

    /// Shapes text as one line, whose base direction is left to right.
    ///
    /// Nothing breaks the line: control characters are drawn as spaces. The line is lent until the next call.
    pub fn line(&mut self, text: &str, stack: FontStackId, size: f32) -> &ShapedLine {
        self.line.clear();
        if bidi::is_needed(text) {
            let span = Span { end: text.len(), stack, size, ..Span::default() };
            let pieces = self.pieces(text, stack);
            self.line.fill(text, &pieces, &[span], 0.0, &mut self.levels);
        } else {
            self.simple_line(text, stack, size);
        }
        &self.line
    }

    /// A line that reads from left to right throughout: word by word where the face allows it.
    fn simple_line(&mut self, text: &str, stack: FontStackId, size: f32) {
        let book = Arc::clone(&self.book);
        let font = book.primary(stack);
        let face = book.face(font);
        let style = RunStyle { font, size, tag: 0, rtl: false };
        for (start, end) in words(text) {
            let word = &text[start..end];
            let plain = start + face.plain().end_of(face, word);
            if plain > start {
                let segment = self.segment(&text[start..plain], stack, Manner::default());
                let start = start as u32;
                for part in &segment.parts {
                    let style = RunStyle { font: part.font, ..style };
                    let glyphs = &segment.glyphs[part.glyphs.start as usize..part.glyphs.end as usize];
                    let moved = glyphs.iter().map(|glyph| Glyph { cluster: glyph.cluster + start, ..*glyph });
                    self.line.push(&style, part.text.start + start..part.text.end + start, moved);
                }
            }
            if plain < end {
                self.line.push(&style, plain as u32..end as u32, plain_glyphs(face, &text[plain..end], plain));
            }
        }
        self.line.rebase();
    }

    /// The pieces of a text of both directions, in reading order.
    fn pieces(&mut self, text: &str, stack: FontStackId) -> Vec<Piece> {
        let base = unicode_bidi::Level::ltr();
        let levels = unicode_bidi::BidiInfo::new(text, Some(base)).levels;
        let mut pieces: Vec<Piece> = Vec::new();
        for (start, end) in words(text) {
            let mut at = start;
            while at < end {
                let level = levels[at];
                let length = levels[at..end].iter().position(|other| *other != level).unwrap_or(end - at);
                let manner = Manner { rtl: level.is_rtl(), apart: false };
                let content = Content::Word(self.segment(&text[at..at + length], stack, manner));
                let (start, end) = (at as u32, (at + length) as u32);
                pieces.push(Piece { content, start, end, level: level.number(), span: 0, width: 0.0 });
                at += length;
            }
        }
        // Spaces at the end stand at the line's end, whatever they follow (rule L1).
        let is_blank = |piece: &&mut Piece| text[piece.start as usize..].bytes().all(|byte| byte == b' ');
        pieces.iter_mut().rev().take_while(is_blank).for_each(|piece| piece.level = base.number());
        pieces
    }

    /// A shaped piece of one direction, from memory if it is there.
    pub(crate) fn segment(&mut self, text: &str, stack: FontStackId, manner: Manner) -> Arc<Segment> {
        let index = usize::from(stack.0) * 4 + usize::from(manner.rtl) * 2 + usize::from(manner.apart);
        if self.memos.len() <= index {
            self.memos.resize_with(index + 1, Memo::default);
        }
        let Self { book, harf, memos, lost, .. } = self;
        memos[index].get(text, || segment::shape(book, harf, stack, text, manner, lost))
    }
}

/// The glyphs of text that is plain throughout.
fn plain_glyphs(face: &Face, text: &str, start: usize) -> impl Iterator<Item = Glyph> {
    let plain = face.plain();
    text.bytes().enumerate().map(move |(at, byte)| {
        let (id, advance) = plain.glyph(byte).unwrap_or_default();
        Glyph { id, advance, dx: 0.0, dy: 0.0, cluster: (start + at) as u32 }
    })
}

/// Bounds of the words of a text and of the spaces between them.
///
/// Words are shaped one by one, as browsers do it: what repeats is shaped once. A face that kerns letters against
/// spaces loses that kerning.
fn words(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.as_bytes().get(at..).filter(|rest| !rest.is_empty())?;
        let spaces = rest[0] == b' ';
        at += rest.iter().position(|byte| (*byte == b' ') != spaces).unwrap_or(rest.len());
        Some((text.len() - rest.len(), at))
    })
}
