//! Asking, following, listing and cancelling.

use axum::http::{Method, StatusCode};
use chrono::TimeDelta;
use pressroom::clock::Clock as _;
use serde_json::json;

use crate::house::{ASKER, Call, FULL, House, READER, SOUTH};

fn ask(body: serde_json::Value) -> Call {
    Call::post("/api/v1/jobs").key(FULL).json(body)
}

fn greeting() -> serde_json::Value {
    json!({"report": "greeting", "parameters": {"who": "Ada"}})
}

#[tokio::test]
async fn a_request_is_accepted_followed_and_fetched() {
    let house = House::new().await;
    let accepted = house.send(ask(greeting())).await;
    assert_eq!(accepted.status, StatusCode::ACCEPTED);
    let job = accepted.json();
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    assert_eq!(accepted.header("location"), path);
    assert_eq!(accepted.header("retry-after"), "1");
    assert_eq!(job["state"], "waiting");
    assert_eq!(job["tenant"], "north");
    assert_eq!(job["requester"], "full");
    assert_eq!(job["progress"], json!({"rows": 0, "pages": 0}));
    assert_eq!((&job["error"], &job["artifact"]), (&json!(null), &json!(null)));

    let claim = house.claim(job["id"].as_str().unwrap().parse().unwrap()).await;
    house.progress(&claim, 500, 20).await;
    let running = house.send(Call::get(&path).key(READER)).await;
    assert_eq!(running.json()["state"], "running");
    assert_eq!(running.json()["progress"], json!({"rows": 500, "pages": 20}));
    assert_eq!(running.header("retry-after"), "1");
    assert_eq!(running.header("x-progress"), "running; 500 rows, 20 pages");

    house.finish(&claim, b"%PDF-1.7 hello").await;
    let done = house.send(Call::get(&path).key(READER)).await;
    assert_eq!((done.header("retry-after"), done.header("x-progress")), ("", ""));
    let job = done.json();
    assert_eq!(job["state"], "done");
    assert_eq!(job["artifact"]["pages"], 67);
    let content = job["artifact"]["content"].as_str().unwrap();
    let document = house.send(Call::get(content).key(READER)).await;
    assert_eq!(document.body, "%PDF-1.7 hello");
}

#[tokio::test]
async fn a_failure_is_told() {
    let house = House::new().await;
    let id = house.ask(FULL, "Ada").await;
    let claim = house.claim(id).await;
    house.fail(&claim).await;
    let job = house.send(Call::get(&format!("/api/v1/jobs/{id}")).key(FULL)).await.json();
    assert_eq!(job["state"], "failed");
    assert_eq!(
        job["error"],
        json!({"step": "source", "code": "timeout", "message": "the query took longer than 60 s", "retryable": false})
    );
}

#[tokio::test]
async fn the_same_idempotency_key_gives_the_same_job() {
    let house = House::new().await;
    let call = || ask(greeting()).header("idempotency-key", "once");
    let first = house.send(call()).await;
    let second = house.send(call()).await;
    assert_eq!(second.status, StatusCode::ACCEPTED);
    assert_eq!(first.json()["id"], second.json()["id"]);
    assert_eq!((first.header("idempotency-replayed"), second.header("idempotency-replayed")), ("", "true"));

    let other = json!({"report": "greeting", "parameters": {"who": "Grace"}});
    let conflict = house.send(ask(other.clone()).header("idempotency-key", "once")).await;
    let problem = conflict.problem(409, "idempotency-conflict");
    assert!(problem["detail"].as_str().unwrap().contains(first.json()["id"].as_str().unwrap()), "{problem}");

    let elsewhere =
        house.send(Call::post("/api/v1/jobs").key(SOUTH).json(other).header("idempotency-key", "once")).await;
    assert_eq!(elsewhere.status, StatusCode::ACCEPTED, "another tenant's keys are its own");
    for wrong in ["", &"x".repeat(201), "Zo\u{eb}"] {
        let reply = house.send(ask(greeting()).header("idempotency-key", wrong)).await;
        reply.problem(400, "invalid-request");
    }
}

