//! What a setting is called in each layer.

use super::{Overrides, catalog, http, keys, limits, logging, paths, policy, queue, source, store, telemetry, worker};

/// The variable that names the configuration file.
pub(super) const CONFIG_VARIABLE: &str = "PRESSROOM_CONFIG";

/// One thing that can be set.
pub(super) struct Setting {
    /// The table of the configuration file; empty for what has no place in one.
    pub(super) table: &'static str,
    /// The key in that table.
    pub(super) key: &'static str,
    /// The environment variable.
    pub(super) variable: Option<&'static str>,
    /// The flag.
    pub(super) flag: Option<Flag>,
    /// Whether its value may hold a secret; then it can also come from a file that `…_FILE` (or `…_file`) names.
    pub(super) secret: bool,
    /// A value that works.
    pub(super) example: &'static str,
}

/// A command-line flag.
pub(super) struct Flag {
    /// With its dashes.
    pub(super) name: &'static str,
    /// What was typed for it.
    pub(super) typed: fn(&Overrides) -> Option<&str>,
}

impl Setting {
    /// The file's key that names a file holding this secret.
    pub(super) fn key_file(&self) -> String {
        format!("{}_file", self.key)
    }

    /// The keys of the configuration file that set this.
    pub(super) fn keys(&self) -> Vec<String> {
        if self.secret { vec![self.key.to_owned(), self.key_file()] } else { vec![self.key.to_owned()] }
    }

    /// The variables that set this.
    pub(super) fn variables(&self) -> Vec<String> {
        match self.variable {
            Some(name) if self.secret => vec![name.to_owned(), format!("{name}_FILE")],
            Some(name) => vec![name.to_owned()],
            None => Vec::new(),
        }
    }
}

/// Every setting, section by section.
pub(super) fn all() -> impl Iterator<Item = &'static Setting> {
    let sections: [&[&Setting]; 12] = [
        queue::SETTINGS,
        policy::SETTINGS,
        source::SETTINGS,
        catalog::SETTINGS,
        store::SETTINGS,
        http::SETTINGS,
        keys::SETTINGS,
        worker::SETTINGS,
        limits::SETTINGS,
        paths::SETTINGS,
        logging::SETTINGS,
        telemetry::SETTINGS,
    ];
    sections.into_iter().flatten().copied()
}
