//! `pressroom check`

use std::{process::ExitCode, time::Duration};

use super::{
    global::{Faults, Global},
    output,
};
use crate::{
    app,
    config::{Config, Section},
    fault::{Fault, Place, Severity},
    job::ReportName,
    report::Dataset,
    source::{Description, Source, SourceError},
    telemetry,
    worker::{
        Press,
        press::{Plate, names},
    },
};

/// How long preparing a statement may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Checks everything without running anything, and lists every fault.
///
/// Configuration, definitions, SQL (prepared on the real database, not run), templates, and each connection that is
/// configured. Ends with 1 if anything is wrong.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  pressroom check
  pressroom check --jobs-dir my/jobs --templates-dir my/templates --json")]
pub(super) struct Args {
    /// Print the faults as JSON.
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let mut findings = Findings::default();
        match global.settled(Default::default()) {
            Ok(config) => {
                telemetry::init(&config.logging, &config.telemetry).map_err(anyhow::Error::from_boxed)?;
                findings.faults.extend(config.warnings.iter().cloned());
                findings.check(&config).await;
            }
            Err(Faults(faults)) => {
                findings.settings_are_faulty = true;
                findings.faults.extend(faults);
            }
        }
        findings.print(self.json)
    }
}

/// What was looked at and what was found.
#[derive(Debug, Default, serde::Serialize)]
struct Findings {
    /// Then nothing else was looked at.
    settings_are_faulty: bool,
    reports: Vec<ReportName>,
    datasets_prepared: usize,
    connections: Vec<String>,
    not_checked: Vec<&'static str>,
    faults: Vec<Fault>,
}

impl Findings {
    async fn check(&mut self, config: &Config) {
        let source = self.connections(config).await;
        let (library, faults) = app::library(config);
        self.reports = library.iter().map(|definition| definition.name.clone()).collect();
        self.faults.extend(faults);
        let (press, faults) = Press::load(&library, &config.paths.templates);
        self.faults.extend(faults);
        for definition in library.iter() {
            let mut described = Vec::new();
            for dataset in &definition.datasets {
                described.push((dataset, self.prepare(source.as_deref(), dataset).await));
            }
            if let Some(plate) = press.get(&definition.name) {
                self.faults.extend(check_template(plate, &described));
            }
        }
    }

    /// Connects whatever is configured and asks it for a sign of life; gives back the source.
    async fn connections(&mut self, config: &Config) -> Option<std::sync::Arc<dyn Source>> {
        if self.is_set(config, Section::Queue, "queue") {
            let alive = async { Ok(app::queue(config).await?.ping().await?) }.await;
            self.connected("queue", config.queue().ok(), alive);
        }
        if self.is_set(config, Section::Catalog, "catalog") {
            let alive = async { app::require_schema(app::catalog(config).await?.as_ref()).await }.await;
            self.connected("catalog", config.catalog().ok().map(|catalog| &catalog.database), alive);
        }
        if self.is_set(config, Section::Store, "store") {
            let alive = async { Ok(app::store(config).await?.ping().await?) }.await;
            self.connected("store", config.store().ok(), alive);
        }
        if !self.is_set(config, Section::Source, "source") {
            return None;
        }
        let source = async {
            let source = app::source(config, PATIENCE)?;
            source.ping().await?;
            anyhow::Ok(source)
        }
        .await;
        let (source, alive) = match source {
            Ok(source) => (Some(source), Ok(())),
            Err(error) => (None, Err(error)),
        };
        self.connected("source", config.source().ok().map(|source| &source.database), alive);
        source
    }

    fn is_set(&mut self, config: &Config, section: Section, name: &'static str) -> bool {
        let set = config.has(section);
        if !set {
            self.not_checked.push(name);
        }
        set
    }

    fn connected(&mut self, name: &str, place: Option<&impl std::fmt::Display>, alive: anyhow::Result<()>) {
        let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
        match alive {
            Ok(()) => self.connections.push(format!("{name}{place}")),
            Err(error) => self.faults.push(Fault::new(format!("{name}{place}: {error:#}"))),
        }
    }

    async fn prepare(&mut self, source: Option<&dyn Source>, dataset: &Dataset) -> Option<Description> {
        match source?.describe(&dataset.name, &dataset.statement).await {
            Ok(description) => {
                self.datasets_prepared += 1;
                Some(description)
            }
            Err(error) => {
                self.faults.push(sql_fault(dataset, &error));
                None
            }
        }
    }

    fn print(self, json: bool) -> anyhow::Result<ExitCode> {
        let errors = self.faults.iter().filter(|fault| fault.severity == Severity::Error).count();
        let warnings = self.faults.len() - errors;
        if json {
            output::json(&self)?;
        } else {
            self.faults.iter().for_each(output::fault);
            for connection in &self.connections {
                output::line(&format!("ok: {connection}"))?;
            }
            if !self.not_checked.is_empty() {
                output::line(&format!("not set, so not checked: {}", self.not_checked.join(", ")))?;
            }
            if self.settings_are_faulty {
                output::line("nothing but the settings was checked: mend them first")?;
            }
            let names: Vec<&str> = self.reports.iter().map(ReportName::as_str).collect();
            if !names.is_empty() {
                output::line(&format!("reports: {}", names.join(", ")))?;
            }
            let counts = [
                (names.len(), "report"),
                (self.datasets_prepared, "prepared dataset"),
                (errors, "error"),
                (warnings, "warning"),
            ];
            output::line(&counts.map(|(number, noun)| output::count(number as u64, noun)).join(", "))?;
        }
        Ok(if errors > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn sql_fault(dataset: &Dataset, error: &SourceError) -> Fault {
    let fault = Fault::new(error.to_string()).in_file(&dataset.file);
    match error {
        SourceError::Refused { offset: Some(offset), .. } => {
            let text = std::fs::read_to_string(&dataset.file).unwrap_or_default();
            fault.at(Place::at(&text, *offset))
        }
        _ => fault.at(Place { line: 1, column: 1 }),
    }
}

fn check_template(plate: &Plate, described: &[(&Dataset, Option<Description>)]) -> Vec<Fault> {
    let columns = |dataset: &Dataset| {
        let (_, description) = described.iter().find(|(own, _)| own.name == dataset.name)?;
        Some(description.as_ref()?.columns.iter().map(|column| column.name.clone()).collect())
    };
    plate.template.check(&names(&plate.definition, columns))
}
