//! What goes wrong, and how it is told.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use pressroom::{
    source::{MySqlSource, Source, SourceError, SqliteSource},
    sql::Statement,
    value::Value,
};

use crate::database::*;

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
async fn a_statement_that_returns_nothing_is_refused_before_it_runs() {
    let database = Database::mysql("outfile").await;
    let file = std::env::temp_dir().join(format!("pressroom-outfile-{}", std::process::id()));
    let outfile = format!("SELECT 1 INTO OUTFILE '{}'", file.display());
    let source = database.source(1, HOUR);
    let described = source.describe("people", &Statement::parse(&outfile).unwrap()).await.unwrap_err();
    let streamed = select(&*source, &outfile, &[]).await.err().unwrap();
    let written = file.exists();
    let _ = std::fs::remove_file(&file);
    assert!(!written, "the server wrote a file");

    let mut database = Database::sqlite().await;
    database.run("CREATE TABLE t (id INTEGER)").await;
    let delete = Statement::parse("WITH a AS (SELECT 1) DELETE FROM t").unwrap();
    let deleted = database.source(1, HOUR).describe("people", &delete).await.unwrap_err();
    for error in [described, streamed, deleted] {
        assert!(matches!(&error, SourceError::Refused { message, .. } if message.contains("no columns")), "{error}");
    }
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
    // The system's own patience is minutes.
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());

    let address = mysql_server().rsplit_once('@').unwrap().1.to_owned();
    let wrong = MySqlSource::connect(&format!("mysql://nobody:sesame@{address}/clinic"), 2).unwrap();
    let wrong = wrong.ping().await.unwrap_err();
    assert!(wrong.to_string().contains("refuses the user or the password"), "{wrong}");
    let missing = MySqlSource::connect(&format!("{}/pressroom_is_not_here", mysql_server()), 2).unwrap();
    let missing = missing.snapshot().await.err().unwrap();
    assert!(missing.to_string().contains("Unknown database 'pressroom_is_not_here'"), "{missing}");
    for error in [refused, silent] {
        assert!(matches!(error, SourceError::Unavailable(_)), "{error}");
    }
    for error in [wrong, missing] {
        assert!(matches!(error, SourceError::Denied(_)) && !error.to_string().contains("sesame"), "{error}");
    }
}
