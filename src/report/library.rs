//! Loads and checks a folder of definitions.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    fault::Fault,
    job::ReportName,
    report::{
        Definition, FleetLimits,
        files::{unreadable, within},
        folder,
    },
};

/// All definitions of a `jobs/` folder.
#[derive(Debug, Default)]
pub struct Library {
    reports: BTreeMap<ReportName, Arc<Definition>>,
}

impl Library {
    /// Reads every definition of `jobs`, whose templates lie in `templates`.
    ///
    /// Good definitions are there even when others have faults; every fault of every file is listed, by folder.
    /// Folders whose name begins with a dot are passed over.
    /// Reports may grow as far as `fleet` lets them.
    pub fn load(jobs: &Path, templates: &Path, fleet: &FleetLimits) -> (Self, Vec<Fault>) {
        let mut faults = Vec::new();
        if !templates.is_dir() {
            faults.push(missing_folder(templates, "PRESSROOM_TEMPLATES_DIR"));
        }
        let folders = match folders(jobs) {
            Ok(folders) => folders,
            Err(fault) => {
                faults.insert(0, fault);
                return (Self::default(), faults);
            }
        };
        if folders.is_empty() {
            let fault = Fault::new("there is no report in this folder").in_file(jobs);
            faults.push(fault.help("make a folder in it with a report.toml and a SQL file").warning());
        }
        let mut definitions = Vec::new();
        for path in folders {
            let (definition, found) = match report_name(&path).and_then(|name| Ok((name, within(&path, jobs)?))) {
                Ok((name, _)) => folder::read(&name, &path, templates, fleet),
                Err(fault) => (None, vec![fault]),
            };
            definitions.extend(definition);
            faults.extend(found);
        }
        (Self::of(definitions), faults)
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

/// The folders of reports, by name.
fn folders(jobs: &Path) -> Result<Vec<PathBuf>, Fault> {
    if !jobs.is_dir() {
        return Err(missing_folder(jobs, "PRESSROOM_JOBS_DIR"));
    }
    let entries = jobs.read_dir().map_err(|error| unreadable(jobs, &error))?;
    let hidden = |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let mut folders: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir() && !hidden(path)).collect();
    folders.sort();
    Ok(folders)
}

fn missing_folder(path: &Path, setting: &str) -> Fault {
    let what = if path.exists() { "this is not a folder" } else { "this folder is missing" };
    Fault::new(what).in_file(path).help(format!("run from where it lies, or name another with {setting}"))
}

fn report_name(folder: &Path) -> Result<ReportName, Fault> {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.parse().map_err(|error| {
        Fault::new(format!("a folder's name is its report's name and {error}"))
            .in_file(folder)
            .help("rename the folder, such as invoice or stock-by-clinic")
    })
}
