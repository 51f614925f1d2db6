//! Pages as pictures, drawn by poppler.

use std::{fs, path::Path, process::Command};

/// A picture in shades of red, green and blue.
#[derive(Clone)]
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) pixels: Vec<[u8; 3]>,
}

/// The pages of a document.
pub(crate) fn pages(document: &Path, dots_per_inch: u32) -> Vec<Picture> {
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new("pdftoppm")
        .args(["-r", &dots_per_inch.to_string()])
        .arg(document)
        .arg(folder.path().join("page"))
        .status()
        .unwrap();
    assert!(status.success(), "pdftoppm can't read {}", document.display());
    let mut files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| Picture::from_ppm(&fs::read(file).unwrap())).collect()
}

impl Picture {
    /// A picture of one colour.
    pub(crate) fn plain(width: usize, height: usize, color: [u8; 3]) -> Self {
        Self { width, height, pixels: vec![color; width * height] }
    }

    /// Reads what pdftoppm writes: `P6`, width, height, 255, and the pixels.
    fn from_ppm(bytes: &[u8]) -> Self {
        let mut words = bytes.splitn(4, |byte| byte.is_ascii_whitespace()).skip(1);
        let mut number = || std::str::from_utf8(words.next().unwrap()).unwrap().parse::<usize>().unwrap();
        let (width, height) = (number(), number());
        let pixels = bytes[bytes.len() - 3 * width * height..].as_chunks::<3>().0.to_vec();
        Self { width, height, pixels }
    }

    /// A pixel; white outside.
    pub(crate) fn at(&self, x: usize, y: usize) -> [u8; 3] {
        if x < self.width && y < self.height { self.pixels[y * self.width + x] } else { [255; 3] }
    }

    /// Draws another picture over this one.
    pub(crate) fn put(&mut self, other: &Self, left: usize, top: usize) {
        for y in 0..other.height.min(self.height.saturating_sub(top)) {
            for x in 0..other.width.min(self.width.saturating_sub(left)) {
                self.pixels[(top + y) * self.width + left + x] = other.at(x, y);
            }
        }
    }
}
