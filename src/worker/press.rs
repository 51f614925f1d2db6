//! What the pipeline knows of reports: each definition together with its loaded template.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sha2::{Digest as _, Sha256};

use super::turn::Cores;
use crate::{
    artifact::Digest,
    fault::{Fault, Severity},
    job::ReportName,
    layout::text::Shaper,
    pdf,
    report::{Conformance, Dataset, Definition, Library},
    template::{
        DatasetNames, Names, Template,
        reference::{Reference, Referenced},
    },
};

/// A report that can be drawn.
#[derive(Clone)]
pub struct Plate {
    /// What is asked for.
    pub definition: Arc<Definition>,
    /// How it looks.
    pub template: Arc<Template>,
    /// SHA-256 over the definition's and the template's digests, kept with each artifact.
    pub digest: Digest,
    /// Shapers that have drawn this report before, with the words that they remember.
    shapers: Arc<Mutex<Vec<Shaper>>>,
    /// Who may compute; shared by all reports of a press.
    pub(super) cores: Arc<Cores>,
}

/// All reports that can be drawn.
#[derive(Default)]
pub struct Press {
    plates: BTreeMap<ReportName, Plate>,
}

impl Press {
    /// Loads the template of each definition; a faulty template leaves its report out and its faults in the list.
    pub fn load(library: &Library, templates_dir: &Path) -> (Self, Vec<Fault>) {
        let mut press = Self::default();
        let mut faults = Vec::new();
        for definition in library.iter() {
            let (plate, found) = Self::plate(definition, templates_dir);
            press.plates.extend(plate.map(|plate| (definition.name.clone(), plate)));
            faults.extend(found);
        }
        (press, faults)
    }

    /// Loads the template of one definition; `None` if it has an error, which is among the faults.
    pub fn plate(definition: &Arc<Definition>, templates_dir: &Path) -> (Option<Plate>, Vec<Fault>) {
        let template = match Template::load(templates_dir, &definition.template) {
            Ok(template) => template,
            Err(faults) => return (None, faults),
        };
        let mut faults = damaged(&template);
        // A document that isn't tagged promises nothing to readers who can't see it.
        if definition.conformance == Conformance::Accessible {
            faults.extend(template.warnings().iter().cloned());
        }
        faults.extend(template.check(&names(definition, |_| None)));
        let works = faults.iter().all(|fault| fault.severity == Severity::Warning);
        (works.then(|| Plate::new(definition.clone(), template)), faults)
    }

    /// The same, with so many documents drawn at once.
    pub fn with_cores(mut self, cores: usize) -> Self {
        let cores = Arc::new(Cores::new(cores));
        self.plates.values_mut().for_each(|plate| plate.cores = cores.clone());
        self
    }

    /// The report of this name.
    pub fn get(&self, name: &ReportName) -> Option<&Plate> {
        self.plates.get(name)
    }

    /// All reports, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Plate> {
        self.plates.values()
    }
}

/// Pictures and fonts that could be read, but not put into a document.
fn damaged(template: &Template) -> Vec<Fault> {
    let fault = |reference: &Reference| match &reference.to {
        Referenced::Picture(image) => pdf::prove_picture(image).err().map(|reason| {
            let message = format!("picture `{}`: {reason}", reference.file);
            reference.fault(message).help("copy it anew, or save it anew as PNG, or as JPEG in colour or grey")
        }),
        Referenced::Font(font) => pdf::prove_font(template.fonts(), *font).err().map(|reason| {
            let message = format!("font `{}`: {reason}", reference.file);
            reference.fault(message).help("copy it anew, or use another TrueType or OpenType file")
        }),
    };
    template.references().iter().filter_map(fault).collect()
}

/// What a template of this report may name; `columns` tells those of a dataset where they are known.
pub fn names(definition: &Definition, columns: impl Fn(&Dataset) -> Option<Vec<Arc<str>>>) -> Names {
    let dataset =
        |dataset: &Dataset| DatasetNames { name: dataset.name.clone(), one: dataset.one, columns: columns(dataset) };
    Names {
        parameters: definition.parameters.iter().map(|parameter| parameter.name.clone()).collect(),
        datasets: definition.datasets.iter().map(dataset).collect(),
    }
}

impl Plate {
    fn new(definition: Arc<Definition>, template: Template) -> Self {
        let mut hash = Sha256::new();
        hash.update(definition.digest.as_str());
        hash.update(template.digest().as_str());
        let digest = Digest::from_bytes(hash.finalize());
        Self { definition, template: Arc::new(template), digest, shapers: Arc::default(), cores: Arc::default() }
    }

    /// A shaper for one document, best one that has drawn this report before.
    pub(super) fn shaper(&self) -> Shaper {
        self.kept()
            .pop()
            .unwrap_or_else(|| Shaper::new(self.template.fonts().clone()).with_language(&self.definition.language))
    }

    /// Keeps a shaper for the next document; there are never more than documents were drawn at once.
    pub(super) fn keep(&self, shaper: Shaper) {
        self.kept().push(shaper);
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Shaper>> {
        self.shapers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
