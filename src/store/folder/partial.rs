//! Bytes on their way: files under `.partial` that nobody but their writer knows.
//!
//! **Invariant:** dropped means removed; what a dead process left is removed by age.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{failed, failed_or_missing};
use crate::store::{Result, StoreError};

/// A file that disappears with its owner.
#[derive(Debug)]
pub(super) struct Partial(PathBuf);

impl Partial {
    /// A new file in `area` under a name that nobody else has.
    pub(super) fn create(area: &Path) -> Result<(Self, File)> {
        let path = area.join(Uuid::new_v4().simple().to_string());
        let file = File::create_new(&path).map_err(failed("creating a partial file"))?;
        Ok((Self(path), file))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Best effort: what stays is found by its age.
        let _ = fs::remove_file(&self.0);
    }
}

/// Removes the partial files last written before `before`; returns how many.
pub(super) fn sweep(area: &Path, before: DateTime<Utc>) -> Result<u64> {
    let mut removed = 0;
    for entry in fs::read_dir(area).map_err(failed("listing partial files"))? {
        let entry = entry.map_err(failed("listing partial files"))?;
        let written = entry.metadata().and_then(|metadata| metadata.modified());
        match written.map_err(failed_or_missing("looking at a partial file")) {
            Ok(written) if DateTime::<Utc>::from(written) < before => {}
            // Young, or gone meanwhile: its writer lives.
            Ok(_) | Err(StoreError::Missing) => continue,
            Err(error) => return Err(error),
        }
        match fs::remove_file(entry.path()).map_err(failed_or_missing("removing a partial file")) {
            Ok(()) => removed += 1,
            Err(StoreError::Missing) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(removed)
}
