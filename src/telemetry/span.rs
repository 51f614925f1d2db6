//! The spans: noun.verb, one for each step of a job's journey.

/// One attempt at a job. Fields: `job.id`, `job.report`, `job.lane`, `job.attempt`.
pub const JOB_ATTEMPT: &str = "job.attempt";

/// Reading rows. Fields: `source.rows`.
pub const SOURCE_FETCH: &str = "source.fetch";

/// Laying out pages. Fields: `layout.pages`.
pub const LAYOUT_PAGINATE: &str = "layout.paginate";

/// Writing the PDF. Fields: `pdf.size_bytes`.
pub const PDF_WRITE: &str = "pdf.write";

/// Publishing the artifact. Fields: `store.key`.
pub const STORE_PUT: &str = "store.put";

/// Recording the outcome. Fields: `job.state`.
pub const CATALOG_RECORD: &str = "catalog.record";

/// Answering one HTTP request. Fields: `http.method`, `http.route`, `request.id`.
pub const HTTP_REQUEST: &str = "http.request";
