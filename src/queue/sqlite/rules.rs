//! The rules that pushes and claims obey: policy and pauses.
//!
//! **Invariant:** read inside the transaction that obeys them.

use sqlx::{Row, SqliteConnection, SqlitePool, query, query_scalar};

use super::{corrupt, json, lines::Lanes};
use crate::{
    job::Lane,
    queue::{Policy, Result, Scope, Weights},
};

/// The rules that hold.
pub(super) async fn policy(pool: &SqlitePool) -> Result<Policy> {
    let rules: Option<String> = query_scalar("SELECT rules FROM policy").fetch_optional(pool).await?;
    rules.map_or_else(|| Ok(Policy::default()), |rules| serde_json::from_str(&rules).map_err(|_| corrupt("policy")))
}

/// Sets the rules.
pub(super) async fn govern(tx: &mut SqliteConnection, policy: &Policy) -> Result<()> {
    query(
        "INSERT OR REPLACE INTO policy
           (only, rules, turns, running, running_per_tenant, waiting_per_tenant, bytes_per_tenant)
         VALUES (0, ?, ?, ?, ?, ?, ?)",
    )
    .bind(json(policy)?)
    .bind(initials(policy.weights))
    .bind(policy.running)
    .bind(policy.running_per_tenant)
    .bind(signed(policy.waiting_per_tenant))
    .bind(signed(policy.bytes_per_tenant))
    .execute(&mut *tx)
    .await?;
    query("DELETE FROM caps").execute(&mut *tx).await?;
    let of_tenants = policy.running_of_tenant.iter().map(|(tenant, most)| (Scope::Tenant(tenant.clone()), most));
    let of_reports = policy.running_of_report.iter().map(|(report, most)| (Scope::Report(report.clone()), most));
    for (scope, most) in of_tenants.chain(of_reports) {
        query("INSERT INTO caps (scope, most) VALUES (?, ?)")
            .bind(scope.to_string())
            .bind(most)
            .execute(&mut *tx)
            .await?;
    }
    query(
        "UPDATE tenants SET most = coalesce((SELECT most FROM caps WHERE scope = 'tenant:' || tenant), ?1);
         UPDATE reports SET most = (SELECT most FROM caps WHERE scope = 'report:' || report)",
    )
    .bind(policy.running_per_tenant)
    .execute(tx)
    .await?;
    Ok(())
}

/// Pauses or resumes a part of the queue; whether that changed anything.
pub(super) async fn set_paused(tx: &mut SqliteConnection, scope: &Scope, paused: bool) -> Result<bool> {
    let change = if paused {
        "INSERT INTO pauses (scope) VALUES (?) ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM pauses WHERE scope = ?"
    };
    let changed = query(change).bind(scope.to_string()).execute(&mut *tx).await?;
    match scope {
        Scope::Lane(_) => {}
        Scope::Report(report) => {
            query("UPDATE reports SET paused = ? WHERE report = ?")
                .bind(paused)
                .bind(report.as_str())
                .execute(tx)
                .await?;
        }
        Scope::Tenant(tenant) => {
            query("UPDATE tenants SET paused = ? WHERE tenant = ?")
                .bind(paused)
                .bind(tenant.as_str())
                .execute(tx)
                .await?;
        }
    }
    Ok(changed.rows_affected() > 0)
}

/// What is due, and how claims go on when it is done.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) due: Due,
    /// Which lane each claim asks first.
    turns: Vec<Lane>,
    /// How many claims there have been.
    pub(super) count: i64,
    /// How many more jobs may run.
    pub(super) left: i64,
    /// The lanes that aren't paused.
    pub(super) lanes: Lanes,
    /// Whether a worker lets slots go free for a large job.
    pub(super) reserved: bool,
}

/// What is to be done before anything is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Due {
    /// Jobs or keys have outlived their lifetime.
    pub(super) forgotten: bool,
    /// Jobs are due that were asked for later.
    pub(super) scheduled: bool,
    /// Jobs are due that are tried again.
    pub(super) retrying: bool,
    /// Workers have died.
    pub(super) died: bool,
}

