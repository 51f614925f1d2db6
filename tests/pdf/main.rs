//! Documents as other programs see them: qpdf, poppler, and readers of pixels.

#![expect(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod content;
mod press;
mod tagged;
mod tree;

use std::{io::Write, sync::Arc};

use pressroom::{
    layout::{
        page::{Anchor, Color, Dash, Image, Item, Page, Rect, TagId},
        text::{Flow, FontBook, Shaper, Span},
    },
    pdf::{PdfError, PdfWriter, Stamp},
};

use press::{Press, metadata};

/// Names and words as they stand in a clinic's tables.
const SCRIPTS: [&str; 13] = [
    "Immunization record 2026-11-24",
    "Office final affine waffle AVATAR To.",
    "Zoë Łukasz Ångström naïve",
    "Ελένη Παπαδοπούλου",
    "Жанна Щербакова",
    "مريم العلي",
    "שלום עולם",
    "अनिता शर्मा",
    "क्षत्रिय विद्यार्थी",
    "สมชาย ใจดี",
    "王小明",
    "さくら カタカナ",
    "a (b) c\\d 50% €12,34 “quoted” – x²",
];

/// Text without the marks of direction that pdftotext sets around right-to-left text.
fn unmarked(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}')).collect()
}

#[test]
fn every_script_reads_back_as_it_was_written() {
    let mut press = Press::new();
    let mut page = press.page(1);
    for (row, text) in SCRIPTS.iter().enumerate() {
        press.text(&mut page, 50.0, 60.0 + 24.0 * row as f32, 14.0, text);
    }
    let document = press.write(&[page]);
    let read = unmarked(&document.run("pdftotext", &[], &["-"]));
    for text in SCRIPTS {
        assert!(read.contains(text), "{text:?} is not in {read}");
    }
}

/// pdftotext takes a line to read in the direction of most of its page, and loses spaces where directions meet:
/// of lines that mix them, the words are compared.
#[test]
fn lines_of_both_directions_keep_their_words() {
    let mut press = Press::new();
    for text in ["محمد بن سلمان 12 جرعة", "אבג 123 דהו", "Patient مريم born 1990 (F)"] {
        let mut page = press.page(1);
        press.text(&mut page, 50.0, 60.0, 14.0, text);
        let read = unmarked(&press.write(&[page]).run("pdftotext", &[], &["-"]));
        for word in text.split(' ') {
            assert!(read.contains(word), "{word:?} is not in {read}");
        }
    }
}

#[test]
fn every_font_is_an_embedded_subset_with_unicode() {
    let mut press = Press::new();
    let mut page = press.page(1);
    for (row, text) in SCRIPTS.iter().enumerate() {
        press.text(&mut page, 50.0, 60.0 + 24.0 * row as f32, 14.0, text);
    }
    let line = press.shaper.line("Bold", press.bold, 12.0);
    line.place("Bold", &mut page, 50.0, 500.0, |_| Color::default());
    let document = press.write(&[page]);
    let fonts = document.run("pdffonts", &[], &[]);
    let rows: Vec<&str> = fonts.lines().skip(2).collect();
    assert_eq!(rows.len(), 7, "{fonts}");
    for row in rows {
        let words: Vec<&str> = row.split_whitespace().collect();
        // …, emb, sub, uni, object, generation
        assert_eq!(&words[words.len() - 5..words.len() - 2], ["yes"; 3], "{row}");
    }
}

/// A CFF font of 2,048 units per em (Latin letters of Noto Sans, SIL OFL 1.1), as `@font-face` brings it.
#[test]
fn a_cff_font_is_embedded_and_reads_back() {
    let mut book = FontBook::builtin();
    book.add(Arc::from(&include_bytes!("../fonts/latin-cff.otf")[..]), "Own", 400, false).unwrap();
    let own = book.stack(&["Own"], 400, false);
    let noto = book.stack(&["sans-serif"], 400, false);
    let mut press = Press { shaper: Shaper::new(Arc::new(book)), regular: own, bold: noto, metadata: metadata() };
    let text = "Ampoules caf\u{e9} 0123456789";
    let mut page = press.page(1);
    let width = press.text(&mut page, 50.0, 60.0, 24.0, text);
    let document = press.write(&[page]);
    assert_eq!(document.text().trim(), text);
    let fonts = document.run("pdffonts", &[], &[]);
    assert!(fonts.contains("PressroomTestCFF-Regular") && fonts.contains("CID Type 0C"), "{fonts}");
    // It is drawn like the original, but for kerning.
    let mut other = press.page(1);
    (press.regular, press.bold) = (noto, own);
    let like = press.text(&mut other, 50.0, 60.0, 24.0, text);
    assert!((width - like).abs() < 2.0, "{width} {like}");
    let ink = |pixels: Vec<u8>| pixels.iter().map(|pixel| 255.0 - f64::from(*pixel)).sum::<f64>();
    let (drawn, expected) = (ink(document.pixels(1, 100).1), ink(press.write(&[other]).pixels(1, 100).1));
    assert!((drawn / expected - 1.0).abs() < 0.03, "{drawn} {expected}");
}

