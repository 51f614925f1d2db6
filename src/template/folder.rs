//! The templates folder: the only place that a template may read from.
//!
//! **Invariant:** no path leads out of the folder, neither by `..`, nor absolute, nor through a symbolic link.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

/// No file of a template may be larger than this (a font for many scripts is about 20 MiB).
const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// No HTML or CSS file may be larger than this: it is data that makes a report long, and reading the template of
/// hundreds of thousands of elements would take minutes and a gigabyte.
const MAX_TEXT_BYTES: u64 = 1024 * 1024;

/// A folder that is read from and never left.
#[derive(Debug)]
pub(crate) struct Folder {
    named: PathBuf,
    /// None when there is no folder, and so nothing to read.
    real: Option<PathBuf>,
}

/// Why a file of the folder can't be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    #[error("`{0}` leads out of the templates folder")]
    Outside(String),
    #[error("`{0}` is not in the templates folder")]
    Missing(String),
    #[error("`{0}` is larger than {mebibytes} MiB", mebibytes = .1 >> 20)]
    TooLarge(String, u64),
    #[error("`{0}` is not UTF-8 text")]
    NotText(String),
    #[error("`{0}` can't be read: {1}")]
    Unreadable(String, io::Error),
}

impl Folder {
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        Ok(Self { named: folder.to_owned(), real: Some(folder.canonicalize()?) })
    }

    /// A folder in which nothing is.
    pub(crate) fn empty() -> Self {
        Self { named: PathBuf::new(), real: None }
    }

    /// The path of a file as the user would name it.
    pub(crate) fn named(&self, file: &str) -> PathBuf {
        self.named.join(file)
    }

    /// A file's bytes.
    pub(crate) fn bytes(&self, file: &str) -> Result<Vec<u8>, FolderError> {
        self.read(file, MAX_BYTES)
    }

    /// A file's text.
    pub(crate) fn text(&self, file: &str) -> Result<String, FolderError> {
        let bytes = self.read(file, MAX_TEXT_BYTES)?;
        String::from_utf8(bytes).map_err(|_| FolderError::NotText(file.to_owned()))
    }

    fn read(&self, file: &str, most: u64) -> Result<Vec<u8>, FolderError> {
        let relative = Path::new(file);
        if relative.components().any(|part| !matches!(part, Component::Normal(_))) {
            return Err(FolderError::Outside(file.to_owned()));
        }
        let unreadable = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => FolderError::Missing(file.to_owned()),
            _ => FolderError::Unreadable(file.to_owned(), error),
        };
        let Some(folder) = &self.real else { return Err(FolderError::Missing(file.to_owned())) };
        let real = folder.join(relative).canonicalize().map_err(unreadable)?;
        if !real.starts_with(folder) {
            return Err(FolderError::Outside(file.to_owned()));
        }
        let facts = fs::metadata(&real).map_err(unreadable)?;
        if !facts.is_file() {
            return Err(FolderError::Missing(file.to_owned()));
        }
        if facts.len() > most {
            return Err(FolderError::TooLarge(file.to_owned(), most));
        }
        fs::read(&real).map_err(unreadable)
    }
}

/// The path, relative to the folder, of what `from` (a file of the folder) calls `reference`.
pub(crate) fn resolve(from: &str, reference: &str) -> Result<String, FolderError> {
    let outside = || FolderError::Outside(reference.to_owned());
    if reference.contains(':') || reference.starts_with('/') || reference.contains('\\') {
        return Err(outside());
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in reference.split('/') {
        match part {
            "" | "." => {}
            ".." => parts.pop().map(|_| ()).ok_or_else(outside)?,
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("templates/css")).unwrap();
        fs::write(root.path().join("secret.txt"), "secret").unwrap();
        fs::write(root.path().join("templates/css/a.css"), "p {}").unwrap();
        let folder = Folder::open(&root.path().join("templates")).unwrap();
        (root, folder)
    }

    #[test]
    fn reads_what_is_inside() {
        let (_root, folder) = folder();
        assert_eq!(folder.text("css/a.css").unwrap(), "p {}");
        assert_eq!(resolve("css/a.css", "../fonts/b.ttf").unwrap(), "fonts/b.ttf");
    }

    #[test]
    fn refuses_every_way_out() {
        let (root, folder) = folder();
        for reference in
            ["../secret.txt", "/etc/passwd", "file:///etc/passwd", "css/../../secret.txt", "..\\secret.txt"]
        {
            assert!(matches!(resolve("a.html", reference), Err(FolderError::Outside(_))), "{reference}");
        }
        assert!(matches!(folder.bytes("../secret.txt"), Err(FolderError::Outside(_))));
        std::os::unix::fs::symlink(root.path().join("secret.txt"), root.path().join("templates/link.txt")).unwrap();
        assert!(matches!(folder.bytes("link.txt"), Err(FolderError::Outside(_))));
    }

    #[test]
    fn refuses_texts_that_are_too_large_to_be_templates() {
        let (root, folder) = folder();
        let file = fs::File::create(root.path().join("templates/long.html")).unwrap();
        file.set_len(MAX_TEXT_BYTES + 1).unwrap();
        assert_eq!(folder.text("long.html").unwrap_err().to_string(), "`long.html` is larger than 1 MiB");
        assert!(folder.bytes("long.html").is_ok(), "a font may be larger");
    }

    #[test]
    fn a_folder_is_not_a_file() {
        let (_root, folder) = folder();
        assert!(matches!(folder.bytes("css"), Err(FolderError::Missing(_))));
    }
}
