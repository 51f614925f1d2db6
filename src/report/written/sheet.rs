//! A TOML file that is read key by key, where everything that is wrong is noted with its place.
//!
//! Reading never stops at a fault: a getter notes it and gives `None`. A key that no getter asked for is unknown.

use std::{cell::RefCell, fmt::Display, ops::RangeInclusive, path::Path};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::fault::{Fault, Place, Severity, nearest};

/// One file and the faults found in it so far.
pub(in crate::report) struct Sheet<'a> {
    file: &'a Path,
    text: &'a str,
    faults: RefCell<Vec<Fault>>,
}

/// Something read, and the byte where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) struct At<T> {
    pub(in crate::report) value: T,
    pub(in crate::report) offset: usize,
}

impl<'a> Sheet<'a> {
    pub(in crate::report) fn new(file: &'a Path, text: &'a str) -> Self {
        Self { file, text, faults: RefCell::default() }
    }

    /// Notes a fault at a byte of the file.
    pub(in crate::report) fn note(&self, offset: usize, fault: Fault) {
        self.faults.borrow_mut().push(fault.in_file(self.file).at(Place::at(self.text, offset)));
    }

    /// Whether nothing worse than a warning was noted.
    pub(in crate::report) fn is_good(&self) -> bool {
        self.faults.borrow().iter().all(|fault| fault.severity == Severity::Warning)
    }

    /// All faults, in the order of the file.
    pub(in crate::report) fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|fault| fault.place);
        faults
    }
}

