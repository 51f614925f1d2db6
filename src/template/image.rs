//! Pictures of a template: PNG and JPEG files, measured and kept as they are.

use std::sync::Arc;

use crate::layout::page::{Image, Orientation};

/// No picture may have more pixels than this: 64 megapixels are 256 MB when decoded.
const MAX_PIXELS: u64 = 64_000_000;

/// Why a file can't be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ImageError {
    #[error("it is neither PNG nor JPEG")]
    UnknownFormat,
    #[error("its header is damaged")]
    Damaged,
    #[error("it is cut off: its end is missing")]
    CutOff,
    #[error("it has {0} × {1} pixels, more than 64 million")]
    TooLarge(u32, u32),
}

impl ImageError {
    /// What to do about it.
    pub(crate) fn help(self) -> &'static str {
        match self {
            Self::UnknownFormat => "use a PNG or JPEG file",
            Self::Damaged | Self::CutOff => "copy it anew, or save it anew as PNG or JPEG",
            Self::TooLarge(..) => "save it smaller: a page is printed with 300 dots an inch or less",
        }
    }
}

/// Reads a picture's size from its header.
pub(crate) fn read(bytes: Vec<u8>) -> Result<Image, ImageError> {
    let (width, height) = match bytes.as_slice() {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', rest @ ..] => png_size(rest),
        [0xff, 0xd8, rest @ ..] => jpeg_size(rest),
        _ => return Err(ImageError::UnknownFormat),
    }
    .filter(|(width, height)| *width > 0 && *height > 0)
    .ok_or(ImageError::Damaged)?;
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(ImageError::TooLarge(width, height));
    }
    if !is_whole(&bytes) {
        return Err(ImageError::CutOff);
    }
    // Turned as it is looked at, as browsers do.
    let (width, height) = if Orientation::of(&bytes).is_sideways() { (height, width) } else { (width, height) };
    Ok(Image { bytes: Arc::from(bytes), width, height })
}

/// Whether the file goes on to the mark that ends it. What stands between is looked at by whoever decodes it.
fn is_whole(bytes: &[u8]) -> bool {
    match bytes.strip_prefix(b"\x89PNG\r\n\x1a\n") {
        Some(chunks) => png_ends(chunks).is_some(),
        None => jpeg_ends(&bytes[2..]).is_some(),
    }
}

/// Walks the chunks up to the last one.
fn png_ends(mut rest: &[u8]) -> Option<()> {
    loop {
        let length = be32(rest)? as usize;
        let after = rest.get(4..)?.get(..4).and_then(|_| rest.get(8..)?.get(length..)?.get(4..))?;
        if rest.get(4..8)? == b"IEND" {
            return Some(());
        }
        rest = after;
    }
}

/// Walks the segments and the data between them up to the mark of the end.
fn jpeg_ends(mut rest: &[u8]) -> Option<()> {
    loop {
        // In data, a mark's first byte is followed by 0, or by the number of a restart.
        let at = rest.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7 | 0xff))?;
        if rest[at + 1] == 0xd9 {
            return Some(());
        }
        let segment = rest.get(at + 2..)?;
        rest = segment.get((be16(segment)? as usize).max(2)..)?;
    }
}

fn be32(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|four| u32::from_be_bytes(*four))
}

fn be16(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|two| u32::from(u16::from_be_bytes(*two)))
}

/// The first chunk after the signature is always `IHDR`: length, name, width, height.
fn png_size(chunk: &[u8]) -> Option<(u32, u32)> {
    let data = chunk.get(4..)?.strip_prefix(b"IHDR")?;
    Some((be32(data)?, be32(data.get(4..)?)?))
}

/// Walks the segments up to the frame header.
fn jpeg_size(mut rest: &[u8]) -> Option<(u32, u32)> {
    loop {
        let marker = *rest.strip_prefix(&[0xff])?.first()?;
        let segment = rest.get(2..)?;
        let length = be16(segment)? as usize;
        match marker {
            0xff => {
                rest = &rest[1..];
                continue;
            }
            // Every SOF marker except the ones in the same range that mean something else: DHT, JPG and DAC.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                return Some((be16(segment.get(5..)?)?, be16(segment.get(3..)?)?));
            }
            _ => rest = segment.get(length.max(2)..)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_both_formats() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 1, 0, 0, 0, 0, 2, 8, 2, 0, 0, 0, 1, 2, 3, 4]);
        png.extend(b"\0\0\0\0IEND\x01\x02\x03\x04");
        assert_eq!(read(png).map(|image| (image.width, image.height)), Ok((256, 2)));
        let mut jpeg = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0];
        jpeg.extend([0xff, 0xc2, 0, 11, 8, 0, 3, 1, 4, 1, 1, 0x11, 0]);
        jpeg.extend([0xff, 0xda, 0, 3, 0, 1, 2, 0xff, 0, 0xff, 0xd0, 9, 0xff, 0xd9]);
        assert_eq!(read(jpeg).map(|image| (image.width, image.height)), Ok((260, 3)));
    }

    #[test]
    fn refuses_damaged_files() {
        assert_eq!(read(b"GIF89a".to_vec()), Err(ImageError::UnknownFormat));
        for length in 2..14 {
            let jpeg = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc0, 0, 11, 8, 0];
            assert_eq!(read(jpeg[..length].to_vec()), Err(ImageError::Damaged), "{length}");
        }
        let mut huge = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        huge.extend([0xff; 8]);
        assert_eq!(read(huge), Err(ImageError::TooLarge(u32::MAX, u32::MAX)));
    }

    #[test]
    fn refuses_files_that_are_cut_off() {
        let png = include_bytes!("../../tests/pictures/palette.png");
        assert!(read(png.to_vec()).is_ok());
        for length in (33..png.len()).step_by(101).chain([png.len() - 1]) {
            assert_eq!(read(png[..length].to_vec()), Err(ImageError::CutOff), "{length}");
        }
        let jpeg = b"\xff\xd8\xff\xc0\0\x0b\x08\0\x01\0\x01\x01\x01\x11\0\xff\xda\0\x02\xff\0\x07\xff\xd9";
        assert!(read(jpeg.to_vec()).is_ok());
        for length in 15..jpeg.len() {
            assert_eq!(read(jpeg[..length].to_vec()), Err(ImageError::CutOff), "{length}");
        }
    }
}
