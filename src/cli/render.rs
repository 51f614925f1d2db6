//! `pressroom render`

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    global::{Faults, Global, Whose},
    output,
    params::Params,
    saving::{Saving, is_stdout},
    waiting,
    watch::Watched,
};
use crate::{
    app,
    config::{Config, Section},
    fault::Fault,
    job::{Job, JobId},
    layout::LayoutError,
    source::{FixtureSource, Source},
    worker::{
        meter::Meter,
        press::Plate,
        render::{Order, RenderError, Rendered, Spent, render},
    },
};

/// The pause between two looks at the progress.
const SHOW_EVERY: Duration = Duration::from_millis(500);

/// Renders one report straight to a file: source → PDF, no queue, no store.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  pressroom render invoice --param invoice_id=1
  pressroom render administered-doses -p from=2016-01-01 -p to=2026-12-31 -o doses.pdf
  pressroom render invoice --sample --watch
  pressroom render invoice -p invoice_id=1 -o - | lp")]
pub(super) struct Args {
    /// The report's name.
    report: String,
    #[command(flatten)]
    params: Params,
    /// Where to save the PDF [default: the report's own file name]; `-` is standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Draw the rows and parameters of the report's sample.json instead of asking the database.
    #[arg(long)]
    sample: bool,
    /// Render again whenever a file of the report or of the templates folder is saved, until Ctrl-C.
    #[arg(short, long, conflicts_with = "json")]
    watch: bool,
    /// Print what was rendered as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    whose: Whose,
}

impl Args {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let sections: &[Section] = if self.sample { &[] } else { &[Section::Source] };
        let config = global.ready(Default::default(), sections)?;
        if self.watch {
            return self.watch(&config).await;
        }
        let (to, done) = self.once(&config).await?;
        self.report(&to, &done)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Renders, and again whenever something is saved. What can't be rendered leaves the last good file alone.
    async fn watch(&self, config: &Config) -> anyhow::Result<ExitCode> {
        anyhow::ensure!(self.output.as_deref().is_none_or(|to| !is_stdout(to)), "`--watch` needs a file to write to");
        let folders = vec![config.paths.jobs.join(&self.report), config.paths.templates.clone()];
        let mut watched = Watched::new(folders);
        loop {
            match self.once(config).await {
                Ok((to, done)) => self.report(&to, &done)?,
                Err(error) => output::error(&error),
            }
            let changed = tokio::select! {
                changed = watched.changed() => changed,
                stopped = tokio::signal::ctrl_c() => {
                    stopped.context("can't wait for Ctrl-C")?;
                    return Ok(ExitCode::SUCCESS);
                }
            };
            if let Some(file) = changed.first() {
                eprintln!("\n{} was saved", file.display());
            }
        }
    }

    /// Loads the report and renders it once.
    async fn once(&self, config: &Config) -> anyhow::Result<(PathBuf, Done)> {
        let began = Instant::now();
        let (plate, warnings) = app::plate(config, &self.report)?;
        warnings.iter().for_each(output::fault);
        let sample = if self.sample { Some(Sample::of(&plate)?) } else { None };
        let job = self.job(&plate, sample.as_ref())?;
        let source: Arc<dyn Source> = match sample {
            Some(sample) => Arc::new(sample.source.taken_at(job.accepted_at)),
            None => app::source(config, plate.definition.limits.time.most)?,
        };
        let to = self.output.clone().unwrap_or_else(|| PathBuf::from(plate.definition.download_name(&job)));
        let order = Order::of(&job, plate).map_err(output::field_errors)?;
        let loading = began.elapsed();
        let mut saving = Saving::begin(to)?;
        let rendered = render_into(&mut saving, order, source.as_ref()).await?;
        let to = saving.finish()?;
        Ok((to, Done { rendered, loading, all: began.elapsed() }))
    }

