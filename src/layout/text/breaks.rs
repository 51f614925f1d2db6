//! Where lines may end: UAX #14 as browsers have it.
//!
//! Between two characters of ASCII, Chromium goes by a table of its own, made for addresses and prices; after spaces a
//! line may always end; everything else is UAX #14 by ICU's rules, with dictionaries for Thai, Lao, Khmer and Burmese.

use icu_segmenter::{
    LineSegmenter, LineSegmenterBorrowed,
    options::{LineBreakOptions, LineBreakWordOption},
};

use super::paragraph::Span;

/// Where lines may be broken within words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WordBreak {
    /// As the script has it (UAX #14).
    #[default]
    Normal,
    /// Between any two letters.
    BreakAll,
    /// Nowhere within words of Chinese, Japanese and Korean either.
    KeepAll,
}

/// A place where a line may or must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opportunity {
    /// Where, in bytes.
    pub(crate) at: usize,
    /// Whether it must.
    pub(crate) forced: bool,
}

/// The places where lines of a text may end; the end of the text is the last one.
pub(crate) fn opportunities(text: &str, spans: &[Span]) -> Vec<Opportunity> {
    let mut found = Vec::new();
    if spans.iter().any(|span| span.wraps) {
        wraps(text, spans, &mut found);
    } else {
        found.extend(feeds(text).map(|at| Opportunity { at, forced: true }));
    }
    if found.last().is_none_or(|last| last.at < text.len()) {
        found.push(Opportunity { at: text.len(), forced: false });
    }
    found
}

/// The ends of line feeds.
fn feeds(text: &str) -> impl Iterator<Item = usize> {
    let feeds = text.char_indices().filter(|(_, character)| is_line_feed(*character)).map(|(at, c)| at + c.len_utf8());
    feeds.filter(|at| !text[at - 1..].starts_with("\r\n"))
}

fn wraps(text: &str, spans: &[Span], found: &mut Vec<Opportunity>) {
    let by_rule = Segmented::of(text, spans);
    let (mut before_last, mut last) = (None, None);
    let (mut span_before, mut span) = (0, 0);
    for (at, character) in text.char_indices() {
        while spans.get(span).is_some_and(|own| own.end <= at) {
            span += 1;
        }
        if let Some(last) = last {
            let (before, after) = (spans.get(span_before), spans.get(span));
            if is_line_feed(last) && !(last == '\r' && character == '\n') {
                found.push(Opportunity { at, forced: true });
            } else if may_wrap(before, after, last)
                && may_end(before_last, last, character, before, || by_rule.has(before, at))
            {
                found.push(Opportunity { at, forced: false });
            }
        }
        (before_last, last, span_before) = (last, Some(character), span);
    }
    if last.is_some_and(is_line_feed) {
        found.push(Opportunity { at: text.len(), forced: true });
    }
}

/// Whether lines wrap between two characters of these spans: a space decides for itself.
fn may_wrap(before: Option<&Span>, after: Option<&Span>, last: char) -> bool {
    let wraps = |span: Option<&Span>| span.is_some_and(|span| span.wraps);
    wraps(before) || (!is_space(last) && wraps(after))
}

/// Whether a line may end between `last` and `next`.
fn may_end(
    before_last: Option<char>,
    last: char,
    next: char,
    span: Option<&Span>,
    by_rule: impl FnOnce() -> bool,
) -> bool {
    let Some(span) = span else { return false };
    if is_space(last) {
        return !is_space(next);
    }
    if is_space(next) || (last == SOFT_HYPHEN && !span.soft_hyphens) {
        return false;
    }
    let ascii = last.is_ascii() && next.is_ascii();
    if !ascii || span.word_break == WordBreak::BreakAll {
        return (last != NO_BREAK && next != NO_BREAK) && by_rule();
    }
    match last {
        // A hyphen before a digit may be a minus.
        '-' if next.is_ascii_digit() => before_last.is_some_and(|c| c.is_ascii_alphanumeric()),
        '-' => next.is_ascii_alphabetic() || "\"#%&'(*+-<=>@[\\^_`{|~".contains(next),
        '?' => next.is_ascii_alphanumeric() || "#$%&(*+-<=>@[\\^_`{|~".contains(next),
        '!' | '"' | '#' | '%' | '&' | ')' | '*' | '+' | ',' | '.' | ':' | ';' | '=' | '>' | '\\' | ']' | '|' | '}'
        | '~' => "(<[{".contains(next),
        _ => false,
    }
}

const SOFT_HYPHEN: char = '\u{AD}';
const NO_BREAK: char = '\u{A0}';

/// What ICU's rules say, for each way of breaking words that the text has.
struct Segmented([Option<Vec<usize>>; 3]);

impl Segmented {
    fn of(text: &str, spans: &[Span]) -> Self {
        let of = |word_break: WordBreak| {
            let asked = spans.iter().any(|span| span.wraps && span.word_break == word_break);
            let needed = asked && (word_break == WordBreak::BreakAll || !text.is_ascii());
            needed.then(|| segmenter(word_break).segment_str(text).collect())
        };
        Self([WordBreak::Normal, WordBreak::BreakAll, WordBreak::KeepAll].map(of))
    }

    fn has(&self, span: Option<&Span>, at: usize) -> bool {
        let word_break = span.map_or(WordBreak::Normal, |span| span.word_break);
        self.0[word_break as usize].as_ref().is_some_and(|places| places.binary_search(&at).is_ok())
    }
}

fn segmenter(word_break: WordBreak) -> LineSegmenterBorrowed<'static> {
    let mut options = LineBreakOptions::default();
    options.word_option = Some(match word_break {
        WordBreak::Normal => LineBreakWordOption::Normal,
        WordBreak::BreakAll => LineBreakWordOption::BreakAll,
        WordBreak::KeepAll => LineBreakWordOption::KeepAll,
    });
    LineSegmenter::new_dictionary(options)
}

/// Whether the end of a line may swallow it.
pub(crate) fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t') || is_line_feed(character)
}

/// Whether it ends a line.
pub(crate) fn is_line_feed(character: char) -> bool {
    matches!(character, '\n' | '\u{B}' | '\u{C}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}
