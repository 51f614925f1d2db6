//! Pages side by side: Chromium's, Pressroom's, and both laid over each other.

use std::{fs, io::Cursor, path::Path};

use crate::picture::{Picture, pages};

/// Fine enough to read small text.
const DOTS_PER_INCH: u32 = 80;

const GAP: usize = 8;

/// Writes `to-1.png`, `to-2.png` … and says so.
pub(crate) fn draw(expected: &Path, found: &Path, to: &Path) {
    let (expected, found) = (pages(expected, DOTS_PER_INCH), pages(found, DOTS_PER_INCH));
    let blank = Picture::plain(0, 0, [255; 3]);
    for page in 0..expected.len().max(found.len()) {
        let (left, right) = (expected.get(page).unwrap_or(&blank), found.get(page).unwrap_or(&blank));
        let file = format!("{}-{}.png", to.display(), page + 1);
        save(&beside(left, right), &file);
        println!("{file}");
    }
}

/// The left one, the right one, and a third that has the left one's ink in yellow and the right one's in blue.
fn beside(left: &Picture, right: &Picture) -> Picture {
    let (width, height) = (left.width.max(right.width), left.height.max(right.height));
    let mut whole = Picture::plain(3 * width + 2 * GAP, height, [255; 3]);
    whole.put(left, 0, 0);
    whole.put(right, width + GAP, 0);
    for y in 0..height {
        for x in 0..width {
            let gray = |[r, g, b]: [u8; 3]| ((u16::from(r) + u16::from(g) + u16::from(b)) / 3) as u8;
            let (a, b) = (gray(left.at(x, y)), gray(right.at(x, y)));
            whole.pixels[y * whole.width + 2 * (width + GAP) + x] = [b, a.max(b), a];
        }
    }
    whole
}

fn save(picture: &Picture, file: &str) {
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = png::Encoder::new(&mut bytes, picture.width as u32, picture.height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(picture.pixels.as_flattened()).unwrap();
    fs::write(file, bytes.into_inner()).unwrap();
}
