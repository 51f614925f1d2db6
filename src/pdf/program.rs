//! Font programs: subsets made by printpdf, kept compressed for the process.
//!
//! For small documents subsetting and compressing fonts is nine tenths of the time, so a subset isn't cut to one
//! document: it is the union of fixed groups of glyphs that the document touches, and the same groups are asked for
//! again and again. A group is 128 neighbouring code points; Han, kana and hangul, of which a document uses a few
//! of thousands, are groups of one, and so are glyphs without a code point of their own, by sixteen.
//!
//! **Invariant:** a subset depends on the face and the groups alone, never on what was written before.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use lopdf::{Dictionary, Object, content::Content};
use printpdf::{
    Codepoint, FontId, Mm, Op, ParsedFont, PdfDocument, PdfFont, PdfFontHandle, PdfPage, PdfSaveOptions, Pt, TextItem,
};
use sha2::{Digest, Sha256};

use super::{
    actual_text::extracted,
    codes::CodeMap,
    deflate,
    number::{hundredths, push_hundredths, push_integer},
    object::push_entries,
};
use crate::layout::text::Face;

/// A subset, ready to be written into any document.
pub(crate) struct Program {
    /// The entries of printpdf's font descriptor, without the reference to the file.
    pub(crate) descriptor: Vec<u8>,
    /// Whether the outlines are CFF: such a font's glyphs are addressed by CIDs, a TrueType font's by glyph ids.
    pub(crate) is_cff: bool,
    /// The name under which the font is embedded, with the tag of a subset.
    pub(crate) name: String,
    /// The entries of the font file's dictionary, beside its length.
    pub(crate) file_entries: Vec<u8>,
    /// The font file, compressed.
    pub(crate) file: Vec<u8>,
    /// What each glyph of the face is called in the file.
    pub(crate) code_map: CodeMap,
    /// The widths of its glyphs, as the document tells them.
    pub(crate) widths: Vec<u8>,
    /// Its glyphs in order, each with the character that it stands for by itself.
    glyphs: Vec<(u16, Option<char>)>,
    /// Texts of glyphs told so far, compressed, by what differs from the above.
    unicode: Mutex<HashMap<Vec<Told>, Arc<[u8]>>>,
}

/// A glyph with the text that it stands for in a document.
pub(crate) type Told = (u16, Box<str>);

/// So many maps from glyphs to text are kept for one program: most documents share one, the others differ in a
/// ligature or two. Beyond it they are forgotten.
const MAX_MAPS: usize = 32;

/// Bytes of compressed fonts to keep; beyond it the cache starts anew.
const MAX_CACHED_BYTES: usize = 16 << 20;

/// Parsed faces to keep; beyond it the cache starts anew.
const MAX_FACES: usize = 32;

#[derive(Default)]
struct Cache {
    faces: HashMap<[u8; 32], Arc<Prepared>>,
    programs: HashMap<([u8; 32], BTreeSet<Group>), Arc<Program>>,
    bytes: usize,
}

static CACHE: LazyLock<Mutex<Cache>> = LazyLock::new(Mutex::default);

/// A fixed set of glyphs of a face that are embedded together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Group {
    /// The glyphs of 128 neighbouring code points, by the upper bits.
    CodePoints(u32),
    /// Sixteen neighbouring glyphs without code points, by the upper bits.
    Unmapped(u16),
    /// One glyph.
    Single(u16),
}

/// A face as printpdf reads it, and its groups.
struct Prepared {
    parsed: ParsedFont,
    /// The lowest code point of each glyph that readers of the text are told.
    characters: Vec<Option<char>>,
    group_of: Vec<Group>,
    members: HashMap<Group, Vec<u16>>,
}

