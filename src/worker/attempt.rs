//! One attempt: claim → rows → pages → bytes → put at the job's key → record → settle.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tracing::Instrument as _;

use super::{
    disposition::AttemptError,
    heartbeat::{StopReason, Watch},
    meter::Meter,
    needs::Needs,
    observe,
    press::{Plate, Press},
    render::{Order, RenderError, Rendered, render},
    runner::Attempt,
};
use crate::{
    artifact::{Artifact, ArtifactKey, Digest, Facts, MissingGlyph},
    catalog::{Action, AuditEvent, Catalog, CatalogError, Outcome},
    clock::SharedClock,
    job::{Failure, Job, JobState, Step},
    queue::{Claim, Settlement},
    report::Retry,
    source::Source,
    store::{ArtifactStore, Stored, Upload},
    telemetry::span,
};

/// Chunks on their way to the store; rendering waits when this many are not yet taken.
const CHUNKS_AHEAD: usize = 4;

/// Pauses between tries to record a published artifact; after the last the attempt fails and the next one,
/// finding the artifact, only records.
const RECORD_PAUSES: [Duration; 5] = [
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(5),
];

/// Everything an attempt needs; shared by all slots of a worker.
pub struct Pipeline {
    /// The reports.
    pub press: Arc<Press>,
    /// Where rows come from.
    pub source: Arc<dyn Source>,
    /// Where bytes go.
    pub store: Arc<dyn ArtifactStore>,
    /// Where outcomes are kept.
    pub catalog: Arc<dyn Catalog>,
    /// Which of these are away.
    pub needs: Arc<Needs>,
    /// The time.
    pub clock: SharedClock,
    /// Who works, for the audit trail.
    pub worker: String,
}

#[async_trait]
impl Attempt for Pipeline {
    async fn run(&self, claim: Claim, watch: Watch) -> Settlement {
        let began = Instant::now();
        tracing::info!(worker = self.worker, "attempt started");
        self.observe_wait(&claim);
        let ended = self.attempt(&claim, &watch).await;
        observe::step(&claim.job.report, "all", began.elapsed());
        match ended {
            Ok(settlement) => settlement,
            // Whatever is said now comes of being stopped.
            Err(error) if watch.stop_reason().is_some() => error.settlement(&claim, &self.retry(&claim), false),
            Err(error) => self.failed(&claim, &error).await,
        }
    }

    fn retry(&self, claim: &Claim) -> Retry {
        self.press.get(&claim.job.report).map(|plate| plate.definition.retry).unwrap_or_default()
    }
}

/// What the queue is to know of a job that ended long ago: the same id, sent again, is the same job.
fn settled_before(outcome: Outcome) -> Settlement {
    match (outcome.state, outcome.failure) {
        (JobState::Cancelled, _) => Settlement::Cancelled,
        (JobState::Failed, Some(failure)) => Settlement::Fail(failure),
        _ => Settlement::Done,
    }
}

/// Which characters no font has: the code points alone, never the text around them.
fn log_missing_glyphs(missing: &[MissingGlyph]) {
    if missing.is_empty() {
        return;
    }
    let total: u64 = missing.iter().map(|glyph| glyph.count).sum();
    let code_points: Vec<&str> = missing.iter().map(|glyph| glyph.code_point.as_str()).collect();
    tracing::warn!(glyphs.missing = total, glyphs.code_points = code_points.join(" "), "no font has these characters");
}

fn log_failure(failure: &Failure) {
    let Failure { step, code, message, retryable } = failure;
    tracing::warn!(step = step.as_str(), code, retryable, "the attempt failed: {message}");
}

impl Pipeline {
    /// What is to become of a job whose attempt failed by itself.
    async fn failed(&self, claim: &Claim, error: &AttemptError) -> Settlement {
        let away = match error.part() {
            Some(part) => self.needs.is_away(part).await,
            None => false,
        };
        let settlement = error.settlement(claim, &self.retry(claim), away);
        match &settlement {
            Settlement::Defer { failure, delay } => {
                observe::deferred(&claim.job.report, failure.step);
                tracing::info!(
                    code = failure.code,
                    delay_s = delay.as_secs(),
                    deferrals = claim.deferrals + 1,
                    "put off until what it needs is back: {}",
                    failure.message
                );
            }
            _ => log_failure(&error.failure()),
        }
        settlement
    }

    async fn attempt(&self, claim: &Claim, watch: &Watch) -> Result<Settlement, AttemptError> {
        let job = &claim.job;
        watch.meter.enter(Step::Catalog);
        if let Some(outcome) = self.catalog.find(&job.tenant, job.id).await? {
            return Ok(settled_before(outcome));
        }
        let plate =
            self.press.get(&job.report).ok_or_else(|| AttemptError::UnknownReport(job.report.to_string()))?.clone();
        let key = ArtifactKey::of(job);
        self.audit_start(job).await;
        watch.meter.enter(Step::Store);
        let stored = match self.published_before(claim, &key).await? {
            Some(stored) => stored,
            None => self.produce(claim, plate, &key, watch).await?,
        };
        match self.record(claim, stored, watch).await? {
            JobState::Done => Ok(Settlement::Done),
            // Too late. Someone may have retried the failed job, and its next attempt be about to record this very
            // object; the reconciler deletes it if not. The queue doesn't heed what is said here: the fence is old.
            JobState::Failed => Ok(Settlement::Cancelled),
            // The job had been ended otherwise while this attempt was cut off: what came too late must not stay.
            _ => {
                self.store.delete(&key).await?;
                Ok(Settlement::Cancelled)
            }
        }
    }

