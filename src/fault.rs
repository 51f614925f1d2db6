//! A fault in something a person wrote, with the place and a remedy.
//!
//! **Invariant:** never holds a parameter value, a row or a secret, so it may be shown and logged.

use std::{fmt, path::PathBuf};

use serde::Serialize;

/// One thing that is wrong in a configuration, definition, SQL file or template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The file, as the user named it; `None` for what has no file (environment, connection).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// Line and column, both from 1; columns count characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// What is wrong, lower case without a full stop.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Whether it stops work or is only worth knowing.
    pub severity: Severity,
}

/// A position in a text file, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl Place {
    /// The place of byte `offset` in `text`; an offset past the end gives the end.
    pub fn at(text: &str, offset: usize) -> Self {
        let mut end = offset.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &text[..end];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        let line = before.matches('\n').count() as u32 + 1;
        Self { line, column: before[line_start..].chars().count() as u32 + 1 }
    }
}

/// How bad a [`Fault`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It can't work.
    Error,
    /// It works, but should be mended.
    Warning,
}

impl Fault {
    /// An error without a place.
    pub fn new(message: impl Into<String>) -> Self {
        Self { file: None, place: None, message: message.into(), help: None, severity: Severity::Error }
    }

    /// Names the file.
    pub fn in_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Names the place within the file.
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Adds the remedy.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Makes it a warning.
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }
}

impl std::error::Error for Fault {}

/// `file:line:column: error: message` and, on a second line, the remedy.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}", file.display())?;
            if let Some(Place { line, column }) = self.place {
                write!(f, ":{line}:{column}")?;
            }
            f.write_str(": ")?;
        }
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{severity}: {}", self.message)?;
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

/// The longest word that [`nearest`] compares.
const LONGEST: usize = 64;

/// The candidate that is written most like `word`, for a "did you mean"; none if that is no slip of the keyboard.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let tolerance = (word.chars().count() / 3).max(1);
    let distance = |candidate: &str| strsim::damerau_levenshtein(&word.to_lowercase(), &candidate.to_lowercase());
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST)
        .map(|candidate| (distance(candidate), candidate))
        .filter(|(distance, _)| *distance <= tolerance)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_lines_and_characters() {
        assert_eq!(Place::at("äb\ncd", 2), Place { line: 1, column: 2 });
        assert_eq!(Place::at("äb\ncd", 4), Place { line: 2, column: 1 });
        assert_eq!(Place::at("äb\ncd", 99), Place { line: 2, column: 3 });
    }

    #[test]
    fn slips_are_found_and_nothing_else() {
        let known = ["title", "template", "time_zone", "datasets"];
        assert_eq!(nearest("titel", known), Some("title"));
        assert_eq!(nearest("timezone", known), Some("time_zone"));
        assert_eq!(nearest("Template", known), Some("template"));
        assert_eq!(nearest("dataset", known), Some("datasets"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest(&"t".repeat(1 << 20), known), None);
    }
}
