//! Everything dies, and every accepted job still ends exactly once.
//!
//! Four workers and `upkeep` run over a Redis and a MariaDB of this test's own and over Azurite, all behind proxies that
//! delay, cut, swallow and refuse. Every second or so a worker is killed or stopped for a while, or Redis, MariaDB or
//! `upkeep` is killed. Meanwhile jobs come in over the desk and over the inbox, some of which ask for what doesn't
//! exist, and some are cancelled. In the end all is counted: see [`verify`].
//!
//! `./test` does this with 2,000 jobs, and `./test chaos JOBS SEED` with as many as you like (100,000 take hours on two
//! cores). The seed decides who is hit, when, and what befalls the network; threads and disks decide the rest.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fleet;
mod proxy;
mod verify;

use std::{
    net::SocketAddr,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures::{StreamExt as _, stream};
use pressroom::{
    app::App,
    config::{Config, Environment, Overrides, Section},
    demo,
    identity::{Identity, Roles},
    job::{JobId, Tenant},
    queue::{LeaseStore, RawMessage},
    request::Request,
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, MySqlConnection};

use crate::{
    fleet::{Process, Server},
    proxy::Proxy,
    verify::Expected,
};

const PATIENTS: u64 = 300;
const WORKERS: usize = 4;
const TENANTS: [&str; 5] = ["north", "south", "east", "west", "hills"];

/// Of a million pieces of traffic, how many the network does something to: always, and during a storm.
const DRIZZLE: u32 = 500;
const STORM: u32 = 30_000;

/// How long after the last fault everything may take to come to rest, and how many jobs a second do at least.
const CALM: Duration = Duration::from_secs(120);
const SLOWEST: usize = 5;

/// One accepted job.
#[derive(Debug, Clone)]
struct Asked {
    id: JobId,
    tenant: Tenant,
    report: &'static str,
    number: u64,
}

/// Addresses of one network: the servers' own, or those of the proxies before them.
struct Addresses {
    redis: String,
    mysql: String,
    azure: String,
}

impl Addresses {
    fn settings(&self, name: &str) -> Vec<(&'static str, String)> {
        vec![
            ("PRESSROOM_QUEUE_URL", format!("redis://{}", self.redis)),
            ("PRESSROOM_SOURCE_URL", format!("mysql://root@{}/clinic", self.mysql)),
            ("PRESSROOM_CATALOG_URL", format!("mysql://root@{}/catalog", self.mysql)),
            ("PRESSROOM_STORE_URL", format!("http://{}/{name}", self.azure)),
            ("PRESSROOM_STORE_ACCOUNT_KEY", variable("PRESSROOM_TEST_AZURE_KEY").expect("a key of Azurite")),
        ]
    }

    async fn app(&self, name: &str) -> App {
        let config = Config::load(&Environment::of(self.settings(name)), &Overrides::default());
        let config = config.unwrap_or_else(|faults| panic!("{faults:?}"));
        App::connect(config, &[Section::Queue, Section::Catalog, Section::Store]).await.expect("all services answer")
    }
}

#[expect(clippy::disallowed_methods, reason = "tests find the services that ./test started")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn number(name: &str) -> Option<u64> {
    variable(name).map(|text| text.parse().unwrap_or_else(|_| panic!("{name} must be a whole number")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_dies_every_job_ends_once() {
    pressroom::app::install_tls();
    let jobs = usize::try_from(number("PRESSROOM_CHAOS_JOBS").unwrap_or(2_000)).unwrap();
    let seed = number("PRESSROOM_CHAOS_SEED").unwrap_or_else(rand::random);
    println!("chaos: {jobs} jobs, seed {seed}  (again: ./test chaos {jobs} {seed})");
    let folder = tempfile::tempdir().unwrap();
    let name = format!("chaos{}", std::process::id());
    let mut stage = Stage::build(folder.path(), &name, seed).await;
    let expected = Expected::read(&stage.direct.mysql).await;

    let began = Instant::now();
    let fed = Arc::new(AtomicBool::new(false));
    let sent = Arc::new(AtomicU64::new(0));
    let feeding = tokio::spawn(feed(stage.behind.app(&name).await, jobs, seed, fed.clone(), sent.clone()));
    stage.unleash(seed, jobs, &fed).await;
    stage.calm();
    let (asked, cancels) = feeding.await.unwrap();
    println!("chaos: {} jobs were accepted, {cancels} were to be cancelled", asked.len());
    stage.until_all_is_quiet().await;
    println!("chaos: quiet after {:.0} s; {}", began.elapsed().as_secs_f64(), stage.tally);
    stage.proxies.iter().for_each(|proxy| println!("chaos: network of {}", proxy.counts()));

    let app = stage.direct.app(&name).await;
    let found = verify::all(&app, &stage.direct, &asked, &expected).await;
    println!("chaos: {found}");
    for worker in &mut stage.workers {
        assert_eq!(worker.terminate(), Some(0), "a worker ends in peace: {}", worker.tail());
    }
}

/// What the conductor has done.
#[derive(Default)]
struct Tally {
    kills: u32,
    pauses: u32,
    storms: u32,
    upkeep: u32,
    redis: u32,
    mariadb: u32,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kills, pauses, storms, upkeep, redis, mariadb } = self;
        write!(f, "killed {kills} workers, {upkeep} upkeep, {redis} Redis, {mariadb} MariaDB; ")?;
        write!(f, "stopped {pauses} workers for a while; {storms} storms")
    }
}

struct Stage {
    redis: Server,
    mariadb: Server,
    workers: Vec<Process>,
    upkeep: Process,
    proxies: Vec<Proxy>,
    direct: Addresses,
    behind: Addresses,
    name: String,
    tally: Tally,
}

impl Stage {
    async fn build(folder: &Path, name: &str, seed: u64) -> Self {
        let (redis, mariadb) = (Server::redis(folder), Server::mariadb(folder));
        redis.until_it_listens();
        mariadb.until_it_listens();
        let azure: url::Url =
            variable("PRESSROOM_TEST_AZURE_URL").expect("Azurite: run this by ./test").parse().unwrap();
        let azurite: SocketAddr = format!("127.0.0.1:{}", azure.port().unwrap()).parse().unwrap();
        let proxies = vec![
            Proxy::start("Redis", redis.address, false, seed).await,
            Proxy::start("MariaDB", mariadb.address, false, seed + 1).await,
            Proxy::start("Azurite", azurite, true, seed + 2).await,
        ];
        let addresses = |redis: String, mysql: String, store: String| Addresses {
            redis,
            mysql,
            azure: format!("{store}{}", azure.path()),
        };
        let direct = addresses(redis.address.to_string(), mariadb.address.to_string(), azurite.to_string());
        let [one, two, three] =
            [&proxies[0], &proxies[1], &proxies[2]].map(|proxy| format!("127.0.0.1:{}", proxy.port));
        let behind = addresses(one, two, three);
        let mut server = MySqlConnection::connect(&format!("mysql://root@{}", direct.mysql)).await.unwrap();
        sqlx::query(AssertSqlSafe("CREATE DATABASE catalog")).execute(&mut server).await.unwrap();
        demo::load(&format!("mysql://root@{}/clinic", direct.mysql), PATIENTS, &mut |_| {}).await.unwrap();
        direct.app(name).await.catalog.migrate().await.unwrap();

        let config = folder.join("pressroom.toml");
        std::fs::write(&config, "[worker]\nlease = \"3s\"\ngrace = \"20s\"\n").unwrap();
        let settings = behind.settings(name);
        let start = |program: &'static [&'static str], number: usize| {
            let (settings, config) = (settings.clone(), config.clone());
            Process::start(&format!("{}-{number}", program[0]), folder, move || {
                let mut command = Command::new(env!("CARGO_BIN_EXE_pressroom"));
                command.current_dir(env!("CARGO_MANIFEST_DIR")).args(program).env_clear();
                command.envs(settings.iter().cloned()).env("PRESSROOM_CONFIG", &config);
                command.env("PRESSROOM_LOG_FORMAT", "text");
                command
            })
        };
        Self {
            workers: (0..WORKERS).map(|number| start(&["work", "--concurrency", "3"], number)).collect(),
            upkeep: start(&["upkeep"], 0),
            redis,
            mariadb,
            proxies,
            direct,
            behind,
            name: name.to_owned(),
            tally: Tally::default(),
        }
    }

    /// Lets things die, until all jobs were taken in and most have ended, or their time is over.
    async fn unleash(&mut self, seed: u64, jobs: usize, fed: &AtomicBool) {
        let app = self.direct.app(&self.name).await;
        let mut random = StdRng::seed_from_u64(seed);
        let limit = Instant::now() + Duration::from_secs(60 + (jobs / SLOWEST) as u64);
        self.proxies.iter().for_each(|proxy| proxy.set_rate(DRIZZLE));
        let mut last_said = Instant::now();
        while Instant::now() < limit {
            tokio::time::sleep(Duration::from_millis(random.random_range(300..1_700))).await;
            let stats = app.queue.stats().await;
            if fed.load(Ordering::Relaxed) && stats.as_ref().is_ok_and(|stats| !stats.is_busy()) {
                break;
            }
            if last_said.elapsed() > Duration::from_secs(10) {
                last_said = Instant::now();
                if let Ok(stats) = stats {
                    let waiting: u64 = stats.lanes.iter().map(|(_, lane)| lane.waiting).sum();
                    println!("chaos: {waiting} wait, {} run, {} between attempts", stats.running, stats.retrying);
                }
            }
            self.strike(&mut random).await;
        }
    }

    async fn strike(&mut self, random: &mut StdRng) {
        let victim = random.random_range(0..WORKERS);
        let ms = |range: std::ops::Range<u64>, random: &mut StdRng| Duration::from_millis(random.random_range(range));
        match random.random_range(0..100) {
            0..40 => {
                self.tally.kills += 1;
                self.workers[victim].kill();
                tokio::time::sleep(ms(0..500, random)).await;
                self.workers[victim].begin();
            }
            40..70 => {
                self.tally.pauses += 1;
                self.workers[victim].signal("-STOP");
                // Beyond its lease, often enough: then another has its jobs when it wakes.
                tokio::time::sleep(ms(200..5_000, random)).await;
                self.workers[victim].signal("-CONT");
            }
            70..85 => {
                self.tally.storms += 1;
                let proxy = &self.proxies[random.random_range(0..self.proxies.len())];
                proxy.set_rate(STORM);
                tokio::time::sleep(ms(500..3_000, random)).await;
                proxy.set_rate(DRIZZLE);
            }
            85..90 => {
                self.tally.upkeep += 1;
                self.upkeep.kill();
                self.upkeep.begin();
            }
            90..95 => {
                self.tally.redis += 1;
                self.redis.process.kill();
                tokio::time::sleep(ms(0..1_500, random)).await;
                self.redis.process.begin();
                self.redis.until_it_listens();
            }
            _ => {
                self.tally.mariadb += 1;
                if random.random_bool(0.5) {
                    self.mariadb.process.kill();
                } else {
                    self.mariadb.process.terminate();
                }
                tokio::time::sleep(ms(0..1_000, random)).await;
                self.mariadb.process.begin();
                self.mariadb.until_it_listens();
            }
        }
    }

    fn calm(&self) {
        self.proxies.iter().for_each(|proxy| proxy.set_rate(0));
    }

    /// Waits until no job is on its way and the catalog and the audit trail have everything.
    async fn until_all_is_quiet(&mut self) {
        let app = self.direct.app(&self.name).await;
        let mut catalog =
            MySqlConnection::connect(&format!("mysql://root@{}/catalog", self.direct.mysql)).await.unwrap();
        let end = Instant::now() + CALM;
        loop {
            let stats = app.queue.stats().await.unwrap();
            let unsealed: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM pressroom_audit_pending")
                .fetch_one(&mut catalog)
                .await
                .unwrap();
            if !stats.is_busy() && stats.outbox == 0 && unsealed == 0 {
                return;
            }
            for process in self.workers.iter_mut().chain([&mut self.upkeep]) {
                assert!(process.runs(), "trouble must never end a process: {}", process.tail());
            }
            let tails: Vec<String> = self.workers.iter().map(Process::tail).collect();
            assert!(Instant::now() < end, "not quiet: {stats:?}, {unsealed} unsealed\n{}", tails.join("\n"));
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// Asks for all jobs, a few at once, each until it is accepted, and cancels some; returns those accepted and how many
/// were to be cancelled.
async fn feed(app: App, jobs: usize, seed: u64, fed: Arc<AtomicBool>, sent: Arc<AtomicU64>) -> (Vec<Asked>, usize) {
    let app = Arc::new(app);
    let mut random = StdRng::seed_from_u64(seed ^ 0xfeed);
    let plans: Vec<(Asked, bool, bool)> = (0..jobs)
        .map(|_| {
            let report = if random.random_bool(0.85) { "invoice" } else { "immunization-record" };
            let unknown = random.random_bool(0.03);
            let asked = Asked {
                id: JobId(uuid::Uuid::from_u128(
                    random.random::<u128>() & !(0xf << 76) | 4 << 76 & !(3 << 62) | 2 << 62,
                )),
                tenant: TENANTS[random.random_range(0..TENANTS.len())].parse().unwrap(),
                report,
                number: if unknown { 10_000_000 } else { random.random_range(1..=PATIENTS) },
            };
            (asked, random.random_bool(0.5), random.random_bool(0.03))
        })
        .collect();
    let cancels = plans.iter().filter(|(_, _, cancel)| *cancel).count();
    let asked = stream::iter(plans)
        .map(|(asked, by_desk, cancel)| {
            let (app, sent) = (app.clone(), sent.clone());
            async move {
                if by_desk {
                    ask_desk(&app, &asked).await
                } else {
                    send(&*app.queue, &asked).await
                }
                if cancel {
                    let who = identity(&asked.tenant);
                    // Nothing is expected of it: it may come too late, or not get through.
                    let _ = app.desk.cancel(&who, asked.id).await;
                }
                sent.fetch_add(1, Ordering::Relaxed);
                asked
            }
        })
        .buffer_unordered(16)
        .collect()
        .await;
    fed.store(true, Ordering::Relaxed);
    (asked, cancels)
}

fn identity(tenant: &Tenant) -> Identity {
    Identity { tenant: tenant.clone(), actor: "chaos".to_owned(), roles: Roles::All }
}

impl Asked {
    fn parameter(&self) -> &'static str {
        if self.report == "invoice" { "invoice_id" } else { "patient_id" }
    }
}

async fn ask_desk(app: &App, asked: &Asked) {
    loop {
        let request = Request {
            report: asked.report.to_owned(),
            parameters: [(asked.parameter().to_owned(), asked.number.into())].into_iter().collect(),
            id: Some(asked.id),
            ..Request::default()
        };
        if app.desk.submit(&identity(&asked.tenant), request).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// As any client may: one command, again until it is answered.
async fn send(queue: &dyn LeaseStore, asked: &Asked) {
    let message = json!({"v": 1, "id": asked.id, "report": asked.report, "tenant": asked.tenant, "requester": "chaos",
        "parameters": {asked.parameter(): asked.number}});
    while queue.post(RawMessage(message.to_string().into_bytes())).await.is_err() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