impl Due {
    /// Nothing is to be done.
    pub(super) const NOTHING: Self = Self { forgotten: false, scheduled: false, retrying: false, died: false };
}

impl Standing {
    /// The lane that the claim of this number asks first.
    pub(super) fn first(&self, claim: i64) -> Option<Lane> {
        let claim = usize::try_from(claim).unwrap_or_default();
        self.turns.get(claim.checked_rem(self.turns.len())?).copied()
    }
}

/// What is due now, and how claims go on.
pub(super) async fn standing(tx: &mut SqliteConnection, now: i64) -> Result<Standing> {
    let row = query(
        "SELECT count, coalesce(policy.running - claims.running, ?2), turns,
                (SELECT group_concat(scope) FROM pauses WHERE scope >= 'lane:' AND scope < 'lane;'),
                EXISTS (SELECT 1 FROM reservation),
                EXISTS (SELECT 1 FROM jobs WHERE forget_us <= ?1) OR EXISTS (SELECT 1 FROM keys WHERE until_us <= ?1),
                EXISTS (SELECT 1 FROM jobs WHERE state = 'scheduled' AND due_us <= ?1),
                EXISTS (SELECT 1 FROM jobs WHERE state = 'retrying' AND due_us <= ?1),
                EXISTS (SELECT 1 FROM jobs WHERE state = 'running' AND due_us <= ?1)
         FROM claims LEFT JOIN policy USING (only)",
    )
    .bind(now)
    .bind(i64::MAX)
    .fetch_one(tx)
    .await?;
    let (turns, paused): (Option<&str>, Option<&str>) = (row.try_get(2)?, row.try_get(3)?);
    let is_paused = |lane: &Lane| {
        let scope = Scope::Lane(*lane).to_string();
        paused.is_some_and(|paused| paused.split(',').any(|paused| paused == scope))
    };
    Ok(Standing {
        due: Due {
            forgotten: row.try_get(5)?,
            scheduled: row.try_get(6)?,
            retrying: row.try_get(7)?,
            died: row.try_get(8)?,
        },
        turns: turns.map_or_else(|| Weights::default().turns(), lanes),
        count: row.try_get(0)?,
        left: row.try_get(1)?,
        lanes: Lanes(Lane::ALL.into_iter().filter(|lane| !is_paused(lane)).collect()),
        reserved: row.try_get(4)?,
    })
}

fn initials(weights: Weights) -> String {
    weights.turns().into_iter().map(|lane| &lane.as_str()[..1]).collect()
}

fn lanes(initials: &str) -> Vec<Lane> {
    let named = |initial| Lane::ALL.into_iter().find(|lane| lane.as_str().starts_with(initial));
    initials.chars().filter_map(named).collect()
}

pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The tenants and reports that have waiting jobs and as many running as they may; then what is paused.
pub(super) async fn capped_and_paused(pool: &SqlitePool) -> Result<(Vec<Scope>, Vec<Scope>)> {
    let capped: Vec<String> = query_scalar(
        "SELECT 'tenant:' || tenant FROM tenants WHERE running >= most AND NOT paused AND EXISTS (SELECT 1 FROM flows
           WHERE lane IN ('interactive', 'standard', 'bulk') AND flows.tenant = tenants.tenant)
         UNION ALL SELECT 'report:' || report FROM reports WHERE running >= most AND NOT paused AND waiting > 0",
    )
    .fetch_all(pool)
    .await?;
    let paused: Vec<String> = query_scalar("SELECT scope FROM pauses").fetch_all(pool).await?;
    Ok((scopes(&capped), scopes(&paused)))
}

fn scopes(texts: &[String]) -> Vec<Scope> {
    let mut scopes: Vec<Scope> = texts.iter().filter_map(|text| text.parse().ok()).collect();
    scopes.sort();
    scopes
}
