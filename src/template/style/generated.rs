//! Content that CSS makes: `content`, counters, running elements.

use std::sync::Arc;

use super::ListMarker;

/// A piece of `content`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Generated {
    /// Text.
    Text(Arc<str>),
    /// The value of an attribute.
    Attribute(Arc<str>),
    /// The value of a counter.
    Counter(Arc<str>, CounterStyle),
    /// The values of all counters of a name, outermost first, with text between them.
    Counters(Arc<str>, Arc<str>, CounterStyle),
}

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
