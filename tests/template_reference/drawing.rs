//! Examples as pictures: rendered by Pressroom, drawn by poppler, kept as small PNG files.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Cursor,
    path::Path,
};

use crate::{
    picture::{Picture, pages},
    press,
};

/// Readable, and no wider than a page of the reference.
const DOTS_PER_INCH: u32 = 110;

/// So many pages of an example are shown.
const MOST_PAGES: usize = 3;

const WHITE: [u8; 3] = [255; 3];
const EDGE: [u8; 3] = [204; 3];
const GAP: usize = 10;

/// Two pixels count as different when they are so far apart: another version of poppler smooths edges otherwise.
const FAR: u8 = 64;

/// So many of a thousand pixels may be.
const MOST_DIFFERENT: usize = 8;

/// Renders a document with the reference's data and draws its pages beside each other.
pub(crate) fn draw(html: &str) -> Result<Picture, String> {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::write(folder.path().join("example.html"), html).unwrap();
    for (from, to) in [("templates/fonts", "fonts"), ("tests/pictures", "images")] {
        fs::create_dir(folder.path().join(to)).unwrap();
        for entry in fs::read_dir(root.join(from)).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.path().join(to).join(entry.file_name())).unwrap();
        }
    }
    let data = fs::read_to_string(root.join("tests/template_reference/data.json")).unwrap();
    let bytes = press::press(folder.path(), "example.html", &serde_json::from_str(&data).unwrap(), false)?;
    let document = folder.path().join("example.pdf");
    fs::write(&document, bytes).unwrap();
    Ok(beside(&pages(&document, DOTS_PER_INCH)))
}

/// One page is cut off below its content; several stand whole in a row, with a thin edge around each.
fn beside(pages: &[Picture]) -> Picture {
    if let [page] = pages {
        return cut(page);
    }
    let shown = &pages[..pages.len().min(MOST_PAGES)];
    let width = shown.iter().map(|page| page.width + 2 + GAP).sum::<usize>() - GAP;
    let height = shown.iter().map(|page| page.height + 2).max().unwrap();
    let mut whole = Picture::plain(width, height, WHITE);
    let mut left = 0;
    for page in shown {
        whole.put(&Picture::plain(page.width + 2, page.height + 2, EDGE), left, 0);
        whole.put(page, left + 1, 1);
        left += page.width + 2 + GAP;
    }
    quantized(whole)
}

fn cut(page: &Picture) -> Picture {
    let last = page.pixels.iter().rposition(|pixel| *pixel != WHITE).unwrap_or(0) / page.width;
    let mut whole = Picture::plain(page.width, (last + 1 + GAP).min(page.height), WHITE);
    whole.put(page, 0, 0);
    quantized(whole)
}

/// No more than 256 colours: the last bits go until so few are left.
fn quantized(mut picture: Picture) -> Picture {
    for mask in [0xF8, 0xF0, 0xE0] {
        // White stays white.
        let round = |value: u8| if value >= 0xF8 { 255 } else { value & mask };
        picture.pixels.iter_mut().for_each(|pixel| *pixel = pixel.map(round));
        if palette(&picture).len() <= 256 {
            break;
        }
    }
    picture
}

fn palette(picture: &Picture) -> BTreeSet<[u8; 3]> {
    picture.pixels.iter().copied().collect()
}

/// A PNG with a palette.
pub(crate) fn encode(picture: &Picture) -> Vec<u8> {
    let colors: Vec<[u8; 3]> = palette(picture).into_iter().collect();
    let index: BTreeMap<[u8; 3], u8> = colors.iter().zip(0..).map(|(color, index)| (*color, index)).collect();
    let pixels: Vec<u8> = picture.pixels.iter().map(|pixel| index[pixel]).collect();
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = png::Encoder::new(&mut bytes, picture.width as u32, picture.height as u32);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette(colors.concat());
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    bytes.into_inner()
}

/// Reads such a PNG.
pub(crate) fn decode(bytes: &[u8]) -> Picture {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    Picture {
        width: info.width as usize,
        height: info.height as usize,
        pixels: pixels[..info.buffer_size()].as_chunks::<3>().0.to_vec(),
    }
}

/// How two pictures differ, if anyone would see it.
pub(crate) fn differs(kept: &Picture, drawn: &Picture) -> Option<String> {
    if (kept.width, kept.height) != (drawn.width, drawn.height) {
        return Some(format!("{} × {} instead of {} × {}", drawn.width, drawn.height, kept.width, kept.height));
    }
    let far = |(a, b): (&[u8; 3], &[u8; 3])| a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) > FAR);
    let different = kept.pixels.iter().zip(&drawn.pixels).filter(|pair| far(*pair)).count();
    let thousandths = different * 1000 / kept.pixels.len();
    (thousandths > MOST_DIFFERENT).then(|| format!("{thousandths} of a thousand pixels"))
}
