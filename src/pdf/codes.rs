//! From the codes in page content, which are glyph numbers of the face, to the glyphs of a subset.

use super::deflate;

/// The stream that leads from codes to glyphs, compressed.
pub(crate) struct CodeMap {
    /// The entries of its dictionary, beside its length.
    pub(crate) entries: &'static [u8],
    /// Its data.
    pub(crate) compressed: Vec<u8>,
}

impl CodeMap {
    /// The `CIDToGIDMap` of a TrueType subset. `codes` are pairs of code and glyph in the subset, in order.
    pub(crate) fn to_glyphs(codes: &[(u16, u16)]) -> Self {
        Self { entries: b"/Filter/FlateDecode", compressed: deflate::best(&code_to_glyph(codes)) }
    }

    /// The character map of a CFF subset, whose glyphs have CIDs of their own. `codes` are pairs of code and CID.
    pub(crate) fn to_cids(codes: &[(u16, u16)]) -> Self {
        Self {
            entries: b"/Type/CMap/CMapName/Pressroom-Glyphs/Filter/FlateDecode\
/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>",
            compressed: deflate::best(&code_to_cid(codes)),
        }
    }
}

/// The glyph in the subset for each code up to the last one, two bytes each.
fn code_to_glyph(codes: &[(u16, u16)]) -> Vec<u8> {
    let length = codes.last().map_or(1, |(glyph, _)| usize::from(*glyph) + 1);
    let mut map = vec![0; length * 2];
    for (glyph, code) in codes {
        map[usize::from(*glyph) * 2..][..2].copy_from_slice(&code.to_be_bytes());
    }
    map
}

/// A character map from glyph numbers of the face to the CIDs of its CFF subset.
fn code_to_cid(codes: &[(u16, u16)]) -> Vec<u8> {
    let mut map = b"/CIDInit/ProcSet findresource begin 12 dict begin begincmap\n\
/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>def\n\
/CMapName/Pressroom-Glyphs def/CMapType 1 def\n\
1 begincodespacerange<0000><FFFF>endcodespacerange\n"
        .to_vec();
    for chunk in codes.chunks(100) {
        map.extend_from_slice(format!("{} begincidchar\n", chunk.len()).as_bytes());
        for (glyph, cid) in chunk {
            map.extend_from_slice(format!("<{glyph:04X}>{cid}\n").as_bytes());
        }
        map.extend_from_slice(b"endcidchar\n");
    }
    map.extend_from_slice(b"endcmap CMapName currentdict/CMap defineresource pop end end\n");
    map
}
