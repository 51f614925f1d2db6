//! A text file of a template, able to name its places.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::fault::{Fault, Place};

/// A file's text and the name by which faults speak of it.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    file: Arc<Path>,
    /// The file's path in the templates folder, which other paths are relative to.
    path: Arc<str>,
    text: Arc<str>,
    /// Where each line begins: a file of a hundred thousand faults asks for as many places.
    lines: Arc<[usize]>,
    is_ascii: bool,
}

impl Source {
    pub(crate) fn new(file: PathBuf, text: String) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(end, _)| end + 1)).collect();
        let path = file.to_string_lossy().into();
        Self { file: file.into(), path, lines, is_ascii: text.is_ascii(), text: text.into() }
    }

    /// A file of the templates folder, where its path is this.
    pub(crate) fn in_folder(file: PathBuf, path: &str, text: String) -> Self {
        Self { path: path.into(), ..Self::new(file, text) }
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn file(&self) -> &Arc<Path> {
        &self.file
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn place(&self, offset: usize) -> Place {
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        let start = self.lines[line - 1];
        let end = offset.min(self.text.len());
        let column =
            if self.is_ascii { end - start + 1 } else { Place::at(&self.text[start..], end - start).column as usize };
        Place { line: line as u32, column: column as u32 }
    }

    /// A fault at a byte offset of the text.
    pub(crate) fn fault(&self, offset: usize, message: impl Into<String>) -> Fault {
        Fault::new(message).in_file(self.file.to_path_buf()).at(self.place(offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_a_search_from_the_beginning() {
        for text in ["", "a", "\n", "ab\ncd\n", "äb\n\nçd", "\r\nx\n"] {
            let source = Source::new(PathBuf::from("a.html"), text.to_owned());
            for offset in 0..text.len() + 2 {
                assert_eq!(source.place(offset), Place::at(text, offset), "{text:?} at {offset}");
            }
        }
    }
}
