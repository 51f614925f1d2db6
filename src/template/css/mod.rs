//! CSS as written: style sheets become rules, `@page` and `@font-face`.
//!
//! **Invariant:** nothing is skipped silently; whatever isn't supported is a fault with a remedy.

mod color;
pub(crate) mod declaration;
pub(crate) mod draft;
mod font_face;
mod length;
pub(crate) mod longhand;
pub(crate) mod matcher;
pub(crate) mod media;
pub(crate) mod page;
pub(crate) mod property;
pub(crate) mod selector;
pub(crate) mod sheet;
mod unsupported;
pub(crate) mod value;
pub(crate) mod variable;

pub(crate) use font_face::FontFace;
pub(crate) use page::PageRule;
pub(crate) use sheet::Rule;

/// What a browser's own style sheet says about the supported elements; the values are those of the HTML standard.
pub(crate) const BROWSER: &str = include_str!("browser.css");
