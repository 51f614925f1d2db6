//! The composition root: a checked configuration becomes connected parts, and the parts become processes.
//!
//! **Invariant:** with `cli`, the only place that names a concrete queue, source, store or catalog.

mod budget;
mod parts;
mod signal;
mod waiting;

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, anyhow};
use async_trait::async_trait;
use chrono::TimeDelta;
use parts::policy;
pub use parts::{catalog, library, queue, source, store};
pub use signal::{Stop, stop_on_signal};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use waiting::Waiting;

use crate::{
    catalog::{Catalog, SchemaState},
    clock::{SharedClock, SystemClock},
    config::{Config, KeyConfig, PathsConfig, Section},
    fault::{Fault, Severity, nearest},
    http::{self, ApiKey, Door, Http, Keys, Probe, Settings},
    job::ReportName,
    queue::{LeaseStore, Policy},
    report::{Definition, Library},
    request::{Acceptance, Desk, Recorder},
    source::Source,
    store::ArtifactStore,
    telemetry,
    upkeep::{
        self, Agent,
        admitter::Admitter,
        governor::Governor,
        reconciler::{self, Reconciler},
        scheduler::Scheduler,
        sealer::Sealer,
    },
    worker::{
        Press,
        attempt::Pipeline,
        needs::Needs,
        press::Plate,
        runner::{Runner, RunnerOptions},
    },
};

/// The namespace of all keys in Redis.
const NAMESPACE: &str = "pressroom";

