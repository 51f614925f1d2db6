//! Finds a setting's text in the layers, remembers where it came from, and collects the faults.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use super::{
    Environment, Overrides,
    file::{File, Raw, Table},
    setting::Setting,
};
use crate::fault::{Fault, Place};

/// What is wrong with a setting's text; never repeats the text, which may be a secret.
pub(super) struct Wrong {
    message: String,
    help: Option<String>,
}

impl Wrong {
    /// Says what the setting "must be" or "must not", so that its name can stand before it.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    /// Adds the remedy.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<&str> for Wrong {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}

/// Where a setting's text came from.
#[derive(Clone)]
enum Origin {
    Default,
    Flag(&'static str),
    Variable(String),
    File(PathBuf, Place),
}

struct Found {
    text: String,
    origin: Origin,
}

/// The layers of configuration, the strongest first: flags, environment, file.
pub(super) struct Layers<'a> {
    file: Option<File>,
    environment: &'a Environment,
    overrides: &'a Overrides,
    faults: Vec<Fault>,
}

impl<'a> Layers<'a> {
    pub(super) fn new(
        file: Option<File>,
        environment: &'a Environment,
        overrides: &'a Overrides,
        faults: Vec<Fault>,
    ) -> Self {
        Self { file, environment, overrides, faults }
    }

    /// A setting's value once checked; `None` when it wasn't set, or was wrong (then the fault is noted).
    pub(super) fn value<T, W: Into<Wrong>>(
        &mut self,
        setting: &Setting,
        check: impl FnOnce(&str) -> Result<T, W>,
    ) -> Option<T> {
        let found = self.find(setting)?;
        check(&found.text).map_err(|wrong| self.note(setting, &found.origin, wrong.into())).ok()
    }

    /// The entries of a setting that is a table of the file, those that `name` and `check` accept.
    pub(super) fn table<N: Ord, T, E: fmt::Display>(
        &mut self,
        setting: &Setting,
        name: impl Fn(&str) -> Result<N, E>,
        check: impl Fn(&str) -> Result<T, Wrong>,
    ) -> BTreeMap<N, T> {
        let mut table = BTreeMap::new();
        let mut faults = Vec::new();
        let Some(file) = &self.file else { return table };
        let fault = |place, message: String| Fault::new(message).in_file(&file.path).at(place);
        let own = format!("{}.{}", setting.table, setting.key);
        match file.get(setting.table, setting.key).map(|entry| (&entry.raw, entry.place)) {
            None => {}
            Some((Raw::Table(entries), _)) => {
                for (key, key_place, text, place) in entries {
                    match (name(key), check(text)) {
                        (Err(error), _) => faults.push(fault(*key_place, format!("a name in `{own}` {error}"))),
                        (_, Err(wrong)) => {
                            let mut fault = fault(*place, format!("`{own}.{key}` {}", wrong.message));
                            fault.help = wrong.help;
                            faults.push(fault);
                        }
                        (Ok(name), Ok(value)) => _ = table.insert(name, value),
                    }
                }
            }
            Some((_, place)) => {
                let help = format!("for example {} = {}", setting.key, setting.example);
                faults.push(fault(place, format!("`{own}` must be a table")).help(help));
            }
        }
        self.faults.append(&mut faults);
        table
    }

    /// Notes that a setting, although well formed, doesn't go with others.
    pub(super) fn refuse(&mut self, setting: &Setting, wrong: impl Into<Wrong>) {
        let origin = self.find(setting).map_or(Origin::Default, |found| found.origin);
        self.note(setting, &origin, wrong.into());
    }

    /// Notes a fault at a place in the file.
    pub(super) fn refuse_at(&mut self, place: Place, message: impl fmt::Display, help: &str) {
        let fault = Fault::new(message.to_string()).at(place).help(help);
        self.faults.push(match &self.file {
            Some(file) => fault.in_file(&file.path),
            None => fault,
        });
    }

    /// Takes the file's `[[keys]]`.
    pub(super) fn take_keys(&mut self) -> Vec<(Place, Table)> {
        self.file.as_mut().map(|file| std::mem::take(&mut file.keys)).unwrap_or_default()
    }

    /// Gives the faults.
    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.faults
    }

    fn find(&mut self, setting: &Setting) -> Option<Found> {
        self.flag(setting).or_else(|| self.variable(setting)).or_else(|| self.entry(setting))
    }

    fn flag(&self, setting: &Setting) -> Option<Found> {
        let flag = setting.flag.as_ref()?;
        let text = (flag.typed)(self.overrides)?;
        Some(Found { text: text.to_owned(), origin: Origin::Flag(flag.name) })
    }

    fn variable(&mut self, setting: &Setting) -> Option<Found> {
        let name = setting.variable?;
        let file_name = format!("{name}_FILE");
        let from_file = self.environment.get(&file_name).filter(|_| setting.secret);
        let origin = Origin::Variable(name.to_owned());
        match (self.environment.get(name), from_file) {
            (Some(_), Some(_)) => {
                self.note(
                    setting,
                    &origin,
                    Wrong::new(format!("and {file_name} are both set")).help("keep one of them"),
                );
                None
            }
            (Some(text), None) => Some(Found { text: text.to_owned(), origin }),
            (None, Some(path)) => self.secret_file(setting, &PathBuf::from(path), Origin::Variable(file_name)),
            (None, None) => None,
        }
    }

    fn entry(&mut self, setting: &Setting) -> Option<Found> {
        let file = self.file.as_ref()?;
        let key_file = setting.key_file();
        let direct = file.get(setting.table, setting.key);
        let from_file = file.get(setting.table, &key_file).filter(|_| setting.secret);
        let entry = direct.or(from_file)?;
        let origin = Origin::File(file.path.clone(), entry.place);
        let wrong = match (&entry.raw, direct, from_file) {
            (_, Some(_), Some(_)) => Wrong::new(format!("and `{key_file}` are both set")).help("keep one of them"),
            (Raw::List(_), ..) => Wrong::new("must be one value, not a list"),
            (Raw::Table(_), ..) => Wrong::new("must be one value, not a table"),
            (Raw::Text(text), Some(_), None) => return Some(Found { text: text.clone(), origin }),
            (Raw::Text(path), ..) => return self.secret_file(setting, &PathBuf::from(path), origin),
        };
        self.note(setting, &origin, wrong);
        None
    }

    fn secret_file(&mut self, setting: &Setting, path: &PathBuf, origin: Origin) -> Option<Found> {
        match read_secret(path) {
            Ok(text) => Some(Found { text, origin }),
            Err(wrong) => {
                self.note(setting, &origin, wrong);
                None
            }
        }
    }

    fn note(&mut self, setting: &Setting, origin: &Origin, wrong: Wrong) {
        let in_file = format!("`{}.{}`", setting.table, setting.key);
        let name = match origin {
            Origin::Default | Origin::File(..) => &in_file,
            Origin::Flag(name) => *name,
            Origin::Variable(name) => name,
        };
        let mut fault = Fault::new(format!("{name} {}", wrong.message));
        fault.help = wrong.help;
        if let Origin::File(path, place) = origin {
            fault = fault.in_file(path).at(*place);
        }
        self.faults.push(fault);
    }
}

/// The secret that a file holds, without the line end that editors add.
pub(super) fn read_secret(path: &PathBuf) -> Result<String, Wrong> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Wrong::new(format!("names a file that can't be read: {} ({error})", path.display())))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(Wrong::new(format!("names an empty file: {}", path.display()))),
        secret => Ok(secret.to_owned()),
    }
}
