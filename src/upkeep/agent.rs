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

    /// Does what there is to do, within a few seconds.
    async fn act(&self) -> Result<(), AgentError>;
}

/// How long a leader that has died keeps others waiting, at least.
const SHORTEST_TERM: Duration = Duration::from_secs(10);

/// Runs an agent until `stop`, acting only while this process leads.
///
/// A failure is logged when it begins and when it ends, not each time.
pub async fn run(agent: Arc<dyn Agent>, queue: Arc<dyn LeaseStore>, holder: String, stop: CancellationToken) {
    let term = SHORTEST_TERM.max(agent.every() * 3);
    let mut failing = false;
    while !stop.is_cancelled() {
        let done = turn(agent.as_ref(), queue.as_ref(), &holder, term).await;
        match (&done, failing) {
            (Err(error), false) => tracing::warn!(agent = agent.name(), "upkeep failed, trying on: {error}"),
            (Ok(()), true) => tracing::info!(agent = agent.name(), "upkeep works again"),
            _ => {}
        }
        failing = done.is_err();
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(agent.every()) => {}
        }
    }
}

async fn turn(agent: &dyn Agent, queue: &dyn LeaseStore, holder: &str, term: Duration) -> Result<(), AgentError> {
    if !queue.lead(agent.name(), holder, term).await? {
        return Ok(());
    }
    let acted = agent.act().await;
    let outcome = if acted.is_ok() { "done" } else { "failed" };
    metrics::counter!(metric::UPKEEP_ROUNDS_TOTAL, "agent" => agent.name(), "outcome" => outcome).increment(1);
    acted
}
