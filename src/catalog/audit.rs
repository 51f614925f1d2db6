//! The audit trail: events arrive freely, and one agent seals them into a chain for each tenant.
//!
//! An event's hash is the SHA-256 of the hash before it (32 zero bytes for the first) followed by the event in a form
//! that any program can make again: tenant, sequence, actor, action, subject and time (RFC 3339, UTC, microseconds),
//! each as a netstring (`<length in bytes>:<text>,`).
//!
//! **Invariant:** a sealed event is never changed or deleted, and whoever does it anyway breaks the chain.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use sha2::{Digest, Sha256};

use super::{
    AuditEvent,
    database::{Pool, Result, Row, Transaction, Value, placeholders, rows_of, unreadable},
};
use crate::job::Tenant;

/// How many rows one statement inserts or deletes.
const ROWS_AT_ONCE: usize = 200;

/// How many sealed events are read at a time to verify them.
const VERIFIED_AT_ONCE: i64 = 1_000;

const APPEND: &str = "INSERT INTO pressroom_audit_pending (tenant, actor, action, subject, at) VALUES ";

/// Adds events, not yet sealed.
pub(super) async fn append(pool: &Pool, events: &[AuditEvent]) -> Result<()> {
    let (sql, values) = appending(events);
    pool.execute(sql, values).await.map(drop)
}

/// The same, as a part of what they tell of.
pub(super) async fn append_within(transaction: &mut Transaction, events: &[AuditEvent]) -> Result<()> {
    let (sql, values) = appending(events);
    transaction.execute(sql, values).await.map(drop)
}

fn appending(events: &[AuditEvent]) -> (String, Vec<Value>) {
    (format!("{APPEND}{}", rows_of(5, events.len())), events.iter().flat_map(fields).collect())
}

fn fields(event: &AuditEvent) -> [Value; 5] {
    [
        event.tenant.as_str().into(),
        event.actor.as_str().into(),
        event.action.as_str().into(),
        event.subject.as_str().into(),
        event.at.into(),
    ]
}

/// A link of the chain.
#[derive(Debug, Clone)]
struct Link {
    tenant: String,
    sequence: i64,
    actor: String,
    action: String,
    subject: String,
    at: DateTime<Utc>,
}

impl Link {
    /// The event in a row of either table, as number `sequence`.
    fn read(row: &Row, sequence: i64) -> Result<Self> {
        Ok(Self {
            tenant: row.get("tenant")?,
            sequence,
            actor: row.get("actor")?,
            action: row.get("action")?,
            subject: row.get("subject")?,
            at: row.time("at")?,
        })
    }

    fn hash(&self, before: &[u8]) -> [u8; 32] {
        let at = self.at.trunc_subsecs(6).to_rfc3339_opts(SecondsFormat::Micros, true);
        let sequence = self.sequence.to_string();
        let mut hasher = Sha256::new();
        hasher.update(before);
        for field in [&self.tenant, &sequence, &self.actor, &self.action, &self.subject, &at] {
            hasher.update(format!("{}:{field},", field.len()));
        }
        hasher.finalize().into()
    }
}

/// The end of a tenant's chain.
#[derive(Debug, Clone)]
struct Head {
    sequence: i64,
    hash: [u8; 32],
    is_new: bool,
}

impl Head {
    const NONE: Self = Self { sequence: 0, hash: [0; 32], is_new: true };

    fn read(row: &Row) -> Result<Self> {
        Ok(Self { sequence: row.get("sequence")?, hash: hash(row)?, is_new: false })
    }
}

fn hash(row: &Row) -> Result<[u8; 32]> {
    row.get::<Vec<u8>>("hash")?.try_into().map_err(|_| unreadable("hash"))
}

/// Seals at most `limit` events in the order of their arrival; returns how many.
pub(super) async fn seal(pool: &Pool, limit: usize) -> Result<usize> {
    let mut transaction = pool.begin().await?;
    let lock = pool.for_update();
    let sql =
        format!("SELECT id, tenant, actor, action, subject, at FROM pressroom_audit_pending ORDER BY id LIMIT ?{lock}");
    let pending = transaction.fetch(sql, vec![Value::Int(i64::try_from(limit).unwrap_or(i64::MAX))]).await?;
    let mut heads: BTreeMap<String, Head> = BTreeMap::new();
    let (mut ids, mut sealed) = (Vec::new(), Vec::new());
    for row in &pending {
        let tenant: String = row.get("tenant")?;
        if !heads.contains_key(&tenant) {
            heads.insert(tenant.clone(), head(pool, &mut transaction, &tenant).await?);
        }
        let head = heads.entry(tenant).or_insert(Head::NONE);
        let link = Link::read(row, head.sequence + 1)?;
        head.hash = link.hash(&head.hash);
        head.sequence += 1;
        ids.push(Value::Int(row.get("id")?));
        sealed.push((link, head.hash));
    }
    store(&mut transaction, sealed, heads, &ids).await?;
    transaction.commit().await?;
    Ok(ids.len())
}

