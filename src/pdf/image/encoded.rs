//! Pictures as the file has them: a JPEG as it is, anything else decoded by printpdf and compressed anew. Kept for the
//! process, because a letterhead is drawn by each of ten thousand letters.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use lopdf::Object;
use printpdf::{PdfDocument, PdfSaveOptions, RawImage, XObject, XObjectId};

use crate::pdf::{deflate, object::push_entries, writer::PdfError};

/// A picture of more pixels than this is refused: decoded it would take a quarter of a gigabyte.
const MAX_PIXELS: u64 = 64_000_000;

/// Bytes of compressed pictures to keep; beyond it the cache starts anew.
const MAX_CACHED_BYTES: usize = 16 << 20;

/// A picture, ready to be written into any document.
pub(super) struct Encoded {
    pub(super) picture: Stream,
    /// How solid each pixel is.
    pub(super) mask: Option<Stream>,
}

/// A stream: the entries of its dictionary beside its length, and its data.
pub(super) struct Stream {
    pub(super) entries: Vec<u8>,
    pub(super) data: Vec<u8>,
}

#[derive(Default)]
struct Cache {
    pictures: HashMap<[u8; 32], Arc<Encoded>>,
    bytes: usize,
}

static CACHE: LazyLock<Mutex<Cache>> = LazyLock::new(Mutex::default);

/// A PNG or JPEG file as a PDF has it, from the cache or made now.
pub(super) fn encoded(bytes: &[u8], digest: [u8; 32]) -> Result<Arc<Encoded>, PdfError> {
    let lock = || CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = lock().pictures.get(&digest) {
        return Ok(Arc::clone(known));
    }
    // Two threads may encode the same picture; both get the same bytes.
    let picture = Arc::new(match jpeg(bytes) {
        Some(jpeg) => as_it_is(&jpeg, bytes),
        None => anew(bytes)?,
    });
    let size = picture.picture.data.len() + picture.mask.as_ref().map_or(0, |mask| mask.data.len());
    let mut cache = lock();
    if cache.bytes + size > MAX_CACHED_BYTES {
        *cache = Cache::default();
    }
    if size <= MAX_CACHED_BYTES {
        cache.bytes += size;
        cache.pictures.insert(digest, Arc::clone(&picture));
    }
    Ok(picture)
}

/// Fails unless a JPEG that is embedded as it is can be decoded; any other picture is when it is encoded.
pub(super) fn decodes(bytes: &[u8]) -> Result<(), PdfError> {
    match jpeg(bytes) {
        Some(_) => decode(bytes).map(drop),
        None => Ok(()),
    }
}

/// What the header of a JPEG tells.
#[derive(Debug, PartialEq, Eq)]
struct Jpeg {
    width: u16,
    height: u16,
    components: u8,
}

/// A JPEG that readers can decode themselves: eight bits, grey or colour. Other files are decoded here: a CMYK picture
/// would need an output intent of its own.
fn jpeg(bytes: &[u8]) -> Option<Jpeg> {
    frame(bytes).filter(|jpeg| matches!(jpeg.components, 1 | 3))
}

/// Reads the header of a JPEG.
fn frame(bytes: &[u8]) -> Option<Jpeg> {
    let mut rest = bytes.strip_prefix(&[0xFF, 0xD8])?;
    loop {
        let &[0xFF, marker, high, low, ..] = rest else { return None };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let segment = rest.get(4..2 + length)?;
        // SOF0 to SOF2: baseline, extended and progressive; the other frames are rare and ill supported.
        if (0xC0..=0xC2).contains(&marker) {
            let &[8, h1, h2, w1, w2, components, ..] = segment else { return None };
            return Some(Jpeg {
                width: u16::from_be_bytes([w1, w2]),
                height: u16::from_be_bytes([h1, h2]),
                components,
            });
        }
        rest = rest.get(2 + length..)?;
    }
}

fn as_it_is(jpeg: &Jpeg, bytes: &[u8]) -> Encoded {
    let space = if jpeg.components == 1 { "Gray" } else { "RGB" };
    let entries = format!(
        "/Type/XObject/Subtype/Image/Width {}/Height {}/BitsPerComponent 8/ColorSpace/Device{space}/Filter/DCTDecode",
        jpeg.width, jpeg.height
    );
    Encoded { picture: Stream { entries: entries.into_bytes(), data: bytes.to_vec() }, mask: None }
}

/// Has printpdf decode a picture and split its alpha channel off, and compresses both.
fn anew(bytes: &[u8]) -> Result<Encoded, PdfError> {
    let raw = decode(bytes)?;
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
            Some(compressed(mask.as_stream().map_err(|_| PdfError::Image)?))
        }
        Err(_) => None,
    };
    Ok(Encoded { picture: compressed(main), mask })
}

/// The pixels of a file, which are never more than memory should hold.
fn decode(bytes: &[u8]) -> Result<RawImage, PdfError> {
    let pixels = size(bytes).map_or(0, |(width, height)| u64::from(width) * u64::from(height));
    if pixels == 0 || pixels > MAX_PIXELS {
        return Err(PdfError::Image);
    }
    RawImage::decode_from_bytes(bytes, &mut Vec::new()).map_err(|_| PdfError::Image)
}

fn compressed(stream: &lopdf::Stream) -> Stream {
    let mut dictionary = stream.dict.clone();
    // PDF/A wants pictures drawn as they are (ISO 19005-2, 6.2.8).
    for key in ["Length", "SMask", "Interpolate"] {
        dictionary.remove(key.as_bytes());
    }
    let mut entries = Vec::new();
    push_entries(&mut entries, &dictionary, &|_| None);
    if matches!(dictionary.get(b"Filter"), Ok(Object::Name(_) | Object::Array(_))) {
        return Stream { entries, data: stream.content.clone() };
    }
    entries.extend_from_slice(b"/Filter/FlateDecode");
    Stream { entries, data: deflate::best(&stream.content) }
}

/// How large a file says that it is, before anything of it is decoded.
fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    if let Some(rest) = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n") {
        let number = |at: usize| Some(u32::from_be_bytes(rest.get(at..at + 4)?.try_into().ok()?));
        return Some((number(8)?, number(12)?));
    }
    let frame = frame(bytes)?;
    Some((frame.width.into(), frame.height.into()))
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