#[tokio::test]
async fn bad_requests_say_what_is_wrong() {
    let house = House::new().await;
    let raw = |body: &'static str| Call::post("/api/v1/jobs").key(FULL).body("application/json", body);
    for (body, place) in [
        ("{", "line 1 column 1"),
        ("", "line 1 column 0"),
        ("[]", "must be a JSON object"),
        (" [\"greeting\", {\"who\": \"Ada\"}, null, null]", "must be a JSON object"),
        ("{\"report\": 5}", "line 1 column 12"),
        ("{}", "missing field `report`"),
        ("{\"report\": \"greeting\",\n \"lain\": \"bulk\"}", "unknown field `lain`"),
        ("{\"report\": \"greeting\",\n \"lane\": \"fast\"}", "line 2 column"),
        ("{\"report\": \"greeting\", \"run_at\": \"soon\"}", "run_at: "),
        ("{\"report\": \"greeting\", \"parameters\": [1]}", "line 1 column"),
        ("\u{0}", "line 1 column 1"),
    ] {
        let problem = house.send(raw(body)).await.problem(400, "invalid-request");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(place), "{body:?} says {detail:?}");
    }
    let empty = house.send(raw("{\"report\": \"secret\", \"parameters\": []}")).await;
    assert_eq!(empty.status, StatusCode::ACCEPTED, "PHP writes an empty object so: {empty:?}");
    let late = (house.clock.now() + TimeDelta::days(4000)).to_rfc3339();
    house.send(ask(json!({"report": "greeting", "run_at": late}))).await.problem(400, "invalid-request");
    house.send(raw("{}").header("content-type", "text/plain")).await.problem(415, "unsupported-media-type");
    house.send(ask(json!({"report": "nothing"}))).await.problem(404, "unknown-report");
    house.send(ask(json!({"report": "../../etc"}))).await.problem(404, "unknown-report");
    let deep = Call::post("/api/v1/jobs").key(FULL).body("application/json", "[".repeat(60_000));
    house.send(deep).await.problem(400, "invalid-request");
    let large = Call::post("/api/v1/jobs").key(FULL).body("application/json", vec![b' '; 65 * 1024]);
    house.send(large).await.problem(413, "too-large");
}

#[tokio::test]
async fn every_wrong_parameter_has_an_entry() {
    let house = House::new().await;
    let parameters = json!({"name": "ada", "count": "many", "colour": "blue", "day": "never", "extra": 1});
    let reply = house.send(ask(json!({"report": "every-kind", "parameters": parameters}))).await;
    let problem = reply.problem(422, "invalid-parameters");
    let entries = problem["errors"].as_array().unwrap().iter();
    let mut entries: Vec<String> =
        entries.map(|e| format!("{}:{}", e["field"].as_str().unwrap(), e["code"].as_str().unwrap())).collect();
    entries.sort();
    assert_eq!(entries, ["colour:choice", "count:type", "day:type", "extra:unknown", "name:pattern"]);
    for value in ["ada", "many", "blue", "never"] {
        assert!(!reply.text().contains(value), "the problem repeats {value}");
    }
}

#[tokio::test]
async fn roles_and_tenants_are_walls() {
    let house = House::new().await;
    let post = |key: &str| Call::post("/api/v1/jobs").key(key).json(greeting());
    let id = house.ask(ASKER, "Ada").await;
    let path = format!("/api/v1/jobs/{id}");

    house.send(post(READER)).await.problem(403, "forbidden");
    house.send(Call::get(&path).key(ASKER)).await.problem(403, "forbidden");
    house.send(Call::get("/api/v1/jobs").key(ASKER)).await.problem(403, "forbidden");
    house.send(Call::new(Method::DELETE, &path).key(READER)).await.problem(403, "forbidden");
    house.send(Call::get(&path).key(SOUTH)).await.problem(404, "not-found");
    house.send(Call::new(Method::DELETE, &path).key(SOUTH)).await.problem(404, "not-found");
    assert_eq!(house.send(Call::get("/api/v1/jobs").key(SOUTH)).await.json()["jobs"], json!([]));
    // A report for auditors is not there for others, and is there for whoever has all roles.
    let secret = json!({"report": "secret"});
    house.send(Call::post("/api/v1/jobs").key(ASKER).json(secret.clone())).await.problem(404, "unknown-report");
    assert_eq!(house.send(ask(secret)).await.status, StatusCode::ACCEPTED);
    let seen = house.send(Call::get("/api/v1/jobs").key(READER)).await.json();
    assert_eq!(seen["jobs"].as_array().unwrap().len(), 1, "{seen}");
}

