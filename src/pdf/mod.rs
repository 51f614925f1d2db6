//! How pages become bytes: the only place that names printpdf and lopdf.
//!
//! We write what grows with the document: page content, page tree, cross references. printpdf carries what doesn't:
//! it subsets the fonts and describes them, decodes the pictures, and drafts the catalog. Its objects arrive as lopdf's
//! and are written by [`object`], after its faults are put right where they are met ([`metadata`], [`program`],
//! [`image`]).
//!
//! ```text
//! Page → content ─┐
//!                 ├→ file → bytes
//! fonts, images, tree, metadata ─┘
//! ```
//!
//! **Invariant:** sees finished pages and fonts, never rows or templates. Bytes leave as pages finish; memory does not
//! grow with the document but for sixteen bytes a page. The same pages give the same bytes.

mod actual_text;
mod codes;
mod content;
mod deflate;
mod destinations;
mod file;
mod fonts;
mod image;
mod links;
mod metadata;
mod number;
mod object;
mod outline;
mod pack;
mod program;
mod prove;
mod resources;
mod stamp;
mod structure;
mod total;
mod tree;
mod writer;
mod xmp;
mod xref;

pub use metadata::Metadata;
pub use prove::{Unfit, prove_font, prove_picture};
pub use stamp::{Stamp, StampedDataset};
pub use writer::{PdfError, PdfWriter, Summary};
