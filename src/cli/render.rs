//! `pressroom render`

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncWrite, AsyncWriteExt as _},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

use super::{
    global::{Global, Whose},
    output,
    params::Params,
    saving,
};
use crate::{
    app,
    config::Section,
    job::JobId,
    worker::{
        meter::Meter,
        press::Plate,
        render::{Order, Rendered, render},
    },
};

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
        let source = app::source(&config).await?;
        let now = app::clock().now();
        let parameters = plate.definition.resolve_text(&self.params.given, now).map_err(output::field_errors)?;
        let identity = self.whose.operator();
        let id = JobId::new(now);
        let job = plate.definition.job(id, &identity, parameters.canonical.clone(), now);
        let to = self.output.unwrap_or_else(|| PathBuf::from(plate.definition.download_name(&job)));
        let order = Order {
            parameters: plate.definition.bind(&parameters.canonical).map_err(output::field_errors)?,
            plate: Plate::clone(&plate),
            identity,
            id,
            generated_at: now,
        };
        let meter = Arc::new(Meter::default());
        let began = Instant::now();
        let mut rendered = None;
        let mut fill = async |out: &mut (dyn AsyncWrite + Unpin + Send)| {
            rendered = Some(render_into(out, order.clone(), source.as_ref(), &meter).await?);
            Ok(())
        };
        if to == Path::new("-") {
            fill(&mut tokio::io::stdout()).await?;
        } else {
            saving::into_file(&to, fill).await?;
        }
        report(&to, rendered, began.elapsed(), self.json)
    }
}

async fn render_into(
    out: &mut (dyn AsyncWrite + Unpin + Send),
    order: Order,
    source: &dyn crate::source::Source,
    meter: &Arc<Meter>,
) -> anyhow::Result<Rendered> {
    let (sender, mut chunks) = mpsc::channel(4);
    let stop = CancellationToken::new();
    let _stop_if_dropped = stop.clone().drop_guard();
    let writing = async {
        while let Some(chunk) = chunks.recv().await {
            out.write_all(&chunk).await?;
        }
        out.flush().await
    };
    let (rendered, written) = tokio::join!(render(order, source, meter.clone(), sender, &stop), writing);
    written?;
    Ok(rendered?)
}

fn report(to: &Path, rendered: Option<Rendered>, took: Duration, json: bool) -> anyhow::Result<ExitCode> {
    let Some(rendered) = rendered else { return Ok(ExitCode::SUCCESS) };
    if json && to != Path::new("-") {
        output::json(&serde_json::json!({
            "file": to,
            "rows": rendered.rows,
            "pages": rendered.pages,
            "seconds": took.as_secs_f64(),
        }))?;
    } else {
        let seconds = took.as_secs_f64();
        eprintln!("{}: {} rows, {} pages in {seconds:.2} s", to.display(), rendered.rows, rendered.pages);
    }
    Ok(ExitCode::SUCCESS)
}
