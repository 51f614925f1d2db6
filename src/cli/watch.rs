//! `pressroom render --watch`: renders again whenever a file of the report is saved.
//!
//! Looks at the files' times of change instead of asking the system to tell: that works on every disk, mount and
//! editor, and a few hundred files are looked at in well under a millisecond.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// The pause between two looks: well below what anyone notices.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// No more files than this are watched.
const MOST_FILES: usize = 5_000;

/// Folders within each other are followed so deep.
const MAX_DEPTH: usize = 8;

/// When a file was last changed, and how long it is.
type Stamp = (Option<SystemTime>, u64);

/// The files of some folders, as they were when last looked at.
pub(super) struct Watched {
    folders: Vec<PathBuf>,
    seen: BTreeMap<PathBuf, Stamp>,
}

impl Watched {
    /// Begins to watch everything in these folders.
    pub(super) fn new(folders: Vec<PathBuf>) -> Self {
        let seen = look(&folders);
        Self { folders, seen }
    }

    /// Waits for a change and until it is over, which two equal looks tell; returns what was changed.
    pub(super) async fn changed(&mut self) -> Vec<PathBuf> {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let mut now = look(&self.folders);
            if now == self.seen {
                continue;
            }
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                let next = look(&self.folders);
                if next == now {
                    break;
                }
                now = next;
            }
            let before = std::mem::replace(&mut self.seen, now);
            let new = self.seen.iter().filter(|(file, stamp)| before.get(*file) != Some(*stamp)).map(|(file, _)| file);
            let gone = before.keys().filter(|file| !self.seen.contains_key(*file));
            return new.chain(gone).cloned().collect();
        }
    }
}

fn look(folders: &[PathBuf]) -> BTreeMap<PathBuf, Stamp> {
    let mut seen = BTreeMap::new();
    for folder in folders {
        look_into(folder, MAX_DEPTH, &mut seen);
    }
    seen
}

/// What can't be looked at isn't there; rendering says what is wrong with it.
fn look_into(folder: &Path, depth: usize, seen: &mut BTreeMap<PathBuf, Stamp>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(facts) = fs::metadata(entry.path()) else { continue };
        if seen.len() == MOST_FILES {
            return;
        }
        if facts.is_dir() && depth > 0 {
            look_into(&entry.path(), depth - 1, seen);
        } else if facts.is_file() {
            seen.insert(entry.path(), (facts.modified().ok(), facts.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn saving_adding_and_removing_files_are_seen() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        fs::create_dir(file("fonts")).unwrap();
        fs::write(file("a.html"), "1").unwrap();
        fs::write(file("fonts/b.ttf"), "1").unwrap();
        let mut watched = Watched::new(vec![folder.path().to_owned()]);
        let quiet = tokio::time::timeout(Duration::from_millis(60), watched.changed()).await;
        assert!(quiet.is_err(), "nothing was changed");
        fs::write(file("a.html"), "22").unwrap();
        assert_eq!(watched.changed().await, [file("a.html")]);
        fs::write(file("fonts/c.ttf"), "1").unwrap();
        assert_eq!(watched.changed().await, [file("fonts/c.ttf")]);
        // As editors save: a new file takes the old one's name.
        fs::write(file("a.new"), "333").unwrap();
        fs::rename(file("a.new"), file("a.html")).unwrap();
        fs::remove_file(file("fonts/b.ttf")).unwrap();
        assert_eq!(watched.changed().await, [file("a.html"), file("fonts/b.ttf")]);
    }
}
