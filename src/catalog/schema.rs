//! The schema's version, and how it is brought up to date.
//!
//! Migrations go forward only. MySQL commits each statement that changes a table by itself, so a migration is written
//! in statements that may be repeated: one that died halfway is simply run again.
//!
//! **Invariant:** a schema newer than this program is never touched.

use sqlx::{AssertSqlSafe, Connection, MySqlConnection, Row as _};

use super::{
    CatalogError, SchemaState,
    database::{Pool, Result, Value},
    failure::SqlError,
};

/// One step forward, in both dialects.
struct Migration {
    version: i64,
    mysql: &'static str,
    sqlite: &'static str,
}

/// All steps, in order.
const MIGRATIONS: [Migration; 3] = [
    Migration {
        version: 1,
        mysql: include_str!("migrations/mysql/0001_outcomes_artifacts_audit.sql"),
        sqlite: include_str!("migrations/sqlite/0001_outcomes_artifacts_audit.sql"),
    },
    Migration {
        version: 2,
        mysql: include_str!("migrations/mysql/0002_proofs.sql"),
        sqlite: include_str!("migrations/sqlite/0002_proofs.sql"),
    },
    Migration {
        version: 3,
        mysql: include_str!("migrations/mysql/0003_failures.sql"),
        sqlite: include_str!("migrations/sqlite/0003_failures.sql"),
    },
];

/// The newest version this program knows.
const KNOWN: i64 = MIGRATIONS[MIGRATIONS.len() - 1].version;

const CREATE: &str = "CREATE TABLE IF NOT EXISTS pressroom_schema (version BIGINT NOT NULL PRIMARY KEY)";
const VERSION: &str = "SELECT COALESCE(MAX(version), 0) AS version FROM pressroom_schema";
const APPLIED: &str = "INSERT INTO pressroom_schema (version) VALUES (?)";

/// Whether the schema fits this program.
pub(super) async fn state(pool: &Pool) -> Result<SchemaState> {
    let is_there = match pool {
        Pool::MySql(_) => {
            "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'pressroom_schema'"
        }
        Pool::Sqlite(_) => "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'pressroom_schema'",
    };
    if pool.fetch(is_there, Vec::new()).await?.is_empty() {
        return Ok(compare(0));
    }
    match pool.fetch(VERSION, Vec::new()).await?.first() {
        Some(row) => Ok(compare(row.get("version")?)),
        None => Ok(compare(0)),
    }
}

fn compare(found: i64) -> SchemaState {
    match found {
        KNOWN => SchemaState::Current { version: found },
        _ if found > KNOWN => SchemaState::Newer { found, known: KNOWN },
        _ => SchemaState::Older { found, needed: KNOWN },
    }
}

/// The migrations that a schema of this version still needs.
fn missing(found: i64) -> Result<impl Iterator<Item = &'static Migration>> {
    match compare(found) {
        newer @ SchemaState::Newer { .. } => Err(SqlError::Other(CatalogError::Schema(newer))),
        _ => Ok(MIGRATIONS.iter().filter(move |migration| migration.version > found)),
    }
}

/// Applies what is missing; returns the versions applied.
pub(super) async fn migrate(pool: &Pool) -> Result<Vec<i64>> {
    match pool {
        Pool::MySql(mysql) => {
            // Not of the pool any more: however this ends, closing the connection frees the lock.
            let mut connection = mysql.acquire().await?.detach();
            let applied = migrate_mysql(&mut connection).await;
            let _ = connection.close().await;
            applied
        }
        Pool::Sqlite(_) => migrate_sqlite(pool).await,
    }
}

/// SQLite changes its schema within a transaction, and takes one writer at a time.
async fn migrate_sqlite(pool: &Pool) -> Result<Vec<i64>> {
    let mut transaction = pool.begin().await?;
    transaction.execute(CREATE, Vec::new()).await?;
    let found = match transaction.fetch(VERSION, Vec::new()).await?.first() {
        Some(row) => row.get("version")?,
        None => 0,
    };
    let mut applied = Vec::new();
    for migration in missing(found)? {
        for statement in statements(migration.sqlite) {
            transaction.execute(statement, Vec::new()).await?;
        }
        transaction.execute(APPLIED, vec![Value::Int(migration.version)]).await?;
        applied.push(migration.version);
    }
    transaction.commit().await?;
    Ok(applied)
}

/// MySQL has no transaction around schema changes, but a lock by name; here one for each database of the server.
async fn migrate_mysql(connection: &mut MySqlConnection) -> Result<Vec<i64>> {
    const LOCK: &str = "SELECT GET_LOCK(CONCAT('pressroom.', MD5(DATABASE())), 60)";
    let locked: Option<i64> = sqlx::query_scalar(LOCK).fetch_one(&mut *connection).await?;
    if locked != Some(1) {
        return Err(SqlError::Other(CatalogError::Unavailable("another process is migrating it".to_owned())));
    }
    sqlx::query(CREATE).execute(&mut *connection).await?;
    let found: i64 = sqlx::query(VERSION).fetch_one(&mut *connection).await?.try_get("version")?;
    let mut applied = Vec::new();
    for migration in missing(found)? {
        for statement in statements(migration.mysql) {
            sqlx::query(AssertSqlSafe(statement)).persistent(false).execute(&mut *connection).await?;
        }
        sqlx::query(APPLIED).bind(migration.version).execute(&mut *connection).await?;
        applied.push(migration.version);
    }
    Ok(applied)
}

/// The statements of a migration: each ends with a semicolon at the end of a line, and none holds another.
fn statements(migration: &'static str) -> impl Iterator<Item = &'static str> {
    migration.split(";\n").map(str::trim).filter(|statement| !statement.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_follow_each_other_and_split_cleanly() {
        for (index, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(migration.version, index as i64 + 1);
            for text in [migration.mysql, migration.sqlite] {
                assert!(text.ends_with(";\n"));
                for statement in statements(text) {
                    // Comments are free text; a semicolon anywhere else would be a statement cut in two.
                    let sql: Vec<&str> =
                        statement.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
                    let sql = sql.join("\n");
                    assert!(!sql.contains(';') && sql.trim_start().starts_with("CREATE"), "{sql}");
                    assert!(sql.contains("IF NOT EXISTS"), "may be repeated: {sql}");
                }
            }
            assert_eq!(statements(migration.mysql).count(), [5, 1, 1][index]);
        }
    }

    #[test]
    fn a_newer_schema_is_never_touched() {
        assert!(missing(KNOWN + 1).is_err());
        assert_eq!(missing(0).map(Iterator::count).ok(), Some(MIGRATIONS.len()));
        assert_eq!(compare(KNOWN), SchemaState::Current { version: KNOWN });
    }
}
