//! The queue in one SQLite file: one machine, any number of processes, no service.
//!
//! Each step is a transaction, or a part of one that it shares with others asked for at the same time. It takes the
//! write lock at once (`BEGIN IMMEDIATE`) and is on disk when it returns (`synchronous = FULL`). Messages stay in the
//! `inbox` table until they are admitted, so nothing else is an intake.
//!
//! **Invariant:** deadlines come from the clock of the machine that holds the file; nothing is logged that holds a
//! parameter.

mod attempts;
mod bell;
#[cfg(test)]
mod costs;
mod endings;
mod intake;
mod lines;
mod read;
mod rules;
mod writer;

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::{
    SqlitePool, query, query_scalar,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use self::{
    attempts::Claimant,
    bell::{Bell, LOOK},
    writer::{BUSY, Writer},
};
use super::{Policy, Scope, contract::*, views::*};
use crate::{
    clock::SharedClock,
    job::{JobId, Progress, Tenant},
};

/// The schema's version, kept in the file's `user_version`.
const SCHEMA: i64 = 2;

/// The queue in one SQLite file.
pub struct SqliteQueue {
    writer: Writer,
    /// One connection: SQLite has one writer at a time anyway.
    writing: SqlitePool,
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
        let writing = pool(1).test_before_acquire(false).connect_with(options.clone()).await?;
        prepare(&writing).await?;
        let readers = pool(4).test_before_acquire(false).connect_with(options).await?;
        let writer = Writer::start(writing.clone(), clock.clone());
        Ok(Self { writer, writing, readers, bell: Bell::default(), clock })
    }

    fn now(&self) -> i64 {
        self.clock.now().timestamp_micros()
    }

    /// When the next job or lease is due, in microseconds from now: 0 when there is work already.
    async fn due(&self) -> Result<Option<i64>> {
        let now = self.now();
        let message = query_scalar("SELECT EXISTS (SELECT 1 FROM inbox WHERE offer_us <= ?)").bind(now);
        if message.fetch_one(&self.readers).await? || lines::claimable(&self.readers).await? {
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
        let mut writing = self.writing.acquire().await?;
        Ok(bell::data_version(&mut writing).await?)
    }

    async fn set_paused(&self, scope: &Scope, paused: bool) -> Result<bool> {
        let scope = scope.clone();
        let set = self.writer.call(move |tx, _| {
            let scope = scope.clone();
            Box::pin(async move { rules::set_paused(tx, &scope, paused).await })
        });
        set.await
    }
}

/// Makes the tables or brings them up to date, or refuses a file that a newer program made.
async fn prepare(writing: &SqlitePool) -> Result<()> {
    let mut tx = writing.begin_with("BEGIN IMMEDIATE").await?;
    let version: i64 = query_scalar("PRAGMA user_version").fetch_one(&mut *tx).await?;
    let steps: &[&'static str] = match version {
        0 => &[include_str!("schema.sql")],
        1 => &[include_str!("from_1.sql"), include_str!("schema.sql"), include_str!("from_1_counts.sql")],
        SCHEMA => &[],
        newer => {
            let problem = format!("its file has schema {newer}, newer than the {SCHEMA} this program knows");
            return Err(QueueError::Unsuitable(problem));
        }
    };
    for step in steps {
        query(*step).execute(&mut *tx).await?;
    }
    query("PRAGMA user_version = 2").execute(&mut *tx).await?;
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
        let push = Arc::new(push);
        let pushed = self.writer.call(move |tx, now| {
            let push = push.clone();
            Box::pin(async move { intake::push(tx, &push, now).await })
        });
        let pushed = pushed.await?;
        if matches!(pushed, Pushed::Accepted(_)) {
            self.bell.ring();
        }
        Ok(pushed)
    }

    async fn post(&self, raw: RawMessage) -> Result<()> {
        // An empty text is no message: in Redis it only rings.
        let posted = self.writer.call(move |tx, _| {
            let raw = raw.0.clone();
            Box::pin(async move {
                query("INSERT INTO inbox (raw) SELECT ?1 WHERE length(?1) > 0").bind(raw).execute(tx).await?;
                Ok(())
            })
        });
        posted.await?;
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
        let (raw, verdict) = (Arc::new(raw.clone()), Arc::new(verdict));
        let placed = self.writer.call(move |tx, now| {
            let (raw, verdict) = (raw.clone(), verdict.clone());
            Box::pin(async move { intake::admit(tx, &raw, &verdict, now).await })
        });
        if placed.await? {
            self.bell.ring();
        }
        Ok(())
    }

    async fn claim(&self, worker: &str, capacity: Capacity, lease: Duration) -> Result<Vec<Claim>> {
        let worker = worker.to_owned();
        let claimed = self.writer.call(move |tx, now| {
            let worker = worker.clone();
            Box::pin(async move {
                let by = Claimant { worker: &worker, until: now + as_micros(lease), now };
                let claims = attempts::claim(tx, by, capacity).await?;
                // What this worker could not take, it need not be woken for.
                let more = !claims.is_empty() && lines::claimable(&mut *tx).await?;
                Ok((claims, more))
            })
        });
        let (claims, more) = claimed.await?;
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
        let renewal = self.writer.call(move |tx, now| {
            Box::pin(async move { attempts::renew(tx, lease, progress, now + as_micros(lease_for)).await })
        });
        renewal.await
    }

    async fn settle(&self, lease: Lease, how: Settlement) -> Result<Settled> {
        let how = Arc::new(how);
        let settled = self.writer.call(move |tx, now| {
            let how = how.clone();
            Box::pin(async move { attempts::settle(tx, lease, &how, now).await })
        });
        let (settled, rings) = settled.await?;
        if rings {
            self.bell.ring();
        }
        Ok(settled)
    }

    async fn govern(&self, policy: &Policy) -> Result<()> {
        let policy = Arc::new(policy.clone());
        let governed = self.writer.call(move |tx, _| {
            let policy = policy.clone();
            Box::pin(async move { rules::govern(tx, &policy).await })
        });
        governed.await?;
        self.bell.ring();
        Ok(())
    }

    async fn policy(&self) -> Result<Policy> {
        rules::policy(&self.readers).await
    }

    async fn pause(&self, scope: &Scope) -> Result<bool> {
        self.set_paused(scope, true).await
    }

    async fn resume(&self, scope: &Scope) -> Result<bool> {
        let resumed = self.set_paused(scope, false).await?;
        self.bell.ring();
        Ok(resumed)
    }

    async fn announce(&self, worker: &WorkerView, lasts: Duration) -> Result<()> {
        let (name, view) = (worker.name.clone(), json(worker)?);
        let announced = self.writer.call(move |tx, now| {
            let (name, view) = (name.clone(), view.clone());
            Box::pin(async move {
                query(
                    "INSERT OR REPLACE INTO workers (name, view, until_us) VALUES (?1, ?2, ?3);
                     DELETE FROM workers WHERE until_us <= ?4",
                )
                .bind(name)
                .bind(view)
                .bind(now + as_micros(lasts))
                .bind(now)
                .execute(tx)
                .await?;
                Ok(())
            })
        });
        announced.await
    }

    async fn workers(&self) -> Result<Vec<WorkerView>> {
        read::workers(&self.readers, self.now()).await
    }

    async fn fired(&self, schedule: &str) -> Result<Option<DateTime<Utc>>> {
        read::fired(&self.readers, schedule).await
    }

    async fn set_fired(&self, schedule: &str, at: DateTime<Utc>) -> Result<()> {
        let schedule = schedule.to_owned();
        let set = self.writer.call(move |tx, _| {
            let schedule = schedule.clone();
            Box::pin(async move {
                query(
                    "INSERT INTO schedules (schedule, fired_us) VALUES (?, ?) ON CONFLICT DO UPDATE
                     SET fired_us = excluded.fired_us WHERE excluded.fired_us > schedules.fired_us",
                )
                .bind(schedule)
                .bind(at.timestamp_micros())
                .execute(tx)
                .await?;
                Ok(())
            })
        });
        set.await
    }

    async fn cancel(&self, tenant: &Tenant, id: JobId) -> Result<Cancelled> {
        let tenant = tenant.clone();
        let cancelled = self.writer.call(move |tx, now| {
            let tenant = tenant.clone();
            Box::pin(async move { attempts::cancel(tx, &tenant, id, now).await })
        });
        let cancelled = cancelled.await?;
        if cancelled == Cancelled::Now {
            // It may have stood before others, or slots may have been kept free for it.
            self.bell.ring();
        }
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
        let id = id.to_owned();
        let retried = self.writer.call(move |tx, now| {
            let id = id.clone();
            Box::pin(async move { endings::retry(tx, &id, now).await })
        });
        let retried = retried.await?;
        self.bell.ring();
        Ok(retried)
    }

    async fn dead_drop(&self, id: &str) -> Result<bool> {
        let id = id.to_owned();
        let dropped = self.writer.call(move |tx, now| {
            let id = id.clone();
            Box::pin(async move { endings::drop_letter(tx, &id, now).await })
        });
        dropped.await
    }

    async fn outcomes(&self, limit: usize) -> Result<Vec<Decided>> {
        read::outcomes(&self.readers, limit).await
    }

    async fn acknowledge(&self, decided: &[Decided]) -> Result<()> {
        let changes = decided.iter().map(|decided| {
            let view = &decided.view;
            (view.job.id.to_string(), view.changed_at.timestamp_micros())
        });
        let changes: Arc<[(String, i64)]> = changes.collect();
        let acknowledged = self.writer.call(move |tx, now| {
            let changes = changes.clone();
            Box::pin(async move {
                for (id, changed) in &*changes {
                    endings::acknowledge(tx, id, *changed, now).await?;
                }
                Ok(())
            })
        });
        acknowledged.await
    }

    async fn lead(&self, role: &str, holder: &str, lease_for: Duration) -> Result<bool> {
        let (role, holder) = (role.to_owned(), holder.to_owned());
        let led = self.writer.call(move |tx, now| {
            let (role, holder) = (role.clone(), holder.clone());
            Box::pin(async move {
                let led = query(
                    "INSERT INTO leaders (role, holder, until_us) VALUES (?1, ?2, ?3) ON CONFLICT (role) DO UPDATE
                     SET holder = ?2, until_us = ?3 WHERE holder = ?2 OR until_us <= ?4",
                )
                .bind(role)
                .bind(holder)
                .bind(now + as_micros(lease_for))
                .bind(now)
                .execute(tx)
                .await?;
                Ok(led.rows_affected() > 0)
            })
        });
        led.await
    }

    async fn ping(&self) -> Result<()> {
        let answer = query("SELECT 1").execute(&self.readers);
        tokio::time::timeout(Duration::from_secs(1), answer)
            .await
            .map_err(|_| QueueError::Unavailable("no answer within a second".to_owned()))??;
        Ok(())
    }
}
