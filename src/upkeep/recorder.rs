//! Records the outcomes that the queue decided by itself.

use std::time::Duration;

use async_trait::async_trait;

use super::agent::{Agent, AgentError};
use crate::{queue::JobView, request::Recorder, telemetry::metric};

#[async_trait]
impl Agent for Recorder {
    fn name(&self) -> &'static str {
        "recorder"
    }

    fn every(&self) -> Duration {
        Duration::from_millis(500)
    }

    async fn act(&self) -> Result<bool, AgentError> {
        Ok(self.settle_outbox_and(count).await? > 0)
    }
}

/// Two processes that record the same outcome at once both count it.
fn count(view: &JobView) {
    let labels = [("report", view.job.report.to_string().into()), ("outcome", view.state.as_str().into())];
    metrics::counter!(metric::JOBS_TOTAL, metric::of_tenant(view.job.tenant.as_str(), labels)).increment(1);
}
