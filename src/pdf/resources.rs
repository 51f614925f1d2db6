//! What all pages draw with, in one dictionary that every page names and that is written last.

use std::io::Write;

use super::{
    content::color::Opacities,
    file::{ObjectFile, Ref},
    fonts::Fonts,
    image::Images,
    total::Totals,
    writer::PdfError,
};

/// The resources of a document so far. Pages call fonts `F`, pictures `I`, page totals `T`, groups `X` and opacities
/// `A`, each with its number.
pub(crate) struct Resources {
    at: Ref,
    pub(crate) fonts: Fonts,
    pub(crate) images: Images,
    pub(crate) totals: Totals,
    pub(crate) opacities: Opacities,
    forms: Vec<Ref>,
}

impl Resources {
    pub(crate) fn new(at: Ref, fonts: Fonts) -> Self {
        Self {
            at,
            fonts,
            images: Images::default(),
            totals: Totals::default(),
            opacities: Opacities::default(),
            forms: Vec::new(),
        }
    }

    /// Where they will be.
    pub(crate) fn at(&self) -> Ref {
        self.at
    }

    /// Adds a form and returns its number.
    pub(crate) fn add_form(&mut self, form: Ref) -> usize {
        self.forms.push(form);
        self.forms.len() - 1
    }

    /// Writes everything in them, and the dictionary.
    pub(crate) fn finish<W: Write>(mut self, pages: u64, file: &mut ObjectFile<W>) -> Result<(), PdfError> {
        let totals = self.totals.finish(pages, &mut self.fonts, self.at, file)?;
        let fonts = self.fonts.finish(file)?;
        let mut body = [b"<</Font<<", &fonts[..], b">>/XObject<<", &totals, &self.images.entries()].concat();
        for (name, form) in self.forms.iter().enumerate() {
            body.extend_from_slice(format!("/X{name} {} 0 R", form.0).as_bytes());
        }
        body.extend_from_slice(b">>");
        let opacities = self.opacities.entries();
        if !opacities.is_empty() {
            body.extend([b"/ExtGState<<", &opacities[..], b">>"].concat());
        }
        body.extend_from_slice(b">>");
        file.object(self.at, &body)?;
        Ok(())
    }
}
