//! The structure of the document as it is laid out: which tags are open, and what became of them since the last page.

use std::{cell::Cell, rc::Rc};

use crate::{
    layout::page::{Role, Tag, TagEvent, TagId},
    template::document::ElementId,
};

/// Opens and closes tags in reading order. Where nothing is tagged, and while boxes are only measured, it does nothing.
#[derive(Debug, Default)]
pub(crate) struct Tags {
    enabled: bool,
    muted: usize,
    last: u32,
    open: Vec<Open>,
    /// What the marker of a list item belongs to, which is drawn with the item's first line.
    label: TagId,
    events: Vec<TagEvent>,
    closed: Rc<Cell<u64>>,
}

/// A tag that has begun.
#[derive(Debug)]
struct Open {
    id: TagId,
    role: Role,
    element: Option<ElementId>,
}

impl Tags {
    /// Whether anything is tagged at all.
    pub(crate) fn new(enabled: bool) -> Self {
        Self { enabled, ..Self::default() }
    }

    /// What content belongs to that comes now.
    pub(crate) fn owner(&self) -> TagId {
        if self.muted > 0 { TagId::ARTIFACT } else { self.top() }
    }

    fn top(&self) -> TagId {
        self.open.last().map_or(TagId::ARTIFACT, |open| open.id)
    }

    /// Whether tags are made at this moment.
    pub(crate) fn is_live(&self) -> bool {
        self.enabled && self.muted == 0
    }

    /// Tells the label of a list item, whose marker is drawn with the item's first line.
    pub(crate) fn label(&mut self) {
        self.label = self.open(Role::Lbl);
        self.close(self.label);
    }

    /// What the marker belongs to that is drawn now.
    pub(crate) fn take_label(&mut self) -> TagId {
        std::mem::take(&mut self.label)
    }

    /// Whether something of this element has begun: boxes that are made of parts of it have its name too.
    pub(crate) fn is_in(&self, element: ElementId) -> bool {
        self.open.iter().any(|open| open.element == Some(element))
    }

    /// Whether what comes now stands directly in something like this.
    pub(crate) fn is_within(&self, role: Role) -> bool {
        self.open.last().is_some_and(|open| open.role == role)
    }

    /// Whether text may stand directly in what is open.
    pub(crate) fn holds_text(&self) -> bool {
        let grouping = |role| {
            use Role::{Art, BlockQuote, Div, Document, Figure, L, LI, Sect, TBody, TFoot, THead, TR, Table};
            matches!(
                role,
                Art | BlockQuote | Div | Document | Figure | L | LI | Sect | TBody | TFoot | THead | TR | Table
            )
        };
        self.open.last().is_some_and(|open| !grouping(open.role))
    }

    /// Begins a tag that is a role and nothing else.
    pub(crate) fn open(&mut self, role: Role) -> TagId {
        self.begin(role, None, |id, parent| TagEvent::OpenPlain { id, parent, role })
    }

    /// Begins a tag.
    pub(crate) fn open_tag(&mut self, tag: Tag) -> TagId {
        self.begin(tag.role, None, |id, parent| TagEvent::Open { id, parent, tag: Box::new(tag) })
    }

    /// Begins the tag of an element.
    pub(crate) fn open_element(&mut self, element: ElementId, tag: Tag) -> TagId {
        let (role, plain) = (tag.role, tag == Tag::of(tag.role));
        self.begin(role, Some(element), |id, parent| match plain {
            true => TagEvent::OpenPlain { id, parent, role },
            false => TagEvent::Open { id, parent, tag: Box::new(tag) },
        })
    }

    fn begin(&mut self, role: Role, element: Option<ElementId>, event: impl FnOnce(TagId, TagId) -> TagEvent) -> TagId {
        if !self.is_live() {
            return TagId::ARTIFACT;
        }
        let parent = self.top();
        self.last += 1;
        let id = TagId(self.last);
        self.open.push(Open { id, role, element });
        self.events.push(event(id, parent));
        id
    }

    /// Ends a tag and what is still open in it; nothing for [`TagId::ARTIFACT`].
    pub(crate) fn close(&mut self, id: TagId) {
        if id == TagId::ARTIFACT {
            return;
        }
        while let Some(open) = self.open.pop() {
            self.closed.set(self.closed.get() + 1);
            self.events.push(TagEvent::Close(open.id));
            if open.id == id {
                break;
            }
        }
    }

    /// Ends the innermost tag if it is one like this.
    pub(crate) fn leave(&mut self, role: Role) {
        if self.is_within(role) {
            self.close(self.top());
        }
    }

    /// How many tags have been closed, up to date wherever it is kept: the galley notes it on each strip, so that
    /// the pager knows what a page completes.
    pub(crate) fn closed(&self) -> Rc<Cell<u64>> {
        self.closed.clone()
    }

    /// Hands out what became of the structure since the last time.
    pub(crate) fn take(&mut self) -> Vec<TagEvent> {
        std::mem::take(&mut self.events)
    }

    /// Does nothing until [`Tags::unmute`], as often as it was muted.
    pub(crate) fn mute(&mut self) {
        self.muted += 1;
    }

    /// Whether boxes are only measured.
    pub(crate) fn is_muted(&self) -> bool {
        self.muted > 0
    }

    /// The end of that.
    pub(crate) fn unmute(&mut self) {
        self.muted -= 1;
    }
}
