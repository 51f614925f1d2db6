//! The reports that ship, each with its sample.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value as Json;

use crate::suite::Case;

/// All reports of `jobs`.
pub(crate) fn all() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> =
        fs::read_dir(root.join("jobs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let report = |folder: PathBuf| Case {
        name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
        data: sample(&folder),
        folder: root.join("templates"),
    };
    folders.into_iter().map(report).collect()
}

/// A report's sample, with what its definition says of title and datasets.
fn sample(folder: &Path) -> Json {
    let mut data: Json = serde_json::from_str(&fs::read_to_string(folder.join("sample.json")).unwrap()).unwrap();
    let definition: toml::Table = toml::from_str(&fs::read_to_string(folder.join("report.toml")).unwrap()).unwrap();
    for key in ["title", "description"] {
        data[key] = definition.get(key).and_then(toml::Value::as_str).into();
    }
    let datasets = definition["datasets"].as_table().unwrap();
    let is_one = |dataset: &toml::Value| dataset.get("one").and_then(toml::Value::as_bool) == Some(true);
    data["single"] = datasets.iter().filter(|(_, dataset)| is_one(dataset)).map(|(name, _)| name.as_str()).collect();
    data
}
