//! Where the words of two documents stand apart.

use std::fmt;

use crate::words::{Text, Word};

/// As far as a word may stand from its place, in points.
const NEAR: f32 = 1.0;

/// What comparing one template gave.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// Words that either document has.
    pub(crate) words: usize,
    /// Those that stand elsewhere.
    pub(crate) off: Vec<Off>,
    /// Why there is nothing to compare, or what differs beside words.
    pub(crate) complaint: Option<String>,
}

/// A word off its place.
#[derive(Debug)]
pub(crate) struct Off {
    /// Where Chromium has it.
    expected: Option<Word>,
    /// Where Pressroom has it.
    found: Option<Word>,
}

impl Off {
    /// How far it stands from its place, if it is on the right page at all.
    pub(crate) fn distance(&self) -> Option<f32> {
        let (expected, found) = (self.expected.as_ref()?, self.found.as_ref()?);
        (expected.page == found.page).then(|| distance(expected, found))
    }
}

impl fmt::Display for Off {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |word: &Word| format!("p{} {:.1},{:.1}–{:.1}", word.page, word.left, word.bottom, word.right);
        match (&self.expected, &self.found) {
            (Some(expected), Some(found)) => {
                write!(f, "“{}” is at {}, not at {}", expected.text, place(found), place(expected))
            }
            (Some(expected), None) => write!(f, "“{}” is missing, it belongs to {}", expected.text, place(expected)),
            (None, Some(found)) => write!(f, "“{}” is at {}, Chromium has no such word", found.text, place(found)),
            (None, None) => Ok(()),
        }
    }
}

/// Compares a document with Chromium's.
pub(crate) fn compare(expected: &Text, found: &Text) -> Comparison {
    let mut off = Vec::new();
    let mut left: Vec<Option<&Word>> = found.words.iter().filter(|word| !is_bullet(&word.text)).map(Some).collect();
    let mut take = |choose: &dyn Fn(&Word) -> Option<f32>| {
        let distances = left.iter().enumerate().filter_map(|(i, word)| Some((i, choose((*word)?)?)));
        let nearest = distances.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(i, _)| i)?;
        left[nearest].take()
    };
    // Words in their place first, so that none of them stands in for a missing namesake.
    let near = |word: &Word, other: &Word| word.page == other.page && distance(word, other) <= NEAR;
    let mut amiss: Vec<&Word> = Vec::new();
    for word in expected.words.iter().filter(|word| !is_bullet(&word.text)) {
        let same = |other: &Word| (near(word, other) && word.text == other.text).then(|| distance(word, other));
        if take(&same).is_none() {
            amiss.push(word);
        }
    }
    // The characters behind joined glyphs are told differently; those of complex scripts only need the right place.
    amiss.retain(|word| {
        let likewise = |other: &Word| {
            (begins_near(word, other) && is_complex(&word.text) && is_complex(&other.text)).then_some(0.0)
        };
        take(&likewise).is_none()
    });
    for word in amiss {
        let namesake = |other: &Word| (word.text == other.text).then(|| far(word, other));
        let found = take(&namesake).cloned();
        off.push(Off { expected: Some(word.clone()), found });
    }
    let extra = left.into_iter().flatten().map(|word| Off { expected: None, found: Some(word.clone()) });
    let words = expected.words.len() + extra.clone().count();
    off.extend(extra);
    Comparison { words, off, complaint: pages_differ(expected, found) }
}

fn pages_differ(expected: &Text, found: &Text) -> Option<String> {
    if expected.pages.len() != found.pages.len() {
        return Some(format!("{} pages instead of {}", found.pages.len(), expected.pages.len()));
    }
    let sizes = expected.pages.iter().zip(&found.pages);
    // Chromium rounds pages to whole points.
    sizes
        .zip(1..)
        .find(|((a, b), _)| (a.0 - b.0).abs().max((a.1 - b.1).abs()) > NEAR)
        .map(|((a, b), number)| format!("page {number} measures {} × {} instead of {} × {}", b.0, b.1, a.0, a.1))
}

/// The farther of the two corners' distances along an axis.
fn distance(a: &Word, b: &Word) -> f32 {
    (a.left - b.left).abs().max((a.right - b.right).abs()).max((middle(a) - middle(b)).abs())
}

/// Poppler measures marks by widths that two writers state differently, so one side of the word is enough.
fn begins_near(a: &Word, b: &Word) -> bool {
    let sides = (a.left - b.left).abs().min((a.right - b.right).abs());
    a.page == b.page && sides.max((middle(a) - middle(b)).abs()) <= NEAR
}

fn middle(word: &Word) -> f32 {
    (word.top + word.bottom) / 2.0
}

/// The same over pages: another page is farther than anything on this one.
fn far(a: &Word, b: &Word) -> f32 {
    a.page.abs_diff(b.page) as f32 * 10_000.0 + distance(a, b)
}

/// Chromium draws the markers of lists as shapes; ours are text, for readers.
fn is_bullet(text: &str) -> bool {
    ["•", "◦", "▪"].contains(&text)
}

fn is_complex(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{590}'..='\u{8ff}' | '\u{900}'..='\u{e7f}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'))
}
