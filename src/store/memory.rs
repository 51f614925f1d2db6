//! A store in memory, for tests and previews.
//!
//! **Invariant:** forgets everything with the process.

use std::{
    collections::BTreeMap,
    ops::{Bound, Range},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use futures::stream::BoxStream;
use url::Url;

use super::{
    ArtifactStore, Cursor, Page, Published, Result, StoreError, Stored, Upload,
    exact::{same_size, within},
};
use crate::{
    artifact::{ArtifactKey, Facts, Tier},
    clock::{Clock, SystemClock},
};

/// Objects in a map.
#[derive(Debug, Default)]
pub struct MemoryStore {
    objects: Arc<Mutex<Objects>>,
}

type Objects = BTreeMap<ArtifactKey, (Stored, Bytes)>;

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn objects(&self) -> MutexGuard<'_, Objects> {
        lock(&self.objects)
    }
}

fn lock(objects: &Mutex<Objects>) -> MutexGuard<'_, Objects> {
    objects.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

struct MemoryUpload {
    objects: Arc<Mutex<Objects>>,
    key: ArtifactKey,
    bytes: BytesMut,
}

#[async_trait]
impl Upload for MemoryUpload {
    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.bytes.extend_from_slice(&bytes);
        Ok(())
    }

    async fn publish(self: Box<Self>, facts: &Facts) -> Result<Published> {
        same_size(self.bytes.len() as u64, facts)?;
        let mut objects = lock(&self.objects);
        if let Some((stored, _)) = objects.get(&self.key) {
            return Ok(Published::standing(stored.clone(), facts));
        }
        let stored =
            Stored { key: self.key.clone(), facts: facts.clone(), tier: Tier::Hot, created_at: SystemClock.now() };
        objects.insert(self.key, (stored.clone(), self.bytes.freeze()));
        Ok(Published::Created(stored))
    }

    async fn discard(self: Box<Self>) {}
}

#[async_trait]
impl ArtifactStore for MemoryStore {
    async fn begin(&self, key: &ArtifactKey, _fence: u64) -> Result<Box<dyn Upload>> {
        Ok(Box::new(MemoryUpload { objects: self.objects.clone(), key: key.clone(), bytes: BytesMut::new() }))
    }

    async fn find(&self, key: &ArtifactKey) -> Result<Option<Stored>> {
        Ok(self.objects().get(key).map(|(stored, _)| stored.clone()))
    }

    async fn read(&self, key: &ArtifactKey, range: Option<Range<u64>>) -> Result<BoxStream<'static, Result<Bytes>>> {
        let bytes = self.objects().get(key).map(|(_, bytes)| bytes.clone()).ok_or(StoreError::Missing)?;
        let range = within(range, bytes.len() as u64)?;
        let part = bytes.slice(range.start as usize..range.end as usize);
        Ok(Box::pin(futures::stream::iter([Ok(part)])))
    }

    async fn delete(&self, key: &ArtifactKey) -> Result<bool> {
        Ok(self.objects().remove(key).is_some())
    }

    async fn list(&self, from: Option<&Cursor>, limit: usize) -> Result<Page> {
        let after = from.and_then(|cursor| ArtifactKey::parse(cursor.as_str()));
        let bounds = (after.as_ref().map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let objects: Vec<Stored> =
            self.objects().range::<ArtifactKey, _>(bounds).take(limit).map(|(_, (stored, _))| stored.clone()).collect();
        let next =
            (objects.len() == limit).then(|| objects.last().map(|last| Cursor::new(last.key.as_str()))).flatten();
        Ok(Page { objects, next })
    }

    async fn link(&self, _key: &ArtifactKey, _file_name: &str, _lifetime: Duration) -> Result<Option<Url>> {
        Ok(None)
    }

    async fn sweep(&self, _before: DateTime<Utc>) -> Result<u64> {
        Ok(0)
    }

    async fn ping(&self) -> Result<()> {
        Ok(())
    }
}
