//! What every source must do, asked of SQLite and of a real MySQL or MariaDB server.

#![expect(clippy::unwrap_used, reason = "a test may fail anywhere")]

use std::{
    future::Future,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use pressroom::{
    source::{Flow, MySqlSource, Query, Result, RowSink, Snapshot, Source, SourceError, SqliteSource},
    sql::Statement,
    value::{Column, ColumnType, Columns, Row, Value},
};
use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, SqliteConnection};
use tokio_util::sync::CancellationToken;

/// A database of one test, and a way to change it behind the source's back.
enum Database {
    MySql { url: String, admin: MySqlConnection },
    Sqlite { url: String, admin: SqliteConnection, _folder: tempfile::TempDir },
}

impl Database {
    async fn mysql(name: &str) -> Self {
        let server = mysql_server();
        let url = format!("{server}/pressroom_source_{name}");
        let mut admin = MySqlConnection::connect(&server).await.expect("the server answers");
        for sql in ["DROP DATABASE IF EXISTS", "CREATE DATABASE", "USE"] {
            admin.execute(AssertSqlSafe(format!("{sql} pressroom_source_{name}"))).await.unwrap();
        }
        Self::MySql { url, admin }
    }

    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("source.db").display());
        let mut admin = SqliteConnection::connect(&format!("{url}?mode=rwc")).await.unwrap();
        // So that a writer doesn't wait for readers, which is what the snapshot test is about.
        admin.execute("PRAGMA journal_mode = WAL").await.unwrap();
        Self::Sqlite { url, admin, _folder: folder }
    }

    fn source(&self, connections: u32, limit: Duration) -> Box<dyn Source> {
        match self {
            Self::MySql { url, .. } => Box::new(MySqlSource::connect(url, connections).unwrap().with_time_limit(limit)),
            Self::Sqlite { url, .. } => Box::new(SqliteSource::open(url, connections).unwrap().with_time_limit(limit)),
        }
    }

    async fn run(&mut self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::MySql { admin, .. } => drop(admin.execute(sql).await.unwrap()),
            Self::Sqlite { admin, .. } => drop(admin.execute(sql).await.unwrap()),
        }
    }

    async fn is_mariadb(&mut self) -> bool {
        let Self::MySql { admin, .. } = self else { return false };
        let version: String = sqlx::query_scalar("SELECT VERSION()").fetch_one(admin).await.unwrap();
        version.contains("MariaDB")
    }

    /// How many queries with this word the server is running; SQLite has no server to ask.
    async fn running(&mut self, word: &str) -> i64 {
        let Self::MySql { admin, .. } = self else { return 0 };
        let sql = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE ? AND id <> CONNECTION_ID()";
        sqlx::query_scalar(sql).bind(format!("%{word}%")).fetch_one(admin).await.unwrap()
    }
}

#[expect(clippy::disallowed_methods, reason = "tests find the services that ./test started")]
fn mysql_server() -> String {
    std::env::var("PRESSROOM_TEST_MYSQL_URL").expect("PRESSROOM_TEST_MYSQL_URL is not set: run ./test")
}

/// Runs one test over both databases.
async fn both<F: Future<Output = ()>>(name: &str, test: impl Fn(Database) -> F) {
    test(Database::sqlite().await).await;
    test(Database::mysql(name).await).await;
}

/// Keeps what it is given, and has enough after so many batches.
#[derive(Default)]
struct Kept {
    columns: Vec<Column>,
    batches: Vec<usize>,
    rows: Vec<Row>,
    enough: Option<usize>,
}

#[async_trait]
impl RowSink for Kept {
    async fn columns(&mut self, columns: Columns) -> Flow {
        assert!(self.columns.is_empty() && self.rows.is_empty(), "columns come once and first");
        self.columns = columns.to_vec();
        if self.enough == Some(0) { Flow::Stop } else { Flow::Continue }
    }

    async fn rows(&mut self, batch: Vec<Row>) -> Flow {
        assert!(!batch.is_empty());
        self.batches.push(batch.len());
        self.rows.extend(batch);
        if self.enough.is_some_and(|enough| self.batches.len() >= enough) { Flow::Stop } else { Flow::Continue }
    }
}

