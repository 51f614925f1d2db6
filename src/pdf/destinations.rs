//! Places that links lead to by name, within the document.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    sync::Arc,
};

use super::{
    file::{ObjectFile, Ref},
    number::push,
    object::push_string,
    writer::PdfError,
};

/// So many places are kept; they wait for the end because the file has them sorted.
const MAX_DESTINATIONS: usize = 100_000;

/// Names per leaf of the tree.
const FAN_OUT: usize = 64;

/// The named places so far, with their heights from the page's bottom.
#[derive(Debug, Default)]
pub(crate) struct Destinations(BTreeMap<Arc<str>, (Ref, f32)>);

impl Destinations {
    /// Adds a place; of several with one name the first counts, as in browsers.
    pub(crate) fn add(&mut self, name: &Arc<str>, page: Ref, height: f32) -> Result<(), PdfError> {
        if self.0.len() == MAX_DESTINATIONS && !self.0.contains_key(name) {
            return Err(PdfError::TooManyDestinations(MAX_DESTINATIONS));
        }
        self.0.entry(name.clone()).or_insert((page, height));
        Ok(())
    }

    /// Writes the tree of names and returns its root; nothing if there are none.
    pub(crate) fn finish<W: Write>(self, file: &mut ObjectFile<W>) -> io::Result<Option<Ref>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let all: Vec<_> = self.0.into_iter().collect();
        let mut body = b"<</Kids[".to_vec();
        for chunk in all.chunks(FAN_OUT) {
            let leaf = file.reserve()?;
            file.object(leaf, &leaf_of(chunk))?;
            body.extend_from_slice(format!("{} 0 R ", leaf.0).as_bytes());
        }
        body.extend_from_slice(b"]>>");
        let root = file.reserve()?;
        file.object(root, &body)?;
        Ok(Some(root))
    }
}

fn leaf_of(places: &[(Arc<str>, (Ref, f32))]) -> Vec<u8> {
    let mut body = b"<</Limits[".to_vec();
    for (name, _) in places.first().iter().chain(&places.last()) {
        push_string(&mut body, name.as_bytes());
    }
    body.extend_from_slice(b"]/Names[");
    for (name, (page, height)) in places {
        push_string(&mut body, name.as_bytes());
        push_place(&mut body, *page, *height);
    }
    body.extend_from_slice(b"]>>");
    body
}

/// Appends a place: a page, shown from this height on at the reader's own magnification.
pub(crate) fn push_place(out: &mut Vec<u8>, page: Ref, height: f32) {
    out.extend_from_slice(format!("[{} 0 R/XYZ null ", page.0).as_bytes());
    push(out, height);
    out.extend_from_slice(b" null]");
}
