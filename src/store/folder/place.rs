//! The folder itself: publishing, finding and deleting, as steps on the file system.
//!
//! **Invariant:** publishing and deleting one key exclude each other, across processes, by a lock on a file.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard},
};

use chrono::{DateTime, SubsecRound, Utc};
use sha2::{Digest as _, Sha256};

use super::{
    failed,
    partial::{self, Partial},
    sidecar::Sidecar,
};
use crate::{
    artifact::{ArtifactKey, Facts, Tier},
    clock::SharedClock,
    store::{Published, Result, StoreError, Stored},
};

/// How many locks all keys share. Two keys that meet in one only wait for each other.
const LOCKS: u8 = 64;

/// How many folders are remembered before all are forgotten; one more look at them costs little.
const MOST_REMEMBERED: usize = 10_000;

/// A store's root with its two areas.
pub(super) struct Folder {
    root: PathBuf,
    partials: PathBuf,
    locks: PathBuf,
    /// Folders whose own names this process has made durable. That a folder is there says nothing: whoever created it
    /// may have died before.
    durable: Mutex<HashSet<PathBuf>>,
    clock: SharedClock,
}

impl Folder {
    /// Opens or creates the folder.
    pub(super) fn open(root: &Path, clock: SharedClock) -> Result<Self> {
        let folder = Self {
            root: root.to_owned(),
            partials: root.join(".partial"),
            locks: root.join(".locks"),
            durable: Mutex::default(),
            clock,
        };
        for area in [&folder.partials, &folder.locks] {
            fs::create_dir_all(area).map_err(failed("creating the store's folder"))?;
        }
        sync_folder(root)?;
        // The folder above is not ours, and perhaps not readable.
        let _ = sync_parent(root);
        Ok(folder)
    }

    /// The folder that all keys start in.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The object's file. Refuses a key that could lead out of the folder, wherever it came from.
    pub(super) fn object(&self, key: &ArtifactKey) -> Result<PathBuf> {
        match ArtifactKey::parse(key.as_str()) {
            Some(key) => Ok(self.root.join(key.as_str())),
            None => Err(StoreError::Refused("this is not an artifact's key".to_owned())),
        }
    }

    /// A place for new bytes.
    pub(super) fn begin(&self) -> Result<(Partial, File)> {
        Partial::create(&self.partials)
    }

    /// The object at the key.
    pub(super) fn find(&self, key: &ArtifactKey) -> Result<Option<Stored>> {
        match self.look(key) {
            // Perhaps it was deleted and published anew between the looks at its two files: look again at rest.
            Err(StoreError::Corrupt(_)) => {
                let _lock = self.lock(key)?;
                self.look(key)
            }
            seen => seen,
        }
    }

    fn look(&self, key: &ArtifactKey) -> Result<Option<Stored>> {
        let object = self.object(key)?;
        let size = match fs::metadata(&object) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("looking at an object")(error)),
        };
        let sidecar = match Sidecar::read(&sidecar_of(&object)) {
            // Deleted between the two looks, or its facts are lost.
            Err(StoreError::Missing) if !object.exists() => return Ok(None),
            Err(StoreError::Missing) => return Err(StoreError::Corrupt("its facts are missing".to_owned())),
            other => other?,
        };
        if sidecar.facts.size_bytes != size {
            let said = sidecar.facts.size_bytes;
            return Err(StoreError::Corrupt(format!("it has {size} bytes, its facts say {said}")));
        }
        Ok(Some(sidecar.of(key)))
    }

    /// Makes the partial file the object at the key, unless there is one.
    pub(super) fn publish(&self, key: &ArtifactKey, partial: Partial, file: &File, facts: &Facts) -> Result<Published> {
        file.sync_all().map_err(failed("making an object durable"))?;
        let _lock = self.lock(key)?;
        if let Some(stored) = self.look(key)? {
            return Ok(Published::standing(stored, facts));
        }
        let object = self.object(key)?;
        self.make_folders(&object)?;
        let sidecar = self.describe(&object, facts)?;
        self.appear(&object, &partial)?;
        Ok(Published::Created(sidecar.of(key)))
    }

    /// Creates the folders down to the object, durably.
    pub(super) fn make_folders(&self, object: &Path) -> Result<()> {
        let Some(folder) = object.parent() else { return Ok(()) };
        if folder.is_dir() && self.durable().contains(folder) {
            return Ok(());
        }
        fs::create_dir_all(folder).map_err(failed("creating an object's folder"))?;
        for above in folder.ancestors().skip(1).take_while(|above| above.starts_with(&self.root)) {
            sync_folder(above)?;
        }
        let mut durable = self.durable();
        if durable.len() >= MOST_REMEMBERED {
            durable.clear();
        }
        durable.insert(folder.to_owned());
        Ok(())
    }

    fn durable(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        self.durable.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Writes the facts beside the place where the object will be, durably. Nothing is visible yet.
    pub(super) fn describe(&self, object: &Path, facts: &Facts) -> Result<Sidecar> {
        let created_at = self.clock.now().trunc_subsecs(6);
        let sidecar = Sidecar { facts: facts.clone(), tier: Tier::Hot, created_at };
        sidecar.write(&self.partials, &sidecar_of(object))?;
        sync_parent(object)?;
        Ok(sidecar)
    }

    /// Gives the object its name, durably. A link, because unlike a rename it never replaces.
    pub(super) fn appear(&self, object: &Path, partial: &Partial) -> Result<()> {
        fs::hard_link(partial.path(), object).map_err(failed("publishing an object"))?;
        sync_parent(object)
    }

    /// Removes the object, then its facts; what a crash leaves between the two is no object.
    pub(super) fn delete(&self, key: &ArtifactKey) -> Result<bool> {
        let object = self.object(key)?;
        let _lock = self.lock(key)?;
        let deleting = failed("deleting an object");
        match fs::remove_file(&object) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(deleting(error)),
        }
        sync_parent(&object)?;
        match fs::remove_file(sidecar_of(&object)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(deleting(error)),
            _ => Ok(true),
        }
    }

    /// Removes old partial files.
    pub(super) fn sweep(&self, before: DateTime<Utc>) -> Result<u64> {
        partial::sweep(&self.partials, before)
    }

    /// Whether files can be made here.
    pub(super) fn check_writable(&self) -> Result<()> {
        Partial::create(&self.partials).map(drop)
    }

    /// Waits for the key's lock; it is free again when the returned file is closed.
    fn lock(&self, key: &ArtifactKey) -> Result<File> {
        let number = Sha256::digest(key.as_str())[0] % LOCKS;
        let path = self.locks.join(format!("{number:02x}"));
        let locking = failed("locking a key");
        let file = File::options().create(true).append(true).open(path).map_err(&locking)?;
        file.lock().map_err(locking)?;
        Ok(file)
    }
}

fn sidecar_of(object: &Path) -> PathBuf {
    object.with_extension("json")
}

fn sync_parent(path: &Path) -> Result<()> {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync_folder)
}

/// Makes the names in a folder durable, as far as the file system can.
fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("making a folder durable"))
}
