//! Pausing, dead letters, quotas, and what is to be expected.

use chrono::TimeDelta;

use super::*;
use crate::{
    queue::{LeaseStore as _, Policy},
    request::{DeadFilter, JobSummary, ListFilter, RequestError},
};

fn operator() -> Identity {
    someone("north", &["operate"])
}

#[tokio::test]
async fn a_pause_is_audited_once() {
    let house = House::new();
    let scope = |text: &str| text.parse().unwrap();
    assert!(matches!(
        house.desk.pause(&ada(), &scope("lane:bulk")).await.unwrap_err(),
        RequestError::Forbidden { role: "operate" }
    ));
    assert!(house.desk.pause(&operator(), &scope("lane:bulk")).await.unwrap());
    assert_eq!(house.catalog.last_event(), "north pause lane:bulk");
    assert!(!house.desk.pause(&operator(), &scope("lane:bulk")).await.unwrap());
    assert!(house.desk.pause(&operator(), &scope("tenant:south")).await.unwrap());
    assert_eq!(house.catalog.last_event(), "south pause tenant:south", "in the trail of whom it concerns");
    assert!(house.desk.resume(&operator(), &scope("lane:bulk")).await.unwrap());
    assert!(!house.desk.resume(&operator(), &scope("lane:bulk")).await.unwrap());
    assert_eq!(house.catalog.trail(), ["user-1 pause", "user-1 pause", "user-1 resume"]);
}

