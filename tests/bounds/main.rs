//! What keeps a report within its bounds: damaged files are found before there is any data, nothing is read from
//! elsewhere than the templates folder, what grows too large ends and says why, and what is cancelled stops at once.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod damaged;
mod escapes;
mod limits;
mod shelf;
mod stopping;
