//! The spans: noun.verb, one for each step of a job's journey.

/// One attempt at a job, around its steps. Fields: `job.id`, `job.report`, `job.attempt`, `job.fence`, `job.outcome`.
pub const JOB_ATTEMPT: &str = "job.attempt";

/// Taking a request in and putting its job into the queue. Fields: `job.report`, `job.id`.
pub const JOB_ENQUEUE: &str = "job.enqueue";

/// From a claim to the beginning of its attempt. Fields: `job.id`, `job.lane`, `worker`.
pub const JOB_CLAIM: &str = "job.claim";

/// Telling the queue how an attempt ended. Fields: `job.outcome`.
pub const JOB_SETTLE: &str = "job.settle";

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