#[tokio::test]
async fn a_full_queue_says_how_much_may_wait() {
    let house = House::new();
    *house.queue.policy.lock().unwrap() =
        Policy { waiting_per_tenant: 1, bytes_per_tenant: 3 << 20, ..Policy::default() };
    house.ask(&ada()).await;
    let error = house.desk.submit(&ada(), request()).await.unwrap_err();
    assert!(matches!(error, RequestError::Full { jobs: 1, bytes: 3_145_728 }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("1 jobs or 3 MiB") && text.contains("queue.waiting_per_tenant"), "{text}");
    assert_eq!(house.catalog.trail(), ["user-1 request"], "what was refused was not asked for");
    house.ask(&someone("south", &["request"])).await;
}

#[tokio::test]
async fn dead_letters_are_retried_by_kind_and_dropped() {
    let house = House::new();
    let (a, b, c) =
        (house.ask(&ada()).await, house.ask(&ada()).await, house.ask(&someone("south", &["request"])).await);
    let of = |step, code: &str| Some(Failure { code: code.to_owned(), ..failure(step) });
    house.queue.put(a, JobState::Failed, of(Step::Source, "timeout"));
    house.queue.put(b, JobState::Failed, of(Step::Accept, "invalid-parameters"));
    house.queue.put(c, JobState::Failed, of(Step::Source, "timeout"));
    let dead = async |filter: DeadFilter| {
        let letters = house.desk.dead(&operator(), &filter, 10).await.unwrap();
        letters.into_iter().map(|letter| letter.id).collect::<Vec<_>>()
    };
    let ids = |ids: &[JobId]| ids.iter().map(JobId::to_string).collect::<Vec<_>>();
    assert_eq!(dead(DeadFilter::default()).await, ids(&[c, b, a]));
    let timeouts = DeadFilter { code: Some("timeout".to_owned()), ..DeadFilter::default() };
    assert_eq!(dead(timeouts.clone()).await, ids(&[c, a]));
    let own = DeadFilter { tenant: Some("north".parse().unwrap()), ..DeadFilter::default() };
    let done = house.desk.retry_all(&operator(), &own).await.unwrap();
    assert_eq!((done.retried, done.refused), (vec![a], ids(&[b])), "what never was accepted stays");
    assert_eq!(house.catalog.last_event(), format!("north retry {a}"));
    let job = house.desk.find(&ada(), a).await.unwrap().unwrap();
    assert_eq!((job.state, job.failures.len()), (JobState::Waiting, 1), "its history stays");
    assert_eq!(dead(timeouts).await, ids(&[c]));

    let letter = house.desk.dead_letter(&operator(), &b.to_string()).await.unwrap().unwrap();
    assert!(house.desk.drop_dead(&operator(), &letter).await.unwrap());
    assert_eq!(house.catalog.last_event(), format!("north drop {b}"));
    assert!(!house.desk.drop_dead(&operator(), &letter).await.unwrap());
    assert_eq!(house.desk.find(&ada(), b).await.unwrap().unwrap().state, JobState::Failed, "the catalog remembers");
    for refused in [
        house.desk.dead(&ada(), &DeadFilter::default(), 1).await.err(),
        house.desk.retry_all(&ada(), &DeadFilter::default()).await.err(),
        house.desk.drop_dead(&ada(), &letter).await.err(),
        house.desk.stats(&ada()).await.err(),
        house.desk.workers(&ada()).await.err(),
    ] {
        assert!(matches!(refused, Some(RequestError::Forbidden { role: "operate" })), "{refused:?}");
    }
}

#[tokio::test]
async fn the_catalog_keeps_what_went_wrong() {
    let house = House::new();
    let id = house.ask(&ada()).await;
    house.queue.put(id, JobState::Failed, Some(failure(Step::Source)));
    house.settle_outbox().await;
    house.queue.take(id);
    let failures = house.desk.find(&ada(), id).await.unwrap().unwrap().failures;
    assert_eq!(failures.len(), 1);
    assert_eq!((failures[0].attempt, failures[0].worker.as_deref()), (1, Some("worker-1")));
}

/// Ends a job that took so long and had so many rows.
async fn done(house: &House, rows: u64, seconds: i64) {
    let id = house.ask(&ada()).await;
    let mut outcome = outcome(house.queue.take(id), JobState::Done, house.clock.now());
    let facts = &mut outcome.artifact.as_mut().unwrap().facts;
    facts.rows = rows;
    facts.snapshot_at = outcome.ended_at - TimeDelta::seconds(seconds);
    house.catalog.record(&outcome).await.unwrap();
}

#[tokio::test]
async fn what_is_usual_is_expected() {
    let house = House::new();
    let find = async |id| house.desk.find(&ada(), id).await.unwrap().unwrap();
    done(&house, 1_000, 20).await;
    done(&house, 1_100, 22).await;
    let id = house.ask(&ada()).await;
    assert_eq!(find(id).await.expected, None, "two are no custom");
    done(&house, 1_200, 24).await;
    assert_eq!(find(id).await.expected, None, "asked the catalog a moment ago");
    house.clock.advance(TimeDelta::minutes(1));
    let expected = find(id).await.expected.unwrap();
    assert_eq!((expected.rows, expected.pages, expected.seconds, expected.samples), (1_100, 3, Some(22), 3));
    assert_eq!(expected.ready_at, None, "nobody knows when it begins");

    // Running since its acceptance, a minute and a second ago: 22 seconds are over.
    house.queue.put(id, JobState::Running, None);
    assert_eq!(find(id).await.expected.unwrap().ready_at, None);
    let fresh = house.ask(&ada()).await;
    house.queue.put(fresh, JobState::Running, None);
    house.clock.advance(TimeDelta::seconds(2));
    let job: JobSummary = find(fresh).await;
    assert_eq!(job.expected.unwrap().ready_at, Some(job.changed_at + TimeDelta::seconds(22)));
    let listed = house.desk.list(&ada(), &ListFilter::default(), None, 10).await.unwrap().jobs;
    assert_eq!(listed.iter().filter(|job| job.expected.is_some()).count(), 2, "none for those that have ended");

    // Another tenant has habits of its own, and a catalog that is away is no reason not to show the job.
    let south = someone("south", &["request", "read"]);
    let id = house.ask(&south).await;
    house.catalog.off.store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(house.desk.find(&south, id).await.unwrap().unwrap().expected, None);
    let view = house.queue.find(&south.tenant, id).await.unwrap();
    assert!(view.is_some());
}

#[tokio::test]
async fn what_differs_too_much_is_not_usual() {
    let house = House::new();
    for rows in [1, 50, 3_000, 100_000] {
        done(&house, rows, 20).await;
    }
    let id = house.ask(&ada()).await;
    assert_eq!(house.desk.find(&ada(), id).await.unwrap().unwrap().expected, None);
}
