//! What every store must do.

use std::{ops::Range, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::stream::BoxStream;
use url::Url;

use crate::artifact::{ArtifactKey, Facts, Tier};

/// What went wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It can't be reached, is throttling or failed inside; the same call may work later.
    #[error("the store is not reachable: {0}")]
    Unavailable(String),
    /// It refuses us: wrong key, missing right, missing container.
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
    /// The object that stands at the key.
    pub fn stored(self) -> Stored {
        match self {
            Self::Created(stored) | Self::AlreadyThere(stored) => stored,
        }
    }
}

/// Bytes on their way into the store; nothing is visible until published.
#[async_trait]
pub trait Upload: Send {
    /// Adds bytes at the end.
    async fn write(&mut self, bytes: Bytes) -> Result<()>;

    /// Makes the object visible at its key, unless one is there already (`If-None-Match: *`).
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

    /// Reads an object, or a byte range of it. Ends with an error rather than short.
    async fn read(&self, key: &ArtifactKey, range: Option<Range<u64>>) -> Result<BoxStream<'static, Result<Bytes>>>;

    /// Deletes an object; false if there was none.
    async fn delete(&self, key: &ArtifactKey) -> Result<bool>;

    /// Objects whose key is greater than `after` (all when `None`), in key order, at most `limit`.
    async fn list(&self, after: Option<&ArtifactKey>, limit: usize) -> Result<Vec<Stored>>;

    /// A link that lets its holder read this one object for a while under `file_name`;
    /// `None` where the store has no such links.
    async fn link(&self, key: &ArtifactKey, file_name: &str, lifetime: Duration) -> Result<Option<Url>>;

    /// Whether the store answers and lets us in, within a few seconds.
    async fn ping(&self) -> Result<()>;
}
