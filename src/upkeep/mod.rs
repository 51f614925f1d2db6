//! The agents that time drives: one file each, all run by [`agent`].
//!
//! Several processes may run them; for each agent one acts at a time, chosen through the queue, and another takes over
//! when it stops renewing.
//!
//! **Invariant:** an agent's act is safe to repeat and safe beside running workers.

pub mod admitter;
pub mod agent;
pub mod governor;
pub mod reconciler;
pub mod recorder;
pub mod scheduler;
pub mod sealer;

pub use agent::{Agent, run};
