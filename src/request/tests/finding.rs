//! The queue and the catalog as one.

use std::sync::atomic::Ordering;

use super::{House, ada, outcome, request, someone};
use crate::{
    artifact::ArtifactId,
    catalog::Catalog,
    clock::Clock,
    identity::{Identity, Roles},
    job::{JobId, JobState},
    queue::LeaseStore,
    request::{CancelOutcome, ListFilter, RequestError},
};

async fn pages(house: &House, who: &Identity, filter: &ListFilter, limit: usize) -> Vec<Vec<JobId>> {
    let (mut pages, mut cursor) = (Vec::new(), None);
    loop {
        let page = house.desk.list(who, filter, cursor.as_deref(), limit).await.unwrap();
        pages.push(page.jobs.iter().map(|job| job.id).collect());
        cursor = page.next;
        if cursor.is_none() {
            return pages;
        }
    }
}

#[tokio::test]
async fn in_flight_and_finished_are_one_list_newest_first() {
    let house = House::new();
    let mut ids = Vec::new();
    for number in 0..7 {
        ids.insert(0, house.ask(&ada()).await);
        if number % 2 == 0 {
            house.finish(ids[0], JobState::Done).await;
        }
        house.ask(&someone("south", &["request"])).await;
    }
    for limit in [1, 2, 3, 6, 7, 8, 10_000] {
        let pages = pages(&house, &ada(), &ListFilter::default(), limit).await;
        assert_eq!(pages.concat(), ids, "limit {limit}");
        assert_eq!(pages.len(), 7_usize.div_ceil(limit), "limit {limit}");
    }
    let done = ListFilter { state: Some(JobState::Done), ..ListFilter::default() };
    assert_eq!(pages(&house, &ada(), &done, 3).await.concat(), [ids[0], ids[2], ids[4], ids[6]]);
    let waiting = ListFilter { state: Some(JobState::Waiting), ..ListFilter::default() };
    assert_eq!(pages(&house, &ada(), &waiting, 3).await.concat(), [ids[1], ids[3], ids[5]]);
}

#[tokio::test]
async fn jobs_of_the_same_instant_are_each_listed_once() {
    let house = House::new();
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(house.desk.submit(&ada(), request()).await.unwrap().job.id);
    }
    ids.sort();
    ids.reverse();
    assert_eq!(pages(&house, &ada(), &ListFilter::default(), 2).await.concat(), ids);
}

#[tokio::test]
async fn a_job_that_both_know_is_one_and_the_final_state_stands() {
    let house = House::new();
    let id = house.ask(&ada()).await;
    house.queue.put(id, JobState::Running, None);
    let view = house.desk.find(&ada(), id).await.unwrap().unwrap();
    assert_eq!(view.state, JobState::Running);
    // Recorded, not yet settled.
    let job = house.queue.find(&ada().tenant, id).await.unwrap().unwrap().job;
    house.catalog.record(&outcome(job, JobState::Done, house.clock.now())).await.unwrap();
    let listed = house.desk.list(&ada(), &ListFilter::default(), None, 10).await.unwrap().jobs;
    assert_eq!(listed.iter().map(|job| (job.id, job.state)).collect::<Vec<_>>(), [(id, JobState::Done)]);
    assert_eq!(house.desk.cancel(&ada(), id).await.unwrap(), CancelOutcome::AlreadyFinal(JobState::Done));
    let found = house.desk.find(&ada(), id).await.unwrap().unwrap();
    assert_eq!((found.state, found.progress.rows, found.progress.pages), (JobState::Done, 12, 3));
    assert_eq!(found.artifact.unwrap().id, ArtifactId::from(id));
}

