//! What an error means for the job: whether the same job may run again, and when.

use std::time::Duration;

use crate::{
    catalog::CatalogError,
    job::{Failure, JobId, Step},
    queue::Settlement,
    report::FieldError,
    source::SourceError,
    store::StoreError,
    worker::render::RenderError,
};

/// The first pause between attempts; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(2);

/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    /// The worker's `jobs/` or `templates/` has no such (working) report.
    #[error("this worker has no working report `{0}`; run `pressroom check`")]
    UnknownReport(String),
    /// The stored parameters don't fit the definition as it is now.
    #[error("parameters don't fit the definition: {}", fields(.0))]
    Parameters(Vec<FieldError>),
    /// Rendering failed.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// Storing failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Recording failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

fn fields(errors: &[FieldError]) -> String {
    errors.iter().map(|error| format!("{} ({})", error.field, error.code)).collect::<Vec<_>>().join(", ")
}

impl AttemptError {
    /// The error as apps, ops and analysts see it.
    pub fn failure(&self) -> Failure {
        let (step, code, retryable) = self.classify();
        Failure { step, code: code.to_owned(), message: self.message(), retryable }
    }

    /// A database's own words may quote the value that it choked on, and this is logged and kept.
    fn message(&self) -> String {
        match self {
            Self::Render(RenderError::Source(SourceError::Refused { dataset, .. })) => {
                format!("the database refused dataset `{dataset}`; `pressroom check` and `pressroom render` show why")
            }
            Self::Render(RenderError::Source(SourceError::Decode { dataset, column, .. })) => {
                format!("column `{column}` of dataset `{dataset}` can't be read; `pressroom render` shows why")
            }
            error => error.to_string(),
        }
    }

    fn classify(&self) -> (Step, &'static str, bool) {
        match self {
            Self::UnknownReport(_) => (Step::Accept, "unknown-report", false),
            Self::Parameters(_) => (Step::Accept, "invalid-parameters", false),
            Self::Render(error) => classify_render(error),
            Self::Store(StoreError::Unavailable(_)) => (Step::Store, "store-unavailable", true),
            Self::Store(StoreError::Refused(_)) => (Step::Store, "store-refused", true),
            Self::Store(StoreError::Corrupt(_)) => (Step::Store, "store-corrupt", false),
            Self::Store(StoreError::Missing) => (Step::Store, "store-missing", true),
            Self::Catalog(CatalogError::Unavailable(_)) => (Step::Catalog, "catalog-unavailable", true),
            Self::Catalog(CatalogError::Schema(_)) => (Step::Catalog, "catalog-schema", true),
            Self::Catalog(CatalogError::Refused(_)) => (Step::Catalog, "catalog-refused", false),
        }
    }

    /// What the queue is to do after attempt number `attempt` of a job failed in this way.
    pub fn settlement(&self, job: JobId, attempt: u32) -> Settlement {
        let failure = self.failure();
        if failure.retryable {
            Settlement::Retry { failure, delay: pause(job, attempt) }
        } else {
            Settlement::Fail(failure)
        }
    }
}

fn classify_render(error: &RenderError) -> (Step, &'static str, bool) {
    match error {
        RenderError::Source(SourceError::Unavailable(_)) => (Step::Source, "source-unavailable", true),
        RenderError::Source(SourceError::Refused { .. }) => (Step::Source, "source-refused", false),
        RenderError::Source(SourceError::Decode { .. }) => (Step::Source, "source-decode", false),
        RenderError::Source(SourceError::Timeout { .. }) => (Step::Source, "timeout", true),
        RenderError::Source(SourceError::Cancelled) | RenderError::Stopped => (Step::Worker, "stopped", true),
        RenderError::UnknownDataset(_) => (Step::Layout, "unknown-dataset", false),
        RenderError::NotOne { found: 0, .. } => (Step::Source, "not-found", false),
        RenderError::NotOne { .. } => (Step::Source, "not-one-row", false),
        RenderError::RowLimit(_) => (Step::Source, "row-limit", false),
        RenderError::PageLimit(_) => (Step::Layout, "page-limit", false),
        RenderError::ByteLimit(_) => (Step::Pdf, "byte-limit", false),
        RenderError::TimeLimit(_) => (Step::Worker, "timeout", true),
        RenderError::Layout(_) => (Step::Layout, "layout", false),
        RenderError::Pdf(_) => (Step::Pdf, "pdf", false),
        RenderError::Incomplete { .. } => (Step::Layout, "incomplete", false),
        RenderError::Panicked => (Step::Worker, "panic", true),
    }
}

/// How long to wait after attempt number `attempt`: exponential, with up to a quarter more.
///
/// The extra comes from the job's id, so that jobs which failed together don't come back together.
pub fn pause(job: JobId, attempt: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << attempt.saturating_sub(1).min(20));
    let spread = f64::from(job.0.as_bytes()[15]) / f64::from(u8::MAX) / 4.0;
    doubled.min(LONGEST_PAUSE).mul_f64(1.0 + spread)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn pauses_double_and_stay_bounded() {
        let job = JobId(Uuid::nil());
        assert_eq!(pause(job, 1), Duration::from_secs(2));
        assert_eq!(pause(job, 3), Duration::from_secs(8));
        assert_eq!(pause(job, u32::MAX), LONGEST_PAUSE);
        assert!(pause(JobId(Uuid::max()), 40) <= LONGEST_PAUSE.mul_f64(1.25));
    }

    #[test]
    fn what_a_database_quotes_is_not_kept() {
        let message = "Incorrect DATE value: 'Anna Schmidt'".to_owned();
        let refused = SourceError::Refused { dataset: "doses".to_owned(), message, offset: None };
        let failure = AttemptError::Render(refused.into()).failure();
        assert!(!failure.message.contains("Schmidt") && failure.message.contains("doses"), "{}", failure.message);
    }

    #[test]
    fn bad_parameters_are_never_tried_again_and_outages_are() {
        let job = JobId(Uuid::nil());
        assert!(matches!(AttemptError::Parameters(Vec::new()).settlement(job, 1), Settlement::Fail(_)));
        let outage = AttemptError::Store(StoreError::Unavailable("connection refused".to_owned()));
        assert!(matches!(outage.settlement(job, 1), Settlement::Retry { .. }));
    }
}
