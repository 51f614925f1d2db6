//! The asking: a request is checked against its definition, put into the queue, and found again.
//!
//! In flight the queue knows a job, afterwards the catalog does; [`Desk`] shows both as one. The HTTP API, the
//! command line, the pages and the inbox's admission all come through here, so that every way in has the same rules.
//!
//! **Invariant:** never touches the pipeline: no source, layout, pdf or worker.

mod acceptance;
mod asking;
mod cursor;
mod desk;
mod error;
mod expecting;
mod operating;
mod outbox;
mod reading;
mod summary;
#[cfg(test)]
mod tests;

pub use acceptance::Acceptance;
pub use asking::{Request, Submitted};
pub use desk::{CancelOutcome, Desk};
pub use error::RequestError;
pub use expecting::Expected;
pub use operating::{DeadFilter, Retried};
pub use outbox::Recorder;
pub use reading::{ArtifactListing, Document, ListFilter, Listing, MAX_PAGE};
pub use summary::{ArtifactSummary, Completeness, JobSummary};
