//! What is drawn: HTML and CSS become a checked template, before any data.
//!
//! [`Template::load`] reads a file and what it refers to; [`document`] is its tree, [`style`] what the [`cascade`]
//! makes of its CSS, [`expression`] what stands between `{{` and `}}`, and [`stream`] its tables of any length.
//!
//! **Invariant:** strict: what isn't supported is a [`crate::fault::Fault`] with file, line, column and what to use
//! instead. Reads files only inside the templates folder. Data can never become markup.

mod accessible;
pub mod aggregate;
pub mod ancestry;
mod attribute;
mod boxes;
pub mod cascade;
pub mod check;
pub(crate) mod css;
pub mod document;
pub mod expression;
mod filter;
mod folder;
mod html;
mod image;
mod link;
mod load;
pub mod locale;
pub mod page;
pub mod reference;
mod running;
pub mod scope;
mod source;
pub mod stream;
mod structure;
pub mod style;
pub(crate) mod styles;
#[cfg(test)]
mod tests;
mod vocabulary;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    artifact::Digest,
    fault::Fault,
    layout::{page::Image, text::FontBook},
    template::{
        cascade::Cascade,
        document::{Document, ElementId, Text},
        page::PageStyles,
        reference::Reference,
        stream::Stream,
        styles::Wardrobe,
    },
};

pub use check::{DatasetNames, Names};
pub use expression::EvalError;

/// A checked template with everything that it refers to, ready to be filled as often as needed.
#[derive(Debug)]
pub struct Template {
    file: PathBuf,
    document: Document,
    cascade: Cascade,
    pages: PageStyles,
    streams: Vec<Stream>,
    images: BTreeMap<String, Arc<Image>>,
    references: Vec<Reference>,
    fonts: Arc<FontBook>,
    digest: Digest,
    kept: Vec<Arc<str>>,
    roots: BTreeSet<String>,
    /// Ids that links lead to.
    targets: BTreeSet<Arc<str>>,
    /// Elements that name `rows`, in themselves or within, and hold no stream.
    waiting: BTreeSet<ElementId>,
    warnings: Vec<Fault>,
    /// Styles of documents drawn so far.
    wardrobe: Wardrobe,
}

impl Template {
    /// Loads and checks `file` of a templates folder, listing every fault in it and in its style sheets.
    pub fn load(folder: &Path, file: &str) -> Result<Self, Vec<Fault>> {
        load::load(folder, file)
    }

    /// Loads a template that refers to no files, as it comes from elsewhere than a folder.
    pub fn from_text(html: String) -> Result<Self, Vec<Fault>> {
        load::load_text(html)
    }

    /// The styles that documents of this template leave to each other.
    pub(crate) fn wardrobe(&self) -> &Wardrobe {
        &self.wardrobe
    }

    /// Checks that every name which the template uses exists.
    pub fn check(&self, names: &Names) -> Vec<Fault> {
        check::check(self, names)
    }

    /// SHA-256 over the template and every file that it refers to: the same digest draws the same pages.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The fonts that its pages name.
    pub fn fonts(&self) -> &Arc<FontBook> {
        &self.fonts
    }

    /// The pictures and fonts that it draws with, each where it is named first.
    pub fn references(&self) -> &[Reference] {
        &self.references
    }

    /// The text of `<title>`.
    pub fn title(&self) -> Option<&Text> {
        let title = self.document.find("title")?;
        self.document.get(title).children.iter().find_map(|child| match child {
            document::Child::Text(text) => Some(text),
            document::Child::Element(_) => None,
        })
    }

    /// The BCP 47 language that `<html lang>` names.
    pub fn language(&self) -> Option<&str> {
        let html = self.document.find("html")?;
        self.document.get(html).attribute("lang").and_then(Text::literal)
    }

    /// The datasets of many rows that it reads, in the order in which layout opens them: first those that
    /// `data-for` keeps in memory, then those that are streamed.
    pub fn datasets(&self) -> Vec<Arc<str>> {
        let streamed = self.streams.iter().map(|stream| &stream.dataset);
        self.kept.iter().chain(streamed.filter(|name| !self.keeps(name))).cloned().collect()
    }

    /// What deserves mending though the template works: whatever keeps its documents from being accessible.
    pub fn warnings(&self) -> &[Fault] {
        &self.warnings
    }

    /// The file, as the user named it.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Its elements.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Its rules.
    pub fn cascade(&self) -> &Cascade {
        &self.cascade
    }

    /// Its pages.
    pub fn pages(&self) -> &PageStyles {
        &self.pages
    }

    /// Whether `data-for` keeps a dataset in memory.
    pub fn keeps(&self, dataset: &str) -> bool {
        self.kept.iter().any(|name| **name == *dataset)
    }

    /// The datasets that `data-for` keeps in memory, in document order.
    pub fn kept(&self) -> &[Arc<str>] {
        &self.kept
    }

    /// Whether some expression starts with this name.
    pub fn uses(&self, root: &str) -> bool {
        self.roots.contains(root)
    }

    /// Whether an element names how many rows a stream had and holds no stream itself, so that it can be filled when
    /// the streams before it have passed.
    pub fn waits_for_rows(&self, element: ElementId) -> bool {
        self.waiting.contains(&element)
    }

    /// The streamed table that an element is.
    pub fn stream(&self, table: ElementId) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.table == table)
    }

    /// Where an element stands, as `file:line:column`, and what it is called, for errors.
    pub fn locate(&self, id: ElementId) -> (String, String) {
        let element = self.document.get(id);
        let place = format!("{}:{}:{}", self.file.display(), element.place.line, element.place.column);
        (place, format!("`<{}>`", element.tag))
    }

    /// Whether some link may lead to an element of this id.
    pub fn is_target(&self, id: &str) -> bool {
        self.targets.contains(id)
    }

    /// A picture by the `src` that names it.
    pub fn image(&self, src: &str) -> Option<&Arc<Image>> {
        self.images.get(src)
    }
}
