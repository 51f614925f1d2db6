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
    text: Arc<str>,
}

impl Source {
    pub(crate) fn new(file: PathBuf, text: String) -> Self {
        Self { file: file.into(), text: text.into() }
    }

    pub(crate) fn file(&self) -> &Arc<Path> {
        &self.file
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn place(&self, offset: usize) -> Place {
        Place::at(&self.text, offset)
    }

    /// A fault at a byte offset of the text.
    pub(crate) fn fault(&self, offset: usize, message: impl Into<String>) -> Fault {
        Fault::new(message).in_file(self.file.to_path_buf()).at(self.place(offset))
    }
}
