//! The words of a document, as poppler reads them.

use std::{path::Path, process::Command};

/// A word and the box that poppler draws around it, in points from the page's top left corner.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Word {
    /// From 1.
    pub(crate) page: usize,
    pub(crate) left: f32,
    pub(crate) top: f32,
    pub(crate) right: f32,
    pub(crate) bottom: f32,
    pub(crate) text: String,
}

/// A document's words and the sizes of its pages.
#[derive(Debug, Default)]
pub(crate) struct Text {
    pub(crate) pages: Vec<(f32, f32)>,
    pub(crate) words: Vec<Word>,
}

/// Reads a document.
pub(crate) fn read(document: &Path) -> Text {
    let output = Command::new("pdftotext").arg("-bbox").arg(document).arg("-").output().expect("pdftotext");
    assert!(output.status.success(), "{}: {}", document.display(), String::from_utf8_lossy(&output.stderr));
    let mut text = Text::default();
    for line in String::from_utf8_lossy(&output.stdout).lines().map(str::trim) {
        let number = |name: &str| attribute(line, name).and_then(|value| value.parse::<f32>().ok()).unwrap_or_default();
        if line.starts_with("<page ") {
            text.pages.push((number("width"), number("height")));
        } else if let Some(content) = line.strip_prefix("<word ").and_then(|rest| rest.strip_suffix("</word>")) {
            text.words.push(Word {
                page: text.pages.len(),
                left: number("xMin"),
                top: number("yMin"),
                right: number("xMax"),
                bottom: number("yMax"),
                text: plain(content.split_once('>').map_or("", |(_, content)| content)),
            });
        }
    }
    text
}

fn attribute<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let (_, rest) = line.split_once(&format!("{name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

/// Without the characters that nobody sees: Chromium writes them down, and a hyphen of its own where a line ends at one.
fn plain(escaped: &str) -> String {
    escaped
        .replace(['\u{ad}', '\u{200b}'], "")
        .replace('\u{2010}', "-")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}
