//! What we know: outcomes, artifacts and the audit trail, kept for years.
//!
//! [`contract`] says what a catalog must do; [`mysql`] and [`sqlite`] do it, and one suite
//! (`tests/catalog_contract.rs`) runs over both.
//!
//! **Invariant:** remembers what finished and never what is in flight; knows neither queue nor store.

pub mod contract;

pub use contract::*;
