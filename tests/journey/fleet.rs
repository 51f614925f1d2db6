//! A deployment of its own for one test: on real services, with databases and keys that no other test uses.

use std::{
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use crate::program::{Api, Process, pressroom, run, service, stdout};

pub(crate) const PATIENCE: Duration = Duration::from_secs(180);
pub(crate) const KEY: &str = "a-key-for-the-journey-on-services";

const SLOW_REPORT: &str = r#"title = "Slow"
description = "Sleeps in the database."
language = "en"
time_zone = "UTC"

[parameters.seconds]
type = "integer"
required = true
label = "Seconds"

[datasets.naps]
one = false
"#;

const SLOW_TEMPLATE: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>Slow</title>
  <style>
    @font-face { font-family: "Plain"; src: url("font.ttf"); }
    body { font-family: "Plain"; }
  </style>
</head>
<body>
  <p data-for="nap in naps">{{ nap.word }}</p>
</body>
</html>
"#;

/// A deployment of its own: databases, a container and a Redis database that no other test uses.
pub(crate) struct Fleet {
    pub(crate) folder: tempfile::TempDir,
    settings: Vec<(String, String)>,
    redis: String,
    mysql: String,
}

impl Fleet {
    pub(crate) fn new(name: &str, redis_database: u8, patients: u32) -> Self {
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
            mysql: mysql.clone(),
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

    pub(crate) fn pressroom(&self, arguments: &[&str]) -> Command {
        let mut command = pressroom(arguments);
        command.envs(self.settings.iter().cloned()).env("PRESSROOM_CONFIG", self.folder.path().join("pressroom.toml"));
        command
    }

    /// A setting that every process of the fleet gets.
    pub(crate) fn setting(&self, name: &str) -> &str {
        &self.settings.iter().find(|(known, _)| known == name).expect("a setting").1
    }

    /// Replaces or adds a setting.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.into()));
    }

    /// What the fleet's configuration file says.
    pub(crate) fn configure(&self, text: &str) {
        std::fs::write(self.folder.path().join("pressroom.toml"), text).expect("the file");
    }

    /// Gives the fleet a report `slow`, whose one query sleeps for so many seconds.
    pub(crate) fn with_slow_report(mut self) -> Self {
        let (jobs, templates) = (self.folder.path().join("jobs"), self.folder.path().join("templates"));
        std::fs::create_dir_all(jobs.join("slow")).expect("a folder");
        std::fs::create_dir_all(&templates).expect("a folder");
        std::fs::write(jobs.join("slow/report.toml"), SLOW_REPORT).expect("a file");
        std::fs::write(jobs.join("slow/naps.sql"), "SELECT SLEEP(:seconds) AS slept, 'slow' AS word\n")
            .expect("a file");
        std::fs::write(templates.join("slow.html"), SLOW_TEMPLATE).expect("a file");
        let font = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/fonts/NotoSans-Regular.ttf");
        std::fs::copy(font, templates.join("font.ttf")).expect("a font");
        self.set("PRESSROOM_JOBS_DIR", jobs.display().to_string());
        self.set("PRESSROOM_TEMPLATES_DIR", templates.display().to_string());
        self
    }

    /// How many queries of the report `slow` the server is running.
    pub(crate) fn sleeping(&self) -> usize {
        let url: url::Url = self.setting("PRESSROOM_SOURCE_URL").parse().expect("a URL");
        let database = url.path().trim_start_matches('/');
        let query = format!(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE db = '{database}' AND info LIKE '%SLEEP(%AS slept%'"
        );
        let mut ask = Command::new("mariadb");
        ask.args(server_of(&self.mysql)).args(["-N", "-e", &query]);
        stdout(&run(ask)).trim().parse().expect("a number")
    }

    /// Waits until the server runs so many of them; returns how long that took.
    pub(crate) async fn until_sleeping(&self, expected: usize) -> Duration {
        let began = Instant::now();
        while self.sleeping() != expected {
            assert!(began.elapsed() < PATIENCE, "{} queries run, not {expected}", self.sleeping());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        began.elapsed()
    }

    pub(crate) fn start(&self, name: &str, arguments: &[&str]) -> Process {
        Process::start(name, self.pressroom(arguments), self.folder.path())
    }

    pub(crate) fn worker(&self, name: &str) -> Process {
        let mut worker = self.start(name, &["work", "--concurrency", "2"]);
        worker.wait_for_line("worker ready", PATIENCE);
        worker
    }

    pub(crate) fn serve(&self) -> (Process, Api) {
        let mut serve = self.start("serve", &["serve", "--listen", "127.0.0.1:0"]);
        let line = serve.wait_for_line("address=127.0.0.1:", PATIENCE);
        let address = line.split("address=").nth(1).expect("an address").split_whitespace().next().expect("an address");
        let api = Api::new(format!("http://{address}"), KEY);
        (serve, api)
    }

    /// A plain command of Redis's own client, as any web tier could send it.
    pub(crate) fn redis(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("redis-cli");
        command.args(["-u", &self.redis]).args(arguments);
        stdout(&run(command))
    }

    pub(crate) fn saved(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let file = self.folder.path().join(name);
        std::fs::write(&file, bytes).expect("the file can be written");
        file
    }
}

/// `mysql://root@127.0.0.1:3306` as the arguments of MariaDB's own client.
pub(crate) fn server_of(url: &str) -> Vec<String> {
    let url: url::Url = url.parse().expect("a URL");
    let (host, port) = (url.host_str().expect("a host"), url.port().unwrap_or(3306));
    vec![
        format!("--host={host}"),
        format!("--port={port}"),
        format!("--user={}", url.username()),
        "--protocol=tcp".to_owned(),
    ]
}