/// Chooses the cryptography behind every TLS connection of this process; call it before anything is connected.
pub fn install_tls() {
    // Only the first choice counts, and in a test another thread may have made the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The connected parts of a process.
pub struct App {
    config: Config,
    clock: SharedClock,
    library: Arc<Library>,
    /// How work is handed over.
    pub queue: Arc<dyn LeaseStore>,
    /// What is remembered.
    pub catalog: Arc<dyn Catalog>,
    /// Where requests come in.
    pub desk: Arc<Desk>,
    source: Option<Arc<dyn Source>>,
    store: Option<Arc<dyn ArtifactStore>>,
}

impl App {
    /// Connects the queue, the catalog and whichever of source and store is among `sections`, or says which it can't.
    ///
    /// Faulty definitions are logged and left out: one slip in `jobs/` must not stop every other report.
    pub async fn connect(config: Config, sections: &[Section]) -> anyhow::Result<Self> {
        let library = working_library(&config);
        let queue = queue(&config).await?;
        let catalog = catalog(&config).await?;
        let source = if sections.contains(&Section::Source) { Some(source(&config, longest(&library))?) } else { None };
        let store = if sections.contains(&Section::Store) { Some(store(&config).await?) } else { None };
        Ok(Self::of(config, library, queue, catalog, source, store))
    }

    /// The same for a process that stays: waits, and says so, for whatever isn't there yet, the catalog's schema and the
    /// source included. `None` when it was told to stop before everything was there.
    pub async fn connect_in_time(
        config: Config,
        sections: &[Section],
        schema: Schema,
        stop: &CancellationToken,
        door: &Door,
    ) -> anyhow::Result<Option<Self>> {
        let waiting = Waiting { stop, door };
        let library = working_library(&config);
        let Some(queue) = waiting.until_there("queue", async || queue(&config).await).await? else { return Ok(None) };
        let catalog = catalog(&config).await?;
        let ready = async || {
            if schema == Schema::Migrate {
                catalog.migrate().await?;
            }
            require_schema(catalog.as_ref()).await
        };
        if waiting.until_there("catalog", ready).await?.is_none() {
            return Ok(None);
        }
        let mut sources = None;
        if sections.contains(&Section::Source) {
            let source = source(&config, longest(&library))?;
            if waiting.until_there("source", async || Ok(source.ping().await?)).await?.is_none() {
                return Ok(None);
            }
            sources = Some(source);
        }
        let mut stores = None;
        if sections.contains(&Section::Store) {
            stores = waiting.until_there("store", async || store(&config).await).await?;
            if stores.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(Self::of(config, library, queue, catalog, sources, stores)))
    }

    fn of(
        config: Config,
        library: Arc<Library>,
        queue: Arc<dyn LeaseStore>,
        catalog: Arc<dyn Catalog>,
        source: Option<Arc<dyn Source>>,
        store: Option<Arc<dyn ArtifactStore>>,
    ) -> Self {
        let clock = clock();
        let desk = Arc::new(Desk::new(library.clone(), queue.clone(), catalog.clone(), clock.clone()));
        Self { config, clock, library, queue, catalog, desk, source, store }
    }

    /// Refuses a catalog whose schema this program doesn't know.
    pub async fn require_schema(&self) -> anyhow::Result<()> {
        require_schema(self.catalog.as_ref()).await
    }

    /// Refuses to run without a single working report: most likely this is the wrong folder.
    pub fn require_reports(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            !self.library.is_empty(),
            "there is no working report in {}; start where the folder is, name it with --jobs-dir, or see `pressroom check`",
            self.config.paths.jobs.display()
        );
        Ok(())
    }

    /// The definition of a report; the error says which there are.
    pub fn definition(&self, report: &str) -> anyhow::Result<&Definition> {
        let found = self.library.get(report);
        found.map(Arc::as_ref).ok_or_else(|| {
            let known: Vec<&str> = self.library.iter().map(|definition| definition.name.as_str()).collect();
            let jobs = self.config.paths.jobs.display();
            anyhow!("there is no working report `{report}` in {jobs}; there are: {}", listed(&known))
        })
    }

    /// Where artifacts are.
    pub fn store(&self) -> anyhow::Result<&Arc<dyn ArtifactStore>> {
        self.store.as_ref().context("this command has no store")
    }

    /// Claims and runs jobs until it is asked to stop, then drains.
    pub async fn work(&self, stop: Stop) -> anyhow::Result<()> {
        self.govern().await;
        let (press, faults) = Press::load(&self.library, &self.config.paths.templates);
        log_faults(&faults);
        let worker = &self.config.worker;
        let (source, store) = (self.source.clone().context("this command has no source")?, self.store()?.clone());
        // Should the queue not tell, the others are not counted.
        let workers = self.queue.workers().await.unwrap_or_default();
        let others = workers.iter().filter(|other| other.name != worker.name).count();
        budget::check(&self.config, others).await?;
        let needs = Needs::new(source.clone(), store.clone(), self.catalog.clone());
        needs.look().await;
        let options = RunnerOptions {
            lease: worker.lease,
            grace: worker.grace,
            stall: worker.stall,
            gate: needs.gate(),
            hurry: stop.hurry.clone(),
            since: self.clock.now(),
            ..RunnerOptions::new(worker.name.clone(), worker.concurrency)
        };
        let pipeline = Pipeline {
            press: Arc::new(press.with_cores(worker.render_threads)),
            source,
            store,
            catalog: self.catalog.clone(),
            needs,
            clock: self.clock.clone(),
            worker: worker.name.clone(),
        };
        tracing::info!(
            worker = worker.name,
            slots = worker.concurrency,
            render_threads = worker.render_threads,
            source.connections = self.config.source()?.connections,
            catalog.connections = self.config.catalog()?.connections,
            lease_s = worker.lease.as_secs(),
            grace_s = worker.grace.as_secs(),
            stall_s = worker.stall.as_secs(),
            reports = pipeline.press.iter().count(),
            queue = %self.config.queue()?,
            workers.others = others,
            "worker ready"
        );
        let runner = Runner::new(self.queue.clone(), self.acceptance(), Arc::new(pipeline), options);
        // A worker whose loop broke ends, recorder and all, so that whoever looks after it can start another.
        let ended = stop.asked.clone();
        let recording = self.agent(Arc::new(self.recorder()), ended.clone());
        let working = async {
            let worked = runner.run(stop.asked).await;
            ended.cancel();
            worked
        };
        let (worked, ()) = tokio::join!(working, recording);
        Ok(worked?)
    }

    /// Runs the agents until `stop`.
    pub async fn upkeep(&self, stop: CancellationToken) -> anyhow::Result<()> {
        self.govern().await;
        let (library, desk) = (self.library.clone(), self.desk.clone());
        let agents: [Arc<dyn Agent>; 6] = [
            Arc::new(Governor { queue: self.queue.clone(), policy: self.policy() }),
            Arc::new(Scheduler::new(library, desk, self.queue.clone(), self.clock.clone())),
            Arc::new(Admitter { queue: self.queue.clone(), admission: self.acceptance() }),
            Arc::new(self.recorder()),
            Arc::new(Sealer { catalog: self.catalog.clone() }),
            Arc::new(self.reconciler(reconciler::AGE)?),
        ];
        tracing::info!(agents = agents.len(), "upkeep ready");
        futures::future::join_all(agents.map(|agent| self.agent(agent, stop.clone()))).await;
        Ok(())
    }

    /// Sets the queue's rules as the configuration and the definitions say. A queue that is away is told later, by the
    /// governor.
    async fn govern(&self) {
        if let Err(error) = self.queue.govern(&self.policy()).await {
            tracing::warn!("the queue's caps, weights and quotas could not be set: {error}");
        }
    }

    fn policy(&self) -> Policy {
        policy(&self.config.policy, &self.library)
    }

    /// Serves the API and the pages on `listener` until `stop`.
    pub async fn serve(&self, listener: TcpListener, stop: CancellationToken) -> anyhow::Result<()> {
        tracing::info!(address = %listener.local_addr()?, "serving");
        http::serve(self.http()?.router(), listener, stop).await;
        Ok(())
    }

    /// Listens where the API and the pages are to be.
    pub async fn listen(&self) -> anyhow::Result<TcpListener> {
        listen(self.config.http.listen, "PRESSROOM_LISTEN").await
    }

    /// Answers probes with what the parts say, from now on.
    pub fn open_probes(&self, door: &Door) -> anyhow::Result<()> {
        if self.config.http.probe_listen.is_some() {
            door.open(self.http()?.probes());
        }
        Ok(())
    }

    fn http(&self) -> anyhow::Result<Http> {
        let settings = &self.config.http;
        let key =
            |key: &KeyConfig| ApiKey::from_hash(&key.id, key.sha256.as_str(), key.tenant.clone(), key.roles.clone());
        let mut keys = Keys::new(self.config.keys.iter().map(key).collect::<Result<_, _>>()?);
        if let Some(secret) = &settings.session_secret {
            keys = keys.with_session_secret(secret.clone());
        }
        Ok(Http {
            desk: self.desk.clone(),
            store: self.store()?.clone(),
            queue: self.queue.clone(),
            catalog: self.catalog.clone(),
            source: self.source.clone().map(|source| Arc::new(SourceProbe(source)) as Arc<dyn Probe>),
            keys,
            metrics: telemetry::prometheus()?,
            clock: self.clock.clone(),
            settings: Settings {
                redirect_links: settings.redirect_links,
                link_lifetime: settings.link_lifetime,
                behind_proxy: settings.behind_proxy,
            },
        })
    }

    fn acceptance(&self) -> Arc<Acceptance> {
        Arc::new(Acceptance::new(self.library.clone(), self.clock.clone()))
    }

    fn recorder(&self) -> Recorder {
        Recorder::new(self.queue.clone(), self.catalog.clone())
    }

    /// The agent that deletes what attempts left in the store.
    pub fn reconciler(&self, age: TimeDelta) -> anyhow::Result<Reconciler> {
        let (queue, catalog, store) = (self.queue.clone(), self.catalog.clone(), self.store()?.clone());
        Ok(Reconciler::new(queue, catalog, store, self.clock.clone(), age))
    }

    async fn agent(&self, agent: Arc<dyn Agent>, stop: CancellationToken) {
        upkeep::run(agent, self.queue.clone(), self.config.worker.name.clone(), stop).await;
    }
}