/// The program that holds these glyphs of a face, from the cache or made now.
pub(crate) fn program(face: &Face, used: impl Iterator<Item = u16>) -> Result<Arc<Program>, BadFont> {
    let prepared = prepare(face)?;
    let groups: BTreeSet<Group> = used.filter_map(|glyph| prepared.group_of.get(usize::from(glyph)).copied()).collect();
    let key = (*face.digest(), groups);
    if let Some(program) = lock().programs.get(&key) {
        return Ok(Arc::clone(program));
    }
    // Two threads may make the same program; both get the same bytes.
    let program = Arc::new(make(face, &prepared, &key)?);
    let mut cache = lock();
    cache.bytes += program.file.len();
    if cache.bytes > MAX_CACHED_BYTES {
        cache.programs.clear();
        cache.bytes = program.file.len();
    }
    cache.programs.insert(key, Arc::clone(&program));
    Ok(program)
}

/// Makes the subset that holds every glyph of a face, to see that none is in the way of another.
pub(crate) fn prove(face: &Face) -> Result<(), BadFont> {
    let prepared = prepare(face)?;
    let groups: BTreeSet<Group> = prepared.members.keys().copied().collect();
    make(face, &prepared, &(*face.digest(), groups)).map(drop)
}

/// printpdf couldn't subset or describe a face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a font can't be embedded")]
pub struct BadFont;

fn lock() -> std::sync::MutexGuard<'static, Cache> {
    CACHE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn prepare(face: &Face) -> Result<Arc<Prepared>, BadFont> {
    if let Some(prepared) = lock().faces.get(face.digest()) {
        return Ok(Arc::clone(prepared));
    }
    let parsed = guarded(|| ParsedFont::from_bytes(&face.data, 0, &mut Vec::new()))?;
    let (group_of, characters) = (group_of(face), characters(face));
    let mut members: HashMap<Group, Vec<u16>> = HashMap::new();
    for (glyph, group) in group_of.iter().enumerate().skip(1) {
        members.entry(*group).or_default().push(glyph as u16);
    }
    let prepared = Arc::new(Prepared { parsed, characters, group_of, members });
    let mut cache = lock();
    if cache.faces.len() >= MAX_FACES {
        cache.faces.clear();
    }
    cache.faces.insert(*face.digest(), Arc::clone(&prepared));
    Ok(prepared)
}

/// The lowest code point of each glyph, of those that `counts` makes something of.
fn lowest<T: Ord + Copy>(face: &Face, counts: impl Fn(u32) -> Option<T>) -> Vec<Option<T>> {
    let glyphs = face.font.num_glyphs().min(u32::from(u16::MAX)) as usize;
    let mut lowest: Vec<Option<T>> = vec![None; glyphs];
    for (code_point, glyph) in face.font.charmap().unicodes() {
        if let (Some(known), Some(own)) = (lowest.get_mut(glyph.to_u32() as usize), counts(code_point)) {
            *known = Some(known.map_or(own, |other| other.min(own)));
        }
    }
    lowest
}

/// The character that each glyph stands for by itself, as readers of the text are told it.
fn characters(face: &Face) -> Vec<Option<char>> {
    lowest(face, |code_point| char::from_u32(code_point).and_then(extracted))
}

/// The group of each glyph: that of its lowest code point.
fn group_of(face: &Face) -> Vec<Group> {
    let group = |(glyph, code_point): (u16, Option<u32>)| match code_point {
        None => Group::Unmapped(glyph >> 4),
        Some(0x1100..0x1200 | 0x2E80..0xD800 | 0xF900..0xFB00 | 0x20000..) => Group::Single(glyph),
        Some(code_point) => Group::CodePoints(code_point >> 7),
    };
    (0..=u16::MAX).zip(lowest(face, Some)).map(group).collect()
}

