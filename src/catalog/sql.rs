//! The catalog in SQL: one implementation for both databases.
//!
//! **Invariant:** every statement is written once; only opening, locking and migrating know which database it is.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::{
    ArtifactFilter, AuditEvent, Catalog, CatalogError, Outcome, OutcomeFilter, Result, SchemaState, artifacts, audit,
    database::{self, Pool},
    failure::SqlError,
    outcomes, schema,
    together::Together,
};
use crate::{
    artifact::{Artifact, ArtifactId, ArtifactKey},
    job::{JobId, JobState, Tenant},
};

/// How often a transaction is run again when others are in its way.
const TRIES: usize = 10;

/// A catalog in MySQL, MariaDB or SQLite; [`mysql`](super::mysql) and [`sqlite`](super::sqlite) open one.
#[derive(Debug, Clone)]
pub struct SqlCatalog {
    pool: Pool,
    groups: Arc<Groups>,
}

/// Where calls of one kind meet that many attempts make at once.
#[derive(Debug, Default)]
struct Groups {
    record: Together<Outcome, Result<JobState>>,
    find: Together<(Tenant, JobId), Result<Option<Outcome>>>,
    audit: Together<AuditEvent, Result<()>>,
}

impl SqlCatalog {
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool, groups: Arc::default() }
    }

    #[cfg(test)]
    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }
}

/// Runs a transaction until nothing is in its way.
async fn persistently<T, Run>(mut run: impl FnMut() -> Run) -> Result<T>
where
    Run: Future<Output = database::Result<T>>,
{
    for _ in 1..TRIES {
        match run().await {
            Err(SqlError::Contention) => {}
            ended => return Ok(ended?),
        }
        // Two that collided must not meet again in step.
        tokio::time::sleep(Duration::from_millis(rand::random_range(1..20))).await;
    }
    Ok(run().await?)
}

/// Records outcomes in one transaction. When one of them was recorded before, or is wrong, each has its own.
async fn record_together(pool: Pool, outcomes: Vec<Outcome>) -> Vec<Result<JobState>> {
    if outcomes.len() > 1 {
        match outcomes::record_new(&pool, &outcomes).await {
            Ok(()) => return outcomes.iter().map(|outcome| Ok(outcome.state)).collect(),
            Err(SqlError::Other(error @ CatalogError::Unavailable(_))) => return all_failed(&error, outcomes.len()),
            Err(_) => {}
        }
    }
    let mut states = Vec::with_capacity(outcomes.len());
    for outcome in &outcomes {
        states.push(persistently(|| outcomes::record(&pool, outcome)).await);
    }
    states
}

async fn find_together(pool: Pool, wanted: Vec<(Tenant, JobId)>) -> Vec<Result<Option<Outcome>>> {
    match outcomes::find(&pool, &wanted).await {
        Ok(found) => found.into_iter().map(Ok).collect(),
        Err(error) => all_failed(&error.into(), wanted.len()),
    }
}

async fn append_together(pool: Pool, events: Vec<AuditEvent>) -> Vec<Result<()>> {
    match persistently(|| audit::append(&pool, &events)).await {
        Ok(()) => events.iter().map(|_| Ok(())).collect(),
        Err(error) => all_failed(&error, events.len()),
    }
}

/// The same error for each of so many calls.
fn all_failed<T>(error: &CatalogError, calls: usize) -> Vec<Result<T>> {
    std::iter::repeat_with(|| Err(error.clone())).take(calls).collect()
}

#[async_trait]
impl Catalog for SqlCatalog {
    async fn schema(&self) -> Result<SchemaState> {
        Ok(schema::state(&self.pool).await?)
    }

    async fn migrate(&self) -> Result<Vec<i64>> {
        Ok(schema::migrate(&self.pool).await?)
    }

    async fn record(&self, outcome: &Outcome) -> Result<JobState> {
        self.groups.record.call(outcome.clone(), |outcomes| record_together(self.pool.clone(), outcomes)).await
    }

    async fn reopen(&self, id: JobId) -> Result<bool> {
        persistently(|| outcomes::reopen(&self.pool, id)).await
    }

    async fn find(&self, tenant: &Tenant, id: JobId) -> Result<Option<Outcome>> {
        self.groups.find.call((tenant.clone(), id), |wanted| find_together(self.pool.clone(), wanted)).await
    }

    async fn list(&self, filter: &OutcomeFilter, limit: usize) -> Result<Vec<Outcome>> {
        Ok(outcomes::list(&self.pool, filter, limit).await?)
    }

    async fn artifact(&self, tenant: &Tenant, id: ArtifactId) -> Result<Option<Artifact>> {
        Ok(artifacts::find(&self.pool, tenant, id).await?)
    }

    async fn artifacts(&self, filter: &ArtifactFilter, limit: usize) -> Result<Vec<Artifact>> {
        Ok(artifacts::list(&self.pool, filter, limit).await?)
    }

    async fn unknown_keys(&self, keys: &[ArtifactKey]) -> Result<Vec<ArtifactKey>> {
        Ok(artifacts::unknown_keys(&self.pool, keys).await?)
    }

    async fn audit(&self, event: &AuditEvent) -> Result<()> {
        self.groups.audit.call(event.clone(), |events| append_together(self.pool.clone(), events)).await
    }

    async fn seal(&self, limit: usize) -> Result<usize> {
        persistently(|| audit::seal(&self.pool, limit)).await
    }

    async fn verify_audit(&self, tenant: &Tenant) -> Result<Option<u64>> {
        Ok(audit::verify(&self.pool, tenant).await?)
    }

    async fn ping(&self) -> Result<()> {
        const LIMIT: Duration = Duration::from_secs(1);
        match tokio::time::timeout(LIMIT, self.pool.fetch("SELECT 1", Vec::new())).await {
            Ok(answer) => Ok(answer.map(drop)?),
            Err(_) => Err(CatalogError::Unavailable(format!("no answer within {LIMIT:?}"))),
        }
    }
}
