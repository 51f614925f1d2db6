//! Sorts the client's errors into the store's kinds.
//!
//! **Invariant:** only status codes and the service's own error codes get through; addresses, headers and bodies don't.

use azure_core::{Error, error::ErrorKind, http::StatusCode};

use crate::store::StoreError;

const INVALID_BLOCK_LIST: &str = "InvalidBlockList";

/// Whether something stands at the key already, or stood there and took our blocks away when it was committed.
pub(super) fn is_conflict(error: &Error) -> bool {
    match error.http_status() {
        Some(StatusCode::Conflict | StatusCode::PreconditionFailed) => true,
        Some(StatusCode::BadRequest) => code(error) == Some(INVALID_BLOCK_LIST),
        _ => false,
    }
}

/// The service's word for what went wrong.
fn code(error: &Error) -> Option<&str> {
    match error.kind() {
        ErrorKind::HttpResponse { error_code, .. } => error_code.as_deref(),
        _ => None,
    }
}

/// The store's error for the client's.
pub(super) fn failed(error: Error) -> StoreError {
    let Some(status) = error.http_status() else { return without_answer(error.kind()) };
    let code = code(&error).filter(|code| code.bytes().all(|b| b.is_ascii_alphanumeric())).unwrap_or_default();
    let said = format!("HTTP {} {code}", u16::from(status)).trim_end().to_owned();
    match status {
        StatusCode::NotFound if code == "ContainerNotFound" => StoreError::Refused(said),
        StatusCode::NotFound => StoreError::Missing,
        StatusCode::RequestTimeout | StatusCode::TooManyRequests => StoreError::Unavailable(said),
        // The container, or the blob, is in the middle of something; it passes.
        StatusCode::Conflict if code != "BlobArchived" => StoreError::Unavailable(said),
        // Another attempt was published and deleted meanwhile, and took our blocks along.
        StatusCode::BadRequest if code == INVALID_BLOCK_LIST => StoreError::Unavailable(said),
        status if u16::from(status) >= 500 => StoreError::Unavailable(said),
        _ => StoreError::Refused(said),
    }
}

fn without_answer(kind: &ErrorKind) -> StoreError {
    StoreError::Unavailable(match kind {
        ErrorKind::Connection => "no connection could be made".to_owned(),
        ErrorKind::Io => "the connection broke or went silent".to_owned(),
        ErrorKind::Credential => "no Entra credential could be had".to_owned(),
        ErrorKind::DataConversion => "the answer could not be read".to_owned(),
        _ => "the client failed".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(status: u16, code: &str) -> Error {
        let kind =
            ErrorKind::HttpResponse { status: status.into(), error_code: Some(code.to_owned()), raw_response: None };
        Error::with_message(kind, "https://account/container/blob?sig=secret")
    }

    #[test]
    fn sorts_by_what_can_be_done_about_it() {
        assert!(matches!(failed(http(404, "BlobNotFound")), StoreError::Missing));
        assert!(matches!(failed(http(404, "ContainerNotFound")), StoreError::Refused(_)));
        assert!(matches!(failed(http(403, "AuthenticationFailed")), StoreError::Refused(_)));
        assert!(matches!(failed(http(409, "BlobArchived")), StoreError::Refused(_)));
        assert!(matches!(failed(http(409, "ContainerBeingDeleted")), StoreError::Unavailable(_)));
        assert!(matches!(failed(http(400, "InvalidBlockList")), StoreError::Unavailable(_)));
        assert!(matches!(failed(http(400, "InvalidHeaderValue")), StoreError::Refused(_)));
        assert!(matches!(failed(http(503, "ServerBusy")), StoreError::Unavailable(_)));
        assert!(matches!(failed(http(429, "x")), StoreError::Unavailable(_)));
    }

    #[test]
    fn says_the_codes_and_nothing_else() {
        assert_eq!(
            failed(http(403, "AuthenticationFailed")).to_string(),
            "the store refuses: HTTP 403 AuthenticationFailed"
        );
        assert_eq!(failed(http(403, "?sig=secret")).to_string(), "the store refuses: HTTP 403");
        let text = failed(Error::with_message(ErrorKind::Io, "https://x/?sig=secret")).to_string();
        assert!(!text.contains("secret"), "{text}");
    }
}
