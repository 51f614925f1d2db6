//! What only a folder does.

use std::{collections::BTreeSet, time::Duration};

use super::*;

#[tokio::test]
async fn a_folder_is_left_as_it_is_described() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(folder.path(), Arc::new(SystemClock)).unwrap();
    let key = key("clinic", 1);
    put(&store, &key, &document(10, 1), 1).await;
    put(&store, &key, &document(11, 1), 2).await;
    let files = files_below(folder.path());
    let sidecar = key.as_str().replace(".pdf", ".json");
    assert_eq!(files, BTreeSet::from([key.as_str().to_owned(), sidecar]), "no partial file is left");
    assert_eq!(std::fs::read(folder.path().join(key.as_str())).unwrap(), document(10, 1));
}

#[tokio::test]
async fn a_folder_forgets_what_dead_uploads_left() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(folder.path(), Arc::new(SystemClock)).unwrap();
    let mut upload = store.begin(&key("clinic", 1), 1).await.unwrap();
    upload.write(document(10, 1)).await.unwrap();
    std::mem::forget(upload); // as kill -9 would
    assert!(files_below(folder.path()).iter().all(|file| !file.ends_with(".pdf")));
    assert_eq!(store.sweep(SystemClock.now() - TimeDelta::hours(1)).await.unwrap(), 0, "it could still be alive");
    assert_eq!(store.sweep(SystemClock.now() + TimeDelta::hours(1)).await.unwrap(), 1);
    assert!(files_below(folder.path()).is_empty());
}

#[tokio::test]
async fn a_folder_says_when_an_object_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(folder.path(), Arc::new(SystemClock)).unwrap();
    let (damaged, whole) = (key("clinic", 1), key("clinic", 2));
    put(&store, &damaged, &document(10, 1), 1).await;
    put(&store, &whole, &document(10, 1), 1).await;
    std::fs::write(folder.path().join(damaged.as_str()), "short").unwrap();
    assert!(matches!(store.find(&damaged).await, Err(StoreError::Corrupt(_))));
    assert!(matches!(store.read(&damaged, None).await.err(), Some(StoreError::Corrupt(_))));
    let listed = store.list(None, 10).await.unwrap();
    assert_eq!(listed.objects.iter().map(|stored| &stored.key).collect::<Vec<_>>(), [&whole]);
    std::fs::remove_file(folder.path().join(damaged.as_str().replace(".pdf", ".json"))).unwrap();
    assert!(matches!(store.find(&damaged).await, Err(StoreError::Corrupt(_))));
}

/// Files by their path below `root`, locks left out.
fn files_below(root: &std::path::Path) -> BTreeSet<String> {
    fn walk(root: &std::path::Path, at: &std::path::Path, into: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with(".locks") {
                walk(root, &path, into);
            } else if path.is_file() {
                into.insert(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    let mut files = BTreeSet::new();
    walk(root, root, &mut files);
    files
}

/// How many keys the processes of the next test race for.
const KEYS: u32 = 400;

/// Not a test of its own: what each process of the next test does until it is killed or done.
#[tokio::test]
#[ignore = "run by processes_that_are_killed_leave_whole_objects_or_none"]
async fn publisher_process() {
    let (Some(root), Some(fence)) = (said("PRESSROOM_TEST_FOLDER"), said("PRESSROOM_TEST_FENCE")) else { return };
    let store = FolderStore::open(root.as_ref(), Arc::new(SystemClock)).unwrap();
    let fence: u64 = fence.parse().unwrap();
    for number in 0..KEYS {
        let size = 1_000 + 37 * fence as usize;
        put(&store, &key("clinic", number), &document(size, fence), fence).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "the parent process says what to do")]
fn said(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[tokio::test]
async fn processes_that_are_killed_leave_whole_objects_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let start = |fence: u64| {
        std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "folder::publisher_process", "--ignored"])
            .env("PRESSROOM_TEST_FOLDER", folder.path())
            .env("PRESSROOM_TEST_FENCE", fence.to_string())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap()
    };
    // Three at a time, all after the same keys; two of them are killed at moments that differ from round to round.
    for round in 0..6 {
        let [mut first, mut second, mut third] = [1, 2, 3].map(|process| start(round * 3 + process));
        tokio::time::sleep(Duration::from_millis(40 + 29 * round)).await;
        first.kill().unwrap();
        tokio::time::sleep(Duration::from_millis(17)).await;
        second.kill().unwrap();
        first.wait().unwrap();
        second.wait().unwrap();
        if round < 5 {
            third.kill().unwrap();
            third.wait().unwrap();
        } else {
            assert!(third.wait().unwrap().success(), "the last process finishes the rest");
        }
    }

    let store = FolderStore::open(folder.path(), Arc::new(SystemClock)).unwrap();
    let listed = store.list(None, usize::MAX).await.unwrap().objects;
    assert_eq!(listed.len(), KEYS as usize);
    let mut fences = BTreeSet::new();
    for stored in listed {
        let bytes = read(&store, &stored.key, None).await;
        assert_eq!(facts(&bytes, stored.facts.fence), stored.facts, "bytes and facts are of one attempt");
        fences.insert(stored.facts.fence);
    }
    assert!(fences.len() > 1, "several processes published: {fences:?}");
    let left = store.sweep(SystemClock.now() + TimeDelta::hours(1)).await.unwrap();
    assert!(left <= 2 * 17, "at most two partial files of each killed process: {left}");
}
