//! Bytes on their way into a blob.
//!
//! A small document is one request. A larger one goes up in blocks while it is still being made, and one request
//! commits them. Block ids hold the attempt's fence, so that two attempts never mix their blocks.
//!
//! **Invariant:** at most two blocks are in memory: one filling, one on its way.

use async_trait::async_trait;
use azure_storage_blob::{
    BlobClient,
    models::{
        AccessTier, BlockBlobClientCommitBlockListOptions, BlockBlobClientStageBlockOptions,
        BlockBlobClientUploadOptions, BlockLookupList,
    },
};
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use md5::{Digest as _, Md5};
use tokio::task::JoinHandle;

use super::{
    failure::{failed, is_conflict},
    metadata::{self, instant},
};
use crate::{
    artifact::{ArtifactKey, Facts, Tier},
    store::{Published, Result, StoreError, Stored, Upload, exact::same_size},
};

/// Up to this size a document goes up in one request.
const ONE_REQUEST: usize = 4 * 1024 * 1024;

/// The size of all blocks but the last. The service takes 50,000 of them: 390 GiB.
const BLOCK: usize = 8 * 1024 * 1024;

const CONTENT_TYPE: &str = "application/pdf";

/// An upload by one attempt.
pub(super) struct AzureUpload {
    blob: BlobClient,
    key: ArtifactKey,
    fence: u64,
    filling: BytesMut,
    on_its_way: Option<Staging>,
    blocks: Vec<Vec<u8>>,
    written: u64,
    md5: Md5,
}

/// A block being sent; stops when dropped.
struct Staging(JoinHandle<Result<()>>);

impl Staging {
    async fn finish(mut self) -> Result<()> {
        let ended = (&mut self.0).await;
        ended.unwrap_or_else(|_| Err(StoreError::Unavailable("a block was interrupted".to_owned())))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl AzureUpload {
    /// Begins; nothing is sent before there is a whole block.
    pub(super) fn new(blob: BlobClient, key: ArtifactKey, fence: u64) -> Self {
        Self {
            blob,
            key,
            fence,
            filling: BytesMut::new(),
            on_its_way: None,
            blocks: Vec::new(),
            written: 0,
            md5: Md5::new(),
        }
    }

    /// Waits for the block before, then sends this one in the background.
    async fn stage(&mut self, block: Bytes) -> Result<()> {
        self.settle().await?;
        let id = block_id(self.fence, self.blocks.len());
        self.blocks.push(id.clone());
        let client = self.blob.block_blob_client();
        self.on_its_way = Some(Staging(tokio::spawn(async move {
            let options = BlockBlobClientStageBlockOptions {
                transactional_content_md5: Some(Md5::digest(&block).to_vec()),
                ..Default::default()
            };
            let length = block.len() as u64;
            client.stage_block(&id, length, block.into(), Some(options)).await.map(drop).map_err(failed)
        })));
        Ok(())
    }

    async fn settle(&mut self) -> Result<()> {
        match self.on_its_way.take() {
            Some(staging) => staging.finish().await,
            None => Ok(()),
        }
    }

    /// The document in one request; returns when the service created it.
    async fn put(&self, bytes: Bytes, facts: &Facts) -> azure_core::Result<Option<DateTime<Utc>>> {
        let options = BlockBlobClientUploadOptions {
            blob_content_type: Some(CONTENT_TYPE.to_owned()),
            blob_content_md5: Some(self.md5.clone().finalize().to_vec()),
            metadata: Some(metadata::of(facts)),
            tier: Some(AccessTier::Hot),
            partition_size: std::num::NonZero::new(BLOCK as u64),
            ..Default::default()
        };
        let done = self.blob.upload(bytes.into(), Some(options.if_not_exists())).await?;
        Ok(done.last_modified.and_then(instant))
    }

    /// The blocks become the document. The answer doesn't say when the service created it.
    async fn commit(&self, facts: &Facts) -> azure_core::Result<()> {
        let options = BlockBlobClientCommitBlockListOptions {
            blob_content_type: Some(CONTENT_TYPE.to_owned()),
            blob_content_md5: Some(self.md5.clone().finalize().to_vec()),
            metadata: Some(metadata::of(facts)),
            tier: Some(AccessTier::Hot),
            if_none_match: Some("*".into()),
            ..Default::default()
        };
        let blocks = BlockLookupList { latest: Some(self.blocks.clone()), ..Default::default() };
        self.blob.block_blob_client().commit_block_list(blocks.try_into()?, Some(options)).await.map(drop)
    }
}

#[async_trait]
impl Upload for AzureUpload {
    async fn write(&mut self, mut bytes: Bytes) -> Result<()> {
        self.md5.update(&bytes);
        self.written += bytes.len() as u64;
        while self.filling.len() + bytes.len() > BLOCK {
            let rest = BLOCK - self.filling.len();
            self.filling.extend_from_slice(&bytes.split_to(rest));
            let block = std::mem::take(&mut self.filling).freeze();
            self.stage(block).await?;
        }
        self.filling.extend_from_slice(&bytes);
        Ok(())
    }

    async fn publish(mut self: Box<Self>, facts: &Facts) -> Result<Published> {
        same_size(self.written, facts)?;
        let last = std::mem::take(&mut self.filling).freeze();
        let done = if self.blocks.is_empty() && last.len() <= ONE_REQUEST {
            self.put(last, facts).await
        } else {
            if !last.is_empty() {
                self.stage(last).await?;
            }
            self.settle().await?;
            self.commit(facts).await.map(|()| None)
        };
        let conflict = match done {
            Ok(Some(created_at)) => {
                let stored = Stored { key: self.key.clone(), facts: facts.clone(), tier: Tier::Hot, created_at };
                return Ok(Published::Created(stored));
            }
            Ok(None) => None,
            Err(error) if is_conflict(&error) => Some(failed(error)),
            Err(error) => return Err(failed(error)),
        };
        match metadata::find(&self.blob, &self.key).await? {
            Some(stored) => Ok(Published::standing(stored, facts)),
            // Deleted meanwhile, or the conflict was about something else: another try will tell.
            None => Err(conflict.unwrap_or(StoreError::Missing)),
        }
    }

    /// Blocks that nobody commits are never visible; the service drops them after a week.
    async fn discard(self: Box<Self>) {}
}

/// All ids of a blob's blocks must have one length. These sort as they follow each other.
fn block_id(fence: u64, number: usize) -> Vec<u8> {
    format!("{fence:016x}-{number:08x}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_ids_have_one_length_and_keep_attempts_apart() {
        let ids = [block_id(1, 0), block_id(1, 1), block_id(2, 0), block_id(u64::MAX, 49_999)];
        assert!(ids.iter().all(|id| id.len() == ids[0].len() && id.len() <= 64));
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
