//! Problems: every error that leaves over HTTP, as RFC 9457 problem details.
//!
//! A [`Problem`] rides in its response's extensions; [`render`] writes it out once, as JSON for programs and as a
//! page for people.
//!
//! **Invariant:** the only place that turns errors into status codes. Never shows SQL, rows, secrets or what a
//! backend said; those who may know more find it in the log by the request's id.

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{Shared, pages, request_id::RequestId};
use crate::{catalog::CatalogError, queue::QueueError, report::FieldError, request::RequestError, store::StoreError};

/// What sort of problem it is: a stable word, a status and a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request can't be read.
    InvalidRequest,
    /// Nobody has said who is asking, or not convincingly.
    Unauthenticated,
    /// The caller is known and may not.
    Forbidden,
    /// There is nothing here, or nothing of this tenant.
    NotFound,
    /// No report has this name.
    UnknownReport,
    /// The path knows other methods.
    MethodNotAllowed,
    /// The idempotency key belongs to another request.
    IdempotencyConflict,
    /// The job has ended, so it can't be cancelled.
    AlreadyFinished,
    /// The artifact is on the archive tier and can't be read at once.
    ArtifactArchived,
    /// The catalog names an artifact that the store doesn't have.
    ArtifactMissing,
    /// The request took too long to arrive, or to be answered.
    TooSlow,
    /// The request's body is too large.
    TooLarge,
    /// The request's body is of another type than expected.
    UnsupportedMediaType,
    /// No byte of the document lies in the range.
    RangeNotSatisfiable,
    /// Parameters don't fit their definition.
    InvalidParameters,
    /// Too many wrong keys.
    TooManyAttempts,
    /// As many of the tenant's jobs wait as may.
    QueueFull,
    /// Our fault.
    Internal,
    /// A part that we need doesn't answer.
    Unavailable,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 19] = [
        Self::InvalidRequest,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::UnknownReport,
        Self::MethodNotAllowed,
        Self::IdempotencyConflict,
        Self::AlreadyFinished,
        Self::ArtifactArchived,
        Self::ArtifactMissing,
        Self::TooSlow,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::RangeNotSatisfiable,
        Self::InvalidParameters,
        Self::TooManyAttempts,
        Self::QueueFull,
        Self::Internal,
        Self::Unavailable,
    ];

    const fn row(self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::InvalidRequest => (S::BAD_REQUEST, "invalid-request", "The request can't be read"),
            Self::Unauthenticated => (S::UNAUTHORIZED, "unauthenticated", "A valid key is needed"),
            Self::Forbidden => (S::FORBIDDEN, "forbidden", "This key may not do that"),
            Self::NotFound => (S::NOT_FOUND, "not-found", "There is nothing here"),
            Self::UnknownReport => (S::NOT_FOUND, "unknown-report", "There is no such report"),
            Self::MethodNotAllowed => (S::METHOD_NOT_ALLOWED, "method-not-allowed", "This method doesn't work here"),
            Self::IdempotencyConflict => {
                (S::CONFLICT, "idempotency-conflict", "The idempotency key belongs to another request")
            }
            Self::AlreadyFinished => (S::CONFLICT, "already-finished", "The job has already ended"),
            Self::ArtifactArchived => (S::CONFLICT, "artifact-archived", "The document is archived"),
            Self::ArtifactMissing => (S::GONE, "artifact-missing", "The document is no longer in the store"),
            Self::TooSlow => (S::REQUEST_TIMEOUT, "too-slow", "The request took too long"),
            Self::TooLarge => (S::PAYLOAD_TOO_LARGE, "too-large", "The request is too large"),
            Self::UnsupportedMediaType => {
                (S::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "The request has the wrong content type")
            }
            Self::RangeNotSatisfiable => {
                (S::RANGE_NOT_SATISFIABLE, "range-not-satisfiable", "The document has no such range")
            }
            Self::InvalidParameters => {
                (S::UNPROCESSABLE_ENTITY, "invalid-parameters", "The parameters don't fit the report")
            }
            Self::TooManyAttempts => (S::TOO_MANY_REQUESTS, "too-many-attempts", "Too many wrong keys"),
            Self::QueueFull => (S::TOO_MANY_REQUESTS, "queue-full", "Too many jobs are waiting"),
            Self::Internal => (S::INTERNAL_SERVER_ERROR, "internal", "Something went wrong here"),
            Self::Unavailable => (S::SERVICE_UNAVAILABLE, "unavailable", "Pressroom can't do this just now"),
        }
    }

    /// The status it is sent with.
    pub fn status(self) -> StatusCode {
        self.row().0
    }

    /// Its `type`, which never changes.
    pub fn uri(self) -> String {
        format!("urn:pressroom:problem:{}", self.row().1)
    }

    /// Its `title`, the same for all problems of the kind.
    pub fn title(self) -> &'static str {
        self.row().2
    }
}

/// One problem on its way out.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The sort.
    pub kind: Kind,
    /// What is the matter this time, for people.
    pub detail: Option<String>,
    /// What is wrong with each field.
    pub errors: Vec<FieldError>,
}

/// Handlers' answers.
pub(super) type Result<T, E = Problem> = std::result::Result<T, E>;

