//! What an agent is, and the loop that runs one.

use std::{error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::{queue::LeaseStore, telemetry::metric};

/// What goes wrong in an agent is logged and tried again; it has no other reader.
pub type AgentError = Box<dyn Error + Send + Sync>;

/// Something that is to be done again and again by one process at a time.
#[async_trait]
pub trait Agent: Send + Sync + 'static {
    /// Its name, for the leadership and the logs.
    fn name(&self) -> &'static str;

    /// The pause between two acts.
    fn every(&self) -> Duration;

    /// Does one batch of what there is to do, within a few seconds; says whether more is waiting.
    async fn act(&self) -> Result<bool, AgentError>;
}

/// How long a leader that has died keeps others waiting, at least.
const SHORTEST_TERM: Duration = Duration::from_secs(10);

/// Runs an agent until `stop`, acting only while this process leads.
///
/// While more is waiting there is no pause, but the leadership is renewed and `stop` heeded between any two batches.
/// A failure is logged when it begins and when it ends, not each time.
pub async fn run(agent: Arc<dyn Agent>, queue: Arc<dyn LeaseStore>, holder: String, stop: CancellationToken) {
    let term = SHORTEST_TERM.max(agent.every() * 3);
    let mut failing = false;
    while !stop.is_cancelled() {
        let done = turn(agent.as_ref(), queue.as_ref(), &holder, term).await;
        match (&done, failing) {
            (Err(error), false) => tracing::warn!(agent = agent.name(), "upkeep failed, trying on: {error}"),
            (Ok(_), true) => tracing::info!(agent = agent.name(), "upkeep works again"),
            _ => {}
        }
        failing = done.is_err();
        if matches!(done, Ok(true)) {
            continue;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(agent.every()) => {}
        }
    }
}

async fn turn(agent: &dyn Agent, queue: &dyn LeaseStore, holder: &str, term: Duration) -> Result<bool, AgentError> {
    if !queue.lead(agent.name(), holder, term).await? {
        return Ok(false);
    }
    let acted = agent.act().await;
    let outcome = if acted.is_ok() { "done" } else { "failed" };
    metrics::counter!(metric::UPKEEP_ROUNDS_TOTAL, "agent" => agent.name(), "outcome" => outcome).increment(1);
    acted
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::{clock::SystemClock, queue::sqlite::SqliteQueue};

    /// There is always more, until it stops itself.
    #[derive(Default)]
    struct Endless {
        acts: AtomicU32,
        stop: CancellationToken,
    }

    #[async_trait]
    impl Agent for Endless {
        fn name(&self) -> &'static str {
            "endless"
        }

        fn every(&self) -> Duration {
            Duration::from_secs(3600)
        }

        async fn act(&self) -> Result<bool, AgentError> {
            if self.acts.fetch_add(1, Ordering::Relaxed) == 4 {
                self.stop.cancel();
            }
            Ok(true)
        }
    }

    #[tokio::test]
    async fn work_without_end_is_done_without_pause_and_does_not_hold_up_a_stop() {
        let folder = tempfile::tempdir().unwrap();
        let queue = SqliteQueue::open(&folder.path().join("queue.db"), Arc::new(SystemClock)).await.unwrap();
        let agent = Arc::new(Endless::default());
        run(agent.clone(), Arc::new(queue), "me".to_owned(), agent.stop.clone()).await;
        assert_eq!(agent.acts.load(Ordering::Relaxed), 5);
    }
}
