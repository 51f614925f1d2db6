//! Asking, asking again, and stopping.

use std::sync::atomic::Ordering;

use chrono::{DateTime, TimeDelta};
use serde_json::json;

use super::{House, ada, failure, request, someone};
use crate::{
    catalog::{Catalog as _, CatalogError},
    identity::{Identity, Roles},
    job::{JobId, JobState, Lane, Step},
    request::{CancelOutcome, Request, RequestError, Submitted},
};

fn id(number: u128) -> JobId {
    JobId(uuid::Uuid::from_u128(number))
}

#[tokio::test]
async fn an_accepted_request_waits_and_is_in_the_trail() {
    let house = House::new();
    let parameters = json!({ "from": "today - 1y" }).as_object().unwrap().clone();
    let Submitted { job, existing } = house.desk.submit(&ada(), Request { parameters, ..request() }).await.unwrap();
    assert!(!existing);
    assert_eq!((job.state, job.lane, job.max_attempts), (JobState::Waiting, Lane::Standard, 3));
    assert_eq!(job.parameters["from"], "2025-03-30");
    assert_eq!((job.tenant.as_str(), job.requester.as_str()), ("north", "user-1"));
    assert_eq!(house.desk.find(&ada(), job.id).await.unwrap(), Some(job));
    assert_eq!(house.catalog.trail(), ["user-1 request"]);
}

#[tokio::test]
async fn what_is_wrong_is_said_and_nothing_is_queued() {
    let house = House::new();
    let refused = async |request| house.desk.submit(&ada(), request).await.unwrap_err();

    let parameters = json!({ "form": "SECRET" }).as_object().unwrap().clone();
    let error = refused(Request { parameters, ..request() }).await;
    assert_eq!(error.to_string(), "2 parameters are wrong: form (unknown), from (required)");
    assert!(matches!(error, RequestError::Invalid(fields) if fields.len() == 2));
    for report in ["dozes", "audit", "", "../doses", &"x".repeat(1 << 20)] {
        let error = refused(Request { report: report.to_owned(), ..request() }).await;
        assert!(matches!(error, RequestError::UnknownReport), "{error}");
    }
    let far = Some(super::Clock::now(&*house.clock) + TimeDelta::days(400));
    let long_ago = DateTime::parse_from_rfc3339("0000-01-01T00:00:00+10:00").unwrap().to_utc();
    for (field, wrong) in [
        ("run_at", Request { run_at: far, ..request() }),
        ("run_at", Request { run_at: Some(long_ago), ..request() }),
        ("id", Request { id: Some(id(0)), ..request() }),
        ("idempotency_key", Request { idempotency_key: Some(String::new()), ..request() }),
        ("idempotency_key", Request { idempotency_key: Some("x".repeat(201)), ..request() }),
        ("idempotency_key", Request { idempotency_key: Some("a\nb".to_owned()), ..request() }),
    ] {
        let error = refused(wrong).await;
        assert!(matches!(error, RequestError::Malformed { field: own, .. } if own == field), "{field}: {error}");
    }
    assert_eq!(house.queue.len(), 0);
    assert_eq!(house.catalog.trail(), Vec::<String>::new());
}

#[tokio::test]
async fn roles_open_doors() {
    let house = House::new();
    let names = |who: &Identity| house.desk.reports(who).iter().map(|d| d.name.to_string()).collect::<Vec<_>>();
    assert_eq!(names(&ada()), ["doses"]);
    assert_eq!(names(&someone("north", &["auditor"])), ["audit", "doses"]);
    assert!(house.desk.report(&ada(), "audit").is_none());

    let reader = someone("north", &["read"]);
    let forbidden = |error| matches!(error, RequestError::Forbidden { .. });
    assert!(forbidden(house.desk.submit(&reader, request()).await.unwrap_err()));
    assert!(forbidden(house.desk.cancel(&reader, id(1)).await.unwrap_err()));
    let asker = someone("north", &["request"]);
    assert!(forbidden(house.desk.find(&asker, id(1)).await.unwrap_err()));
    assert!(forbidden(house.desk.retry_dead(&ada(), &ada().tenant, id(1)).await.unwrap_err()));
    assert!(house.desk.submit(&asker, request()).await.is_ok());
}

