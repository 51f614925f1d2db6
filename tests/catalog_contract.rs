//! What every catalog must do, on SQLite and on a real MySQL or MariaDB.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use pressroom::{
    artifact::{Artifact, ArtifactId, ArtifactKey, Digest, Facts, MissingGlyph, Proof, ReadDataset, Tier},
    catalog::{
        Action, ArtifactFilter, AuditEvent, Catalog, CatalogError, Outcome, OutcomeFilter, SchemaState, SqlCatalog,
        mysql::MySqlCatalog, sqlite::SqliteCatalog,
    },
    job::{FailedAttempt, Failure, Job, JobId, JobState, Lane, Step},
};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, SqliteConnection};
use uuid::Uuid;

/// An empty catalog, its address, and whatever must live as long as it does.
struct Fixture {
    catalog: Arc<SqlCatalog>,
    url: String,
    _folder: Option<tempfile::TempDir>,
}

impl Fixture {
    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("catalog.db").to_str().unwrap().to_owned();
        Self { catalog: Arc::new(open(&url)), url, _folder: Some(folder) }
    }

    async fn mysql() -> Self {
        let server = environment("PRESSROOM_TEST_MYSQL_URL");
        let name = format!("catalog_{}", Uuid::new_v4().simple());
        let mut connection = MySqlConnection::connect(&server).await.unwrap();
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await.unwrap();
        let url = format!("{server}/{name}");
        Self { catalog: Arc::new(open(&url)), url, _folder: None }
    }

    async fn migrated(self) -> Self {
        self.catalog.migrate().await.unwrap();
        self
    }

    /// Does behind the catalog's back what someone with the database's password could do.
    async fn tamper(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        if self.url.starts_with("mysql:") {
            let mut connection = MySqlConnection::connect(&self.url).await.unwrap();
            sqlx::query(sql).execute(&mut connection).await.unwrap();
        } else {
            let mut connection = SqliteConnection::connect(&format!("sqlite:{}", self.url)).await.unwrap();
            sqlx::query(sql).execute(&mut connection).await.unwrap();
        }
    }

    async fn count(&self, table: &str) -> i64 {
        let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        if self.url.starts_with("mysql:") {
            let mut connection = MySqlConnection::connect(&self.url).await.unwrap();
            sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
        } else {
            let mut connection = SqliteConnection::connect(&format!("sqlite:{}", self.url)).await.unwrap();
            sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
        }
    }
}

fn open(url: &str) -> SqlCatalog {
    if url.starts_with("mysql:") { MySqlCatalog::connect(url, 8) } else { SqliteCatalog::open(url, 4) }.unwrap()
}

#[expect(clippy::disallowed_methods, reason = "tests find the services that ./test started")]
fn environment(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; run these tests by ./test"))
}

