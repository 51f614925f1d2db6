//! Failures that the queue itself decides, in the same words in every store.
//!
//! **Invariant:** names no parameter, row or text of a message.

use crate::job::{Failure, Step};

/// Why the text is kept of a message whose id belongs to another tenant's job.
pub(super) const FOREIGN_ID: &str = "`id` belongs to another job";

/// The failure of a message whose idempotency key came with another request before.
pub(super) fn key_conflict() -> Failure {
    Failure {
        step: Step::Accept,
        code: "idempotency-conflict".to_owned(),
        message: "the idempotency key was used for another request".to_owned(),
        retryable: false,
    }
}

/// The failure of a message from a tenant that has as much waiting as it may.
pub(super) fn over_quota() -> Failure {
    Failure {
        step: Step::Accept,
        code: "quota".to_owned(),
        message: "the tenant has as many jobs waiting as it may".to_owned(),
        retryable: true,
    }
}

/// The failure of a job that the queue holds but can't read.
pub(super) fn unreadable() -> Failure {
    Failure {
        step: Step::Accept,
        code: "unreadable".to_owned(),
        message: "the job in the queue can't be read".to_owned(),
        retryable: false,
    }
}

/// The failure of an attempt whose lease ran out.
pub(super) fn worker_died(times: u32, retryable: bool) -> Failure {
    let times = if times == 1 { "once".to_owned() } else { format!("{times} times") };
    let message = format!("the worker died {times}");
    Failure { step: Step::Worker, code: "worker-died".to_owned(), message, retryable }
}
