//! Listings must run along an index: the plans of the very statements that the catalog sends.

use chrono::DateTime;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection};
use uuid::Uuid;

use super::{
    ArtifactFilter, Catalog, OutcomeFilter, SqlCatalog, artifacts,
    database::{Pool, Row, Value},
    mysql::MySqlCatalog,
    outcomes,
    sqlite::SqliteCatalog,
};
use crate::{
    artifact::{ArtifactId, Tier},
    job::{JobId, JobState},
};

/// Every kind of listing with the index it must use.
fn listings() -> Vec<(&'static str, String, Vec<Value>)> {
    let tenant = || Some("t1".parse().unwrap());
    let report = || Some("r1".parse().unwrap());
    let at = DateTime::from_timestamp(1_700_000_500, 0).unwrap();
    let jobs = |index, filter: OutcomeFilter| {
        let (sql, values) = outcomes::query(&filter, 50);
        (index, sql, values)
    };
    let artifacts = |index, filter: ArtifactFilter| {
        let (sql, values) = artifacts::query(&filter, 50);
        (index, sql, values)
    };
    let mut all = Vec::new();
    for before in [None, Some((at, Uuid::max()))] {
        let job = before.map(|(at, id)| (at, JobId(id)));
        let artifact = before.map(|(at, id)| (at, ArtifactId(id)));
        let all_jobs = OutcomeFilter { before: job, ..Default::default() };
        let all_artifacts = ArtifactFilter { before: artifact, ..Default::default() };
        let state = Some(JobState::Failed);
        all.extend([
            jobs("jobs_by_time", all_jobs.clone()),
            jobs("jobs_of_tenant", OutcomeFilter { tenant: tenant(), ..all_jobs.clone() }),
            jobs("jobs_of_report", OutcomeFilter { tenant: tenant(), report: report(), ..all_jobs.clone() }),
            jobs("jobs_of_state", OutcomeFilter { tenant: tenant(), state, ..all_jobs }),
            artifacts("artifacts_by_time", all_artifacts.clone()),
            artifacts("artifacts_of_tenant", ArtifactFilter { tenant: tenant(), ..all_artifacts.clone() }),
            artifacts(
                "artifacts_of_report",
                ArtifactFilter { tenant: tenant(), report: report(), ..all_artifacts.clone() },
            ),
            artifacts("artifacts_of_tier", ArtifactFilter { tier: Some(Tier::Cool), ..all_artifacts }),
        ]);
    }
    all
}

/// 4,000 jobs with artifacts: 4 tenants, 10 reports, a tenth failed, a tenth cool.
async fn fill(catalog: &SqlCatalog) {
    catalog.migrate().await.unwrap();
    let mut transaction = catalog.pool().begin().await.unwrap();
    let start = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    for some in (0..4_000_u64).collect::<Vec<_>>().chunks(500) {
        let (mut jobs, mut artifacts) = (Vec::new(), Vec::new());
        for &n in some {
            let id = Uuid::from_u128(u128::from(n) * 7_919 % 4_001);
            let (tenant, report) = (format!("t{}", n % 4), format!("r{}", n % 10));
            let at = Value::from(start + chrono::TimeDelta::seconds(n as i64));
            let state = if n % 11 == 0 { "failed" } else { "done" };
            let tier = if n % 13 == 0 { "cool" } else { "hot" };
            jobs.extend([
                id.into(),
                tenant.clone().into(),
                report.clone().into(),
                at.clone(),
                state.into(),
                at.clone(),
            ]);
            artifacts.extend([id.into(), tenant.into(), report.into(), format!("key-{n}").into()]);
            artifacts.extend([at.clone(), tier.into(), at]);
        }
        let row = "(?, ?, ?, 'u', '{}', 'bulk', ?, 1, ?, 1, 1, ?)";
        let sql = "INSERT INTO pressroom_jobs (id, tenant, report, requester, parameters, lane, accepted_at, \
             max_attempts, state, attempts, fence, ended_at) VALUES ";
        transaction.execute(format!("{sql}{}", vec![row; some.len()].join(", ")), jobs).await.unwrap();
        let row = "(?, ?, ?, 'u', ?, 0, 1, 'd', 1, 1, 1, 1, ?, 'd', ?, ?)";
        let sql = "INSERT INTO pressroom_artifacts (id, tenant, report, requester, blob_key, blob_offset, blob_length, \
             digest, size_bytes, row_count, page_count, fence, snapshot_at, definition_digest, tier, created_at) VALUES ";
        transaction.execute(format!("{sql}{}", vec![row; some.len()].join(", ")), artifacts).await.unwrap();
    }
    transaction.commit().await.unwrap();
}

async fn plan(pool: &Pool, explain: &str, sql: &str, values: Vec<Value>) -> Vec<Row> {
    pool.fetch(format!("{explain} {sql}"), values).await.unwrap()
}

#[tokio::test]
async fn sqlite_lists_along_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = SqliteCatalog::open(folder.path().join("catalog.db").to_str().unwrap(), 1).unwrap();
    fill(&catalog).await;
    for (index, sql, values) in listings() {
        let rows = plan(catalog.pool(), "EXPLAIN QUERY PLAN", &sql, values).await;
        let plan: Vec<String> = rows.iter().map(|row| row.get("detail").unwrap()).collect();
        let text = plan.join("\n");
        assert!(text.contains(&format!("COVERING INDEX {index}")), "{sql}\n{text}");
        // One sort is that of the page itself, after its rows are joined.
        assert!(text.matches("TEMP B-TREE").count() <= 1, "sorted by hand: {sql}\n{text}");
    }
}

#[tokio::test]
async fn real_mysql_lists_along_an_index() {
    #[expect(clippy::disallowed_methods, reason = "tests find the services that ./test started")]
    let server = std::env::var("PRESSROOM_TEST_MYSQL_URL").expect("PRESSROOM_TEST_MYSQL_URL is not set; run ./test");
    let name = format!("catalog_{}", Uuid::new_v4().simple());
    let mut connection = MySqlConnection::connect(&server).await.unwrap();
    sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await.unwrap();
    let catalog = MySqlCatalog::connect(&format!("{server}/{name}"), 1).unwrap();
    fill(&catalog).await;
    catalog.pool().fetch("ANALYZE TABLE pressroom_jobs, pressroom_artifacts", Vec::new()).await.unwrap();
    for (index, sql, values) in listings() {
        let rows = plan(catalog.pool(), "EXPLAIN", &sql, values).await;
        let text = |row: &Row, column: &str| row.get::<Option<String>>(column).unwrap().unwrap_or_default();
        let ids = rows.iter().find(|row| text(row, "select_type") == "DERIVED").expect("the ids are picked first");
        assert_eq!(text(ids, "key"), index, "{sql}");
        let extra = text(ids, "Extra");
        assert!(extra.contains("Using index") && !extra.contains("filesort"), "{extra}: {sql}");
    }
}
