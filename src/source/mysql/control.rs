//! Ends queries from outside.
//!
//! **Invariant:** runs nothing but `KILL QUERY`.

use std::time::Duration;

use sqlx::{
    AssertSqlSafe, Executor, MySqlPool,
    mysql::{MySqlConnectOptions, MySqlPoolOptions},
};

/// A connection of its own, so that a query can be ended when all others are busy.
#[derive(Clone)]
pub(super) struct Control {
    pool: MySqlPool,
}

impl Control {
    pub(super) fn new(options: &MySqlConnectOptions) -> Self {
        let pool = MySqlPoolOptions::new()
            .max_connections(1)
            .idle_timeout(Duration::from_secs(60))
            .acquire_timeout(Duration::from_secs(2))
            .connect_lazy_with(options.clone());
        Self { pool }
    }

    /// Ends what the connection with this number is running.
    ///
    /// Goes on by itself when it can't be done within a moment, so that whoever cancels doesn't wait for a slow server.
    /// A failure is not reported: the connection is closed anyway, and the server's own time limit stands behind it.
    pub(super) async fn kill_query(&self, id: u64) {
        let pool = self.pool.clone();
        let kill = tokio::spawn(async move { pool.execute(AssertSqlSafe(format!("KILL QUERY {id}"))).await.map(drop) });
        tokio::time::timeout(Duration::from_millis(150), kill).await.ok();
    }
}
