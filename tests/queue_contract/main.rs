//! What `LeaseStore` promises, over every queue there is.
//!
//! Each test runs over the SQLite queue and over a real Redis in a namespace of its own.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod admission;
mod caps;
mod census;
mod costs;
mod deployments;
mod fairness;
mod full;
mod leases;
mod lifetimes;
mod listing;
mod outages;
mod pauses;
mod pushes;
mod quotas;
mod servers;
mod setbacks;
mod slots;
mod stage;
mod twins;
mod upgrades;
mod waits;
