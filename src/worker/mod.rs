//! The pipeline: claims, runs and settles attempts.
//!
//! [`runner`] takes claims and keeps each one's [`heartbeat`]; [`attempt`] is one attempt from claim to settlement;
//! [`render`] is its inner part, source → pages → bytes, which the command line's `render` runs as well;
//! [`disposition`] says what an error means for the job; [`press`] is what the pipeline knows of reports and templates.
//!
//! **Invariant:** publishing needs the newest fence; put first, then record, then settle. A crash between two steps
//! leaves an orphan for the reconciler or a job for the next attempt, never a dead link.

pub mod attempt;
pub mod disposition;
pub mod heartbeat;
pub mod meter;
mod observe;
mod piping;
pub mod press;
pub mod render;
pub mod runner;
mod seal;

pub use press::Press;
