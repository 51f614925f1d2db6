//! The queues under test, and shorthand for what tests put into them.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use pressroom::{
    clock::{Clock, SystemClock},
    job::{Failure, Job, JobId, Lane, Progress, Step},
    queue::{
        Capacity, Claim, JobView, LeaseStore, Policy, Push, Pushed, Settlement, Stats,
        redis::{RedisOptions, RedisQueue},
        sqlite::SqliteQueue,
    },
};

/// A queue of a test's own.
pub(crate) struct Stage {
    pub(crate) queue: Arc<dyn LeaseStore>,
    place: Place,
}

enum Place {
    Redis { server: RedisServer, namespace: String },
    Sqlite(tempfile::TempDir),
}

/// Where a Redis is, or a node of a cluster.
#[derive(Clone)]
pub(crate) struct RedisServer {
    pub(crate) url: String,
    /// The certificate that signs the server's, in PEM format.
    pub(crate) authority: Option<Vec<u8>>,
}

impl RedisServer {
    async fn connect(&self, namespace: &str) -> Arc<dyn LeaseStore> {
        let options = RedisOptions { authority: self.authority.as_deref(), ..RedisOptions::new(&self.url, namespace) };
        Arc::new(RedisQueue::connect(options).await.unwrap())
    }
}

impl Stage {
    pub(crate) async fn redis() -> Self {
        Self::on(&RedisServer { url: redis_url(), authority: None }).await
    }

    /// In a namespace of its own on this server.
    pub(crate) async fn on(server: &RedisServer) -> Self {
        let namespace = format!("test-{}", uuid::Uuid::new_v4().simple());
        let queue = server.connect(&namespace).await;
        Self { queue, place: Place::Redis { server: server.clone(), namespace } }
    }

    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let queue = SqliteQueue::open(&folder.path().join("queue.db"), Arc::new(SystemClock)).await.unwrap();
        Self { queue: Arc::new(queue), place: Place::Sqlite(folder) }
    }

    /// Another process's handle on the same queue.
    pub(crate) async fn second(&self) -> Arc<dyn LeaseStore> {
        match &self.place {
            Place::Redis { server, namespace } => server.connect(namespace).await,
            Place::Sqlite(folder) => {
                Arc::new(SqliteQueue::open(&folder.path().join("queue.db"), Arc::new(SystemClock)).await.unwrap())
            }
        }
    }

    /// The Redis URL and the namespace; `None` when this is another queue.
    pub(crate) fn redis_place(&self) -> Option<(&str, &str)> {
        match &self.place {
            Place::Redis { server, namespace } => Some((&server.url, namespace)),
            Place::Sqlite(_) => None,
        }
    }

    pub(crate) async fn push(&self, job: Job) -> Pushed {
        self.queue.push(plain(job)).await.unwrap()
    }

    pub(crate) async fn claim(&self, free: usize) -> Vec<Claim> {
        self.queue.claim("worker-1", free.into(), LEASE).await.unwrap()
    }

    pub(crate) async fn govern(&self, policy: Policy) {
        self.queue.govern(&policy).await.unwrap();
    }

    /// Claims and settles so many jobs one by one; what they were.
    pub(crate) async fn serve(&self, many: usize) -> Vec<Job> {
        let mut jobs = Vec::new();
        for _ in 0..many {
            let claim = self.claim_one().await;
            self.settle(&claim, Settlement::Done).await;
            jobs.push(claim.job);
        }
        jobs
    }

    /// Claims with so many slots free of all.
    pub(crate) async fn claim_as(&self, worker: &str, free: usize, total: usize) -> Vec<Claim> {
        self.queue.claim(worker, Capacity { free, total }, LEASE).await.unwrap()
    }

    pub(crate) async fn stats(&self) -> Stats {
        self.queue.stats().await.unwrap()
    }

    pub(crate) async fn claim_one(&self) -> Claim {
        let mut claims = self.claim(1).await;
        assert_eq!(claims.len(), 1, "a job should be waiting");
        claims.remove(0)
    }

    /// Claims one job as a worker that dies at once.
    pub(crate) async fn claim_and_die(&self) -> Claim {
        let mut claims = self.queue.claim("doomed", 1.into(), Duration::from_millis(1)).await.unwrap();
        assert_eq!(claims.len(), 1, "a job should be waiting");
        tokio::time::sleep(Duration::from_millis(20)).await;
        claims.remove(0)
    }

    pub(crate) async fn view(&self, job: &Job) -> JobView {
        self.queue.find(&job.tenant, job.id).await.unwrap().expect("the queue should know the job")
    }

    pub(crate) async fn settle(&self, claim: &Claim, how: Settlement) -> pressroom::queue::Settled {
        self.queue.settle(claim.lease(), how).await.unwrap()
    }

    pub(crate) async fn renew(&self, claim: &Claim) -> pressroom::queue::Renewal {
        self.queue.renew(claim.lease(), Progress { rows: 1, pages: 1 }, LEASE).await.unwrap()
    }
}

