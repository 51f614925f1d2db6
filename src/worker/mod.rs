//! The pipeline: claims, runs and settles attempts.
//!
//! **Invariant:** publishing needs the newest fence; put first, then record, then settle.

pub mod heartbeat;
pub mod runner;
