//! What must be true when the dust has settled.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
};

use chrono::TimeDelta;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use pressroom::{
    app::App,
    artifact::{ArtifactKey, Digest},
    catalog::Outcome,
    job::{JobId, JobState},
    upkeep::Agent as _,
};
use sha2::{Digest as _, Sha256};
use sqlx::{Connection as _, MySqlConnection};

use crate::{Addresses, Asked, TENANTS};

/// Failures that the chaos explains, beside the one that was asked for (`not-found`).
///
/// An outage is none of them: a job waits until it is over.
const EXPLAINED: [&str; 2] = ["worker-died", "timeout"];

/// Attempts that a job may take.
const MAX_ATTEMPTS: u32 = 3;

/// How many rows each report has, by its number.
pub(crate) struct Expected {
    rows: HashMap<(&'static str, u64), u64>,
}

impl Expected {
    /// Counts them in the database itself.
    pub(crate) async fn read(mysql: &str) -> Self {
        const LINES: &str = "SELECT CAST(i.id AS SIGNED), 1 + COUNT(l.invoice_id) FROM invoices i \
             LEFT JOIN invoice_lines l ON l.invoice_id = i.id GROUP BY i.id";
        let mut clinic = MySqlConnection::connect(&format!("mysql://root@{mysql}/clinic")).await.unwrap();
        let lines: Vec<(i64, i64)> = sqlx::query_as(LINES).fetch_all(&mut clinic).await.unwrap();
        let rows = lines.into_iter().map(|(id, rows)| (("invoice", id.unsigned_abs()), rows.unsigned_abs())).collect();
        Self { rows }
    }
}

/// What was found.
pub(crate) struct Found {
    done: usize,
    cancelled: usize,
    failed: BTreeMap<String, usize>,
    attempts: BTreeMap<u32, usize>,
    rescues: u64,
    orphans: usize,
    bytes: u64,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { done, cancelled, failed, attempts, rescues, orphans, bytes } = self;
        write!(f, "{done} done ({bytes} bytes), {cancelled} cancelled, failed {failed:?}; ")?;
        write!(f, "by attempts {attempts:?}; {rescues} rescues; {orphans} orphans reconciled")
    }
}

/// Checks everything there is to check; panics at what is wrong.
pub(crate) async fn all(app: &App, direct: &Addresses, asked: &[Asked], expected: &Expected) -> Found {
    let mut catalog = MySqlConnection::connect(&format!("mysql://root@{}/catalog", direct.mysql)).await.unwrap();
    let outcomes: Vec<Outcome> = stream::iter(asked).map(|asked| outcome(app, asked)).buffered(8).collect().await;
    let ids: BTreeSet<JobId> = asked.iter().map(|asked| asked.id).collect();
    assert_eq!(ids.len(), asked.len());

    // One outcome for each accepted job, and none else; one artifact for each success.
    let done = outcomes.iter().filter(|outcome| outcome.state == JobState::Done).count();
    assert_eq!(count(&mut catalog, "SELECT COUNT(*) FROM pressroom_jobs").await, asked.len());
    assert_eq!(count(&mut catalog, "SELECT COUNT(*) FROM pressroom_artifacts").await, done);
    let sizes: Vec<u64> = stream::iter(asked.iter().zip(&outcomes))
        .map(|(asked, outcome)| artifact(app, asked, outcome, expected))
        .buffered(8)
        .collect()
        .await;
    let (failed, cancelled) = failures(asked, &outcomes);

    audit(app, &mut catalog, &outcomes).await;
    let orphans = reconcile(app, direct, &outcomes, done).await;
    let rescues = idle(app).await;
    let mut attempts = BTreeMap::new();
    outcomes.iter().for_each(|outcome| *attempts.entry(outcome.attempts).or_default() += 1);
    Found { done, cancelled, failed, attempts, rescues, orphans, bytes: sizes.iter().sum() }
}

async fn count(catalog: &mut MySqlConnection, sql: &'static str) -> usize {
    let count: i64 = sqlx::query_scalar(sql).fetch_one(catalog).await.unwrap();
    usize::try_from(count).unwrap()
}

async fn outcome(app: &App, asked: &Asked) -> Outcome {
    let outcome = app.catalog.find(&asked.tenant, asked.id).await.unwrap();
    let outcome = outcome.unwrap_or_else(|| panic!("an accepted job vanished: {asked:?}"));
    assert!(outcome.attempts <= MAX_ATTEMPTS, "{outcome:?}");
    outcome
}

/// The stored bytes are what the record says, with as many rows as the database has; returns their size.
async fn artifact(app: &App, asked: &Asked, outcome: &Outcome, expected: &Expected) -> u64 {
    let store = app.store().unwrap();
    let Some(artifact) = &outcome.artifact else {
        assert_ne!(outcome.state, JobState::Done);
        return 0;
    };
    assert_eq!(artifact.key, ArtifactKey::of(&outcome.job));
    let stored = store.find(&artifact.key).await.unwrap().unwrap_or_else(|| panic!("no artifact for {asked:?}"));
    assert_eq!(stored.facts, artifact.facts, "{asked:?}");
    if let Some(rows) = expected.rows.get(&(asked.report, asked.number)) {
        assert_eq!(stored.facts.rows, *rows, "{asked:?}");
    }
    let datasets = &stored.facts.proof.datasets;
    assert!(datasets.iter().all(|dataset| dataset.rows_read == dataset.rows_placed), "{asked:?}");
    assert_eq!(datasets.iter().map(|dataset| dataset.rows_read).sum::<u64>(), stored.facts.rows, "{asked:?}");
    let chunks: Vec<_> = store.read(&artifact.key, None).await.unwrap().try_collect().await.unwrap();
    let bytes = chunks.concat();
    assert!(bytes.starts_with(b"%PDF-") && bytes.trim_ascii_end().ends_with(b"%%EOF"), "{asked:?}");
    assert_eq!(Digest::from_bytes(Sha256::digest(&bytes)), stored.facts.digest, "{asked:?}");
    bytes.len() as u64
}

