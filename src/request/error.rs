//! What can be wrong with a request.

use crate::{catalog::CatalogError, job::JobId, queue::QueueError, report::FieldError};

/// Why a request was not carried out. Holds names and codes, never a value that was asked with.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// There is no such report, or the caller's roles may not ask for it: callers can't tell which.
    #[error("there is no report of this name, or you may not ask for it")]
    UnknownReport,
    /// The caller lacks a role.
    #[error("this needs the role `{role}`")]
    Forbidden {
        /// The role that is missing.
        role: &'static str,
    },
    /// Parameters are missing, unknown or wrong: every one of them is listed.
    #[error("{}", describe(.0))]
    Invalid(Vec<FieldError>),
    /// Something beside the parameters is wrong.
    #[error("`{field}` {message}")]
    Malformed {
        /// The part of the request: `id`, `run_at` or `idempotency_key`.
        field: &'static str,
        /// What it must be.
        message: &'static str,
    },
    /// The id or idempotency key already belongs to another request.
    #[error("this id or idempotency key belongs to another request")]
    Conflict {
        /// The job that has it.
        existing: JobId,
    },
    /// The tenant has as many jobs waiting, or as many bytes of them, as it may.
    #[error(
        "this tenant may have {jobs} jobs or {} waiting at once, and has as many (`queue.waiting_per_tenant`, \
         `queue.bytes_per_tenant`); ask again later",
        mebibytes(*.bytes)
    )]
    Full {
        /// How many jobs may wait.
        jobs: u64,
        /// How many bytes they may take together.
        bytes: u64,
    },
    /// The job never was accepted, so it can't be tried again: its parameters were never checked.
    #[error("this job was refused when it came in; ask again with a corrected request")]
    NeverAccepted,
    /// The cursor is none that a listing gave.
    #[error("this cursor did not come from a listing")]
    BadCursor,
    /// The queue failed.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The catalog failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

/// `2 parameters are wrong: from (type), to (required)`.
fn describe(errors: &[FieldError]) -> String {
    let fields: Vec<String> = errors.iter().map(|error| format!("{} ({})", error.field, error.code)).collect();
    match fields.as_slice() {
        [one] => format!("1 parameter is wrong: {one}"),
        all => format!("{} parameters are wrong: {}", all.len(), all.join(", ")),
    }
}
