//! The spans: noun.verb, one for each step of a job's journey.

/// One attempt at a job, around all the others. Fields: `job.id`, `job.report`, `job.attempt`, `job.fence`.
pub const JOB_ATTEMPT: &str = "job.attempt";

/// Reading rows and handing them on.
pub const SOURCE_FETCH: &str = "source.fetch";

/// Laying out pages and writing them as PDF, on a thread of its own.
pub const LAYOUT_PAGINATE: &str = "layout.paginate";

/// Publishing the artifact.
pub const STORE_PUT: &str = "store.put";

/// Recording the outcome.
pub const CATALOG_RECORD: &str = "catalog.record";

/// Answering one HTTP request. Fields: `http.method`, `http.route`, `request.id`.
pub const HTTP_REQUEST: &str = "http.request";
