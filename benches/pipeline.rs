//! Reports per second from acceptance to recorded artifact, with the real worker.
//!
//! ```text
//! cargo bench --bench pipeline                 embedded: SQLite, a folder
//! (with what `./test services` prints)      the same on Redis, MariaDB and Azurite
//! cargo bench --bench pipeline -- SLOTS     with so many attempts at once; by default 16
//! ```
//!
//! Jobs are accepted first and counted from the moment the worker starts; so the figure is the fleet's, not the web tier's.

use std::time::{Duration, Instant};

use pressroom::{
    app::{self, App, Stop},
    config::{Config, Environment, Overrides, Section},
    demo,
    identity::{Identity, Roles},
    job::JobState,
    request::{ListFilter, Request},
};

const PATIENTS: u64 = 1000;
const JOBS: u64 = 1000;
const NEEDED: [Section; 4] = [Section::Queue, Section::Source, Section::Catalog, Section::Store];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    app::install_tls();
    let folder = tempfile::tempdir()?;
    let embedded = load([])?.embedded(folder.path());
    println!("{:<28}{:>10}{:>14}", "mode and report", "reports", "reports/s");
    measure("embedded", embedded).await?;
    let Some(services) = services() else {
        println!("(set what `./test services` prints, for the real services)");
        return Ok(());
    };
    let shared = ("PRESSROOM_STORE_URL", format!("file://{}/shared", folder.path().display()));
    measure("redis+mariadb+folder", load(services.databases.iter().cloned().chain([shared]))?).await?;
    measure("redis+mariadb+azurite", load(services.databases.into_iter().chain(services.azure))?).await
}

type Setting = (&'static str, String);

/// The services that `./test services` started.
struct Services {
    databases: [Setting; 3],
    azure: [Setting; 2],
}

fn services() -> Option<Services> {
    #[expect(clippy::disallowed_methods, reason = "benches find the services that ./test started")]
    let variable = |name: &str| std::env::var(name).ok();
    let (redis, mysql) = (variable("PRESSROOM_TEST_REDIS_URL")?, variable("PRESSROOM_TEST_MYSQL_URL")?);
    let (azure, key) = (variable("PRESSROOM_TEST_AZURE_URL")?, variable("PRESSROOM_TEST_AZURE_KEY")?);
    Some(Services {
        databases: [
            ("PRESSROOM_QUEUE_URL", format!("{redis}/9")),
            ("PRESSROOM_SOURCE_URL", format!("{mysql}/pressroom_bench")),
            ("PRESSROOM_CATALOG_URL", format!("{mysql}/pressroom_bench")),
        ],
        azure: [("PRESSROOM_STORE_URL", format!("{azure}/bench")), ("PRESSROOM_STORE_ACCOUNT_KEY", key)],
    })
}

fn load(settings: impl IntoIterator<Item = Setting>) -> anyhow::Result<Config> {
    // Cargo adds a `--bench` of its own.
    let slots = std::env::args().skip(1).find(|argument| argument.parse::<u32>().is_ok());
    let slots = ("PRESSROOM_CONCURRENCY", slots.unwrap_or_else(|| "16".to_owned()));
    let config = Config::load(&Environment::of(settings.into_iter().chain([slots])), &Overrides::default());
    config.map_err(|faults| anyhow::anyhow!("{faults:?}"))
}

async fn measure(mode: &str, config: Config) -> anyhow::Result<()> {
    use secrecy::ExposeSecret as _;
    demo::load(config.source()?.database.url().expose_secret(), PATIENTS, &mut |_| {}).await?;
    let app = App::connect(config, &NEEDED).await?;
    app.catalog.migrate().await?;
    for (report, parameter) in [("invoice", "invoice_id"), ("immunization-record", "patient_id")] {
        let (jobs, took) = run(&app, report, parameter).await?;
        println!("{:<28}{jobs:>10}{:>14.0}", format!("{mode} {report}"), jobs as f64 / took.as_secs_f64());
    }
    Ok(())
}

async fn run(app: &App, report: &str, parameter: &str) -> anyhow::Result<(u64, Duration)> {
    let who = Identity { tenant: "default".parse()?, actor: "bench".to_owned(), roles: Roles::All };
    for number in 1..=JOBS {
        let parameters = [(parameter.to_owned(), number.into())].into_iter().collect();
        app.desk.submit(&who, Request { report: report.to_owned(), parameters, ..Request::default() }).await?;
    }
    let stop = Stop::default();
    let began = Instant::now();
    let finished = async {
        while app.queue.stats().await?.is_busy() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let took = began.elapsed();
        stop.asked.cancel();
        anyhow::Ok(took)
    };
    let (worked, took) = tokio::join!(app.work(stop.clone()), finished);
    worked?;
    let failed = ListFilter { report: report.parse().ok(), state: Some(JobState::Failed) };
    anyhow::ensure!(app.desk.list(&who, &failed, None, 1).await?.jobs.is_empty(), "a job of {report} failed");
    Ok((JOBS, took?))
}
