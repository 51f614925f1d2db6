//! Traces: the spans of a job's journey, sent to an OpenTelemetry collector (OTLP over HTTP, protobuf).
//!
//! A trace goes on over the queue: whoever asks hands a W3C `traceparent` to the job, and each attempt continues it.
//!
//! **Invariant:** a collector that is away or slow costs traces, never work; nothing is sent unless one is configured.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState, TracerProvider as _},
};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    trace::{SdkTracerProvider, Tracer},
};
use secrecy::ExposeSecret as _;
use tokio::runtime::Handle;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt as _};
use tracing_subscriber::registry::LookupSpan;

use crate::config::TelemetryConfig;

/// The longest that one delivery may take, the last one at the end of the process too.
const PATIENCE: Duration = Duration::from_secs(5);

/// What collects spans and sends them.
static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// The tracer of this process; `None` when no collector is configured. Must be called within a Tokio runtime.
///
/// # Errors
/// The collector's address can't be used.
pub(super) fn tracer(config: &TelemetryConfig) -> Result<Option<Tracer>, HttpError> {
    let Some(endpoint) = &config.otlp_endpoint else { return Ok(None) };
    let client = reqwest::Client::builder()
        .connect_timeout(PATIENCE)
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Courier { client, runtime: Handle::current(), refused: AtomicBool::new(false) })
        .with_endpoint(format!("{}/v1/traces", endpoint.expose_secret().trim_end_matches('/')))
        .with_timeout(PATIENCE)
        .build()?;
    let resource = Resource::builder().with_service_name(config.service_name.clone()).build();
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
    let tracer = provider.tracer("pressroom");
    // A second one in the same process is the one that is not flushed; only tests have two.
    let _ = PROVIDER.set(provider);
    Ok(Some(tracer))
}

/// The layer that makes traces of our own spans.
pub(super) fn layer<S>(tracer: Tracer) -> OpenTelemetryLayer<S, Tracer>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
}

/// Sends what is left, at most for a few seconds; the end of the process.
pub async fn flush() {
    if let Some(provider) = PROVIDER.get() {
        // The sending thread needs the runtime, so that nobody may wait for it on one of the runtime's threads.
        let ended = tokio::task::spawn_blocking(|| provider.shutdown_with_timeout(PATIENCE)).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::warn!("the last traces could not be delivered");
        }
    }
}

/// The `traceparent` by which others can continue this span's trace; `None` when there are no traces.
pub fn carry(span: &Span) -> Option<String> {
    PROVIDER.get()?;
    let context = span.context();
    let span = context.span();
    let span = span.span_context();
    span.is_valid()
        .then(|| format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), span.trace_flags() & TraceFlags::SAMPLED))
}

/// Makes a span that has not begun a part of the trace that `traceparent` names; anything else leaves it as it is.
pub fn follow(span: &Span, traceparent: &str) {
    if let (Some(_), Some(parent)) = (PROVIDER.get(), read(traceparent)) {
        // A span that is filtered out has no parent either.
        let _ = span.set_parent(Context::new().with_remote_span_context(parent));
    }
}

/// Version 00 of W3C Trace Context, and the beginning of any later one (section 3.2.2 and "Versioning").
fn read(traceparent: &str) -> Option<SpanContext> {
    let mut parts = traceparent.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if version.len() != 2 || version == "ff" || (version == "00" && parts.next().is_some()) {
        return None;
    }
    let flags = u8::from_str_radix(flags, 16).ok()?;
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    let flags = TraceFlags::new(flags) & TraceFlags::SAMPLED;
    let context = SpanContext::new(trace, span, flags, true, TraceState::default());
    context.is_valid().then_some(context)
}

/// Carries the exporter's requests on the runtime, because its own thread has none.
#[derive(Debug)]
struct Courier {
    client: reqwest::Client,
    runtime: Handle,
    /// Whether the last delivery failed: said once.
    refused: AtomicBool,
}

#[async_trait]
impl HttpClient for Courier {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move {
            let answer = client.execute(request.try_into()?).await.map_err(reqwest::Error::without_url)?;
            let status = answer.status();
            Ok::<_, HttpError>((status, answer.bytes().await?))
        });
        let sent = sent.await.map_err(HttpError::from).flatten();
        let problem = match &sent {
            Ok((status, _)) if status.is_success() => None,
            Ok((status, _)) => Some(status.to_string()),
            Err(error) => Some(error.to_string()),
        };
        match (&problem, self.refused.swap(problem.is_some(), Ordering::Relaxed)) {
            (Some(problem), false) => tracing::warn!(problem, "traces are lost: the collector doesn't take them"),
            (None, true) => tracing::info!("the collector takes traces again"),
            _ => {}
        }
        let (status, body) = sent?;
        Ok(Response::builder().status(status).body(body)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn only_a_well_formed_parent_is_followed() {
        let sampled = read(&format!("00-{TRACE}-00f067aa0ba902b7-01")).expect("a parent");
        assert_eq!(sampled.trace_id().to_string(), TRACE);
        assert!(sampled.is_sampled() && sampled.is_remote());
        assert!(!read(&format!("00-{TRACE}-00f067aa0ba902b7-00")).expect("a parent").is_sampled());
        assert!(read(&format!("01-{TRACE}-00f067aa0ba902b7-01-more")).is_some(), "a later version");
        for text in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-Anna Schmidt-00f067aa0ba902b7-01",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
