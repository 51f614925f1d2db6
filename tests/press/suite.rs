//! The templates of `tests/chromium/suite` and the reports of `jobs`, each with its data.
//!
//! The suite is laid out in one folder with the fonts and pictures that it shares.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use serde_json::{Map, Value as Json};

/// One template.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) data: Json,
    /// The templates folder that it stands in.
    pub(crate) folder: PathBuf,
}

impl Case {
    /// The template's file in [`folder`].
    pub(crate) fn template(&self) -> String {
        format!("{}.html", self.name)
    }

    /// Renders it.
    pub(crate) fn press(&self, tagged: bool) -> Result<Vec<u8>, String> {
        super::press(&self.folder, &self.template(), &self.data, tagged)
    }
}

/// The cases of these names, or all of them.
pub(crate) fn cases(names: &[&str]) -> Vec<Case> {
    let mut found: Vec<String> = fs::read_dir(sources())
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter_map(|file| file.strip_suffix(".html").map(str::to_owned))
        .filter(|name| !name.ends_with(".expected") && (names.is_empty() || names.contains(&name.as_str())))
        .collect();
    found.sort();
    found.into_iter().map(|name| Case { data: data(&name), name, folder: folder().to_owned() }).collect()
}

/// The reports that ship with Pressroom, with their samples.
pub(crate) fn reports() -> Vec<Case> {
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

fn data(name: &str) -> Json {
    match fs::read_to_string(sources().join(format!("{name}.json"))) {
        Ok(text) => serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}.json: {error}")),
        Err(_) => Json::Object(Map::new()),
    }
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chromium/suite")
}

/// Where everything that a test makes is kept.
pub(crate) fn workshop() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(env!("CARGO_CRATE_NAME"))
}

/// The templates folder that both sides read: the suite's files, `fonts/` and `pictures/`.
pub(crate) fn folder() -> &'static Path {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = workshop().join("suite");
        let _absent = fs::remove_dir_all(&folder);
        copy(&sources(), &folder);
        copy(&root.join("templates/fonts"), &folder.join("fonts"));
        copy(&root.join("tests/pictures"), &folder.join("pictures"));
        folder
    });
    &FOLDER
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
