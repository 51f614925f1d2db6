//! Pages: breaks, lines kept together, page names, bookmarks.

use std::sync::Arc;

use cssparser::{Parser, Token};

use crate::template::{
    css::{
        declaration::{Declaration, Longhand},
        property::lines,
        value::{Parsed, is_word, refuse, whole, word},
    },
    style::Break,
};

pub(super) fn single(longhand: Longhand, name: &str, input: &mut Parser<'_>) -> Option<Parsed<Declaration>> {
    use Declaration as D;
    let old = name.to_ascii_lowercase().starts_with("page-");
    Some(match longhand {
        Longhand::BreakBefore => word(input, if old { OLD_BREAKS } else { BREAKS }).map(D::BreakBefore),
        Longhand::BreakAfter => word(input, if old { OLD_BREAKS } else { BREAKS }).map(D::BreakAfter),
        Longhand::KeepTogether => {
            word(input, &[("auto", false), ("avoid", true), ("avoid-page", true)]).map(D::KeepTogether)
        }
        Longhand::Orphans => lines(input).map(D::Orphans),
        Longhand::Widows => lines(input).map(D::Widows),
        Longhand::Page => page(input).map(D::Page),
        Longhand::BookmarkLevel => bookmark_level(input).map(D::BookmarkLevel),
        _ => return None,
    })
}

/// On paper the first page is a right one: `recto` is `right`.
const BREAKS: &[(&str, Break)] = &[
    ("auto", Break::Auto),
    ("avoid", Break::Avoid),
    ("avoid-page", Break::Avoid),
    ("page", Break::Page),
    ("always", Break::Page),
    ("left", Break::Left),
    ("verso", Break::Left),
    ("right", Break::Right),
    ("recto", Break::Right),
];

const OLD_BREAKS: &[(&str, Break)] = &[
    ("auto", Break::Auto),
    ("avoid", Break::Avoid),
    ("always", Break::Page),
    ("left", Break::Left),
    ("right", Break::Right),
];

fn page(input: &mut Parser<'_>) -> Parsed<Option<Arc<str>>> {
    if is_word(input, "auto") {
        return Ok(None);
    }
    match input.next()? {
        Token::Ident(name) => Ok(Some(Arc::from(&**name))),
        _ => refuse("write the name of an `@page`, or `auto`"),
    }
}

fn bookmark_level(input: &mut Parser<'_>) -> Parsed<Option<u8>> {
    if is_word(input, "none") {
        return Ok(Some(0));
    }
    whole(input, 1, 100).map(|level| Some(level as u8))
}
