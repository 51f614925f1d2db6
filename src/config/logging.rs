//! `[logging]`: what is logged, and how.

use tracing_subscriber::filter::Targets;

use super::{
    Environment,
    layers::{Layers, Wrong},
    setting::{Flag, Setting},
};

const FILTER: Setting = Setting {
    table: "logging",
    key: "filter",
    variable: Some("PRESSROOM_LOG"),
    flag: Some(Flag { name: "--log", typed: |typed| typed.log.as_deref() }),
    secret: false,
    example: "info",
};

const FORMAT: Setting = Setting {
    table: "logging",
    key: "format",
    variable: Some("PRESSROOM_LOG_FORMAT"),
    flag: Some(Flag { name: "--log-format", typed: |typed| typed.log_format.as_deref() }),
    secret: false,
    example: "json",
};

pub(super) const SETTINGS: &[&Setting] = &[&FILTER, &FORMAT];

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggingConfig {
    /// Levels by module: `info`, or `warn,pressroom::queue=debug`.
    pub filter: Targets,
    /// How a line looks.
    pub format: LogFormat,
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

impl LoggingConfig {
    pub(super) fn read(layers: &mut Layers<'_>, environment: &Environment) -> Self {
        let filter = layers.value(&FILTER, |text| {
            text.parse().map_err(|_| {
                Wrong::new("must be levels by module").help("for example info, or warn,pressroom::queue=debug")
            })
        });
        let format = layers.value(&FORMAT, |text| match text {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err("must be text or json"),
        });
        let readable = if environment.stderr_is_terminal { LogFormat::Text } else { LogFormat::Json };
        Self {
            filter: filter.unwrap_or_else(|| Targets::new().with_default(tracing::Level::INFO)),
            format: format.unwrap_or(readable),
        }
    }
}
