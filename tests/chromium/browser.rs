//! Chromium's side: one process prints every template that isn't printed yet.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::suite::{self, Case};

/// Chromium's document of each case, by name.
pub(crate) fn print(cases: &[Case]) -> BTreeMap<String, PathBuf> {
    let kept = suite::workshop().join("printed");
    fs::create_dir_all(&kept).unwrap();
    let shared = shared_files();
    let documents: BTreeMap<String, PathBuf> = cases
        .iter()
        .map(|case| (case.name.clone(), kept.join(format!("{}-{}.pdf", case.name, key(case, &shared)))))
        .collect();
    let jobs: Vec<_> = cases
        .iter()
        .filter(|case| !documents[&case.name].exists())
        .map(|case| json!({ "html": html(case), "data": case.data, "pdf": documents[&case.name] }))
        .collect();
    if !jobs.is_empty() {
        run(&json!(jobs).to_string());
    }
    documents
}

fn run(jobs: &str) {
    let file = suite::workshop().join("jobs.json");
    fs::write(&file, jobs).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let modules = std::env::var_os("PRESSROOM_TEST_NODE_MODULES")
        .map_or_else(|| root.join("target/test-tools/node_modules"), PathBuf::from);
    let status = Command::new("node")
        .arg(root.join("tests/chromium/print.mjs"))
        .arg(&file)
        .env("PRESSROOM_TEST_NODE_MODULES", modules)
        .status()
        .expect("node, which ./test installs");
    assert!(status.success(), "Chromium could not print everything");
}

/// What Chromium prints: the template, or what is written beside it.
fn html(case: &Case) -> PathBuf {
    let expected = case.folder.join(format!("{}.expected.html", case.name));
    if expected.exists() { expected } else { case.folder.join(case.template()) }
}

/// What any template may refer to: style sheets, and the script that fills templates.
fn shared_files() -> Vec<u8> {
    let mut files: Vec<PathBuf> = fs::read_dir(suite::folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "css"));
    files.sort();
    files.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chromium/expand.js"));
    files.iter().flat_map(|file| fs::read(file).unwrap()).collect()
}

/// Changes when the document would.
fn key(case: &Case, shared: &[u8]) -> String {
    let mut digest = Sha256::new();
    digest.update(shared);
    digest.update(fs::read(html(case)).unwrap());
    digest.update(case.data.to_string());
    hex::encode(&digest.finalize()[..8])
}
