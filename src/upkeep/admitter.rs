//! Admits messages from the inbox into their lanes even when no worker runs.
//!
//! Workers admit what they find; but a fleet that was scaled to zero is woken by the depth of the lanes, and would
//! never see what nobody admits.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::agent::{Agent, AgentError};
use crate::queue::{Admission, BATCH, LeaseStore, admit_messages};

/// Moves the inbox into lanes.
pub struct Admitter {
    /// Whose inbox.
    pub queue: Arc<dyn LeaseStore>,
    /// Who judges.
    pub admission: Arc<dyn Admission>,
}

#[async_trait]
impl Agent for Admitter {
    fn name(&self) -> &'static str {
        "admitter"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(1)
    }

    async fn act(&self) -> Result<bool, AgentError> {
        Ok(admit_messages(self.queue.as_ref(), self.admission.as_ref()).await? == BATCH)
    }
}
