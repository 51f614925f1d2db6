//! Artifacts in the catalog.
//!
//! **Invariant:** a record is written once, with its job's outcome, and names a blob that is already in the store.

use std::collections::HashSet;

use super::{
    ArtifactFilter,
    database::{Pool, Result, Row, Transaction, Value, placeholders, rows_of, unreadable},
    failure::SqlError,
    filter::Conditions,
};
use crate::{
    artifact::{Artifact, ArtifactId, ArtifactKey, Digest, Facts, Proof, Tier},
    job::{ReportName, Tenant},
};

/// The columns of an artifact as [`read`] expects them, from a table that goes by `a`.
pub(super) const COLUMNS: &str = "a.id AS artifact_id, a.tenant AS artifact_tenant, a.report AS artifact_report, \
     a.requester AS artifact_requester, a.blob_key, a.digest, a.size_bytes, a.row_count, a.page_count, \
     a.fence AS artifact_fence, a.snapshot_at, a.definition_digest, a.tier, a.created_at, p.proof";

/// What `p` is in [`COLUMNS`]; documents of earlier versions have no proof.
pub(super) const PROOF: &str = "LEFT JOIN pressroom_artifact_proofs p ON p.id = a.id";

/// The most keys that one statement asks for.
const KEYS_AT_ONCE: usize = 500;

/// The artifact in a row that has [`COLUMNS`].
pub(super) fn read(row: &Row) -> Result<Artifact> {
    let digest = |column: &str| Digest::parse(&row.get::<String>(column)?).ok_or_else(|| unreadable(column));
    Ok(Artifact {
        id: ArtifactId(row.uuid("artifact_id")?),
        tenant: row.parse("artifact_tenant")?,
        report: row.parse("artifact_report")?,
        requester: row.get("artifact_requester")?,
        key: ArtifactKey::parse(&row.get::<String>("blob_key")?).ok_or_else(|| unreadable("blob_key"))?,
        facts: Facts {
            digest: digest("digest")?,
            size_bytes: row.count("size_bytes")?,
            rows: row.count("row_count")?,
            pages: row.count("page_count")?,
            fence: row.count("artifact_fence")?,
            snapshot_at: row.time("snapshot_at")?,
            definition_digest: digest("definition_digest")?,
            proof: proof(row)?,
        },
        tier: row.parse("tier")?,
        created_at: row.time("created_at")?,
    })
}

fn proof(row: &Row) -> Result<Proof> {
    let json: Option<String> = row.get("proof")?;
    json.map_or(Ok(Proof::default()), |json| serde_json::from_str(&json).map_err(|_| unreadable("proof")))
}

/// Adds artifacts, each the whole of the blob at its key.
pub(super) async fn insert(transaction: &mut Transaction, artifacts: &[&Artifact]) -> Result<()> {
    const INSERT: &str = "INSERT INTO pressroom_artifacts (id, tenant, report, requester, blob_key, blob_offset, \
         blob_length, digest, size_bytes, row_count, page_count, fence, snapshot_at, definition_digest, tier, created_at) \
         VALUES ";
    const INSERT_PROOF: &str = "INSERT INTO pressroom_artifact_proofs (id, proof) VALUES ";
    let (mut values, mut proofs) = (Vec::with_capacity(16 * artifacts.len()), Vec::with_capacity(2 * artifacts.len()));
    for Artifact { id, tenant, report, requester, key, facts, tier, created_at } in artifacts {
        values.extend([
            id.0.into(),
            tenant.as_str().into(),
            report.as_str().into(),
            requester.as_str().into(),
            key.as_str().into(),
            Value::Int(0),
            Value::count(facts.size_bytes)?,
            facts.digest.as_str().into(),
            Value::count(facts.size_bytes)?,
            Value::count(facts.rows)?,
            Value::count(facts.pages)?,
            Value::count(facts.fence)?,
            facts.snapshot_at.into(),
            facts.definition_digest.as_str().into(),
            tier.as_str().into(),
            (*created_at).into(),
        ]);
        let proof = serde_json::to_string(&facts.proof).map_err(|_| SqlError::refused("a proof that is no JSON"))?;
        proofs.extend([id.0.into(), proof.into()]);
    }
    transaction.execute(format!("{INSERT}{}", rows_of(16, artifacts.len())), values).await?;
    transaction.execute(format!("{INSERT_PROOF}{}", rows_of(2, artifacts.len())), proofs).await.map(drop)
}

/// A tenant's artifact.
pub(super) async fn find(pool: &Pool, tenant: &Tenant, id: ArtifactId) -> Result<Option<Artifact>> {
    let sql = format!("SELECT {COLUMNS} FROM pressroom_artifacts a {PROOF} WHERE a.id = ? AND a.tenant = ?");
    let rows = pool.fetch(sql, vec![id.0.into(), tenant.as_str().into()]).await?;
    rows.first().map(read).transpose()
}

/// Artifacts, newest first.
pub(super) async fn list(pool: &Pool, filter: &ArtifactFilter, limit: usize) -> Result<Vec<Artifact>> {
    let (sql, values) = query(filter, limit);
    pool.fetch(sql, values).await?.iter().map(read).collect()
}

pub(super) fn query(filter: &ArtifactFilter, limit: usize) -> (String, Vec<Value>) {
    let (ids, values) = Conditions::default()
        .equal("tenant", filter.tenant.as_ref().map(Tenant::as_str))
        .equal("report", filter.report.as_ref().map(ReportName::as_str))
        .equal("tier", filter.tier.map(Tier::as_str))
        .before("created_at", filter.before.map(|(at, id)| (at, id.0)))
        .ids("pressroom_artifacts", "created_at", limit);
    let from = format!("pressroom_artifacts a JOIN ({ids}) page ON page.id = a.id {PROOF}");
    (format!("SELECT {COLUMNS} FROM {from} ORDER BY a.created_at DESC, a.id DESC"), values)
}

/// Of these keys, those that no artifact is in.
pub(super) async fn unknown_keys(pool: &Pool, keys: &[ArtifactKey]) -> Result<Vec<ArtifactKey>> {
    let mut known = HashSet::new();
    for some in keys.chunks(KEYS_AT_ONCE) {
        let sql = format!("SELECT blob_key FROM pressroom_artifacts WHERE blob_key IN {}", placeholders(some.len()));
        for row in pool.fetch(sql, some.iter().map(|key| key.as_str().into()).collect()).await? {
            known.insert(row.get::<String>("blob_key")?);
        }
    }
    Ok(keys.iter().filter(|key| !known.contains(key.as_str())).cloned().collect())
}