#[test]
fn a_missing_character_shows_and_keeps_its_text() {
    let mut press = Press::new();
    let mut page = press.page(1);
    press.text(&mut page, 50.0, 60.0, 14.0, "a 𒀀 b 𒀁 c 𒀀");
    let document = press.write(&[page]);
    let read: String = document.text().split_whitespace().collect();
    assert_eq!(read, "a𒀀b𒀁c𒀀");
}

#[test]
fn the_same_pages_give_the_same_bytes() {
    let render = |first: &str| {
        let mut press = Press::new();
        // What was shaped and written before must not show.
        let mut other = press.page(1);
        press.text(&mut other, 50.0, 60.0, 9.0, first);
        press.write(&[other]);
        let mut page = press.page(1);
        SCRIPTS.iter().for_each(|text| {
            press.text(&mut page, 50.0, 60.0, 14.0, text);
        });
        press.write(&[page]).bytes
    };
    assert!(render("مريم ZYX") == render("1234 שלום"));
}

#[test]
fn a_document_says_who_it_is() {
    let press = Press::new();
    let document = press.write(&[press.page(1)]);
    let info = document.run("pdfinfo", &["-isodates"], &[]);
    for expected in [
        "Immunization record – Zoë",
        "Pressroom 0.1.0",
        "CreationDate:    2026-09-21T14:13:20Z",
        "PDF version:     1.7",
    ] {
        assert!(info.contains(expected), "{expected} is not in {info}");
    }
    let json = document.run("qpdf", &["--json"], &[]);
    for expected in ["\"/PageMode\": \"/UseNone\"", "\"/Lang\": \"u:en\"", "\"/DisplayDocTitle\": true", "/GTS_PDFA1"] {
        assert!(json.contains(expected), "{expected} is not in {json}");
    }
    assert!(document.run("pdfinfo", &["-meta"], &[]).contains("<pdfaid:conformance>U</pdfaid:conformance>"));
}

#[test]
fn the_total_of_pages_stands_where_it_was_anchored() {
    let mut press = Press::new();
    let (font, color) = (press.shaper.book().primary(press.regular), Color::default());
    let pages: Vec<Page> = (1..=120)
        .map(|number| {
            let mut page = press.page(number);
            let width = press.text(&mut page, 50.0, 800.0, 9.0, &format!("Page {number} of "));
            page.items.push(Item::PageTotal {
                x: 50.0 + width,
                y: 800.0,
                align: Anchor::Start,
                font,
                size: 9.0,
                color,
            });
            page.items.push(Item::PageTotal { x: 545.0, y: 820.0, align: Anchor::End, font, size: 9.0, color });
            page
        })
        .collect();
    let document = press.write(&pages);
    let text = document.run("pdftotext", &["-f", "77", "-l", "77"], &["-"]);
    assert!(text.contains("Page 77 of 120"), "{text}");
    // The right edge of the second total is at its anchor.
    let boxes = document.run("pdftotext", &["-bbox", "-f", "1", "-l", "1"], &["-"]);
    assert!(boxes.contains("xMax=\"545.0"), "{boxes}");
}

#[test]
fn links_print_and_lead_where_they_say() {
    let press = Press::new();
    let mut page = press.page(1);
    let area = Rect { x: 50.0, y: 100.0, width: 80.0, height: 12.0 };
    page.items.push(Item::Link { area, target: "https://example.org/a(b)?q=é".into(), owner: TagId::ARTIFACT });
    let json = press.write(&[page]).run("qpdf", &["--json"], &[]);
    for expected in ["\"/URI\": \"u:https://example.org/a(b)?q=%C3%A9\"", "\"/F\": 4", "\"/Subtype\": \"/Link\""] {
        assert!(json.contains(expected), "{expected} is not in {json}");
    }
}

#[test]
fn pictures_are_embedded_once_and_drawn_where_they_stand() {
    let press = Press::new();
    let picture = |bytes: &[u8], width, height| Arc::new(Image { bytes: bytes.into(), width, height });
    let png = include_bytes!("../pictures/half-transparent.png");
    let jpeg = include_bytes!("../pictures/dark.jpg");
    let mut page = press.page(1);
    for (column, image) in [picture(png, 2, 2), picture(png, 2, 2), picture(jpeg, 8, 8)].into_iter().enumerate() {
        let area = Rect { x: 100.0 * column as f32, y: 0.0, width: 50.0, height: 50.0 };
        page.items.push(Item::Image { area, image, owner: TagId::ARTIFACT });
    }
    let document = press.write(&[page]);
    let listed = document.run("pdfimages", &["-list"], &[]);
    let objects: std::collections::BTreeSet<&str> =
        listed.lines().skip(2).filter_map(|row| row.split_whitespace().nth(10)).collect();
    // The PNG (its mask is listed under the same number) and the JPEG.
    assert_eq!(objects.len(), 2, "{listed}");
    let (width, pixels) = document.pixels(1, 72);
    let at = |x: usize, y: usize| pixels[y * width + x];
    // The left half of the PNG is black, its right half is transparent.
    assert!(at(10, 25) < 40 && at(40, 25) > 215, "{} {}", at(10, 25), at(40, 25));
    assert!(at(210, 10) < 80, "{}", at(210, 10));
    assert!(at(75, 25) > 250 && at(10, 60) > 250);
}