#[tokio::test]
async fn keys_are_asked_for() {
    let house = House::new().await;
    for call in [
        Call::get("/api/v1/jobs"),
        Call::get("/api/v1/jobs").key("wrong"),
        Call::get("/api/v1/jobs").key(""),
        Call::get("/api/v1/jobs").header("authorization", "Basic bm9ydGg6"),
        Call::get("/api/v1/reports/greeting"),
        Call::get("/api/v1/artifacts/x/content"),
        Call::post("/api/v1/jobs").json(json!({"bad": "body"})),
    ] {
        let reply = house.send(call).await;
        reply.problem(401, "unauthenticated");
        assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"pressroom\"");
    }
    let cookie = house.sign_in(FULL).await;
    house.send(Call::get("/api/v1/jobs").header("cookie", &cookie)).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn the_list_shows_everything_once_newest_first() {
    let house = House::new().await;
    let mut expected = Vec::new();
    for i in 0..7 {
        expected.insert(0, house.ask(FULL, &format!("Person {i}")).await.to_string());
    }
    for id in [&expected[2], &expected[5]] {
        let id = id.parse().unwrap();
        let claims = house.queue.claim("tester", 100.into(), std::time::Duration::from_secs(60)).await.unwrap();
        for claim in claims.iter().filter(|claim| claim.job.id != id) {
            house.queue.settle(claim.lease(), pressroom::queue::Settlement::Release).await.unwrap();
        }
        house.finish(claims.iter().find(|claim| claim.job.id == id).unwrap(), b"%PDF").await;
    }
    let mut seen = Vec::new();
    let mut path = "/api/v1/jobs?limit=3&report=greeting".to_owned();
    loop {
        let reply = house.send(Call::get(&path).key(READER)).await;
        let page = reply.json();
        seen.extend(page["jobs"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else {
            assert_eq!(reply.header("link"), "");
            break;
        };
        path = format!("/api/v1/jobs?report=greeting&limit=3&cursor={next}");
        assert_eq!(reply.header("link"), format!("<{path}>; rel=\"next\""));
        assert!(seen.len() <= expected.len(), "the list goes in circles");
    }
    assert_eq!(seen, expected);

    let states = async |state: &'static str| {
        let state = house.send(Call::get(&format!("/api/v1/jobs?state={state}")).key(READER)).await;
        state.json()["jobs"].as_array().unwrap().len()
    };
    assert_eq!((states("done").await, states("waiting").await, states("failed").await), (2, 5, 0));
    for wrong in ["limit=0", "limit=201", "limit=x", "state=lost", "cursor=zzz", "report=A%20B", "colour=red"] {
        let reply = house.send(Call::get(&format!("/api/v1/jobs?{wrong}")).key(READER)).await;
        reply.problem(400, "invalid-request");
    }
}

#[tokio::test]
async fn cancelling_depends_on_how_far_it_is() {
    let house = House::new().await;
    let delete = |id: &str| Call::new(Method::DELETE, &format!("/api/v1/jobs/{id}")).key(FULL);

    let waiting = house.ask(FULL, "Ada").await.to_string();
    let cancelled = house.send(delete(&waiting)).await;
    assert_eq!((cancelled.status, &cancelled.json()["state"]), (StatusCode::OK, &json!("cancelled")));
    let again = house.send(delete(&waiting)).await.problem(409, "already-finished");
    assert_eq!(again["detail"], "it is cancelled");

    let running = house.ask(FULL, "Grace").await;
    let claim = house.claim(running).await;
    let requested = house.send(delete(&running.to_string())).await;
    assert_eq!((requested.status, &requested.json()["state"]), (StatusCode::ACCEPTED, &json!("running")));
    house.finish(&claim, b"%PDF").await;
    house.send(delete(&running.to_string())).await.problem(409, "already-finished");

    house.send(delete("0197a1b2-0000-7000-8000-000000000000")).await.problem(404, "not-found");
    house.send(delete("nonsense")).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_scheduled_job_says_when_to_look_again() {
    let house = House::new().await;
    let later = (house.clock.now() + TimeDelta::seconds(90)).to_rfc3339();
    let reply = house
        .send(ask(json!({"report": "greeting", "parameters": {"who": "Ada"}, "run_at": later, "lane": "bulk"})))
        .await;
    assert_eq!(reply.json()["state"], "scheduled");
    assert_eq!(reply.json()["lane"], "bulk");
    let wait: u64 = reply.header("retry-after").parse().unwrap();
    assert!((89..=91).contains(&wait), "{wait}");
}

#[tokio::test]
async fn reports_come_with_a_schema() {
    let house = House::new().await;
    let all = house.send(Call::get("/api/v1/reports").key(READER)).await.json();
    let names: Vec<&str> = all["reports"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["every-kind", "greeting"], "not the auditors'");
    let one = house.send(Call::get("/api/v1/reports/every-kind").key(READER)).await.json();
    assert_eq!(one["title"], "Every kind");
    assert_eq!(one["time_zone"], "Europe/Berlin");
    assert_eq!(one["parameters"]["properties"]["count"]["minimum"], 1);
    assert_eq!(one["parameters"]["required"], json!(["name", "count", "colour"]));
    house.send(Call::get("/api/v1/reports/secret").key(READER)).await.problem(404, "unknown-report");
    house.send(Call::get("/api/v1/reports/nothing").key(READER)).await.problem(404, "unknown-report");
}
