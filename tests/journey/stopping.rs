//! Stopping attempts and workers in the middle of a query: the server must not go on with it.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    fleet::{Fleet, PATIENCE},
    program::Api,
};

async fn sleep(api: &Api, seconds: u32) -> String {
    api.ask(json!({"report": "slow", "parameters": {"seconds": seconds}})).await
}

#[tokio::test]
async fn a_cancel_ends_the_query_within_a_second() {
    let fleet = Fleet::new("cancel", 10, 10).with_slow_report();
    let (_serve, api) = fleet.serve();
    let _worker = fleet.worker("worker");
    let id = sleep(&api, 120).await;
    fleet.until_sleeping(1).await;
    let began = Instant::now();
    let answer = api.request(reqwest::Method::DELETE, &format!("/api/v1/jobs/{id}")).send().await.expect("an answer");
    assert!(answer.status().is_success(), "{}", answer.status());
    fleet.until_sleeping(0).await;
    // A heartbeat is a second at most; the rest is this test's own looking.
    assert!(began.elapsed() < Duration::from_millis(1_800), "{:?}", began.elapsed());
    assert_eq!(api.ended(&id, Duration::from_secs(5)).await["state"], "cancelled");
}

#[tokio::test]
async fn a_lost_lease_ends_the_query_at_once() {
    let fleet = Fleet::new("lost", 11, 10).with_slow_report();
    let (_serve, api) = fleet.serve();
    let mut frozen = fleet.worker("frozen");
    let id = sleep(&api, 20).await;
    fleet.until_sleeping(1).await;
    frozen.signal("STOP");
    let _rescuer = fleet.worker("rescuer");
    // The lease is three seconds; the server knows nothing of it and runs both queries.
    fleet.until_sleeping(2).await;
    frozen.signal("CONT");
    let took = fleet.until_sleeping(1).await;
    assert!(took < Duration::from_secs(3), "the first query ran on for {took:?}");
    frozen.wait_for_line("the lease was lost", PATIENCE);
    let job = api.ended(&id, PATIENCE).await;
    assert_eq!((&job["state"], &job["attempt"]), (&json!("done"), &json!(2)), "{job}");
}

#[tokio::test]
async fn a_signal_lets_work_finish_and_a_second_one_hands_it_back() {
    let fleet = Fleet::new("signals", 12, 10).with_slow_report();
    fleet.configure("[worker]\nlease = \"3s\"\ngrace = \"10m\"\n");
    let (_serve, api) = fleet.serve();
    let mut patient = fleet.worker("patient");
    let short = sleep(&api, 3).await;
    fleet.until_sleeping(1).await;
    patient.signal("TERM");
    patient.wait_for_line("stopping", PATIENCE);
    let left = sleep(&api, 0).await;
    assert_eq!(patient.ended(Duration::from_secs(30)), Some(0));
    assert_eq!(api.ended(&short, PATIENCE).await["attempt"], 1, "it was finished");
    assert_eq!(api.get(&format!("/api/v1/jobs/{left}")).await["state"], "waiting", "nothing more was claimed");

    let mut hurried = fleet.worker("hurried");
    api.ended(&left, PATIENCE).await;
    let long = sleep(&api, 600).await;
    fleet.until_sleeping(1).await;
    hurried.signal("TERM");
    hurried.wait_for_line("stopping", PATIENCE);
    let began = Instant::now();
    hurried.signal("INT");
    assert_eq!(hurried.ended(Duration::from_secs(30)), Some(0));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(fleet.sleeping(), 0, "its query is gone");
    let job = api.get(&format!("/api/v1/jobs/{long}")).await;
    assert_eq!((&job["state"], &job["attempt"]), (&json!("waiting"), &json!(0)), "{job}");
}

#[tokio::test]
async fn a_stuck_query_is_stopped_and_explained() {
    let fleet = Fleet::new("stuck", 13, 10).with_slow_report();
    fleet.configure("[worker]\nlease = \"3s\"\nstall = \"2s\"\n");
    let (_serve, api) = fleet.serve();
    let mut worker = fleet.worker("worker");
    let id = sleep(&api, 300).await;
    fleet.until_sleeping(1).await;
    worker.wait_for_line("the attempt is stuck and was stopped", PATIENCE);
    let began = Instant::now();
    let error = loop {
        let job = api.get(&format!("/api/v1/jobs/{id}")).await;
        if job["state"] == "retrying" {
            break job["error"].clone();
        }
        assert!(began.elapsed() < PATIENCE, "{job}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(
        (&error["code"], &error["step"], &error["retryable"]),
        (&json!("stuck"), &json!("source"), &json!(true))
    );
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains("2s at step `source`, after 0 rows and 0 pages"), "{message}");
    assert_eq!(fleet.sleeping(), 0, "its query is gone");
}
