//! The pipeline: claims, runs and settles attempts.
//!
//! [`runner`] takes claims and keeps each one's [`heartbeat`]; [`attempt`] is one attempt from claim to settlement;
//! [`render`] is its inner part, source → pages → bytes, which the command line's `render` runs as well;
//! [`disposition`] says what an error means for the job and [`retry`] when it is tried again; [`needs`] knows which of
//! the things that jobs need are away; [`turn`] lets as many documents be drawn at once as there are cores; [`press`] is what the pipeline knows of reports and templates.
//!
//! **Invariant:** publishing needs the newest fence; put first, then record, then settle. A crash between two steps
//! leaves an orphan for the reconciler or a job for the next attempt, never a dead link.

pub mod attempt;
pub mod disposition;
pub mod heartbeat;
mod layers;
pub mod meter;
pub mod needs;
mod observe;
mod piping;
mod presence;
pub mod press;
pub mod render;
pub mod retry;
pub mod runner;
mod seal;
mod turn;

pub use press::Press;