impl Problem {
    /// A problem of this kind, without details.
    pub fn new(kind: Kind) -> Self {
        Self { kind, detail: None, errors: Vec::new() }
    }

    /// Says what is the matter this time.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Says what is wrong with each field.
    pub fn errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }
}

impl From<Kind> for Problem {
    fn from(kind: Kind) -> Self {
        Self::new(kind)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        let headers = response.headers_mut();
        match self.kind {
            Kind::Unauthenticated => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(r#"Bearer realm="pressroom""#));
            }
            Kind::Unavailable => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
            Kind::QueueFull => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("15"));
            }
            _ => {}
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// The body of a problem.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemBody {
    /// A stable URN that says what sort of problem it is.
    #[serde(rename = "type")]
    #[schema(example = "urn:pressroom:problem:invalid-parameters")]
    kind: String,
    /// The same for all problems of the type.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is the matter this time, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The path that was asked for.
    instance: String,
    /// Finds the matching lines in the server's log.
    request_id: String,
    /// What is wrong with each field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldErrorBody>,
}

/// What is wrong with one field.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = FieldError)]
struct FieldErrorBody {
    /// The parameter's name.
    field: String,
    /// A stable word for programs, such as `required`, `type`, `minimum` or `unknown`.
    code: String,
    /// A sentence for people; doesn't repeat the value.
    message: String,
}

/// Middleware: writes out the response's problem, if it has one.
pub(super) async fn render(State(site): State<Shared>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let for_people = wants_page(&request);
    let request_id = request.extensions().get::<RequestId>().map(RequestId::to_string).unwrap_or_default();
    let mut response = next.run(request).await;
    let problem = response.extensions_mut().remove::<Problem>().or_else(|| unspoken(&response));
    let Some(problem) = problem else { return response };
    *response.status_mut() = problem.kind.status();
    let body = if for_people {
        pages::problem_page(&site, &problem, &request_id)
    } else {
        let mut body = Json(problem.into_body(path, request_id)).into_response();
        body.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        body
    };
    // Headers such as Allow and Retry-After stay; length and type are those of the new body.
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let (body_parts, body) = body.into_parts();
    parts.headers.extend(body_parts.headers);
    Response::from_parts(parts, body)
}

/// The problem of an answer that the framework gave: bare, or with a line of text.
fn unspoken(response: &Response) -> Option<Problem> {
    let kind = response.headers().get(header::CONTENT_TYPE);
    if kind.is_some_and(|kind| !kind.as_bytes().starts_with(b"text/plain")) {
        return None;
    }
    let kind = match response.status() {
        StatusCode::NOT_FOUND => Kind::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Kind::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Kind::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Kind::UnsupportedMediaType,
        status if status.is_client_error() => Kind::InvalidRequest,
        status if status.is_server_error() => Kind::Internal,
        _ => return None,
    };
    Some(kind.into())
}

impl Problem {
    fn into_body(self, instance: String, request_id: String) -> ProblemBody {
        let errors = self.errors.into_iter();
        ProblemBody {
            kind: self.kind.uri(),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            detail: self.detail,
            instance,
            request_id,
            errors: errors
                .map(|e| FieldErrorBody { field: e.field, code: e.code.into(), message: e.message })
                .collect(),
        }
    }
}

/// Browsers navigating ask for HTML by name; programs rarely do, and the API never answers with it.
fn wants_page(request: &Request) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    !request.uri().path().starts_with("/api/") && accept.is_some_and(|accept| accept.contains("text/html"))
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::UnknownReport => Kind::UnknownReport.into(),
            RequestError::Forbidden { role } => {
                Self::new(Kind::Forbidden).detail(format!("the key lacks the role `{role}`"))
            }
            RequestError::Invalid(errors) => Self::new(Kind::InvalidParameters).errors(errors),
            RequestError::Malformed { .. } | RequestError::BadCursor => {
                Self::new(Kind::InvalidRequest).detail(error.to_string())
            }
            RequestError::Conflict { existing } => {
                Self::new(Kind::IdempotencyConflict).detail(format!("it was used for job {existing}"))
            }
            RequestError::NeverAccepted => Self::new(Kind::AlreadyFinished).detail(error.to_string()),
            RequestError::Full { .. } => Self::new(Kind::QueueFull).detail(error.to_string()),
            RequestError::Queue(QueueError::Unavailable(_)) => Self::broken(Kind::Unavailable, &error),
            RequestError::Catalog(CatalogError::Unavailable(_) | CatalogError::Schema(_)) => {
                Self::broken(Kind::Unavailable, &error)
            }
            RequestError::Queue(_) | RequestError::Catalog(_) => Self::broken(Kind::Internal, &error),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Missing => Kind::ArtifactMissing.into(),
            StoreError::Unavailable(_) | StoreError::Busy { .. } => Self::broken(Kind::Unavailable, &error),
            StoreError::Refused(_) | StoreError::Corrupt(_) => Self::broken(Kind::Internal, &error),
        }
    }
}

impl Problem {
    /// A part of ours failed: the reason is for the log alone.
    fn broken(kind: Kind, error: &dyn std::error::Error) -> Self {
        tracing::error!(error = %error, "a request could not be answered");
        kind.into()
    }
}
