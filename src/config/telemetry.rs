//! `[telemetry]`: where traces go, and what metrics may tell.

use secrecy::SecretString;
use url::Url;

use super::{
    layers::{Layers, Wrong},
    setting::Setting,
};

pub(super) const OTLP_ENDPOINT: Setting = Setting {
    table: "telemetry",
    key: "otlp_endpoint",
    variable: Some("OTEL_EXPORTER_OTLP_ENDPOINT"),
    flag: None,
    secret: true,
    example: "http://127.0.0.1:4318",
};

const SERVICE_NAME: Setting = Setting {
    table: "telemetry",
    key: "service_name",
    variable: Some("OTEL_SERVICE_NAME"),
    flag: None,
    secret: false,
    example: "pressroom",
};

const TENANT_LABEL: Setting =
    Setting { table: "telemetry", key: "tenant_label", variable: None, flag: None, secret: false, example: "true" };

pub(super) const SETTINGS: &[&Setting] = &[&OTLP_ENDPOINT, &SERVICE_NAME, &TENANT_LABEL];

/// Where traces go, and what metrics may tell.
#[derive(Debug, Clone)]
pub struct TelemetryConfig {
    /// The collector that takes traces by OTLP over HTTP; without it there are none. Its address may hold a password.
    pub otlp_endpoint: Option<SecretString>,
    /// What this program is called in traces.
    pub service_name: String,
    /// Whether metrics of jobs are told apart by tenant.
    pub tenant_label: bool,
}

impl TelemetryConfig {
    pub(super) fn read(layers: &mut Layers<'_>) -> Self {
        let otlp_endpoint = layers.value(&OTLP_ENDPOINT, |text| {
            let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            url.map(|_| SecretString::from(text)).ok_or_else(|| {
                Wrong::new("must be the address of a collector that takes OTLP over HTTP")
                    .help("for example http://127.0.0.1:4318; /v1/traces is added to it")
            })
        });
        let service_name = layers.value(&SERVICE_NAME, |text| Ok::<_, Wrong>(text.to_owned()));
        let tenant_label =
            layers.value(&TENANT_LABEL, |text| text.parse::<bool>().map_err(|_| "must be true or false"));
        Self {
            otlp_endpoint,
            service_name: service_name.unwrap_or_else(|| "pressroom".to_owned()),
            tenant_label: tenant_label.unwrap_or(false),
        }
    }
}