/// Each named function of this file becomes a test on each database.
macro_rules! on_every_database {
    ($($test:ident),* $(,)?) => {
        mod on_sqlite { $(#[tokio::test] async fn $test() { super::$test(super::Fixture::sqlite().await).await })* }
        mod real_on_mysql { $(#[tokio::test] async fn $test() { super::$test(super::Fixture::mysql().await).await })* }
    };
}

on_every_database! {
    migrates_from_nothing,
    migrates_once_when_many_do_it_at_once,
    refuses_a_newer_schema,
    keeps_every_field,
    keeps_every_failed_attempt,
    reads_what_was_recorded_before_attempts_were_kept,
    recording_twice_changes_nothing,
    done_and_cancelled_are_never_replaced,
    failed_is_replaced_by_a_later_end,
    ten_recorders_of_one_job_agree,
    ten_recorders_of_many_jobs_lose_nothing,
    a_failed_job_can_be_reopened,
    refuses_outcomes_that_contradict_themselves,
    lists_newest_first_in_stable_pages,
    lists_what_the_filter_says,
    another_tenant_sees_nothing,
    lists_artifacts_in_pages,
    tells_unknown_keys,
    ends_are_audited_once,
    seals_each_tenants_events_in_order,
    many_sealers_make_one_chain,
    a_changed_event_breaks_the_chain,
    a_missing_event_breaks_the_chain,
    reordered_events_break_the_chain,
    a_chain_cut_off_at_its_end_is_noticed,
    says_when_there_is_no_schema,
    answers_pings,
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Job number `n` of a tenant; one a second, ids in the same order.
fn job(tenant: &str, n: u32) -> Job {
    let accepted_at = time("2026-11-24T10:00:00.000001Z") + TimeDelta::seconds(n.into());
    Job {
        id: JobId(Uuid::from_u64_pair(0x0190_0000_0000_7000 + u64::from(n), 0x8000_0000_0000_0000)),
        tenant: tenant.parse().unwrap(),
        requester: "user-17".to_owned(),
        report: "recall-list".parse().unwrap(),
        parameters: json!({"due_before": "2026-12-01"}).as_object().unwrap().clone(),
        lane: Lane::Standard,
        run_at: None,
        accepted_at,
        max_attempts: 5,
    }
}

fn artifact(job: &Job, fence: u64) -> Artifact {
    Artifact {
        id: job.id.into(),
        tenant: job.tenant.clone(),
        report: job.report.clone(),
        requester: job.requester.clone(),
        key: ArtifactKey::of(job),
        facts: Facts {
            digest: Digest::from_bytes([7; 32]),
            size_bytes: 123_456_789_012,
            rows: 1_000_000,
            pages: 26_316,
            fence,
            snapshot_at: time("2026-11-24T09:59:59.999999Z"),
            definition_digest: Digest::from_bytes([9; 32]),
            proof: Proof {
                datasets: vec![ReadDataset {
                    name: "doses".to_owned(),
                    rows_read: 1_000_000,
                    rows_placed: 1_000_000,
                    sha256: Digest::from_bytes([3; 32]),
                }],
                missing_glyphs: vec![MissingGlyph { code_point: "U+1F600".to_owned(), count: 2 }],
            },
        },
        tier: Tier::Hot,
        created_at: job.accepted_at + TimeDelta::microseconds(1_234_567),
    }
}

fn done(job: Job, fence: u64) -> Outcome {
    let artifact = Some(artifact(&job, fence));
    Outcome { ended_at: job.accepted_at + TimeDelta::seconds(2), artifact, ..failed(job, fence) }.with(JobState::Done)
}

fn failed(job: Job, fence: u64) -> Outcome {
    let failure = Failure {
        step: Step::Source,
        code: "timeout".to_owned(),
        message: "the query of dataset `doses` took longer than 30s".to_owned(),
        retryable: true,
    };
    let ended_at = job.accepted_at + TimeDelta::milliseconds(1);
    Outcome {
        job,
        state: JobState::Failed,
        attempts: 2,
        fence,
        failure: Some(failure),
        failures: Vec::new(),
        artifact: None,
        ended_at,
    }
}

fn cancelled(job: Job) -> Outcome {
    failed(job, 0).with(JobState::Cancelled)
}

trait With {
    fn with(self, state: JobState) -> Self;
}

impl With for Outcome {
    fn with(self, state: JobState) -> Self {
        Self { state, failure: None, ..self }
    }
}

async fn migrates_from_nothing(fixture: Fixture) {
    let Fixture { catalog, .. } = &fixture;
    assert_eq!(catalog.schema().await.unwrap(), SchemaState::Older { found: 0, needed: 3 });
    assert_eq!(catalog.migrate().await.unwrap(), [1, 2, 3]);
    assert_eq!(catalog.schema().await.unwrap(), SchemaState::Current { version: 3 });
    assert!(catalog.migrate().await.unwrap().is_empty());
    // A migration that died before it was noted is run again.
    fixture.tamper("DELETE FROM pressroom_schema WHERE version = 3").await;
    assert_eq!(catalog.schema().await.unwrap(), SchemaState::Older { found: 2, needed: 3 });
    assert_eq!(catalog.migrate().await.unwrap(), [3]);
    fixture.tamper("DELETE FROM pressroom_schema").await;
    assert_eq!(catalog.migrate().await.unwrap(), [1, 2, 3]);
}

async fn migrates_once_when_many_do_it_at_once(Fixture { url, _folder, .. }: Fixture) {
    let processes = (0..8).map(|_| {
        let catalog = open(&url);
        tokio::spawn(async move { catalog.migrate().await.unwrap() })
    });
    let mut applied: Vec<i64> = join_all(processes).await.into_iter().flat_map(Result::unwrap).collect();
    applied.sort();
    assert_eq!(applied, [1, 2, 3]);
}

async fn refuses_a_newer_schema(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    fixture.tamper("INSERT INTO pressroom_schema (version) VALUES (99)").await;
    let newer = SchemaState::Newer { found: 99, known: 3 };
    assert_eq!(fixture.catalog.schema().await.unwrap(), newer);
    let error = fixture.catalog.migrate().await.unwrap_err();
    assert!(matches!(error, CatalogError::Schema(state) if state == newer), "{error:?}");
}

async fn says_when_there_is_no_schema(Fixture { catalog, _folder, .. }: Fixture) {
    let error = catalog.record(&failed(job("clinic", 1), 1)).await.unwrap_err();
    assert!(matches!(error, CatalogError::Refused(_)), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("run `pressroom migrate`"), "{text}");
    assert!(!text.contains("INSERT") && !text.contains("user-17"), "no SQL and no value: {text}");
}

async fn keeps_every_field(fixture: Fixture) {
    let Fixture { catalog, .. } = &fixture.migrated().await;
    let mut full = job("clinic", 1);
    full.requester = "ünïcödé-😀-\u{5d0}".to_owned();
    full.parameters = json!({
        "z": 1.5, "a": [1, "two", null, true], "nested": {"b": "😀 ' \" \\ ; -- \u{0}\u{7f}"}, "big": 9_007_199_254_740_993_i64
    })
    .as_object()
    .unwrap()
    .clone();
    full.lane = Lane::Bulk;
    full.run_at = Some(time("2027-01-01T00:00:00.123456Z"));
    full.max_attempts = u32::MAX;
    let mut outcome = done(full, u64::from(u32::MAX) * 3);
    outcome.attempts = u32::MAX;
    let tenant = outcome.job.tenant.clone();
    assert_eq!(catalog.record(&outcome).await.unwrap(), JobState::Done);
    assert_eq!(catalog.find(&tenant, outcome.job.id).await.unwrap().unwrap(), outcome);
    let id = ArtifactId::from(outcome.job.id);
    assert_eq!(catalog.artifact(&tenant, id).await.unwrap(), outcome.artifact);
    let kept = catalog.find(&tenant, outcome.job.id).await.unwrap().unwrap();
    assert!(kept.job.parameters.keys().eq(outcome.job.parameters.keys()), "in the order they were given");

    for outcome in [failed(job("clinic", 2), 3), cancelled(job("clinic", 3))] {
        assert_eq!(catalog.record(&outcome).await.unwrap(), outcome.state);
        assert_eq!(catalog.find(&tenant, outcome.job.id).await.unwrap().unwrap(), outcome);
    }
}

fn attempts(numbers: std::ops::RangeInclusive<u32>) -> Vec<FailedAttempt> {
    let failure = failed(job("clinic", 1), 1).failure.unwrap();
    let attempt = |attempt: u32| FailedAttempt {
        attempt,
        at: time("2026-11-24T10:00:00.123456789Z") + TimeDelta::seconds(attempt.into()),
        worker: (attempt > 1).then(|| "worker-ü".to_owned()),
        failure: failure.clone(),
    };
    numbers.map(attempt).collect()
}

async fn keeps_every_failed_attempt(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let Fixture { catalog, .. } = &fixture;
    for (n, outcome) in
        [done(job("clinic", 1), 3), failed(job("clinic", 2), 3), cancelled(job("clinic", 3))].into_iter().enumerate()
    {
        let outcome = Outcome { failures: attempts(1..=2 + n as u32), ..outcome };
        catalog.record(&outcome).await.unwrap();
        assert_eq!(catalog.find(&outcome.job.tenant, outcome.job.id).await.unwrap(), Some(outcome));
    }
    // A dead letter that is retried goes on where it was; whoever knows more says so.
    let job = job("clinic", 2);
    assert!(catalog.reopen(job.id).await.unwrap());
    let silent = done(job.clone(), 4);
    catalog.record(&silent).await.unwrap();
    let kept = catalog.find(&job.tenant, job.id).await.unwrap().unwrap();
    assert_eq!((kept.state, kept.failures), (JobState::Done, attempts(1..=3)));
    let later = self::job("clinic", 9);
    catalog.record(&Outcome { failures: attempts(1..=1), ..failed(later.clone(), 1) }).await.unwrap();
    catalog.record(&Outcome { failures: attempts(1..=2), ..done(later.clone(), 2) }).await.unwrap();
    let kept = catalog.find(&later.tenant, later.id).await.unwrap().unwrap();
    assert_eq!((kept.state, kept.failures), (JobState::Done, attempts(1..=2)));
    assert_eq!(fixture.count("pressroom_job_failures").await, 4);
}

async fn reads_what_was_recorded_before_attempts_were_kept(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let old = failed(job("clinic", 1), 1);
    fixture.catalog.record(&old).await.unwrap();
    // As the second version left it.
    fixture.tamper("DROP TABLE pressroom_job_failures").await;
    fixture.tamper("DELETE FROM pressroom_schema WHERE version = 3").await;
    assert_eq!(fixture.catalog.migrate().await.unwrap(), [3]);
    assert_eq!(fixture.catalog.find(&old.job.tenant, old.job.id).await.unwrap(), Some(old));
}

async fn recording_twice_changes_nothing(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    for outcome in [done(job("clinic", 1), 1), failed(job("clinic", 2), 1), cancelled(job("clinic", 3))] {
        for _ in 0..3 {
            assert_eq!(fixture.catalog.record(&outcome).await.unwrap(), outcome.state);
        }
        let found = fixture.catalog.find(&outcome.job.tenant, outcome.job.id).await.unwrap();
        assert_eq!(found, Some(outcome));
    }
    assert_eq!(fixture.count("pressroom_jobs").await, 3);
    assert_eq!(fixture.count("pressroom_artifacts").await, 1);
    assert_eq!(fixture.count("pressroom_audit_pending").await, 3);
}

async fn done_and_cancelled_are_never_replaced(fixture: Fixture) {
    let Fixture { catalog, .. } = &fixture.migrated().await;
    for first in [done(job("clinic", 1), 1), cancelled(job("clinic", 2))] {
        catalog.record(&first).await.unwrap();
        for later in [failed(first.job.clone(), 9), cancelled(first.job.clone()), done(first.job.clone(), 9)] {
            assert_eq!(catalog.record(&later).await.unwrap(), first.state);
            assert_eq!(catalog.find(&first.job.tenant, first.job.id).await.unwrap().as_ref(), Some(&first));
        }
    }
    assert_eq!(catalog.artifacts(&ArtifactFilter::default(), 10).await.unwrap().len(), 1);
}

async fn failed_is_replaced_by_a_later_end(fixture: Fixture) {
    let Fixture { catalog, .. } = &fixture.migrated().await;
    let job = job("clinic", 1);
    catalog.record(&failed(job.clone(), 3)).await.unwrap();
    assert_eq!(catalog.record(&done(job.clone(), 3)).await.unwrap(), JobState::Failed, "a zombie's, not a later one");
    assert_eq!(catalog.record(&cancelled(job.clone())).await.unwrap(), JobState::Failed);
    let again = failed(job.clone(), 4);
    assert_eq!(catalog.record(&again).await.unwrap(), JobState::Failed);
    assert_eq!(catalog.find(&job.tenant, job.id).await.unwrap(), Some(again), "the zombies of both attempts are known");
    let later = done(job.clone(), 5);
    assert_eq!(catalog.record(&later).await.unwrap(), JobState::Done);
    assert_eq!(catalog.find(&job.tenant, job.id).await.unwrap(), Some(later));
}

async fn ten_recorders_of_one_job_agree(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    for round in 0..5 {
        let recorders = (1..=10).map(|fence| {
            let (catalog, job) = (open(&fixture.url), job("clinic", round));
            tokio::spawn(async move {
                let outcome = if fence % 2 == 0 { done(job, fence) } else { cancelled(job) };
                catalog.record(&outcome).await.unwrap()
            })
        });
        let states: Vec<JobState> = join_all(recorders).await.into_iter().map(Result::unwrap).collect();
        assert!(states.iter().all(|state| *state == states[0]), "{states:?}");
        let stands = fixture.catalog.find(&"clinic".parse().unwrap(), job("clinic", round).id).await.unwrap().unwrap();
        assert_eq!(stands.state, states[0]);
        assert_eq!(
            stands.artifact.map(|artifact| artifact.facts.fence),
            (states[0] == JobState::Done).then_some(stands.fence)
        );
    }
    assert_eq!(fixture.count("pressroom_jobs").await, 5);
    assert_eq!(fixture.count("pressroom_audit_pending").await, 5);
}

async fn ten_recorders_of_many_jobs_lose_nothing(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let recorders = (0..10).map(|recorder| {
        let catalog = open(&fixture.url);
        tokio::spawn(async move {
            for n in 0..20 {
                catalog.record(&done(job("clinic", recorder * 20 + n), 1)).await.unwrap();
            }
        })
    });
    join_all(recorders).await.into_iter().for_each(|joined| joined.unwrap());
    let filter = OutcomeFilter { tenant: Some("clinic".parse().unwrap()), ..Default::default() };
    assert_eq!(fixture.catalog.list(&filter, 1_000).await.unwrap().len(), 200);
    assert_eq!(fixture.catalog.seal(1_000).await.unwrap(), 200);
}

async fn a_failed_job_can_be_reopened(fixture: Fixture) {
    let Fixture { catalog, .. } = &fixture.migrated().await;
    let job = job("clinic", 1);
    assert!(!catalog.reopen(job.id).await.unwrap());
    catalog.record(&failed(job.clone(), 3)).await.unwrap();
    assert!(catalog.reopen(job.id).await.unwrap());
    assert!(!catalog.reopen(job.id).await.unwrap());
    assert_eq!(catalog.find(&job.tenant, job.id).await.unwrap(), None);
    assert_eq!(catalog.record(&done(job.clone(), 4)).await.unwrap(), JobState::Done);
    assert!(!catalog.reopen(job.id).await.unwrap(), "only what failed");
}

async fn refuses_outcomes_that_contradict_themselves(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let mut others = done(job("clinic", 1), 1);
    others.artifact = Some(artifact(&job("another", 1), 1));
    let without = Outcome { artifact: None, ..done(job("clinic", 1), 1) };
    let failed_with = Outcome { state: JobState::Failed, ..done(job("clinic", 1), 1) };
    let unfinished = failed(job("clinic", 1), 1).with(JobState::Running);
    let mut enormous = done(job("clinic", 1), 1);
    enormous.artifact.as_mut().unwrap().facts.rows = u64::MAX;
    for outcome in [others, without, failed_with, unfinished, enormous] {
        let error = fixture.catalog.record(&outcome).await.unwrap_err();
        assert!(matches!(error, CatalogError::Refused(_)), "{error:?}");
    }
    assert_eq!(fixture.count("pressroom_jobs").await, 0, "nothing of it stays");
}

async fn lists_newest_first_in_stable_pages(fixture: Fixture) {
    let Fixture { catalog, .. } = &fixture.migrated().await;
    let mut all = Vec::new();
    for n in 0..30 {
        let mut job = job("clinic", n);
        job.accepted_at = time("2026-11-24T10:00:00.5Z") + TimeDelta::microseconds((n / 7).into()); // ties
        all.push((job.accepted_at, job.id));
        catalog.record(&done(job, 1)).await.unwrap();
    }
    all.sort();
    all.reverse();
    for limit in [1, 4, 7, 30, 100] {
        let mut filter = OutcomeFilter { tenant: Some("clinic".parse().unwrap()), ..Default::default() };
        let mut seen = Vec::new();
        loop {
            let page = catalog.list(&filter, limit).await.unwrap();
            seen.extend(page.iter().map(|outcome| (outcome.job.accepted_at, outcome.job.id)));
            let Some(last) = page.last() else { break };
            filter.before = Some((last.job.accepted_at, last.job.id));
        }
        assert_eq!(seen, all, "by {limit}");
    }
}

async fn lists_what_the_filter_says(fixture: Fixture) {
    let Fixture { catalog, .. } = &fixture.migrated().await;
    for n in 0..12 {
        let mut job = job(if n % 2 == 0 { "a" } else { "b" }, n);
        job.report = if n % 3 == 0 { "invoice" } else { "recall-list" }.parse().unwrap();
        catalog.record(&if n < 8 { done(job, 1) } else { failed(job, 1) }).await.unwrap();
    }
    let count = async |tenant: Option<&str>, report: Option<&str>, state: Option<JobState>| {
        let filter = OutcomeFilter {
            tenant: tenant.map(|name| name.parse().unwrap()),
            report: report.map(|name| name.parse().unwrap()),
            state,
            before: None,
        };
        catalog.list(&filter, 100).await.unwrap().len()
    };
    assert_eq!(count(None, None, None).await, 12);
    assert_eq!(count(Some("a"), None, None).await, 6);
    assert_eq!(count(Some("a"), Some("invoice"), None).await, 2);
    assert_eq!(count(Some("a"), Some("invoice"), Some(JobState::Done)).await, 2);
    assert_eq!(count(Some("b"), None, Some(JobState::Failed)).await, 2);
    assert_eq!(count(None, None, Some(JobState::Cancelled)).await, 0);
    assert_eq!(count(Some("c"), None, None).await, 0);
}

async fn another_tenant_sees_nothing(fixture: Fixture) {
    let Fixture { catalog, .. } = &fixture.migrated().await;
    let job = job("clinic", 1);
    catalog.record(&done(job.clone(), 1)).await.unwrap();
    let other = "another".parse().unwrap();
    assert_eq!(catalog.find(&other, job.id).await.unwrap(), None);
    assert_eq!(catalog.artifact(&other, job.id.into()).await.unwrap(), None);
    let filter = OutcomeFilter { tenant: Some(other.clone()), ..Default::default() };
    assert!(catalog.list(&filter, 10).await.unwrap().is_empty());
    let filter = ArtifactFilter { tenant: Some(other), ..Default::default() };
    assert!(catalog.artifacts(&filter, 10).await.unwrap().is_empty());
}

async fn lists_artifacts_in_pages(fixture: Fixture) {
    let Fixture { catalog, .. } = &fixture.migrated().await;
    let mut all = Vec::new();
    for n in 0..20 {
        let mut outcome = done(job("clinic", n), 1);
        let artifact = outcome.artifact.as_mut().unwrap();
        artifact.created_at = time("2026-11-24T10:00:00Z") + TimeDelta::seconds((n / 3).into());
        artifact.tier = if n % 4 == 0 { Tier::Cool } else { Tier::Hot };
        all.push(artifact.clone());
        catalog.record(&outcome).await.unwrap();
    }
    all.sort_by_key(|artifact| std::cmp::Reverse((artifact.created_at, artifact.id)));
    let (mut filter, mut seen) = (ArtifactFilter::default(), Vec::new());
    loop {
        let page = catalog.artifacts(&filter, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.before = Some((last.created_at, last.id));
        seen.extend(page);
    }
    assert_eq!(seen, all);
    let cool = ArtifactFilter { tier: Some(Tier::Cool), ..Default::default() };
    assert_eq!(catalog.artifacts(&cool, 100).await.unwrap().len(), 5);
}

async fn tells_unknown_keys(fixture: Fixture) {
    let Fixture { catalog, .. } = &fixture.migrated().await;
    assert!(catalog.unknown_keys(&[]).await.unwrap().is_empty());
    for n in 0..3 {
        catalog.record(&done(job("clinic", n), 1)).await.unwrap();
    }
    let keys: Vec<ArtifactKey> = (0..1_200).map(|n| ArtifactKey::of(&job("clinic", n))).collect();
    assert_eq!(catalog.unknown_keys(&keys).await.unwrap(), keys[3..]);
}

fn event(tenant: &str, n: u32) -> AuditEvent {
    AuditEvent {
        tenant: tenant.parse().unwrap(),
        actor: format!("user-{n}"),
        action: [Action::View, Action::Download, Action::Request][n as usize % 3],
        subject: job(tenant, n).id.to_string(),
        at: time("2026-11-24T10:00:00.000001Z") + TimeDelta::microseconds(n.into()),
    }
}

async fn ends_are_audited_once(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let job = job("clinic", 1);
    fixture.catalog.record(&failed(job.clone(), 1)).await.unwrap();
    fixture.catalog.record(&failed(job.clone(), 1)).await.unwrap();
    fixture.catalog.record(&done(job.clone(), 2)).await.unwrap();
    fixture.catalog.record(&done(job.clone(), 2)).await.unwrap();
    assert_eq!(fixture.catalog.seal(10).await.unwrap(), 2);
    assert_eq!(fixture.count("pressroom_audit_log WHERE action = 'fail'").await, 1);
    assert_eq!(fixture.count("pressroom_audit_log WHERE action = 'publish'").await, 1);
}

/// A migrated catalog with `events` sealed events for each of two tenants.
async fn sealed(fixture: Fixture, events: u32) -> Fixture {
    let fixture = fixture.migrated().await;
    for n in 0..events {
        fixture.catalog.audit(&event("clinic", n)).await.unwrap();
        fixture.catalog.audit(&event("another", n)).await.unwrap();
    }
    while fixture.catalog.seal(7).await.unwrap() > 0 {}
    assert_eq!(verdict(&fixture).await, None);
    fixture
}

async fn verdict(fixture: &Fixture) -> Option<u64> {
    fixture.catalog.verify_audit(&"clinic".parse().unwrap()).await.unwrap()
}

async fn seals_each_tenants_events_in_order(fixture: Fixture) {
    let fixture = sealed(fixture, 25).await;
    assert_eq!(fixture.count("pressroom_audit_pending").await, 0);
    assert_eq!(fixture.count("pressroom_audit_log").await, 50);
    assert_eq!(
        fixture.count("pressroom_audit_log WHERE tenant = 'clinic' AND sequence = 25 AND actor = 'user-24'").await,
        1
    );
    assert_eq!(fixture.catalog.seal(10).await.unwrap(), 0);
    assert_eq!(fixture.catalog.verify_audit(&"nobody".parse().unwrap()).await.unwrap(), None);
}

async fn many_sealers_make_one_chain(fixture: Fixture) {
    let fixture = fixture.migrated().await;
    let writers = (0..4).map(|writer| {
        let catalog = open(&fixture.url);
        tokio::spawn(async move {
            for n in 0..50 {
                catalog.audit(&event("clinic", writer * 50 + n)).await.unwrap();
            }
            0
        })
    });
    let sealers = (0..4).map(|_| {
        let catalog = open(&fixture.url);
        tokio::spawn(async move {
            let mut sealed = 0;
            for _ in 0..20 {
                sealed += catalog.seal(10).await.unwrap();
            }
            sealed
        })
    });
    let tasks: Vec<_> = writers.chain(sealers).collect();
    let mut sealed: usize = join_all(tasks).await.into_iter().map(Result::unwrap).sum();
    sealed += fixture.catalog.seal(1_000).await.unwrap();
    assert_eq!(sealed, 200);
    assert_eq!(fixture.count("pressroom_audit_log").await, 200);
    assert_eq!(verdict(&fixture).await, None);
}

async fn a_changed_event_breaks_the_chain(fixture: Fixture) {
    let fixture = sealed(fixture, 20).await;
    fixture.tamper("UPDATE pressroom_audit_log SET actor = 'mallory' WHERE tenant = 'clinic' AND sequence = 13").await;
    assert_eq!(verdict(&fixture).await, Some(13));
    assert_eq!(fixture.catalog.verify_audit(&"another".parse().unwrap()).await.unwrap(), None);
}

async fn a_missing_event_breaks_the_chain(fixture: Fixture) {
    let fixture = sealed(fixture, 20).await;
    fixture.tamper("DELETE FROM pressroom_audit_log WHERE tenant = 'clinic' AND sequence = 1").await;
    assert_eq!(verdict(&fixture).await, Some(1));
}

async fn reordered_events_break_the_chain(fixture: Fixture) {
    let fixture = sealed(fixture, 20).await;
    for (from, to) in [(5, 99), (6, 5), (99, 6)] {
        let sql =
            format!("UPDATE pressroom_audit_log SET sequence = {to} WHERE tenant = 'clinic' AND sequence = {from}");
        fixture.tamper(&sql).await;
    }
    assert_eq!(verdict(&fixture).await, Some(5));
}

async fn a_chain_cut_off_at_its_end_is_noticed(fixture: Fixture) {
    let fixture = sealed(fixture, 20).await;
    fixture.tamper("DELETE FROM pressroom_audit_log WHERE tenant = 'clinic' AND sequence >= 19").await;
    assert_eq!(verdict(&fixture).await, Some(19));
}

async fn answers_pings(Fixture { catalog, _folder, .. }: Fixture) {
    catalog.ping().await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let catalog = MySqlCatalog::connect(&format!("mysql://nobody:sesame@{free}/catalog"), 2).unwrap();
    for error in [catalog.ping().await.unwrap_err(), catalog.schema().await.unwrap_err()] {
        assert!(matches!(error, CatalogError::Unavailable(_)), "{error:?}");
        assert!(!error.to_string().contains("sesame"), "{error}");
    }
}

#[tokio::test]
async fn real_mysql_refuses_a_wrong_password() {
    let url = environment("PRESSROOM_TEST_MYSQL_URL").replace("root@", "nobody:sesame@");
    let error = MySqlCatalog::connect(&format!("{url}/mysql"), 2).unwrap().schema().await.unwrap_err();
    assert!(matches!(error, CatalogError::Refused(_)), "{error:?}");
    assert!(!error.to_string().contains("sesame"), "{error}");
}
