//! Whether each `element(name)` of a margin box has an element to show.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    fault::{Fault, nearest},
    template::{
        css::{PageRule, declaration::Declaration, page::Content, sheet::Declared},
        document::{Document, Piece},
        source::Source,
        style::Position,
    },
};

/// The names that declarations give to running elements.
pub(crate) fn declared<'d>(all: impl Iterator<Item = &'d Declared>) -> BTreeSet<Arc<str>> {
    all.filter_map(|declared| match &declared.declaration {
        Declaration::Position(Position::Running(name)) => Some(name.clone()),
        _ => None,
    })
    .collect()
}

/// Tells of every name that no element has. `running` are the names of elements in the style that they have by the
/// classes that are known; one whose class depends on data may have any that is `declared`.
pub(crate) fn check(
    pages: &[(Source, PageRule)],
    document: &Document,
    running: &BTreeSet<Arc<str>>,
    declared: &BTreeSet<Arc<str>>,
    faults: &mut Vec<Fault>,
) {
    let pieces = |element: &crate::template::document::Element| {
        element.class.iter().flat_map(|class| &class.pieces).any(|piece| matches!(piece, Piece::Expression(_)))
    };
    let open = document.iter().any(|(_, element)| pieces(element));
    for (source, rule) in pages {
        let pieces = rule.boxes.iter().flat_map(|margin_box| margin_box.content.iter().flatten());
        for piece in pieces {
            let Content::Element(name, _, offset) = piece else { continue };
            if running.contains(name) || open && declared.contains(name) {
                continue;
            }
            let message = format!("`element({name})` shows nothing: no element has `position: running({name})`");
            let known = running.iter().chain(declared).map(|known| &**known);
            let help = match nearest(name, known) {
                Some(near) if near != &**name => format!("did you mean `{near}`?"),
                _ => "give it to the element that is to be shown there".to_owned(),
            };
            faults.push(source.fault(*offset, message).help(help));
        }
    }
}
