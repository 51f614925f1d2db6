//! The writer: pages in, bytes out.

use std::{
    io::{self, Write},
    sync::Arc,
};

use super::{
    content::{Painter, Supplies},
    destinations::Destinations,
    file::{ObjectFile, Ref, TooManyObjects},
    fonts::Fonts,
    links,
    metadata::{self, Metadata, Parts},
    number::push,
    outline::Outline,
    resources::Resources,
    stamp::Stamp,
    structure::Structure,
    tree::PageTree,
};
use crate::layout::{
    page::{Item, Page},
    text::FontBook,
};

/// Why a document can't be written.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// The bytes couldn't be handed on.
    #[error("writing the document failed")]
    Write(#[source] io::Error),
    /// Tagged tables of half a million rows come near it.
    #[error(
        "the document is too long for an accessible PDF, which may have 8,388,607 objects; write `conformance = \"2u\"` \
         into its definition or ask for less"
    )]
    TooManyObjects,
    /// A font can't be subset or embedded.
    #[error("a font can't be embedded")]
    Font,
    /// A picture is neither PNG nor JPEG, is broken, or too large.
    #[error("a picture can't be decoded")]
    Image,
    /// More would break a rule of PDF/A.
    #[error("boxes that fade or hide what overflows stand more than {0} deep in each other")]
    Nesting(usize),
    /// All of them stay in memory, because links may lead to any.
    #[error("the document has more than {0} places with an `id`; leave it out in rows that repeat")]
    TooManyDestinations(usize),
    /// A document needs at least one page.
    #[error("the document has no pages")]
    NoPages,
}

impl From<io::Error> for PdfError {
    fn from(error: io::Error) -> Self {
        let too_many = error.get_ref().is_some_and(|inner| inner.is::<TooManyObjects>());
        if too_many { Self::TooManyObjects } else { Self::Write(error) }
    }
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Pages in the document.
    pub pages: u64,
    /// Bytes in the file.
    pub size_bytes: u64,
}

/// Writes a document page by page.
///
/// A page leaves as it comes. What stays in memory is a few dozen bytes a page, the glyphs used of each font, the tags
/// that are open, and some hundred small objects that leave together. After an error the document is lost.
pub struct PdfWriter<W> {
    file: ObjectFile<W>,
    metadata: Metadata,
    resources: Resources,
    structure: Option<Structure>,
    destinations: Destinations,
    outline: Outline,
    tree: PageTree,
    painter: Painter,
}

impl<W: Write> PdfWriter<W> {
    /// Begins a document: writes the file's first line.
    pub fn new(out: W, fonts: Arc<FontBook>, metadata: Metadata) -> Result<Self, PdfError> {
        let mut file = ObjectFile::new(out)?;
        let resources = Resources::new(file.reserve()?, Fonts::new(fonts));
        let structure = if metadata.tagged { Some(Structure::new(&mut file)?) } else { None };
        Ok(Self {
            file,
            metadata,
            resources,
            structure,
            destinations: Destinations::default(),
            outline: Outline::default(),
            tree: PageTree::default(),
            painter: Painter::default(),
        })
    }

    /// Writes a page.
    pub fn page(&mut self, page: &Page) -> Result<(), PdfError> {
        let at = self.file.reserve()?;
        self.note_places(page, at)?;
        if let Some(structure) = &mut self.structure {
            structure.begin_page(page, at, &mut self.file)?;
            structure.begin_content(None);
        }
        let mut supplies =
            Supplies { resources: &mut self.resources, structure: self.structure.as_mut(), file: &mut self.file };
        self.painter.page(page, &mut supplies)?;
        let content = self.file.reserve()?;
        self.file.stream(content, b"", self.painter.content())?;
        let key = match &mut self.structure {
            Some(structure) => structure.end_content(&mut self.file)?,
            None => None,
        };
        let links = links::write(page, self.structure.as_mut(), &mut self.file)?;

        let parent = self.tree.parent(&mut self.file)?;
        let body = self.page_object(page, parent, content, key, &links);
        self.file.object(at, &body)?;
        self.tree.add(at, &mut self.file)?;
        if let Some(structure) = &mut self.structure {
            structure.settle(page.closed, &mut self.file)?;
        }
        Ok(())
    }

    /// Takes in what else a page brings along: its pictures, and the places that links and the outline lead to.
    fn note_places(&mut self, page: &Page, at: Ref) -> Result<(), PdfError> {
        for item in &page.items {
            match item {
                Item::Image { image, .. } => self.resources.images.write(image, &mut self.file)?,
                Item::Destination { y, name } => self.destinations.add(name, at, page.height - y)?,
                Item::Bookmark { y, level, title } => {
                    self.outline.add(*level, title, (at, page.height - y), &mut self.file)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn page_object(&self, page: &Page, parent: Ref, content: Ref, key: Option<u32>, links: &str) -> Vec<u8> {
        // PDF/A wants resources named by each page, not inherited (ISO 19005-2, 6.2.2).
        let (parent, content, resources) = (parent.0, content.0, self.resources.at().0);
        let mut body =
            format!("<</Type/Page/Parent {parent} 0 R/Contents {content} 0 R/Resources {resources} 0 R/MediaBox[0 0 ")
                .into_bytes();
        push(&mut body, page.width);
        body.push(b' ');
        push(&mut body, page.height);
        body.push(b']');
        if let Some(key) = key {
            body.extend_from_slice(format!("/StructParents {key}").as_bytes());
        }
        if self.painter.is_transparent() {
            body.extend_from_slice(b"/Group<</S/Transparency/CS/DeviceRGB>>");
        }
        if !links.is_empty() {
            // Who goes from link to link goes in the order of the structure.
            body.extend_from_slice(format!("/Annots[{links}]/Tabs/S").as_bytes());
        }
        body.extend_from_slice(b">>");
        body
    }

    /// Writes what pages share and what the document was made from, and ends the file.
    pub fn finish(self, stamp: &Stamp) -> Result<Summary, PdfError> {
        self.finish_into(stamp).map(|(summary, _)| summary)
    }

    /// The same, handing back where it was written.
    pub fn finish_into(mut self, stamp: &Stamp) -> Result<(Summary, W), PdfError> {
        let pages = self.tree.pages();
        if pages == 0 {
            return Err(PdfError::NoPages);
        }
        let structure = match self.structure {
            Some(structure) => Some(structure.finish(&mut self.file)?),
            None => None,
        };
        self.resources.finish(pages, &mut self.file)?;
        let parts = Parts {
            pages: self.tree.finish(&mut self.file)?,
            structure,
            outline: self.outline.finish(&mut self.file)?,
            destinations: self.destinations.finish(&mut self.file)?,
        };
        let trailer = metadata::write(&self.metadata, stamp, &parts, &mut self.file)?;
        let (size_bytes, out) = self.file.finish(&trailer)?;
        Ok((Summary { pages, size_bytes }, out))
    }
}
