//! The reference of templates can't go stale: `docs/TEMPLATES.md` is checked against what it describes.
//!
//! Every example (a fence marked `html`) loads, and the picture after it shows what it draws. Every value in the tables
//! of CSS is accepted, and what the page says isn't supported is refused.
//!
//! ```text
//! PRESSROOM_UPDATE_DOCS=1 cargo test --test template_reference    draws the pictures anew
//! ```

#![expect(clippy::unwrap_used, reason = "a test fails where something is missing")]
#![expect(clippy::disallowed_methods, reason = "where tools are comes from ./test, what to do from whoever runs it")]

mod drawing;
mod examples;
#[path = "../press/picture.rs"]
mod picture;
#[path = "../press/mod.rs"]
mod press;
mod promises;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use examples::Example;

/// All pictures of the reference together.
const MOST_BYTES: u64 = 1_500_000;

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/TEMPLATES.md")).unwrap()
}

fn pictures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images/templates")
}

#[test]
fn every_example_draws_its_picture() {
    let update = std::env::var_os("PRESSROOM_UPDATE_DOCS").is_some();
    let complaints: Vec<String> =
        examples::read(&page()).iter().filter_map(|example| stale(example, update).err()).collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// Draws an example and holds it against its picture, or replaces the picture.
fn stale(example: &Example, update: bool) -> Result<(), String> {
    let drawn = drawing::draw(&example.document()).map_err(|why| format!("line {}: {why}", example.line))?;
    let Some(name) = &example.picture else { return Ok(()) };
    let file = pictures().join(name);
    let kept = fs::read(&file).ok().map(|bytes| drawing::decode(&bytes));
    match kept.map(|kept| drawing::differs(&kept, &drawn)) {
        Some(None) => Ok(()),
        _ if update => {
            fs::create_dir_all(pictures()).unwrap();
            fs::write(file, drawing::encode(&drawn)).unwrap();
            Ok(())
        }
        Some(Some(how)) => Err(format!("{name} shows something else: {how}; see PRESSROOM_UPDATE_DOCS")),
        None => Err(format!("{name} is missing; see PRESSROOM_UPDATE_DOCS")),
    }
}

#[test]
fn every_picture_is_shown_and_all_are_small() {
    let shown: BTreeSet<String> = examples::read(&page()).into_iter().filter_map(|example| example.picture).collect();
    let mut bytes = 0;
    for entry in fs::read_dir(pictures()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        assert!(shown.contains(&name), "{name} isn't shown");
        bytes += entry.metadata().unwrap().len();
    }
    assert!(bytes < MOST_BYTES, "the pictures take {bytes} bytes");
}

#[test]
fn what_is_listed_is_accepted() {
    let refused = promises::refused(&page());
    assert!(refused.is_empty(), "\n{}\n", refused.join("\n"));
}

#[test]
fn what_is_excluded_is_refused() {
    let accepted = promises::wrongly_accepted(&page());
    assert!(accepted.is_empty(), "\n{}\n", accepted.join("\n"));
}
