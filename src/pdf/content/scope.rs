//! Clips and fades: what holds for everything that is drawn within them.
//!
//! What fades together is a transparency group, as CSS has it, so that boxes don't shine through each other. A group
//! is a form of its own; the marked content in it is numbered for itself, which the structure knows how to tell.

use std::io::Write;

use super::{Painter, State, Supplies};
use crate::{
    layout::page::{Page, Path},
    pdf::{file::Ref, number::push, writer::PdfError},
};

/// PDF/A-2 allows 28 saved graphics states (ISO 19005-2, 6.1.13); pictures need one more.
const MAX_SCOPES: usize = 26;

/// Something that is open, with what is to be taken up again behind it.
#[derive(Debug)]
pub(super) enum Scope {
    Clip(State),
    Fade { opacity: f32, form: Ref, out: Vec<u8>, state: State },
}

impl Painter {
    /// Cuts what follows off at an outline.
    pub(super) fn clip<W: Write>(&mut self, path: &Path, supplies: &mut Supplies<'_, W>) -> Result<(), PdfError> {
        self.rest()?;
        self.out.extend_from_slice(b"q\n");
        self.scopes.push(Scope::Clip(self.state.clone()));
        let tagged = supplies.structure.is_some();
        // An outline shows nothing, but it is content all the same.
        if tagged {
            self.out.extend_from_slice(b"/Artifact BMC\n");
        }
        self.outline(path);
        self.out.extend_from_slice(b"W* n\n");
        if tagged {
            self.out.extend_from_slice(b"EMC\n");
        }
        Ok(())
    }

    /// Begins a group.
    pub(super) fn fade<W: Write>(&mut self, opacity: f32, supplies: &mut Supplies<'_, W>) -> Result<(), PdfError> {
        self.rest()?;
        let form = supplies.file.reserve()?;
        if let Some(structure) = &mut supplies.structure {
            structure.begin_content(Some(form));
        }
        let out = std::mem::take(&mut self.out);
        // A group begins solid, with everything else as it is where the form is drawn.
        let within = State { opacity: u8::MAX, ..self.state.clone() };
        let state = std::mem::replace(&mut self.state, within);
        self.scopes.push(Scope::Fade { opacity, form, out, state });
        Ok(())
    }

    /// Ends the clip or group that began last.
    pub(super) fn leave<W: Write>(&mut self, page: &Page, supplies: &mut Supplies<'_, W>) -> Result<(), PdfError> {
        self.end_mark();
        self.leave_text();
        match self.scopes.pop() {
            Some(Scope::Clip(state)) => {
                self.out.extend_from_slice(b"Q\n");
                self.state = state;
            }
            Some(Scope::Fade { opacity, form, out, state }) => {
                let content = std::mem::replace(&mut self.out, out);
                self.state = state;
                self.transparent = true;
                let name = write_form(form, &content, page, supplies)?;
                // The opacity is that of the group within the page, so it mustn't outlast it.
                let opacity = (opacity.clamp(0.0, 1.0) * 255.0).round() as u8;
                self.out.extend_from_slice(b"q ");
                supplies.resources.opacities.push(&mut self.out, opacity);
                self.out.extend_from_slice(format!("/X{name} Do Q\n").as_bytes());
            }
            None => {}
        }
        Ok(())
    }

    /// Ends what can't reach over the edge of a scope; an error if there are too many already.
    fn rest(&mut self) -> Result<(), PdfError> {
        if self.scopes.len() == MAX_SCOPES {
            return Err(PdfError::Nesting(MAX_SCOPES));
        }
        self.end_mark();
        self.leave_text();
        Ok(())
    }
}

fn write_form<W: Write>(
    form: Ref,
    content: &[u8],
    page: &Page,
    supplies: &mut Supplies<'_, W>,
) -> Result<usize, PdfError> {
    let mut dictionary = b"/Type/XObject/Subtype/Form/Group<</S/Transparency/CS/DeviceRGB>>/BBox[0 0 ".to_vec();
    push(&mut dictionary, page.width);
    dictionary.push(b' ');
    push(&mut dictionary, page.height);
    dictionary.extend_from_slice(format!("]/Resources {} 0 R", supplies.resources.at().0).as_bytes());
    if let Some(structure) = &mut supplies.structure
        && let Some(key) = structure.end_content(supplies.file)?
    {
        dictionary.extend_from_slice(format!("/StructParents {key}").as_bytes());
    }
    supplies.file.stream(form, &dictionary, content)?;
    Ok(supplies.resources.add_form(form))
}