    /// The job that this would be in a queue.
    fn job(&self, plate: &Plate, sample: Option<&Sample>) -> anyhow::Result<Job> {
        let definition = &plate.definition;
        let now = app::clock().now();
        let resolved = match sample {
            Some(sample) if self.params.given.is_empty() => definition.resolve(&sample.parameters, now),
            _ => definition.resolve_text(&self.params.given, now),
        };
        let resolved = resolved.map_err(output::field_errors)?;
        let who = self.whose.operator();
        Ok(Job {
            id: JobId::new(now),
            tenant: who.tenant,
            requester: who.actor,
            report: definition.name.clone(),
            parameters: resolved.canonical,
            lane: definition.lane,
            run_at: None,
            accepted_at: now,
            max_attempts: 1,
        })
    }

    fn report(&self, to: &Path, done: &Done) -> anyhow::Result<()> {
        let Rendered { rows, pages, proof, spent, .. } = &done.rendered;
        if self.json && !is_stdout(to) {
            return output::json(&serde_json::json!({
                "file": to,
                "rows": rows,
                "pages": pages,
                "seconds": done.all.as_secs_f64(),
                "completeness": { "datasets": proof.datasets },
                "missing_glyphs": proof.missing_glyphs,
            }));
        }
        let (rows, pages) = (output::count(*rows, "row"), output::count(*pages, "page"));
        eprintln!("{}: {rows}, {pages} in {:.2} s", to.display(), done.all.as_secs_f64());
        if self.watch {
            let Spent { rows, layout, pdf } = spent;
            let [load, rows, layout, pdf] = [&done.loading, rows, layout, pdf].map(|time| time.as_secs_f64() * 1e3);
            eprintln!("load {load:.1} ms, rows {rows:.1} ms, layout {layout:.1} ms, pdf {pdf:.1} ms");
        }
        if !proof.missing_glyphs.is_empty() {
            let glyph = |glyph: &crate::artifact::MissingGlyph| format!("{} ({})", glyph.code_point, glyph.count);
            let glyphs: Vec<String> = proof.missing_glyphs.iter().map(glyph).collect();
            eprintln!("warning: no font has these characters: {}", glyphs.join(", "));
        }
        Ok(())
    }
}

/// What was rendered, and how long it took.
struct Done {
    rendered: Rendered,
    loading: Duration,
    all: Duration,
}

/// A report's sample.json.
struct Sample {
    source: FixtureSource,
    parameters: serde_json::Map<String, serde_json::Value>,
}

impl Sample {
    fn of(plate: &Plate) -> anyhow::Result<Self> {
        let file = plate.definition.folder.join("sample.json");
        let text = std::fs::read_to_string(&file).with_context(|| format!("can't read {}", file.display()))?;
        let json: serde_json::Value =
            serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))?;
        let parameters = json.get("parameters").and_then(serde_json::Value::as_object).cloned().unwrap_or_default();
        let source = FixtureSource::from_sample(&json).with_context(|| file.display().to_string())?;
        Ok(Self { source, parameters })
    }
}

/// Shows the progress on a terminal while the bytes are written.
async fn render_into(saving: &mut Saving, order: Order, source: &dyn Source) -> anyhow::Result<Rendered> {
    let (sender, mut chunks) = mpsc::channel(4);
    let stop = CancellationToken::new();
    let meter = Arc::new(Meter::default());
    let rendering = render(order, source, meter.clone(), sender, &stop);
    let writing = async {
        let mut shown = Instant::now();
        while let Some(chunk) = chunks.recv().await {
            saving.write(&chunk)?;
            if shown.elapsed() > SHOW_EVERY {
                shown = Instant::now();
                waiting::show_progress(meter.read());
            }
        }
        anyhow::Ok(())
    };
    let (rendered, written) = tokio::join!(rendering, writing);
    written?;
    rendered.map_err(placed)
}

/// An error of an expression, with the place it has.
fn placed(error: RenderError) -> anyhow::Error {
    match fault(&error) {
        Some(fault) => Faults(vec![fault]).into(),
        None => error.into(),
    }
}

fn fault(error: &RenderError) -> Option<Fault> {
    match error {
        RenderError::Layout(LayoutError::Expression(error)) => Some(error.fault()),
        _ => None,
    }
}
