//! What every job needs beside the queue: the source, the store and the catalog, and which of them are away.
//!
//! A job that fails for want of one asks [`Needs::is_away`], which pings it. While one is away the gate is closed: no job
//! is claimed only to fail, and a ping, not a job, finds out when it is back.
//!
//! **Invariant:** an outage is said once when it begins and once when it is over, however many jobs it stops.

use std::{
    sync::{Arc, Mutex as Lock, PoisonError, Weak},
    time::Duration,
};

use tokio::{
    sync::{Mutex, watch},
    time::{Instant, timeout},
};

use crate::{catalog::Catalog, job::Step, source::Source, store::ArtifactStore, telemetry::metric};

/// How long a part may take to answer a ping.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long an answer holds, so that many jobs that fail at once ask once.
const FRESH: Duration = Duration::from_millis(100);

/// Pauses between pings of a part that is away.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Something that jobs need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The database that reports read.
    Source,
    /// Where artifacts go.
    Store,
    /// Where outcomes are kept.
    Catalog,
}

impl Part {
    const ALL: [Self; 3] = [Self::Source, Self::Store, Self::Catalog];

    /// Its name in logs and labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Store => "store",
            Self::Catalog => "catalog",
        }
    }

    /// The part that a step works with.
    pub fn of(step: Step) -> Option<Self> {
        match step {
            Step::Source => Some(Self::Source),
            Step::Store => Some(Self::Store),
            Step::Catalog => Some(Self::Catalog),
            _ => None,
        }
    }
}

/// What jobs need, and whether it is there.
pub struct Needs {
    source: Arc<dyn Source>,
    store: Arc<dyn ArtifactStore>,
    catalog: Arc<dyn Catalog>,
    states: [Mutex<State>; 3],
    /// How many parts are away.
    away: Lock<usize>,
    gate: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    away: bool,
    asked: Option<Instant>,
}

impl Needs {
    /// These parts, all of them taken to be there.
    pub fn new(source: Arc<dyn Source>, store: Arc<dyn ArtifactStore>, catalog: Arc<dyn Catalog>) -> Arc<Self> {
        for part in Part::ALL {
            show(part, false);
        }
        let gate = watch::Sender::new(true);
        Arc::new(Self { source, store, catalog, states: Default::default(), away: Lock::new(0), gate })
    }

    /// Whether jobs may be claimed.
    pub fn gate(&self) -> watch::Receiver<bool> {
        self.gate.subscribe()
    }

    /// Asks for every part, so that a worker which starts in an outage claims nothing.
    pub async fn look(self: &Arc<Self>) {
        futures::future::join_all(Part::ALL.map(|part| self.is_away(part))).await;
    }

    /// Asks whether a part that failed a job is away, and closes the gate if it is.
    pub async fn is_away(self: &Arc<Self>, part: Part) -> bool {
        let mut state = self.states[part as usize].lock().await;
        if state.away || state.asked.is_some_and(|at| at.elapsed() < FRESH) {
            return state.away;
        }
        let answer = self.ping(part).await;
        state.asked = Some(Instant::now());
        if let Err(error) = answer {
            state.away = true;
            let part_name = part.as_str();
            tracing::warn!(part = part_name, "no jobs are claimed until the {part_name} is back: {error}");
            self.count(part, true);
            tokio::spawn(until_back(Arc::downgrade(self), part));
        }
        state.away
    }

    async fn ping(&self, part: Part) -> Result<(), String> {
        let answer = async {
            match part {
                Part::Source => self.source.ping().await.map_err(|error| error.to_string()),
                Part::Store => self.store.ping().await.map_err(|error| error.to_string()),
                Part::Catalog => self.catalog.ping().await.map_err(|error| error.to_string()),
            }
        };
        timeout(PATIENCE, answer).await.unwrap_or_else(|_| Err("no answer".to_owned()))
    }

    fn count(&self, part: Part, away: bool) {
        show(part, away);
        let mut count = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        *count = if away { *count + 1 } else { *count - 1 };
        self.gate.send_replace(*count == 0);
    }
}

/// Pings a part until it answers, and says so.
async fn until_back(needs: Weak<Needs>, part: Part) {
    let mut pause = FIRST_PAUSE;
    loop {
        tokio::time::sleep(pause.mul_f64(rand::random_range(0.75..=1.25))).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        let Some(needs) = needs.upgrade() else { return };
        if needs.ping(part).await.is_ok() {
            let mut state = needs.states[part as usize].lock().await;
            *state = State::default();
            needs.count(part, false);
            return tracing::info!(part = part.as_str(), "the {} is back", part.as_str());
        }
    }
}

fn show(part: Part, away: bool) {
    metrics::gauge!(metric::PART_AWAY, "part" => part.as_str()).set(f64::from(u8::from(away)));
}
