//! `pressroom render`

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    global::{Global, Whose},
    output,
    params::Params,
    saving::{Saving, is_stdout},
    waiting,
};
use crate::{
    app,
    config::Section,
    job::{Job, JobId},
    source::Source,
    worker::{
        meter::Meter,
        press::Plate,
        render::{Order, Rendered, render},
    },
};

/// The pause between two looks at the progress.
const SHOW_EVERY: Duration = Duration::from_millis(500);

/// Renders one report straight to a file: source → PDF, no queue, no store.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  pressroom render invoice --param invoice_id=1
  pressroom render administered-doses -p from=2016-01-01 -p to=2026-12-31 -o doses.pdf
  pressroom render invoice -p invoice_id=1 -o - | lp")]
pub(super) struct Args {
    /// The report's name.
    report: String,
    #[command(flatten)]
    params: Params,
    /// Where to save the PDF [default: the report's own file name]; `-` is standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print what was rendered as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    whose: Whose,
}

impl Args {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let config = global.ready(Default::default(), &[Section::Source])?;
        let plate = app::plate(&config, &self.report)?;
        let source = app::source(&config, plate.definition.limits.time)?;
        let job = self.job(&plate)?;
        let to = self.output.unwrap_or_else(|| PathBuf::from(plate.definition.download_name(&job)));
        let order = Order::of(&job, plate).map_err(output::field_errors)?;
        let began = Instant::now();
        let mut saving = Saving::begin(to)?;
        let rendered = render_into(&mut saving, order, source.as_ref()).await?;
        report(&saving.finish()?, &rendered, began.elapsed(), self.json)
    }

    /// The job that this would be in a queue.
    fn job(&self, plate: &Plate) -> anyhow::Result<Job> {
        let definition = &plate.definition;
        let now = app::clock().now();
        let resolved = definition.resolve_text(&self.params.given, now).map_err(output::field_errors)?;
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
    Ok(rendered?)
}

fn report(to: &Path, rendered: &Rendered, took: Duration, json: bool) -> anyhow::Result<ExitCode> {
    let seconds = took.as_secs_f64();
    let Rendered { rows, pages, .. } = rendered;
    if json && !is_stdout(to) {
        output::json(&serde_json::json!({ "file": to, "rows": rows, "pages": pages, "seconds": seconds }))?;
    } else {
        let (rows, pages) = (output::count(*rows, "row"), output::count(*pages, "page"));
        eprintln!("{}: {rows}, {pages} in {seconds:.2} s", to.display());
    }
    Ok(ExitCode::SUCCESS)
}
