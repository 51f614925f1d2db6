//! What a job will probably come to, from what the same report came to for the same tenant before.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::{
    catalog::{Catalog, Outcome, OutcomeFilter},
    job::{JobState, ReportName, Tenant},
    request::JobSummary,
};

/// The latest jobs that are looked at.
const SAMPLES: usize = 10;

/// With fewer nothing is usual.
const LEAST_SAMPLES: usize = 3;

/// How long an answer is used again.
const LIFETIME: TimeDelta = TimeDelta::seconds(30);

/// How many answers are kept.
const MOST_KEPT: usize = 1_000;

/// Where the middle half of the samples lies this many times apart, there is no usual size.
const WIDEST: u64 = 3;

/// What a job will probably come to. A guess from the latest jobs of the same report and tenant, whatever their
/// parameters were: only to be shown, never to be counted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// Rows; half of those jobs had fewer.
    pub rows: u64,
    /// Pages; half of them had fewer.
    pub pages: u64,
    /// Seconds from reading the first row to the record, at least 1; `None` where they differ too much.
    pub seconds: Option<u64>,
    /// When the running attempt will be through; `None` before it runs and once that instant has passed.
    pub ready_at: Option<DateTime<Utc>>,
    /// From how many jobs this is.
    pub samples: usize,
}

/// Whose report, and which.
type Kind = (Tenant, ReportName);

/// An answer and when it was found.
type Kept = (DateTime<Utc>, Option<Expected>);

/// Remembers for a while what is usual.
#[derive(Debug, Default)]
pub(super) struct Habits(Mutex<HashMap<Kind, Kept>>);

impl Habits {
    /// Says of a job in flight what to expect. A catalog that doesn't answer leaves it unsaid.
    pub(super) async fn foretell(&self, catalog: &dyn Catalog, job: &mut JobSummary, now: DateTime<Utc>) {
        if job.state.is_final() {
            return;
        }
        let kind = (job.tenant.clone(), job.report.clone());
        let kept = self.kept(&kind, now);
        let usual = match kept {
            Some(usual) => usual,
            None => {
                let filter = OutcomeFilter {
                    tenant: Some(kind.0.clone()),
                    report: Some(kind.1.clone()),
                    state: Some(JobState::Done),
                    before: None,
                };
                let Ok(outcomes) = catalog.list(&filter, SAMPLES).await else { return };
                let usual = usual(&outcomes);
                self.keep(kind, now, usual);
                usual
            }
        };
        job.expected = usual.map(|usual| Expected { ready_at: ready_at(job, &usual, now), ..usual });
    }

    fn kept(&self, kind: &Kind, now: DateTime<Utc>) -> Option<Option<Expected>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(kind).filter(|(at, _)| (TimeDelta::zero()..LIFETIME).contains(&(now - *at))).map(|(_, usual)| *usual)
    }

    fn keep(&self, kind: Kind, now: DateTime<Utc>, usual: Option<Expected>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(kind, (now, usual));
    }
}

fn ready_at(job: &JobSummary, usual: &Expected, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if job.state != JobState::Running {
        return None;
    }
    let seconds = TimeDelta::try_seconds(i64::try_from(usual.seconds?).ok()?)?;
    job.changed_at.checked_add_signed(seconds).filter(|at| *at > now)
}

/// What is usual among these; `None` where nothing is.
fn usual(outcomes: &[Outcome]) -> Option<Expected> {
    let facts = || outcomes.iter().filter_map(|outcome| Some((outcome, &outcome.artifact.as_ref()?.facts)));
    let samples = facts().count();
    if samples < LEAST_SAMPLES {
        return None;
    }
    let taken = |(outcome, snapshot): (&Outcome, DateTime<Utc>)| {
        (outcome.ended_at - snapshot).num_milliseconds().max(0).unsigned_abs()
    };
    let seconds = middle(facts().map(|(outcome, facts)| taken((outcome, facts.snapshot_at))));
    Some(Expected {
        rows: middle(facts().map(|(_, facts)| facts.rows))?,
        pages: middle(facts().map(|(_, facts)| facts.pages))?,
        seconds: seconds.map(|milliseconds| milliseconds.div_ceil(1000).max(1)),
        ready_at: None,
        samples,
    })
}

/// The median, unless the middle half is spread too widely.
fn middle(numbers: impl Iterator<Item = u64>) -> Option<u64> {
    let mut numbers: Vec<u64> = numbers.collect();
    numbers.sort_unstable();
    let (low, high) = (numbers.get(numbers.len() / 4)?, numbers.get(numbers.len() - 1 - numbers.len() / 4)?);
    let close = *high <= low.saturating_mul(WIDEST).max(WIDEST);
    numbers.get(numbers.len() / 2).filter(|_| close).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_the_median_where_most_are_alike() {
        let middle = |numbers: &[u64]| middle(numbers.iter().copied());
        assert_eq!(middle(&[5]), Some(5));
        assert_eq!(middle(&[100, 120, 110]), Some(110));
        assert_eq!(middle(&[0, 0, 0]), Some(0));
        assert_eq!(middle(&[1, 2, 3]), Some(2), "a few rows more or less are no matter");
        assert_eq!(middle(&[100, 100, 110, 110, 120, 120, 130, 100_000]), Some(120), "one exception");
        assert_eq!(middle(&[1, 10, 1_000, 100_000]), None);
        assert_eq!(middle(&[]), None);
    }
}
