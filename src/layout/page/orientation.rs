//! How a camera was held: the orientation that a JPEG's Exif data tells, which browsers honour.

/// How stored pixels are turned to be looked at, as Exif numbers it: 1 is upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orientation(u8);

impl Orientation {
    /// As it is stored.
    pub const UPRIGHT: Self = Self(1);

    /// The orientation of a picture file; upright unless it is a JPEG that says otherwise.
    pub fn of(file: &[u8]) -> Self {
        exif(file).and_then(orientation).map_or(Self::UPRIGHT, Self)
    }

    /// Whether rows become columns, so that width and height change places.
    pub fn is_sideways(self) -> bool {
        self.0 >= 5
    }

    /// Where the right and the upper edge of the stored picture point to in a picture one wide and one high, and where
    /// its lower left corner comes to lie; y grows upwards.
    pub fn axes(self) -> [(f32, f32); 3] {
        match self.0 {
            2 => [(-1.0, 0.0), (0.0, 1.0), (1.0, 0.0)],
            3 => [(-1.0, 0.0), (0.0, -1.0), (1.0, 1.0)],
            4 => [(1.0, 0.0), (0.0, -1.0), (0.0, 1.0)],
            5 => [(0.0, -1.0), (-1.0, 0.0), (1.0, 1.0)],
            6 => [(0.0, -1.0), (1.0, 0.0), (0.0, 1.0)],
            7 => [(0.0, 1.0), (1.0, 0.0), (0.0, 0.0)],
            8 => [(0.0, 1.0), (-1.0, 0.0), (1.0, 0.0)],
            _ => [(1.0, 0.0), (0.0, 1.0), (0.0, 0.0)],
        }
    }
}

/// The Exif data of a JPEG: a TIFF file in its first segments.
fn exif(file: &[u8]) -> Option<&[u8]> {
    let mut rest = file.strip_prefix(&[0xFF, 0xD8])?;
    while let [0xFF, marker, high, low, ..] = *rest {
        let length = usize::from(u16::from_be_bytes([high, low]));
        let segment = rest.get(4..2 + length)?;
        match marker {
            0xE1 if segment.starts_with(b"Exif\0\0") => return segment.get(6..),
            // The picture itself begins.
            0xDA => return None,
            _ => rest = rest.get(2 + length..)?,
        }
    }
    None
}

/// The entry of a TIFF file's first directory that tells the orientation.
fn orientation(tiff: &[u8]) -> Option<u8> {
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = tiff.get(at..)?.first_chunk()?;
        Some(if little { u16::from_le_bytes(*bytes) } else { u16::from_be_bytes(*bytes) })
    };
    let long = |at: usize| {
        let bytes = tiff.get(at..)?.first_chunk()?;
        Some(if little { u32::from_le_bytes(*bytes) } else { u32::from_be_bytes(*bytes) })
    };
    let directory = long(4)? as usize;
    let entries = usize::from(short(directory)?);
    // Twelve bytes each: tag, type, count, value.
    let at = (0..entries).map(|entry| directory + 2 + 12 * entry).find(|at| short(*at) == Some(0x112))?;
    let value = short(at + 8)?;
    (1..=8).contains(&value).then_some(value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_byte_orders_and_survives_what_is_cut_off() {
        let file = include_bytes!("../../../tests/pictures/turned.jpg");
        assert_eq!(Orientation::of(file), Orientation(6));
        for length in 0..file.len() {
            Orientation::of(&file[..length]);
        }
        let little = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x03\0\0\0";
        assert_eq!(orientation(little), Some(3));
        assert_eq!(orientation(b"II*\0\xff\xff\xff\xff"), None);
        assert_eq!(Orientation::of(b"\x89PNG"), Orientation::UPRIGHT);
    }
}
