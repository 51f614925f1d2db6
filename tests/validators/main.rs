//! What independent programs find in documents: nothing.
//!
//! Every template of the suite and every report that ships is rendered, tagged and untagged. pikepdf judges PDF/A-2b,
//! `accessibility.py` the structure by the rules of PDF/UA-1 and level A, qpdf the file's syntax, and poppler's text is
//! what the template says, in reading order.
//!
//! A template that can't be rendered is left to the comparison with Chromium, which says why.

#![expect(clippy::unwrap_used, reason = "a test fails where something is missing")]
#![expect(clippy::disallowed_methods, reason = "where tools are comes from ./test, what to do from whoever runs it")]

#[path = "../press/mod.rs"]
mod press;
mod reading;
mod reports;
mod rows;
#[path = "../press/suite.rs"]
mod suite;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use suite::Case;

/// A rendered template.
struct Document {
    case: Case,
    file: PathBuf,
}

/// Renders everything there is into a folder of this name.
fn documents(name: &str, tagged: bool) -> Vec<Document> {
    let folder = suite::workshop().join(name);
    fs::create_dir_all(&folder).unwrap();
    let mut cases = suite::cases(&[]);
    cases.extend(reports::all());
    let render = |case: Case| {
        let file = folder.join(format!("{}.pdf", case.name));
        let pressed = case.press(tagged);
        // What ships is whole; what the suite can't render is told by the comparison with Chromium.
        let ships = case.folder.ends_with("templates");
        let bytes =
            if ships { pressed.unwrap_or_else(|fault| panic!("{}: {fault}", case.name)) } else { pressed.ok()? };
        fs::write(&file, bytes).unwrap();
        Some(Document { case, file })
    };
    let threads: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = cases.into_iter().map(|case| scope.spawn(move || render(case))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let documents: Vec<Document> = threads.into_iter().flatten().collect();
    assert!(documents.len() > 30, "only {} templates could be rendered", documents.len());
    documents
}

/// The Python that has pikepdf: `./test` makes it.
fn python() -> PathBuf {
    std::env::var_os("PRESSROOM_TEST_PYTHON").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-tools/python/bin/python"),
        PathBuf::from,
    )
}

fn findings(documents: &[Document], options: &[&str]) -> String {
    let output = Command::new(python())
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validators/validate.py"))
        .args(options)
        .args(documents.iter().map(|document| &document.file))
        .output()
        .expect("tests/services/install.sh makes an environment for Python");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn untagged_documents_are_archival() {
    let findings = findings(&documents("untagged", false), &[]);
    assert!(findings.is_empty(), "\n{findings}");
}

#[test]
fn tagged_documents_are_archival_and_accessible() {
    let findings = findings(&documents("tagged", true), &["--tagged"]);
    assert!(findings.is_empty(), "\n{findings}");
}

#[test]
fn qpdf_finds_nothing() {
    for tagged in [false, true] {
        for document in documents(if tagged { "qpdf-tagged" } else { "qpdf" }, tagged) {
            let output = Command::new("qpdf").arg("--check").arg(&document.file).output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && !said.contains("WARNING"), "{}: {said}", document.case.name);
        }
    }
}

#[test]
fn poppler_reads_what_is_written() {
    let mut complaints = Vec::new();
    for document in documents("reading", false) {
        complaints.extend(reading::difference(&document.case, &document.file));
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
