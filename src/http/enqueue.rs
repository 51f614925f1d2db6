//! Handing a request to the desk, as a span of its own that the job carries along.

use tracing::{Instrument as _, Span, field::Empty};

use super::Site;
use crate::{
    identity::Identity,
    request::{Request, RequestError, Submitted},
    telemetry::{span::JOB_ENQUEUE, trace},
};

/// Submits a request; its attempts continue the trace of this call, or of the caller where we make none.
pub(super) async fn submit(site: &Site, who: &Identity, mut request: Request) -> Result<Submitted, RequestError> {
    let span = tracing::info_span!(JOB_ENQUEUE, job.id = Empty, job.report = Empty);
    request.trace = trace::carry(&span).or(request.trace);
    async {
        let submitted = site.desk.submit(who, request).await?;
        // Only now is the report's name known to be one.
        let span = Span::current();
        span.record("job.id", tracing::field::display(submitted.job.id));
        span.record("job.report", tracing::field::display(&submitted.job.report));
        Ok(submitted)
    }
    .instrument(span)
    .await
}