/// Has printpdf subset a face, by way of a document that shows every glyph of the groups once.
fn make(face: &Face, prepared: &Prepared, (digest, groups): &([u8; 32], BTreeSet<Group>)) -> Result<Program, BadFont> {
    let glyphs: BTreeSet<u16> =
        groups.iter().filter_map(|group| prepared.members.get(group)).flatten().copied().collect();
    let id = FontId(subset_tag(digest, &glyphs));
    let mut carrier = PdfDocument::new("");
    carrier.resources.fonts.map.insert(id.clone(), PdfFont::new(prepared.parsed.clone()));
    let shown = glyphs.iter().map(|&glyph| Codepoint { gid: glyph, offset: 0.0, cid: Some(" ".into()) }).collect();
    let ops = vec![
        Op::StartTextSection,
        Op::SetFont { font: PdfFontHandle::External(id.clone()), size: Pt(1.0) },
        Op::ShowText { items: vec![TextItem::GlyphIds(shown)] },
        Op::EndTextSection,
    ];
    carrier.pages.push(PdfPage::new(Mm(1.0), Mm(1.0), ops));
    let options = PdfSaveOptions { optimize: false, image_optimization: None, ..PdfSaveOptions::default() };
    let document = guarded(|| Some(printpdf::to_lopdf_doc(&carrier, &options, &mut Vec::new())))?;
    read(&document, &glyphs, face, prepared).ok_or(BadFont)
}

/// Six capitals that tell subsets of one font apart, as ISO 32000-1, 9.6.4 wants them.
fn subset_tag(digest: &[u8; 32], glyphs: &BTreeSet<u16>) -> String {
    let mut hash = Sha256::new_with_prefix(digest);
    glyphs.iter().for_each(|glyph| hash.update(glyph.to_be_bytes()));
    hash.finalize().iter().take(6).map(|byte| char::from(b'A' + byte % 26)).collect()
}

/// Takes the font out of printpdf's document.
fn read(document: &lopdf::Document, glyphs: &BTreeSet<u16>, face: &Face, prepared: &Prepared) -> Option<Program> {
    let dictionary = |object: &Object| document.dereference(object).ok()?.1.as_dict().ok().cloned();
    let is_type_0 = |object: &&Object| object.as_dict().is_ok_and(|font| has_name(font, b"Subtype", b"Type0"));
    let font = document.objects.values().find(is_type_0)?.as_dict().ok()?;
    let descendant = dictionary(font.get(b"DescendantFonts").ok()?.as_array().ok()?.first()?)?;
    let mut descriptor = dictionary(descendant.get(b"FontDescriptor").ok()?)?;
    let is_cff = has_name(&descendant, b"Subtype", b"CIDFontType0");
    let key: &[u8] = if is_cff { b"FontFile3" } else { b"FontFile2" };
    let file = document.dereference(descriptor.get(key).ok()?).ok()?.1.as_stream().ok()?;
    let mut file_entries = b"/Filter/FlateDecode".to_vec();
    match file.dict.get(b"Subtype").and_then(Object::as_name) {
        Ok(subtype) => {
            file_entries.extend_from_slice(b"/Subtype");
            super::object::push_name(&mut file_entries, subtype);
        }
        Err(_) => file_entries.extend_from_slice(format!("/Length1 {}", file.content.len()).as_bytes()),
    }
    let codes: Vec<(u16, u16)> = glyphs.iter().copied().zip(shown_codes(document)?).collect();
    if codes.len() != glyphs.len() {
        return None;
    }
    let character = |glyph: &u16| (*glyph, prepared.characters.get(usize::from(*glyph)).copied().flatten());
    Some(Program {
        is_cff,
        code_map: if is_cff { CodeMap::to_cids(&codes) } else { CodeMap::to_glyphs(&codes) },
        name: String::from_utf8(font.get(b"BaseFont").ok()?.as_name().ok()?.to_vec()).ok()?,
        file_entries,
        file: deflate::best(&file.content),
        descriptor: {
            descriptor.remove(key);
            describe(descriptor)
        },
        widths: widths(face, codes.iter().map(|(glyph, code)| (*glyph, if is_cff { *code } else { *glyph }))),
        glyphs: glyphs.iter().map(character).collect(),
        unicode: Mutex::default(),
    })
}

