//! Pages as pictures, side by side: Chromium's, Pressroom's, and both laid over each other.

use std::{fs, io::Cursor, path::Path, process::Command};

/// Fine enough to read small text.
const DOTS_PER_INCH: &str = "80";

/// A picture in shades of red, green and blue.
struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 3]>,
}

/// Writes `to-1.png`, `to-2.png` … and says so.
pub(crate) fn side_by_side(expected: &Path, found: &Path, to: &Path) {
    let (expected, found) = (pages(expected), pages(found));
    let blank = Picture { width: 0, height: 0, pixels: Vec::new() };
    for page in 0..expected.len().max(found.len()) {
        let (left, right) = (expected.get(page).unwrap_or(&blank), found.get(page).unwrap_or(&blank));
        let file = format!("{}-{}.png", to.display(), page + 1);
        beside(left, right).save(&file);
        println!("{file}");
    }
}

fn pages(document: &Path) -> Vec<Picture> {
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new("pdftoppm")
        .args(["-r", DOTS_PER_INCH])
        .arg(document)
        .arg(folder.path().join("page"))
        .status()
        .unwrap();
    assert!(status.success(), "pdftoppm can't read {}", document.display());
    let mut files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| Picture::from_ppm(&fs::read(file).unwrap())).collect()
}

/// The left one, the right one, and a third that has the left one's ink in red and the right one's in blue.
fn beside(left: &Picture, right: &Picture) -> Picture {
    const GAP: usize = 8;
    let (width, height) = (left.width.max(right.width), left.height.max(right.height));
    let mut whole = Picture::blank(3 * width + 2 * GAP, height);
    for y in 0..height {
        for x in 0..width {
            let (a, b) = (left.at(x, y), right.at(x, y));
            let gray = |[r, g, b]: [u8; 3]| ((u16::from(r) + u16::from(g) + u16::from(b)) / 3) as u8;
            let row = y * whole.width;
            whole.pixels[row + x] = a;
            whole.pixels[row + width + GAP + x] = b;
            whole.pixels[row + 2 * (width + GAP) + x] = [gray(b), gray(a).max(gray(b)), gray(a)];
        }
    }
    whole
}

impl Picture {
    fn blank(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![[255; 3]; width * height] }
    }

    /// Reads what pdftoppm writes: `P6`, width, height, 255, and the pixels.
    fn from_ppm(bytes: &[u8]) -> Self {
        let mut words = bytes.splitn(4, |byte| byte.is_ascii_whitespace()).skip(1);
        let mut number = || std::str::from_utf8(words.next().unwrap()).unwrap().parse::<usize>().unwrap();
        let (width, height) = (number(), number());
        let pixels = bytes[bytes.len() - 3 * width * height..].as_chunks::<3>().0.to_vec();
        Self { width, height, pixels }
    }

    fn at(&self, x: usize, y: usize) -> [u8; 3] {
        if x < self.width && y < self.height { self.pixels[y * self.width + x] } else { [255; 3] }
    }

    fn save(&self, file: &str) {
        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().unwrap().write_image_data(self.pixels.as_flattened()).unwrap();
        fs::write(file, bytes.into_inner()).unwrap();
    }
}
