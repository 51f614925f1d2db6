//! Where rows come from: read-only, streamed, in one snapshot, with bound values.
//!
//! **Invariant:** never changes the source, never splices a value into SQL, never holds more than a batch of rows.

pub mod contract;

pub use contract::*;
