//! The demo clinic: the same on every database, and its reports read it alike.

#![expect(clippy::unwrap_used, reason = "a test may fail anywhere")]

use std::{collections::BTreeMap, path::Path, sync::Arc};

use async_trait::async_trait;
use pressroom::{
    demo,
    source::{FixtureSource, Flow, MySqlSource, Query, RowSink, Source, SourceError, SqliteSource},
    sql::Statement,
    value::{Columns, Row, Value},
};
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection};
use tokio_util::sync::CancellationToken;

/// Enough that every report has rows, few enough that it loads at once.
const PATIENTS: u64 = 60;

#[derive(Default)]
struct Table {
    names: Vec<String>,
    rows: Vec<Row>,
}

#[async_trait]
impl RowSink for Table {
    async fn columns(&mut self, columns: Columns) -> Flow {
        self.names = columns.iter().map(|column| column.name.to_string()).collect();
        Flow::Continue
    }

    async fn rows(&mut self, batch: Vec<Row>) -> Flow {
        self.rows.extend(batch);
        Flow::Continue
    }
}

async fn select(source: &dyn Source, sql: &str, parameters: &BTreeMap<&str, Value>) -> Result<Table, SourceError> {
    let statement = Statement::parse(sql).unwrap_or_else(|fault| panic!("{fault}"));
    let values = statement.binds().iter().map(|bind| parameters[&*bind.name].clone()).collect();
    let query = Query { dataset: "test".into(), statement: Arc::new(statement), values };
    let mut table = Table::default();
    let mut snapshot = source.snapshot().await?;
    snapshot.stream(&query, &CancellationToken::new(), &mut table).await?;
    snapshot.finish().await?;
    Ok(table)
}

/// A MySQL database of this test's own that is dropped by its next run.
async fn mysql(name: &str) -> String {
    let server = mysql_server();
    let database = format!("pressroom_demo_{name}");
    let mut connection = MySqlConnection::connect(&server).await.expect("the server answers");
    connection.execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS {database}"))).await.unwrap();
    format!("{server}/{database}")
}

#[expect(clippy::disallowed_methods, reason = "tests find the services that ./test started")]
fn mysql_server() -> String {
    std::env::var("PRESSROOM_TEST_MYSQL_URL").expect("PRESSROOM_TEST_MYSQL_URL is not set: run ./test")
}

fn sqlite(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("new/folder/demo.db").display())
}

async fn load(url: &str, patients: u64) -> demo::Summary {
    demo::load(url, patients, &mut |_| ()).await.unwrap_or_else(|error| panic!("{error}"))
}

/// SHA-256 over every field of every table.
async fn digest(source: &dyn Source, summary: &demo::Summary) -> String {
    let mut hash = Sha256::new();
    for loaded in &summary.tables {
        let sql = format!("SELECT * FROM {} ORDER BY 1", loaded.table);
        let table = select(source, &sql, &BTreeMap::new()).await.unwrap();
        assert_eq!(table.rows.len() as u64, loaded.rows, "{}", loaded.table);
        hash.update(table.names.join(","));
        for value in table.rows.iter().flatten() {
            hash.update(format!("\u{1f}{value:?}"));
        }
    }
    hex::encode(hash.finalize())
}

#[tokio::test]
async fn the_same_patients_are_the_same_data_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let (mysql, sqlite) = (mysql("digest").await, sqlite(folder.path()));
    assert!(!demo::is_loaded(&mysql).await.unwrap() && !demo::is_loaded(&sqlite).await.unwrap());
    let summary = load(&mysql, PATIENTS).await;
    assert_eq!(load(&sqlite, PATIENTS).await, summary);
    assert!(demo::is_loaded(&mysql).await.unwrap() && demo::is_loaded(&sqlite).await.unwrap());
    assert!(summary.rows("immunizations") >= 5 * PATIENTS, "{summary:?}");

    let of_mysql = digest(&MySqlSource::connect(&mysql, 2).unwrap(), &summary).await;
    let of_sqlite = digest(&SqliteSource::open(&sqlite, 2).unwrap(), &summary).await;
    assert_eq!(of_mysql, of_sqlite);
    // Data that changes makes every picture and every measured figure of the documentation wrong.
    expect_test::expect!["362918c9332ab4051427cf4d39ad64b03ced0a12d38b808e2739564d7a9707c3"].assert_eq(&of_sqlite);
}

#[tokio::test]
async fn loading_again_replaces_the_demo_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    for url in [mysql("again").await, sqlite(folder.path())] {
        let more = load(&url, 20).await;
        let fewer = load(&url, 10).await;
        assert_eq!((more.rows("patients"), fewer.rows("patients")), (20, 10), "{url}");
        let mut heard = 0;
        demo::load(&url, 10, &mut |loaded| heard = heard.max(loaded.rows)).await.unwrap();
        assert!(heard >= 50, "{url}: {heard}");
        assert!(matches!(demo::load(&url, 0, &mut |_| ()).await, Err(demo::DemoError::Patients)));
    }
}

#[tokio::test]
async fn a_load_that_was_cut_off_is_not_taken_for_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite(folder.path());
    load(&url, 10).await;
    let mut behind = sqlx::SqliteConnection::connect(&url).await.unwrap();
    behind.execute("UPDATE demo_clinic SET complete = 0").await.unwrap();
    behind.execute("DROP TABLE invoice_lines").await.unwrap();
    behind.close().await.unwrap();
    assert!(!demo::is_loaded(&url).await.unwrap());
    load(&url, 10).await;
    assert!(demo::is_loaded(&url).await.unwrap());
}