#[expect(clippy::disallowed_methods, reason = "tests find the services that ./test started")]
fn redis_url() -> String {
    std::env::var("PRESSROOM_TEST_REDIS_URL").expect("PRESSROOM_TEST_REDIS_URL is not set; run ./test")
}

pub(crate) const LEASE: Duration = Duration::from_secs(30);

pub(crate) fn now() -> DateTime<Utc> {
    SystemClock.now()
}

/// A job of tenant `north` for report `invoice`.
pub(crate) fn job() -> Job {
    job_of("north", "invoice", Lane::Standard)
}

pub(crate) fn job_of(tenant: &str, report: &str, lane: Lane) -> Job {
    let parameters = serde_json::json!({ "invoice_id": 9_007_199_254_740_993_u64, "note": "ünïcode" });
    Job {
        id: JobId(uuid::Uuid::new_v4()),
        tenant: tenant.parse().unwrap(),
        requester: "user-12".into(),
        report: report.parse().unwrap(),
        parameters: parameters.as_object().unwrap().clone(),
        lane,
        run_at: None,
        accepted_at: now(),
        max_attempts: 3,
    }
}

pub(crate) fn at_most(attempts: u32) -> Job {
    Job { max_attempts: attempts, ..job() }
}

pub(crate) fn later(milliseconds: i64) -> Job {
    Job { run_at: Some(now() + TimeDelta::milliseconds(milliseconds)), ..job() }
}

pub(crate) fn plain(job: Job) -> Push {
    Push { job, idempotency_key: None, request_digest: "digest".into(), trace: None, slots: 1 }
}

pub(crate) fn keyed(job: Job, key: &str, digest: &str) -> Push {
    Push { idempotency_key: Some(key.into()), request_digest: digest.into(), ..plain(job) }
}

pub(crate) fn large(job: Job, slots: u32) -> Push {
    Push { slots, ..plain(job) }
}

pub(crate) fn failure() -> Failure {
    Failure { step: Step::Source, code: "timeout".into(), message: "the query took too long".into(), retryable: true }
}

pub(crate) fn retry_in(milliseconds: u64) -> Settlement {
    Settlement::Retry { failure: failure(), delay: Duration::from_millis(milliseconds) }
}

pub(crate) async fn sleep_ms(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

/// A test over any queue.
pub(crate) type Test = for<'a> fn(&'a Stage) -> futures::future::LocalBoxFuture<'a, ()>;

/// Defines each test twice: over the SQLite queue and over Redis. `suite` lists them for other places to run in.
macro_rules! over_both_queues {
    ($($(#[$meta:meta])* async fn $name:ident($stage:ident: &Stage) $body:block)+) => {
        $(
            $(#[$meta])*
            async fn $name($stage: &Stage) $body
        )+

        pub(crate) fn suite() -> Vec<(&'static str, super::stage::Test)> {
            vec![$((concat!(module_path!(), "::", stringify!($name)), |stage| Box::pin($name(stage)))),+]
        }

        mod on_sqlite {
            use super::Stage;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(&Stage::sqlite().await).await;
                }
            )+
        }

        mod on_redis {
            use super::Stage;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(&Stage::redis().await).await;
                }
            )+
        }
    };
}
pub(crate) use over_both_queues;
