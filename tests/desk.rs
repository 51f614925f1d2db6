//! From asking to downloading, over real queues and catalogs: embedded, and on Redis with MySQL or MariaDB.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use pressroom::{
    artifact::{Artifact, ArtifactKey, Digest, Facts, Proof, Tier},
    catalog::{Catalog, Outcome, mysql::MySqlCatalog, sqlite::SqliteCatalog},
    clock::{Clock, SharedClock, SystemClock},
    identity::{Identity, Roles},
    job::{Failure, JobId, JobState, Step},
    queue::{
        Admission, Claim, LeaseStore, RawMessage, Settled, Settlement,
        redis::{RedisOptions, RedisQueue},
        sqlite::SqliteQueue,
    },
    report::{FleetLimits, Library},
    request::{Acceptance, CancelOutcome, Desk, JobSummary, ListFilter, Recorder, Request, RequestError},
};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection};
use uuid::Uuid;

/// A desk, what it stands between, and the folder that holds it all.
struct House {
    desk: Desk,
    acceptance: Acceptance,
    recorder: Recorder,
    queue: Arc<dyn LeaseStore>,
    catalog: Arc<dyn Catalog>,
    _folder: tempfile::TempDir,
}

impl House {
    async fn embedded() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let queue = SqliteQueue::open(&folder.path().join("queue.db"), Arc::new(SystemClock)).await.unwrap();
        let catalog = SqliteCatalog::open(folder.path().join("catalog.db").to_str().unwrap(), 4).unwrap();
        Self::over(folder, Arc::new(queue), Arc::new(catalog)).await
    }

    async fn on_servers() -> Self {
        let unique = Uuid::new_v4().simple();
        let queue =
            RedisQueue::connect(RedisOptions::new(&environment("PRESSROOM_TEST_REDIS_URL"), &format!("desk-{unique}")))
                .await;
        let server = environment("PRESSROOM_TEST_MYSQL_URL");
        let mut connection = MySqlConnection::connect(&server).await.unwrap();
        let create = AssertSqlSafe(format!("CREATE DATABASE desk_{unique}"));
        sqlx::query(create).execute(&mut connection).await.unwrap();
        let catalog = MySqlCatalog::connect(&format!("{server}/desk_{unique}"), 4).unwrap();
        Self::over(tempfile::tempdir().unwrap(), Arc::new(queue.unwrap()), Arc::new(catalog)).await
    }

    async fn over(folder: tempfile::TempDir, queue: Arc<dyn LeaseStore>, catalog: Arc<dyn Catalog>) -> Self {
        catalog.migrate().await.unwrap();
        let library = doses(folder.path());
        let clock: SharedClock = Arc::new(SystemClock);
        Self {
            desk: Desk::new(library.clone(), queue.clone(), catalog.clone(), clock.clone()),
            acceptance: Acceptance::new(library, clock),
            recorder: Recorder::new(queue.clone(), catalog.clone()),
            queue,
            catalog,
            _folder: folder,
        }
    }

    async fn ask(&self) -> JobId {
        self.desk.submit(&ada(), request()).await.unwrap().job.id
    }

    async fn job(&self, id: JobId) -> JobSummary {
        self.desk.find(&ada(), id).await.unwrap().unwrap()
    }

    async fn claim(&self) -> Claim {
        self.queue.claim("worker-1", 1.into(), Duration::from_secs(30)).await.unwrap().remove(0)
    }

    /// What a worker does at the end of a good attempt, but for the bytes.
    async fn publish(&self, claim: &Claim) {
        let at = SystemClock.now();
        let outcome = Outcome {
            job: claim.job.clone(),
            state: JobState::Done,
            attempts: claim.attempt,
            fence: claim.fence,
            failure: None,
            failures: Vec::new(),
            artifact: Some(artifact(claim, at)),
            ended_at: at,
        };
        self.catalog.record(&outcome).await.unwrap();
    }

    async fn settle(&self, claim: &Claim, how: Settlement) -> Settled {
        self.queue.settle(claim.lease(), how).await.unwrap()
    }

    /// Puts text into the inbox and admits all that lies there.
    async fn receive(&self, messages: &[String]) {
        for message in messages {
            self.queue.post(RawMessage(message.clone().into_bytes())).await.unwrap();
        }
        for raw in self.queue.drain().await.unwrap() {
            self.queue.admit(&raw, self.acceptance.judge(&raw)).await.unwrap();
        }
    }

    async fn all(&self) -> Vec<JobSummary> {
        let (mut jobs, mut cursor) = (Vec::new(), None);
        loop {
            let page = self.desk.list(&ada(), &ListFilter::default(), cursor.as_deref(), 2).await.unwrap();
            jobs.extend(page.jobs);
            cursor = page.next;
            if cursor.is_none() {
                return jobs;
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "tests find the services that ./test started")]
fn environment(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; run these tests by ./test"))
}

/// A library of one report, `doses`, with the parameter `from`.
fn doses(folder: &Path) -> Arc<Library> {
    let toml =
        "title = \"Doses\"\nfile_name = \"doses-{from}\"\n[datasets.lines]\n[parameters.from]\ntype = \"date\"\n";
    fs::create_dir_all(folder.join("jobs/doses")).unwrap();
    fs::create_dir_all(folder.join("templates")).unwrap();
    fs::write(folder.join("templates/doses.html"), "<p></p>").unwrap();
    fs::write(folder.join("jobs/doses/report.toml"), toml).unwrap();
    fs::write(folder.join("jobs/doses/lines.sql"), "SELECT * FROM doses WHERE given >= :from").unwrap();
    let (library, faults) = Library::load(&folder.join("jobs"), &folder.join("templates"), &FleetLimits::default());
    assert_eq!(faults, []);
    Arc::new(library)
}

fn ada() -> Identity {
    let roles = Roles::Only(vec!["request".to_owned(), "read".to_owned()]);
    Identity { tenant: "north".parse().unwrap(), actor: "user-1".to_owned(), roles }
}

fn operator() -> Identity {
    Identity { tenant: "ops".parse().unwrap(), actor: "ops-1".to_owned(), roles: Roles::All }
}

fn request() -> Request {
    let parameters = json!({ "from": "2026-01-01" }).as_object().unwrap().clone();
    Request { report: "doses".to_owned(), parameters, ..Request::default() }
}

fn message(from: &str, more: &str) -> String {
    format!(
        r#"{{"v":1,"report":"doses","parameters":{{"from":"{from}"}},"tenant":"north","requester":"user-1"{more}}}"#
    )
}

fn artifact(claim: &Claim, at: DateTime<Utc>) -> Artifact {
    let digest = Digest::from_bytes([7; 32]);
    let facts = Facts {
        digest: digest.clone(),
        size_bytes: 1_000,
        rows: 12,
        pages: 3,
        fence: claim.fence,
        snapshot_at: at,
        definition_digest: digest,
        proof: Proof::default(),
    };
    let job = &claim.job;
    Artifact {
        id: job.id.into(),
        tenant: job.tenant.clone(),
        report: job.report.clone(),
        requester: job.requester.clone(),
        key: ArtifactKey::of(job),
        facts,
        tier: Tier::Hot,
        created_at: at,
    }
}

fn broken(retryable: bool) -> Failure {
    Failure { step: Step::Source, code: "refused".to_owned(), message: "no such table".to_owned(), retryable }
}

/// Each function becomes a test embedded and on servers.
macro_rules! in_every_house {
    ($($test:ident),* $(,)?) => {
        mod embedded { $(#[tokio::test] async fn $test() { super::$test(super::House::embedded().await).await })* }
        mod real_on_servers { $(#[tokio::test] async fn $test() { super::$test(super::House::on_servers().await).await })* }
    };
}

in_every_house! {
    a_job_is_found_at_every_step,
    the_list_is_whole_wherever_jobs_are,
    messages_become_jobs_each_once,
    what_the_queue_decides_is_remembered,
    a_dead_letter_gets_another_run,
    a_refused_message_is_never_run,
    asking_again_finds_the_job,
}

async fn a_job_is_found_at_every_step(house: House) {
    let id = house.ask().await;
    assert_eq!(house.job(id).await.state, JobState::Waiting);
    let claim = house.claim().await;
    assert_eq!(claim.job.parameters["from"], "2026-01-01");
    assert_eq!((house.job(id).await.state, house.job(id).await.attempt), (JobState::Running, 1));
    house.publish(&claim).await;
    let recorded = house.job(id).await;
    assert_eq!((recorded.state, recorded.progress.rows), (JobState::Done, 12), "recorded, not yet settled");
    assert_eq!(house.settle(&claim, Settlement::Done).await, Settled::Applied(JobState::Done));
    assert_eq!(house.job(id).await, recorded);
    let document = house.desk.download(&ada(), id.into()).await.unwrap().unwrap();
    assert_eq!(document.file_name, "doses-2026-01-01.pdf");
    assert_eq!(house.desk.cancel(&ada(), id).await.unwrap(), CancelOutcome::AlreadyFinal(JobState::Done));
}

async fn the_list_is_whole_wherever_jobs_are(house: House) {
    let mut ids = Vec::new();
    for _ in 0..7 {
        // Some are of one millisecond.
        ids.push(house.ask().await);
    }
    for turn in 0..3 {
        let claim = house.claim().await;
        house.publish(&claim).await;
        if turn < 2 {
            house.settle(&claim, Settlement::Done).await;
        }
    }
    house.desk.cancel(&ada(), ids[6]).await.unwrap();
    let listed = house.all().await;
    let places: Vec<_> = listed.iter().map(|job| (job.accepted_at, job.id)).collect();
    assert!(places.is_sorted_by(|newer, older| newer > older), "newest first, each once");
    assert_eq!(listed.len(), 7);
    let count = |state| listed.iter().filter(|job| job.state == state).count();
    assert_eq!((count(JobState::Done), count(JobState::Cancelled), count(JobState::Waiting)), (3, 1, 3));
}

async fn messages_become_jobs_each_once(house: House) {
    let own = Uuid::new_v4();
    let named = message("2026-01-01", &format!(r#","id":"{own}""#));
    house.receive(&[message("today", ""), message("today", ""), named.clone(), named, "hello".to_owned()]).await;
    let jobs = house.all().await;
    assert_eq!(jobs.len(), 3, "two equal messages are two jobs; one id is one");
    assert!(jobs.iter().any(|job| job.id == JobId(own)));
    assert!(jobs.iter().all(|job| job.state == JobState::Waiting && job.parameters["from"] != "today"));
    let dead = house.queue.dead(10).await.unwrap();
    assert_eq!((dead.len(), dead[0].job.is_none()), (1, true));
    assert!(house.queue.drain().await.unwrap().is_empty());
}

async fn what_the_queue_decides_is_remembered(house: House) {
    let cancelled = house.ask().await;
    assert_eq!(house.desk.cancel(&ada(), cancelled).await.unwrap(), CancelOutcome::Cancelled);
    let refused = JobId(Uuid::new_v4());
    house.receive(&[message("SECRET", &format!(r#","id":"{refused}""#))]).await;
    assert_eq!(house.recorder.settle_outbox().await.unwrap(), 2);
    assert_eq!(house.recorder.settle_outbox().await.unwrap(), 0);
    let tenant = ada().tenant;
    assert_eq!(house.catalog.find(&tenant, cancelled).await.unwrap().unwrap().state, JobState::Cancelled);
    let outcome = house.catalog.find(&tenant, refused).await.unwrap().unwrap();
    let failure = outcome.failure.unwrap();
    assert_eq!((failure.step, failure.code.as_str()), (Step::Accept, "invalid-parameters"));
    assert!(failure.message.starts_with("from: must be a date") && !failure.message.contains("SECRET"));
    assert!(outcome.job.parameters.is_empty());
    assert_eq!(house.all().await.len(), 2);
}

async fn a_dead_letter_gets_another_run(house: House) {
    let id = house.ask().await;
    let claim = house.claim().await;
    house.settle(&claim, Settlement::Fail(broken(false))).await;
    assert_eq!(house.job(id).await.state, JobState::Failed);
    assert!(house.desk.retry_dead(&operator(), &ada().tenant, id).await.unwrap());
    assert_eq!(house.job(id).await.state, JobState::Waiting);
    assert_eq!(house.recorder.settle_outbox().await.unwrap(), 0);
    let again = house.claim().await;
    assert!((again.attempt, again.job.id) == (1, id) && again.fence > claim.fence);
    house.publish(&again).await;
    house.settle(&again, Settlement::Done).await;
    assert_eq!(house.job(id).await.state, JobState::Done);
    assert!(!house.desk.retry_dead(&operator(), &ada().tenant, id).await.unwrap());
    assert_eq!(house.job(id).await.state, JobState::Done);
}

async fn a_refused_message_is_never_run(house: House) {
    let refused = JobId(Uuid::new_v4());
    house.receive(&[message("SECRET", &format!(r#","id":"{refused}""#))]).await;
    let error = house.desk.retry_dead(&operator(), &ada().tenant, refused).await.unwrap_err();
    assert!(matches!(error, RequestError::NeverAccepted));
    assert!(house.queue.claim("worker-1", 1.into(), Duration::from_secs(30)).await.unwrap().is_empty());
    assert_eq!(house.job(refused).await.state, JobState::Failed);
}

async fn asking_again_finds_the_job(house: House) {
    let id = JobId(Uuid::new_v4());
    let keyed = || Request { id: Some(id), idempotency_key: Some("k".to_owned()), ..request() };
    assert!(!house.desk.submit(&ada(), keyed()).await.unwrap().existing);
    let claim = house.claim().await;
    house.publish(&claim).await;
    house.settle(&claim, Settlement::Done).await;
    let again = house.desk.submit(&ada(), keyed()).await.unwrap();
    assert_eq!((again.existing, again.job.id, again.job.state), (true, id, JobState::Done));
    let by_key = house.desk.submit(&ada(), Request { id: None, ..keyed() }).await.unwrap();
    assert_eq!((by_key.existing, by_key.job.id), (true, id));
    let parameters = json!({ "from": "2026-02-02" }).as_object().unwrap().clone();
    let other = house.desk.submit(&ada(), Request { id: None, parameters, ..keyed() }).await;
    assert!(matches!(other, Err(RequestError::Conflict { existing }) if existing == id));
    assert!(house.queue.claim("worker-1", 1.into(), Duration::from_secs(30)).await.unwrap().is_empty());
}
