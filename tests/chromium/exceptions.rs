//! The words that may stand elsewhere, and why.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;

use crate::{comparison::Comparison, report::Compared};

/// The exceptions of each template by its name.
pub(crate) struct Exceptions(BTreeMap<String, Exception>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    /// So many words, at most.
    off: usize,
    /// The reason, for readers.
    why: String,
}

/// Reads `exceptions.toml`.
pub(crate) fn read() -> Exceptions {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chromium/exceptions.toml");
    let exceptions: BTreeMap<String, Exception> = toml::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    assert!(exceptions.values().all(|exception| !exception.why.is_empty()), "an exception without a reason");
    Exceptions(exceptions)
}

impl Exceptions {
    /// What is wrong beyond the exceptions.
    pub(crate) fn unexcused(&self, compared: &[Compared]) -> Vec<String> {
        compared.iter().filter_map(|case| self.fault(&case.name, &case.comparison)).collect()
    }

    fn fault(&self, name: &str, comparison: &Comparison) -> Option<String> {
        let off = comparison.off.len();
        let allowed = self.0.get(name).map_or(0, |exception| exception.off);
        match &comparison.complaint {
            Some(complaint) if allowed == 0 => Some(format!("{name}: {complaint}")),
            _ if off > allowed => Some(format!("{name}: {off} words stand elsewhere, {allowed} are excused")),
            _ => None,
        }
    }
}
