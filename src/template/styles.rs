//! Styles found before: the documents of one template ask for the same ones again and again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::template::{cascade::Resolved, css::matcher::Matched, document::ElementId};

/// So many styles are remembered; classes made from data could otherwise make endlessly many.
const MAX_STYLES: usize = 10_000;

/// No more are left to another document; each takes about a kilobyte.
const MOST_KEPT: usize = 1_000;

/// Elements that stand in the same place and match the same selectors have the same style; the parent's style stands
/// for everything above.
#[derive(Debug, Default)]
pub(crate) struct Styles {
    known: HashMap<(ElementId, Number), Vec<Arc<Resolved>>>,
    count: usize,
    last: Number,
}

/// Tells the styles of one [`Styles`] apart, for all of its time; 0 is that of no style.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Number(u64);

impl Styles {
    /// The style of an element that matched this, under `parent`: from memory, or made now.
    pub(crate) fn get(
        &mut self,
        id: ElementId,
        parent: Option<&Resolved>,
        matched: Matched,
        resolve: impl FnOnce(Matched) -> Resolved,
    ) -> Arc<Resolved> {
        let key = (id, parent.map(|parent| parent.number).unwrap_or_default());
        let known = self.known.get(&key).and_then(|known| known.iter().find(|known| *known.matched == matched));
        if let Some(known) = known {
            return known.clone();
        }
        if self.count >= MAX_STYLES {
            (self.known, self.count) = (HashMap::new(), 0);
        }
        self.count += 1;
        self.last.0 += 1;
        let resolved = Arc::new(Resolved { number: self.last, ..resolve(matched) });
        self.known.entry(key).or_default().push(resolved.clone());
        resolved
    }
}

/// Styles that no document uses at the moment; there are never more of them than documents were drawn at once.
#[derive(Debug, Default)]
pub(crate) struct Wardrobe(Mutex<Vec<Styles>>);

impl Wardrobe {
    /// Styles for one document, best those that another document has left.
    pub(crate) fn take(&self) -> Styles {
        self.kept().pop().unwrap_or_default()
    }

    /// Keeps styles for the next document, unless there are so many that they must come from its data.
    pub(crate) fn keep(&self, styles: Styles) {
        if styles.count <= MOST_KEPT {
            self.kept().push(styles);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Styles>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
