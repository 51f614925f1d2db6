//! A runner at work on a queue of its own, with attempts that behave as their report's name says.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use pressroom::{
    clock::{Clock, SystemClock},
    job::{Failure, Job, JobId, JobState, Lane, Step},
    queue::{Admission, Claim, JobView, LeaseStore, Push, RawMessage, Settlement, Verdict, sqlite::SqliteQueue},
    worker::{
        heartbeat::{StopReason, Watch},
        runner::{Attempt, Runner, RunnerOptions},
    },
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

fn failure(code: &str) -> Failure {
    Failure { step: Step::Source, code: code.into(), message: "it failed".into(), retryable: true }
}

/// Behaves as the report's name says.
#[derive(Default)]
pub(crate) struct Toy {
    pub(crate) runs: AtomicU32,
    at_once: AtomicUsize,
    pub(crate) most_at_once: AtomicUsize,
    pub(crate) stops: Mutex<Vec<Option<StopReason>>>,
    /// The latest attempt that was begun of each job.
    pub(crate) attempts: Mutex<BTreeMap<JobId, u32>>,
}

#[async_trait]
impl Attempt for Toy {
    async fn run(&self, claim: Claim, watch: Watch) -> Settlement {
        self.runs.fetch_add(1, Ordering::SeqCst);
        self.attempts.lock().unwrap().insert(claim.job.id, claim.attempt);
        let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(now, Ordering::SeqCst);
        let ended = match claim.job.report.as_str() {
            "done" => Settlement::Done,
            "slow" => {
                tokio::time::sleep(Duration::from_millis(1_500)).await;
                Settlement::Done
            }
            "blocking" => {
                std::thread::sleep(2 * LEASE);
                Settlement::Done
            }
            "fails-once" if claim.attempt == 1 => {
                Settlement::Retry { failure: failure("once"), delay: Duration::from_millis(50) }
            }
            "fails-once" => Settlement::Done,
            "broken" => Settlement::Fail(failure("broken")),
            "panics" => panic!("with the value secret-7"),
            "counts" => {
                watch.meter.add_rows(41);
                (0..3).for_each(|_| watch.meter.add_page());
                watch.stop.cancelled().await;
                Settlement::Release
            }
            "until-stopped" => {
                watch.stop.cancelled().await;
                Settlement::Retry { failure: failure("interrupted"), delay: Duration::ZERO }
            }
            "stuck" => {
                watch.meter.enter(Step::Source);
                watch.meter.add_rows(7);
                watch.stop.cancelled().await;
                Settlement::Release
            }
            "creeps" => {
                for _ in 0..40 {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    watch.meter.add_bytes(1);
                }
                Settlement::Done
            }
            "deaf" => std::future::pending().await,
            "published-at-last" => {
                watch.stop.cancelled().await;
                Settlement::Done
            }
            other => panic!("no toy is called {other}"),
        };
        self.stops.lock().unwrap().push(watch.stop_reason());
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        ended
    }
}

/// Makes a job of the report that the message names; panics when asked to.
struct Words;

impl Admission for Words {
    fn judge(&self, raw: &RawMessage) -> Verdict {
        match std::str::from_utf8(&raw.0).unwrap_or_default() {
            "panic" => panic!("an admission's bug"),
            "malformed" => Verdict::Malformed("nonsense".into()),
            report => Verdict::Accept(Box::new(push(job(report)))),
        }
    }
}

fn job(report: &str) -> Job {
    Job {
        id: JobId(uuid::Uuid::new_v4()),
        tenant: "north".parse().unwrap(),
        requester: "user-12".into(),
        report: report.parse().unwrap(),
        parameters: Default::default(),
        lane: Lane::Standard,
        run_at: None,
        accepted_at: SystemClock.now(),
        max_attempts: 3,
    }
}

fn push(job: Job) -> Push {
    Push { job, idempotency_key: None, request_digest: "digest".into(), trace: None, slots: 1 }
}

/// A queue and a runner at work on it.
pub(crate) struct Shop {
    pub(crate) queue: Arc<dyn LeaseStore>,
    pub(crate) toy: Arc<Toy>,
    shutdown: CancellationToken,
    runner: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

/// Long enough for a heartbeat to come through on a busy machine.
const LEASE: Duration = Duration::from_secs(2);

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::with(|options| options, |queue| queue).await
    }

    pub(crate) async fn with(
        adjust: impl FnOnce(RunnerOptions) -> RunnerOptions,
        wrap: impl FnOnce(Arc<dyn LeaseStore>) -> Arc<dyn LeaseStore>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let queue = SqliteQueue::open(&folder.path().join("queue.db"), Arc::new(SystemClock)).await.unwrap();
        let queue: Arc<dyn LeaseStore> = Arc::new(queue);
        let toy = Arc::new(Toy::default());
        let shutdown = CancellationToken::new();
        let options = adjust(RunnerOptions { lease: LEASE, ..RunnerOptions::new("worker-1", 3) });
        let runner = Runner::new(wrap(queue.clone()), Arc::new(Words), toy.clone(), options);
        let runner = tokio::spawn(runner.run(shutdown.clone()));
        let runner = tokio::spawn(async move { runner.await.unwrap().unwrap() });
        Self { queue, toy, shutdown, runner, _folder: folder }
    }

    pub(crate) async fn push(&self, report: &str) -> Job {
        self.push_large(report, 1).await
    }

    pub(crate) async fn push_large(&self, report: &str, slots: u32) -> Job {
        let job = job(report);
        self.queue.push(Push { slots, ..push(job.clone()) }).await.unwrap();
        job
    }

    pub(crate) async fn view(&self, job: &Job) -> JobView {
        self.queue.find(&job.tenant, job.id).await.unwrap().unwrap()
    }

    /// Waits until the job is done, when the queue may forget it; returns its latest attempt.
    pub(crate) async fn until_done(&self, job: &Job) -> u32 {
        let start = Instant::now();
        while !is_done(&*self.queue, job).await {
            assert!(start.elapsed() < Duration::from_secs(30), "{} isn't done", job.report);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.toy.attempts.lock().unwrap()[&job.id]
    }

    pub(crate) async fn until(&self, job: &Job, state: JobState) -> JobView {
        let start = Instant::now();
        loop {
            let view = self.view(job).await;
            if view.state == state {
                return view;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "{} stays {}", job.report, view.state);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Begins the shutdown and returns how long it took.
    pub(crate) async fn close(self) -> (Duration, Arc<dyn LeaseStore>, Arc<Toy>) {
        let start = Instant::now();
        self.shutdown.cancel();
        tokio::time::timeout(Duration::from_secs(30), self.runner).await.expect("the runner hangs").unwrap();
        (start.elapsed(), self.queue, self.toy)
    }
}

/// Whether a job is done; a queue may forget it then.
pub(crate) async fn is_done(queue: &dyn LeaseStore, job: &Job) -> bool {
    queue.find(&job.tenant, job.id).await.unwrap().is_none_or(|view| view.state == JobState::Done)
}
