//! A store in a folder: for one machine, or for several that share a file system with hard links and locks.
//!
//! ```text
//! <root>/<tenant>/<report>/<date>/<job>.pdf     the object; it exists from the moment this name exists
//! <root>/<tenant>/<report>/<date>/<job>.json    its facts, durable before the name above appears
//! <root>/.partial/<random>                      bytes on their way, never ending in .pdf
//! <root>/.locks/<00…3f>                         held while a key is published or deleted; the kernel frees a dead holder's
//! ```
//!
//! **Invariant:** a crash at any step leaves either a whole object or none.

mod partial;
mod place;
mod sidecar;
mod walk;

use std::{
    io::{ErrorKind, SeekFrom},
    ops::Range,
    path::Path,
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{TryStreamExt, stream::BoxStream};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio_util::io::ReaderStream;
use url::Url;

use self::{partial::Partial, place::Folder};
use super::{
    ArtifactStore, Cursor, Page, Published, Result, StoreError, Stored, Upload,
    exact::{exactly, same_size, within},
};
use crate::{
    artifact::{ArtifactKey, Facts},
    clock::SharedClock,
};

/// How much of a file is read at a time.
const CHUNK_BYTES: usize = 256 * 1024;

/// Objects as files.
#[derive(Clone)]
pub struct FolderStore {
    folder: Arc<Folder>,
}

impl FolderStore {
    /// Opens the store in `root`, which is created when it isn't there.
    pub fn open(root: &Path, clock: SharedClock) -> Result<Self> {
        Ok(Self { folder: Arc::new(Folder::open(root, clock)?) })
    }

    /// Runs file system work, which blocks, away from the async threads.
    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Folder) -> Result<T> + Send + 'static) -> Result<T> {
        let folder = self.folder.clone();
        blocking(move || work(&folder)).await
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(StoreError::Unavailable("file system work was interrupted".to_owned())))
}

/// Sorts a file system error into the store's kinds. Names what was being done, never a path.
fn failed(doing: &'static str) -> impl Fn(std::io::Error) -> StoreError {
    move |error| match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::Unsupported => {
            StoreError::Refused(format!("{doing}: {error}"))
        }
        _ => StoreError::Unavailable(format!("{doing}: {error}")),
    }
}

/// The same for what need not be there.
fn failed_or_missing(doing: &'static str) -> impl Fn(std::io::Error) -> StoreError {
    move |error| if error.kind() == ErrorKind::NotFound { StoreError::Missing } else { failed(doing)(error) }
}

#[async_trait]
impl ArtifactStore for FolderStore {
    async fn begin(&self, key: &ArtifactKey, _fence: u64) -> Result<Box<dyn Upload>> {
        self.folder.object(key)?;
        let (partial, file) = self.blocking(Folder::begin).await?;
        Ok(Box::new(FolderUpload {
            folder: self.folder.clone(),
            key: key.clone(),
            partial,
            file: tokio::fs::File::from_std(file),
            written: 0,
        }))
    }

    async fn find(&self, key: &ArtifactKey) -> Result<Option<Stored>> {
        let key = key.clone();
        self.blocking(move |folder| folder.find(&key)).await
    }

    async fn read(&self, key: &ArtifactKey, range: Option<Range<u64>>) -> Result<BoxStream<'static, Result<Bytes>>> {
        let stored = self.find(key).await?.ok_or(StoreError::Missing)?;
        let range = within(range, stored.facts.size_bytes)?;
        let reading = failed_or_missing("reading an object");
        let mut file = tokio::fs::File::open(self.folder.object(key)?).await.map_err(&reading)?;
        file.seek(SeekFrom::Start(range.start)).await.map_err(&reading)?;
        let length = range.end - range.start;
        let stream = ReaderStream::with_capacity(file.take(length), CHUNK_BYTES).map_err(reading);
        Ok(exactly(length, Box::pin(stream)))
    }

    async fn delete(&self, key: &ArtifactKey) -> Result<bool> {
        let key = key.clone();
        self.blocking(move |folder| folder.delete(&key)).await
    }

    async fn list(&self, from: Option<&Cursor>, limit: usize) -> Result<Page> {
        let after = from.map(|cursor| cursor.as_str().to_owned());
        self.blocking(move |folder| walk::page(folder, after.as_deref(), limit)).await
    }

    async fn link(&self, _key: &ArtifactKey, _file_name: &str, _lifetime: Duration) -> Result<Option<Url>> {
        Ok(None)
    }

    async fn sweep(&self, before: DateTime<Utc>) -> Result<u64> {
        self.blocking(move |folder| folder.sweep(before)).await
    }

    async fn ping(&self) -> Result<()> {
        self.blocking(Folder::check_writable).await
    }
}

/// Bytes on their way to a key.
struct FolderUpload {
    folder: Arc<Folder>,
    key: ArtifactKey,
    partial: Partial,
    file: tokio::fs::File,
    written: u64,
}

#[async_trait]
impl Upload for FolderUpload {
    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.file.write_all(&bytes).await.map_err(failed("writing an object"))?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    async fn publish(self: Box<Self>, facts: &Facts) -> Result<Published> {
        let Self { folder, key, partial, mut file, written } = *self;
        same_size(written, facts)?;
        file.flush().await.map_err(failed("writing an object"))?;
        let (file, facts) = (file.into_std().await, facts.clone());
        blocking(move || folder.publish(&key, partial, &file, &facts)).await
    }

    async fn discard(self: Box<Self>) {
        let Self { partial, .. } = *self;
        // Removed by the partial's destructor; a failure is left to the sweep.
        let _ = blocking(move || {
            drop(partial);
            Ok(())
        })
        .await;
    }
}

#[cfg(test)]
mod tests;
