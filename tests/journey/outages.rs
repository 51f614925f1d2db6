//! What happens to workers and jobs when something that they need is away.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::{
    fleet::{Fleet, PATIENCE},
    program::{Api, Process},
    wire::{Wire, target},
};

/// A fleet whose worker reaches each service over a wire of its own.
struct Wired {
    fleet: Fleet,
    queue: Wire,
    source: Wire,
    catalog: Wire,
    probes: String,
}

impl Wired {
    async fn new(name: &str, redis_database: u8, whole: bool) -> Self {
        let fleet = Fleet::new(name, redis_database, 100);
        let to = async |variable: &str, port| Wire::to(&target(fleet.setting(variable), port), whole).await;
        let queue = to("PRESSROOM_QUEUE_URL", 6379).await;
        let source = to("PRESSROOM_SOURCE_URL", 3306).await;
        let catalog = to("PRESSROOM_CATALOG_URL", 3306).await;
        let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        Self { fleet, queue, source, catalog, probes: format!("127.0.0.1:{port}") }
    }

    fn worker(&self) -> Process {
        let mut command = self.fleet.pressroom(&["work", "--concurrency", "2"]);
        for (variable, wire) in [
            ("PRESSROOM_QUEUE_URL", &self.queue),
            ("PRESSROOM_SOURCE_URL", &self.source),
            ("PRESSROOM_CATALOG_URL", &self.catalog),
        ] {
            command.env(variable, wire.within(self.fleet.setting(variable)));
        }
        command.env("PRESSROOM_PROBE_LISTEN", &self.probes).env("PRESSROOM_LOG", "info");
        Process::start("worker", command, self.fleet.folder.path())
    }

    /// What a probe answers, and with which status.
    async fn probe(&self, path: &str) -> (u16, String) {
        let answer = reqwest::get(format!("http://{}{path}", self.probes)).await.expect("the probes answer");
        (answer.status().as_u16(), answer.text().await.expect("a body"))
    }

    async fn until_probe(&self, expected: u16, words: &str) {
        let end = std::time::Instant::now() + PATIENCE;
        loop {
            let (status, text) = self.probe("/readyz").await;
            if status == expected && text.contains(words) {
                return;
            }
            assert!(std::time::Instant::now() < end, "/readyz stays {status}: {text}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

async fn invoice(api: &Api) -> String {
    api.ask(json!({"report": "invoice", "parameters": {"invoice_id": 1}})).await
}

fn first_attempt(job: &Json) {
    assert_eq!((&job["state"], &job["attempt"]), (&json!("done"), &json!(1)), "{job}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_waits_for_what_is_not_there_yet() {
    let wired = Wired::new("await", 5, false).await;
    let (_serve, api) = wired.fleet.serve();
    let id = invoice(&api).await;
    let mut worker = wired.worker();
    worker.wait_for_line("waiting for the queue", PATIENCE);
    assert_eq!(wired.probe("/livez").await, (200, "ok\n".to_owned()));
    assert_eq!(wired.probe("/readyz").await, (503, r#"{"ready":false,"awaited":"queue"}"#.to_owned()));
    wired.queue.mend();
    worker.wait_for_line("waiting for the catalog", PATIENCE);
    wired.catalog.mend();
    worker.wait_for_line("waiting for the source", PATIENCE);
    wired.source.mend();
    worker.wait_for_line("worker ready", PATIENCE);
    wired.until_probe(200, r#""source":"ok""#).await;
    first_attempt(&api.ended(&id, PATIENCE).await);
    for once in ["waiting for the queue", "the queue is there", "waiting for the source", "the source is there"] {
        assert_eq!(worker.log().matches(once).count(), 1, "{once}:\n{}", worker.log());
    }
    assert_eq!(worker.terminate(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_waits_stops_when_asked() {
    let wired = Wired::new("unawait", 6, false).await;
    let mut worker = wired.worker();
    worker.wait_for_line("waiting for the queue", PATIENCE);
    assert_eq!(worker.terminate(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_of_the_database_costs_no_attempt() {
    let wired = Wired::new("outage", 7, true).await;
    let (_serve, api) = wired.fleet.serve();
    let mut worker = wired.worker();
    worker.wait_for_line("worker ready", PATIENCE);
    first_attempt(&api.ended(&invoice(&api).await, PATIENCE).await);

    wired.source.cut();
    let mut ids = Vec::new();
    for _ in 0..8 {
        ids.push(invoice(&api).await);
    }
    worker.wait_for_line("no jobs are claimed until the source is back", PATIENCE);
    wired.until_probe(503, r#""source":"failing""#).await;
    // Long enough for every job to be claimed and to fail several times, were it not for the gate.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let tried = worker.log().matches("put off until what it needs is back").count();
    assert!((1..=4).contains(&tried), "{tried} attempts:\n{}", worker.log());
    wired.source.mend();
    worker.wait_for_line("the source is back", PATIENCE);
    for id in &ids {
        first_attempt(&api.ended(id, PATIENCE).await);
    }
    assert_eq!(worker.log().matches("no jobs are claimed").count(), 1, "{}", worker.log());

    wired.catalog.cut();
    let id = invoice(&api).await;
    worker.wait_for_line("no jobs are claimed until the catalog is back", PATIENCE);
    wired.catalog.mend();
    first_attempt(&api.ended(&id, PATIENCE).await);
    assert_eq!(worker.terminate(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_of_the_queue_ends_nothing() {
    let wired = Wired::new("redisgone", 8, true).await;
    let (_serve, api) = wired.fleet.serve();
    let mut worker = wired.worker();
    worker.wait_for_line("worker ready", PATIENCE);
    wired.queue.cut();
    worker.wait_for_line("the queue doesn't answer", PATIENCE);
    let id = invoice(&api).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    wired.queue.mend();
    first_attempt(&api.ended(&id, PATIENCE).await);
    assert_eq!(worker.log().matches("the queue doesn't answer").count(), 1, "{}", worker.log());
    assert_eq!(worker.terminate(), Some(0));
}

#[tokio::test]
async fn wrong_settings_end_a_worker_at_once() {
    let fleet = Fleet::new("wrong", 9, 10);
    let source = fleet.setting("PRESSROOM_SOURCE_URL").to_owned();
    let refused = |variable: &str, value: &str, words: &str| {
        let mut command = fleet.pressroom(&["work"]);
        command.env(variable, value);
        let mut worker = Process::start("wrong", command, fleet.folder.path());
        assert_eq!(worker.ended(Duration::from_secs(30)), Some(1), "{}", worker.log());
        assert!(worker.log().contains(words) && !worker.log().contains("sesame"), "{}", worker.log());
    };
    refused("PRESSROOM_SOURCE_URL", &source.replace("root@", "nobody:sesame@"), "refuses the user or the password");
    refused("PRESSROOM_SOURCE_URL", &format!("{source}_not_here"), "Unknown database");
    refused("PRESSROOM_CATALOG_URL", &source.replace("root@", "nobody:sesame@"), "Access denied");
    refused("PRESSROOM_CONCURRENCY", "500", "connections to 127.0.0.1:");
}
