//! Schedulers over a real queue and catalog, and a clock that tests move.

use chrono::TimeDelta;
use tempfile::TempDir;

use super::*;
use crate::{
    catalog::{Catalog, Outcome, sqlite::SqliteCatalog},
    clock::{Clock as _, ManualClock},
    job::JobState,
    queue::{
        JobFilter, JobView,
        redis::{RedisOptions, RedisQueue},
    },
};

/// Tuesday, six hours before the first firing.
const START: &str = "2026-03-24T00:00:00Z";

struct House {
    library: Arc<Library>,
    queue: Arc<dyn LeaseStore>,
    catalog: Arc<dyn Catalog>,
    clock: Arc<ManualClock>,
    _folder: TempDir,
}

impl House {
    /// With one report, `doses`, and these schedules.
    async fn new(schedules: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        let toml = format!(
            "title = \"Doses\"\ntime_zone = \"Europe/Berlin\"\n[datasets.lines]\n[parameters.from]\ntype = \"date\"\n{schedules}"
        );
        std::fs::create_dir_all(at("templates")).unwrap();
        std::fs::create_dir_all(at("jobs/doses")).unwrap();
        std::fs::write(at("templates/doses.html"), "<p></p>").unwrap();
        std::fs::write(at("jobs/doses/report.toml"), toml).unwrap();
        std::fs::write(at("jobs/doses/lines.sql"), "SELECT :from").unwrap();
        let (library, faults) = Library::load(&at("jobs"), &at("templates"), &crate::report::FleetLimits::default());
        assert_eq!(faults, []);
        let clock = Arc::new(ManualClock::new(START.parse().unwrap()));
        let catalog = SqliteCatalog::open(at("catalog.db").to_str().unwrap(), 2).unwrap();
        catalog.migrate().await.unwrap();
        Self { library: Arc::new(library), queue: queue().await, catalog: Arc::new(catalog), clock, _folder: folder }
    }

    /// One process.
    fn scheduler(&self) -> Scheduler {
        let (queue, clock) = (self.queue.clone(), self.clock.clone());
        let desk = Desk::new(self.library.clone(), queue.clone(), self.catalog.clone(), clock.clone());
        Scheduler::new(self.library.clone(), Arc::new(desk), queue, clock)
    }

    fn pass(&self, time: TimeDelta) {
        self.clock.advance(time);
    }

    /// Everything in the queue as `tenant from`.
    async fn jobs(&self) -> Vec<String> {
        let all: Vec<JobView> = self.queue.list(&JobFilter::default(), 1_000).await.unwrap();
        let mut all: Vec<String> = all
            .iter()
            .map(|view| format!("{} {}", view.job.tenant, view.job.parameters["from"].as_str().unwrap()))
            .collect();
        all.sort();
        all
    }
}

/// The real one: a namespace of its own on the Redis that ./test started.
async fn queue() -> Arc<dyn LeaseStore> {
    #[expect(clippy::disallowed_methods, reason = "tests find the services that ./test started")]
    let url = std::env::var("PRESSROOM_TEST_REDIS_URL").expect("PRESSROOM_TEST_REDIS_URL is not set; run ./test");
    let namespace = format!("scheduler-{}", uuid::Uuid::new_v4().simple());
    Arc::new(RedisQueue::connect(RedisOptions::new(&url, &namespace)).await.unwrap())
}

fn daily(more: &str) -> String {
    format!("[[schedule]]\nname = \"daily\"\ncron = \"0 6 * * *\"\nparameters = {{ from = \"today - 1d\" }}\n{more}\n")
}

async fn act(scheduler: &Scheduler) {
    while scheduler.act().await.unwrap() {}
}

#[tokio::test]
async fn real_a_schedule_begins_when_it_is_first_seen_and_fires_once_each_time() {
    let house = House::new(&daily("tenants = [\"north\", \"south\"]\nmissed = \"all\"")).await;
    let scheduler = house.scheduler();
    act(&scheduler).await;
    assert_eq!(house.jobs().await, [""; 0], "nothing of the past");
    house.pass(TimeDelta::hours(4) - TimeDelta::minutes(61)); // Six in Berlin is five in UTC until the 29th.
    act(&scheduler).await;
    assert_eq!(house.jobs().await, [""; 0], "not before its time");
    house.pass(TimeDelta::hours(2) + TimeDelta::minutes(1));
    act(&scheduler).await;
    act(&scheduler).await;
    assert_eq!(house.jobs().await, ["north 2026-03-23", "south 2026-03-23"]);
    house.pass(TimeDelta::days(1));
    act(&scheduler).await;
    assert_eq!(house.jobs().await.len(), 4);
    let view = house.queue.list(&JobFilter::default(), 1).await.unwrap().remove(0);
    assert_eq!((view.job.requester.as_str(), view.job.id.0.get_version_num()), ("schedule", 8));
}

