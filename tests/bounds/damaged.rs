//! Fonts and pictures that can't be drawn are found when a template is loaded, where the template names them.

use expect_test::expect;

use crate::shelf::{Shelf, file};

const FONT: &str = "@font-face { font-family: Own; src: url(fonts/own.ttf) }\np { font-family: Own }";

#[test]
fn whole_files_are_accepted() {
    let shelf =
        Shelf::new("", FONT, "<p>a</p><img src=\"pictures/a.png\" alt=\"\"><img src=\"pictures/b.jpg\" alt=\"\">");
    shelf.put("templates/fonts/own.ttf", file("templates/fonts/NotoSans-Regular.ttf"));
    shelf.put("templates/pictures/a.png", file("tests/pictures/palette-alpha.png"));
    shelf.put("templates/pictures/b.jpg", file("tests/pictures/turned.jpg"));
    let (plate, faults) = shelf.load();
    assert!(plate.is_some() && faults.is_empty(), "{faults:?}");
}

#[test]
fn a_damaged_picture_is_told_with_its_place() {
    let shelf = Shelf::new(
        "",
        ".paper { background-image: url(\"pictures/paper.jpg\") }\np { background: url(pictures/cut.png) }",
        "<p>a</p>\n<div class=\"paper\"></div>\n  <img src=\"pictures/logo.png\" alt=\"\">\n<img src=\"pictures/text.png\" alt=\"\">\n<img src=\"pictures/huge.png\" alt=\"\">",
    );
    let png = file("tests/pictures/palette.png");
    // Its data no longer fits its checksum.
    let mut flipped = png.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x10;
    shelf.put("templates/pictures/logo.png", &flipped);
    shelf.put("templates/pictures/cut.png", &png[..png.len() - 20]);
    shelf.put("templates/pictures/text.png", "not a picture");
    // A JPEG whose tables are gone, though it begins and ends as one.
    let jpeg = file("tests/pictures/grey.jpg");
    let at = jpeg.windows(2).position(|pair| pair == [0xff, 0xc4]).unwrap();
    let length = usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    let without = [&jpeg[..at], &jpeg[at + 2 + length..]].concat();
    shelf.put("templates/pictures/paper.jpg", without);
    let mut huge = png.clone();
    huge[16..24].copy_from_slice(&[0, 0, 0x40, 0, 0, 0, 0x40, 0]);
    shelf.put("templates/pictures/huge.png", huge);
    expect![[r#"
        templates/list.html:7:17: error: picture `pictures/cut.png`: it is cut off: its end is missing
          help: copy it anew, or save it anew as PNG or JPEG
        templates/list.html:14:1: error: picture `pictures/text.png`: it is neither PNG nor JPEG
          help: use a PNG or JPEG file
        templates/list.html:15:1: error: picture `pictures/huge.png`: it has 16384 × 16384 pixels, more than 64 million
          help: save it smaller: a page is printed with 300 dots an inch or less
    "#]]
    .assert_eq(&shelf.faults());
    // What can be read in part is looked at when all else is well.
    let whole = Shelf::new(
        "",
        ".paper { background-image: url(\"pictures/paper.jpg\") }",
        "<p>a</p>\n<div class=\"paper\"></div>\n  <img src=\"pictures/logo.png\" alt=\"\">",
    );
    whole.put("templates/pictures/logo.png", flipped);
    whole.put("templates/pictures/paper.jpg", [&jpeg[..at], &jpeg[at + 2 + length..]].concat());
    expect![[r#"
        templates/list.html:12:3: error: picture `pictures/logo.png`: it is damaged, or of a kind that can't be drawn
          help: copy it anew, or save it anew as PNG, or as JPEG in colour or grey
        templates/list.html:6:28: error: picture `pictures/paper.jpg`: it is damaged, or of a kind that can't be drawn
          help: copy it anew, or save it anew as PNG, or as JPEG in colour or grey
    "#]]
    .assert_eq(&whole.faults());
}

#[test]
fn a_damaged_font_is_told_with_its_place() {
    let whole = file("templates/fonts/NotoSansHebrew-Regular.ttf");
    let font = |bytes: &[u8]| {
        let shelf = Shelf::new("", FONT, "<p>a</p>");
        shelf.put("templates/fonts/own.ttf", bytes);
        shelf.faults()
    };
    expect![[r#"
        templates/list.html:6:1: error: font `fonts/own.ttf`: not a TrueType or OpenType font
          help: use a whole TrueType or OpenType file (.ttf, .otf) that may be embedded
    "#]]
    .assert_eq(&font(b"not a font"));
    expect![[r#"
        templates/list.html:6:1: error: font `fonts/own.ttf`: it is cut off: a part of the file is missing
          help: use a whole TrueType or OpenType file (.ttf, .otf) that may be embedded
    "#]]
    .assert_eq(&font(&whole[..whole.len() * 3 / 4]));
    expect![[r#"
        templates/list.html:6:1: error: font `fonts/own.ttf`: it is damaged: glyph 0 has no readable outline
          help: copy it anew, or use another TrueType or OpenType file
    "#]]
    .assert_eq(&font(&with_garbage(&whole, b"glyf")));
    expect![[r#"
        templates/list.html:6:1: error: font `fonts/own.ttf`: the font has no Unicode character map
          help: use a whole TrueType or OpenType file (.ttf, .otf) that may be embedded
    "#]]
    .assert_eq(&font(&with_garbage(&whole, b"cmap")));
    expect![[r#"
        templates/list.html:6:1: error: font `fonts/own.ttf`: it is damaged: glyph 0 has no readable outline
          help: copy it anew, or use another TrueType or OpenType file
    "#]]
    .assert_eq(&font(&with_garbage(&whole, b"loca")));
    expect![[r#"
        templates/list.html:6:1: error: font `fonts/own.ttf`: the font has no outlines that can be embedded
          help: use a whole TrueType or OpenType file (.ttf, .otf) that may be embedded
    "#]]
    .assert_eq(&font(&with_garbage(&file("tests/fonts/latin-cff.otf"), b"CFF ")));
}

/// The font with the whole of a table overwritten.
fn with_garbage(font: &[u8], table: &[u8; 4]) -> Vec<u8> {
    let mut font = font.to_vec();
    let record = font[12..].chunks_exact(16).find(|record| &record[..4] == table).unwrap();
    let number = |bytes: &[u8]| bytes.iter().fold(0usize, |number, byte| number << 8 | usize::from(*byte));
    let (at, length) = (number(&record[8..12]), number(&record[12..16]));
    font[at..at + length].iter_mut().enumerate().for_each(|(i, byte)| *byte = (i * 37 % 251) as u8);
    font
}
