//! Seals events of the audit trail into the hash chain, within a second or so of their writing.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::agent::{Agent, AgentError};
use crate::catalog::Catalog;

/// Events sealed in one transaction.
const BATCH: usize = 500;

/// The only sealer at a time: the chain has one writer.
pub struct Sealer {
    /// Whose events.
    pub catalog: Arc<dyn Catalog>,
}

#[async_trait]
impl Agent for Sealer {
    fn name(&self) -> &'static str {
        "sealer"
    }

    fn every(&self) -> Duration {
        Duration::from_millis(750)
    }

    async fn act(&self) -> Result<bool, AgentError> {
        Ok(self.catalog.seal(BATCH).await? == BATCH)
    }
}
