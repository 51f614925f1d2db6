//! Links: areas of a page that lead elsewhere.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use super::{
    file::ObjectFile,
    number::push,
    object::{push_string, push_text},
    structure::Structure,
};
use crate::layout::page::{Item, Page, Rect, TagId};

/// Writes the links of a page and returns the references to them.
pub(crate) fn write<W: Write>(
    page: &Page,
    mut structure: Option<&mut Structure>,
    file: &mut ObjectFile<W>,
) -> io::Result<String> {
    let mut references = String::new();
    for link in joined(page) {
        let at = file.reserve()?;
        let mut body = annotation(&link, page);
        if let Some(structure) = &mut structure {
            let key = structure.annotation(link.owner, at, file)?;
            body.extend_from_slice(format!("/StructParent {key}").as_bytes());
        }
        body.extend_from_slice(b">>");
        file.object(at, &body)?;
        // Writing to a string can't fail.
        let _ = write!(references, "{} 0 R ", at.0);
    }
    Ok(references)
}

struct Link<'p> {
    area: Rect,
    target: &'p str,
    owner: TagId,
}

/// The links of a page; areas beside each other on one line that belong together are one.
fn joined(page: &Page) -> Vec<Link<'_>> {
    let mut links: Vec<Link<'_>> = Vec::new();
    for item in &page.items {
        let Item::Link { area, target, owner } = item else { continue };
        if let Some(last) = links.last_mut()
            && last.owner == *owner
            && *last.target == **target
            && touches(&last.area, area)
        {
            let right = (last.area.x + last.area.width).max(area.x + area.width);
            let (top, bottom) = (last.area.y.min(area.y), (last.area.y + last.area.height).max(area.y + area.height));
            let left = last.area.x.min(area.x);
            last.area = Rect { x: left, y: top, width: right - left, height: bottom - top };
        } else {
            links.push(Link { area: *area, target, owner: *owner });
        }
    }
    links
}

/// Whether two areas stand beside each other without a gap.
fn touches(a: &Rect, b: &Rect) -> bool {
    const GAP: f32 = 0.5;
    let beside = a.x + a.width + GAP >= b.x && b.x + b.width + GAP >= a.x;
    let middle = b.y + b.height / 2.0;
    beside && a.y <= middle && middle <= a.y + a.height
}

/// The beginning of an annotation. Flag 4 has it printed, as PDF/A wants of every one.
fn annotation(link: &Link<'_>, page: &Page) -> Vec<u8> {
    let Link { area, target, .. } = link;
    let mut body = b"<</Type/Annot/Subtype/Link/F 4/Border[0 0 0]/Rect[".to_vec();
    let bottom = page.height - area.y - area.height;
    for edge in [area.x, bottom, area.x + area.width, bottom + area.height] {
        push(&mut body, edge);
        body.push(b' ');
    }
    body.extend_from_slice(b"]/Contents");
    push_text(&mut body, &contents(link, page));
    match target.strip_prefix('#') {
        Some(name) => {
            body.extend_from_slice(b"/Dest");
            push_string(&mut body, name.as_bytes());
        }
        None => {
            body.extend_from_slice(b"/A<</S/URI/URI");
            push_string(&mut body, &address(target));
            body.extend_from_slice(b">>");
        }
    }
    body
}

/// An address is ASCII; what isn't is escaped as browsers do.
fn address(target: &str) -> Vec<u8> {
    let mut address = Vec::with_capacity(target.len());
    for byte in target.bytes() {
        match byte {
            b'!'..=b'~' => address.push(byte),
            _ => address.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
    address
}

/// What a link says to who can't see it: its text, or else where it leads.
fn contents(link: &Link<'_>, page: &Page) -> String {
    let mut text = String::new();
    for item in &page.items {
        if let Item::Text(run) = item
            && run.owner == link.owner
            && link.owner != TagId::ARTIFACT
        {
            text.push_str(page.text.get(run.text.start as usize..run.text.end as usize).unwrap_or_default());
            text.push(' ');
        }
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() { link.target.to_owned() } else { words.join(" ") }
}
