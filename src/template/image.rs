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
    #[error("it has more than 64 megapixels")]
    TooLarge,
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
        return Err(ImageError::TooLarge);
    }
    // Turned as it is looked at, as browsers do.
    let (width, height) = if Orientation::of(&bytes).is_sideways() { (height, width) } else { (width, height) };
    Ok(Image { bytes: Arc::from(bytes), width, height })
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
        png.extend([0, 0, 1, 0, 0, 0, 0, 2]);
        assert_eq!(read(png).map(|image| (image.width, image.height)), Ok((256, 2)));
        let mut jpeg = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0];
        jpeg.extend([0xff, 0xc2, 0, 11, 8, 0, 3, 1, 4, 1, 1, 0x11, 0]);
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
        assert_eq!(read(huge), Err(ImageError::TooLarge));
    }
}
