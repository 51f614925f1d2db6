//! A store in an Azure Blob container, or in Azurite's imitation of one.
//!
//! Published with `If-None-Match: *`, so the service itself decides which of several attempts wins. Clients retry
//! inside, so a write that succeeded may still be answered with a conflict: the blob's own metadata tells whose it is.
//!
//! **Invariant:** no key, token or signed link ever stands in an error or a log.

mod connect;
mod credential;
mod failure;
mod link;
mod metadata;
mod shared_key;
mod upload;

use std::{num::NonZero, ops::Range, time::Duration};

use async_trait::async_trait;
use azure_storage_blob::{
    BlobContainerClient,
    models::{BlobClientDownloadOptions, BlobContainerClientListBlobsOptions, ListBlobsIncludeItem},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use url::Url;

pub use self::connect::AzureOptions;
use self::{failure::failed, link::Linker, upload::AzureUpload};
use super::{
    ArtifactStore, Cursor, Page, Result, StoreError, Stored, Upload,
    exact::{exactly, within},
};
use crate::{artifact::ArtifactKey, clock::SharedClock};

/// How much is asked for in one request; one such part is in memory besides the one being handed out.
const PART: NonZero<usize> = NonZero::new(4 * 1024 * 1024).expect("not zero");

/// The service returns at most this many names at a time.
const MOST_LISTED: usize = 5_000;

/// How long a ping may take.
const PING: Duration = Duration::from_secs(5);

/// Objects as block blobs.
pub struct AzureStore {
    container: BlobContainerClient,
    linker: Linker,
    clock: SharedClock,
}

impl std::fmt::Debug for AzureStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AzureStore").finish_non_exhaustive()
    }
}

#[async_trait]
impl ArtifactStore for AzureStore {
    async fn begin(&self, key: &ArtifactKey, fence: u64) -> Result<Box<dyn Upload>> {
        Ok(Box::new(AzureUpload::new(self.container.blob_client(key.as_str()), key.clone(), fence)))
    }

    async fn find(&self, key: &ArtifactKey) -> Result<Option<Stored>> {
        metadata::find(&self.container.blob_client(key.as_str()), key).await
    }

    async fn read(&self, key: &ArtifactKey, range: Option<Range<u64>>) -> Result<BoxStream<'static, Result<Bytes>>> {
        let blob = self.container.blob_client(key.as_str());
        let stored = metadata::find(&blob, key).await?.ok_or(StoreError::Missing)?;
        let range = within(range, stored.facts.size_bytes)?;
        let length = range.end - range.start;
        if length == 0 {
            return Ok(futures::stream::empty().boxed());
        }
        let options = BlobClientDownloadOptions {
            range: Some(range.into()),
            parallel: NonZero::new(1),
            partition_size: Some(PART),
            ..Default::default()
        };
        let download = blob.download(Some(options)).await.map_err(failed)?;
        Ok(exactly(length, download.body.map_err(failed).boxed()))
    }

    async fn delete(&self, key: &ArtifactKey) -> Result<bool> {
        match self.container.blob_client(key.as_str()).delete(None).await.map_err(failed) {
            Ok(_) => Ok(true),
            Err(StoreError::Missing) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn list(&self, from: Option<&Cursor>, limit: usize) -> Result<Page> {
        let options = BlobContainerClientListBlobsOptions {
            include: Some(vec![ListBlobsIncludeItem::Metadata]),
            marker: from.map(|cursor| cursor.as_str().to_owned()),
            maxresults: Some(limit.clamp(1, MOST_LISTED) as i32),
            ..Default::default()
        };
        let mut pages = self.container.list_blobs(Some(options)).map_err(failed)?.into_pages();
        let Some(page) = pages.try_next().await.map_err(failed)? else {
            return Ok(Page { objects: Vec::new(), next: None });
        };
        let page = page.into_model().map_err(failed)?;
        let objects = page.blob_items.into_iter().filter_map(metadata::listed).collect();
        let next = page.next_marker.filter(|marker| !marker.is_empty()).map(Cursor::new);
        Ok(Page { objects, next })
    }

    async fn link(&self, key: &ArtifactKey, file_name: &str, lifetime: Duration) -> Result<Option<Url>> {
        self.linker.link(key, file_name, self.clock.now(), lifetime).await
    }

    /// Nothing to do: the service drops blocks that nobody committed after a week.
    async fn sweep(&self, _before: DateTime<Utc>) -> Result<u64> {
        Ok(0)
    }

    async fn ping(&self) -> Result<()> {
        let answer = tokio::time::timeout(PING, self.list(None, 1)).await;
        answer.unwrap_or_else(|_| Err(StoreError::Unavailable(format!("no answer within {PING:?}")))).map(drop)
    }
}

#[cfg(test)]
mod tests;
