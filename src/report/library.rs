//! Loads and checks a folder of definitions.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use crate::{fault::Fault, job::ReportName, report::Definition};

/// All definitions of a `jobs/` folder.
#[derive(Debug, Default)]
pub struct Library {
    reports: BTreeMap<ReportName, Arc<Definition>>,
}

impl Library {
    /// Reads every definition of `jobs`, whose templates lie in `templates`.
    ///
    /// Good definitions are there even when others have faults; every fault of every file is listed.
    pub fn load(jobs: &Path, templates: &Path) -> (Self, Vec<Fault>) {
        let missing = |folder: &Path| (!folder.is_dir()).then(|| Fault::new("this folder isn't there").in_file(folder));
        (Self::default(), [jobs, templates].into_iter().filter_map(missing).collect())
    }

    /// A library of these definitions.
    pub fn of(definitions: impl IntoIterator<Item = Definition>) -> Self {
        let named = |definition: Definition| (definition.name.clone(), Arc::new(definition));
        Self { reports: definitions.into_iter().map(named).collect() }
    }

    /// The definition of this name.
    pub fn get(&self, name: &str) -> Option<&Arc<Definition>> {
        name.parse().ok().and_then(|name: ReportName| self.reports.get(&name))
    }

    /// All definitions, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Definition>> {
        self.reports.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.reports.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.reports.is_empty()
    }
}
