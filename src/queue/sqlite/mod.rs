//! The queue in one SQLite file: one machine, any number of processes, no service.
//!
//! Each step is one transaction that takes the write lock at once (`BEGIN IMMEDIATE`) and is on disk when it returns
//! (`synchronous = FULL`). Messages stay in the `inbox` table until they are admitted, so nothing else is an intake.
//!
//! **Invariant:** deadlines come from the clock of the machine that holds the file; nothing is logged that holds a
//! parameter.

mod attempts;
mod bell;
mod endings;
mod intake;
mod lines;
mod read;

use std::{path::Path, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::{
    Sqlite, SqlitePool, Transaction, query, query_scalar,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use self::bell::{Bell, LOOK};
use super::{Policy, Scope, contract::*, views::*};
use crate::{
    clock::SharedClock,
    job::{JobId, Progress, Tenant},
};

/// How long a step waits for another process's transaction.
const BUSY: Duration = Duration::from_secs(10);

/// The schema's version, kept in the file's `user_version`.
const SCHEMA: i64 = 1;

/// The queue in one SQLite file.
pub struct SqliteQueue {
    /// One connection: SQLite has one writer at a time anyway, and this way its steps queue up in order.
    writer: SqlitePool,
    readers: SqlitePool,
    bell: Bell,
    clock: SharedClock,
}

impl SqliteQueue {
    /// Opens the file, which is made when it isn't there.
    pub async fn open(path: &Path, clock: SharedClock) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY);
        let pool = |most| SqlitePoolOptions::new().max_connections(most).max_lifetime(None).idle_timeout(None);
        let writer = pool(1).test_before_acquire(false).connect_with(options.clone()).await?;
        prepare(&writer).await?;
        let readers = pool(4).test_before_acquire(false).connect_with(options).await?;
        Ok(Self { writer, readers, bell: Bell::default(), clock })
    }

    fn now(&self) -> i64 {
        self.clock.now().timestamp_micros()
    }

    async fn begin(&self) -> Result<Transaction<'static, Sqlite>> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// When the next job or lease is due, in microseconds from now: 0 when there is work already.
    async fn due(&self) -> Result<Option<i64>> {
        let now = self.now();
        let work = "SELECT EXISTS (SELECT 1 FROM tenant_turns) OR EXISTS (SELECT 1 FROM inbox WHERE offer_us <= ?)";
        if query_scalar(work).bind(now).fetch_one(&self.readers).await? {
            return Ok(Some(0));
        }
        let next = "SELECT min((SELECT coalesce(min(due_us), 1 << 62) FROM jobs WHERE due_us > 0 AND state = 'scheduled'),
                               (SELECT coalesce(min(due_us), 1 << 62) FROM jobs WHERE due_us > 0 AND state = 'retrying'),
                               (SELECT coalesce(min(due_us), 1 << 62) FROM jobs WHERE due_us > 0 AND state = 'running'),
                               (SELECT coalesce(min(offer_us), 1 << 62) FROM inbox))";
        let due: i64 = query_scalar(next).fetch_one(&self.readers).await?;
        Ok(Some(due.saturating_sub(now)).filter(|_| due < 1 << 62))
    }

    async fn data_version(&self) -> Result<i64> {
        let mut writer = self.writer.acquire().await?;
        Ok(bell::data_version(&mut writer).await?)
    }
}

/// Makes the tables, or refuses a file that a newer program made.
async fn prepare(writer: &SqlitePool) -> Result<()> {
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
    let version: i64 = query_scalar("PRAGMA user_version").fetch_one(&mut *tx).await?;
    if version > SCHEMA {
        let problem = format!("its file has schema {version}, newer than the {SCHEMA} this program knows");
        return Err(QueueError::Unsuitable(problem));
    }
    for statement in include_str!("schema.sql").split_inclusive(";\n") {
        query(statement).execute(&mut *tx).await?;
    }
    query("PRAGMA user_version = 1").execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}

impl From<sqlx::Error> for QueueError {
    fn from(error: sqlx::Error) -> Self {
        // Primary result codes of SQLite: 5 busy, 6 locked, 10 I/O, 13 full, 14 can't open.
        let passes = match &error {
            sqlx::Error::Database(fault) => {
                let code = fault.code().and_then(|code| code.parse::<i32>().ok());
                code.is_some_and(|code| matches!(code & 0xff, 5 | 6 | 10 | 13 | 14))
            }
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_) | sqlx::Error::Decode(_) => false,
            _ => true,
        };
        if passes { Self::Unavailable(error.to_string()) } else { Self::Corrupt(error.to_string()) }
    }
}

fn as_micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX).min(1 << 52)
}

fn json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| QueueError::Corrupt(e.to_string()))
}

fn corrupt(field: &str) -> QueueError {
    QueueError::Corrupt(format!("a job's `{field}` can't be read"))
}

#[async_trait]
impl LeaseStore for SqliteQueue {
    async fn push(&self, push: Push) -> Result<Pushed> {
        let mut tx = self.begin().await?;
        let pushed = intake::push(&mut tx, &push, self.now()).await?;
        tx.commit().await?;
        self.bell.ring();
        Ok(pushed)
    }

    async fn post(&self, raw: RawMessage) -> Result<()> {
        query("INSERT INTO inbox (raw) SELECT ?1 WHERE length(?1) > 0").bind(raw.0).execute(&self.writer).await?;
        self.bell.ring();
        Ok(())
    }

    async fn drain(&self) -> Result<Vec<RawMessage>> {
        let raw: Vec<Vec<u8>> = query_scalar("SELECT raw FROM inbox WHERE offer_us <= ? ORDER BY seq LIMIT ?")
            .bind(self.now())
            .bind(BATCH as i64)
            .fetch_all(&self.readers)
            .await?;
        Ok(raw.into_iter().map(RawMessage).collect())
    }

