//! Where bytes live: published once, at the job's key.
//!
//! [`contract`] says what a store must do; [`azure`], [`folder`] and [`memory`] do it, and one suite
//! (`tests/store_contract/`) runs over all three.
//!
//! **Invariant:** knows neither jobs' meaning nor the catalog; never overwrites.

pub mod azure;
pub mod contract;
mod exact;
pub mod folder;
pub mod memory;

pub use contract::*;
