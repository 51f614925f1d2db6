//! The writer: pages in, bytes out.

use std::{
    fmt::Write as _,
    io::{self, Write},
    sync::Arc,
};

use super::{
    content::Painter,
    deflate::Effort,
    file::{ObjectFile, Ref, TooManyObjects},
    fonts::Fonts,
    image::Images,
    metadata::{self, Metadata},
    number::push,
    object::push_string,
    stamp::Stamp,
    total::Totals,
    tree::PageTree,
};
use crate::layout::{
    page::{Item, Page, Rect},
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
/// A page leaves as it comes. What stays in memory is sixteen bytes a page, the glyphs used of each font and up to 200
/// small objects that leave together. After an error the document is lost.
pub struct PdfWriter<W> {
    file: ObjectFile<W>,
    metadata: Metadata,
    fonts: Fonts,
    images: Images,
    totals: Totals,
    tree: PageTree,
    painter: Painter,
    resources: Ref,
}

impl<W: Write> PdfWriter<W> {
    /// Begins a document: writes the file's first line.
    pub fn new(out: W, fonts: Arc<FontBook>, metadata: Metadata) -> Result<Self, PdfError> {
        let mut file = ObjectFile::new(out)?;
        let resources = file.reserve()?;
        Ok(Self {
            file,
            metadata,
            fonts: Fonts::new(fonts),
            images: Images::default(),
            totals: Totals::default(),
            tree: PageTree::default(),
            painter: Painter::default(),
            resources,
        })
    }

    /// Writes a page.
    pub fn page(&mut self, page: &Page) -> Result<(), PdfError> {
        for item in &page.items {
            if let Item::Image { image, .. } = item {
                self.images.write(image, &mut self.file)?;
            }
        }
        let images = &self.images;
        let content = self.painter.page(page, &mut self.fonts, &mut self.totals, |image| images.name(image));
        let content_at = self.file.reserve()?;
        self.file.stream(content_at, b"", content, Effort::Fast)?;

        let parent = self.tree.parent(&mut self.file)?;
        // PDF/A wants resources named by each page, not inherited (ISO 19005-2, 6.2.2).
        let (parent, content, resources) = (parent.0, content_at.0, self.resources.0);
        let mut body =
            format!("<</Type/Page/Parent {parent} 0 R/Contents {content} 0 R/Resources {resources} 0 R/MediaBox[0 0 ")
                .into_bytes();
        push(&mut body, page.width);
        body.push(b' ');
        push(&mut body, page.height);
        body.push(b']');
        let links = self.links(page)?;
        if !links.is_empty() {
            body.extend_from_slice(format!("/Annots[{links}]").as_bytes());
        }
        body.extend_from_slice(b">>");
        let at = self.file.reserve()?;
        self.file.object(at, &body)?;
        self.tree.add(at, &mut self.file)?;
        Ok(())
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
        let totals = self.totals.finish(pages, &mut self.fonts, self.resources, &mut self.file)?;
        let fonts = self.fonts.finish(&mut self.file)?;
        let mut body = b"<</Font<<".to_vec();
        body.extend_from_slice(&fonts);
        body.extend_from_slice(b">>/XObject<<");
        body.extend_from_slice(&totals);
        body.extend_from_slice(&self.images.entries());
        body.extend_from_slice(b">>>>");
        self.file.object(self.resources, &body)?;
        let root = self.tree.finish(&mut self.file)?;
        let trailer = metadata::write(&self.metadata, stamp, root, &mut self.file)?;
        let (size_bytes, out) = self.file.finish(&trailer)?;
        Ok((Summary { pages, size_bytes }, out))
    }

    /// Writes the links of a page and returns the references to them.
    fn links(&mut self, page: &Page) -> io::Result<String> {
        let mut references = String::new();
        for item in &page.items {
            let Item::Link { area, target, .. } = item else { continue };
            let at = self.file.reserve()?;
            self.file.object(at, &annotation(area, target, page.height))?;
            // Writing to a string can't fail.
            let _ = write!(references, "{} 0 R ", at.0);
        }
        Ok(references)
    }
}

/// A link. Flag 4 has it printed, as PDF/A wants of every annotation.
fn annotation(area: &Rect, target: &str, height: f32) -> Vec<u8> {
    let mut body = b"<</Type/Annot/Subtype/Link/F 4/Border[0 0 0]/Rect[".to_vec();
    for edge in [area.x, height - area.y - area.height, area.x + area.width, height - area.y] {
        push(&mut body, edge);
        body.push(b' ');
    }
    body.extend_from_slice(b"]/A<</S/URI/URI");
    // An address is ASCII; what isn't is escaped as browsers do.
    let mut address = Vec::with_capacity(target.len());
    for byte in target.bytes() {
        match byte {
            b'!'..=b'~' => address.push(byte),
            _ => address.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
    push_string(&mut body, &address);
    body.extend_from_slice(b">>>>");
    body
}
