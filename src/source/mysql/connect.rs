//! The pool of connections, and what each is told before its first query.

use std::time::Duration;

use sqlx::{
    AssertSqlSafe, Executor, MySqlConnection, MySqlPool,
    mysql::{MySqlConnectOptions, MySqlPoolOptions},
};

pub(super) fn pool(options: &MySqlConnectOptions, max_connections: u32, time_limit: Duration) -> MySqlPool {
    MySqlPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(Duration::from_secs(5))
        .after_connect(move |connection, _| Box::pin(prepare(connection, time_limit)))
        .connect_lazy_with(options.clone())
}

/// Makes a new session fit for snapshots that end in time.
async fn prepare(connection: &mut MySqlConnection, time_limit: Duration) -> Result<(), sqlx::Error> {
    // WITH CONSISTENT SNAPSHOT is silently ignored at any other level.
    connection.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ").await?;
    let version: String = sqlx::query_scalar("SELECT VERSION()").fetch_one(&mut *connection).await?;
    let limit = if version.contains("MariaDB") {
        format!("SET SESSION max_statement_time = {}", time_limit.as_secs_f64())
    } else {
        format!("SET SESSION max_execution_time = {}", time_limit.as_millis())
    };
    connection.execute(AssertSqlSafe(limit)).await?;
    Ok(())
}
