//! A whole house without workers: tests play the worker themselves.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use chrono::{DateTime, TimeDelta, Utc};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use pressroom::{
    artifact::{Artifact, ArtifactKey, Digest, Facts, MissingGlyph, Proof, ReadDataset},
    catalog::{Catalog, Outcome, sqlite::SqliteCatalog},
    clock::{Clock, ManualClock, SystemClock},
    http::{ApiKey, Http, Keys, Settings},
    identity::Roles,
    job::{Failure, JobId, JobState, Progress, Step},
    queue::{
        Claim, LeaseStore, Settlement,
        redis::{RedisOptions, RedisQueue},
        sqlite::SqliteQueue,
    },
    report::{FleetLimits, Library},
    request::Desk,
    store::{ArtifactStore, memory::MemoryStore},
};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;

/// Tenant north, all roles.
pub(crate) const FULL: &str = "north full key";
/// Tenant north, may only read.
pub(crate) const READER: &str = "north reader key";
/// Tenant north, may only ask.
pub(crate) const ASKER: &str = "north asker key";
/// Tenant south, all roles.
pub(crate) const SOUTH: &str = "south full key";

/// The parts and the router over them.
pub(crate) struct House {
    pub(crate) router: Router,
    pub(crate) queue: Arc<dyn LeaseStore>,
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) store: Arc<dyn ArtifactStore>,
    pub(crate) clock: Arc<ManualClock>,
    _folder: tempfile::TempDir,
}

pub(crate) fn keys() -> Keys {
    let key = |id: &str, secret: &str, tenant: &str, roles| {
        ApiKey::from_secret(id, &secret.to_owned().into(), tenant.parse().unwrap(), roles)
    };
    let only = |role: &str| Roles::Only(vec![role.to_owned()]);
    Keys::new(vec![
        key("full", FULL, "north", Roles::All),
        key("reader", READER, "north", only(Roles::READ)),
        key("asker", ASKER, "north", only(Roles::REQUEST)),
        key("south", SOUTH, "south", Roles::All),
    ])
}

fn library() -> Library {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/http_api");
    let (library, faults) = Library::load(&here.join("jobs"), &here.join("templates"), &FleetLimits::default());
    assert!(faults.is_empty(), "{faults:?}");
    library
}