/// The entries of a font descriptor. Our codes are no standard encoding: symbolic (4), not non-symbolic (32) as
/// printpdf has it.
fn describe(mut descriptor: Dictionary) -> Vec<u8> {
    let flags = descriptor.get(b"Flags").and_then(Object::as_i64).unwrap_or(0);
    descriptor.set("Flags", (flags & !32) | 4);
    let mut entries = Vec::new();
    push_entries(&mut entries, &descriptor, &|_| None);
    entries
}

/// The array of widths, neighbours together; `glyphs` with their CIDs.
fn widths(face: &Face, glyphs: impl Iterator<Item = (u16, u16)>) -> Vec<u8> {
    let width = |(glyph, cid): (u16, u16)| (cid, hundredths(face.advance(glyph)));
    let mut widths: Vec<(u16, i64)> = std::iter::once((0, 0)).chain(glyphs).map(width).collect();
    widths.sort_unstable();
    let mut array = b"[".to_vec();
    let mut last = None;
    for (cid, width) in widths {
        if last.is_none_or(|last| u32::from(cid) != last + 1) {
            if last.is_some() {
                array.push(b']');
            }
            push_integer(&mut array, i64::from(cid));
            array.push(b'[');
        } else {
            array.push(b' ');
        }
        push_hundredths(&mut array, width);
        last = Some(u32::from(cid));
    }
    array.extend_from_slice(b"]]");
    array
}

impl Program {
    /// The character that a glyph stands for by itself.
    pub(crate) fn character(&self, glyph: u16) -> Option<char> {
        let at = self.glyphs.binary_search_by_key(&glyph, |(own, _)| *own).ok()?;
        self.glyphs[at].1
    }

    /// The ToUnicode map, compressed: the character of each glyph, and what a document `tells` instead, in order.
    ///
    /// It speaks of all glyphs, so that nearly all documents have the same.
    pub(crate) fn unicode(&self, tells: Vec<Told>) -> Arc<[u8]> {
        let known = || self.unicode.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(map) = known().get(&tells) {
            return Arc::clone(map);
        }
        let own = |(glyph, character): &(u16, Option<char>)| Some((u32::from(*glyph), vec![u32::from((*character)?)]));
        let mut mappings: BTreeMap<u32, Vec<u32>> = self.glyphs.iter().filter_map(own).collect();
        mappings.extend(tells.iter().map(|(glyph, text)| (u32::from(*glyph), text.chars().map(u32::from).collect())));
        let map = printpdf::ToUnicodeCMap { mappings }.to_cmap_string(&self.name);
        let map: Arc<[u8]> = deflate::best(map.as_bytes()).into();
        let mut known = known();
        if known.len() >= MAX_MAPS {
            known.clear();
        }
        known.insert(tells, Arc::clone(&map));
        map
    }
}

/// The codes that printpdf's page shows, in the order in which we asked for the glyphs.
fn shown_codes(document: &lopdf::Document) -> Option<Vec<u16>> {
    let page = document.page_iter().next()?;
    let content = Content::decode(&document.get_page_content(page)).ok()?;
    let shown = content.operations.iter().filter(|operation| matches!(operation.operator.as_str(), "TJ" | "Tj"));
    let strings = shown.flat_map(|operation| &operation.operands).flat_map(|operand| match operand {
        Object::Array(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    });
    let bytes: Vec<u8> = strings.filter_map(|string| string.as_str().ok()).flatten().copied().collect();
    Some(bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect())
}

fn has_name(dictionary: &Dictionary, key: &[u8], name: &[u8]) -> bool {
    dictionary.get(key).and_then(Object::as_name).is_ok_and(|value| value == name)
}

/// Runs printpdf's font code, in which a hostile font may find an `unwrap`.
fn guarded<T>(run: impl FnOnce() -> Option<T>) -> Result<T, BadFont> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).ok().flatten().ok_or(BadFont)
}
