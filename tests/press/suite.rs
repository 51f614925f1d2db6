//! The templates of `tests/chromium/suite` with their data, laid out in one folder with the fonts and pictures that they
//! share.

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
        crate::press::press(&self.folder, &self.template(), &self.data, tagged)
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
