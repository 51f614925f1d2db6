//! What only a folder does.

use std::collections::BTreeSet;

use super::*;

#[tokio::test]
async fn a_folder_is_left_as_it_is_described() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(folder.path()).unwrap();
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
    let store = FolderStore::open(folder.path()).unwrap();
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
    let store = FolderStore::open(folder.path()).unwrap();
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
