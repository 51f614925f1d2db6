//! Looking after the queue over HTTP, quotas, and what is expected of jobs in flight.

use axum::http::{Method, StatusCode};
use pressroom::queue::{Policy, WorkerView};
use serde_json::json;

use crate::house::{ASKER, Call, FULL, House, READER, SOUTH};

fn put(path: &str) -> Call {
    Call::new(Method::PUT, path).key(FULL)
}

fn delete(path: &str) -> Call {
    Call::new(Method::DELETE, path).key(FULL)
}

#[tokio::test]
async fn all_of_it_needs_the_role_operate() {
    let house = House::new().await;
    for key in [READER, ASKER] {
        for (method, path) in [
            (Method::GET, "/api/v1/queue"),
            (Method::GET, "/api/v1/workers"),
            (Method::PUT, "/api/v1/queue/paused/lane:bulk"),
            (Method::DELETE, "/api/v1/queue/paused/lane:bulk"),
            (Method::GET, "/api/v1/dead"),
            (Method::POST, "/api/v1/dead/retry"),
            (Method::GET, "/api/v1/dead/x"),
            (Method::DELETE, "/api/v1/dead/x"),
            (Method::POST, "/api/v1/dead/x/retry"),
        ] {
            let problem = house.send(Call::new(method.clone(), path).key(key)).await.problem(403, "forbidden");
            assert_eq!(problem["detail"], "the key lacks the role `operate`", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn real_what_is_paused_waits() {
    let house = House::on_redis().await;
    let path = "/api/v1/queue/paused/report:greeting";
    let paused = house.send(put(path)).await;
    assert_eq!(paused.json(), json!({"scope": "report:greeting", "paused": true, "changed": true}));
    assert_eq!(house.send(put(path)).await.json()["changed"], false);
    house.ask(FULL, "Ada").await;
    let queue = house.send(Call::get("/api/v1/queue").key(FULL)).await.json();
    assert_eq!((&queue["paused"], &queue["lanes"]["standard"]["waiting"]), (&json!(["report:greeting"]), &json!(1)));
    assert!(house.queue.claim("w", 1.into(), std::time::Duration::from_secs(60)).await.unwrap().is_empty());
    let resumed = house.send(delete(path)).await;
    assert_eq!(resumed.json(), json!({"scope": "report:greeting", "paused": false, "changed": true}));
    assert_eq!(house.queue.claim("w", 1.into(), std::time::Duration::from_secs(60)).await.unwrap().len(), 1);
    let problem = house.send(put("/api/v1/queue/paused/bulk")).await.problem(400, "invalid-request");
    assert_eq!(problem["detail"], "the scope must be lane:<lane>, report:<name> or tenant:<name>");
}

#[tokio::test]
async fn real_workers_are_listed() {
    let house = House::on_redis().await;
    let worker = WorkerView {
        name: "worker-1".to_owned(),
        slots: 4,
        busy: 1,
        claiming: true,
        version: "1.2.3".to_owned(),
        since: "2026-03-30T12:00:00Z".parse().unwrap(),
    };
    house.queue.announce(&worker, std::time::Duration::from_secs(60)).await.unwrap();
    let workers = house.send(Call::get("/api/v1/workers").key(FULL)).await.json();
    assert_eq!(
        workers,
        json!({"workers": [{"name": "worker-1", "slots": 4, "busy": 1, "claiming": true, "version": "1.2.3",
            "since": "2026-03-30T12:00:00Z"}]})
    );
}

#[tokio::test]
async fn real_dead_letters_are_shown_retried_and_dropped_by_their_own_tenant() {
    let house = House::on_redis().await;
    let id = house.ask(FULL, "Ada").await;
    house.fail(&house.claim(id).await).await;
    let foreign = house.ask(SOUTH, "Zoe").await;
    house.fail(&house.claim(foreign).await).await;

    let list = house.send(Call::get("/api/v1/dead?code=timeout").key(FULL)).await.json();
    assert_eq!(list["dead"].as_array().unwrap().len(), 1, "{list}");
    assert_eq!((&list["dead"][0]["id"], &list["dead"][0]["error"]["code"]), (&json!(id), &json!("timeout")));
    let none = house.send(Call::get("/api/v1/dead?code=panic").key(FULL)).await.json();
    assert_eq!(none, json!({"dead": []}));
    house.send(Call::get("/api/v1/dead?limit=0").key(FULL)).await.problem(400, "invalid-request");
    house.send(Call::get("/api/v1/dead?report=A+B").key(FULL)).await.problem(400, "invalid-request");

    let one = house.send(Call::get(&format!("/api/v1/dead/{id}")).key(FULL)).await.json();
    assert_eq!(one["failures"][0]["error"]["code"], "timeout", "{one}");
    assert_eq!((&one["failures"][0]["attempt"], &one["failures"][0]["worker"]), (&json!(1), &json!("tester")));

    for call in [
        Call::get(&format!("/api/v1/dead/{foreign}")).key(FULL),
        delete(&format!("/api/v1/dead/{foreign}")),
        Call::post(&format!("/api/v1/dead/{foreign}/retry")).key(FULL),
    ] {
        house.send(call).await.problem(404, "not-found");
    }

    let retried = house.send(Call::post(&format!("/api/v1/dead/{id}/retry")).key(FULL)).await;
    assert_eq!(retried.json(), json!({"retried": [id], "refused": []}));
    let job = house.send(Call::get(&format!("/api/v1/jobs/{id}")).key(FULL)).await.json();
    assert_eq!(job["state"], "waiting");
    house.send(Call::post(&format!("/api/v1/dead/{id}/retry")).key(FULL)).await.problem(404, "not-found");

    house.fail(&house.claim(id).await).await;
    let all = house.send(Call::post("/api/v1/dead/retry?report=greeting").key(FULL)).await;
    assert_eq!(all.json(), json!({"retried": [id], "refused": []}), "south's stays");
    house.fail(&house.claim(id).await).await;
    assert_eq!(house.send(delete(&format!("/api/v1/dead/{id}"))).await.status, StatusCode::NO_CONTENT);
    house.send(delete(&format!("/api/v1/dead/{id}"))).await.problem(404, "not-found");
    let job = house.send(Call::get(&format!("/api/v1/jobs/{id}")).key(FULL)).await.json();
    assert_eq!(job["state"], "failed", "the catalog remembers");
}

#[tokio::test]
async fn real_a_full_queue_answers_429() {
    let house = House::on_redis().await;
    let policy = Policy { waiting_per_tenant: 1, ..Policy::default() };
    house.queue.govern(&policy).await.unwrap();
    house.ask(FULL, "Ada").await;
    let ask = || Call::post("/api/v1/jobs").key(FULL).json(json!({"report": "greeting", "parameters": {"who": "Bo"}}));
    let reply = house.send(ask()).await;
    let problem = reply.problem(429, "queue-full");
    assert!(reply.header("retry-after").parse::<u32>().unwrap() > 0);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("1 jobs or 1024 MiB") && detail.contains("queue.waiting_per_tenant"), "{detail}");
    house.ask(SOUTH, "Zoe").await;
    let large = json!({"report": "greeting", "parameters": {"who": "x".repeat(70_000)}});
    let problem = house.send(Call::post("/api/v1/jobs").key(FULL).json(large)).await.problem(413, "too-large");
    assert_eq!(problem["detail"], "at most 64 KiB are read");
}

#[tokio::test]
async fn real_a_job_in_flight_says_what_to_expect() {
    let house = House::on_redis().await;
    for who in ["Ada", "Bo", "Cy"] {
        let id = house.ask(FULL, who).await;
        house.finish(&house.claim(id).await, b"%PDF").await;
    }
    let id = house.ask(FULL, "Di").await;
    let path = format!("/api/v1/jobs/{id}");
    let reply = house.send(Call::get(&path).key(FULL)).await;
    let expected = json!({"rows": 12_345, "pages": 67, "seconds": 1, "ready_at": null, "samples": 3});
    assert_eq!(reply.json()["expected"], expected);
    assert_eq!(reply.header("x-progress"), "waiting; 0 rows, 0 pages; usually about 12345 rows, 67 pages");
    let page = house.send(Call::get(&format!("/jobs/{id}")).page(&house.sign_in(FULL).await)).await.text();
    assert!(page.contains("This report usually has about 12,345 rows and 67 pages, made in about 1 second"), "{page}");
    let claim = house.claim(id).await;
    let running = house.send(Call::get(&path).key(FULL)).await.json();
    assert_eq!(running["worker"], "tester");
    assert!(running["expected"]["ready_at"].is_string(), "{running}");
    house.finish(&claim, b"%PDF").await;
    let done = house.send(Call::get(&path).key(FULL)).await.json();
    assert_eq!((&done["expected"], &done["worker"]), (&json!(null), &json!(null)));
}
