//! What jobs need, going away and coming back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use pressroom::{
    catalog::{Catalog, sqlite::SqliteCatalog},
    source::{Description, Snapshot, Source, SourceError},
    sql::Statement,
    store::memory::MemoryStore,
    worker::needs::{Needs, Part},
};

/// A source that is away when told so.
#[derive(Default)]
struct Fickle {
    away: AtomicBool,
    pings: AtomicU32,
}

#[async_trait]
impl Source for Fickle {
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, SourceError> {
        unreachable!("nobody reads")
    }

    async fn describe(&self, _: &str, _: &Statement) -> Result<Description, SourceError> {
        unreachable!("nobody reads")
    }

    async fn ping(&self) -> Result<(), SourceError> {
        self.pings.fetch_add(1, Ordering::SeqCst);
        match self.away.load(Ordering::SeqCst) {
            true => Err(SourceError::Unavailable("it is away".to_owned())),
            false => Ok(()),
        }
    }
}

#[tokio::test]
async fn the_gate_is_closed_while_a_part_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = SqliteCatalog::open(folder.path().join("catalog.db").to_str().unwrap(), 2).unwrap();
    catalog.migrate().await.unwrap();
    let source = Arc::new(Fickle::default());
    let store = Arc::new(MemoryStore::new());
    let needs = Needs::new(source.clone(), store, Arc::new(catalog));
    let mut gate = needs.gate();
    needs.look().await;
    assert!(*gate.borrow(), "all is there");

    tokio::time::sleep(Duration::from_secs(1)).await;
    source.away.store(true, Ordering::SeqCst);
    let before = source.pings.load(Ordering::SeqCst);
    let asked = futures::future::join_all((0..50).map(|_| needs.is_away(Part::Source))).await;
    assert!(asked.iter().all(|away| *away));
    assert_eq!(source.pings.load(Ordering::SeqCst), before + 1, "fifty jobs that fail ask once");
    assert!(!*gate.borrow());
    assert!(!needs.is_away(Part::Store).await, "the others are there");

    source.away.store(false, Ordering::SeqCst);
    let began = Instant::now();
    tokio::time::timeout(Duration::from_secs(30), gate.wait_for(|open| *open)).await.unwrap().unwrap();
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    assert!(!needs.is_away(Part::Source).await);
}

#[tokio::test]
async fn a_part_that_answers_is_not_away() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = SqliteCatalog::open(folder.path().join("catalog.db").to_str().unwrap(), 2).unwrap();
    let source = Arc::new(Fickle::default());
    let store = Arc::new(MemoryStore::new());
    let needs = Needs::new(source, store, Arc::new(catalog));
    assert!(!needs.is_away(Part::Source).await, "one query's broken connection is no outage");
    assert!(*needs.gate().borrow());
}
