//! `[paths]`: where definitions and templates are.

use std::path::PathBuf;

use super::{
    layers::{Layers, Wrong},
    setting::{Flag, Setting},
};

const JOBS: Setting = Setting {
    table: "paths",
    key: "jobs",
    variable: Some("PRESSROOM_JOBS_DIR"),
    flag: Some(Flag { name: "--jobs-dir", typed: |typed| typed.jobs_dir.as_deref() }),
    secret: false,
    example: "jobs",
};

const TEMPLATES: Setting = Setting {
    table: "paths",
    key: "templates",
    variable: Some("PRESSROOM_TEMPLATES_DIR"),
    flag: Some(Flag { name: "--templates-dir", typed: |typed| typed.templates_dir.as_deref() }),
    secret: false,
    example: "templates",
};

pub(super) const SETTINGS: &[&Setting] = &[&JOBS, &TEMPLATES];

/// Where definitions and templates are. Relative paths start at the working directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathsConfig {
    /// The folder of report definitions.
    pub jobs: PathBuf,
    /// The folder of templates, styles, fonts and images.
    pub templates: PathBuf,
}

impl PathsConfig {
    pub(super) fn read(layers: &mut Layers<'_>) -> Self {
        let mut path = |setting: &Setting| {
            let given = layers.value(setting, |text| Ok::<_, Wrong>(PathBuf::from(text)));
            given.unwrap_or_else(|| PathBuf::from(setting.example))
        };
        Self { jobs: path(&JOBS), templates: path(&TEMPLATES) }
    }
}
