//! A document being made, and what other programs say of it.

use std::{io::Write, path::PathBuf, process::Command, sync::Arc};

use chrono::{DateTime, Utc};
use pressroom::{
    layout::{
        page::{Color, Page},
        text::{FontBook, FontStackId, Shaper},
    },
    pdf::{Metadata, PdfWriter, Stamp, Summary},
};
use tempfile::TempDir;

/// A document being made, and the tools to make it.
pub(crate) struct Press {
    pub(crate) shaper: Shaper,
    pub(crate) regular: FontStackId,
    pub(crate) bold: FontStackId,
    pub(crate) metadata: Metadata,
}

impl Press {
    pub(crate) fn new() -> Self {
        let mut book = FontBook::builtin();
        let regular = book.stack(&["sans-serif"], 400, false);
        let bold = book.stack(&["sans-serif"], 700, false);
        Self { shaper: Shaper::new(Arc::new(book)), regular, bold, metadata: metadata() }
    }

    /// One that tells the structure.
    pub(crate) fn tagged() -> Self {
        let metadata = Metadata { tagged: true, ..metadata() };
        Self { metadata, ..Self::new() }
    }

    pub(crate) fn page(&self, number: u32) -> Page {
        Page { number, width: 595.28, height: 841.89, ..Page::default() }
    }

    pub(crate) fn text(&mut self, page: &mut Page, x: f32, y: f32, size: f32, text: &str) -> f32 {
        let line = self.shaper.line(text, self.regular, size);
        line.place(text, page, x, y, |_| Color::default());
        line.width
    }

    pub(crate) fn write(&self, pages: &[Page]) -> Document {
        let mut out = Vec::new();
        let mut writer = PdfWriter::new(&mut out, Arc::clone(self.shaper.book()), self.metadata.clone()).unwrap();
        pages.iter().for_each(|page| writer.page(page).unwrap());
        let summary = writer.finish(&Stamp::default()).unwrap();
        assert_eq!(summary, Summary { pages: pages.len() as u64, size_bytes: out.len() as u64 });
        Document::new(out)
    }
}

pub(crate) fn metadata() -> Metadata {
    Metadata {
        title: "Immunization record – Zoë".into(),
        language: "en".into(),
        id: *b"0123456789abcdef",
        created_at: DateTime::<Utc>::from_timestamp(1_790_000_000, 0).unwrap(),
        producer: "Pressroom 0.1.0".into(),
        tagged: false,
    }
}

/// A written document in a file.
pub(crate) struct Document {
    folder: TempDir,
    pub(crate) bytes: Vec<u8>,
}

impl Document {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::File::create(folder.path().join("document.pdf")).unwrap().write_all(&bytes).unwrap();
        let document = Self { folder, bytes };
        document.run("qpdf", &["--check"], &[]);
        document
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("document.pdf")
    }

    /// What a program prints about the document. It must succeed, and without warnings.
    pub(crate) fn run(&self, program: &str, before: &[&str], after: &[&str]) -> String {
        let output = Command::new(program).args(before).arg(self.path()).args(after).output();
        let output = output.unwrap_or_else(|error| panic!("{program}: {error}; ./test installs it"));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && errors.is_empty(), "{program}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        self.run("pdftotext", &["-layout"], &["-"]).replace('\u{c}', "")
    }

    /// The page as grey pixels: width, and one byte for each.
    pub(crate) fn pixels(&self, page: u32, dpi: u32) -> (usize, Vec<u8>) {
        let root = self.folder.path().join("page");
        let (page, dpi) = (page.to_string(), dpi.to_string());
        let options = ["-gray", "-r", &dpi, "-f", &page, "-l", &page, "-singlefile"];
        self.run("pdftoppm", &options, &[root.to_str().unwrap()]);
        let file = std::fs::read(root.with_extension("pgm")).unwrap();
        let header: Vec<&[u8]> = file.splitn(4, |byte| byte.is_ascii_whitespace()).collect();
        let width = String::from_utf8_lossy(header[1]).parse().unwrap();
        // "P5\nwidth height\n255\n" and then the pixels.
        let pixels = header[3].splitn(2, |byte| *byte == b'\n').last().unwrap();
        (width, pixels.to_vec())
    }
}
