//! How work is handed over: from whoever asks to exactly one worker at a time.
//!
//! [`contract`] says what a queue must do; [`redis`] and [`sqlite`] do it, and one conformance suite
//! (`tests/queue_contract/`) runs over both. [`message`] is the JSON that any language may `LPUSH`, and
//! [`admit_messages`] turns it into jobs. [`backend`] is the only place that translates to apalis.
//!
//! **Invariant:** knows neither reports nor rows; a job's parameters pass through unread.

mod admit;
pub mod backend;
pub(crate) mod backoff;
pub mod contract;
mod failure;
pub mod message;
mod policy;
pub mod redis;
pub mod sqlite;
mod views;

pub use admit::admit_messages;
pub use contract::*;
pub use policy::*;
pub use views::*;

pub use crate::job::FailedAttempt;
