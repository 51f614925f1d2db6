//! The rules by which a queue hands out jobs, the same for every process that shares it.
//!
//! **Invariant:** plain data; the stores keep and obey it.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::job::{Lane, Name, ReportName, Tenant};

/// Who gets how much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// How the lanes share the claims.
    pub weights: Weights,
    /// The most jobs running at once, over all workers.
    pub running: Option<u32>,
    /// The most jobs of one tenant running at once, over all workers.
    pub running_per_tenant: Option<u32>,
    /// The same for tenants of which something else is to hold.
    pub running_of_tenant: BTreeMap<Tenant, u32>,
    /// The most jobs of a report running at once, over all workers and tenants.
    pub running_of_report: BTreeMap<ReportName, u32>,
    /// The most jobs of one tenant in flight that aren't running.
    pub waiting_per_tenant: u64,
    /// The most bytes that a tenant's jobs in flight may take.
    pub bytes_per_tenant: u64,
}

impl Policy {
    /// The most jobs of one tenant that may run at once.
    pub fn cap_of_tenant(&self, tenant: &Tenant) -> Option<u32> {
        self.running_of_tenant.get(tenant).copied().or(self.running_per_tenant)
    }
}

/// 6 : 3 : 1, no caps on what runs; a million jobs or 1 GiB of them waiting for each tenant.
impl Default for Policy {
    fn default() -> Self {
        Self {
            weights: Weights::default(),
            running: None,
            running_per_tenant: None,
            running_of_tenant: BTreeMap::new(),
            running_of_report: BTreeMap::new(),
            waiting_per_tenant: 1_000_000,
            bytes_per_tenant: 1 << 30,
        }
    }
}

/// How many of so many claims each lane gets while all of them have work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weights {
    /// Of the lane `interactive`; 1 to [`Weights::MOST`], as the others.
    pub interactive: u32,
    /// Of the lane `standard`.
    pub standard: u32,
    /// Of the lane `bulk`.
    pub bulk: u32,
}

impl Weights {
    /// No weight is larger.
    pub const MOST: u32 = 100;

    /// The lane's weight, 1 to [`Weights::MOST`].
    pub fn of(self, lane: Lane) -> u32 {
        match lane {
            Lane::Interactive => self.interactive,
            Lane::Standard => self.standard,
            Lane::Bulk => self.bulk,
        }
        .clamp(1, Self::MOST)
    }

    /// Which lane each claim asks first, over and over: as many turns as the weights add up to, evenly spread
    /// (smooth weighted round robin).
    pub fn turns(self) -> Vec<Lane> {
        let total: i64 = Lane::ALL.into_iter().map(|lane| i64::from(self.of(lane))).sum();
        let mut credit = Lane::ALL.map(|lane| (0, lane));
        (0..total)
            .filter_map(|_| {
                for (credit, lane) in &mut credit {
                    *credit += i64::from(self.of(*lane));
                }
                // Of equal credits the most urgent lane's comes first.
                let (credit, lane) = credit.iter_mut().rev().max_by_key(|(credit, _)| *credit)?;
                *credit -= total;
                Some(*lane)
            })
            .collect()
    }
}

/// 6 : 3 : 1.
impl Default for Weights {
    fn default() -> Self {
        Self { interactive: 6, standard: 3, bulk: 1 }
    }
}

/// A part of the queue: one lane, one report's jobs, or one tenant's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Scope {
    /// A lane's.
    Lane(Lane),
    /// A report's, whichever tenant asked.
    Report(ReportName),
    /// A tenant's.
    Tenant(Tenant),
}

/// What is wrong with the text of a [`Scope`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be lane:<lane>, report:<name> or tenant:<name>")]
pub struct ScopeError;

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lane(lane) => write!(f, "lane:{lane}"),
            Self::Report(report) => write!(f, "report:{report}"),
            Self::Tenant(tenant) => write!(f, "tenant:{tenant}"),
        }
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = |name: &str| name.parse::<Name>().map_err(|_| ScopeError);
        match text.split_once(':') {
            Some(("lane", lane)) => lane.parse().map(Self::Lane).map_err(|_| ScopeError),
            Some(("report", report)) => name(report).map(Self::Report),
            Some(("tenant", tenant)) => name(tenant).map(Self::Tenant),
            _ => Err(ScopeError),
        }
    }
}

impl TryFrom<String> for Scope {
    type Error = ScopeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn initials(interactive: u32, standard: u32, bulk: u32) -> String {
        let turns = Weights { interactive, standard, bulk }.turns();
        turns.iter().filter_map(|lane| lane.as_str().chars().next()).collect()
    }

    #[test]
    fn turns_are_as_many_as_the_weights_and_evenly_spread() {
        assert_eq!(initials(6, 3, 1), "isiisibisi");
        assert_eq!(initials(1, 1, 1), "isb");
        assert_eq!(initials(1, 1, 4), "bibsbb");
        assert_eq!(initials(0, 1, 1), "isb", "none starves");
    }

    #[test]
    fn a_scope_is_read_as_it_is_written() {
        for text in ["lane:bulk", "report:invoice", "tenant:north-1"] {
            assert_eq!(text.parse::<Scope>().unwrap().to_string(), text);
        }
        for text in ["bulk", "lane:slow", "report:", "tenant:A", "job:1"] {
            assert_eq!(text.parse::<Scope>(), Err(ScopeError));
        }
    }
}
