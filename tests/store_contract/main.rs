//! What every store must do, on every store: memory, folder, and Azure Blob (Azurite).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod azure;
mod folder;

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures::{TryStreamExt, future::join_all};
use pressroom::{
    artifact::{ArtifactKey, Digest, Facts, MissingGlyph, Proof, ReadDataset, Tier},
    clock::{Clock, ManualClock, SystemClock},
    store::{ArtifactStore, Published, StoreError, Stored, folder::FolderStore, memory::MemoryStore},
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// A store with whatever must live as long as it does.
struct Fixture {
    store: Arc<dyn ArtifactStore>,
    _folder: Option<tempfile::TempDir>,
}

async fn in_memory() -> Fixture {
    Fixture { store: Arc::new(MemoryStore::new()), _folder: None }
}

async fn in_folder() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(&folder.path().join("not/there/yet"), Arc::new(SystemClock)).unwrap();
    Fixture { store: Arc::new(store), _folder: Some(folder) }
}

async fn in_azure() -> Fixture {
    Fixture { store: Arc::new(azure::connect().await), _folder: None }
}

/// Each named function of this file becomes a test on each store.
macro_rules! on_every_store {
    ($($test:ident),* $(,)?) => {
        mod on_memory { $(#[tokio::test] async fn $test() { super::$test(super::in_memory().await).await })* }
        mod on_folder { $(#[tokio::test] async fn $test() { super::$test(super::in_folder().await).await })* }
        mod real_on_azure { $(#[tokio::test] async fn $test() { super::$test(super::in_azure().await).await })* }
    };
}

on_every_store! {
    publishes_and_finds,
    keeps_an_empty_object,
    the_first_of_two_stays,
    one_of_sixteen_racing_writers_wins,
    reads_ranges,
    refuses_ranges_outside,
    uploads_large_objects_in_parts,
    dates_an_object_by_its_publishing,
    refuses_facts_of_another_size,
    shows_nothing_before_publishing_or_after_discarding,
    deletes_once,
    can_publish_again_after_deleting,
    lists_in_pages,
    answers_pings,
    sweeps_nothing_that_is_published,
}

fn key(tenant: &str, number: u32) -> ArtifactKey {
    let id = Uuid::from_u64_pair(0x0190_0000_0000_7000, 0x8000_0000_0000_0000 | u64::from(number));
    ArtifactKey::parse(&format!("{tenant}/stock-by-clinic/2026-11-24/{id}.pdf")).unwrap()
}

fn facts(bytes: &[u8], fence: u64) -> Facts {
    Facts {
        digest: Digest::from_bytes(Sha256::digest(bytes)),
        size_bytes: bytes.len() as u64,
        rows: u64::MAX,
        pages: 4711,
        fence,
        snapshot_at: "2026-11-24T10:11:12.123456Z".parse().unwrap(),
        definition_digest: Digest::from_bytes(Sha256::digest("definition")),
        proof: Proof {
            datasets: vec![ReadDataset {
                name: "doses".to_owned(),
                rows_read: u64::MAX,
                rows_placed: u64::MAX,
                sha256: Digest::from_bytes([3; 32]),
            }],
            missing_glyphs: vec![MissingGlyph { code_point: "U+1F600".to_owned(), count: 2 }],
        },
    }
}

/// Bytes that differ everywhere, so that a swapped or doubled part shows.
fn document(length: usize, seed: u64) -> Bytes {
    let words = (0u64..).map(|i| (i + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31).to_le_bytes());
    words.take(length.div_ceil(8)).flatten().take(length).collect()
}

async fn put(store: &dyn ArtifactStore, key: &ArtifactKey, bytes: &Bytes, fence: u64) -> Published {
    let mut upload = store.begin(key, fence).await.unwrap();
    for chunk in bytes.chunks(300_000) {
        upload.write(Bytes::copy_from_slice(chunk)).await.unwrap();
    }
    upload.publish(&facts(bytes, fence)).await.unwrap()
}

async fn read(store: &dyn ArtifactStore, key: &ArtifactKey, range: Option<std::ops::Range<u64>>) -> Vec<u8> {
    store.read(key, range).await.unwrap().try_collect::<Vec<Bytes>>().await.unwrap().concat()
}

fn is_recent(time: DateTime<Utc>) -> bool {
    (SystemClock.now() - time).abs() < TimeDelta::minutes(1)
}

async fn publishes_and_finds(Fixture { store, _folder }: Fixture) {
    let (key, bytes) = (key("clinic", 1), document(200_000, 1));
    assert_eq!(store.find(&key).await.unwrap(), None);
    let Published::Created(stored) = put(&*store, &key, &bytes, 1).await else { panic!("the key was free") };
    assert_eq!(stored.key, key);
    assert_eq!(stored.facts, facts(&bytes, 1));
    assert_eq!(stored.tier, Tier::Hot);
    assert!(is_recent(stored.created_at), "{}", stored.created_at);
    assert_eq!(store.find(&key).await.unwrap(), Some(stored), "the answer is what the store holds");
    assert_eq!(read(&*store, &key, None).await, bytes);
}

async fn keeps_an_empty_object(Fixture { store, _folder }: Fixture) {
    let key = key("clinic", 1);
    put(&*store, &key, &Bytes::new(), 1).await;
    assert_eq!(store.find(&key).await.unwrap().unwrap().facts.size_bytes, 0);
    assert!(read(&*store, &key, None).await.is_empty());
}

async fn the_first_of_two_stays(Fixture { store, _folder }: Fixture) {
    let (key, first, second) = (key("clinic", 1), document(5_000, 1), document(6_000, 2));
    put(&*store, &key, &first, 1).await;
    let Published::AlreadyThere(stored) = put(&*store, &key, &second, 2).await else { panic!("the key was taken") };
    assert_eq!(stored.facts, facts(&first, 1));
    assert_eq!(read(&*store, &key, None).await, first);

    // The same attempt's own write, answered late, counts as its success.
    assert!(matches!(put(&*store, &key, &first, 1).await, Published::Created(_)));
}

async fn one_of_sixteen_racing_writers_wins(Fixture { store, _folder }: Fixture) {
    let key = key("clinic", 1);
    // Sizes on both sides of what Azure takes in one request.
    let writers = (1..=16u64).map(|fence| {
        let (store, key) = (store.clone(), key.clone());
        let size = if fence % 4 == 0 { 9 << 20 } else { 100_000 + fence as usize };
        tokio::spawn(async move { put(&*store, &key, &document(size, fence), fence).await })
    });
    let answers: Vec<Published> = join_all(writers).await.into_iter().map(Result::unwrap).collect();
    let created = answers.iter().filter(|answer| matches!(answer, Published::Created(_))).count();
    assert_eq!(created, 1, "{answers:?}");
    let seen: Vec<Stored> = answers.into_iter().map(Published::stored).collect();
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "everybody sees the same: {seen:?}");

    let stored = store.find(&key).await.unwrap().unwrap();
    let bytes = read(&*store, &key, None).await;
    assert_eq!(Digest::from_bytes(Sha256::digest(&bytes)), stored.facts.digest, "facts and bytes are one attempt's");
    assert_eq!(store.list(None, 10).await.unwrap().objects, [stored]);
}

async fn reads_ranges(Fixture { store, _folder }: Fixture) {
    let (key, bytes) = (key("clinic", 1), document(5_000_000, 1));
    put(&*store, &key, &bytes, 1).await;
    for range in [0..1, 0..5_000_000, 4_999_999..5_000_000, 100..4_700_000, 7..7, 5_000_000..5_000_000] {
        let part = read(&*store, &key, Some(range.clone())).await;
        assert_eq!(part, bytes[range.start as usize..range.end as usize], "{range:?}");
    }
}

async fn refuses_ranges_outside(Fixture { store, _folder }: Fixture) {
    let (key, bytes) = (key("clinic", 1), document(10, 1));
    assert!(matches!(store.read(&key, None).await.err(), Some(StoreError::Missing)));
    put(&*store, &key, &bytes, 1).await;
    #[expect(clippy::reversed_empty_ranges, reason = "a range that is no range")]
    for range in [0..11, 11..12, 5..4] {
        let error = store.read(&key, Some(range.clone())).await.err();
        assert!(matches!(error, Some(StoreError::Refused(_))), "{range:?}: {error:?}");
    }
}

async fn uploads_large_objects_in_parts(Fixture { store, _folder }: Fixture) {
    // Around the sizes where the way of uploading changes, and 20 MiB.
    for (number, size) in [4 << 20, (4 << 20) + 1, 8 << 20, (8 << 20) + 1, 20 << 20].into_iter().enumerate() {
        let (key, bytes) = (key("clinic", number as u32), document(size, 1));
        let Published::Created(stored) = put(&*store, &key, &bytes, 3).await else { panic!("the key was free") };
        assert_eq!(stored.facts, facts(&bytes, 3));
        assert_eq!(store.find(&key).await.unwrap(), Some(stored));
        assert!(read(&*store, &key, None).await == bytes, "{size} bytes came back changed");
    }
}

async fn dates_an_object_by_its_publishing(Fixture { store, _folder }: Fixture) {
    let (key, bytes) = (key("clinic", 1), document(9 << 20, 1));
    let mut upload = store.begin(&key, 1).await.unwrap();
    upload.write(bytes.clone()).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(2500)).await;
    // Services count whole seconds.
    let before = SystemClock.now() - TimeDelta::seconds(1);
    let stored = upload.publish(&facts(&bytes, 1)).await.unwrap().stored();
    assert!(stored.created_at >= before, "{} is before {before}", stored.created_at);
    assert_eq!(store.find(&key).await.unwrap(), Some(stored.clone()));
    assert_eq!(store.list(None, 10).await.unwrap().objects, [stored]);
}

async fn refuses_facts_of_another_size(Fixture { store, _folder }: Fixture) {
    let key = key("clinic", 1);
    let mut upload = store.begin(&key, 1).await.unwrap();
    upload.write(document(10, 1)).await.unwrap();
    let error = upload.publish(&facts(&document(11, 1), 1)).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)), "{error:?}");
    assert_eq!(store.find(&key).await.unwrap(), None);
}

async fn shows_nothing_before_publishing_or_after_discarding(Fixture { store, _folder }: Fixture) {
    let (key, bytes) = (key("clinic", 1), document(20 << 20, 1));
    for dropped in [false, true] {
        let mut upload = store.begin(&key, 1).await.unwrap();
        upload.write(bytes.clone()).await.unwrap();
        assert_eq!(store.find(&key).await.unwrap(), None);
        if dropped {
            drop(upload)
        } else {
            upload.discard().await
        }
        assert_eq!(store.find(&key).await.unwrap(), None);
        assert!(store.list(None, 10).await.unwrap().objects.is_empty());
    }
    // What a dead attempt left doesn't get into the next one's object.
    let next = document(9 << 20, 2);
    put(&*store, &key, &next, 2).await;
    assert!(read(&*store, &key, None).await == next);
}

async fn deletes_once(Fixture { store, _folder }: Fixture) {
    let key = key("clinic", 1);
    assert!(!store.delete(&key).await.unwrap());
    put(&*store, &key, &document(10, 1), 1).await;
    assert!(store.delete(&key).await.unwrap());
    assert!(!store.delete(&key).await.unwrap());
    assert_eq!(store.find(&key).await.unwrap(), None);
    assert!(matches!(store.read(&key, None).await.err(), Some(StoreError::Missing)));
    assert!(store.list(None, 10).await.unwrap().objects.is_empty());
}

async fn can_publish_again_after_deleting(Fixture { store, _folder }: Fixture) {
    let (key, again) = (key("clinic", 1), document(20, 2));
    put(&*store, &key, &document(10, 1), 1).await;
    store.delete(&key).await.unwrap();
    assert!(matches!(put(&*store, &key, &again, 2).await, Published::Created(_)));
    assert_eq!(store.find(&key).await.unwrap().unwrap().facts, facts(&again, 2));
}

async fn lists_in_pages(Fixture { store, _folder }: Fixture) {
    // `a-b` sorts before `a/`, and its folder after `a`'s.
    let mut keys: Vec<ArtifactKey> =
        ["a", "a-b", "a0", "b"].iter().flat_map(|tenant| (0..6).map(|number| key(tenant, number))).collect();
    for key in &keys {
        put(&*store, key, &document(10, 1), 1).await;
    }
    keys.sort();
    for limit in [1, 5, 24, 100] {
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = store.list(cursor.as_ref(), limit).await.unwrap();
            assert!(page.objects.len() <= limit);
            seen.extend(page.objects.into_iter().map(|stored| (stored.key, stored.facts)));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        let facts = facts(&document(10, 1), 1);
        assert_eq!(seen, keys.iter().map(|key| (key.clone(), facts.clone())).collect::<Vec<_>>(), "by {limit}");
    }
}

async fn answers_pings(Fixture { store, _folder }: Fixture) {
    store.ping().await.unwrap();
}

async fn sweeps_nothing_that_is_published(Fixture { store, _folder }: Fixture) {
    let (key, bytes) = (key("clinic", 1), document(10, 1));
    put(&*store, &key, &bytes, 1).await;
    assert_eq!(store.sweep(SystemClock.now() + TimeDelta::days(1)).await.unwrap(), 0);
    assert_eq!(read(&*store, &key, None).await, bytes);
    put(&*store, &key, &bytes, 2).await;
}