#[test]
fn lines_and_areas_are_drawn_where_they_stand() {
    let press = Press::new();
    let mut page = press.page(1);
    let grey = Color::rgb(128, 128, 128);
    page.items.push(Item::Fill { area: Rect { x: 10.0, y: 20.0, width: 30.0, height: 40.0 }, color: grey });
    for (dash, y) in [(Dash::Solid, 100.0), (Dash::Dashed, 120.0), (Dash::Dotted, 140.0)] {
        page.items.push(Item::Line { from: (10.0, y), to: (110.0, y), width: 4.0, color: Color::default(), dash });
    }
    let (width, pixels) = press.write(&[page]).pixels(1, 72);
    let at = |x: usize, y: usize| pixels[y * width + x];
    assert!((i32::from(at(20, 40)) - 128).abs() < 3);
    assert!(at(5, 40) > 250 && at(20, 15) > 250 && at(20, 65) > 250);
    let dark = |y| (10..110).filter(|x| at(*x, y) < 60).count();
    assert!(dark(100) > 95);
    assert!((40..=62).contains(&dark(120)) && (40..=62).contains(&dark(140)), "{} {}", dark(120), dark(140));
}

#[test]
fn broken_paragraphs_read_in_order() {
    let mut press = Press::new();
    let mut page = press.page(1);
    let text = "The dose was given on 2026-11-24 to अनिता शर्मा at the clinic, who returns in four weeks.";
    let spans = [Span { end: text.len(), stack: press.regular, size: 12.0, ..Span::default() }];
    let lines = press.shaper.paragraph(text, &spans, &[], &Flow { width: 150.0, ..Flow::default() });
    assert!(lines.len() > 3);
    for (row, line) in lines.iter().enumerate() {
        line.shaped.place(text, &mut page, 50.0 + line.x, 60.0 + 16.0 * row as f32, |_| Color::default());
    }
    let read = unmarked(&press.write(&[page]).run("pdftotext", &[], &["-"]));
    assert_eq!(read.split_whitespace().collect::<Vec<_>>().join(" "), text);
}

#[test]
fn a_document_without_pages_is_an_error() {
    let writer = PdfWriter::new(Vec::new(), Arc::new(FontBook::builtin()), metadata()).unwrap();
    assert!(matches!(writer.finish(&Stamp::default()), Err(PdfError::NoPages)));
}

#[test]
fn a_picture_that_is_none_is_an_error() {
    let press = Press::new();
    let mut page = press.page(1);
    let image = Arc::new(Image { bytes: Arc::from(&b"GIF89a"[..]), width: 1, height: 1 });
    page.items.push(Item::Image { area: Rect::default(), image, owner: TagId::ARTIFACT });
    let mut writer = PdfWriter::new(Vec::new(), Arc::clone(press.shaper.book()), metadata()).unwrap();
    assert!(matches!(writer.page(&page), Err(PdfError::Image)));
}

/// Takes a number of bytes, then fails.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_store_ends_the_writing() {
    let mut press = Press::new();
    let mut page = press.page(1);
    press.text(&mut page, 50.0, 60.0, 9.0, "text");
    let whole = press.write(std::slice::from_ref(&page)).bytes.len();
    for room in (0..whole).step_by(whole / 20) {
        let fonts = Arc::clone(press.shaper.book());
        let written = PdfWriter::new(Full(room), fonts, metadata()).and_then(|mut writer| {
            writer.page(&page)?;
            writer.finish(&Stamp::default())
        });
        assert!(matches!(written, Err(PdfError::Write(_))), "{room}");
    }
}

#[test]
fn odd_pages_are_written_all_the_same() {
    let press = Press::new();
    let mut page = Page { width: f32::NAN, height: f32::INFINITY, ..press.page(1) };
    let nowhere = Rect { x: f32::NAN, y: f32::NEG_INFINITY, width: -5.0, height: 1e30 };
    page.items.push(Item::Fill { area: nowhere, color: Color::default() });
    let mut out = Vec::new();
    let mut writer = PdfWriter::new(&mut out, Arc::clone(press.shaper.book()), metadata()).unwrap();
    writer.page(&page).unwrap();
    writer.finish(&Stamp::default()).unwrap();
}

#[test]
fn thousands_of_pages_make_a_sound_tree() {
    let mut press = Press::new();
    for count in [1, 63, 64, 65, 4_096, 4_097] {
        let pages: Vec<Page> = (1..=count)
            .map(|number| {
                let mut page = press.page(number);
                press.text(&mut page, 50.0, 60.0, 9.0, &number.to_string());
                page
            })
            .collect();
        let document = press.write(&pages);
        assert_eq!(document.run("qpdf", &["--show-npages"], &[]).trim(), count.to_string());
        let last = count.to_string();
        assert_eq!(document.run("pdftotext", &["-f", &last], &["-"]).trim(), last);
    }
}
