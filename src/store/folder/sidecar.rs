//! The facts of an object, in a JSON file beside it.
//!
//! **Invariant:** written whole under another name, made durable, then renamed; never changed in place.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{failed, failed_or_missing, partial::Partial};
use crate::{
    artifact::{ArtifactKey, Facts, Tier},
    store::{Result, StoreError, Stored},
};

/// What the file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sidecar {
    #[serde(flatten)]
    pub(super) facts: Facts,
    pub(super) tier: Tier,
    pub(super) created_at: DateTime<Utc>,
}

impl Sidecar {
    /// Reads the file at `path`.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = fs::read(path).map_err(failed_or_missing("reading an object's facts"))?;
        serde_json::from_slice(&text).map_err(|error| StoreError::Corrupt(format!("its facts can't be read: {error}")))
    }

    /// Writes the file at `path` by way of `area`, replacing what a publishing that died left there.
    ///
    /// The content is durable when this returns; the name is only when the folder is synchronised.
    pub(super) fn write(&self, area: &Path, path: &Path) -> Result<()> {
        let writing = failed("writing an object's facts");
        let text = serde_json::to_vec(self).map_err(|error| StoreError::Refused(error.to_string()))?;
        let (partial, mut file): (Partial, File) = Partial::create(area)?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(&writing)?;
        fs::rename(partial.path(), path).map_err(writing)
    }

    /// The object that it describes.
    pub(super) fn of(self, key: &ArtifactKey) -> Stored {
        Stored { key: key.clone(), facts: self.facts, tier: self.tier, created_at: self.created_at }
    }
}
