//! Where rows come from: read-only, streamed, in one snapshot, with bound values.
//!
//! [`mysql`] reads MySQL and MariaDB, [`sqlite`] a SQLite file, [`fixture`] the rows of a `sample.json`.
//!
//! **Invariant:** never changes the source, never splices a value into SQL, never holds more than a batch of rows.

mod batch;
pub mod contract;
pub mod fixture;
pub mod mysql;
pub mod sqlite;

pub use contract::*;
pub use fixture::FixtureSource;
pub use mysql::MySqlSource;
pub use sqlite::SqliteSource;
