//! What tables are in the document's structure: rows and cells, and for whom header cells speak.

use std::sync::Arc;

use crate::{
    layout::{
        composer::Composer,
        page::{Item, Page, Role, Scope, Tag, TagId},
        table::collapse::Area,
        tags::Tags,
    },
    template::document::{Document, ElementId, Text},
};

/// What a cell is; nearly all are nothing but a role.
#[derive(Debug)]
pub(crate) enum CellTag {
    Plain(Role),
    Full(Box<Tag>),
}

impl CellTag {
    /// The tag of the cell that an element is.
    pub(crate) fn new(document: &Document, element: ElementId, area: &Area) -> Self {
        let cell = document.get(element);
        let role = if cell.tag == "th" { Role::TH } else { Role::TD };
        let several = |count: usize| if count > 1 { u16::try_from(count).unwrap_or(u16::MAX) } else { 0 };
        let tag = Tag {
            role,
            language: language(document, element),
            scope: (role == Role::TH).then(|| scope(document, element)),
            columns: several(area.columns),
            rows: several(area.rows),
            ..Tag::default()
        };
        if tag == (Tag { role, ..Tag::default() }) { Self::Plain(role) } else { Self::Full(Box::new(tag)) }
    }

    /// Begins it.
    pub(crate) fn open(&self, tags: &mut Tags) -> TagId {
        match self {
            Self::Plain(role) => tags.open(*role),
            Self::Full(tag) => tags.open_tag((**tag).clone()),
        }
    }
}

/// For whom a header cell speaks: as `scope` says, else for its column in the head and for its row elsewhere.
fn scope(document: &Document, cell: ElementId) -> Scope {
    match document.get(cell).attribute("scope").and_then(Text::literal) {
        Some("col" | "colgroup") => Scope::Column,
        Some("row" | "rowgroup") => Scope::Row,
        _ if document.with_ancestors(cell).any(|around| document.get(around).tag == "thead") => Scope::Column,
        _ => Scope::Row,
    }
}

fn language(document: &Document, element: ElementId) -> Option<Arc<str>> {
    document.get(element).attribute("lang").and_then(Text::literal).map(Arc::from)
}

impl Composer<'_> {
    /// Begins what a table, a caption or a group of rows is.
    pub(crate) fn open_table_part(&mut self, element: ElementId) -> TagId {
        let document = self.template.document();
        let role = match document.get(element).tag {
            "caption" => Role::Caption,
            "thead" => Role::THead,
            "tbody" => Role::TBody,
            "tfoot" => Role::TFoot,
            _ => Role::Table,
        };
        match language(document, element) {
            None => self.tags.open(role),
            language => self.tags.open_tag(Tag { role, language, ..Tag::default() }),
        }
    }
}

/// Gives what has no owner yet to a tag.
pub(crate) fn own(items: &mut [Item], tag: TagId) {
    if tag == TagId::ARTIFACT {
        return;
    }
    for owner in items.iter_mut().filter_map(owner_of).filter(|owner| **owner == TagId::ARTIFACT) {
        *owner = tag;
    }
}

/// Makes everything drawn an artifact, as what is repeated is.
pub(crate) fn disown(page: &mut Page) {
    page.items.iter_mut().filter_map(owner_of).for_each(|owner| *owner = TagId::ARTIFACT);
}

fn owner_of(item: &mut Item) -> Option<&mut TagId> {
    match item {
        Item::Text(run) => Some(&mut run.owner),
        Item::Link { owner, .. } | Item::Image { owner, .. } => Some(owner),
        _ => None,
    }
}
