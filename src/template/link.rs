//! Links within the document: `href="#name"` leads to the element with that `id`.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use crate::{
    fault::Fault,
    template::{
        document::{Document, ElementId, Piece, Text},
        stream::fault_at,
    },
};

/// Refuses links to elements that don't exist.
pub(crate) fn check(document: &Document, file: &Path, faults: &mut Vec<Fault>) {
    for (id, href) in links(document) {
        let Some(name) = href.literal().and_then(|href| href.strip_prefix('#')) else { continue };
        if !ids(document).any(|known| **known == *name) {
            let message = format!("no element has the id `{name}`");
            faults.push(fault_at(document, file, id, &message, "give the element that the link leads to this `id`"));
        }
    }
}

/// The ids that links may lead to: all of them when a link depends on data.
pub(crate) fn targets(document: &Document) -> BTreeSet<Arc<str>> {
    let mut targets = BTreeSet::new();
    for (_, href) in links(document) {
        match (href.literal(), href.pieces.first()) {
            (Some(literal), _) => targets.extend(literal.strip_prefix('#').map(Arc::from)),
            (None, Some(Piece::Literal(start))) if !start.starts_with('#') => {}
            (None, _) => return ids(document).cloned().collect(),
        }
    }
    targets
}

fn links(document: &Document) -> impl Iterator<Item = (ElementId, &Text)> {
    let links = document.iter().filter(|(_, element)| element.tag == "a");
    links.filter_map(|(id, element)| Some((id, element.attribute("href")?)))
}

fn ids(document: &Document) -> impl Iterator<Item = &Arc<str>> {
    document.iter().filter_map(|(_, element)| element.id.as_ref())
}
