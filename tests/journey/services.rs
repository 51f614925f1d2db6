//! The same journey on Redis, MariaDB and Azurite, with several worker processes, some of which die.

use std::{collections::BTreeSet, path::PathBuf, process::Command, time::Duration};

use crate::program::{Api, Process, checked_text, pages, pressroom, run, service, stdout};
use serde_json::{Value as Json, json};

const PATIENCE: Duration = Duration::from_secs(180);
const KEY: &str = "a-key-for-the-journey-on-services";

/// A deployment of its own: databases, a container and a Redis database that no other test uses.
struct Fleet {
    folder: tempfile::TempDir,
    settings: Vec<(String, String)>,
    redis: String,
}

impl Fleet {
    fn new(name: &str, redis_database: u8, patients: u32) -> Self {
        let unique = format!("{name}{}", std::process::id());
        let mysql = service("PRESSROOM_TEST_MYSQL_URL");
        let redis = format!("{}/{redis_database}", service("PRESSROOM_TEST_REDIS_URL"));
        let azure = service("PRESSROOM_TEST_AZURE_URL");
        let settings = [
            ("PRESSROOM_QUEUE_URL", redis.clone()),
            ("PRESSROOM_SOURCE_URL", format!("{mysql}/{unique}_clinic")),
            ("PRESSROOM_CATALOG_URL", format!("{mysql}/{unique}_catalog")),
            ("PRESSROOM_STORE_URL", format!("{azure}/{unique}")),
            ("PRESSROOM_STORE_ACCOUNT_KEY", service("PRESSROOM_TEST_AZURE_KEY")),
            ("PRESSROOM_API_KEY", KEY.to_owned()),
            ("PRESSROOM_LOG", "debug".to_owned()),
            ("PRESSROOM_LOG_FORMAT", "text".to_owned()),
        ];
        let fleet = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            settings: settings.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            redis,
        };
        fleet.redis(&["FLUSHDB"]);
        std::fs::write(fleet.folder.path().join("pressroom.toml"), "[worker]\nlease = \"3s\"\n").expect("the file");
        let mut create = Command::new("mariadb");
        create.args(server_of(&mysql)).args(["-e", &format!("CREATE DATABASE {unique}_catalog")]);
        run(create);
        run(fleet.pressroom(&["demo", "load", "--patients", &patients.to_string()]));
        run(fleet.pressroom(&["migrate"]));
        fleet
    }

    fn pressroom(&self, arguments: &[&str]) -> Command {
        let mut command = pressroom(arguments);
        command.envs(self.settings.iter().cloned()).env("PRESSROOM_CONFIG", self.folder.path().join("pressroom.toml"));
        command
    }

    fn start(&self, name: &str, arguments: &[&str]) -> Process {
        Process::start(name, self.pressroom(arguments), self.folder.path())
    }

    fn worker(&self, name: &str) -> Process {
        let mut worker = self.start(name, &["work", "--concurrency", "2"]);
        worker.wait_for_line("worker ready", PATIENCE);
        worker
    }

    fn serve(&self) -> (Process, Api) {
        let mut serve = self.start("serve", &["serve", "--listen", "127.0.0.1:0"]);
        let line = serve.wait_for_line("address=127.0.0.1:", PATIENCE);
        let address = line.split("address=").nth(1).expect("an address").split_whitespace().next().expect("an address");
        let api = Api::new(format!("http://{address}"), KEY);
        (serve, api)
    }

    /// A plain command of Redis's own client, as any web tier could send it.
    fn redis(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("redis-cli");
        command.args(["-u", &self.redis]).args(arguments);
        stdout(&run(command))
    }

    fn saved(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let file = self.folder.path().join(name);
        std::fs::write(&file, bytes).expect("the file can be written");
        file
    }
}

/// `mysql://root@127.0.0.1:3306` as the arguments of MariaDB's own client.
fn server_of(url: &str) -> Vec<String> {
    let url: url::Url = url.parse().expect("a URL");
    let (host, port) = (url.host_str().expect("a host"), url.port().unwrap_or(3306));
    vec![
        format!("--host={host}"),
        format!("--port={port}"),
        format!("--user={}", url.username()),
        "--protocol=tcp".to_owned(),
    ]
}

async fn jobs(api: &Api, report: &str) -> Vec<Json> {
    let mut all = Vec::new();
    let mut path = format!("/api/v1/jobs?report={report}&limit=200");
    loop {
        let page = api.get(&path).await;
        all.extend(page["jobs"].as_array().expect("jobs").iter().cloned());
        match page["next"].as_str() {
            Some(next) => path = format!("/api/v1/jobs?report={report}&limit=200&cursor={next}"),
            None => return all,
        }
    }
}

