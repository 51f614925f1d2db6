//! Faults as a compiler shows them: the place, the line it stands on, a caret, and what to do.

use std::{fs, io::IsTerminal as _, path::Path};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::fault::{Fault, Place, Severity};

/// No source longer than this is read again to show a line of it.
const MAX_BYTES: u64 = 1024 * 1024;

/// Lines longer than this are shown in part.
const WIDTH: usize = 140;

/// Prints a fault to standard error.
pub(super) fn print(fault: &Fault) {
    let styled = std::io::stderr().is_terminal();
    eprintln!("{}", shown(fault, styled));
}

/// A fault as text; with its line where the file can be read.
fn shown(fault: &Fault, styled: bool) -> String {
    let (Some(file), Some(place)) = (&fault.file, fault.place) else { return fault.to_string() };
    let Some((line, column)) = line_of(file, place) else { return fault.to_string() };
    let level = match fault.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let path = file.display().to_string();
    let snippet = Snippet::source(line.as_str())
        .path(path.as_str())
        .line_start(place.line as usize)
        .annotation(AnnotationKind::Primary.span(column..column + word_length(&line[column..])));
    let mut group: Group<'_> = level.primary_title(fault.message.as_str()).element(snippet);
    if let Some(help) = &fault.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(WIDTH).render(&[group]).to_string()
}

/// The line of a place, without control characters, and the byte of it at which the place is.
fn line_of(file: &Path, place: Place) -> Option<(String, usize)> {
    if fs::metadata(file).ok().filter(|facts| facts.is_file())?.len() > MAX_BYTES {
        return None;
    }
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().nth(place.line.checked_sub(1)? as usize)?;
    let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let column = line.char_indices().nth(place.column.checked_sub(1)? as usize).map_or(line.len(), |(at, _)| at);
    Some((line, column))
}

/// How many bytes at the start of the text belong together: a name, a tag, or one character.
fn word_length(text: &str) -> usize {
    let in_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let opening = text.len() - text.trim_start_matches(['<', '@', '.', '#', '/']).len();
    let word = text[opening..].find(|c| !in_word(c)).unwrap_or(text.len() - opening);
    match opening + word {
        0 => text.chars().next().map_or(0, char::len_utf8),
        length => length,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn fault(file: &Path, line: u32, column: u32) -> Fault {
        Fault::new("`patient.nome` doesn't exist").in_file(file).at(Place { line, column })
    }

    #[test]
    fn a_fault_shows_its_line_with_a_caret_and_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.html");
        fs::write(&file, "<html>\n\t<p>für {{ patient.nome }}</p>\n").unwrap();
        let text = shown(&fault(&file, 2, 20).help("did you mean `patient.name`?"), false);
        let text = text.replace(&folder.path().display().to_string(), "templates");
        expect![[r#"
            error: `patient.nome` doesn't exist
             --> templates/a.html:2:20
              |
            2 |  <p>für {{ patient.nome }}</p>
              |                    ^^^^
              |
              = help: did you mean `patient.name`?"#]]
        .assert_eq(&text);
    }

    #[test]
    fn places_that_are_not_there_do_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.html");
        fs::write(&file, "é").unwrap();
        for (line, column) in [(1, 1), (1, 2), (1, 900), (7, 1), (0, 0)] {
            assert!(shown(&fault(&file, line, column), false).contains("doesn't exist"));
        }
        assert!(shown(&fault(&folder.path().join("none"), 1, 1), true).contains("doesn't exist"));
    }
}
