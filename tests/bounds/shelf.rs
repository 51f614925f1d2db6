//! A report on the shelf: its definition and its template, rendered from rows that are written down.

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use pressroom::{
    fault::Fault,
    job::{Job, JobId, Lane},
    report::{FleetLimits, Library},
    source::{Source, fixture::FixtureSource},
    worker::{
        Press,
        meter::Meter,
        press::Plate,
        render::{Order, RenderError, Rendered, render},
    },
};
use serde_json::{Map, Value as Json};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A `jobs` and a `templates` folder of one report, `list`, whose dataset is `lines`.
pub(crate) struct Shelf {
    folder: TempDir,
}

impl Shelf {
    /// A report with this `[limits]` table, style and body.
    pub(crate) fn new(limits: &str, style: &str, body: &str) -> Self {
        let shelf = Self { folder: tempfile::tempdir().unwrap() };
        shelf.put("jobs/list/report.toml", format!("title = \"List\"\n[datasets.lines]\n{limits}"));
        shelf.put("jobs/list/lines.sql", "SELECT 1 AS n");
        shelf.template(&format!("<style>\n{style}\n</style>"), body);
        shelf
    }

    /// Writes the template anew.
    pub(crate) fn template(&self, head: &str, body: &str) {
        let html = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<title>List</title>\n{head}\n</head>\n<body>\n{body}\n</body>\n</html>\n"
        );
        self.put("templates/list.html", html);
    }

    pub(crate) fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn path(&self, path: &str) -> std::path::PathBuf {
        self.folder.path().join(path)
    }

    /// The report as a worker loads it, and what is wrong with it; paths begin at the shelf.
    pub(crate) fn load_within(&self, fleet: &FleetLimits) -> (Option<Plate>, Vec<String>) {
        let (library, mut faults) = Library::load(&self.path("jobs"), &self.path("templates"), fleet);
        let (press, more) = Press::load(&library, &self.path("templates"));
        faults.extend(more);
        let plate = press.iter().next().cloned();
        (plate, faults.iter().map(|fault| self.shown(fault)).collect())
    }

    pub(crate) fn load(&self) -> (Option<Plate>, Vec<String>) {
        self.load_within(&FleetLimits::default())
    }

    /// Everything that is wrong with it.
    pub(crate) fn faults(&self) -> String {
        let (plate, faults) = self.load();
        assert!(plate.is_none(), "it can be drawn");
        faults.iter().map(|fault| format!("{fault}\n")).collect()
    }

    fn shown(&self, fault: &Fault) -> String {
        fault.to_string().replace(&format!("{}/", self.folder.path().display()), "")
    }
}

/// The rows of the dataset.
pub(crate) fn source(rows: Vec<Json>) -> FixtureSource {
    FixtureSource::from_sample(&serde_json::json!({ "datasets": { "lines": rows } })).unwrap()
}

/// Renders a report from these rows; gives back the document too.
pub(crate) async fn rendered(
    plate: Plate,
    source: &FixtureSource,
    stop: &CancellationToken,
) -> (Result<Rendered, RenderError>, Vec<u8>) {
    let (sender, mut chunks) = mpsc::channel::<bytes::Bytes>(4);
    let collecting = async {
        let mut bytes = Vec::new();
        while let Some(chunk) = chunks.recv().await {
            bytes.extend_from_slice(&chunk);
        }
        bytes
    };
    let order = order(plate);
    tokio::join!(render(order, source as &dyn Source, Arc::new(Meter::default()), sender, stop), collecting)
}

/// How long it takes from a cancel, so long after the beginning, until the rendering has stopped.
pub(crate) async fn time_to_stop(plate: Plate, source: &FixtureSource, after: Duration) -> Duration {
    let stop = CancellationToken::new();
    let cancel = async {
        tokio::time::sleep(after).await;
        stop.cancel();
        Instant::now()
    };
    let (cancelled, (result, _)) = tokio::join!(cancel, rendered(plate, source, &stop));
    let stopped = cancelled.elapsed();
    assert!(matches!(result, Err(RenderError::Stopped)), "it wasn't stopped: {result:?}");
    stopped
}

fn order(plate: Plate) -> Order {
    let job = Job {
        id: JobId::new(DateTime::<Utc>::UNIX_EPOCH),
        tenant: "north".parse().unwrap(),
        requester: "test".to_owned(),
        report: plate.definition.name.clone(),
        parameters: Map::new(),
        lane: Lane::Standard,
        run_at: None,
        accepted_at: DateTime::<Utc>::UNIX_EPOCH,
        max_attempts: 1,
    };
    Order::of(&job, plate).unwrap_or_else(|_| panic!("the report has no parameters"))
}

/// A file of the repository.
pub(crate) fn file(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}