/// Whatever failed is explained; returns the failures by code, and how many were cancelled.
fn failures(asked: &[Asked], outcomes: &[Outcome]) -> (BTreeMap<String, usize>, usize) {
    let mut failed: BTreeMap<String, usize> = BTreeMap::new();
    let mut cancelled = 0;
    for (asked, outcome) in asked.iter().zip(outcomes) {
        match (outcome.state, &outcome.failure) {
            (JobState::Failed, Some(failure)) => {
                let wanted = asked.number > 1_000_000 && failure.code == "not-found";
                assert!(wanted || EXPLAINED.contains(&failure.code.as_str()), "{asked:?}: {failure:?}");
                *failed.entry(failure.code.clone()).or_default() += 1;
            }
            (JobState::Cancelled, _) => cancelled += 1,
            (state, _) => assert!(state == JobState::Done && asked.number < 1_000_000, "{asked:?}: {outcome:?}"),
        }
    }
    (failed, cancelled)
}

/// The trail tells of each job's end once, as the catalog does, and its chain is whole.
async fn audit(app: &App, catalog: &mut MySqlConnection, outcomes: &[Outcome]) {
    const ENDS: &str = "SELECT subject, action, COUNT(*) FROM pressroom_audit_log WHERE actor = 'pressroom' \
         AND action IN ('publish', 'fail', 'cancel') GROUP BY subject, action";
    let told: Vec<(String, String, i64)> = sqlx::query_as(ENDS).fetch_all(catalog).await.unwrap();
    let told: BTreeSet<(String, String, i64)> = told.into_iter().collect();
    let word = |state| match state {
        JobState::Done => "publish",
        JobState::Failed => "fail",
        _ => "cancel",
    };
    let ended = outcomes.iter().map(|outcome| (outcome.job.id.to_string(), word(outcome.state).to_owned(), 1));
    let ended: BTreeSet<(String, String, i64)> = ended.collect();
    let odd: Vec<_> = told.symmetric_difference(&ended).collect();
    assert!(odd.is_empty(), "the audit trail and the catalog disagree: {odd:?}");
    for tenant in TENANTS {
        assert_eq!(app.catalog.verify_audit(&tenant.parse().unwrap()).await.unwrap(), None, "{tenant}'s chain");
    }
}

/// After the reconciler the store holds the recorded artifacts and nothing else; returns how many orphans there were.
async fn reconcile(app: &App, direct: &Addresses, outcomes: &[Outcome], done: usize) -> usize {
    let before = keys(app).await;
    // What an operator does with dead letters, and an hour later the queue has forgotten them.
    let redis = redis::Client::open(format!("redis://{}", direct.redis)).unwrap();
    let mut redis = redis.get_multiplexed_async_connection().await.unwrap();
    for failed in outcomes.iter().filter(|outcome| outcome.state == JobState::Failed) {
        let id = failed.job.id.to_string();
        app.queue.dead_drop(&id).await.unwrap();
        let decided = app.queue.outcomes(1_000).await.unwrap();
        app.queue.acknowledge(&decided).await.unwrap();
        let _: () = redis::cmd("DEL").arg(format!("{{pressroom}}:job:{id}")).query_async(&mut redis).await.unwrap();
    }
    let reconciler = app.reconciler(TimeDelta::zero()).unwrap();
    while reconciler.act().await.unwrap() {}
    let after = keys(app).await;
    let recorded: BTreeSet<ArtifactKey> =
        outcomes.iter().filter_map(|outcome| Some(outcome.artifact.as_ref()?.key.clone())).collect();
    assert_eq!(recorded.len(), done);
    assert_eq!(after, recorded, "the store and the catalog disagree");
    before.len() - after.len()
}

async fn keys(app: &App) -> BTreeSet<ArtifactKey> {
    let (mut keys, mut from) = (BTreeSet::new(), None);
    loop {
        let page = app.store().unwrap().list(from.as_ref(), 1_000).await.unwrap();
        keys.extend(page.objects.into_iter().map(|stored| stored.key));
        match page.next {
            Some(next) => from = Some(next),
            None => return keys,
        }
    }
}

/// Nothing is left in the queue; returns how often jobs were rescued.
async fn idle(app: &App) -> u64 {
    let stats = app.queue.stats().await.unwrap();
    assert!(!stats.is_busy() && stats.outbox == 0 && stats.aside == 0, "{stats:?}");
    assert!(app.queue.drain().await.unwrap().is_empty(), "nothing is left in intake");
    stats.rescues
}
