//! What a document says about itself: information, XMP, catalog.
//!
//! printpdf drafts the catalog; its XMP and output intent fail validation, its `/PageMode` is a string and its
//! identifiers come from a counter, so these are set here. What is said is what PDF/A-2 and PDF/UA-1 ask for.

use std::{
    io::{self, Write},
    sync::LazyLock,
};

use chrono::{DateTime, Utc};
use lopdf::{Dictionary, Object};
use printpdf::{PdfDocument, PdfSaveOptions};

use super::{
    deflate,
    file::{ObjectFile, Ref},
    object::{push_entries, push_string, push_text},
    stamp::Stamp,
    xmp,
};

/// What a document says about itself. The same metadata and pages give the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// Shown in the title bar.
    pub title: String,
    /// The BCP 47 language of the text.
    pub language: String,
    /// Identifies the document: the job's id.
    pub id: [u8; 16],
    /// When the document was made: the instant of its data, not the wall clock.
    pub created_at: DateTime<Utc>,
    /// The program that made it, with its version.
    pub producer: String,
    /// Whether its structure is told: PDF/A-2a and PDF/UA-1. Else it is PDF/A-2u.
    pub tagged: bool,
}

/// What the catalog leads to.
pub(crate) struct Parts {
    pub(crate) pages: Ref,
    pub(crate) structure: Option<Ref>,
    pub(crate) outline: Option<Ref>,
    pub(crate) destinations: Option<Ref>,
}

/// A compact sRGB profile (736 bytes, from saucecontrol/Compact-ICC-Profiles, CC0).
static SRGB: LazyLock<Vec<u8>> = LazyLock::new(|| deflate::best(include_bytes!("sRGB-v2-magic.icc")));

/// Writes catalog, information and what they refer to; returns the entries of the trailer.
pub(crate) fn write<W: Write>(
    metadata: &Metadata,
    stamp: &Stamp,
    parts: &Parts,
    file: &mut ObjectFile<W>,
) -> io::Result<Vec<u8>> {
    let profile = file.reserve()?;
    file.encoded_stream(profile, b"/N 3/Filter/FlateDecode", &SRGB)?;
    // XMP stays uncompressed, so that tools which don't read PDF find it.
    let packet = file.reserve()?;
    file.encoded_stream(packet, b"/Type/Metadata/Subtype/XML", xmp::packet(metadata, stamp).as_bytes())?;

    let mut body = [b"<<", &CATALOG[..]].concat();
    let mode = if parts.outline.is_some() { "UseOutlines" } else { "UseNone" };
    body.extend_from_slice(format!("/Pages {} 0 R/PageMode/{mode}", parts.pages.0).as_bytes());
    if let Some(structure) = parts.structure {
        let structure = format!("/MarkInfo<</Marked true>>/StructTreeRoot {} 0 R", structure.0);
        body.extend_from_slice(structure.as_bytes());
    }
    if let Some(outline) = parts.outline {
        body.extend_from_slice(format!("/Outlines {} 0 R", outline.0).as_bytes());
    }
    if let Some(destinations) = parts.destinations {
        body.extend_from_slice(format!("/Names<</Dests {} 0 R>>", destinations.0).as_bytes());
    }
    body.extend_from_slice(format!("/Metadata {} 0 R/Lang", packet.0).as_bytes());
    push_text(&mut body, &metadata.language);
    body.extend_from_slice(b"/ViewerPreferences<</DisplayDocTitle true>>");
    body.extend_from_slice(b"/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)");
    body.extend_from_slice(format!("/Info(sRGB IEC61966-2.1)/DestOutputProfile {} 0 R>>]>>", profile.0).as_bytes());
    let root = file.reserve()?;
    file.object(root, &body)?;

    let mut body = b"<</Title".to_vec();
    push_text(&mut body, &metadata.title);
    body.extend_from_slice(b"/Producer");
    push_text(&mut body, &metadata.producer);
    let date = metadata.created_at.format("D:%Y%m%d%H%M%S+00'00'");
    body.extend_from_slice(format!("/CreationDate({date})/ModDate({date})>>").as_bytes());
    let info = file.reserve()?;
    file.object(info, &body)?;

    let mut trailer = format!("/Root {} 0 R/Info {} 0 R/ID[", root.0, info.0).into_bytes();
    push_string(&mut trailer, &metadata.id);
    push_string(&mut trailer, &metadata.id);
    trailer.push(b']');
    Ok(trailer)
}

/// The catalog of an empty document, as printpdf has it, without what is said here.
///
/// Drafted once: printpdf copies a colour profile of half a megabyte into each document.
static CATALOG: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let document = printpdf::to_lopdf_doc(&PdfDocument::new(""), &PdfSaveOptions::default(), &mut Vec::new());
    let root = document.trailer.get(b"Root").and_then(|root| document.dereference(root));
    let root = root.and_then(|(_, object)| object.as_dict().cloned());
    let mut catalog = root.unwrap_or_else(|_| Dictionary::from_iter([("Type", Object::from("Catalog"))]));
    for key in ["Pages", "PageMode", "PageLayout", "Metadata", "OutputIntents"] {
        catalog.remove(key.as_bytes());
    }
    let mut entries = Vec::new();
    push_entries(&mut entries, &catalog, &|_| None);
    entries
});
