//! Parts that don't answer, and handlers that panic.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use axum::http::{Method, StatusCode};
use chrono::{DateTime, Utc};
use pressroom::{
    job::{JobId, Progress, Tenant},
    queue::*,
};

use crate::house::{Call, FULL, House, SOUTH};

/// A queue that can't be reached; asked for a job of tenant `south`, it panics.
struct NoQueue;

macro_rules! unreachable_queue {
    ($($call:ident($($name:ident: $kind:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl LeaseStore for NoQueue {
            $(async fn $call(&self, $($name: $kind),*) -> Result<$answer> {
                $(let _ = &$name;)*
                Err(QueueError::Unavailable("redis://user:password@host refused".into()))
            })*

            async fn find(&self, tenant: &Tenant, _id: JobId) -> Result<Option<JobView>> {
                assert_ne!(tenant.as_str(), "south", "a panic with data in it");
                Err(QueueError::Unavailable("redis://user:password@host refused".into()))
            }
        }
    };
}

unreachable_queue! {
    push(push: Push) -> Pushed;
    post(raw: RawMessage) -> ();
    drain() -> Vec<RawMessage>;
    admit(raw: &RawMessage, verdict: Verdict) -> ();
    claim(worker: &str, capacity: Capacity, lease: Duration) -> Vec<Claim>;
    wait(up_to: Duration) -> ();
    renew(lease: Lease, progress: Progress, lease_for: Duration) -> Renewal;
    settle(lease: Lease, how: Settlement) -> Settled;
    govern(policy: &Policy) -> ();
    policy() -> Policy;
    pause(scope: &Scope) -> bool;
    resume(scope: &Scope) -> bool;
    announce(worker: &WorkerView, lasts: Duration) -> ();
    workers() -> Vec<WorkerView>;
    fired(schedule: &str) -> Option<DateTime<Utc>>;
    set_fired(schedule: &str, at: DateTime<Utc>) -> ();
    cancel(tenant: &Tenant, id: JobId) -> Cancelled;
    list(filter: &JobFilter, limit: usize) -> Vec<JobView>;
    stats() -> Stats;
    dead(limit: usize) -> Vec<DeadLetter>;
    dead_text(id: &str) -> Option<Vec<u8>>;
    dead_retry(id: &str) -> bool;
    dead_drop(id: &str) -> bool;
    outcomes(limit: usize) -> Vec<Decided>;
    acknowledge(decided: &[Decided]) -> ();
    lead(role: &str, holder: &str, lease_for: Duration) -> bool;
    ping() -> ();
}

#[tokio::test]
async fn without_the_queue_callers_are_told_to_come_back() {
    let house = House::new().await;
    let done = house.ask(FULL, "Ada").await;
    let claim = house.claim(done).await;
    house.finish(&claim, b"%PDF").await;
    let house = house.with_queue(Arc::new(NoQueue));

    let asked = serde_json::json!({"report": "greeting", "parameters": {"who": "Ada"}});
    for call in [
        Call::post("/api/v1/jobs").json(asked),
        Call::get("/api/v1/jobs"),
        Call::get("/api/v1/jobs/0197a1b2-0000-7000-8000-000000000000"),
    ] {
        let reply = house.send(call.key(FULL)).await;
        reply.problem(503, "unavailable");
        assert_eq!(reply.header("retry-after"), "5");
        assert!(!reply.text().contains("password"), "what a backend says is not for callers");
    }
    // What is finished can still be seen and fetched.
    let job = house.send(Call::get(&format!("/api/v1/jobs/{done}")).key(FULL)).await;
    assert_eq!(job.json()["state"], "done");
    let document = house.send(Call::get(&format!("/api/v1/artifacts/{done}/content")).key(FULL)).await;
    assert_eq!(document.body, "%PDF");

    let ready = house.send(Call::get("/readyz")).await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.json(), serde_json::json!({"ready": false, "queue": "failing", "catalog": "ok", "store": "ok"}));
    assert_eq!(house.send(Call::get("/livez")).await.status, StatusCode::OK);
    assert_eq!(house.send(Call::get("/metrics")).await.status, StatusCode::OK);
    let cookie = house.sign_in(FULL).await;
    let page = house.send(Call::get("/").page(&cookie)).await;
    assert_eq!((page.status, page.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"));
    assert!(page.text().contains("Pressroom can&#x27;t do this just now"), "{}", page.text());
}

#[tokio::test]
async fn a_panic_is_a_problem_and_not_a_dropped_connection() {
    let house = House::new().await.with_queue(Arc::new(NoQueue));
    let reply = house.send(Call::get("/api/v1/jobs/0197a1b2-0000-7000-8000-000000000000").key(SOUTH)).await;
    let problem = reply.problem(500, "internal");
    assert!(problem.get("detail").is_none() && !reply.text().contains("panic"), "{problem}");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(house.send(Call::new(Method::GET, "/livez")).await.status, StatusCode::OK, "the next one is served");
}