#[tokio::test]
async fn the_same_key_is_the_same_job() {
    let house = House::new();
    let keyed = |day: &str| Request {
        idempotency_key: Some("k".to_owned()),
        parameters: json!({ "from": day }).as_object().unwrap().clone(),
        ..request()
    };
    let first = house.desk.submit(&ada(), keyed("today")).await.unwrap().job.id;
    house.clock.advance(TimeDelta::days(1));
    let again = house.desk.submit(&ada(), keyed("today")).await.unwrap();
    assert_eq!((again.job.id, again.existing), (first, true), "the request is the same, though today isn't");
    assert_eq!(again.job.parameters["from"], "2026-03-30");
    let error = house.desk.submit(&ada(), keyed("2026-01-01")).await.unwrap_err();
    assert!(matches!(error, RequestError::Conflict { existing } if existing == first));
    let elsewhere = house.desk.submit(&someone("south", &["request"]), keyed("today")).await.unwrap();
    assert!(!elsewhere.existing, "keys belong to a tenant");
    assert_eq!(house.catalog.trail().len(), 2, "what made nothing new is not in the trail");
}

#[tokio::test]
async fn the_same_id_is_the_same_job_however_long_ago() {
    let house = House::new();
    let named = || Request { id: Some(id(7)), ..request() };
    assert!(!house.desk.submit(&ada(), named()).await.unwrap().existing);
    assert!(house.desk.submit(&ada(), named()).await.unwrap().existing);
    house.finish(id(7), JobState::Done).await;
    let again = house.desk.submit(&ada(), named()).await.unwrap();
    assert_eq!((again.existing, again.job.state), (true, JobState::Done));
    assert_eq!(house.queue.len(), 0, "it isn't done twice");
    let other = Request { report: "audit".to_owned(), parameters: Default::default(), ..named() };
    let auditor = someone("north", &["request", "auditor"]);
    assert!(matches!(house.desk.submit(&auditor, other).await, Err(RequestError::Conflict { .. })));
}

#[tokio::test]
async fn another_tenants_id_is_taken_and_tells_nothing() {
    let house = House::new();
    let named = || Request { id: Some(id(7)), ..request() };
    house.desk.submit(&ada(), named()).await.unwrap();
    let bob = someone("south", &["request", "read"]);
    assert!(matches!(house.desk.submit(&bob, named()).await, Err(RequestError::Conflict { .. })));
    assert_eq!(house.desk.find(&bob, id(7)).await.unwrap(), None);
    assert_eq!(house.desk.cancel(&bob, id(7)).await.unwrap(), CancelOutcome::Unknown);
    assert_eq!(house.desk.find(&ada(), id(7)).await.unwrap().unwrap().state, JobState::Waiting);
}

#[tokio::test]
async fn acceptance_outlives_the_catalog() {
    let house = House::new();
    house.catalog.off.store(true, Ordering::Relaxed);
    let job = house.desk.submit(&ada(), request()).await.unwrap().job;
    assert_eq!(house.desk.find(&ada(), job.id).await.unwrap().unwrap().state, JobState::Waiting);
    assert_eq!(house.desk.cancel(&ada(), job.id).await.unwrap(), CancelOutcome::Cancelled);
    // An id of the caller's own may name a job that only the catalog remembers.
    let named = Request { id: Some(id(7)), ..request() };
    let error = house.desk.submit(&ada(), named).await.unwrap_err();
    assert!(matches!(error, RequestError::Catalog(CatalogError::Unavailable(_))));
    assert_eq!(house.queue.len(), 1);
}

#[tokio::test]
async fn cancelling_stops_what_has_not_ended() {
    let house = House::new();
    let (waiting, running, done) = (house.ask(&ada()).await, house.ask(&ada()).await, house.ask(&ada()).await);
    house.queue.put(running, JobState::Running, None);
    house.finish(done, JobState::Done).await;
    let before = house.catalog.trail().len();
    let cancel = async |id| house.desk.cancel(&ada(), id).await.unwrap();
    assert_eq!(cancel(waiting).await, CancelOutcome::Cancelled);
    assert_eq!(cancel(running).await, CancelOutcome::Requested);
    assert_eq!(cancel(done).await, CancelOutcome::AlreadyFinal(JobState::Done));
    assert_eq!(cancel(waiting).await, CancelOutcome::AlreadyFinal(JobState::Cancelled));
    assert_eq!(cancel(id(9)).await, CancelOutcome::Unknown);
    assert_eq!(house.catalog.trail()[before..], ["user-1 cancel", "user-1 cancel"]);
}

