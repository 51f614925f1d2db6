//! One report from source to bytes: rows stream into pages, pages into PDF, PDF into a channel of chunks.
//!
//! The source runs on the async runtime, layout and PDF on a blocking thread; [`super::piping`] lies between them.
//! Threads are as many as documents, but only so many compute at once ([`super::turn`]).

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::{
    meter::Meter,
    piping::{self, ChunkWriter, PipedRows, Read, RowFeed},
    press::Plate,
    turn::Turn,
};
use crate::{
    artifact::{Digest, MissingGlyph, Proof, ReadDataset},
    job::{Job, JobId, Step, Tenant},
    layout::{self, Context, Interrupted, LayoutError, page::Page},
    pdf::{self, PdfError, PdfWriter, Stamp, StampedDataset},
    report::{Conformance, Dataset, FieldError, Limit, Limits, Parameters},
    source::{Query, Snapshot, Source, SourceError},
    telemetry::span,
};

/// What is to be rendered, and for whom.
#[derive(Clone)]
pub struct Order {
    /// The report.
    pub plate: Plate,
    /// Its parameters, checked.
    pub parameters: Parameters,
    /// Whose data it may see; bound as `:tenant`.
    pub tenant: Tenant,
    /// Who asked; bound as `:requester`.
    pub requester: String,
    /// Names the document; the same id and data give the same bytes.
    pub id: JobId,
    /// The instant that the document shows as its own: when the job was accepted.
    pub generated_at: DateTime<Utc>,
}

/// A finished document, whose bytes have left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Rows read, all of them placed.
    pub rows: u64,
    /// Pages.
    pub pages: u64,
    /// When the rows were read.
    pub snapshot_at: DateTime<Utc>,
    /// What was read, and the characters that no font has.
    pub proof: Proof,
    /// Where the time went.
    pub spent: Spent,
}

/// Where a rendering's time went. The three pass it on to each other, so that their sum is the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// Waiting for rows.
    pub rows: Duration,
    /// Filling the template and laying it out.
    pub layout: Duration,
    /// Writing the file.
    pub pdf: Duration,
}

/// Why a report could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The source failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The template asks for a dataset that the definition doesn't have.
    #[error("the template uses dataset `{0}`, which the definition doesn't declare")]
    UnknownDataset(Arc<str>),
    /// A dataset with `one = true` returned none or several rows.
    #[error("dataset `{dataset}` returned {found} rows where exactly one was expected")]
    NotOne {
        /// The dataset.
        dataset: Arc<str>,
        /// How many came (counting stops at the first batch).
        found: u64,
    },
    /// More rows than are allowed.
    #[error("the report has more than {} rows; {}", .0.most, .0.remedy("rows"))]
    RowLimit(Limit<u64>),
    /// More pages than are allowed.
    #[error("the report has more than {} pages; {}", .0.most, .0.remedy("pages"))]
    PageLimit(Limit<u64>),
    /// A larger document than is allowed.
    #[error("the document is larger than {} bytes; {}", .0.most, .0.remedy("bytes"))]
    ByteLimit(Limit<u64>),
    /// It took longer than is allowed.
    #[error("the report took longer than {:?}; {}", .0.most, .0.remedy("time"))]
    TimeLimit(Limit<Duration>),
    /// Layout failed.
    #[error(transparent)]
    Layout(LayoutError),
    /// Writing the PDF failed.
    #[error(transparent)]
    Pdf(PdfError),
    /// Rows were lost between source and page: never published.
    #[error("dataset `{dataset}` has {read} rows, but {placed} were placed; nothing was published")]
    Incomplete {
        /// The dataset.
        dataset: Arc<str>,
        /// Rows that the source returned.
        read: u64,
        /// Rows on pages.
        placed: u64,
    },
    /// Someone stopped it, or the reader of the bytes went away.
    #[error("the rendering was stopped")]
    Stopped,
    /// A fault of ours.
    #[error("the renderer panicked; this is a bug in pressroom")]
    Panicked,
}

/// Renders a report into `chunks`, which are complete only when this returns `Ok`.
///
/// Ends early when `stop` fires, when the definition's time limit passes (the query is ended on the server either
/// way), or when nobody takes the chunks any more. Memory is bounded by a few batches and chunks.
pub async fn render(
    order: Order,
    source: &dyn Source,
    meter: Arc<Meter>,
    chunks: mpsc::Sender<Bytes>,
    stop: &CancellationToken,
) -> Result<Rendered, RenderError> {
    let limit = order.plate.definition.limits.time;
    let ended = stop.child_token();
    let pipeline = run(order, source, meter, chunks, ended.clone());
    tokio::pin!(pipeline);
    tokio::select! {
        result = &mut pipeline => result,
        () = tokio::time::sleep(limit.most) => {
            ended.cancel();
            match pipeline.await {
                Ok(rendered) => Ok(rendered),
                Err(_) => Err(RenderError::TimeLimit(limit)),
            }
        }
    }
}