async fn head(pool: &Pool, transaction: &mut Transaction, tenant: &str) -> Result<Head> {
    let sql = format!("SELECT sequence, hash FROM pressroom_audit_heads WHERE tenant = ?{}", pool.for_update());
    transaction.fetch(sql, vec![tenant.into()]).await?.first().map_or(Ok(Head::NONE), Head::read)
}

/// Moves the events into the chain and its heads forward.
async fn store(
    transaction: &mut Transaction,
    sealed: Vec<(Link, [u8; 32])>,
    heads: BTreeMap<String, Head>,
    ids: &[Value],
) -> Result<()> {
    for links in sealed.chunks(ROWS_AT_ONCE) {
        let rows = rows_of(7, links.len());
        let sql = "INSERT INTO pressroom_audit_log (tenant, sequence, actor, action, subject, at, hash) VALUES ";
        let values = links.iter().flat_map(|(link, hash)| row_of(link, hash)).collect();
        transaction.execute(format!("{sql}{rows}"), values).await?;
    }
    for (tenant, head) in heads {
        let sql = if head.is_new {
            "INSERT INTO pressroom_audit_heads (sequence, hash, tenant) VALUES (?, ?, ?)"
        } else {
            "UPDATE pressroom_audit_heads SET sequence = ?, hash = ? WHERE tenant = ?"
        };
        let values = vec![Value::Int(head.sequence), Value::Bytes(head.hash.to_vec()), tenant.into()];
        transaction.execute(sql, values).await?;
    }
    for some in ids.chunks(ROWS_AT_ONCE) {
        let sql = format!("DELETE FROM pressroom_audit_pending WHERE id IN {}", placeholders(some.len()));
        transaction.execute(sql, some.to_vec()).await?;
    }
    Ok(())
}

fn row_of(link: &Link, hash: &[u8; 32]) -> [Value; 7] {
    [
        link.tenant.as_str().into(),
        Value::Int(link.sequence),
        link.actor.as_str().into(),
        link.action.as_str().into(),
        link.subject.as_str().into(),
        link.at.into(),
        Value::Bytes(hash.to_vec()),
    ]
}

/// Follows a tenant's chain; returns the first sequence that is not what was sealed.
pub(super) async fn verify(pool: &Pool, tenant: &Tenant) -> Result<Option<u64>> {
    const NEXT: &str = "SELECT tenant, sequence, actor, action, subject, at, hash FROM pressroom_audit_log \
         WHERE tenant = ? AND sequence > ? ORDER BY sequence LIMIT ?";
    const HEAD: &str = "SELECT sequence, hash FROM pressroom_audit_heads WHERE tenant = ?";
    // Read before the chain: what is sealed meanwhile only makes the chain longer.
    let head = pool.fetch(HEAD, vec![tenant.as_str().into()]).await?.first().map_or(Ok(Head::NONE), Head::read)?;
    let mut reached = Head::NONE;
    loop {
        let values = vec![tenant.as_str().into(), Value::Int(reached.sequence), Value::Int(VERIFIED_AT_ONCE)];
        let rows = pool.fetch(NEXT, values).await?;
        if rows.is_empty() {
            return Ok((reached.sequence < head.sequence).then(|| bad(reached.sequence + 1)));
        }
        for row in &rows {
            let link = Link::read(row, row.get("sequence")?)?;
            let expected = reached.sequence + 1;
            let hash = hash(row)?;
            let is_head_forged = link.sequence == head.sequence && hash != head.hash;
            if link.sequence != expected || link.hash(&reached.hash) != hash || is_head_forged {
                return Ok(Some(bad(expected)));
            }
            reached = Head { sequence: expected, hash, is_new: false };
        }
    }
}

fn bad(sequence: i64) -> u64 {
    sequence.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> Link {
        Link {
            tenant: "clinic".to_owned(),
            sequence: 1,
            actor: "nurse-é".to_owned(),
            action: "view".to_owned(),
            subject: "0190".to_owned(),
            at: "2026-11-24T10:00:00.5Z".parse().unwrap(),
        }
    }

    #[test]
    fn the_hash_is_what_the_documentation_says() {
        let mut text = vec![0; 32];
        text.extend("6:clinic,1:1,8:nurse-é,4:view,4:0190,27:2026-11-24T10:00:00.500000Z,".bytes());
        assert_eq!(link().hash(&[0; 32]), <[u8; 32]>::from(Sha256::digest(text)));
    }

    #[test]
    fn no_field_can_pass_for_another() {
        let (mut one, mut other) = (link(), link());
        (one.actor, one.action) = ("a".to_owned(), "bc".to_owned());
        (other.actor, other.action) = ("ab".to_owned(), "c".to_owned());
        assert_ne!(one.hash(&[0; 32]), other.hash(&[0; 32]));
    }
}
