//! What an error means for the job: whether the same job may run again, and when.

use std::time::Duration;

use super::{
    needs::Part,
    retry::{deferral, pause},
};
use crate::{
    catalog::CatalogError,
    job::{Failure, Step},
    queue::{Claim, Settlement},
    report::{FieldError, Retry},
    source::SourceError,
    store::StoreError,
    worker::render::RenderError,
};

/// The longest pause that somebody else may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

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
            Self::UnknownReport(_) => (Step::Worker, "unknown-report", true),
            Self::Parameters(_) => (Step::Worker, "invalid-parameters", false),
            Self::Render(error) => classify_render(error),
            Self::Store(StoreError::Unavailable(_)) => (Step::Store, "store-unavailable", true),
            Self::Store(StoreError::Busy { .. }) => (Step::Store, "store-unavailable", true),
            Self::Store(StoreError::Refused(_)) => (Step::Store, "store-refused", true),
            Self::Store(StoreError::Corrupt(_)) => (Step::Store, "store-corrupt", false),
            Self::Store(StoreError::Missing) => (Step::Store, "store-missing", true),
            Self::Catalog(CatalogError::Unavailable(_)) => (Step::Catalog, "catalog-unavailable", true),
            Self::Catalog(CatalogError::Schema(_)) => (Step::Catalog, "catalog-schema", true),
            Self::Catalog(CatalogError::Refused(_)) => (Step::Catalog, "catalog-refused", true),
        }
    }

    /// The part whose trouble this may be, rather than the job's: the same job may do well once that part does.
    pub fn part(&self) -> Option<Part> {
        let (step, code, retryable) = self.classify();
        Part::of(step).filter(|_| retryable && code != "timeout")
    }

    /// What the queue is to do after an attempt failed in this way; `away` tells whether its [`part`](Self::part) doesn't
    /// answer.
    ///
    /// What is away is not the job's fault: the job is put off and the attempt doesn't count, for about a day. So it is
    /// with a connection that broke, but only for minutes, because the job's own query may have been what broke it.
    pub fn settlement(&self, claim: &Claim, retry: &Retry, away: bool) -> Settlement {
        let failure = self.failure();
        let Claim { job, attempt, deferrals, .. } = claim;
        if !failure.retryable {
            return Settlement::Fail(failure);
        }
        let outage = away || failure.code.ends_with("-unavailable");
        match deferral(job.id, *deferrals, away).filter(|_| outage && self.part().is_some()) {
            Some(delay) => Settlement::Defer { failure, delay: self.not_before(delay) },
            None => Settlement::Retry { failure, delay: self.not_before(pause(job.id, *attempt, retry)) },
        }
    }

    /// The pause, or what a busy store asks for where that is longer: an hour at most, for it may be wrong.
    fn not_before(&self, pause: Duration) -> Duration {
        match self {
            Self::Store(StoreError::Busy { retry_after, .. }) => pause.max((*retry_after).min(LONGEST_ASKED)),
            _ => pause,
        }
    }
}

fn classify_render(error: &RenderError) -> (Step, &'static str, bool) {
    match error {
        RenderError::Source(SourceError::Unavailable(_)) => (Step::Source, "source-unavailable", true),
        RenderError::Source(SourceError::Denied(_)) => (Step::Source, "source-denied", true),
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

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;
    use crate::job::{Job, JobId, Lane};

    #[test]
    fn what_a_database_quotes_is_not_kept() {
        let message = "Incorrect DATE value: 'Anna Schmidt'".to_owned();
        let refused = SourceError::Refused { dataset: "doses".to_owned(), message, offset: None };
        let failure = AttemptError::Render(refused.into()).failure();
        assert!(!failure.message.contains("Schmidt") && failure.message.contains("doses"), "{}", failure.message);
    }

    fn claim(deferrals: u32) -> Claim {
        let job = Job {
            id: JobId(Uuid::nil()),
            tenant: "north".parse().unwrap(),
            requester: "user-12".to_owned(),
            report: "invoice".parse().unwrap(),
            parameters: Default::default(),
            lane: Lane::Standard,
            run_at: None,
            accepted_at: DateTime::UNIX_EPOCH,
            max_attempts: 3,
        };
        Claim { job, attempt: 1, fence: 1, trace: None, slots: 1, deferrals, failures: Vec::new() }
    }

    fn settled(error: AttemptError, deferrals: u32, away: bool) -> &'static str {
        match error.settlement(&claim(deferrals), &Retry::default(), away) {
            Settlement::Fail(_) => "fail",
            Settlement::Retry { .. } => "retry",
            Settlement::Defer { .. } => "defer",
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn bad_parameters_are_never_tried_again_and_outages_use_up_no_attempt() {
        assert_eq!(settled(AttemptError::Parameters(Vec::new()), 0, false), "fail");
        let outage = || AttemptError::Store(StoreError::Unavailable("connection refused".to_owned()));
        assert_eq!(settled(outage(), 0, true), "defer");
        assert_eq!(settled(outage(), 1_000, true), "defer", "hours later");
        assert_eq!(settled(outage(), 2_000, true), "retry", "days later");
        assert_eq!(settled(outage(), 3, false), "defer", "a connection that broke");
        assert_eq!(settled(outage(), 100, false), "retry", "over and over, while others get through");
    }

    #[test]
    fn what_a_part_refuses_is_an_outage_only_while_it_refuses_everything() {
        let refused = || AttemptError::Store(StoreError::Refused("the key is wrong".to_owned()));
        assert_eq!(settled(refused(), 0, true), "defer");
        assert_eq!(settled(refused(), 0, false), "retry");
        let late = SourceError::Timeout { dataset: "doses".to_owned(), limit: Duration::from_secs(1) };
        assert_eq!(AttemptError::Render(late.into()).part(), None, "too slow is the query's own trouble");
    }

    #[test]
    fn a_busy_store_says_when_to_come_again() {
        let delay = |retry_after| {
            let busy = AttemptError::Store(StoreError::Busy { message: "HTTP 503".to_owned(), retry_after });
            match busy.settlement(&claim(0), &Retry::default(), false) {
                Settlement::Defer { delay, .. } => delay,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(delay(Duration::from_secs(90)), Duration::from_secs(90));
        assert_eq!(delay(Duration::ZERO), Duration::from_secs(1));
        assert_eq!(delay(Duration::MAX), LONGEST_ASKED);
    }
}