async fn run(
    order: Order,
    source: &dyn Source,
    meter: Arc<Meter>,
    chunks: mpsc::Sender<Bytes>,
    stop: CancellationToken,
) -> Result<Rendered, RenderError> {
    meter.enter(Step::Source);
    let snapshot = tokio::select! {
        snapshot = source.snapshot() => snapshot?,
        () = stop.cancelled() => return Err(RenderError::Stopped),
    };
    let snapshot_at = snapshot.taken_at();
    let (feed, rows) = piping::rows();
    let drawing = Drawing { order: order.clone(), meter: meter.clone(), chunks, stop: stop.clone() };
    let span = tracing::Span::current();
    let drawing = tokio::task::spawn_blocking(move || span.in_scope(|| drawing.run(rows)));
    let feeding =
        feed_datasets(&order, snapshot, feed, &meter, &stop).instrument(tracing::info_span!(span::SOURCE_FETCH));
    let (fed, drawn) = tokio::join!(feeding, drawing);
    if stop.is_cancelled() {
        return Err(RenderError::Stopped);
    }
    fed?;
    let Drawn { pages, proof, spent } = drawn.map_err(|_| RenderError::Panicked)??;
    let rows = proof.datasets.iter().map(|dataset| dataset.rows_read).sum();
    Ok(Rendered { rows, pages, snapshot_at, proof, spent })
}

/// Runs the query of each dataset that layout opens, in the order it opens them.
async fn feed_datasets(
    order: &Order,
    mut snapshot: Box<dyn Snapshot>,
    mut feed: RowFeed,
    meter: &Meter,
    stop: &CancellationToken,
) -> Result<(), RenderError> {
    let limit = order.plate.definition.limits.rows;
    let mut total = 0;
    while let Some(name) = feed.next_wanted().await {
        let dataset = order.dataset(&name)?;
        let mut sink = feed.sink(limit.most - total, meter);
        snapshot.stream(&order.query(dataset), stop, &mut sink).await?;
        let rows = sink.rows();
        total += rows;
        if total > limit.most {
            return Err(RenderError::RowLimit(limit));
        }
        if dataset.one && rows != 1 {
            return Err(RenderError::NotOne { dataset: name, found: rows });
        }
        let sha256 = sink.sha256();
        feed.end(Read { dataset: name, rows, sha256 }).await;
    }
    snapshot.finish().await?;
    Ok(())
}

impl Order {
    /// What a job asks for.
    ///
    /// # Errors
    /// Its stored parameters don't fit the definition as it is now.
    pub fn of(job: &Job, plate: Plate) -> Result<Self, Vec<FieldError>> {
        Ok(Self {
            parameters: plate.definition.bind(&job.parameters)?,
            plate,
            tenant: job.tenant.clone(),
            requester: job.requester.clone(),
            id: job.id,
            generated_at: job.accepted_at,
        })
    }

    fn dataset(&self, name: &Arc<str>) -> Result<&Dataset, RenderError> {
        let datasets = &self.plate.definition.datasets;
        datasets.iter().find(|dataset| dataset.name == *name).ok_or_else(|| RenderError::UnknownDataset(name.clone()))
    }

    fn query(&self, dataset: &Dataset) -> Query {
        Query {
            dataset: dataset.name.clone(),
            statement: dataset.statement.clone(),
            values: dataset.values(&self.parameters, &self.tenant, &self.requester),
        }
    }

    fn context(&self) -> Context {
        let definition = &self.plate.definition;
        Context {
            title: definition.title.clone(),
            description: definition.description.clone(),
            tenant: self.tenant.to_string(),
            language: definition.language.clone(),
            time_zone: definition.time_zone,
            generated_at: self.generated_at,
            parameters: self.parameters.0.clone(),
            single: definition.datasets.iter().filter(|d| d.one).map(|d| d.name.clone()).collect(),
            tagged: definition.conformance == Conformance::Accessible,
            max_pages: definition.limits.pages.most,
        }
    }

    fn metadata(&self) -> pdf::Metadata {
        let definition = &self.plate.definition;
        pdf::Metadata {
            title: definition.title.clone(),
            language: definition.language.clone(),
            id: *self.id.0.as_bytes(),
            created_at: self.generated_at,
            producer: concat!("Pressroom ", env!("CARGO_PKG_VERSION")).to_owned(),
            tagged: definition.conformance == Conformance::Accessible,
        }
    }
}

/// A document, drawn and written.
struct Drawn {
    pages: u64,
    proof: Proof,
    spent: Spent,
}

