//! The pictures and fonts that a template names, and where: whoever finds one damaged can say so.

use std::{path::PathBuf, sync::Arc};

use crate::{
    fault::{Fault, Place},
    layout::{page::Image, text::FontId},
    template::source::Source,
};

/// A file of the templates folder that a template draws with.
#[derive(Debug)]
pub struct Reference {
    /// The HTML or CSS file that names it first.
    pub from: PathBuf,
    /// Where in that file.
    pub place: Place,
    /// Its path within the templates folder.
    pub file: String,
    /// What it was read as.
    pub to: Referenced,
}

/// What a file was read as.
#[derive(Debug)]
pub enum Referenced {
    /// A picture.
    Picture(Arc<Image>),
    /// A face of the template's font book.
    Font(FontId),
}

impl Reference {
    pub(crate) fn new(source: &Source, offset: usize, file: &str, to: Referenced) -> Self {
        Self { from: source.file().to_path_buf(), place: source.place(offset), file: file.to_owned(), to }
    }

    /// A fault where the file is named.
    pub fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(message).in_file(self.from.clone()).at(self.place)
    }
}
