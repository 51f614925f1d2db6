//! The listing: folders walked in key order.
//!
//! **Invariant:** at most one folder's names and one page of objects are in memory.

use std::{fs, io::ErrorKind, path::Path};

use super::{failed, place::Folder};
use crate::{
    artifact::ArtifactKey,
    store::{Cursor, Page, Result, StoreError, Stored},
};

/// Tenant, report and date stand above the object.
const FOLDERS_ABOVE: usize = 3;

/// The objects whose keys come after `after`, at most `limit`.
pub(super) fn page(folder: &Folder, after: Option<&str>, limit: usize) -> Result<Page> {
    let mut walk = Walk { folder, after: after.unwrap_or_default(), limit, objects: Vec::new() };
    walk.below("", FOLDERS_ABOVE)?;
    let full = walk.objects.len() >= limit;
    let next = walk.objects.last().filter(|_| full).map(|last| Cursor::new(last.key.as_str()));
    Ok(Page { objects: walk.objects, next })
}

struct Walk<'a> {
    folder: &'a Folder,
    after: &'a str,
    limit: usize,
    objects: Vec<Stored>,
}

impl Walk<'_> {
    /// Collects from the folder at `prefix` (empty, or ending in `/`), which has `levels` of folders below it.
    fn below(&mut self, prefix: &str, levels: usize) -> Result<()> {
        for path in names(self.folder.root(), prefix, levels > 0)? {
            if self.objects.len() >= self.limit {
                break;
            }
            if levels > 0 && (path.as_str() > self.after || self.after.starts_with(&path)) {
                self.below(&path, levels - 1)?;
            } else if levels == 0 && path.as_str() > self.after {
                self.take(&path)?;
            }
        }
        Ok(())
    }

    fn take(&mut self, path: &str) -> Result<()> {
        let Some(key) = ArtifactKey::parse(path) else { return Ok(()) };
        match self.folder.find(&key) {
            Ok(found) => self.objects.extend(found),
            // One damaged object must not hide all that come after it.
            Err(StoreError::Corrupt(reason)) => tracing::warn!(%key, reason, "left out of the listing"),
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// The names in a folder as parts of keys, sorted as keys are: with the `/` that follows a folder's name.
fn names(root: &Path, prefix: &str, folders: bool) -> Result<Vec<String>> {
    let listing = failed("listing the store");
    let entries = match fs::read_dir(root.join(prefix)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(listing(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(&listing)?;
        let is_folder = entry.file_type().map_err(&listing)?.is_dir();
        let Ok(name) = entry.file_name().into_string() else { continue };
        if is_folder == folders && !name.starts_with('.') {
            names.push(format!("{prefix}{name}{}", if folders { "/" } else { "" }));
        }
    }
    names.sort_unstable();
    Ok(names)
}
