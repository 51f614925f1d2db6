//! Crashes between the steps of publishing: each test stops where a process could die and looks at what is left.

use std::{fs::File, io::Write, sync::Arc};

use super::{partial::Partial, place::Folder};
use crate::{
    artifact::{ArtifactKey, Digest, Facts, Proof},
    clock::{SharedClock, SystemClock},
    store::{Published, StoreError},
};

const KEY: &str = "clinic/recall-list/2026-11-24/01900000-0000-7000-8000-000000000001.pdf";

fn key() -> ArtifactKey {
    ArtifactKey::parse(KEY).unwrap()
}

fn facts(bytes: &[u8], fence: u64) -> Facts {
    Facts {
        digest: Digest::from_bytes([fence as u8; 32]),
        size_bytes: bytes.len() as u64,
        rows: 1,
        pages: 1,
        fence,
        snapshot_at: "2026-11-24T10:00:00Z".parse().unwrap(),
        definition_digest: Digest::from_bytes([0; 32]),
        proof: Proof::default(),
    }
}

fn clock() -> SharedClock {
    Arc::new(SystemClock)
}

fn written(folder: &Folder, bytes: &[u8]) -> (Partial, File) {
    let (partial, mut file) = folder.begin().unwrap();
    file.write_all(bytes).unwrap();
    (partial, file)
}

/// Runs the first `steps` of publishing as attempt 1 and dies.
fn die_after(folder: &Folder, steps: usize) {
    let (partial, _) = written(folder, b"attempt 1");
    let object = folder.object(&key()).unwrap();
    if steps > 0 {
        folder.make_folders(&object).unwrap();
    }
    if steps > 1 {
        folder.describe(&object, &facts(b"attempt 1", 1)).unwrap();
    }
    if steps > 2 {
        folder.appear(&object, &partial).unwrap();
    }
    std::mem::forget(partial); // its destructor doesn't run in a killed process
}

#[test]
fn a_crash_before_the_name_leaves_nothing_and_blocks_nobody() {
    for steps in 0..=2 {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::open(root.path(), clock()).unwrap();
        die_after(&folder, steps);
        assert_eq!(folder.find(&key()).unwrap(), None, "after {steps} steps");

        let (partial, file) = written(&folder, b"the second attempt");
        let facts = facts(b"the second attempt", 2);
        let Published::Created(stored) = folder.publish(&key(), partial, &file, &facts).unwrap() else {
            panic!("nothing stood at the key after {steps} steps")
        };
        assert_eq!(stored.facts, facts);
        assert_eq!(folder.find(&key()).unwrap(), Some(stored));
        assert_eq!(std::fs::read(root.path().join(KEY)).unwrap(), b"the second attempt");
    }
}

#[test]
fn a_crash_after_the_name_leaves_the_whole_object() {
    let root = tempfile::tempdir().unwrap();
    let folder = Folder::open(root.path(), clock()).unwrap();
    die_after(&folder, 3);
    assert_eq!(folder.find(&key()).unwrap().unwrap().facts, facts(b"attempt 1", 1));

    let (partial, file) = written(&folder, b"the second attempt");
    let second = folder.publish(&key(), partial, &file, &facts(b"the second attempt", 2)).unwrap();
    let Published::AlreadyThere(stored) = second else { panic!("{second:?}") };
    assert_eq!(stored.facts, facts(b"attempt 1", 1));
    assert_eq!(std::fs::read(root.path().join(KEY)).unwrap(), b"attempt 1");
}

#[test]
fn a_crash_while_deleting_leaves_nothing_that_counts() {
    let root = tempfile::tempdir().unwrap();
    let folder = Folder::open(root.path(), clock()).unwrap();
    die_after(&folder, 3);
    std::fs::remove_file(root.path().join(KEY)).unwrap(); // the first step of deleting
    assert_eq!(folder.find(&key()).unwrap(), None);
    assert!(!folder.delete(&key()).unwrap());
    let (partial, file) = written(&folder, b"again");
    assert!(matches!(folder.publish(&key(), partial, &file, &facts(b"again", 2)), Ok(Published::Created(_))));
}

#[test]
fn folders_that_somebody_removed_are_made_again() {
    let root = tempfile::tempdir().unwrap();
    let folder = Folder::open(root.path(), clock()).unwrap();
    for fence in 1..=2 {
        let (partial, file) = written(&folder, b"bytes");
        let published = folder.publish(&key(), partial, &file, &facts(b"bytes", fence)).unwrap();
        assert!(matches!(published, Published::Created(_)));
        std::fs::remove_dir_all(root.path().join("clinic")).unwrap();
    }
}

#[test]
fn no_key_leads_out_of_the_folder() {
    let root = tempfile::tempdir().unwrap();
    let folder = Folder::open(&root.path().join("store"), clock()).unwrap();
    for text in ["../secret.pdf", "/etc/passwd", "a/b/2026-01-01/../../../x.pdf", ".partial/x"] {
        // Deserializing doesn't check what parsing checks.
        let key: ArtifactKey = serde_json::from_value(text.into()).unwrap();
        assert!(matches!(folder.object(&key), Err(StoreError::Refused(_))), "{text}");
    }
}
