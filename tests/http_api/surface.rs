//! What every answer has in common, the probes and the specification.

use axum::http::{Method, StatusCode};
use pressroom::job::ReportName;
use serde_json::Value as Json;

use crate::house::{Call, FULL, House};

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let house = House::new().await;
    house.send(Call::get("/nowhere")).await.problem(404, "not-found");
    house.send(Call::get("/api/v1/nowhere").key(FULL)).await.problem(404, "not-found");
    house.send(Call::get("/api/v2/jobs").header("accept", "text/html")).await.problem(404, "not-found");
    let reply = house.send(Call::new(Method::PUT, "/api/v1/jobs").key(FULL)).await;
    reply.problem(405, "method-not-allowed");
    let allowed = reply.header("allow");
    assert!(["GET", "HEAD", "POST"].iter().all(|method| allowed.contains(method)), "{allowed}");
    // What the framework itself refuses looks no different.
    let login = || Call::post("/login");
    house.send(login().json(serde_json::json!({"key": FULL}))).await.problem(415, "unsupported-media-type");
    house.send(login().form(&[("wrong", "field")])).await.problem(400, "invalid-request");
    house.send(login().form(&[("key", &"x".repeat(70_000))])).await.problem(413, "too-large");
    house.send(Call::get("/login?next=a&next=b")).await.problem(400, "invalid-request");
    let strange = Method::from_bytes(b"BREW").unwrap();
    house.send(Call::new(strange, "/livez")).await.problem(405, "method-not-allowed");
}

#[tokio::test]
async fn every_answer_is_guarded_and_named() {
    let house = House::new().await;
    for path in ["/livez", "/login", "/api/v1/jobs", "/nowhere", "/openapi.json", "/"] {
        let reply = house.send(Call::get(path)).await;
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert!(!reply.header("cache-control").is_empty(), "{path}");
        assert!(!reply.header("x-request-id").is_empty(), "{path}");
    }
    let echoed = house.send(Call::get("/livez").header("x-request-id", "abc-1.2_3")).await;
    assert_eq!(echoed.header("x-request-id"), "abc-1.2_3");
    for odd in ["two words", "line\tbreak", &"x".repeat(65), ""] {
        let reply = house.send(Call::get("/livez").header("x-request-id", odd)).await;
        assert_eq!(reply.header("x-request-id").len(), 36, "{odd:?} was believed");
    }
}

#[tokio::test]
async fn head_answers_like_get_without_a_body() {
    let house = House::new().await;
    for path in ["/livez", "/api/v1/reports", "/login", "/openapi.json"] {
        let get = house.send(Call::get(path).key(FULL)).await;
        let head = house.send(Call::new(Method::HEAD, path).key(FULL)).await;
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
    }
}

#[tokio::test]
async fn probes_tell_states_and_numbers() {
    let house = House::new().await;
    house.ask(FULL, "a person").await;
    assert_eq!(house.send(Call::get("/livez")).await.text(), "ok\n");
    let ready = house.send(Call::get("/readyz")).await;
    assert_eq!(ready.status, StatusCode::OK);
    assert_eq!(ready.json(), serde_json::json!({"ready": true, "queue": "ok", "catalog": "ok", "store": "ok"}));
    let metrics = house.send(Call::get("/metrics")).await;
    assert!(metrics.header("content-type").starts_with("text/plain"));
    let text = metrics.text();
    for line in [
        "pressroom_queue_jobs{state=\"waiting\"} 1",
        "pressroom_queue_waiting{lane=\"standard\"} 1",
        // However many: tests of one process share the recorder.
        "pressroom_http_requests_total{method=\"POST\",route=\"/api/v1/jobs\",status=\"202\"} ",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    assert!(!text.contains("north") && !text.contains("person"), "metrics hold neither tenants nor values");
}

#[tokio::test]
async fn the_specification_is_whole() {
    let house = House::new().await;
    let document = house.send(Call::get("/openapi.json")).await.json();
    assert_eq!(document["openapi"], "3.1.0");
    for reference in references(&document) {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
    }
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            operations.push(operation["operationId"].as_str().unwrap().to_owned());
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let problem = response.pointer("/content/application~1problem+json/schema/$ref");
                let expected =
                    (status.as_str() >= "400" && path != "/readyz").then_some("#/components/schemas/Problem");
                assert_eq!(problem.and_then(Json::as_str), expected, "{method} {path} {status}");
            }
            let documented: Vec<&str> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|p| p["in"] == "path")
                .map(|p| p["name"].as_str().unwrap())
                .collect();
            let needed: Vec<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
            assert_eq!(documented, needed, "{method} {path}");
            // Each operation exists: without a key the router answers 401 or the thing itself, never 404 or 405.
            let path = ["{id}", "{name}", "{scope}"].iter().fold(path.clone(), |path, part| path.replace(part, "x"));
            let call = Call::new(method.to_uppercase().parse().unwrap(), &path);
            let status = house.send(call).await.status;
            let open = operation["security"] == serde_json::json!([{}]);
            assert_eq!(status, if open { StatusCode::OK } else { StatusCode::UNAUTHORIZED }, "{method} {path}");
        }
    }
    operations.sort();
    let unique = operations.len();
    operations.dedup();
    assert_eq!(operations.len(), unique, "operation ids are unique");
    assert_eq!(document["components"]["securitySchemes"]["key"]["scheme"], "bearer");
}

