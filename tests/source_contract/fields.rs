//! Fields of every type.

use pressroom::{
    sql::Statement,
    value::{ColumnType, Value},
};

use crate::database::*;

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
        Decimal(12345678901234567890.0123456789)
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

    let place = "SELECT ST_GeomFromText('POINT(1 2)') AS place";
    let error = select(&*source, place, &[]).await.err().unwrap();
    let told = "column `place` of dataset `people` can't be read: a geometry; select ST_AsText(…) of it";
    assert_eq!(error.to_string(), told);
    let found = source.describe("people", &Statement::parse(place).unwrap()).await.err().unwrap();
    assert_eq!(found.to_string(), told, "found before anything runs");
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
        Decimal(12.50)
        Decimal(0.125)
        Date(2024-02-29)
        DateTime(2026-06-30T10:30:00)
        Instant(2026-06-30T10:30:00Z)
        Time(37800000000)
        Text("Ελένη")
        Bytes([0, 255])
        Float(1.5)
        Int(2)
        Int(7)
        Decimal(3.00)
        Text("n/a")
        Text("soon")
        Int(20260630)
        Null Null Text("5")
        Text("text")
        Text("2024-02-29")"#]]
    .assert_eq(&shown(&kept.rows).replace(") ", ")\n"));
    let kept = select(&*source, "SELECT * FROM v ORDER BY number", &[]).await.unwrap();
    expect_test::expect![[r#"
        Int(1) Decimal(12.50) Float(25.0) Text("2024-02-29")
        Int(2) Decimal(3.00) Int(6) Text("soon")"#]]
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
