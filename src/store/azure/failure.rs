//! Sorts the client's errors into the store's kinds.
//!
//! **Invariant:** only status codes and the service's own error codes get through; addresses, headers and bodies don't.

use std::time::Duration;

use azure_core::{
    Error,
    error::ErrorKind,
    http::{
        StatusCode,
        headers::{HeaderName, RETRY_AFTER_MS, X_MS_RETRY_AFTER_MS},
    },
};

use crate::store::StoreError;

const INVALID_BLOCK_LIST: &str = "InvalidBlockList";

const RETRY_AFTER: HeaderName = HeaderName::from_static("retry-after");

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

/// When the service wants to be asked again, in whichever of its three ways it says so; a date counts as not said.
fn retry_after(error: &Error) -> Option<Duration> {
    let ErrorKind::HttpResponse { raw_response: Some(response), .. } = error.kind() else { return None };
    let number = |name: &HeaderName| response.headers().get_optional_str(name)?.parse::<u64>().ok();
    let milliseconds = number(&X_MS_RETRY_AFTER_MS).or_else(|| number(&RETRY_AFTER_MS)).map(Duration::from_millis);
    milliseconds.or_else(|| number(&RETRY_AFTER).map(Duration::from_secs))
}

/// The store's error for the client's.
pub(super) fn failed(error: Error) -> StoreError {
    let Some(status) = error.http_status() else { return without_answer(error.kind()) };
    let passing = |message| match retry_after(&error) {
        Some(retry_after) => StoreError::Busy { message, retry_after },
        None => StoreError::Unavailable(message),
    };
    let code = code(&error).filter(|code| code.bytes().all(|b| b.is_ascii_alphanumeric())).unwrap_or_default();
    let said = format!("HTTP {} {code}", u16::from(status)).trim_end().to_owned();
    match status {
        StatusCode::NotFound if code == "ContainerNotFound" => StoreError::Refused(said),
        StatusCode::NotFound => StoreError::Missing,
        StatusCode::RequestTimeout | StatusCode::TooManyRequests => passing(said),
        // The container, or the blob, is in the middle of something; it passes.
        StatusCode::Conflict if code != "BlobArchived" => StoreError::Unavailable(said),
        // Another attempt was published and deleted meanwhile, and took our blocks along.
        StatusCode::BadRequest if code == INVALID_BLOCK_LIST => StoreError::Unavailable(said),
        status if u16::from(status) >= 500 => passing(said),
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
    fn a_busy_service_says_when_to_come_again() {
        let asked = |name: &'static str, value: &'static str| {
            let mut headers = azure_core::http::headers::Headers::new();
            headers.insert(name, value);
            let response = azure_core::http::RawResponse::from_bytes(StatusCode::ServiceUnavailable, headers, "");
            let kind = ErrorKind::HttpResponse {
                status: StatusCode::ServiceUnavailable,
                error_code: Some("ServerBusy".to_owned()),
                raw_response: Some(Box::new(response)),
            };
            match failed(Error::with_message(kind, "x")) {
                StoreError::Busy { message, retry_after } if message == "HTTP 503 ServerBusy" => Some(retry_after),
                _ => None,
            }
        };
        assert_eq!(asked("retry-after", "7"), Some(Duration::from_secs(7)));
        assert_eq!(asked("x-ms-retry-after-ms", "1500"), Some(Duration::from_millis(1500)));
        assert_eq!(asked("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_eq!(asked("date", "7"), None);
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