#[tokio::test]
async fn the_specification_tells_what_is_refused() {
    let house = House::new().await;
    let document = house.send(Call::get("/openapi.json")).await.json();
    let described = |path: &str| document.pointer(path).unwrap_or_else(|| panic!("{path} is missing"));
    let asked = described("/components/schemas/NewJob");
    assert_eq!(asked["additionalProperties"], false);
    // The pattern allows just the names that are read.
    let pattern = regex::Regex::new(asked.pointer("/properties/report/pattern").unwrap().as_str().unwrap()).unwrap();
    let long = "a".repeat(63);
    let longer = "a".repeat(64);
    for name in ["a", "0-_", "invoice", &long, "", "-a", "_a", "A", "a.b", "a/b", "ä", "a\n", &longer] {
        assert_eq!(pattern.is_match(name), name.parse::<ReportName>().is_ok(), "{name:?}");
    }
    let content = "/api/v1/artifacts/0197a1b2-0000-7000-8000-000000000000/content";
    house.send(Call::get(&format!("{content}?inline=yes")).key(FULL)).await.problem(400, "invalid-request");
    described("/paths/~1api~1v1~1artifacts~1{id}~1content/get/responses/400");
    for (path, methods) in described("/paths").as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let late = operation.pointer("/responses/408").is_some();
            assert_eq!(late, path.starts_with("/api/"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn answers_have_the_documented_shape() {
    let house = House::new().await;
    let document = house.send(Call::get("/openapi.json")).await.json();
    let id = house.ask(FULL, "Ada").await;
    let claim = house.claim(id).await;
    house.finish(&claim, b"%PDF").await;
    for (path, schema) in [
        (format!("/api/v1/jobs/{id}"), "Job"),
        ("/api/v1/jobs".into(), "JobList"),
        ("/api/v1/reports".into(), "ReportList"),
        ("/api/v1/reports/greeting".into(), "Report"),
        (format!("/api/v1/artifacts/{id}"), "Artifact"),
        ("/api/v1/queue".into(), "Queue"),
        ("/api/v1/workers".into(), "WorkerList"),
        ("/api/v1/dead".into(), "DeadLetterList"),
        ("/api/v1/jobs/nothing".into(), "Problem"),
        ("/readyz".into(), "Readiness"),
    ] {
        let answer = house.send(Call::get(&path).key(FULL)).await.json();
        let documented = &document["components"]["schemas"][schema];
        let properties = documented["properties"].as_object().unwrap_or_else(|| panic!("{schema} is not described"));
        for name in answer.as_object().unwrap().keys() {
            assert!(properties.contains_key(name), "{path} answers with {name}, which {schema} doesn't describe");
        }
        for name in documented["required"].as_array().into_iter().flatten() {
            assert!(answer.get(name.as_str().unwrap()).is_some(), "{path} lacks {name}");
        }
    }
}

fn references(json: &Json) -> Vec<String> {
    match json {
        Json::Object(map) => {
            let own = map.get("$ref").and_then(Json::as_str).map(str::to_owned);
            own.into_iter().chain(map.values().flat_map(references)).collect()
        }
        Json::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}
