//! The text of a document, held against what its template says.
//!
//! Spaces are left out of it: lines may end anywhere in Chinese, and where words end is a guess of the reader's.

use std::{fs, path::Path, process::Command};

use crate::suite::Case;

/// Templates whose text is the body's, word for word: no data, no generated content, one column.
const PLAIN: [&str; 21] = [
    "flow-headings",
    "flow-paragraphs",
    "fonts",
    "inline-boxes",
    "inline-elements",
    "line-height",
    "margin-collapsing",
    "orphans-widows",
    "page-landscape",
    "page-letter",
    "text-align",
    "text-arabic",
    "text-bidi",
    "text-cjk",
    "text-decoration",
    "text-hebrew",
    "text-indic-thai",
    "text-korean",
    "text-latin",
    "text-symbols",
    "units",
];

/// Poppler puts these lines into reading order by rules of its own: it turns the two letters of a joined lam and alef
/// around, and brackets and numbers between words that read from the right. So their words are compared as they come,
/// by their letters alone.
const FROM_THE_RIGHT: [&str; 3] = ["text-arabic", "text-bidi", "text-hebrew"];

/// Where the document's text departs from the template's.
pub(crate) fn difference(case: &Case, document: &Path) -> Option<String> {
    if !PLAIN.contains(&case.name.as_str()) {
        return None;
    }
    let html = fs::read_to_string(case.folder.join(case.template())).unwrap();
    // As the content has it: poppler's own order follows columns that it believes to see.
    let output = Command::new("pdftotext").arg("-raw").arg(document).arg("-").output().unwrap();
    let (written, read) = (body(&html), String::from_utf8(output.stdout).unwrap());
    let (expected, found) = match FROM_THE_RIGHT.contains(&case.name.as_str()) {
        true => (letters(&written), letters(&read)),
        false => (squeezed(&written), squeezed(&read)),
    };
    let at = expected.iter().zip(&found).position(|(a, b)| a != b).unwrap_or(expected.len().min(found.len()));
    let around = |text: &[char]| text[at.saturating_sub(10)..text.len().min(at + 20)].iter().collect::<String>();
    (expected != found).then(|| format!("{}: “{}” is read as “{}”", case.name, around(&expected), around(&found)))
}

/// The letters and digits of all words, sorted.
fn letters(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
    letters.sort_unstable();
    letters
}

/// The text between the tags of `<body>`.
fn body(html: &str) -> String {
    let (_, body) = html.split_once("<body>").unwrap();
    let mut text = String::new();
    for piece in body.split('<') {
        text.push_str(piece.split_once('>').map_or(piece, |(_, text)| text));
    }
    text.replace("&amp;", "&")
}

/// The characters that say something: no spaces, no marks of direction, bullets as lists draw them.
fn squeezed(text: &str) -> Vec<char> {
    let silent = |c: &char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{ad}')
    };
    text.chars().filter(|c| !silent(c) && !matches!(c, '•' | '◦' | '▪')).collect()
}