/// What becomes of the catalog's schema at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// It must be one that this program knows.
    Require,
    /// It is brought up to date.
    Migrate,
}

/// Answers probes beside a worker or the agents from the first moment to the last, where that was asked for.
pub async fn probes(config: &Config) -> anyhow::Result<Door> {
    let door = Door::default();
    if let Some(address) = config.http.probe_listen {
        let listener = listen(address, "PRESSROOM_PROBE_LISTEN").await?;
        tracing::info!(address = %listener.local_addr()?, "answering probes");
        tokio::spawn(http::serve(door.router(), listener, CancellationToken::new()));
    }
    Ok(door)
}

/// A source, as far as probes know it.
struct SourceProbe(Arc<dyn Source>);

#[async_trait]
impl Probe for SourceProbe {
    async fn answers(&self) -> bool {
        self.0.ping().await.is_ok()
    }
}

fn working_library(config: &Config) -> Arc<Library> {
    let (library, faults) = library(config);
    log_faults(&faults);
    Arc::new(library)
}

/// The longest that any report may take.
fn longest(library: &Library) -> Duration {
    library.iter().map(|definition| definition.limits.time.most).max().unwrap_or_default()
}

async fn listen(address: std::net::SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("can't listen on {address} ({setting})"))
}

/// Refuses a catalog whose schema this program doesn't know; the error says what to run.
pub async fn require_schema(catalog: &dyn Catalog) -> anyhow::Result<()> {
    match catalog.schema().await? {
        SchemaState::Current { .. } => Ok(()),
        state => Err(anyhow!("{state}")),
    }
}

/// The machine's clock.
pub fn clock() -> SharedClock {
    Arc::new(SystemClock)
}

/// One report, for rendering without a queue.
///
/// # Errors
/// There is no such report, or it has faults: then these, and not those of other reports.
pub fn plate(config: &Config, report: &str) -> Result<(Plate, Vec<Fault>), Faults> {
    let PathsConfig { jobs, templates, .. } = &config.paths;
    let (library, mut faults) = library(config);
    let Some(definition) = library.get(report) else {
        let folder = jobs.join(report);
        if report.parse::<ReportName>().is_ok() && folder.is_dir() {
            faults.retain(|fault| fault.file.as_ref().is_none_or(|file| file.starts_with(&folder)));
            return Err(Faults(faults));
        }
        let known: Vec<&str> = library.iter().map(|definition| definition.name.as_str()).collect();
        let help = match nearest(report, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are: {}", listed(&known)),
        };
        let message = format!("there is no report `{report}` in {}", jobs.display());
        return Err(Faults(vec![Fault::new(message).help(help)]));
    };
    match Press::plate(definition, templates) {
        (Some(plate), warnings) => Ok((plate, warnings)),
        (None, faults) => Err(Faults(faults)),
    }
}

/// Several faults, as an error.
#[derive(Debug)]
pub struct Faults(pub Vec<Fault>);

impl std::error::Error for Faults {}

impl std::fmt::Display for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            write!(f, "{}{fault}", if i > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn log_faults(faults: &[Fault]) {
    for fault in faults {
        match fault.severity {
            Severity::Error => tracing::error!("{fault}"),
            Severity::Warning => tracing::warn!("{fault}"),
        }
    }
}
