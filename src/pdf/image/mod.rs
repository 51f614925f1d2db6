//! The pictures of one document: each is in the file once, however often it is drawn.

mod encoded;

use std::{collections::HashMap, io::Write, sync::Arc};

use sha2::{Digest, Sha256};

use self::encoded::encoded;
use super::{
    file::{ObjectFile, Ref},
    writer::PdfError,
};
use crate::layout::page::{Image, Orientation};

/// Decodes a file from beginning to end, and keeps what documents need of it.
pub(crate) fn prove(bytes: &[u8]) -> Result<(), PdfError> {
    encoded::decodes(bytes)?;
    encoded(bytes, Sha256::digest(bytes).into()).map(drop)
}

/// The pictures in the file so far.
#[derive(Default)]
pub(crate) struct Images {
    /// By address; the pictures are kept, so that an address isn't used again.
    seen: HashMap<usize, (Arc<Image>, u32)>,
    by_digest: HashMap<[u8; 32], u32>,
    objects: Vec<Picture>,
}

/// A picture in the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Picture {
    /// Its number in the resources.
    pub(crate) name: u32,
    /// Whether it has transparent parts.
    pub(crate) masked: bool,
    /// How it is turned to be looked at.
    pub(crate) orientation: Orientation,
    at: Ref,
}

impl Images {
    /// A picture that was written.
    pub(crate) fn get(&self, image: &Arc<Image>) -> Option<Picture> {
        let (_, name) = self.seen.get(&(Arc::as_ptr(image) as usize))?;
        self.objects.get(*name as usize).copied()
    }

    /// Writes a picture, unless it is in the file.
    pub(crate) fn write<W: Write>(&mut self, image: &Arc<Image>, file: &mut ObjectFile<W>) -> Result<(), PdfError> {
        let address = Arc::as_ptr(image) as usize;
        if self.seen.contains_key(&address) {
            return Ok(());
        }
        let digest: [u8; 32] = Sha256::digest(&image.bytes).into();
        let name = match self.by_digest.get(&digest) {
            Some(name) => *name,
            None => {
                let encoded = encoded(&image.bytes, digest)?;
                let mut entries = encoded.picture.entries.clone();
                if let Some(mask) = &encoded.mask {
                    let at = file.reserve()?;
                    file.encoded_stream(at, &mask.entries, &mask.data)?;
                    entries.extend_from_slice(format!("/SMask {} 0 R", at.0).as_bytes());
                }
                let at = file.reserve()?;
                file.encoded_stream(at, &entries, &encoded.picture.data)?;
                let name = self.objects.len() as u32;
                let orientation = Orientation::of(&image.bytes);
                self.objects.push(Picture { name, masked: encoded.mask.is_some(), orientation, at });
                self.by_digest.insert(digest, name);
                name
            }
        };
        self.seen.insert(address, (Arc::clone(image), name));
        Ok(())
    }

    /// The entries of the resources.
    pub(crate) fn entries(&self) -> Vec<u8> {
        let entry = |picture: &Picture| format!("/I{} {} 0 R", picture.name, picture.at.0).into_bytes();
        self.objects.iter().flat_map(entry).collect()
    }
}
