//! Queries that end before their last row.

use std::time::{Duration, Instant};

use pressroom::{source::SourceError, value::Value};
use tokio_util::sync::CancellationToken;

use crate::database::*;

/// What a busy machine may need to end a query; let go on, each of these here takes minutes at least.
const AT_ONCE: Duration = Duration::from_secs(10);

/// A query that computes for hours before its first row.
fn endless(word: &str) -> String {
    format!("SELECT COUNT(*) AS {word} FROM ({}) AS numbered WHERE n < 0", numbers(12, ""))
}

#[tokio::test]
async fn a_sink_that_has_enough_ends_the_query_and_the_snapshot_goes_on() {
    both("enough", async |mut database| {
        // One connection: were it left half read, what follows would hang or see the wrong rows.
        let source = database.source(1, HOUR);
        let mut snapshot = source.snapshot().await.unwrap();
        for enough in [1, 0, 3] {
            let started = Instant::now();
            let mut kept = Kept { enough: Some(enough), ..Kept::default() };
            let many = query(&numbers(9, " , 'x' AS enough_is_enough"), &[]);
            snapshot.stream(&many, &CancellationToken::new(), &mut kept).await.unwrap();
            assert_eq!(kept.batches.len(), enough);
            assert_eq!(database.running("enough_is_enough").await, 0);
            let next = stream(&mut *snapshot, "SELECT 42 AS x", &[]).await.unwrap();
            assert_eq!(shown(&next.rows), "Int(42)");
            assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
        }
        snapshot.finish().await.unwrap();
        assert_eq!(select(&*source, "SELECT 1 AS x", &[]).await.unwrap().rows.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn cancelling_ends_the_query_on_the_server_at_once() {
    both("cancel", async |mut database| {
        let source = database.source(1, HOUR);
        for sql in [endless("cancelled_soon"), numbers(9, ", 'x' AS cancelled_soon")] {
            let mut snapshot = source.snapshot().await.unwrap();
            let cancel = CancellationToken::new();
            let (mut kept, query) = (Counter::default(), query(&sql, &[]));
            let started = Instant::now();
            let (outcome, ended) = tokio::join!(snapshot.stream(&query, &cancel, &mut kept), async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                while matches!(database, Database::MySql { .. }) && database.running("cancelled_soon").await == 0 {
                    assert!(started.elapsed() < AT_ONCE, "it never began");
                }
                cancel.cancel();
                Instant::now()
            });
            let took = ended.elapsed();
            assert!(matches!(outcome, Err(SourceError::Cancelled)), "{outcome:?}");
            assert!(started.elapsed() > Duration::from_millis(300) && took < AT_ONCE, "{took:?}");
            gone(&mut database, "cancelled_soon").await;
            let over = stream(&mut *snapshot, "SELECT 1 AS x", &[]).await.err().unwrap();
            assert!(matches!(over, SourceError::Unavailable(_)), "{over}");
            drop(snapshot);
            assert_eq!(select(&*source, "SELECT 1 AS x", &[]).await.unwrap().rows.len(), 1);
        }
        let (cancel, mut kept) = (CancellationToken::new(), Kept::default());
        cancel.cancel();
        let mut snapshot = source.snapshot().await.unwrap();
        let outcome = snapshot.stream(&query("SELECT 1 AS x", &[]), &cancel, &mut kept).await;
        assert!(matches!(outcome, Err(SourceError::Cancelled)) && kept.columns.is_empty());
    })
    .await;
}

/// The server's list follows within a moment.
async fn gone(database: &mut Database, word: &str) {
    let started = Instant::now();
    while database.running(word).await > 0 {
        assert!(started.elapsed() < AT_ONCE, "`{word}` is still running");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_query_that_takes_too_long_is_stopped() {
    both("timeout", async |mut database| {
        let source = database.source(1, Duration::from_millis(400));
        let started = Instant::now();
        let error = select(&*source, &endless("takes_too_long"), &[]).await.err().unwrap();
        assert!(matches!(&error, SourceError::Timeout { limit, .. } if limit.as_millis() == 400), "{error}");
        let took = started.elapsed();
        assert!(took >= Duration::from_millis(400) && took < AT_ONCE, "{took:?}");
        gone(&mut database, "takes_too_long").await;
        assert_eq!(select(&*source, "SELECT 1 AS x", &[]).await.unwrap().rows.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn sessions_carry_the_limit_so_that_a_query_ends_without_its_worker() {
    let mut database = Database::mysql("backstop").await;
    let is_mariadb = database.is_mariadb().await;
    let sql = if is_mariadb {
        "SELECT variable_value AS v FROM information_schema.session_variables WHERE variable_name = 'max_statement_time'"
    } else {
        "SELECT variable_value AS v FROM performance_schema.session_variables WHERE variable_name = 'max_execution_time'"
    };
    let kept = select(&*database.source(1, Duration::from_secs(7)), sql, &[]).await.unwrap();
    assert_eq!(kept.rows[0][0], Value::text(if is_mariadb { "7.000000" } else { "7000" }));
}

#[tokio::test]
async fn a_dropped_stream_leaves_nothing_behind() {
    both("dropped", async |mut database| {
        let source = database.source(1, HOUR);
        for sql in [endless("dropped_midway"), numbers(9, ", 'x' AS dropped_midway")] {
            let mut snapshot = source.snapshot().await.unwrap();
            let (mut kept, cancel, query) = (Counter::default(), CancellationToken::new(), query(&sql, &[]));
            let stream = snapshot.stream(&query, &cancel, &mut kept);
            assert!(tokio::time::timeout(Duration::from_millis(200), stream).await.is_err());
            drop(snapshot);
            let started = Instant::now();
            assert_eq!(select(&*source, "SELECT 1 AS x", &[]).await.unwrap().rows.len(), 1);
            assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
            gone(&mut database, "dropped_midway").await;
        }
        // An idle one, never finished: its transaction must not go on in the pool.
        database.run("CREATE TABLE t (id INTEGER)").await;
        let mut snapshot = source.snapshot().await.unwrap();
        stream(&mut *snapshot, "SELECT id FROM t", &[]).await.unwrap();
        drop(snapshot);
        database.run("INSERT INTO t VALUES (1)").await;
        assert_eq!(select(&*source, "SELECT id FROM t", &[]).await.unwrap().rows.len(), 1);
    })
    .await;
}