fn metrics() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| PrometheusBuilder::new().install_recorder().unwrap()).clone()
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default(), Arc::new(MemoryStore::new())).await
    }

    pub(crate) async fn with(settings: Settings, store: Arc<dyn ArtifactStore>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(SystemClock.now()));
        let queue = SqliteQueue::open(&folder.path().join("queue.db"), clock.clone()).await.unwrap();
        let catalog = SqliteCatalog::open(folder.path().join("catalog.db").to_str().unwrap(), 4).unwrap();
        catalog.migrate().await.unwrap();
        Self::of(settings, store, Arc::new(queue), Arc::new(catalog), clock, folder)
    }

    /// The same over the Redis that ./test started.
    pub(crate) async fn on_redis() -> Self {
        #[expect(clippy::disallowed_methods, reason = "tests find the services that ./test started")]
        let url = std::env::var("PRESSROOM_TEST_REDIS_URL").expect("PRESSROOM_TEST_REDIS_URL is not set; run ./test");
        let namespace = format!("http-{}", uuid::Uuid::new_v4().simple());
        let queue = RedisQueue::connect(RedisOptions::new(&url, &namespace)).await.unwrap();
        Self::new().await.with_queue(Arc::new(queue))
    }

    pub(crate) fn of(
        settings: Settings,
        store: Arc<dyn ArtifactStore>,
        queue: Arc<dyn LeaseStore>,
        catalog: Arc<dyn Catalog>,
        clock: Arc<ManualClock>,
        folder: tempfile::TempDir,
    ) -> Self {
        let desk = Desk::new(Arc::new(library()), queue.clone(), catalog.clone(), clock.clone());
        let http = Http {
            desk: Arc::new(desk),
            store: store.clone(),
            queue: queue.clone(),
            catalog: catalog.clone(),
            source: None,
            keys: keys(),
            metrics: metrics(),
            clock: clock.clone(),
            settings,
        };
        Self { router: http.router(), queue, catalog, store, clock, _folder: folder }
    }

    /// The same house after its queue went away: a new router over the queue given.
    pub(crate) fn with_queue(self, queue: Arc<dyn LeaseStore>) -> Self {
        Self::of(Settings::default(), self.store, queue, self.catalog, self.clock, self._folder)
    }

    pub(crate) async fn send(&self, call: Call) -> Reply {
        let response = self.router.clone().oneshot(call.0).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// Asks for a greeting and returns the job's id.
    pub(crate) async fn ask(&self, key: &str, who: &str) -> JobId {
        // Listings are ordered by acceptance, so no two may share an instant.
        self.clock.advance(TimeDelta::milliseconds(10));
        let call = Call::post("/api/v1/jobs").key(key);
        let reply = self.send(call.json(serde_json::json!({"report": "greeting", "parameters": {"who": who}}))).await;
        assert_eq!(reply.status, StatusCode::ACCEPTED, "{reply:?}");
        reply.json()["id"].as_str().unwrap().parse().unwrap()
    }

    /// Claims everything and returns the claim of one job.
    pub(crate) async fn claim(&self, id: JobId) -> Claim {
        let claims = self.queue.claim("tester", 100.into(), Duration::from_secs(60)).await.unwrap();
        claims.into_iter().find(|claim| claim.job.id == id).expect("the job can be claimed")
    }

    pub(crate) async fn progress(&self, claim: &Claim, rows: u64, pages: u64) {
        let progress = Progress { rows, pages };
        self.queue.renew(claim.lease(), progress, Duration::from_secs(60)).await.unwrap();
    }

    /// Does what a worker does at the end of an attempt.
    pub(crate) async fn finish(&self, claim: &Claim, bytes: &'static [u8]) {
        let key = ArtifactKey::of(&claim.job);
        let facts = Facts {
            digest: Digest::from_bytes(Sha256::digest(bytes)),
            size_bytes: bytes.len() as u64,
            rows: 12_345,
            pages: 67,
            fence: claim.fence,
            snapshot_at: self.now(),
            definition_digest: Digest::from_bytes([0; 32]),
            proof: Proof {
                datasets: vec![ReadDataset {
                    name: "doses".to_owned(),
                    rows_read: 12_345,
                    rows_placed: 12_345,
                    sha256: Digest::from_bytes([3; 32]),
                }],
                missing_glyphs: vec![MissingGlyph { code_point: "U+1F600".to_owned(), count: 2 }],
            },
        };
        let mut upload = self.store.begin(&key, claim.fence).await.unwrap();
        upload.write(Bytes::from_static(bytes)).await.unwrap();
        let stored = upload.publish(&facts).await.unwrap().stored();
        let artifact = Artifact {
            id: claim.job.id.into(),
            tenant: claim.job.tenant.clone(),
            report: claim.job.report.clone(),
            requester: claim.job.requester.clone(),
            key,
            facts: stored.facts,
            tier: stored.tier,
            created_at: stored.created_at,
        };
        self.record(claim, JobState::Done, None, Some(artifact)).await;
        self.queue.settle(claim.lease(), Settlement::Done).await.unwrap();
    }

    pub(crate) async fn fail(&self, claim: &Claim) {
        let failure = Failure {
            step: Step::Source,
            code: "timeout".into(),
            message: "the query took longer than 60 s".into(),
            retryable: false,
        };
        self.record(claim, JobState::Failed, Some(failure.clone()), None).await;
        self.queue.settle(claim.lease(), Settlement::Fail(failure)).await.unwrap();
    }

    async fn record(&self, claim: &Claim, state: JobState, failure: Option<Failure>, artifact: Option<Artifact>) {
        let outcome = Outcome {
            job: claim.job.clone(),
            state,
            attempts: claim.attempt,
            fence: claim.fence,
            failure,
            failures: Vec::new(),
            artifact,
            ended_at: self.now(),
        };
        self.catalog.record(&outcome).await.unwrap();
    }

    fn now(&self) -> DateTime<Utc> {
        chrono::SubsecRound::trunc_subsecs(self.clock.now(), 3)
    }

    /// Signs in and returns the cookie.
    pub(crate) async fn sign_in(&self, key: &str) -> String {
        let reply = self.send(Call::post("/login").form(&[("key", key)])).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{reply:?}");
        reply.header("set-cookie").split(';').next().unwrap().to_owned()
    }
}

/// A request to be sent.
pub(crate) struct Call(Request<Body>);

impl Call {
    pub(crate) fn new(method: Method, path: &str) -> Self {
        Self(Request::builder().method(method).uri(path).header("host", "pressroom").body(Body::empty()).unwrap())
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post(path: &str) -> Self {
        Self::new(Method::POST, path)
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("authorization", &format!("Bearer {key}"))
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.0.headers_mut().insert(name, value.parse().unwrap());
        self
    }

    pub(crate) fn body(mut self, kind: &str, body: impl Into<Body>) -> Self {
        *self.0.body_mut() = body.into();
        self.header("content-type", kind)
    }

    pub(crate) fn json(self, body: Json) -> Self {
        self.body("application/json", body.to_string())
    }

    pub(crate) fn form(self, pairs: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.body("application/x-www-form-urlencoded", body)
    }

    pub(crate) fn page(self, cookie: &str) -> Self {
        self.header("cookie", cookie).header("accept", "text/html")
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Checks that it is a problem of this sort, and returns it.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, kind: &str) -> Json {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.header(header::CONTENT_TYPE.as_str()), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["type"], format!("urn:pressroom:problem:{kind}"));
        assert_eq!(problem["status"], status);
        assert!(problem["title"].is_string() && problem["instance"].is_string(), "{problem}");
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        problem
    }
}
