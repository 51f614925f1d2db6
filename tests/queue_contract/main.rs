//! What `LeaseStore` promises, over every queue there is.
//!
//! Each test runs over the SQLite queue and over a real Redis in a namespace of its own.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod admission;
mod fairness;
mod leases;
mod lifetimes;
mod listing;
mod outages;
mod pushes;
mod stage;
mod twins;
mod waits;
