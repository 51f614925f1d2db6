//! One report's journey without any service: `pressroom up`, HTTP, the command line, the PDF.

use std::{path::Path, time::Duration};

use crate::program::{Api, Process, checked_text, pages, pressroom, run, stdout};
use serde_json::json;

/// Long enough for an unoptimised build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct Embedded {
    up: Process,
    folder: tempfile::TempDir,
    api: Api,
}

impl Embedded {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        let command = pressroom(&["up", "--data-dir", path(&data), "--listen", "127.0.0.1:0"]);
        let mut up = Process::start("up", command, folder.path());
        let ready = up.wait_for_line("ready at http://", PATIENCE);
        let base = ready.split("ready at ").nth(1).expect("an address").trim().trim_end_matches('/').to_owned();
        let key = std::fs::read_to_string(data.join("api-key")).expect("the key was kept");
        Self { up, api: Api::new(base, key.trim()), folder }
    }

    fn data(&self) -> String {
        path(&self.folder.path().join("data")).to_owned()
    }
}

fn path(path: &Path) -> &str {
    path.to_str().expect("the path is UTF-8")
}

#[tokio::test]
async fn a_report_is_asked_for_rendered_stored_listed_and_downloaded() {
    let mut embedded = Embedded::start();
    let api = &embedded.api;
    let id = api.ask(json!({"report": "immunization-record", "parameters": {"patient_id": 7}})).await;
    let job = api.ended(&id, PATIENCE).await;
    assert_eq!(job["state"], "done", "{job}");

    let artifact = job["artifact"]["id"].as_str().expect("a done job has an artifact");
    let file = embedded.folder.path().join("record.pdf");
    std::fs::write(&file, api.content(artifact).await).expect("the file can be written");
    let text = checked_text(&file);
    let source = embedded.folder.path().join("data/source.db");
    let database = sqlx::SqlitePool::connect(&format!("sqlite://{}?mode=ro", path(&source))).await.expect("the source");
    let (name, doses): (String, i64) = sqlx::query_as(
        "SELECT family_name, (SELECT count(*) FROM immunizations WHERE patient_id = 7) FROM patients WHERE id = 7",
    )
    .fetch_one(&database)
    .await
    .expect("patient 7");
    assert!(text.contains(&name), "the record names {name}:\n{text}");
    assert_eq!(job["artifact"]["rows"], doses + 1, "each dose and the patient: {job}");
    assert_eq!(job["artifact"]["pages"], pages(&file));

    let listed = api.get("/api/v1/jobs?report=immunization-record&state=done").await;
    assert_eq!(listed["jobs"][0]["id"], id.as_str());

    let shown = run(pressroom(&["jobs", "show", &id, "--data-dir", &embedded.data()]));
    assert!(stdout(&shown).contains(&id));
    let copy = embedded.folder.path().join("copy.pdf");
    run(pressroom(&["artifacts", "get", artifact, "-o", path(&copy), "--data-dir", &embedded.data()]));
    assert_eq!(std::fs::read(&copy).expect("the copy"), std::fs::read(&file).expect("the file"));

    assert_eq!(embedded.up.terminate(), Some(0), "SIGTERM ends it well:\n{}", embedded.up.log());
}

#[tokio::test]
async fn the_command_line_asks_waits_and_saves() {
    let embedded = Embedded::start();
    let file = embedded.folder.path().join("invoice.pdf");
    run(pressroom(&[
        "enqueue",
        "invoice",
        "--param",
        "invoice_id=1",
        "--wait",
        "-o",
        path(&file),
        "--data-dir",
        &embedded.data(),
    ]));
    let stored = checked_text(&file);
    assert!(stored.to_lowercase().contains("invoice"), "{stored}");

    let direct = embedded.folder.path().join("direct.pdf");
    run(pressroom(&["render", "invoice", "-p", "invoice_id=1", "-o", path(&direct), "--data-dir", &embedded.data()]));
    let numbers =
        |text: &str| text.split_whitespace().filter(|word| word.contains('.')).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(numbers(&checked_text(&direct)), numbers(&stored), "both ways print the same amounts");
}