#[tokio::test]
async fn one_half_may_be_down_for_a_job_but_not_for_a_list() {
    let house = House::new();
    let (waiting, done) = (house.ask(&ada()).await, house.ask(&ada()).await);
    house.finish(done, JobState::Done).await;
    let find = async |id| house.desk.find(&ada(), id).await.map(|job| job.map(|job| job.state));
    let list = async || house.desk.list(&ada(), &ListFilter::default(), None, 10).await;

    house.catalog.off.store(true, Ordering::Relaxed);
    assert_eq!(find(waiting).await.unwrap(), Some(JobState::Waiting));
    assert!(matches!(find(done).await, Err(RequestError::Catalog(_))), "not known is not the same as not there");
    assert!(matches!(list().await, Err(RequestError::Catalog(_))));

    house.catalog.off.store(false, Ordering::Relaxed);
    house.queue.off.store(true, Ordering::Relaxed);
    assert_eq!(find(done).await.unwrap(), Some(JobState::Done));
    assert!(matches!(find(waiting).await, Err(RequestError::Queue(_))));
    assert!(matches!(list().await, Err(RequestError::Queue(_))));
}

#[tokio::test]
async fn restricted_reports_leave_no_trace() {
    let house = House::new();
    let auditor = someone("north", &["request", "read", "auditor"]);
    let audit = super::Request { report: "audit".to_owned(), ..super::Request::default() };
    let secret = house.desk.submit(&auditor, audit).await.unwrap().job.id;
    let open = house.ask(&ada()).await;
    assert_eq!(house.desk.find(&ada(), secret).await.unwrap(), None);
    assert_eq!(pages(&house, &ada(), &ListFilter::default(), 1).await, [vec![open], vec![]]);
    assert_eq!(pages(&house, &auditor, &ListFilter::default(), 1).await.concat(), [open, secret]);
    house.finish(secret, JobState::Done).await;
    assert_eq!(house.desk.download(&ada(), secret.into()).await.unwrap(), None);
    assert!(house.desk.artifacts(&ada(), None, None, None, 10).await.unwrap().artifacts.is_empty());
    assert!(house.desk.download(&auditor, secret.into()).await.unwrap().is_some());
}

#[tokio::test]
async fn jobs_of_a_report_that_is_gone_are_their_requesters_and_operators() {
    let house = House::new();
    let id = house.ask(&ada()).await;
    let mut job = house.queue.take(id);
    job.report = "retired".parse().unwrap();
    house.catalog.record(&outcome(job, JobState::Done, house.clock.now())).await.unwrap();
    let other = Identity { actor: "user-2".to_owned(), ..ada() };
    let operator = Identity { roles: Roles::All, ..other.clone() };
    assert!(house.desk.find(&ada(), id).await.unwrap().is_some());
    assert!(house.desk.find(&other, id).await.unwrap().is_none());
    assert_eq!(house.desk.download(&operator, id.into()).await.unwrap().unwrap().file_name, "retired-2026-03-30.pdf");
}

#[tokio::test]
async fn documents_are_audited_before_they_are_handed_out() {
    let house = House::new();
    let id = house.ask(&ada()).await;
    let artifact = ArtifactId::from(id);
    assert_eq!(house.desk.artifact(&ada(), artifact).await.unwrap(), None, "there is none yet");
    house.finish(id, JobState::Done).await;
    let document = house.desk.artifact(&ada(), artifact).await.unwrap().unwrap();
    assert_eq!((document.artifact.id, document.file_name.as_str()), (artifact, "doses-2026-01-01.pdf"));
    house.desk.download(&ada(), artifact).await.unwrap().unwrap();
    assert_eq!(house.desk.download(&someone("south", &["read"]), artifact).await.unwrap(), None);
    assert_eq!(house.catalog.trail(), ["user-1 request", "user-1 view", "user-1 download"]);
}

#[tokio::test]
async fn artifacts_are_paged_and_bad_cursors_refused() {
    let house = House::new();
    let mut ids = Vec::new();
    for _ in 0..5 {
        let id = house.ask(&ada()).await;
        house.finish(id, JobState::Done).await;
        ids.insert(0, ArtifactId::from(id));
    }
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = house.desk.artifacts(&ada(), None, None, cursor.as_deref(), 2).await.unwrap();
        found.extend(page.artifacts.iter().map(|artifact| artifact.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found, ids);
    let bad = house.desk.list(&ada(), &ListFilter::default(), Some("../x"), 2).await;
    assert!(matches!(bad, Err(RequestError::BadCursor)));
}