#[tokio::test]
async fn tables_of_others_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.db");
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let mut mine = sqlx::SqliteConnection::connect(&url).await.unwrap();
    mine.execute("CREATE TABLE patients (x INTEGER)").await.unwrap();
    let error = demo::load(&url, 10, &mut |_| ()).await.unwrap_err();
    assert!(matches!(&error, demo::DemoError::Occupied { table } if table == "patients"), "{error}");
    assert!(!demo::is_loaded(&url).await.unwrap());
    mine.execute("SELECT x FROM patients").await.expect("the table is still there");

    let url = mysql("occupied").await;
    let (server, database) = url.rsplit_once('/').unwrap();
    let mut mine = MySqlConnection::connect(server).await.unwrap();
    mine.execute(AssertSqlSafe(format!("CREATE DATABASE {database}"))).await.unwrap();
    mine.execute(AssertSqlSafe(format!("CREATE TABLE {database}.invoices (x INTEGER)"))).await.unwrap();
    let error = demo::load(&url, 10, &mut |_| ()).await.unwrap_err();
    assert!(matches!(&error, demo::DemoError::Occupied { table } if table == "invoices"), "{error}");
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_told_without_its_password() {
    let error = demo::load("mysql://u:sesame@127.0.0.1:1/d", 10, &mut |_| ()).await.unwrap_err().to_string();
    assert!(error.contains("can't be opened") && !error.contains("sesame"), "{error}");
    let error = demo::load("postgres://u:sesame@h/d", 10, &mut |_| ()).await.unwrap_err().to_string();
    assert!(error.contains("mysql://") && !error.contains("sesame"), "{error}");
}

/// What each report is asked for: several times where one answer would prove little.
fn questions() -> Vec<(&'static str, Vec<(&'static str, Value)>)> {
    let date = |text: &str| Value::Date(text.parse().unwrap());
    vec![
        ("immunization-record", vec![("patient_id", Value::Int(1))]),
        ("immunization-record", vec![("patient_id", Value::Int(PATIENTS as i64))]),
        ("invoice", vec![("invoice_id", Value::Int(1))]),
        ("invoice", vec![("invoice_id", Value::Int(17))]),
        ("recall-list", vec![("due_before", date("2026-06-30"))]),
        ("recall-list", vec![("due_before", date("2025-12-31"))]),
        ("stock-by-clinic", vec![]),
        ("clinic-activity", vec![("month", Value::text("2026-06"))]),
        ("clinic-activity", vec![("month", Value::text("2020-12"))]),
        ("clinic-activity-ja", vec![("month", Value::text("2026-06"))]),
        ("immunization-record-ar", vec![("patient_id", Value::Int(1))]),
        (
            "recall-letters",
            vec![("clinic_id", Value::Int(1)), ("from", date("2016-01-01")), ("to", date("2026-12-31"))],
        ),
        ("chart-labels", vec![("clinic_id", Value::Int(1)), ("since", date("2010-01-01"))]),
        ("administered-doses", vec![("from", date("2016-01-01")), ("to", date("2026-06-30"))]),
        ("administered-doses", vec![("from", date("2020-03-01")), ("to", date("2020-03-31"))]),
    ]
}

#[tokio::test]
async fn every_report_reads_the_same_rows_from_either_database() {
    let folder = tempfile::tempdir().unwrap();
    let (mysql, sqlite) = (mysql("reports").await, sqlite(folder.path()));
    load(&mysql, PATIENTS).await;
    load(&sqlite, PATIENTS).await;
    let mysql = MySqlSource::connect(&mysql, 2).unwrap();
    let sqlite = SqliteSource::open(&sqlite, 2).unwrap();

    for (report, parameters) in questions() {
        let parameters = BTreeMap::from_iter(parameters);
        for (dataset, sql) in datasets(report) {
            let at = format!("{report}/{dataset} {parameters:?}");
            let statement = Statement::parse(&sql).unwrap_or_else(|fault| panic!("{at}: {fault}"));
            let described = mysql.describe(&dataset, &statement).await.unwrap();
            let names: Vec<String> = described.columns.iter().map(|column| column.name.to_string()).collect();
            assert_eq!(described.columns.len(), sqlite.describe(&dataset, &statement).await.unwrap().columns.len());

            let of_mysql = select(&mysql, &sql, &parameters).await.unwrap_or_else(|error| panic!("{at}: {error}"));
            let of_sqlite = select(&sqlite, &sql, &parameters).await.unwrap_or_else(|error| panic!("{at}: {error}"));
            assert_eq!(of_mysql.names, names, "{at}");
            assert_eq!(of_sqlite.names, names, "{at}");
            assert!(!of_mysql.rows.is_empty(), "{at} has no rows");
            assert_eq!(of_mysql.rows, of_sqlite.rows, "{at}");

            let sample = sample(report).describe(&dataset, &statement).await.unwrap().columns;
            assert_eq!(sample, described.columns, "{at}: sample.json");
        }
    }
}

/// The name and text of each SQL file of a report.
fn datasets(report: &str) -> Vec<(String, String)> {
    let files = std::fs::read_dir(Path::new("jobs").join(report)).unwrap().map(|entry| entry.unwrap().path());
    let sql = files.filter(|path| path.extension().is_some_and(|extension| extension == "sql"));
    sql.map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap()))
        .collect()
}

fn sample(report: &str) -> FixtureSource {
    let text = std::fs::read_to_string(Path::new("jobs").join(report).join("sample.json")).unwrap();
    FixtureSource::from_sample(&serde_json::from_str(&text).unwrap()).unwrap()
}
