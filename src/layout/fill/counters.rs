//! Counters: numbers that elements set and `content` shows (CSS 2.1 §12.4).

use std::{collections::HashMap, sync::Arc};

use crate::template::style::CounterChange;

/// The counters at one place of the document.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counters {
    /// Each name with its counters, outermost first.
    named: HashMap<Arc<str>, Vec<Counter>>,
    /// How many elements are around.
    depth: usize,
}

/// One counter: it is there for the element that began it, its siblings after it, and everything within them.
#[derive(Debug, Clone, Copy)]
struct Counter {
    /// The depth of the element that began it.
    depth: usize,
    value: i32,
}

impl Counters {
    /// Enters an element; leaves it again with [`Counters::leave`].
    pub(crate) fn enter(&mut self) {
        self.depth += 1;
    }

    /// Leaves an element: the counters that its children began end here.
    pub(crate) fn leave(&mut self) {
        let depth = self.depth;
        self.named.values_mut().for_each(|counters| counters.retain(|counter| counter.depth <= depth));
        self.depth -= 1;
    }

    /// Does what an element that has been entered declares.
    pub(crate) fn change(&mut self, changes: &[CounterChange]) {
        for change in changes {
            match change {
                CounterChange::Reset(name, value) => self.begin(name, *value),
                CounterChange::Increment(name, by) => self.apply(name, |value| value.saturating_add(*by)),
                CounterChange::Set(name, value) => self.apply(name, |_| *value),
            }
        }
    }

    fn begin(&mut self, name: &Arc<str>, value: i32) {
        let counters = self.named.entry(name.clone()).or_default();
        // A sibling that began one before is followed by this one.
        counters.retain(|counter| counter.depth < self.depth);
        counters.push(Counter { depth: self.depth, value });
    }

    fn apply(&mut self, name: &Arc<str>, change: impl Fn(i32) -> i32) {
        match self.named.get_mut(name).and_then(|counters| counters.last_mut()) {
            Some(counter) => counter.value = change(counter.value),
            None => self.begin(name, change(0)),
        }
    }

    /// The value of the innermost counter of this name; 0 when there is none.
    pub(crate) fn value(&self, name: &str) -> i32 {
        self.values(name).last().unwrap_or(0)
    }

    /// The values of all counters of this name, outermost first.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = i32> {
        self.named.get(name).into_iter().flatten().map(|counter| counter.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reset(name: &str) -> CounterChange {
        CounterChange::Reset(Arc::from(name), 0)
    }

    fn increment(name: &str) -> CounterChange {
        CounterChange::Increment(Arc::from(name), 1)
    }

    fn element(counters: &mut Counters, changes: &[CounterChange], inside: impl FnOnce(&mut Counters)) {
        counters.enter();
        counters.change(changes);
        inside(counters);
        counters.leave();
    }

    #[test]
    fn nested_lists_number_themselves() {
        let mut counters = Counters::default();
        let mut seen = Vec::new();
        let mut item = |counters: &mut Counters| {
            element(counters, &[increment("n")], |counters| seen.push(counters.values("n").collect::<Vec<_>>()));
        };
        element(&mut counters, &[reset("n")], |counters| {
            item(counters);
            item(counters);
            element(counters, &[reset("n")], &mut item);
            item(counters);
        });
        // The last item stands beside the inner list, whose counter is there for its siblings too.
        assert_eq!(seen, [vec![1], vec![2], vec![2, 1], vec![2, 2]]);
    }

    #[test]
    fn counters_begin_by_being_counted() {
        let mut counters = Counters::default();
        element(&mut counters, &[], |counters| {
            element(counters, &[increment("h")], |counters| assert_eq!(counters.value("h"), 1));
            element(counters, &[increment("h")], |counters| assert_eq!(counters.value("h"), 2));
            element(counters, &[CounterChange::Set(Arc::from("h"), 7)], |counters| assert_eq!(counters.value("h"), 7));
        });
        assert_eq!(counters.value("h"), 0);
    }
}