#[tokio::test]
async fn the_outbox_reaches_the_catalog_once() {
    let house = House::new();
    let (cancelled, died) = (house.ask(&ada()).await, house.ask(&ada()).await);
    house.desk.cancel(&ada(), cancelled).await.unwrap();
    house.queue.put(died, JobState::Failed, Some(failure(Step::Worker)));
    assert_eq!(house.settle_outbox().await, 2);
    assert_eq!((house.settle_outbox().await, house.queue.waiting_in_outbox()), (0, 0));
    house.queue.take(cancelled);
    house.queue.take(died);
    let found = house.desk.find(&ada(), died).await.unwrap().unwrap();
    assert_eq!((found.state, found.error), (JobState::Failed, Some(failure(Step::Worker))));
    assert_eq!(house.desk.find(&ada(), cancelled).await.unwrap().unwrap().state, JobState::Cancelled);
}

#[tokio::test]
async fn an_outcome_that_the_catalog_refuses_keeps_no_other_waiting() {
    let house = House::new();
    let (refused, other) = (house.ask(&ada()).await, house.ask(&ada()).await);
    for id in [refused, other] {
        house.desk.cancel(&ada(), id).await.unwrap();
    }
    *house.catalog.refuses.lock().unwrap() = Some(refused);
    let recorder = super::Recorder::new(house.queue.clone(), house.catalog.clone());
    let error = recorder.settle_outbox().await.unwrap_err().to_string();
    assert!(error.contains(&refused.to_string()), "{error}");
    assert!(house.catalog.find(&ada().tenant, other).await.unwrap().is_some());
    assert_eq!(house.queue.waiting_in_outbox(), 1, "it is not forgotten either");
}

#[tokio::test]
async fn outcomes_stay_in_the_outbox_until_the_catalog_has_them() {
    let house = House::new();
    let job = house.ask(&ada()).await;
    house.desk.cancel(&ada(), job).await.unwrap();
    house.catalog.off.store(true, Ordering::Relaxed);
    let recorder = super::Recorder::new(house.queue.clone(), house.catalog.clone());
    assert!(recorder.settle_outbox().await.is_err());
    assert_eq!(house.queue.waiting_in_outbox(), 1);
    house.catalog.off.store(false, Ordering::Relaxed);
    assert_eq!(recorder.settle_outbox().await.unwrap(), 1);
}

#[tokio::test]
async fn a_dead_letter_is_tried_again() {
    let house = House::new();
    let operator = Identity { roles: Roles::All, actor: "ops-1".to_owned(), ..someone("ops", &[]) };
    let north = ada().tenant;
    let job = house.ask(&ada()).await;
    house.queue.put(job, JobState::Failed, Some(failure(Step::Worker)));
    assert!(house.desk.retry_dead(&operator, &north, job).await.unwrap());
    let found = house.desk.find(&ada(), job).await.unwrap().unwrap();
    assert_eq!(found.state, JobState::Waiting, "what the outbox held doesn't bury the new run");
    assert!(!house.desk.retry_dead(&operator, &north, job).await.unwrap(), "it is no longer dead");
    assert_eq!(house.catalog.trail(), ["user-1 request", "ops-1 retry"]);
}

#[tokio::test]
async fn a_failure_that_can_not_be_retried_stays_known() {
    let house = House::new();
    let operator = Identity { roles: Roles::All, ..someone("ops", &[]) };
    let job = house.ask(&ada()).await;
    house.finish(job, JobState::Failed).await;
    assert!(!house.desk.retry_dead(&operator, &ada().tenant, job).await.unwrap(), "the queue no longer has it");
    assert_eq!(house.desk.find(&ada(), job).await.unwrap().unwrap().state, JobState::Failed);

    let refused = house.ask(&ada()).await;
    house.queue.put(refused, JobState::Failed, Some(failure(Step::Accept)));
    let error = house.desk.retry_dead(&operator, &ada().tenant, refused).await.unwrap_err();
    assert!(matches!(error, RequestError::NeverAccepted), "its parameters were never checked");
}