/// What was read of each dataset and is on pages; a dataset of which anything is missing makes it an error.
fn complete(read: Vec<Read>, placed: &[(Arc<str>, u64)]) -> Result<Vec<StampedDataset>, RenderError> {
    let stamped = |Read { dataset, rows: read, sha256 }: Read| {
        let placed = placed.iter().filter(|(name, _)| *name == dataset).map(|(_, rows)| rows).sum();
        match placed == read {
            true => Ok(StampedDataset { name: dataset, rows_read: read, rows_placed: placed, sha256 }),
            false => Err(RenderError::Incomplete { dataset, read, placed }),
        }
    };
    read.into_iter().map(stamped).collect()
}

fn proven(stamp: &Stamp) -> Vec<ReadDataset> {
    let dataset = |StampedDataset { name, rows_read, rows_placed, sha256 }: &StampedDataset| ReadDataset {
        name: name.to_string(),
        rows_read: *rows_read,
        rows_placed: *rows_placed,
        sha256: Digest::from_bytes(*sha256),
    };
    stamp.datasets.iter().map(dataset).collect()
}

/// Layout and PDF, on a thread of their own.
struct Drawing {
    order: Order,
    meter: Arc<Meter>,
    chunks: mpsc::Sender<Bytes>,
    stop: CancellationToken,
}

impl Drawing {
    fn run(self, rows: PipedRows) -> Result<Drawn, RenderError> {
        let turn = Turn::begin(self.order.plate.cores.clone(), self.meter.clone());
        let began = Instant::now();
        let template = &self.order.plate.template;
        let limits = &self.order.plate.definition.limits;
        let failed = |error: PdfError| failed(error, limits);
        let out = ChunkWriter::new(self.chunks, limits.bytes.most, self.stop.clone(), turn.clone());
        let mut rows = rows.with_turn(turn.clone());
        let writer = PdfWriter::new(out, template.fonts().clone(), self.order.metadata()).map_err(failed)?;
        let mut shaper = self.order.plate.shaper();
        let stop = self.stop.clone();
        shaper.stop_when(Some(Arc::new(move || stop.is_cancelled())));
        let mut sheets =
            Sheets { writer, meter: &self.meter, stop: &self.stop, turn: &turn, failure: None, spent: Duration::ZERO };
        let _span = tracing::info_span!(span::LAYOUT_PAGINATE).entered();
        let totals = layout::paginate(template, &self.order.context(), &mut shaper, &mut rows, &mut sheets);
        let totals = match (totals, sheets.failure) {
            (Ok(totals), None) => totals,
            (_, Some(error)) => return Err(failed(error)),
            (Err(LayoutError::Interrupted(_)), None) => return Err(RenderError::Stopped),
            (Err(LayoutError::TooManyPages(_)), None) => return Err(RenderError::PageLimit(limits.pages)),
            (Err(error), None) => return Err(RenderError::Layout(error)),
        };
        // Taking the rows apart closes their channel: the source may finish now, the file's end doesn't need it.
        let (waited, wrote) = (rows.waited(), sheets.spent);
        let layout = began.elapsed().saturating_sub(waited + wrote);
        let ending = Instant::now();
        let stamp = Stamp { datasets: complete(rows.into_read(), &totals.rows)? };
        sheets.writer.finish(&stamp).map_err(failed)?;
        shaper.stop_when(None);
        self.order.plate.keep(shaper);
        let missing_glyphs = MissingGlyph::most_frequent(totals.missing);
        let spent = Spent { rows: waited, layout, pdf: wrote + ending.elapsed() };
        Ok(Drawn { pages: totals.pages, spent, proof: Proof { datasets: proven(&stamp), missing_glyphs } })
    }
}

/// What it means that the document couldn't be written.
fn failed(error: PdfError, limits: &Limits) -> RenderError {
    match error {
        PdfError::Write(error) if error.kind() == io::ErrorKind::BrokenPipe => RenderError::Stopped,
        PdfError::Write(error) if error.kind() == io::ErrorKind::FileTooLarge => RenderError::ByteLimit(limits.bytes),
        error => RenderError::Pdf(error),
    }
}

/// Hands finished pages to the PDF writer.
struct Sheets<'a> {
    writer: PdfWriter<ChunkWriter>,
    meter: &'a Meter,
    stop: &'a CancellationToken,
    turn: &'a Turn,
    failure: Option<PdfError>,
    /// How long writing pages took.
    spent: Duration,
}

impl layout::Pages for Sheets<'_> {
    fn page(&mut self, page: &Page) -> Result<(), Interrupted> {
        if self.stop.is_cancelled() {
            return Err(Interrupted);
        }
        let began = Instant::now();
        self.writer.page(page).map_err(|error| {
            self.failure = Some(error);
            Interrupted
        })?;
        self.spent += began.elapsed();
        self.meter.add_page();
        self.turn.pass();
        Ok(())
    }
}
