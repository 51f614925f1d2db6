//! Rows, parameters, descriptions and snapshots.

use std::time::{Duration, Instant};

use pressroom::{sql::Statement, value::Value};
use tokio_util::sync::CancellationToken;

use crate::database::*;

#[tokio::test]
async fn rows_come_in_batches_after_their_columns() {
    both("batches", async |database| {
        let source = database.source(2, HOUR);
        source.ping().await.unwrap();
        let kept = select(&*source, &numbers(3, ", 'x' AS letter"), &[]).await.unwrap();
        assert_eq!(kept.batches, [256, 256, 256, 232]);
        assert_eq!(kept.columns.iter().map(|column| &*column.name).collect::<Vec<_>>(), ["n", "letter"]);
        let mut read: Vec<String> = kept.rows.iter().map(|row| row[0].to_string()).collect();
        read.sort_by_key(|number| number.parse::<u64>().unwrap());
        assert!(read.iter().enumerate().all(|(i, number)| *number == i.to_string()));

        let none = select(&*source, &format!("{} WHERE d0.x > :most", numbers(3, "")), &[Value::Int(9)]).await.unwrap();
        assert_eq!((none.columns.len(), none.rows.len()), (1, 0), "an empty result has columns");
    })
    .await;
}

#[tokio::test]
async fn parameters_are_bound_and_lists_fill_several() {
    both("parameters", async |mut database| {
        database.run("CREATE TABLE t (id INTEGER, name VARCHAR(40), born DATE, price DECIMAL(10,2))").await;
        database
            .run(
                "INSERT INTO t VALUES (1, 'Ann', '2000-01-31', 1.50), (2, 'O''Brien; --', '2001-12-31', 20), \
                  (3, NULL, NULL, NULL)",
            )
            .await;
        let source = database.source(1, HOUR);
        let ids = async |sql: &str, values: &[Value]| {
            let sql = format!("SELECT id FROM t WHERE {sql} ORDER BY id");
            let kept = select(&*source, &sql, values).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
            kept.rows.iter().map(|row| row[0].to_string()).collect::<Vec<_>>().join(",")
        };
        let int = Value::Int;
        let date = |text: &str| Value::Date(text.parse().unwrap());
        assert_eq!(ids("name = :n", &[Value::text("O'Brien; --")]).await, "2");
        assert_eq!(ids("name = :n OR name = :m", &[Value::text("' OR 1=1 -- "), Value::text("Ann")]).await, "1");
        assert_eq!(ids("id >= :a AND id <= :b OR id = :a", &[int(1), int(2), int(1)]).await, "1,2");
        assert_eq!(ids("born >= :from AND born < :to", &[date("2000-01-31"), date("2001-12-31")]).await, "1");
        assert_eq!(ids("price = :p", &[Value::Decimal("1.5".parse().unwrap())]).await, "1");
        assert_eq!(ids("price > :p", &[Value::Decimal("3".parse().unwrap())]).await, "2");
        assert_eq!(ids("id IN (:ids)", &[Value::List(vec![int(3), int(1)])]).await, "1,3");
        assert_eq!(ids("id IN (:ids)", &[Value::List(Vec::new())]).await, "");
        assert_eq!(ids("id NOT IN (:ids) AND id = :i", &[Value::List(vec![int(3)]), int(2)]).await, "2");
        assert_eq!(ids("name = :n OR :m IS NULL", &[Value::Null, Value::Null]).await, "1,2,3");

        let error = select(&*source, "SELECT :a + :b AS c", &[Value::Int(1)]).await.err().unwrap();
        assert_eq!(
            error.to_string(),
            "the database refused dataset `people`: it names 2 parameters and 1 values were given"
        );
        assert_eq!(ids("1 = 1", &[]).await, "1,2,3", "and the source goes on");
    })
    .await;
}

#[tokio::test]
async fn describing_runs_nothing() {
    both("describe", async |database| {
        let source = database.source(1, HOUR);
        let started = Instant::now();
        let sql = format!("{} WHERE :x = 1", numbers(12, ", 'x' AS letter"));
        let described = source.describe("people", &Statement::parse(&sql).unwrap()).await.unwrap();
        assert_eq!(described.columns.iter().map(|column| &*column.name).collect::<Vec<_>>(), ["n", "letter"]);
        // To run it would take hours.
        assert!(started.elapsed() < Duration::from_secs(20));
    })
    .await;
}

#[tokio::test]
async fn a_snapshot_does_not_see_later_commits() {
    both("snapshot", async |mut database| {
        database.run("CREATE TABLE t (id INTEGER)").await;
        database.run("INSERT INTO t VALUES (1)").await;
        let source = database.source(2, HOUR);
        let mut early = source.snapshot().await.unwrap();
        database.run("INSERT INTO t VALUES (2)").await;
        let mut late = source.snapshot().await.unwrap();
        database.run("DELETE FROM t WHERE id = 1").await;
        for _ in 0..2 {
            assert_eq!(shown(&stream(&mut *early, "SELECT id FROM t", &[]).await.unwrap().rows), "Int(1)");
            assert_eq!(shown(&stream(&mut *late, "SELECT id FROM t", &[]).await.unwrap().rows), "Int(1)\nInt(2)");
        }
        assert!(early.taken_at() <= late.taken_at());
        assert!(early.taken_at().timestamp() > 1_700_000_000);
        early.finish().await.unwrap();
        late.finish().await.unwrap();
        assert_eq!(shown(&select(&*source, "SELECT id FROM t", &[]).await.unwrap().rows), "Int(2)");
    })
    .await;
}

#[tokio::test]
async fn many_at_once_share_few_connections() {
    both("many", async |database| {
        let source = database.source(2, HOUR);
        let sql = numbers(3, "");
        let all = futures::future::join_all((0..20).map(|_| select(&*source, &sql, &[]))).await;
        assert!(all.into_iter().all(|kept| kept.unwrap().rows.len() == 1000));

        let _first = source.snapshot().await.unwrap();
        let _second = source.snapshot().await.unwrap();
        let error = source.snapshot().await.err().unwrap();
        assert_eq!(error.to_string(), "the source is not reachable: all 2 connections are in use");
        source.ping().await.expect("busy is not broken");
    })
    .await;
}

#[tokio::test]
async fn a_million_rows_take_no_more_memory_than_a_few() {
    both("million", async |database| {
        let source = database.source(1, HOUR);
        let columns = ", 'a text of some length' AS a, 'another one, longer than the first' AS b, d0.x / 10.0 AS c";
        select(&*source, &numbers(4, columns), &[]).await.unwrap();
        let (mut counter, before, started) = (Counter::default(), resident(), Instant::now());
        let mut snapshot = source.snapshot().await.unwrap();
        let million = query(&numbers(6, columns), &[]);
        snapshot.stream(&million, &CancellationToken::new(), &mut counter).await.unwrap();
        let grown = counter.most.saturating_sub(before) as f64 / 1e6;
        println!("{:.0} rows/s, {grown:.1} MB more", counter.rows as f64 / started.elapsed().as_secs_f64());
        assert_eq!(counter.rows, 1_000_000);
        // Kept, they would be 200 MB. Tests that run beside this one in the same process take a little.
        assert!(grown < 40.0, "{grown} MB more");
    })
    .await;
}