#[tokio::test]
async fn every_demo_report_renders_and_passes_the_check() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    std::fs::create_dir(&data).expect("the data folder");
    run(pressroom(&["demo", "load", "--patients", "200", "--data-dir", path(&data)]));
    run(pressroom(&["migrate", "--data-dir", path(&data)]));
    let checked = run(pressroom(&["check", "--data-dir", path(&data)]));
    assert!(stdout(&checked).contains(" 0 errors"), "{}", stdout(&checked));
    assert!(stdout(&checked).contains("reports: administered-doses, chart-labels, "), "{}", stdout(&checked));
    let reports: [(&str, &[&str], &str); 10] = [
        ("immunization-record", &["patient_id=1"], "Page 1 of"),
        ("immunization-record-ar", &["patient_id=1"], "MRN-"),
        ("invoice", &["invoice_id=1"], "Page 1 of"),
        ("recall-list", &["due_before=2026-12-31"], "Page 1 of"),
        ("recall-letters", &["from=2026-01-01", "to=2026-12-31"], "Dear"),
        ("chart-labels", &["since=2000-01-01"], "MRN-"),
        ("stock-by-clinic", &[], "Page 1 of"),
        ("clinic-activity", &["month=2026-03"], "Page 1 of"),
        ("clinic-activity-ja", &["month=2026-03"], "2026年3月"),
        ("administered-doses", &["from=2016-01-01", "to=2026-12-31"], "Page 1 of"),
    ];
    for (report, parameters, shown) in reports {
        let file = folder.path().join(format!("{report}.pdf"));
        let mut arguments = vec!["render", report, "-o", path(&file), "--json", "--data-dir", path(&data)];
        arguments.extend(parameters.iter().flat_map(|parameter| ["--param", parameter]));
        let rendered = run(pressroom(&arguments));
        let said: serde_json::Value = serde_json::from_slice(&rendered.stdout).expect("JSON");
        assert_eq!(said["pages"], pages(&file), "{report}");
        assert!(said["rows"].as_u64() > Some(0), "{report}: {said}");
        assert!(checked_text(&file).contains(shown), "{report}");
    }
}

#[tokio::test]
async fn bad_requests_are_explained_and_nothing_is_queued() {
    let embedded = Embedded::start();
    let api = &embedded.api;
    let send = async |body: serde_json::Value| {
        let answer = api.request(reqwest::Method::POST, "/api/v1/jobs").json(&body).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json::<serde_json::Value>().await.expect("a problem in JSON"))
    };
    let (status, problem) = send(json!({"report": "no-such-report", "parameters": {}})).await;
    assert_eq!(status, 404, "{problem}");
    let (status, problem) = send(json!({"report": "invoice", "parameters": {"invoice_id": "x", "color": 1}})).await;
    assert_eq!(status, 422, "{problem}");
    let errors = problem["errors"].as_array().expect("errors");
    let mut fields: Vec<_> = errors.iter().map(|error| error["field"].as_str().expect("a field")).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["color", "invoice_id"]);
    assert!(api.get("/api/v1/jobs").await["jobs"].as_array().expect("jobs").is_empty());

    let id = api.ask(json!({"report": "invoice", "parameters": {"invoice_id": 99_999_999}})).await;
    let job = api.ended(&id, PATIENCE).await;
    assert_eq!((&job["state"], &job["error"]["code"]), (&json!("failed"), &json!("not-found")), "{job}");
}

#[tokio::test]
async fn the_command_line_says_what_would_have_been_right() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    run(pressroom(&["migrate", "--data-dir", path(&data)]));
    let refused = |arguments: &[&str]| {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--data-dir", path(&data)]);
        let answer = pressroom(&arguments).output().expect("pressroom runs");
        assert!(!answer.status.success(), "{arguments:?}");
        String::from_utf8_lossy(&answer.stderr).into_owned()
    };
    let unknown = refused(&["enqueue", "invoise"]);
    assert!(unknown.contains("`invoise`") && unknown.contains("immunization-record-ar, invoice, "), "{unknown}");
    let late = refused(&["enqueue", "invoice", "--at", "tomorrow"]);
    assert!(late.contains("2027-01-01T06:00:00Z"), "{late}");
    let none = refused(&["jobs", "list", "--limit", "0"]);
    assert!(none.contains("0 is not in 1.."), "{none}");
    let stats = run(pressroom(&["queue", "stats", "--json", "--data-dir", path(&data)]));
    let stats: serde_json::Value = serde_json::from_slice(&stats.stdout).expect("JSON");
    assert_eq!(stats["lanes"]["bulk"]["waiting"], 0, "{stats}");
}
