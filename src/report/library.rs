//! Loads and checks a folder of definitions.

use std::{collections::BTreeMap, sync::Arc};

use crate::{job::ReportName, report::Definition};

/// All definitions of a `jobs/` folder.
#[derive(Debug, Default)]
pub struct Library {
    reports: BTreeMap<ReportName, Arc<Definition>>,
}

impl Library {
    /// The definition of this name.
    pub fn get(&self, name: &str) -> Option<&Arc<Definition>> {
        self.reports.values().find(|definition| definition.name.as_str() == name)
    }
}