    async fn admit(&self, raw: &RawMessage, verdict: Verdict) -> Result<()> {
        let mut tx = self.begin().await?;
        let placed = intake::admit(&mut tx, raw, &verdict, self.now()).await?;
        tx.commit().await?;
        if placed {
            self.bell.ring();
        }
        Ok(())
    }

    async fn claim(&self, worker: &str, capacity: Capacity, lease: Duration) -> Result<Vec<Claim>> {
        let mut tx = self.begin().await?;
        let claims = attempts::claim(&mut tx, worker, capacity.free, as_micros(lease), self.now()).await?;
        let more = lines::any(&mut tx).await?;
        tx.commit().await?;
        if more {
            self.bell.ring();
        }
        Ok(claims)
    }

    async fn wait(&self, up_to: Duration) -> Result<()> {
        // Looked at before the work is, so that a change in between is seen.
        let seen = self.data_version().await?;
        let due = self.due().await?;
        let until = due.map_or(up_to, |due| Duration::from_micros(due.max(0).unsigned_abs()));
        let mut left = until.clamp(LOOK.min(up_to), up_to);
        while !left.is_zero() {
            let nap = left.min(LOOK);
            if self.bell.heard(nap).await || self.data_version().await? != seen {
                return Ok(());
            }
            left -= nap;
        }
        Ok(())
    }

    async fn renew(&self, lease: Lease, progress: Progress, lease_for: Duration) -> Result<Renewal> {
        let mut tx = self.begin().await?;
        let renewal = attempts::renew(&mut tx, lease, progress, self.now() + as_micros(lease_for)).await?;
        tx.commit().await?;
        Ok(renewal)
    }

    async fn settle(&self, lease: Lease, how: Settlement) -> Result<Settled> {
        let mut tx = self.begin().await?;
        let settled = attempts::settle(&mut tx, lease, &how, self.now()).await?;
        tx.commit().await?;
        if matches!(how, Settlement::Retry { .. } | Settlement::Release) {
            self.bell.ring();
        }
        Ok(settled)
    }

    async fn govern(&self, _policy: &Policy) -> Result<()> {
        Ok(())
    }

    async fn policy(&self) -> Result<Policy> {
        Ok(Policy::default())
    }

    async fn pause(&self, _scope: &Scope) -> Result<bool> {
        Ok(false)
    }

    async fn resume(&self, _scope: &Scope) -> Result<bool> {
        Ok(false)
    }

    async fn announce(&self, _worker: &WorkerView, _lasts: Duration) -> Result<()> {
        Ok(())
    }

    async fn workers(&self) -> Result<Vec<WorkerView>> {
        Ok(Vec::new())
    }

    async fn fired(&self, _schedule: &str) -> Result<Option<DateTime<Utc>>> {
        Ok(None)
    }

    async fn set_fired(&self, _schedule: &str, _at: DateTime<Utc>) -> Result<()> {
        Ok(())
    }

    async fn cancel(&self, tenant: &Tenant, id: JobId) -> Result<Cancelled> {
        let mut tx = self.begin().await?;
        let cancelled = attempts::cancel(&mut tx, tenant, id, self.now()).await?;
        tx.commit().await?;
        Ok(cancelled)
    }

    async fn find(&self, tenant: &Tenant, id: JobId) -> Result<Option<JobView>> {
        read::find(&self.readers, tenant, id, self.now()).await
    }

    async fn list(&self, filter: &JobFilter, limit: usize) -> Result<Vec<JobView>> {
        read::list(&self.readers, filter, limit).await
    }

    async fn stats(&self) -> Result<Stats> {
        read::stats(&self.readers, self.now()).await
    }

    async fn dead(&self, limit: usize) -> Result<Vec<DeadLetter>> {
        read::dead(&self.readers, limit).await
    }

    async fn dead_text(&self, id: &str) -> Result<Option<Vec<u8>>> {
        read::dead_text(&self.readers, id).await
    }

    async fn dead_retry(&self, id: &str) -> Result<bool> {
        let mut tx = self.begin().await?;
        let retried = endings::retry(&mut tx, id, self.now()).await?;
        tx.commit().await?;
        self.bell.ring();
        Ok(retried)
    }

    async fn dead_drop(&self, id: &str) -> Result<bool> {
        let mut tx = self.begin().await?;
        let dropped = endings::drop_letter(&mut tx, id, self.now()).await?;
        tx.commit().await?;
        Ok(dropped)
    }

    async fn outcomes(&self, limit: usize) -> Result<Vec<Decided>> {
        read::outcomes(&self.readers, limit).await
    }

    async fn acknowledge(&self, ids: &[JobId]) -> Result<()> {
        let mut tx = self.begin().await?;
        for id in ids {
            endings::acknowledge(&mut tx, &id.to_string(), self.now()).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn lead(&self, role: &str, holder: &str, lease_for: Duration) -> Result<bool> {
        let now = self.now();
        let led = query(
            "INSERT INTO leaders (role, holder, until_us) VALUES (?1, ?2, ?3) ON CONFLICT (role) DO UPDATE
             SET holder = ?2, until_us = ?3 WHERE holder = ?2 OR until_us <= ?4",
        )
        .bind(role)
        .bind(holder)
        .bind(now + as_micros(lease_for))
        .bind(now)
        .execute(&self.writer)
        .await?;
        Ok(led.rows_affected() > 0)
    }

    async fn ping(&self) -> Result<()> {
        let answer = query("SELECT 1").execute(&self.readers);
        tokio::time::timeout(Duration::from_secs(1), answer)
            .await
            .map_err(|_| QueueError::Unavailable("no answer within a second".to_owned()))??;
        Ok(())
    }
}
