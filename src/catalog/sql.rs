//! The catalog in SQL: one implementation for both databases.
//!
//! **Invariant:** every statement is written once; only opening, locking and migrating know which database it is.

use std::time::Duration;

use async_trait::async_trait;

use super::{
    ArtifactFilter, AuditEvent, Catalog, CatalogError, Outcome, OutcomeFilter, Result, SchemaState, artifacts, audit,
    database::{self, Pool},
    failure::SqlError,
    outcomes, schema,
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
}

impl SqlCatalog {
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool }
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

#[async_trait]
impl Catalog for SqlCatalog {
    async fn schema(&self) -> Result<SchemaState> {
        Ok(schema::state(&self.pool).await?)
    }

    async fn migrate(&self) -> Result<Vec<i64>> {
        Ok(schema::migrate(&self.pool).await?)
    }

    async fn record(&self, outcome: &Outcome) -> Result<JobState> {
        persistently(|| outcomes::record(&self.pool, outcome)).await
    }

    async fn reopen(&self, id: JobId) -> Result<bool> {
        persistently(|| outcomes::reopen(&self.pool, id)).await
    }

    async fn find(&self, tenant: &Tenant, id: JobId) -> Result<Option<Outcome>> {
        Ok(outcomes::find(&self.pool, tenant, id).await?)
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
        persistently(|| audit::append(&self.pool, event)).await
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
