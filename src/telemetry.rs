//! What operators see: logs, traces, and the names of metrics and spans.
//!
//! Logs go to standard error, as text for people or one JSON object a line for machines. Metrics are Prometheus's.
//!
//! **Invariant:** no parameter, row, SQL text or secret, at any level. Our own modules keep to that by what they
//! record; other crates don't know it, so they are held at `warn` whatever the filter says, the ones that print
//! statements are silent, and a panic's message, which may quote a row, is left out.

pub mod metric;
pub mod span;
pub mod trace;

use std::io::IsTerminal;

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use tracing::{Level, Subscriber};
use tracing_subscriber::{
    Layer, Registry,
    filter::{FilterExt as _, filter_fn},
    fmt::MakeWriter,
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use opentelemetry_sdk::trace::Tracer;

use crate::config::{LogFormat, LoggingConfig, TelemetryConfig};

/// Targets that print statements or requests even as warnings.
const SILENT: [&str; 1] = ["sqlx"];

/// Starts logging for the whole process, and traces where a collector is configured; [`trace::flush`] ends them.
///
/// # Errors
/// Something else in the process logs already, or the collector's address can't be used.
pub fn init(
    logging: &LoggingConfig,
    telemetry: &TelemetryConfig,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let tracer = trace::tracer(telemetry)?;
    subscriber(logging, tracer, std::io::stderr, std::io::stderr().is_terminal()).try_init()?;
    log_panics_without_message();
    metric::label_tenants(telemetry.tenant_label);
    Ok(())
}

/// Starts collecting metrics for the whole process; the handle renders them for `/metrics`.
///
/// # Errors
/// Something else in the process collects already.
pub fn prometheus() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new().set_buckets(&metric::SECONDS_BUCKETS)?.install_recorder()?;
    metric::describe();
    let drained = handle.clone();
    // Samples pile up until someone scrapes; this folds them into the buckets when nobody does.
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(metric::UPKEEP);
            drained.run_upkeep();
        }
    });
    Ok(handle)
}

fn subscriber<W>(
    config: &LoggingConfig,
    tracer: Option<Tracer>,
    writer: W,
    colour: bool,
) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let capped =
        filter_fn(|event| is_ours(event.target()) || (*event.level() <= Level::WARN && !is_silent(event.target())));
    let lines = lines(config.format, writer, colour).with_filter(config.filter.clone().and(capped));
    // Traces don't follow the filter of lines: a quiet log must not cost them.
    let ours = filter_fn(|event| is_ours(event.target()) && *event.level() <= Level::INFO);
    Registry::default().with(lines).with(tracer.map(|tracer| trace::layer(tracer).with_filter(ours)))
}

fn lines<S, W>(format: LogFormat, writer: W, colour: bool) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    match format {
        LogFormat::Text => layer.with_ansi(colour).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).with_span_list(false).boxed(),
    }
}

fn is_ours(target: &str) -> bool {
    is_within(target, "pressroom")
}

fn is_silent(target: &str) -> bool {
    SILENT.iter().any(|silent| is_within(target, silent))
}

fn is_within(target: &str, module: &str) -> bool {
    target.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Logs where a panic happened and not what it says: messages of the standard library quote the text they choked on.
fn log_panics_without_message() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let backtrace = std::backtrace::Backtrace::capture();
        tracing::error!(panic.location = place, panic.backtrace = %backtrace, "a fault in pressroom: please report it");
    }));
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::filter::Targets;

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("a page").write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(filter: &str, format: LogFormat, events: impl FnOnce()) -> String {
        let page = Page::default();
        let writer = page.clone();
        let config = LoggingConfig { filter: filter.parse::<Targets>().expect("a filter"), format };
        tracing::subscriber::with_default(subscriber(&config, None, move || writer.clone(), false), events);
        let bytes = page.0.lock().expect("a page").clone();
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn our_own_modules_follow_the_filter() {
        let lines = logged("warn,pressroom::queue=debug", LogFormat::Text, || {
            tracing::debug!(target: "pressroom::queue::redis", "shown");
            tracing::info!(target: "pressroom::worker", "hidden");
            tracing::warn!(target: "pressroom::worker", "shown");
        });
        assert_eq!(lines.matches("shown").count(), 2, "{lines}");
        assert!(!lines.contains("hidden"), "{lines}");
    }

    #[test]
    fn other_crates_stay_at_warn_and_statements_are_never_logged() {
        for filter in ["trace", "debug", "hyper=trace,sqlx::query=trace,azure_core=debug,redis=debug,pressroomer=debug"]
        {
            let lines = logged(filter, LogFormat::Text, || {
                tracing::debug!(target: "hyper::proto", "hidden");
                tracing::info!(target: "azure_core::http", "hidden");
                tracing::debug!(target: "redis", "hidden");
                tracing::debug!(target: "pressroomer", "hidden");
                tracing::warn!(target: "sqlx::query", "hidden: SELECT 1");
                tracing::error!(target: "sqlx", "hidden");
            });
            assert_eq!(lines, "", "{filter}");
        }
        let lines = logged("debug", LogFormat::Text, || tracing::warn!(target: "hyper::proto", "shown"));
        assert!(lines.contains("shown"), "{lines}");
    }

    #[test]
    fn json_lines_carry_their_span() {
        let lines = logged("info", LogFormat::Json, || {
            let _span = tracing::info_span!(target: "pressroom::worker", "job.attempt", job.id = "j-1").entered();
            tracing::info!(target: "pressroom::worker", rows = 3, "attempt finished");
        });
        let line: serde_json::Value = serde_json::from_str(&lines).expect("one JSON object");
        assert_eq!(line["message"], "attempt finished");
        assert_eq!(line["rows"], 3);
        assert_eq!(line["span"]["job.id"], "j-1");
    }

    #[test]
    fn a_panic_is_logged_without_what_it_quotes() {
        let lines = logged("info", LogFormat::Text, || {
            log_panics_without_message();
            let caught = std::panic::catch_unwind(|| panic!("Anna Schmidt"));
            drop(std::panic::take_hook());
            assert!(caught.is_err());
        });
        assert!(lines.contains("src/telemetry.rs"), "{lines}");
        assert!(!lines.contains("Schmidt"), "{lines}");
    }
}
