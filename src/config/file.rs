//! The configuration file: TOML, every value with its place, unknown names refused.

use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{keys, setting};
use crate::fault::{self, Fault, Place};

/// The file's settings as they were written.
pub(super) struct File {
    /// As the user named it.
    pub(super) path: PathBuf,
    sections: BTreeMap<String, Table>,
    /// The `[[keys]]`, each with the place where it begins.
    pub(super) keys: Vec<(Place, Table)>,
}

/// The entries of one table by name.
pub(super) type Table = BTreeMap<String, Entry>;

/// A value and where it stands.
pub(super) struct Entry {
    /// What was written.
    pub(super) raw: Raw,
    /// Where.
    pub(super) place: Place,
}

/// What was written: a string, number or truth value as text, a list of strings, or a table of such values.
pub(super) enum Raw {
    /// One value.
    Text(String),
    /// Several.
    List(Vec<String>),
    /// Several, each with its name and the places of name and value, in the order of the file.
    Table(Vec<(String, Place, String, Place)>),
}

impl File {
    /// Reads a file as far as it can be read and adds what is wrong with it to `faults`.
    pub(super) fn read(path: &Path, faults: &mut Vec<Fault>) -> Option<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => Some(Reader { path, text: &text, faults }.read()),
            Err(error) => {
                faults.push(Fault::new(format!("the configuration can't be read: {error}")).in_file(path));
                None
            }
        }
    }

    /// An entry of one of the sections.
    pub(super) fn get(&self, section: &str, key: &str) -> Option<&Entry> {
        self.sections.get(section)?.get(key)
    }
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    faults: &'a mut Vec<Fault>,
}

impl Reader<'_> {
    fn read(mut self) -> File {
        let (document, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            // Only the message: the whole error shows the line, and there a secret may stand.
            let at = error.span().unwrap_or_default();
            self.refuse(&at, error.message().to_owned(), None);
        }
        let mut file = File { path: self.path.to_owned(), sections: BTreeMap::new(), keys: Vec::new() };
        let known = section_names();
        for (name, value) in document.get_ref() {
            match value.get_ref() {
                DeValue::Array(tables) if name.get_ref() == keys::TABLE => {
                    file.keys = tables.iter().filter_map(|table| self.key_table(table)).collect();
                }
                DeValue::Table(table) if known.contains(&&**name.get_ref()) => {
                    let allowed = keys_of(name.get_ref());
                    let table = self.table(table, &allowed, name.get_ref());
                    file.sections.insert(name.get_ref().to_string(), table);
                }
                _ if name.get_ref() == keys::TABLE => {
                    self.refuse(&name.span(), "`keys` must be a list of tables".into(), Some("write [[keys]]".into()));
                }
                _ if known.contains(&&**name.get_ref()) => {
                    let help = format!("write [{}] once", name.get_ref());
                    self.refuse(&name.span(), format!("`{}` must be a table", name.get_ref()), Some(help));
                }
                _ => self.unknown(name, &known, "section"),
            }
        }
        file
    }

    fn key_table(&mut self, value: &Spanned<DeValue<'_>>) -> Option<(Place, Table)> {
        let DeValue::Table(table) = value.get_ref() else {
            self.refuse(&value.span(), "a key must be a table".into(), Some("write [[keys]]".into()));
            return None;
        };
        let allowed = keys::FIELDS.map(str::to_owned);
        Some((Place::at(self.text, value.span().start), self.table(table, &allowed, keys::TABLE)))
    }

    fn table(&mut self, table: &DeTable<'_>, allowed: &[String], section: &str) -> Table {
        let mut entries = Table::new();
        for (name, value) in table {
            if !allowed.iter().any(|allowed| allowed == name.get_ref()) {
                let allowed: Vec<&str> = allowed.iter().map(String::as_str).collect();
                self.unknown(name, &allowed, &format!("key of `{section}`"));
            } else if let Some(raw) = self.raw(value.get_ref()) {
                let place = Place::at(self.text, value.span().start);
                entries.insert(name.get_ref().to_string(), Entry { raw, place });
            } else {
                self.refuse(&value.span(), format!("`{section}.{}` is not of a type that fits", name.get_ref()), None);
            }
        }
        entries
    }

    fn raw(&self, value: &DeValue<'_>) -> Option<Raw> {
        match value {
            DeValue::Array(members) => {
                let member = |member: &Spanned<DeValue<'_>>| match member.get_ref() {
                    DeValue::String(text) => Some(text.to_string()),
                    _ => None,
                };
                members.iter().map(member).collect::<Option<_>>().map(Raw::List)
            }
            DeValue::Table(table) => {
                let place = |at: Range<usize>| Place::at(self.text, at.start);
                let entry = |(name, value): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
                    Some((name.get_ref().to_string(), place(name.span()), text(value.get_ref())?, place(value.span())))
                };
                let mut entries: Vec<_> = table.iter().map(entry).collect::<Option<_>>()?;
                entries.sort_by_key(|(_, place, ..)| *place);
                Some(Raw::Table(entries))
            }
            value => text(value).map(Raw::Text),
        }
    }

    fn unknown(&mut self, name: &Spanned<std::borrow::Cow<'_, str>>, known: &[&str], kind: &str) {
        let help = match fault::nearest(name.get_ref(), known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there is {}", known.join(", ")),
        };
        self.refuse(&name.span(), format!("`{}` is not a {kind}", name.get_ref()), Some(help));
    }

    fn refuse(&mut self, at: &Range<usize>, message: String, help: Option<String>) {
        let fault = Fault::new(message).in_file(self.path).at(Place::at(self.text, at.start));
        self.faults.push(match help {
            Some(help) => fault.help(help),
            None => fault,
        });
    }
}

fn section_names() -> Vec<&'static str> {
    let mut names: Vec<&str> = setting::all().map(|setting| setting.table).filter(|table| !table.is_empty()).collect();
    names.push(keys::TABLE);
    names.sort_unstable();
    names.dedup();
    names
}

fn keys_of(section: &str) -> Vec<String> {
    setting::all().filter(|setting| setting.table == section).flat_map(|setting| setting.keys()).collect()
}

fn text(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}
