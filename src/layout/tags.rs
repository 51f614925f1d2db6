//! The structure of the document as it is laid out: which tags are open, and what became of them since the last page.

use std::{cell::Cell, rc::Rc};

use crate::layout::page::{Role, Tag, TagEvent, TagId};

/// Opens and closes tags in reading order. Where nothing is tagged, and while boxes are only measured, it does nothing.
#[derive(Debug, Default)]
pub(crate) struct Tags {
    enabled: bool,
    muted: usize,
    last: u32,
    open: Vec<TagId>,
    events: Vec<TagEvent>,
    closed: Rc<Cell<u64>>,
}

impl Tags {
    /// Whether anything is tagged at all.
    pub(crate) fn new(enabled: bool) -> Self {
        Self { enabled, ..Self::default() }
    }

    /// What content belongs to that comes now.
    pub(crate) fn owner(&self) -> TagId {
        if self.muted > 0 { TagId::ARTIFACT } else { self.open.last().copied().unwrap_or_default() }
    }

    /// Begins a tag that is a role and nothing else.
    pub(crate) fn open(&mut self, role: Role) -> TagId {
        self.begin(|id, parent| TagEvent::OpenPlain { id, parent, role })
    }

    /// Begins a tag.
    pub(crate) fn open_tag(&mut self, tag: Tag) -> TagId {
        self.begin(|id, parent| TagEvent::Open { id, parent, tag: Box::new(tag) })
    }

    fn begin(&mut self, event: impl FnOnce(TagId, TagId) -> TagEvent) -> TagId {
        if !self.enabled || self.muted > 0 {
            return TagId::ARTIFACT;
        }
        let parent = self.open.last().copied().unwrap_or_default();
        self.last += 1;
        let id = TagId(self.last);
        self.open.push(id);
        self.events.push(event(id, parent));
        id
    }

    /// Ends a tag; nothing for [`TagId::ARTIFACT`].
    pub(crate) fn close(&mut self, id: TagId) {
        if id == TagId::ARTIFACT {
            return;
        }
        self.open.pop();
        self.closed.set(self.closed.get() + 1);
        self.events.push(TagEvent::Close(id));
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
