//! Other queues, each in a process of its own that prints its figures as JSON.

use std::{path::PathBuf, process::Command};

use serde_json::Value as Json;

/// Another queue.
pub(crate) enum Peer {
    BullMq,
    Apalis(PathBuf),
}

impl Peer {
    /// Those that are there.
    pub(crate) fn all() -> Vec<Self> {
        let apalis = folder("apalis").join("target/release/pressroom-bench-apalis");
        let mut peers = Vec::new();
        if folder("bullmq").join("node_modules").is_dir() {
            peers.push(Self::BullMq);
        }
        if apalis.is_file() {
            peers.push(Self::Apalis(apalis));
        }
        peers
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::BullMq => "BullMQ 6.7",
            Self::Apalis(_) => "apalis-redis 1.0",
        }
    }

    /// Jobs that do nothing, per second.
    pub(crate) fn rate(&self, url: &str, count: usize, concurrency: usize) -> Option<f64> {
        self.ask(url, &["jobs".into(), count.to_string(), concurrency.to_string()])?["rate"].as_f64()
    }

    /// Pushes per second, 64 at once.
    pub(crate) fn pushes(&self, url: &str, count: usize) -> Option<f64> {
        self.ask(url, &["push".into(), count.to_string()])?["single"].as_f64()
    }

    /// How long a job waits for an idle worker, in ms: p50 and p99. apalis-redis takes seconds and isn't asked.
    pub(crate) fn latency(&self, url: &str, times: usize) -> Option<(f64, f64)> {
        let Self::BullMq = self else { return None };
        let answer = self.ask(url, &["pickup".into(), times.to_string()])?;
        answer["p50"].as_f64().zip(answer["p99"].as_f64())
    }

    fn ask(&self, url: &str, arguments: &[String]) -> Option<Json> {
        let mut command = match self {
            Self::BullMq => {
                let mut node = Command::new("node");
                node.arg(folder("bullmq").join("bench.mjs"));
                node
            }
            Self::Apalis(program) => Command::new(program),
        };
        let output = command.args(arguments).env("REDIS_URL", url).output().ok()?;
        let answer = serde_json::from_slice(output.stdout.trim_ascii()).ok();
        if answer.is_none() {
            eprintln!("{} failed: {}", self.name(), String::from_utf8_lossy(&output.stderr));
        }
        answer
    }
}

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("benches/peers").join(name)
}
