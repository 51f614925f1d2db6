//! Running the real program: processes that stop when a test ends, and what a caller sees of them.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value as Json;

/// A running `pressroom` that is killed when the test ends, however it ends.
pub(crate) struct Process {
    child: Child,
    name: String,
    log: std::path::PathBuf,
}

impl Process {
    /// Starts a subcommand; its output goes to `<log_dir>/<name>.log`.
    pub(crate) fn start(name: &str, mut command: Command, log_dir: &Path) -> Self {
        let log = log_dir.join(format!("{name}.log"));
        let file = std::fs::File::create(&log).expect("the log file can be made");
        let errors = file.try_clone().expect("the log file can be shared");
        let child = command.stdout(file).stderr(errors).stdin(Stdio::null()).spawn().expect("pressroom starts");
        Self { child, name: name.to_owned(), log }
    }

    /// What it has written so far.
    pub(crate) fn log(&self) -> String {
        let mut text = String::new();
        std::fs::File::open(&self.log)
            .and_then(|mut file| file.read_to_string(&mut text))
            .expect("the log can be read");
        text
    }

    /// Waits until its output has a line with `words` and returns that line.
    pub(crate) fn wait_for_line(&mut self, words: &str, limit: Duration) -> String {
        let end = Instant::now() + limit;
        loop {
            let file = std::fs::File::open(&self.log).expect("the log can be read");
            if let Some(line) = BufReader::new(file).lines().map_while(Result::ok).find(|line| line.contains(words)) {
                return line;
            }
            let ended = self.child.try_wait().expect("the process can be asked");
            assert!(ended.is_none(), "{} ended with {ended:?}:\n{}", self.name, self.log());
            assert!(Instant::now() < end, "{} never said {words:?}:\n{}", self.name, self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("the process can be killed");
        self.child.wait().expect("the process ends");
    }

    /// Sends SIGTERM and returns its exit code.
    pub(crate) fn terminate(&mut self) -> Option<i32> {
        self.signal("TERM");
        self.child.wait().expect("the process ends").code()
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let signal = format!("-{name}");
        let done = Command::new("kill").args([&signal, &self.child.id().to_string()]).status().expect("kill runs");
        assert!(done.success());
    }

    /// Its exit code, once it has ended by itself.
    pub(crate) fn ended(&mut self, limit: Duration) -> Option<i32> {
        let end = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait().expect("the process can be asked") {
                return status.code();
            }
            assert!(Instant::now() < end, "{} goes on:\n{}", self.name, self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program under test, in the repository's folder, with nothing of the caller's `PRESSROOM_*` settings.
pub(crate) fn pressroom(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pressroom"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).env_clear();
    command.env("PATH", variable("PATH").unwrap_or_default());
    command
}

/// Runs a command to its end and expects success.
pub(crate) fn run(mut command: Command) -> Output {
    let output = command.output().expect("the command runs");
    assert!(
        output.status.success(),
        "{command:?} failed with {}:\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Standard output as text.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("the output is UTF-8")
}

/// A variable of the environment.
#[expect(clippy::disallowed_methods, reason = "tests find the services that ./test started")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The address of a real service.
pub(crate) fn service(name: &str) -> String {
    variable(name).unwrap_or_else(|| panic!("{name} is not set: this test needs real services, run it with ./test"))
}

/// The text of a PDF in reading order, after `qpdf` found nothing wrong with the file.
pub(crate) fn checked_text(pdf: &Path) -> String {
    let mut check = Command::new("qpdf");
    check.arg("--check").arg(pdf);
    run(check);
    let mut text = Command::new("pdftotext");
    text.arg("-layout").arg(pdf).arg("-");
    stdout(&run(text))
}

/// The number of pages that `pdfinfo` counts.
pub(crate) fn pages(pdf: &Path) -> u64 {
    let mut info = Command::new("pdfinfo");
    info.arg(pdf);
    let text = stdout(&run(info));
    let line = text.lines().find(|line| line.starts_with("Pages:")).expect("pdfinfo tells the pages");
    line.trim_start_matches("Pages:").trim().parse().expect("the pages are a number")
}

/// A caller of the HTTP API.
pub(crate) struct Api {
    client: reqwest::Client,
    base: String,
    key: String,
}

impl Api {
    /// Calls `base` with `key`.
    pub(crate) fn new(base: impl Into<String>, key: impl Into<String>) -> Self {
        // A second installation is refused, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { client: reqwest::Client::new(), base: base.into(), key: key.into() }
    }

    /// A request with the key.
    pub(crate) fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key)
    }

    /// GET, expecting JSON and success.
    pub(crate) async fn get(&self, path: &str) -> Json {
        let answer = self.request(reqwest::Method::GET, path).send().await.expect("the API answers");
        let status = answer.status();
        let text = answer.text().await.expect("the answer has a body");
        assert!(status.is_success(), "GET {path}: {status}: {text}");
        serde_json::from_str(&text).expect("the answer is JSON")
    }

    /// Asks for a report and returns the job's id.
    pub(crate) async fn ask(&self, body: Json) -> String {
        let answer =
            self.request(reqwest::Method::POST, "/api/v1/jobs").json(&body).send().await.expect("the API answers");
        let status = answer.status();
        let text = answer.text().await.expect("the answer has a body");
        assert_eq!(status, 202, "POST /api/v1/jobs: {text}");
        let job: Json = serde_json::from_str(&text).expect("the answer is JSON");
        job["id"].as_str().expect("a job has an id").to_owned()
    }

    /// Follows a job until it has ended.
    pub(crate) async fn ended(&self, id: &str, limit: Duration) -> Json {
        let end = Instant::now() + limit;
        loop {
            let job = self.get(&format!("/api/v1/jobs/{id}")).await;
            if ["done", "failed", "cancelled"].contains(&job["state"].as_str().expect("a job has a state")) {
                return job;
            }
            assert!(Instant::now() < end, "job {id} didn't end in {limit:?}: {job}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The bytes of an artifact, through a redirect where there is one.
    pub(crate) async fn content(&self, artifact: &str) -> Vec<u8> {
        let path = format!("/api/v1/artifacts/{artifact}/content");
        let answer = self.request(reqwest::Method::GET, &path).send().await.expect("the API answers");
        assert!(answer.status().is_success(), "GET {path}: {}", answer.status());
        answer.bytes().await.expect("the bytes arrive").to_vec()
    }
}
