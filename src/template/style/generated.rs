//! Content that CSS makes: `content`, counters, running elements.

use std::sync::Arc;

use super::ListMarker;
use crate::template::document::Text;

/// A piece of `content`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Generated {
    /// Text.
    Text(Arc<str>),
    /// Text with expressions in it.
    Filled(Filled),
    /// The value of an attribute.
    Attribute(Arc<str>),
    /// The value of a counter.
    Counter(Arc<str>, CounterStyle),
    /// The values of all counters of a name, outermost first, with text between them.
    Counters(Arc<str>, Arc<str>, CounterStyle),
}

/// Text with expressions, which is the same only as itself.
#[derive(Debug, Clone)]
pub struct Filled(pub(crate) Arc<Text>);

impl PartialEq for Filled {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Filled {}

/// How a counter is written: as the markers of lists are.
pub type CounterStyle = ListMarker;

/// What an element does to a counter, in the order in which CSS does it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CounterChange {
    /// `counter-reset`: a new counter of this name begins.
    Reset(Arc<str>, i32),
    /// `counter-increment`.
    Increment(Arc<str>, i32),
    /// `counter-set`.
    Set(Arc<str>, i32),
}