/// A table of a [`Sheet`].
pub(super) struct Section<'a> {
    pub(super) sheet: &'a Sheet<'a>,
    pub(super) offset: usize,
    table: &'a DeTable<'a>,
    /// How messages call it, such as `[limits]`.
    name: String,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Section<'a> {
    pub(super) fn root(sheet: &'a Sheet<'a>, table: &'a DeTable<'a>) -> Self {
        Self { sheet, offset: 0, table, name: "a report".to_owned(), asked: RefCell::default() }
    }

    pub(super) fn get(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&key) {
            asked.push(key);
        }
        self.table.iter().find(|(own, _)| own.get_ref() == key).map(|(_, value)| value)
    }

    /// Where the key itself stands, or the section's beginning.
    pub(super) fn key_offset(&self, key: &str) -> usize {
        let found = self.table.keys().find(|own| own.get_ref() == key);
        found.map_or(self.offset, |key| key.span().start)
    }

    pub(super) fn text(&self, key: &'static str) -> Option<At<&'a str>> {
        let value = self.get(key)?;
        let offset = value.span().start;
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(key, value, "text in quotes");
            return None;
        };
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            // It ends up in documents and headers, where such characters are forbidden.
            self.sheet.note(offset, Fault::new(format!("`{key}` contains a control character")).help("remove it"));
            return None;
        }
        Some(At { value: text, offset })
    }

    /// Text that `parse` accepts.
    pub(super) fn parsed<T, E: Display>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<At<T>> {
        let text = self.text(key)?;
        match parse(text.value) {
            Ok(value) => Some(At { value, offset: text.offset }),
            Err(error) => {
                self.sheet.note(text.offset, Fault::new(format!("`{key}` {error}")));
                None
            }
        }
    }

    pub(super) fn boolean(&self, key: &'static str) -> Option<At<bool>> {
        let value = self.get(key)?;
        let truth = value.get_ref().as_bool();
        if truth.is_none() {
            self.wrong_type(key, value, "true or false");
        }
        Some(At { value: truth?, offset: value.span().start })
    }

    pub(super) fn integer(&self, key: &'static str) -> Option<At<i64>> {
        let value = self.get(key)?;
        let read = value.get_ref().as_integer().map(|integer| i64::from_str_radix(integer.as_str(), integer.radix()));
        match read {
            Some(Ok(number)) => return Some(At { value: number, offset: value.span().start }),
            Some(Err(_)) => self.sheet.note(value.span().start, Fault::new(format!("`{key}` is too large"))),
            None => self.wrong_type(key, value, "a whole number"),
        }
        None
    }

    /// A count within `range`.
    pub(super) fn count(&self, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let At { value, offset } = self.integer(key)?;
        let count = u64::try_from(value).ok().filter(|count| range.contains(count));
        if count.is_none() {
            let fault = Fault::new(format!("`{key}` must be between {} and {}", range.start(), range.end()));
            self.sheet.note(offset, fault);
        }
        count
    }

    pub(super) fn array(&self, key: &'static str) -> Option<Vec<&'a Spanned<DeValue<'a>>>> {
        let value = self.get(key)?;
        let items = value.get_ref().as_array();
        if items.is_none() {
            self.wrong_type(key, value, "a list in square brackets");
        }
        Some(items?.iter().collect())
    }

    /// A table below this one; an empty section's getters all give `None`.
    pub(super) fn section(&self, key: &'static str) -> Option<Section<'a>> {
        self.child(key, self.get(key)?, self.key_offset(key))
    }

    /// The tables below this one's `key`, each with its name, in the order of the file.
    pub(super) fn sections(&self, key: &'static str) -> Vec<(At<&'a str>, Section<'a>)> {
        let Some(parent) = self.section(key) else { return Vec::new() };
        let mut children: Vec<_> = parent.table.iter().collect();
        children.sort_by_key(|(name, _)| name.span().start);
        let named = |(name, value): (&'a Spanned<_>, _)| {
            let offset = name.span().start;
            let name: &'a std::borrow::Cow<'a, str> = name.get_ref();
            let section = self.child(&format!("{key}.{name}"), value, offset)?;
            Some((At { value: &**name, offset }, section))
        };
        children.into_iter().filter_map(named).collect()
    }

    /// Every entry, in the order of the file, of a table whose keys are for its writer to choose.
    pub(super) fn entries(&self) -> Vec<(At<&'a str>, &'a Spanned<DeValue<'a>>)> {
        let mut entries: Vec<_> = self.table.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        let entry = |(name, value): (&'a Spanned<std::borrow::Cow<'a, str>>, _)| {
            (At { value: &**name.get_ref(), offset: name.span().start }, value)
        };
        entries.into_iter().map(entry).collect()
    }

    /// Whether there is an entry of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.table.keys().any(|own| own.get_ref() == name)
    }

    /// An inline table of a list, which messages call `name`.
    pub(super) fn item(&self, name: &str, value: &'a Spanned<DeValue<'a>>) -> Option<Section<'a>> {
        let section = self.child(name, value, value.span().start)?;
        Some(Section { name: name.to_owned(), ..section })
    }

    fn child(&self, key: &str, value: &'a Spanned<DeValue<'a>>, offset: usize) -> Option<Section<'a>> {
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(key, value, "a table");
            return None;
        };
        Some(Section { sheet: self.sheet, offset, table, name: format!("`[{key}]`"), asked: RefCell::default() })
    }

    /// Notes that a value is of the wrong type.
    pub(super) fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let fault = Fault::new(format!("`{key}` must be {wanted}, not {}", described(value.get_ref())));
        self.sheet.note(value.span().start, fault);
    }

    /// Notes that a key is missing.
    pub(super) fn missing(&self, key: &str, help: &str) {
        self.sheet.note(self.offset, Fault::new(format!("{} has no `{key}`", self.name)).help(help));
    }

    /// Notes every key that nothing asked for. `elsewhere` are keys that would be known in another case.
    pub(super) fn finish(self, elsewhere: &[&str]) {
        let known = self.asked.into_inner();
        for key in self.table.keys().filter(|key| !known.contains(&&**key.get_ref())) {
            let name = key.get_ref();
            let fault = if elsewhere.contains(&&**name) {
                Fault::new(format!("`{name}` has no meaning in {} of this type", self.name)).help("remove it")
            } else {
                let help = match nearest(name, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known here: {}", known.join(", ")),
                };
                Fault::new(format!("{} has no key `{}`", self.name, shortened(name))).help(help)
            };
            self.sheet.note(key.span().start, fault);
        }
    }
}

/// What a value is, for people.
fn described(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= 63 { name.to_owned() } else { name.chars().take(60).chain("…".chars()).collect() }
}
