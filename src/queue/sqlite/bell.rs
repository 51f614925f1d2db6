//! Waking idle workers: at once within this process, by looking often at what other processes do.
//!
//! **Invariant:** a ring that comes between a claim and the wait that follows it is not lost.

use std::time::Duration;

use sqlx::{SqliteConnection, query_scalar};
use tokio::sync::Notify;

/// How often another process's changes are looked for.
pub(super) const LOOK: Duration = Duration::from_millis(50);

/// The doorbell of this process.
#[derive(Debug, Default)]
pub(super) struct Bell(Notify);

impl Bell {
    /// Wakes all who wait, and the next who will.
    pub(super) fn ring(&self) {
        self.0.notify_waiters();
        self.0.notify_one();
    }

    /// Waits for a ring, at most `up_to`; whether it rang.
    pub(super) async fn heard(&self, up_to: Duration) -> bool {
        tokio::time::timeout(up_to, self.0.notified()).await.is_ok()
    }
}

/// A number that changes whenever another connection writes into the file.
pub(super) async fn data_version(connection: &mut SqliteConnection) -> sqlx::Result<i64> {
    query_scalar("PRAGMA data_version").fetch_one(connection).await
}
