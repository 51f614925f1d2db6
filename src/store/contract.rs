//! What every store must do.

use std::{ops::Range, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::artifact::{ArtifactKey, Facts, Tier};

/// What went wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It can't be reached, is throttling or failed inside; the same call may work later.
    #[error("the store is not reachable: {0}")]
    Unavailable(String),
    /// It is busy and says when to come again.
    #[error("the store is busy: {message}")]
    Busy {
        /// What it says.
        message: String,
        /// How long to wait at least.
        retry_after: Duration,
    },
    /// It refuses us (wrong key, missing right, missing container) or the request (a range outside the object).
    #[error("the store refuses: {0}")]
    Refused(String),
    /// What it holds isn't what we put there.
    #[error("the store holds something unexpected at this key: {0}")]
    Corrupt(String),
    /// There is nothing at this key.
    #[error("the store has nothing at this key")]
    Missing,
}

/// The store's answers.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A stored object, as the store itself describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Where.
    pub key: ArtifactKey,
    /// What was put in its metadata at publishing.
    pub facts: Facts,
    /// The tier it is on.
    pub tier: Tier,
    /// When it was published.
    pub created_at: DateTime<Utc>,
}

/// What became of publishing. Either way exactly one object stands at the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// These bytes.
    Created(Stored),
    /// An earlier attempt's; ours were dropped.
    AlreadyThere(Stored),
}

impl Published {
    /// What became of an attempt to publish `ours` at a key where `stored` now stands.
    ///
    /// It can be ours all the same: a write may succeed although its answer was lost on the way.
    pub fn standing(stored: Stored, ours: &Facts) -> Self {
        if stored.facts.fence == ours.fence && stored.facts.digest == ours.digest {
            Self::Created(stored)
        } else {
            Self::AlreadyThere(stored)
        }
    }

    /// The object that stands at the key.
    pub fn stored(self) -> Stored {
        match self {
            Self::Created(stored) | Self::AlreadyThere(stored) => stored,
        }
    }
}

/// Where a listing goes on. Opaque: only the store that gave it can read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// The store's own text for the place.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text that the store gave.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A part of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The objects, in key order. May be empty before the end, when what was looked at isn't ours.
    pub objects: Vec<Stored>,
    /// Where the listing goes on; `None` at its end.
    pub next: Option<Cursor>,
}

/// Bytes on their way into the store; nothing is visible until published.
///
/// Dropping an upload is the same as discarding it, as far as a destructor can.
#[async_trait]
pub trait Upload: Send {
    /// Adds bytes at the end.
    async fn write(&mut self, bytes: Bytes) -> Result<()>;

    /// Makes the object visible at its key, unless one is there already (`If-None-Match: *`).
    ///
    /// Refuses facts whose size is not that of the bytes written.
    async fn publish(self: Box<Self>, facts: &Facts) -> Result<Published>;

    /// Drops what was written.
    async fn discard(self: Box<Self>);
}

/// A place for artifacts.
#[async_trait]
pub trait ArtifactStore: Send + Sync + 'static {
    /// Begins an upload to `key` by the attempt with this fence.
    async fn begin(&self, key: &ArtifactKey, fence: u64) -> Result<Box<dyn Upload>>;

    /// The object at the key, if there is one.
    async fn find(&self, key: &ArtifactKey) -> Result<Option<Stored>>;

    /// Reads an object, or a byte range that lies within it. Ends with an error rather than short.
    async fn read(&self, key: &ArtifactKey, range: Option<Range<u64>>) -> Result<BoxStream<'static, Result<Bytes>>>;

    /// Deletes an object; false if there was none.
    async fn delete(&self, key: &ArtifactKey) -> Result<bool>;

    /// Objects in key order, from the beginning or from where an earlier page ended, at most `limit`.
    ///
    /// What was published before the listing began and stays is listed once; what isn't an artifact is left out.
    async fn list(&self, from: Option<&Cursor>, limit: usize) -> Result<Page>;

    /// A link that lets its holder read this one object under `file_name` for `lifetime`, at most 12 hours;
    /// `None` where the store has no such links.
    async fn link(&self, key: &ArtifactKey, file_name: &str, lifetime: Duration) -> Result<Option<Url>>;

    /// Removes what uploads that died before `before` left behind; returns how many.
    async fn sweep(&self, before: DateTime<Utc>) -> Result<u64>;

    /// Whether the store answers and lets us in, within a few seconds.
    async fn ping(&self) -> Result<()>;
}
