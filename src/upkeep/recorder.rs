//! Records the outcomes that the queue decided by itself.

use std::time::Duration;

use async_trait::async_trait;

use super::agent::{Agent, AgentError};
use crate::request::Recorder;

#[async_trait]
impl Agent for Recorder {
    fn name(&self) -> &'static str {
        "recorder"
    }

    fn every(&self) -> Duration {
        Duration::from_millis(500)
    }

    async fn act(&self) -> Result<bool, AgentError> {
        Ok(self.settle_outbox().await? > 0)
    }
}
