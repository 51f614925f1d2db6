//! The queues under test, and shorthand for what tests put into them.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use pressroom::{
    clock::{Clock, SystemClock},
    job::{Failure, Job, JobId, Lane, Progress, Step},
    queue::{
        Claim, JobView, LeaseStore, Push, Pushed, Settlement,
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
    Redis { url: String, namespace: String },
    Sqlite(tempfile::TempDir),
}

impl Stage {
    pub(crate) async fn redis() -> Self {
        let url = redis_url();
        let namespace = format!("test-{}", uuid::Uuid::new_v4().simple());
        let queue = Arc::new(RedisQueue::connect(RedisOptions::new(&url, &namespace)).await.unwrap());
        Self { queue, place: Place::Redis { url, namespace } }
    }

    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let queue = SqliteQueue::open(&folder.path().join("queue.db"), Arc::new(SystemClock)).await.unwrap();
        Self { queue: Arc::new(queue), place: Place::Sqlite(folder) }
    }

    /// Another process's handle on the same queue.
    pub(crate) async fn second(&self) -> Arc<dyn LeaseStore> {
        match &self.place {
            Place::Redis { url, namespace } => {
                Arc::new(RedisQueue::connect(RedisOptions::new(url, namespace)).await.unwrap())
            }
            Place::Sqlite(folder) => {
                Arc::new(SqliteQueue::open(&folder.path().join("queue.db"), Arc::new(SystemClock)).await.unwrap())
            }
        }
    }

    /// The Redis URL and the namespace; `None` when this is another queue.
    pub(crate) fn redis_place(&self) -> Option<(&str, &str)> {
        match &self.place {
            Place::Redis { url, namespace } => Some((url, namespace)),
            Place::Sqlite(_) => None,
        }
    }

    pub(crate) async fn push(&self, job: Job) -> Pushed {
        self.queue.push(plain(job)).await.unwrap()
    }

    pub(crate) async fn claim(&self, free: usize) -> Vec<Claim> {
        self.queue.claim("worker-1", free.into(), LEASE).await.unwrap()
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

pub(crate) fn failure() -> Failure {
    Failure { step: Step::Source, code: "timeout".into(), message: "the query took too long".into(), retryable: true }
}

pub(crate) fn retry_in(milliseconds: u64) -> Settlement {
    Settlement::Retry { failure: failure(), delay: Duration::from_millis(milliseconds) }
}

pub(crate) async fn sleep_ms(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

/// Defines each test twice: over the SQLite queue and over Redis.
macro_rules! over_both_queues {
    ($($(#[$meta:meta])* async fn $name:ident($stage:ident: &Stage) $body:block)+) => {
        $(
            $(#[$meta])*
            async fn $name($stage: &Stage) $body
        )+

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