fn query(sql: &str, values: &[Value]) -> Query {
    let statement = Statement::parse(sql).unwrap_or_else(|fault| panic!("{fault}"));
    Query { dataset: "people".into(), statement: Arc::new(statement), values: values.to_vec() }
}

async fn stream(snapshot: &mut dyn Snapshot, sql: &str, values: &[Value]) -> Result<Kept> {
    let mut kept = Kept::default();
    snapshot.stream(&query(sql, values), &CancellationToken::new(), &mut kept).await?;
    Ok(kept)
}

async fn select(source: &dyn Source, sql: &str, values: &[Value]) -> Result<Kept> {
    let mut snapshot = source.snapshot().await?;
    let kept = stream(&mut *snapshot, sql, values).await?;
    snapshot.finish().await?;
    Ok(kept)
}

fn shown(rows: &[Row]) -> String {
    let line = |row: &Row| row.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(" ");
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// `SELECT` of 10^`power` rows, numbered from 0 in a column `n`, in SQL that every database knows.
fn numbers(power: usize, columns: &str) -> String {
    let digits = (1..10).map(|digit| format!(" UNION ALL SELECT {digit}")).collect::<String>();
    let tables: Vec<String> = (0..power).map(|i| format!("digits AS d{i}")).collect();
    let number: Vec<String> = (0..power).map(|i| format!("d{i}.x * {}", 10_u64.pow(i as u32))).collect();
    format!(
        "WITH digits AS (SELECT 0 AS x{digits}) SELECT {} AS n{columns} FROM {}",
        number.join(" + "),
        tables.join(" CROSS JOIN ")
    )
}

/// A query that computes for hours before its first row.
fn endless(word: &str) -> String {
    format!("SELECT COUNT(*) AS {word} FROM ({}) AS numbered WHERE n < 0", numbers(12, ""))
}

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn rows_come_in_batches_after_their_columns() {
    both("batches", async |database| {
        let source = database.source(2, HOUR);
        source.ping().await.unwrap();
        let kept = select(&*source, &numbers(3, ", 'x' AS letter"), &[]).await.unwrap();
        assert_eq!(kept.batches, [256, 256, 256, 232]);
        assert_eq!(kept.columns.iter().map(|column| &*column.name).collect::<Vec<_>>(), ["n", "letter"]);
        let mut numbers: Vec<String> = kept.rows.iter().map(|row| row[0].to_string()).collect();
        numbers.sort_by_key(|number| number.parse::<u64>().unwrap());
        assert!(numbers.iter().enumerate().all(|(i, number)| *number == i.to_string()));

        let none = select(&*source, &format!("{} WHERE d0.x > :most", numbers3()), &[Value::Int(9)]).await.unwrap();
        assert_eq!((none.columns.len(), none.rows.len()), (1, 0), "an empty result has columns");
    })
    .await;
}

fn numbers3() -> String {
    numbers(3, "")
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
        let date = |text: &str| Value::Date(text.parse().unwrap());
        assert_eq!(ids("name = :n", &[Value::text("O'Brien; --")]).await, "2");
        assert_eq!(ids("name = :n OR name = :m", &[Value::text("' OR 1=1 -- "), Value::text("Ann")]).await, "1");
        assert_eq!(
            ids("id >= :a AND id <= :b OR id = :a", &[1.into_value(), 2.into_value(), 1.into_value()]).await,
            "1,2"
        );
        assert_eq!(ids("born >= :from AND born < :to", &[date("2000-01-31"), date("2001-12-31")]).await, "1");
        assert_eq!(ids("price = :p", &[Value::Decimal("1.5".parse().unwrap())]).await, "1");
        assert_eq!(ids("price > :p", &[Value::Decimal("3".parse().unwrap())]).await, "2");
        assert_eq!(ids("id IN (:ids)", &[Value::List(vec![3.into_value(), 1.into_value()])]).await, "1,3");
        assert_eq!(ids("id IN (:ids)", &[Value::List(Vec::new())]).await, "");
        assert_eq!(
            ids("id NOT IN (:ids) AND id = :i", &[Value::List(vec![3.into_value()]), 2.into_value()]).await,
            "2"
        );
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

trait IntoValue {
    fn into_value(self) -> Value;
}

impl IntoValue for i64 {
    fn into_value(self) -> Value {
        Value::Int(self)
    }
}

#[tokio::test]
async fn what_the_database_refuses_is_told_with_its_place() {
    both("refused", async |mut database| {
        database.run("CREATE TABLE t (id INTEGER, name VARCHAR(40))").await;
        let source = database.source(1, HOUR);
        for (sql, word) in [
            ("SELECT id, -- the name\n  nome\nFROM t WHERE id = :id", "nome"),
            ("SELECT id FROM t WHERE id = :id AND t.nome = 1", "nome"),
            ("SELECT id FROM tt WHERE id = :id", "tt"),
            ("SELECT id FORM t WHERE id = :id", "FORM"),
        ] {
            let statement = Statement::parse(sql).unwrap();
            let described = source.describe("people", &statement).await.unwrap_err();
            let streamed = select(&*source, sql, &[Value::Int(1)]).await.err().unwrap();
            for error in [described, streamed] {
                let SourceError::Refused { dataset, message, offset } = &error else { panic!("{sql}: {error:?}") };
                assert_eq!(dataset, "people");
                assert!(message.len() < 120, "{message}");
                // MySQL finds FORM to be an alias and stumbles over the word after it.
                let at = &sql[offset.unwrap_or_else(|| panic!("{sql}: no place in {message}"))..];
                assert!(at.starts_with(word) || at.starts_with("t WHERE"), "{sql}: {message}: {at}");
            }
        }
        let twice = "SELECT id, name AS id FROM t";
        let described = source.describe("people", &Statement::parse(twice).unwrap()).await.unwrap_err();
        let streamed = select(&*source, twice, &[]).await.err().unwrap();
        for error in [described, streamed] {
            assert!(matches!(&error, SourceError::Decode { column, .. } if column == "id"), "{error}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_goes_wrong_while_running_repeats_no_value() {
    let database = Database::mysql("values").await;
    let error =
        select(&*database.source(1, HOUR), "SELECT EXP(:power) AS e", &[Value::Int(98_765)]).await.err().unwrap();
    assert!(matches!(error, SourceError::Refused { .. }) && !error.to_string().contains("98765"), "{error}");
    let database = Database::sqlite().await;
    let error =
        select(&*database.source(1, HOUR), "SELECT json_extract('{}', :path) AS e", &[Value::text("secret")]).await;
    let error = error.err().unwrap();
    assert!(matches!(error, SourceError::Refused { .. }) && !error.to_string().contains("secret"), "{error}");
}

#[tokio::test]
async fn describing_runs_nothing() {
    both("describe", async |database| {
        let source = database.source(1, HOUR);
        let started = Instant::now();
        let sql = format!("{} WHERE :x = 1", numbers(12, ", 'x' AS letter"));
        let described = source.describe("people", &Statement::parse(&sql).unwrap()).await.unwrap();
        assert_eq!(described.columns.iter().map(|column| &*column.name).collect::<Vec<_>>(), ["n", "letter"]);
        assert!(started.elapsed() < Duration::from_secs(2));
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
            assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
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
                if matches!(database, Database::MySql { .. }) {
                    assert_eq!(database.running("cancelled_soon").await, 1);
                }
                cancel.cancel();
                Instant::now()
            });
            let took = ended.elapsed();
            assert!(matches!(outcome, Err(SourceError::Cancelled)), "{outcome:?}");
            assert!(started.elapsed() > Duration::from_millis(300) && took < Duration::from_millis(200), "{took:?}");
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
        assert!(started.elapsed() < Duration::from_millis(500), "`{word}` is still running");
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
        assert!((400..900).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
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
            assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
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
    })
    .await;
}

/// Counts, and looks at this process's memory.
#[derive(Default)]
struct Counter {
    rows: u64,
    batches: u64,
    most: u64,
}

#[async_trait]
impl RowSink for Counter {
    async fn columns(&mut self, _: Columns) -> Flow {
        Flow::Continue
    }

    async fn rows(&mut self, batch: Vec<Row>) -> Flow {
        self.rows += batch.len() as u64;
        self.batches += 1;
        if self.batches.is_multiple_of(64) {
            self.most = self.most.max(resident());
        }
        Flow::Continue
    }
}

/// Resident memory in bytes.
fn resident() -> u64 {
    let pages: u64 = std::fs::read_to_string("/proc/self/statm").unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
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

#[tokio::test]
async fn mysql_fields_of_every_type() {
    let mut database = Database::mysql("types").await;
    database
        .run(
            "CREATE TABLE t (i8 TINYINT, u8 TINYINT UNSIGNED, i16 SMALLINT, u24 MEDIUMINT UNSIGNED, i24 MEDIUMINT, \
             i64 BIGINT, u64 BIGINT UNSIGNED, truth BOOLEAN, y YEAR, bits BIT(12), f FLOAT, d DOUBLE, \
             exact DECIMAL(38,10), day DATE, span TIME(3), at DATETIME(6), stamp TIMESTAMP(3) NULL, \
             word VARCHAR(20) COLLATE utf8mb4_bin, kind ENUM('a','ü'), tags SET('x','y'), doc JSON, raw BLOB, \
             fixed BINARY(3), long_text LONGTEXT) CHARACTER SET utf8mb4",
        )
        .await;
    database
        .run(
            "INSERT INTO t VALUES (-128, 255, -32768, 16777215, -8388608, -9223372036854775808, 18446744073709551615, \
             TRUE, 2026, b'100000000001', 0.1, 0.1, 12345678901234567890.0123456789, '2024-02-29', '-838:59:59', \
             '2026-06-30 23:59:59.123456', '2026-06-30 12:00:00.5', 'Ελένη', 'ü', 'x,y', '{\"a\": 1}', 0x00ff, 'ab', '東')",
        )
        .await;
    database.run("SET sql_mode = ''").await;
    database.run("INSERT INTO t (day, at, stamp, truth) VALUES ('0000-00-00', '2026-00-00', 0, 7)").await;
    let source = database.source(1, HOUR);
    let kept = select(&*source, "SELECT * FROM t ORDER BY i8 DESC", &[]).await.unwrap();
    expect_test::expect![[r#"
        Int(-128)
        Int(255)
        Int(-32768)
        Int(16777215)
        Int(-8388608)
        Int(-9223372036854775808)
        UInt(18446744073709551615)
        Bool(true)
        Int(2026)
        Int(2049)
        Float(0.1)
        Float(0.1)
        Decimal(BigDecimal(sign=Plus,
        scale=10,
        digits=[14083847772726154517,
        6692605942]))
        Date(2024-02-29)
        Time(-3020399000000)
        DateTime(2026-06-30T23:59:59.123456)
        Instant(2026-06-30T12:00:00.500Z)
        Text("Ελένη")
        Text("ü")
        Text("x,y")
        Text("{\"a\":
        1}")
        Bytes([0,
        255])
        Bytes([97,
        98,
        0])
        Text("東")
        Null
        Null
        Null
        Null
        Null
        Null
        Null
        Int(7)
        Null
        Null
        Null
        Null
        Null
        Null
        Null
        Null
        Null
        Null
        Null
        Null
        Null
        Null
        Null
        Null"#]]
    .assert_eq(&shown(&kept.rows).replace(' ', "\n"));

    let kinds: Vec<ColumnType> = kept.columns.iter().map(|column| column.kind).collect();
    let statement = Statement::parse("SELECT * FROM t ORDER BY i8 DESC").unwrap();
    let described = source.describe("people", &statement).await.unwrap();
    assert_eq!(described.columns.iter().map(|column| column.kind).collect::<Vec<_>>(), kinds);
    expect_test::expect!["[Integer, Integer, Integer, Integer, Integer, Integer, Integer, Boolean, Integer, Integer, Float, Float, Decimal, Date, Time, Datetime, Datetime, Text, Text, Text, Text, Bytes, Bytes, Text]"].assert_eq(&format!("{kinds:?}"));

    let sums = "SELECT SUM(exact) AS s, AVG(i8) AS a, COUNT(*) AS c, SUM(i8) AS i, NULL AS n, 1 = 1 AS b FROM t";
    let kept = select(&*source, sums, &[]).await.unwrap();
    expect_test::expect!["12345678901234567890.0123456789 | -128.0000 | 2 | -128 |  | 1"]
        .assert_eq(&kept.rows[0].iter().map(Value::to_string).collect::<Vec<_>>().join(" | "));

    let error = select(&*source, "SELECT ST_GeomFromText('POINT(1 2)') AS place", &[]).await.err().unwrap();
    assert_eq!(
        error.to_string(),
        "column `place` of dataset `people` can't be read: a geometry; select ST_AsText(…) of it"
    );
}

#[tokio::test]
async fn mariadb_identifiers_and_addresses_are_text() {
    let mut database = Database::mysql("mariadb").await;
    if !database.is_mariadb().await {
        return;
    }
    database.run("CREATE TABLE t (id UUID, address INET6, bytes BINARY(16))").await;
    database
        .run("INSERT INTO t VALUES ('12345678-1234-7abc-8def-1234567890ab', '2001:db8::1', 0x00112233445566778899aabbccddeeff)")
        .await;
    let kept = select(&*database.source(1, HOUR), "SELECT * FROM t", &[]).await.unwrap();
    expect_test::expect![[r#"
        Text("12345678-1234-7abc-8def-1234567890ab")
        Text("2001:db8::1")
        Bytes([0, 17, 34, 51, 68, 85, 102, 119, 136, 153, 170, 187, 204, 221, 238, 255])"#]]
    .assert_eq(&shown(&kept.rows).replace(") ", ")\n"));
}

#[tokio::test]
async fn mysql_sessions_speak_utc_and_mysqls_own_dialect() {
    let source = Database::mysql("session").await.source(1, HOUR);
    let sql = "SELECT UNIX_TIMESTAMP('2026-01-01 00:00:00') AS s, 'a' || 'b' AS o";
    let kept = select(&*source, sql, &[]).await.unwrap();
    assert_eq!(kept.rows[0].iter().map(Value::to_string).collect::<Vec<_>>(), ["1767225600", "0"]);
}

#[tokio::test]
async fn mysql_snapshots_refuse_to_write() {
    let mut database = Database::mysql("readonly").await;
    database.run("CREATE TABLE t (id INTEGER)").await;
    database
        .run("CREATE FUNCTION sneaky() RETURNS INT MODIFIES SQL DATA BEGIN INSERT INTO t VALUES (1); RETURN 1; END")
        .await;
    let error = select(&*database.source(1, HOUR), "SELECT sneaky() AS x", &[]).await.err().unwrap();
    assert!(error.to_string().contains("READ ONLY"), "{error}");
    assert!(select(&*database.source(1, HOUR), "SELECT id FROM t", &[]).await.unwrap().rows.is_empty());
}

#[tokio::test]
async fn sqlite_fields_as_stored_with_their_declaration_as_a_hint() {
    let mut database = Database::sqlite().await;
    database
        .run(
            "CREATE TABLE t (id INTEGER, truth BOOLEAN, price DECIMAL(10,2), rate NUMERIC, day DATE, at DATETIME, \
             stamp TIMESTAMP, span TIME, word VARCHAR(20), raw BLOB, anything)",
        )
        .await;
    database
        .run(
            "INSERT INTO t VALUES (1, 1, 12.5, 0.125, '2024-02-29', '2026-06-30 10:30:00', '2026-06-30T10:30:00Z', \
             '10:30', 'Ελένη', x'00ff', 1.5)",
        )
        .await;
    database.run("INSERT INTO t VALUES (2, 7, 3, 'n/a', 'soon', 20260630, NULL, NULL, 5, 'text', '2024-02-29')").await;
    database.run("CREATE VIEW v AS SELECT id AS number, price AS cost, price * 2 AS twice, MAX(day) AS last FROM t GROUP BY id").await;
    let source = database.source(1, HOUR);
    let kept = select(&*source, "SELECT * FROM t ORDER BY id", &[]).await.unwrap();
    expect_test::expect![[r#"
        Int(1)
        Bool(true)
        Decimal(BigDecimal(sign=Plus, scale=2, digits=[1250]))
        Decimal(BigDecimal(sign=Plus, scale=3, digits=[125]))
        Date(2024-02-29)
        DateTime(2026-06-30T10:30:00)
        Instant(2026-06-30T10:30:00Z)
        Time(37800000000)
        Text("Ελένη")
        Bytes([0, 255])
        Float(1.5)
        Int(2)
        Int(7)
        Decimal(BigDecimal(sign=Plus, scale=2, digits=[300]))
        Text("n/a")
        Text("soon")
        Int(20260630)
        Null Null Text("5")
        Text("text")
        Text("2024-02-29")"#]]
    .assert_eq(&shown(&kept.rows).replace(") ", ")\n"));
    let kept = select(&*source, "SELECT * FROM v ORDER BY number", &[]).await.unwrap();
    expect_test::expect![[r#"
        Int(1) Decimal(BigDecimal(sign=Plus, scale=2, digits=[1250])) Float(25.0) Text("2024-02-29")
        Int(2) Decimal(BigDecimal(sign=Plus, scale=2, digits=[300])) Int(6) Text("soon")"#]]
    .assert_eq(&shown(&kept.rows));

    let statement =
        Statement::parse("SELECT price, at, price + 1 AS more, (SELECT day FROM t LIMIT 1) AS d FROM t").unwrap();
    let described = source.describe("people", &statement).await.unwrap();
    let kinds: Vec<ColumnType> = described.columns.iter().map(|column| column.kind).collect();
    assert_eq!(kinds, [ColumnType::Decimal, ColumnType::Datetime, ColumnType::Unknown, ColumnType::Date]);

    database.run("UPDATE t SET word = CAST(x'ff' AS TEXT)").await;
    let error = select(&*source, "SELECT word FROM t", &[]).await.err().unwrap();
    assert_eq!(error.to_string(), "column `word` of dataset `people` can't be read: text that is not UTF-8");
}

#[tokio::test]
async fn a_missing_file_is_told_with_its_remedy() {
    let error = SqliteSource::open("sqlite:///nowhere/clinic.db", 1).err().unwrap().to_string();
    assert!(error.contains("`/nowhere/clinic.db`") && error.contains("pressroom demo load"), "{error}");
    assert!(!Path::new("/nowhere").exists());
    for url in ["mysql://h/d", "sqlite::memory:"] {
        assert!(SqliteSource::open(url, 1).is_err(), "{url}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("not.db");
    std::fs::write(&path, "this is no database, only a text that is long enough to be read as one".repeat(9)).unwrap();
    let error = SqliteSource::open(&format!("sqlite://{}", path.display()), 1).unwrap().ping().await.unwrap_err();
    assert!(matches!(&error, SourceError::Unavailable(why) if why.contains("not a database")), "{error}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_told_within_a_second() {
    let started = Instant::now();
    let refused =
        MySqlSource::connect("mysql://clinic:sesame@127.0.0.1:1/clinic", 2).unwrap().ping().await.unwrap_err();
    assert!(refused.to_string().contains("127.0.0.1:1: Connection refused"), "{refused}");

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("mysql://clinic:sesame@{}/clinic", listener.local_addr().unwrap());
    let silent = MySqlSource::connect(&silent, 2).unwrap().ping().await.unwrap_err();
    assert!(silent.to_string().contains("no answer from 127.0.0.1:"), "{silent}");
    assert!(started.elapsed() < Duration::from_millis(1500), "{:?}", started.elapsed());

    let address = mysql_server().rsplit_once('@').unwrap().1.to_owned();
    let wrong = MySqlSource::connect(&format!("mysql://nobody:sesame@{address}/clinic"), 2).unwrap();
    let wrong = wrong.ping().await.unwrap_err();
    assert!(wrong.to_string().contains("refuses the user or the password"), "{wrong}");
    let missing = MySqlSource::connect(&format!("{}/pressroom_is_not_here", mysql_server()), 2).unwrap();
    let missing = missing.snapshot().await.err().unwrap();
    assert!(missing.to_string().contains("Unknown database 'pressroom_is_not_here'"), "{missing}");
    for error in [refused, silent, wrong, missing] {
        assert!(matches!(error, SourceError::Unavailable(_)) && !error.to_string().contains("sesame"), "{error}");
    }
}
