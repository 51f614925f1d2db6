//! Traces, as a collector receives them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, routing::post};
use opentelemetry_proto::tonic::{collector::trace::v1::ExportTraceServiceRequest, trace::v1::Span};
use prost::Message as _;
use serde_json::json;

use crate::program::{Api, Process, pressroom};

const PATIENCE: Duration = Duration::from_secs(60);
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

type Received = Arc<Mutex<Vec<ExportTraceServiceRequest>>>;

async fn receive(State(received): State<Received>, body: Bytes) {
    received.lock().expect("requests").push(ExportTraceServiceRequest::decode(body).expect("OTLP"));
}

/// A collector, and where it is.
async fn collector() -> (Received, String) {
    let received = Received::default();
    let router = Router::new().route("/v1/traces", post(receive)).with_state(received.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (received, address)
}

fn spans(received: &Received) -> Vec<Span> {
    let requests = received.lock().expect("requests");
    let resources = requests.iter().flat_map(|request| &request.resource_spans);
    resources.flat_map(|resource| &resource.scope_spans).flat_map(|scope| scope.spans.clone()).collect()
}

/// Names of spans and of their parents, of one trace.
fn family(spans: &[Span], trace: &str) -> BTreeMap<String, String> {
    let of_trace: Vec<&Span> = spans.iter().filter(|span| hex::encode(&span.trace_id) == trace).collect();
    let names: BTreeMap<&[u8], &str> = of_trace.iter().map(|span| (&span.span_id[..], &span.name[..])).collect();
    let parent = |span: &Span| match names.get(&span.parent_span_id[..]) {
        Some(name) => (*name).to_owned(),
        None => hex::encode(&span.parent_span_id),
    };
    of_trace.iter().map(|span| (span.name.clone(), parent(span))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_trace_leads_from_the_callers_request_to_the_settled_job() {
    let (received, collector) = collector().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let mut command = pressroom(&["up", "--data-dir", data.to_str().expect("UTF-8"), "--listen", "127.0.0.1:0"]);
    // A quiet log must not cost traces.
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector)
        .env("OTEL_SERVICE_NAME", "clinic")
        .env("PRESSROOM_LOG", "error");
    let mut up = Process::start("up", command, folder.path());
    let ready = up.wait_for_line("ready at http://", PATIENCE);
    let base = ready.split("ready at ").nth(1).expect("an address").trim().trim_end_matches('/').to_owned();
    let key = std::fs::read_to_string(data.join("api-key")).expect("the key was kept");
    let api = Api::new(base, key.trim());
    let body = json!({"report": "immunization-record", "parameters": {"patient_id": 7}});
    let asked = api.request(reqwest::Method::POST, "/api/v1/jobs").json(&body);
    let asked = asked.header("traceparent", format!("00-{TRACE}-{CALLER}-01")).send().await.expect("an answer");
    let job: serde_json::Value = asked.json().await.expect("JSON");
    let id = job["id"].as_str().expect("an id");
    assert_eq!(api.ended(id, PATIENCE).await["state"], "done");
    // What was not yet sent is sent at the end.
    assert_eq!(up.terminate(), Some(0), "{}", up.log());

    let spans = spans(&received);
    let family = family(&spans, TRACE);
    let expected = [
        ("http.request", CALLER),
        ("job.enqueue", "http.request"),
        ("job.claim", "job.enqueue"),
        ("job.attempt", "job.claim"),
        ("source.fetch", "job.attempt"),
        ("layout.paginate", "job.attempt"),
        ("store.put", "job.attempt"),
        ("catalog.record", "job.attempt"),
        ("job.settle", "job.attempt"),
    ];
    for (name, parent) in expected {
        assert_eq!(family.get(name).map(String::as_str), Some(parent), "{name} in {family:#?}");
    }
    let attempt = spans.iter().find(|span| span.name == "job.attempt").expect("an attempt");
    let attributes: BTreeSet<&str> = attempt.attributes.iter().map(|attribute| &*attribute.key).collect();
    for name in ["job.id", "job.report", "job.attempt", "job.outcome"] {
        assert!(attributes.contains(name), "{name} in {attributes:?}");
    }
    let text = format!("{:?}", received.lock().expect("requests"));
    assert!(text.contains("clinic"), "the service's name");
    for secret in ["patient_id", key.trim(), "SELECT"] {
        assert!(!text.contains(secret), "a trace holds {secret:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_away_harms_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let mut command = pressroom(&["up", "--data-dir", data.to_str().expect("UTF-8"), "--listen", "127.0.0.1:0"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");
    let mut up = Process::start("up", command, folder.path());
    let ready = up.wait_for_line("ready at http://", PATIENCE);
    let base = ready.split("ready at ").nth(1).expect("an address").trim().trim_end_matches('/').to_owned();
    let key = std::fs::read_to_string(data.join("api-key")).expect("the key was kept");
    let api = Api::new(base, key.trim());
    let id = api.ask(json!({"report": "immunization-record", "parameters": {"patient_id": 7}})).await;
    assert_eq!(api.ended(&id, PATIENCE).await["state"], "done");
    up.wait_for_line("traces are lost", PATIENCE);
    assert_eq!(up.terminate(), Some(0), "{}", up.log());
    assert_eq!(up.log().matches("traces are lost").count(), 1, "{}", up.log());
}
