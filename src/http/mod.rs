//! Where people and programs meet Pressroom: the JSON API, the pages and the probes.
//!
//! ```text
//! request id → span and metrics → security headers → problems written out → panics caught → a handler
//! ```
//!
//! [`api`] speaks JSON to programs that carry a bearer key; [`pages`] speaks HTML to people with a session;
//! [`content`] hands out documents to both. All of them ask the [`Desk`], which knows the rules.
//!
//! **Invariant:** never touches the pipeline (worker, source, layout, pdf), so a storm of work can't slow a download.

mod api;
mod auth;
mod content;
mod door;
mod enqueue;
mod headers;
mod observe;
mod pages;
mod probes;
mod problem;
mod request_id;
mod serve;
mod session;
mod throttle;

use std::{any::Any, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use metrics_exporter_prometheus::PrometheusHandle;
use tower_http::catch_panic::CatchPanicLayer;

pub use auth::{ApiKey, Keys, NotAHash};
pub use door::Door;
pub use probes::Probe;
pub use problem::{Kind, Problem};
pub use serve::serve;

use crate::{catalog::Catalog, clock::SharedClock, queue::LeaseStore, request::Desk, store::ArtifactStore};

/// The largest body that is read: far more than any request needs.
const MAX_BODY: usize = 64 * 1024;

/// How long an answer may take to begin, the body's arrival included.
const PATIENCE: Duration = Duration::from_secs(60);

/// Everything that answering needs.
pub struct Http {
    /// Takes requests in and finds them again.
    pub desk: Arc<Desk>,
    /// Where documents are read.
    pub store: Arc<dyn ArtifactStore>,
    /// Asked by the probes only.
    pub queue: Arc<dyn LeaseStore>,
    /// Asked by the probes only.
    pub catalog: Arc<dyn Catalog>,
    /// Asked by the probes only, in processes that read it.
    pub source: Option<Arc<dyn Probe>>,
    /// Who may come in.
    pub keys: Keys,
    /// Renders `/metrics`.
    pub metrics: PrometheusHandle,
    /// Tells the time.
    pub clock: SharedClock,
    /// What can be set.
    pub settings: Settings,
}

/// What can be set about answering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Send downloads to a short signed link where the store has them, instead of streaming through this process.
    pub redirect_links: bool,
    /// How long such a link works.
    pub link_lifetime: Duration,
    /// A proxy stands in front: believe the last address in `X-Forwarded-For` (when counting wrong keys).
    pub behind_proxy: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { redirect_links: true, link_lifetime: Duration::from_secs(300), behind_proxy: false }
    }
}

/// What handlers share: the parts of [`Http`] and what answering remembers.
struct Site {
    desk: Arc<Desk>,
    store: Arc<dyn ArtifactStore>,
    queue: Arc<dyn LeaseStore>,
    catalog: Arc<dyn Catalog>,
    source: Option<Arc<dyn Probe>>,
    keys: Keys,
    metrics: PrometheusHandle,
    clock: SharedClock,
    settings: Settings,
    probes: probes::Probes,
    throttle: throttle::Throttle,
    pages: pages::Pages,
}

type Shared = Arc<Site>;

impl Http {
    /// All routes.
    pub fn router(self) -> Router {
        let routes = Router::new()
            .nest("/api/v1", api::routes())
            .route("/openapi.json", get(api::openapi))
            .merge(probes::routes())
            .merge(pages::routes());
        self.answer(routes)
    }

    /// The probes alone, for processes that serve nothing else.
    pub fn probes(self) -> Router {
        self.answer(probes::routes())
    }

    fn answer(self, routes: Router<Shared>) -> Router {
        let site = Arc::new(Site {
            desk: self.desk,
            store: self.store,
            queue: self.queue,
            catalog: self.catalog,
            source: self.source,
            keys: self.keys,
            metrics: self.metrics,
            clock: self.clock,
            settings: self.settings,
            probes: probes::Probes::default(),
            throttle: throttle::Throttle::default(),
            pages: pages::Pages::default(),
        });
        routes
            .fallback(async || Problem::new(Kind::NotFound))
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .layer(from_fn(in_time))
            .layer(CatchPanicLayer::custom(after_panic))
            .layer(from_fn_with_state(site.clone(), problem::render))
            .layer(from_fn(headers::secure))
            .layer(from_fn(observe::record))
            .layer(from_fn_with_state(site.clone(), request_id::assign))
            .with_state(site)
    }
}

/// Ends what takes too long, a body that trickles in above all; a document's bytes follow its answer and may take longer.
async fn in_time(request: Request, next: Next) -> Response {
    let answered = tokio::time::timeout(PATIENCE, next.run(request)).await;
    answered.unwrap_or_else(|_| Problem::new(Kind::TooSlow).into_response())
}

/// What a handler panicked with may hold data, so it is neither sent nor logged here; the panic hook has shown its place.
fn after_panic(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    Problem::new(Kind::Internal).into_response()
}
