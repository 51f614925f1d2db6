//! The document's structure as readers of tagged PDF see it: what a piece of a page belongs to.
//!
//! Tags are opened and closed in reading order while a document is laid out, which may be pages ahead of the page
//! that their content comes to stand on. So a page carries the events since the page before, and in
//! [`super::Page::closed`] how many closings are settled: their content is written when that page is.
//!
//! Each strip of the galley notes how many tags had been closed when it came. When the strip is wholly on a page, all
//! of those have nothing more to come, since strips are placed in order. A tag that closes with its page's last
//! strip is therefore settled by the first strip of the next page; the document's last page settles everything.

use std::sync::Arc;

/// Names a tag; unique in its document, counted from 1. [`TagId::ARTIFACT`] stands for everything that isn't content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TagId(pub u32);

impl TagId {
    /// No content: headers, footers, rules, backgrounds.
    pub const ARTIFACT: Self = Self(0);
}

/// A change of the structure.
#[derive(Debug, Clone, PartialEq)]
pub enum TagEvent {
    /// A tag begins, as the last child so far of `parent` ([`TagId::ARTIFACT`] for the document itself).
    Open {
        /// Its name.
        id: TagId,
        /// What it stands in.
        parent: TagId,
        /// What it is.
        tag: Box<Tag>,
    },
    /// A plain tag begins: a role and nothing else, as most cells and rows are.
    OpenPlain {
        /// Its name.
        id: TagId,
        /// What it stands in.
        parent: TagId,
        /// What it is.
        role: Role,
    },
    /// Nothing more will be added to it.
    Close(TagId),
}

/// What a piece of the structure is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tag {
    /// Its standard structure type (ISO 32000-1, 14.8.4).
    pub role: Role,
    /// What it shows, for who can't see it: figures.
    pub alternative: Option<Arc<str>>,
    /// Its language, where it isn't that of what it stands in (BCP 47).
    pub language: Option<Arc<str>>,
    /// For whom a header cell speaks.
    pub scope: Option<Scope>,
    /// Over how many columns a cell reaches, if more than one.
    pub columns: u16,
    /// Over how many rows, if more than one.
    pub rows: u16,
    /// How the items of a list are marked.
    pub numbering: Option<Numbering>,
}

impl Tag {
    /// A role and nothing else.
    pub fn of(role: Role) -> Self {
        Self { role, ..Self::default() }
    }
}

/// How the items of a list are marked (ISO 32000-1, table 347).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the standard describes them")]
pub enum Numbering {
    Disc,
    Circle,
    Square,
    Decimal,
    UpperRoman,
    LowerRoman,
    UpperAlpha,
    LowerAlpha,
}

/// For whom a header cell speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The cells below it.
    Column,
    /// The cells beside it.
    Row,
    /// Both.
    Both,
}

/// Standard structure types of PDF 1.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "ISO 32000-1, 14.8.4 names and describes them")]
pub enum Role {
    #[default]
    Document,
    Sect,
    Art,
    Div,
    BlockQuote,
    Caption,
    P,
    H1,
    H2,
    H3,
    H4,
    H5,
    H6,
    L,
    LI,
    Lbl,
    LBody,
    Table,
    TR,
    TH,
    TD,
    THead,
    TBody,
    TFoot,
    Span,
    Quote,
    Code,
    Link,
    Figure,
}
