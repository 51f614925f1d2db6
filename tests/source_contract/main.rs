//! What every source must do, asked of SQLite and of a real MySQL or MariaDB server.

#![expect(clippy::unwrap_used, reason = "a test may fail anywhere")]

mod database;
mod faults;
mod fields;
mod queries;
mod stopping;
