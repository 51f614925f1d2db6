//! Pictures: a JPEG goes into the file as it is, anything else is decoded by printpdf and compressed anew.

use std::{collections::HashMap, io::Write, sync::Arc};

use lopdf::Object;
use printpdf::{PdfDocument, PdfSaveOptions, RawImage, XObject, XObjectId};
use sha2::{Digest, Sha256};

use super::{
    deflate::Effort,
    file::{ObjectFile, Ref},
    object::push_entries,
    writer::PdfError,
};
use crate::layout::page::Image;

/// A picture of more pixels than this is refused: decoded it would take a quarter of a gigabyte.
const MAX_PIXELS: u64 = 64_000_000;

/// The pictures in the file so far: each once, however often it is drawn.
#[derive(Default)]
pub(crate) struct Images {
    /// By address; the pictures are kept, so that an address isn't used again.
    seen: HashMap<usize, (Arc<Image>, u32)>,
    by_digest: HashMap<[u8; 32], u32>,
    objects: Vec<Ref>,
}

impl Images {
    /// The number of a picture that was written.
    pub(crate) fn name(&self, image: &Arc<Image>) -> Option<u32> {
        self.seen.get(&(Arc::as_ptr(image) as usize)).map(|(_, name)| *name)
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
                let at = match jpeg(&image.bytes) {
                    Some(jpeg) => write_jpeg(&jpeg, &image.bytes, file)?,
                    None => write_decoded(image, file)?,
                };
                self.objects.push(at);
                let name = self.objects.len() as u32 - 1;
                self.by_digest.insert(digest, name);
                name
            }
        };
        self.seen.insert(address, (Arc::clone(image), name));
        Ok(())
    }

    /// The entries of the resources.
    pub(crate) fn entries(&self) -> Vec<u8> {
        let entry = |(name, at): (usize, &Ref)| format!("/I{name} {} 0 R", at.0).into_bytes();
        self.objects.iter().enumerate().flat_map(entry).collect()
    }
}

/// What the header of a JPEG tells.
#[derive(Debug, PartialEq, Eq)]
struct Jpeg {
    width: u16,
    height: u16,
    components: u8,
}

/// Reads the header of a JPEG that readers can decode themselves: eight bits, grey or colour.
///
/// Other files are decoded here: a CMYK picture would need an output intent of its own.
fn jpeg(bytes: &[u8]) -> Option<Jpeg> {
    let mut rest = bytes.strip_prefix(&[0xFF, 0xD8])?;
    loop {
        let &[0xFF, marker, high, low, ..] = rest else { return None };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let segment = rest.get(4..2 + length)?;
        // SOF0 to SOF2: baseline, extended and progressive; the other frames are rare and ill supported.
        if (0xC0..=0xC2).contains(&marker) {
            let &[8, h1, h2, w1, w2, components @ (1 | 3), ..] = segment else { return None };
            return Some(Jpeg {
                width: u16::from_be_bytes([w1, w2]),
                height: u16::from_be_bytes([h1, h2]),
                components,
            });
        }
        rest = rest.get(2 + length..)?;
    }
}

fn write_jpeg<W: Write>(jpeg: &Jpeg, bytes: &[u8], file: &mut ObjectFile<W>) -> Result<Ref, PdfError> {
    let at = file.reserve()?;
    let space = if jpeg.components == 1 { "Gray" } else { "RGB" };
    let entries = format!(
        "/Type/XObject/Subtype/Image/Width {}/Height {}/BitsPerComponent 8/ColorSpace/Device{space}/Filter/DCTDecode",
        jpeg.width, jpeg.height
    );
    file.encoded_stream(at, entries.as_bytes(), bytes)?;
    Ok(at)
}

/// Has printpdf decode a picture and split its alpha channel off, and compresses both.
fn write_decoded<W: Write>(image: &Image, file: &mut ObjectFile<W>) -> Result<Ref, PdfError> {
    if u64::from(image.width) * u64::from(image.height) > MAX_PIXELS {
        return Err(PdfError::Image);
    }
    let raw = RawImage::decode_from_bytes(&image.bytes, &mut Vec::new()).map_err(|_| PdfError::Image)?;
    let mut carrier = PdfDocument::new("");
    carrier.resources.xobjects.map.insert(XObjectId("I".into()), XObject::Image(raw));
    let options = PdfSaveOptions { optimize: false, image_optimization: None, ..PdfSaveOptions::default() };
    let document = printpdf::to_lopdf_doc(&carrier, &options, &mut Vec::new());
    let streams = || document.objects.values().filter_map(|object| object.as_stream().ok());
    let main = streams().find(|stream| stream.dict.has(b"Interpolate") && stream.dict.has(b"SMask"));
    let main = main.or_else(|| streams().find(|stream| stream.dict.has(b"Interpolate"))).ok_or(PdfError::Image)?;
    let mask = match main.dict.get(b"SMask") {
        Ok(reference) => {
            let (_, mask) = document.dereference(reference).map_err(|_| PdfError::Image)?;
            Some(write_stream(mask.as_stream().map_err(|_| PdfError::Image)?, None, file)?)
        }
        Err(_) => None,
    };
    write_stream(main, mask, file)
}

fn write_stream<W: Write>(
    stream: &lopdf::Stream,
    mask: Option<Ref>,
    file: &mut ObjectFile<W>,
) -> Result<Ref, PdfError> {
    let at = file.reserve()?;
    let mut dictionary = stream.dict.clone();
    dictionary.remove(b"Length");
    let mut entries = Vec::new();
    push_entries(&mut entries, &dictionary, &|_| mask);
    if matches!(dictionary.get(b"Filter"), Ok(Object::Name(_) | Object::Array(_))) {
        file.encoded_stream(at, &entries, &stream.content)?;
    } else {
        file.stream(at, &entries, &stream.content, Effort::Best)?;
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jpeg_headers_are_read_and_hostile_ones_refused() {
        let frame = [0xFF, 0xC0, 0, 17, 8, 0, 3, 0, 5, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1];
        let file = [&[0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2][..], &frame].concat();
        assert_eq!(jpeg(&file), Some(Jpeg { width: 5, height: 3, components: 3 }));
        for length in 0..file.len() - 1 {
            assert!(jpeg(&file[..length]).is_none());
        }
        assert_eq!(jpeg(&[0xFF, 0xD8, 0xFF, 0xC0, 0, 0]), None);
        assert_eq!(jpeg(b"\x89PNG"), None);
    }
}
