//! Keeps the queue's rules as the configuration and the definitions say, should it come back without them.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::agent::{Agent, AgentError};
use crate::queue::{LeaseStore, Policy, QueueError};

/// Sets the rules again where others hold.
pub struct Governor {
    /// Whose rules.
    pub queue: Arc<dyn LeaseStore>,
    /// What they are to be.
    pub policy: Policy,
}

#[async_trait]
impl Agent for Governor {
    fn name(&self) -> &'static str {
        "governor"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(10)
    }

    async fn act(&self) -> Result<bool, AgentError> {
        let held = match self.queue.policy().await {
            // Another version's, which this one can't read, is replaced as well.
            Err(QueueError::Corrupt(_)) => None,
            held => Some(held?),
        };
        if held.as_ref() != Some(&self.policy) {
            self.queue.govern(&self.policy).await?;
            tracing::info!("the queue's caps, weights and quotas are set");
        }
        Ok(false)
    }
}
