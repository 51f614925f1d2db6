//! What lies around every attempt, as tower layers: a trace, limits, and a net for panics.
//!
//! ```text
//! traced → limited → caught → Attempt::run
//! ```
//!
//! They lie around the attempt within its own task, and not around apalis' service as apalis' own layers do: apalis polls
//! all of its service's futures in one task, so that one attempt's work would hold up the others' limits, and a time
//! limit there would drop the wait for an attempt without stopping it.
//!
//! **Invariant:** whatever the attempt does (panic, ignore its stop), a settlement comes out.

use std::{
    convert::Infallible,
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use futures::{FutureExt as _, future::BoxFuture};
use tokio_util::sync::CancellationToken;
use tower::{Layer, Service, ServiceExt as _, layer::layer_fn, service_fn, util::BoxCloneSyncService};
use tracing::{Span, field::Empty};

use super::{
    heartbeat::{StopReason, Watch},
    observe,
    retry::pause,
    runner::{Attempt, judge},
};
use crate::{
    job::{Failure, Progress, Step},
    queue::{Claim, Settlement},
    report::Retry,
    telemetry::{span, trace},
};

/// How long an attempt that was asked to stop may take to do so, before it is dropped.
const STOP_PATIENCE: Duration = Duration::from_secs(10);

/// The same when everything is to be handed back at once.
const HURRIED_PATIENCE: Duration = Duration::from_secs(1);

/// How often the meter of an attempt is looked at, at most.
const LOOK: Duration = Duration::from_secs(1);

/// One attempt on its way through the layers.
#[derive(Clone)]
pub(super) struct Run {
    pub(super) claim: Claim,
    pub(super) watch: Watch,
    /// How failures are tried again that the attempt can't tell of itself.
    pub(super) retry: Retry,
}

/// When attempts are to stop.
#[derive(Clone)]
pub(super) struct Limits {
    /// How long an attempt may go without progress.
    pub(super) stall: Duration,
    /// Fires when running attempts have had their time to end.
    pub(super) grace_over: CancellationToken,
    /// Fires when there is no time left.
    pub(super) hurry: CancellationToken,
}

/// An attempt with everything around it.
pub(super) type Wrapped = BoxCloneSyncService<Run, Settlement, Infallible>;

/// Lays the layers around an attempt.
pub(super) fn wrap(attempt: Arc<dyn Attempt>, limits: Limits) -> Wrapped {
    let run = service_fn(move |Run { claim, watch, .. }: Run| {
        let attempt = attempt.clone();
        async move { Ok::<_, Infallible>(attempt.run(claim, watch).await) }
    });
    let traced = layer_fn(|inner: Wrapped| around(inner, |run, work| traced(run, work).boxed()));
    let limited = layer_fn(|inner: Wrapped| {
        let limits = limits.clone();
        around(inner, move |run, work| limited(limits.clone(), run, work).boxed())
    });
    let caught = layer_fn(|inner: Wrapped| around(inner, |run, work| caught(run, work).boxed()));
    traced.layer(limited.layer(caught.layer(BoxCloneSyncService::new(run))))
}

/// The work within a layer.
type Work = BoxFuture<'static, Settlement>;

/// A service that hands each run, and the work within, to `layer`.
fn around<F>(inner: Wrapped, layer: F) -> Wrapped
where
    F: Fn(Run, Work) -> Work + Clone + Send + Sync + 'static,
{
    BoxCloneSyncService::new(service_fn(move |run: Run| {
        let work = inner.clone().oneshot(run.clone()).map(|Ok(settlement)| settlement).boxed();
        layer(run, work).map(Ok)
    }))
}

/// Sees a run through all layers.
pub(super) async fn see_through(mut wrapped: Wrapped, run: Run) -> Settlement {
    let Ok(settlement) = wrapped.call(run).await;
    settlement
}

/// The span around an attempt; it continues the trace of the claim, and so of whoever asked.
pub(super) fn span_of(claim: &Claim, claimed: &Span) -> Span {
    if let Some(parent) = &claim.trace {
        trace::follow(claimed, parent);
    }
    // Not a child of the claim's span for `tracing`, which would keep that open until the attempt is over.
    let span = tracing::info_span!(
        parent: None,
        span::JOB_ATTEMPT,
        job.id = %claim.job.id,
        job.report = %claim.job.report,
        job.attempt = claim.attempt,
        job.fence = claim.fence,
        job.outcome = Empty,
    );
    if let Some(parent) = trace::carry(claimed) {
        trace::follow(&span, &parent);
    }
    span
}

/// Notes in the span, which lies around the settling too, how the attempt ended.
async fn traced(run: Run, work: Work) -> Settlement {
    let ended = work.await;
    let judged = judge(ended.clone(), run.watch.stop_reason());
    Span::current().record("job.outcome", observe::outcome(judged.as_ref()));
    ended
}

/// Stops an attempt that is stuck or out of time, and drops one that doesn't stop.
async fn limited(limits: Limits, run: Run, work: Work) -> Settlement {
    let watch = &run.watch;
    let stuck_at = OnceLock::new();
    let cut_off = async {
        tokio::select! {
            () = watch.stop.cancelled() => {}
            () = limits.grace_over.cancelled() => watch.request_stop(StopReason::Shutdown),
            at = stalled(watch, limits.stall) => {
                let _ = stuck_at.set(at);
                watch.request_stop(StopReason::Stuck);
            }
        }
        tokio::select! {
            () = tokio::time::sleep(STOP_PATIENCE) => {}
            () = hurried(&limits.hurry) => {}
        }
    };
    let ended = tokio::select! {
        ended = work => ended,
        () = cut_off => {
            tracing::warn!("the attempt didn't stop when asked and was dropped");
            Settlement::Release
        }
    };
    match (watch.stop_reason(), stuck_at.get()) {
        (Some(StopReason::Stuck), Some(at)) if ended != Settlement::Done => stuck(&run, limits.stall, *at),
        _ => ended,
    }
}

async fn hurried(hurry: &CancellationToken) {
    hurry.cancelled().await;
    tokio::time::sleep(HURRIED_PATIENCE).await;
}

/// Waits until nothing has passed for `limit`, and tells where that was.
async fn stalled(watch: &Watch, limit: Duration) -> (Step, Progress) {
    let meter = &watch.meter;
    let (mut pulse, mut since) = (meter.pulse(), Instant::now());
    while since.elapsed() < limit {
        tokio::time::sleep((limit / 4).min(LOOK)).await;
        let now = meter.pulse();
        if now != pulse {
            (pulse, since) = (now, Instant::now());
        }
    }
    (meter.step(), meter.read())
}

fn stuck(run: &Run, limit: Duration, (step, Progress { rows, pages }): (Step, Progress)) -> Settlement {
    let message = format!(
        "nothing came of it for {limit:?} at step `{}`, after {rows} rows and {pages} pages; it was stopped",
        step.as_str()
    );
    tracing::warn!(step = step.as_str(), rows, pages, "the attempt is stuck and was stopped");
    again(run, Failure { step, code: "stuck".to_owned(), message, retryable: true })
}

/// Makes a panic a failure. The panic's own text may hold values, so it is not repeated.
async fn caught(run: Run, work: Work) -> Settlement {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| {
        let message = "the worker hit a bug (a panic)".to_owned();
        again(&run, Failure { step: Step::Worker, code: "panic".to_owned(), message, retryable: true })
    })
}

fn again(run: &Run, failure: Failure) -> Settlement {
    let Claim { job, attempt, .. } = &run.claim;
    Settlement::Retry { failure, delay: pause(job.id, *attempt, &run.retry) }
}
