//! Pressroom: a background report-generation worker pool.
//!
//! One request's journey, and the modules in that order:
//!
//! ```text
//! request → queue → lease → rows → pages → bytes → artifact → catalog → link → cooler tiers → restore
//! ```
//!
//! The house, who may import whom and why, is drawn in `docs/ARCHITECTURE.md`;
//! `tests/architecture.rs` checks it.

// The leaves: plain data that every module may name.
pub mod artifact;
pub mod clock;
pub mod fault;
pub mod identity;
pub mod job;
pub mod mysql_url;
pub mod sql;
pub mod value;

// What can be asked, and the asking.
pub mod report;
pub mod request;

// How work is handed over.
pub mod queue;

// From rows to bytes.
pub mod layout;
pub mod pdf;
pub mod source;
pub mod template;

// Where results live and what is known about them.
pub mod catalog;
pub mod store;

// Who moves it all.
pub mod upkeep;
pub mod worker;

// Where people and programs meet it.
pub mod cli;
pub mod http;

// Putting it together.
pub mod app;
pub mod config;
pub mod demo;
pub mod telemetry;
