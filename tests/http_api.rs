//! The HTTP surface, driven without a socket: router, desk, SQLite queue and catalog, a store in memory.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what a test can't do ends it")]

#[path = "http_api/documents.rs"]
mod documents;
#[path = "http_api/house.rs"]
mod house;
#[path = "http_api/jobs.rs"]
mod jobs;
#[path = "http_api/operating.rs"]
mod operating;
#[path = "http_api/outage.rs"]
mod outage;
#[path = "http_api/pages.rs"]
mod pages;
#[path = "http_api/surface.rs"]
mod surface;