    /// An earlier attempt may have published and died, or been put off, before it could record.
    async fn published_before(&self, claim: &Claim, key: &ArtifactKey) -> Result<Option<Stored>, AttemptError> {
        if claim.attempt <= 1 && claim.deferrals == 0 {
            return Ok(None);
        }
        Ok(self.store.find(key).await?)
    }

    async fn produce(
        &self,
        claim: &Claim,
        plate: Plate,
        key: &ArtifactKey,
        watch: &Watch,
    ) -> Result<Stored, AttemptError> {
        let job = &claim.job;
        let definition_digest = plate.digest.clone();
        let order = Order::of(job, plate).map_err(AttemptError::Parameters)?;
        let began = Instant::now();
        let mut upload = self.store.begin(key, claim.fence).await?;
        let finished = self.render_into(upload.as_mut(), order, watch.meter.clone(), watch).await;
        observe::step(&job.report, "render", began.elapsed());
        let (rendered, digest, size_bytes) = match finished {
            Ok(finished) => finished,
            Err(error) => {
                upload.discard().await;
                return Err(error);
            }
        };
        watch.meter.enter(Step::Store);
        let facts = Facts {
            digest,
            size_bytes,
            rows: rendered.rows,
            pages: rendered.pages,
            fence: claim.fence,
            snapshot_at: rendered.snapshot_at,
            definition_digest,
            proof: rendered.proof.clone(),
        };
        let began = Instant::now();
        let published = upload.publish(&facts).instrument(tracing::info_span!(span::STORE_PUT)).await?;
        observe::step(&job.report, "publish", began.elapsed());
        observe::spent(&job.report, &rendered.spent);
        observe::published(&job.report, &rendered, size_bytes);
        let Rendered { rows, pages, proof, .. } = rendered;
        tracing::info!(worker = self.worker, rows, pages, pdf.size_bytes = size_bytes, "artifact published");
        log_missing_glyphs(&proof.missing_glyphs);
        Ok(published.stored())
    }

    /// Renders while uploading; the two run side by side and either can stop the other.
    async fn render_into(
        &self,
        upload: &mut dyn Upload,
        order: Order,
        meter: Arc<Meter>,
        watch: &Watch,
    ) -> Result<(Rendered, Digest, u64), AttemptError> {
        let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
        let rendering = render(order, self.source.as_ref(), meter, sender, &watch.stop);
        let (rendered, put) = tokio::join!(rendering, put(upload, receiver, &watch.meter));
        // A failed put closes the channel, which the renderer can only see as being stopped: the put knows why.
        let (digest, size_bytes) = put?;
        let rendered = rendered?;
        if watch.stop.is_cancelled() {
            return Err(RenderError::Stopped.into());
        }
        Ok((rendered, digest, size_bytes))
    }

    /// Records what the store holds, so that the catalog can't say anything else; returns the state that stands.
    async fn record(&self, claim: &Claim, stored: Stored, watch: &Watch) -> Result<JobState, AttemptError> {
        let job = &claim.job;
        let artifact = Artifact {
            id: job.id.into(),
            tenant: job.tenant.clone(),
            report: job.report.clone(),
            requester: job.requester.clone(),
            key: stored.key,
            facts: stored.facts,
            tier: stored.tier,
            created_at: stored.created_at,
        };
        let outcome = Outcome {
            job: job.clone(),
            state: JobState::Done,
            attempts: claim.attempt,
            fence: claim.fence,
            failure: None,
            failures: claim.failures.clone(),
            artifact: Some(artifact),
            ended_at: self.clock.now(),
        };
        watch.meter.enter(Step::Catalog);
        let began = Instant::now();
        let mut pauses = RECORD_PAUSES.iter();
        loop {
            let recorded = self.catalog.record(&outcome).instrument(tracing::info_span!(span::CATALOG_RECORD)).await;
            match (recorded, pauses.next()) {
                (Ok(state), _) => {
                    observe::step(&job.report, "record", began.elapsed());
                    return Ok(state);
                }
                (Err(CatalogError::Unavailable(_)), Some(pause))
                    if !matches!(watch.stop_reason(), Some(StopReason::LeaseLost | StopReason::Shutdown)) =>
                {
                    tokio::time::sleep(*pause).await;
                }
                (Err(error), _) => return Err(error.into()),
            }
        }
    }

    fn observe_wait(&self, claim: &Claim) {
        if claim.attempt == 1 && claim.deferrals == 0 {
            let due = claim.job.run_at.unwrap_or(claim.job.accepted_at).max(claim.job.accepted_at);
            observe::waited(&claim.job, (self.clock.now() - due).to_std().unwrap_or_default());
        }
    }

    /// The trail of starts is a help, not a proof: a catalog that is away must not hold up work.
    async fn audit_start(&self, job: &Job) {
        let event = AuditEvent {
            tenant: job.tenant.clone(),
            actor: self.worker.clone(),
            action: Action::Start,
            subject: job.id.to_string(),
            at: self.clock.now(),
        };
        if let Err(error) = self.catalog.audit(&event).await {
            tracing::warn!("the start of this attempt is not in the audit trail: {error}");
        }
    }
}

/// Moves chunks into the upload, counting and hashing them.
async fn put(
    upload: &mut dyn Upload,
    mut chunks: mpsc::Receiver<Bytes>,
    meter: &Meter,
) -> Result<(Digest, u64), AttemptError> {
    let mut hash = Sha256::new();
    let mut size_bytes = 0;
    while let Some(chunk) = chunks.recv().await {
        hash.update(&chunk);
        let bytes = chunk.len() as u64;
        upload.write(chunk).await?;
        size_bytes += bytes;
        meter.add_bytes(bytes);
    }
    Ok((Digest::from_bytes(hash.finalize()), size_bytes))
}