#[tokio::test]
async fn three_ways_in_two_workers_and_each_job_once() {
    let fleet = Fleet::new("ways", 1, 300);
    let (serve, api) = fleet.serve();
    let upkeep = fleet.start("upkeep", &["upkeep"]);
    let (mut one, mut two) = (fleet.worker("one"), fleet.worker("two"));

    let pushed = "00000000-0000-4000-8000-000000000001";
    let message = json!({"v": 1, "id": pushed, "report": "immunization-record", "parameters": {"patient_id": 3},
        "tenant": "default", "requester": "redis-cli"});
    fleet.redis(&["LPUSH", "{pressroom}:inbox", &message.to_string()]);
    let broken = ["{not json", "{\"v\":1}", ""];
    for text in broken {
        fleet.redis(&["LPUSH", "{pressroom}:inbox", text]);
    }
    let asked = api.ask(json!({"report": "immunization-record", "parameters": {"patient_id": 4}})).await;
    let file = fleet.folder.path().join("cli.pdf");
    let output = file.to_str().expect("UTF-8");
    run(fleet.pressroom(&["enqueue", "immunization-record", "-p", "patient_id=5", "--wait", "-o", output]));
    checked_text(&file);
    for id in [pushed, &asked] {
        let job = api.ended(id, PATIENCE).await;
        assert_eq!(job["state"], "done", "{job}");
        let pdf = fleet.saved("a.pdf", &api.content(job["artifact"]["id"].as_str().expect("an artifact")).await);
        checked_text(&pdf);
    }

    let mut ids: BTreeSet<String> = BTreeSet::new();
    for i in 0..200 {
        ids.insert(api.ask(json!({"report": "invoice", "parameters": {"invoice_id": i % 100 + 1}})).await);
    }
    for id in &ids {
        assert_eq!(api.ended(id, PATIENCE).await["state"], "done");
    }
    let done = jobs(&api, "invoice").await;
    let artifacts: BTreeSet<_> =
        done.iter().map(|job| job["artifact"]["id"].as_str().expect("one").to_owned()).collect();
    assert_eq!((done.len(), artifacts.len()), (200, 200));
    let workers = [&one, &two].map(|worker| worker.log().matches("settled").count());
    assert!(workers.iter().all(|jobs| *jobs > 0), "both workers took part: {workers:?}");

    let dead: Vec<Json> =
        serde_json::from_str(&stdout(&run(fleet.pressroom(&["dead", "list", "--json"])))).expect("JSON");
    assert_eq!(dead.len(), 2, "the two malformed messages, and the empty one is only a ring: {dead:?}");

    assert_eq!((one.terminate(), two.terminate()), (Some(0), Some(0)));
    for process in [&serve, &upkeep, &one, &two] {
        let log = process.log();
        for secret in
            [KEY, "not json", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq", "patient_id\":"]
        {
            assert!(!log.contains(secret), "a log at debug level holds {secret:?}");
        }
    }
}

#[tokio::test]
async fn a_killed_worker_loses_nothing_and_doubles_nothing() {
    let fleet = Fleet::new("kill", 2, 3000);
    let (_serve, api) = fleet.serve();
    let mut victim = fleet.worker("victim");
    let id = api
        .ask(json!({"report": "administered-doses", "parameters": {"from": "2016-01-01", "to": "2026-12-31"}}))
        .await;
    loop {
        let job = api.get(&format!("/api/v1/jobs/{id}")).await;
        assert_ne!(job["state"], "done", "the report must be long enough to be interrupted");
        if job["progress"]["rows"].as_u64() > Some(0) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    victim.kill();
    let _rescuer = fleet.worker("rescuer");
    let job = api.ended(&id, PATIENCE).await;
    assert_eq!((&job["state"], &job["attempt"]), (&json!("done"), &json!(2)), "{job}");
    let listed = run(fleet.pressroom(&["artifacts", "list", "--report", "administered-doses", "--json"]));
    let listed: Json = serde_json::from_slice(&listed.stdout).expect("JSON");
    assert_eq!(listed["artifacts"].as_array().expect("artifacts").len(), 1);
    let pdf = fleet.saved("doses.pdf", &api.content(job["artifact"]["id"].as_str().expect("an artifact")).await);
    assert_eq!(job["artifact"]["pages"], pages(&pdf));
}
