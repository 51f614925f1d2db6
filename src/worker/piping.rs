//! The channels between the source's task and the rendering thread.
//!
//! Rows come one batch at a time and bytes leave one chunk at a time, so neither side can run ahead of the other and
//! memory stays flat however long the report is.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio_util::sync::CancellationToken;

use super::{meter::Meter, seal::Seal, turn::Turn};
use crate::{
    job::Step,
    layout::{self, Interrupted},
    source::{Flow, RowSink},
    value::{Columns, Row},
};

/// Batches on their way; the source waits when this many are not yet laid out.
const BATCHES_AHEAD: usize = 4;

/// Bytes per chunk on their way to the store.
const CHUNK_BYTES: usize = 256 * 1024;

enum Piece {
    Columns(Columns),
    Rows(Vec<Row>),
    End(Read),
}

/// What was read of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) dataset: Arc<str>,
    pub(super) rows: u64,
    pub(super) sha256: [u8; 32],
}

/// The source's end: takes the names of datasets that layout opens and sends their rows.
pub(super) struct RowFeed {
    wanted: mpsc::Receiver<Arc<str>>,
    pieces: mpsc::Sender<Piece>,
}

/// Layout's end: [`layout::Rows`] over a channel.
pub(super) struct PipedRows {
    wanted: mpsc::Sender<Arc<str>>,
    pieces: mpsc::Receiver<Piece>,
    batch: std::vec::IntoIter<Row>,
    /// The datasets that have come to their end.
    read: Vec<Read>,
    /// How long layout waited for rows.
    waited: Duration,
    /// Given back while layout waits.
    turn: Option<Arc<Turn>>,
}

pub(super) fn rows() -> (RowFeed, PipedRows) {
    let (wanted_tx, wanted) = mpsc::channel(1);
    let (pieces, pieces_rx) = mpsc::channel(BATCHES_AHEAD);
    (RowFeed { wanted, pieces }, PipedRows::new(wanted_tx, pieces_rx))
}

impl RowFeed {
    /// The next dataset that layout opens; `None` when it is done.
    pub(super) async fn next_wanted(&mut self) -> Option<Arc<str>> {
        self.wanted.recv().await
    }

    /// A sink for one dataset's rows, which counts them and stops past `limit`.
    pub(super) fn sink<'a>(&'a self, limit: u64, meter: &'a Meter) -> FeedSink<'a> {
        FeedSink { feed: self, limit, meter, rows: 0, seal: Seal::default() }
    }

    /// Tells layout that the dataset is complete, and what it came to.
    pub(super) async fn end(&self, read: Read) {
        // A closed channel means that layout has stopped; its own result says why.
        let _ = self.pieces.send(Piece::End(read)).await;
    }
}

/// Counts a dataset's rows, seals them and hands them on.
pub(super) struct FeedSink<'a> {
    feed: &'a RowFeed,
    limit: u64,
    meter: &'a Meter,
    rows: u64,
    seal: Seal,
}

impl FeedSink<'_> {
    /// Rows that the source returned, up to the batch that went over the limit.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// SHA-256 of the rows.
    pub(super) fn sha256(self) -> [u8; 32] {
        self.seal.finish()
    }

    async fn hand_on(&self, piece: Piece) -> Flow {
        match self.feed.pieces.send(piece).await {
            Ok(()) => Flow::Continue,
            Err(_) => Flow::Stop,
        }
    }
}

#[async_trait]
impl RowSink for FeedSink<'_> {
    async fn columns(&mut self, columns: Columns) -> Flow {
        self.seal.columns(&columns);
        self.hand_on(Piece::Columns(columns)).await
    }

    async fn rows(&mut self, batch: Vec<Row>) -> Flow {
        self.rows += batch.len() as u64;
        self.meter.add_rows(batch.len() as u64);
        self.seal.rows(&batch);
        if self.rows > self.limit { Flow::Stop } else { self.hand_on(Piece::Rows(batch)).await }
    }
}

impl PipedRows {
    fn new(wanted: mpsc::Sender<Arc<str>>, pieces: mpsc::Receiver<Piece>) -> Self {
        Self { wanted, pieces, batch: Vec::new().into_iter(), read: Vec::new(), waited: Duration::ZERO, turn: None }
    }

    /// The same, on a rendering's thread.
    pub(super) fn with_turn(mut self, turn: Arc<Turn>) -> Self {
        self.turn = Some(turn);
        self
    }

    /// How long layout waited for rows.
    pub(super) fn waited(&self) -> Duration {
        self.waited
    }

    fn receive(&mut self) -> Option<Piece> {
        let Self { pieces, turn, .. } = self;
        let Some(turn) = turn else { return pieces.blocking_recv() };
        turn.pass();
        if let Ok(piece) = pieces.try_recv() {
            return Some(piece);
        }
        let began = Instant::now();
        let piece = turn.rest(Step::Source, || pieces.blocking_recv());
        self.waited += began.elapsed();
        piece
    }

    /// What was read of each dataset, in the order of reading.
    pub(super) fn into_read(self) -> Vec<Read> {
        self.read
    }
}

impl layout::Rows for PipedRows {
    fn open(&mut self, dataset: &str) -> Result<Columns, Interrupted> {
        self.wanted.blocking_send(Arc::from(dataset)).map_err(|_| Interrupted)?;
        match self.receive() {
            Some(Piece::Columns(columns)) => Ok(columns),
            _ => Err(Interrupted),
        }
    }

    fn next(&mut self) -> Result<Option<Row>, Interrupted> {
        loop {
            if let Some(row) = self.batch.next() {
                return Ok(Some(row));
            }
            match self.receive() {
                Some(Piece::Rows(batch)) => self.batch = batch.into_iter(),
                Some(Piece::End(read)) => {
                    self.read.push(read);
                    return Ok(None);
                }
                Some(Piece::Columns(_)) | None => return Err(Interrupted),
            }
        }
    }
}

/// The PDF writer's end of the way to the store.
pub(super) struct ChunkWriter {
    chunks: mpsc::Sender<Bytes>,
    buffer: BytesMut,
    /// How many bytes may still come.
    left: u64,
    stop: CancellationToken,
    turn: Arc<Turn>,
}

impl ChunkWriter {
    /// A writer that fails with [`io::ErrorKind::FileTooLarge`] after `most` bytes.
    pub(super) fn new(chunks: mpsc::Sender<Bytes>, most: u64, stop: CancellationToken, turn: Arc<Turn>) -> Self {
        Self { chunks, buffer: BytesMut::with_capacity(CHUNK_BYTES), left: most, stop, turn }
    }

    fn send(&mut self) -> io::Result<()> {
        if self.stop.is_cancelled() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let chunk = self.buffer.split().freeze();
        self.buffer.reserve(CHUNK_BYTES);
        // `Interrupted` would make `write_all` try again for ever: a receiver that has gone is a broken pipe.
        let sent = match self.chunks.try_send(chunk) {
            Err(TrySendError::Full(chunk)) => self.turn.rest(Step::Store, || self.chunks.blocking_send(chunk).is_ok()),
            sent => sent.is_ok(),
        };
        if sent { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
    }
}

impl io::Write for ChunkWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK_BYTES {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() { Ok(()) } else { self.send() }
    }
}