#[tokio::test]
async fn real_many_schedulers_fire_once() {
    let house = House::new(&daily("tenant = \"north\"\nrequester = \"night\"\nlane = \"bulk\"")).await;
    let schedulers: Vec<Scheduler> = (0..8).map(|_| house.scheduler()).collect();
    futures::future::join_all(schedulers.iter().map(act)).await;
    for _ in 0..3 {
        house.pass(TimeDelta::days(1));
        house.pass(TimeDelta::zero());
        futures::future::join_all(schedulers.iter().map(act)).await;
    }
    // Midnight to midnight: nineteen hours late is missed, and skipped.
    assert_eq!(house.jobs().await, [""; 0]);
    house.pass(TimeDelta::hours(5));
    futures::future::join_all(schedulers.iter().map(act)).await;
    assert_eq!(house.jobs().await, ["north 2026-03-26"]);
    // And a process that knows nothing, whose leader died between asking and remembering.
    let view = house.queue.list(&JobFilter::default(), 1).await.unwrap().remove(0);
    let definition = house.library.get("doses").unwrap();
    let at = house.clock.now();
    house.scheduler().push(definition, &definition.schedules[0], at).await.unwrap();
    assert_eq!(house.jobs().await.len(), 1);
    // Even when the queue has forgotten the job: the catalog hasn't.
    let claims = house.queue.claim("w", 1.into(), Duration::from_secs(30)).await.unwrap();
    let outcome = Outcome {
        job: view.job.clone(),
        state: JobState::Cancelled,
        attempts: 1,
        fence: claims[0].fence,
        failure: None,
        failures: Vec::new(),
        artifact: None,
        ended_at: at,
    };
    house.catalog.record(&outcome).await.unwrap();
    house.queue.settle(claims[0].lease(), crate::queue::Settlement::Done).await.unwrap();
    house.scheduler().push(definition, &definition.schedules[0], at).await.unwrap();
    assert_eq!(house.jobs().await, [""; 0]);
}

#[tokio::test]
async fn real_what_was_missed_is_handled_as_declared() {
    for (missed, expected) in [
        ("skip", &[][..]),
        ("once", &["north 2026-03-26"][..]),
        ("all", &["north 2026-03-24", "north 2026-03-25", "north 2026-03-26"][..]),
    ] {
        let house = House::new(&daily(&format!("tenant = \"north\"\nmissed = \"{missed}\""))).await;
        house.pass(TimeDelta::hours(12));
        act(&house.scheduler()).await;
        // Nothing runs for three days, then a new process begins.
        house.pass(TimeDelta::days(3));
        let scheduler = house.scheduler();
        act(&scheduler).await;
        assert_eq!(house.jobs().await, expected, "{missed}");
        act(&scheduler).await;
        act(&house.scheduler()).await;
        assert_eq!(house.jobs().await, expected, "{missed}, once");
        house.pass(TimeDelta::hours(17));
        act(&scheduler).await;
        assert_eq!(house.jobs().await.len(), expected.len() + 1, "{missed}, and on it goes");
    }
}

#[tokio::test]
async fn real_a_queue_that_forgot_everything_is_told() {
    let mut house = House::new(&daily("tenant = \"north\"")).await;
    act(&house.scheduler()).await;
    let scheduler = house.scheduler();
    act(&scheduler).await;
    house.queue = queue().await;
    let forgetful = Scheduler { queue: house.queue.clone(), ..house.scheduler() };
    forgetful.seen.lock().unwrap().clone_from(&scheduler.seen.lock().unwrap());
    house.pass(TimeDelta::hours(5));
    act(&forgetful).await;
    assert_eq!(house.jobs().await, ["north 2026-03-23"], "it would have begun now");
}

#[tokio::test]
async fn real_a_full_tenant_is_tried_again_and_holds_up_nobody() {
    let house = House::new(&daily("tenants = [\"north\", \"south\"]")).await;
    let scheduler = house.scheduler();
    act(&scheduler).await;
    let policy = crate::queue::Policy { waiting_per_tenant: 1, ..Default::default() };
    house.queue.govern(&policy).await.unwrap();
    let desk = Desk::new(house.library.clone(), house.queue.clone(), house.catalog.clone(), house.clock.clone());
    let who = Identity { tenant: "north".parse().unwrap(), actor: "a".to_owned(), roles: Roles::All };
    let parameters = serde_json::json!({ "from": "2020-01-01" }).as_object().unwrap().clone();
    let request = Request { report: "doses".to_owned(), parameters, ..Request::default() };
    desk.submit(&who, request).await.unwrap();
    house.pass(TimeDelta::hours(5));
    let error = scheduler.act().await.unwrap_err();
    assert!(error.to_string().contains("1 jobs or 1024 MiB waiting"), "{error}");
    assert_eq!(house.jobs().await, ["north 2020-01-01", "south 2026-03-23"]);
    house.queue.govern(&Default::default()).await.unwrap();
    act(&scheduler).await;
    assert_eq!(house.jobs().await, ["north 2020-01-01", "north 2026-03-23", "south 2026-03-23"]);
}
