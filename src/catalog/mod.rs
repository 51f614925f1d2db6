//! What we know: outcomes, artifacts and the audit trail, kept for years.
//!
//! [`contract`] says what a catalog must do; [`sql`] does it, in [`mysql`] and in [`sqlite`], and one suite
//! (`tests/catalog_contract.rs`) runs over both.
//!
//! **Invariant:** remembers what finished and never what is in flight; knows neither queue nor store.

mod artifacts;
mod audit;
pub mod contract;
mod database;
mod failure;
mod filter;
pub mod mysql;
mod outcomes;
mod schema;
pub mod sql;
pub mod sqlite;
mod together;

pub use contract::*;
pub use sql::SqlCatalog;

#[cfg(test)]
mod tests;
