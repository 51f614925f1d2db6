//! The name that a person saves a document under.

use crate::{
    job::{Job, ReportName},
    report::Definition,
};

/// The longest name, without `.pdf`.
const LONGEST: usize = 120;

/// Names that Windows keeps for devices, whatever their extension.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1", "lpt2",
    "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// A file name with `{parameter}` and `{date}` placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// The day the job was accepted, in the report's time zone.
    Date,
    Parameter(String),
}

/// What is wrong with a file name, and at which byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileNameError {
    pub(super) offset: usize,
    pub(super) message: &'static str,
}

impl FileName {
    /// `<report>-{date}`.
    pub(super) fn by_date(report: &ReportName) -> Self {
        Self(vec![Piece::Text(format!("{report}-")), Piece::Date])
    }

    /// Splits a name at its placeholders.
    pub(super) fn parse(text: &str) -> Result<Self, FileNameError> {
        let text = text.strip_suffix(".pdf").unwrap_or(text);
        if let Some(offset) = text.find(|c: char| !is_safe(c) && c != '{' && c != '}') {
            return Err(FileNameError {
                offset,
                message: "a file name consists of ASCII letters, digits, spaces and `-_.()` beside its placeholders",
            });
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let offset = text.len() - rest.len() + at;
            let error = |message| FileNameError { offset, message };
            let (before, after) = rest.split_at(at);
            let inside = after.strip_prefix('{').ok_or(error("this `}` closes nothing"))?;
            let (name, after) = inside.split_once('}').ok_or(error("this `{` is never closed"))?;
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(if name == "date" { Piece::Date } else { Piece::Parameter(name.to_owned()) });
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        pieces.retain(|piece| *piece != Piece::Text(String::new()));
        if pieces.is_empty() {
            return Err(FileNameError { offset: 0, message: "a file name can't be empty" });
        }
        Ok(Self(pieces))
    }

    /// The parameters that it names.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Parameter(name) => Some(name.as_str()),
            _ => None,
        })
    }
}

impl Definition {
    /// The file name of a job's document: safe in a header, a shell and on every file system; ends in `.pdf`.
    ///
    /// Only ASCII letters, digits, spaces and `-_.()` are kept; everything else of a parameter becomes `-`.
    pub fn download_name(&self, job: &Job) -> String {
        let pieces = self.file_name.0.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Date => job.accepted_at.with_timezone(&self.time_zone).format("%Y-%m-%d").to_string(),
            Piece::Parameter(name) => match job.parameters.get(name) {
                Some(serde_json::Value::String(text)) => text.clone(),
                None | Some(serde_json::Value::Null) => String::new(),
                Some(other) => other.to_string(),
            },
        });
        safe(&pieces.collect::<String>()).unwrap_or_else(|| self.name.to_string()) + ".pdf"
    }
}

fn is_safe(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '(' | ')')
}

/// The text with what isn't safe made so; `None` if nothing of it is left.
fn safe(text: &str) -> Option<String> {
    let mut name = String::new();
    for c in text.chars() {
        let c = if is_safe(c) { c } else { '-' };
        if !(matches!(c, '-' | ' ' | '.') && name.ends_with(c)) {
            name.push(c);
        }
        if name.len() == LONGEST {
            break;
        }
    }
    let name = name.trim_matches([' ', '.', '-', '_']);
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let device = DEVICES.iter().any(|device| stem.eq_ignore_ascii_case(device));
    match (name.is_empty(), device) {
        (true, _) => None,
        (_, true) => Some(format!("report {name}")),
        _ => Some(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_safe_becomes_a_dash() {
        assert_eq!(safe("../../etc/passwd").as_deref(), Some("etc-passwd"));
        assert_eq!(safe("a\r\nSet-Cookie: x=\"1\"").as_deref(), Some("a-Set-Cookie- x-1"));
        assert_eq!(safe("Straße 7").as_deref(), Some("Stra-e 7"));
        assert_eq!(safe("-rf").as_deref(), Some("rf"), "a name that begins like an option");
        assert_eq!(safe("\u{202e}fdp.exe").as_deref(), Some("fdp.exe"), "no direction overrides");
        assert_eq!(safe(" . . ").as_deref(), None);
        assert_eq!(safe("ภาษาไทย"), None);
        assert_eq!(safe("Con.2026").as_deref(), Some("report Con.2026"));
        assert_eq!(safe(&"x".repeat(1000)).map(|name| name.len()), Some(LONGEST));
    }

    #[test]
    fn placeholders_are_found_or_their_fault_is() {
        let name = FileName::parse("invoice-{invoice_id}-{date}.pdf").unwrap();
        assert_eq!(name.parameters().collect::<Vec<_>>(), ["invoice_id"]);
        assert!(name.0.contains(&Piece::Date));
        for (text, offset) in [("a-{b", 2), ("a}b", 1), ("{a}/b", 3), ("", 0), (".pdf", 0), ("für", 1)] {
            assert_eq!(FileName::parse(text).map_err(|error| error.offset), Err(offset), "{text}");
        }
    }
}
