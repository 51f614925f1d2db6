//! Whether a template's names exist, told before any data is there.

use std::sync::Arc;

use crate::{
    fault::Fault,
    template::{
        Template,
        document::{ElementId, RowRole},
        expression::{Expression, Name},
        scope::Loop,
        stream::Stream,
    },
};

/// The names that a report offers to its template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Its parameters.
    pub parameters: Vec<Arc<str>>,
    /// Its datasets.
    pub datasets: Vec<DatasetNames>,
}

/// What is known of one dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetNames {
    /// Its name.
    pub name: Arc<str>,
    /// Whether it has exactly one row.
    pub one: bool,
    /// Its columns, when the database told them.
    pub columns: Option<Vec<Arc<str>>>,
}

/// What a name stands for at some place of the template.
#[derive(Clone)]
enum Meaning<'n> {
    Record(&'n DatasetNames),
    /// A member of a list, which has no fields that are known.
    Anything,
    Loop,
}

type Locals<'n> = Vec<(Arc<str>, Meaning<'n>)>;

struct Checker<'n> {
    template: &'n Template,
    names: &'n Names,
    faults: Vec<Fault>,
}

/// Checks every expression of a template.
pub(crate) fn check(template: &Template, names: &Names) -> Vec<Fault> {
    let mut checker = Checker { template, names, faults: Vec::new() };
    if let Some(root) = template.document().find("html") {
        checker.element(root, &Locals::new());
    }
    for text in template.pages().texts() {
        for expression in text.expressions() {
            checker.expression(expression, &Locals::new());
        }
    }
    checker.faults.sort_by(|a, b| (&a.file, a.place).cmp(&(&b.file, b.place)));
    checker.faults.dedup();
    checker.faults
}

impl<'n> Checker<'n> {
    fn element(&mut self, id: ElementId, locals: &Locals<'n>) {
        let document = self.template.document();
        let element = document.get(id);
        let mut inner = locals.clone();
        if let Some(repeat) = &element.repeat {
            let meaning = self.repeated(&repeat.over, locals);
            inner.push((repeat.variable.clone(), meaning));
            inner.push((Arc::from("loop"), Meaning::Loop));
        }
        // A repeated element's own list is looked up outside of the loop, everything else inside.
        for expression in element.expressions() {
            if element.repeat.as_ref().is_none_or(|repeat| !std::ptr::eq(&repeat.over, expression)) {
                self.expression(expression, &inner);
            }
        }
        if let Some(stream) = self.template.stream(id) {
            self.stream(stream, &inner);
            return;
        }
        for child in document.child_elements(id).collect::<Vec<_>>() {
            self.element(child, &inner);
        }
    }

    fn stream(&mut self, stream: &'n Stream, locals: &Locals<'n>) {
        let document = self.template.document();
        let dataset = match self.dataset(&stream.dataset) {
            Some(dataset) if !dataset.one => Meaning::Record(dataset),
            found => {
                let message = match found {
                    Some(_) => format!("dataset `{}` has one row and isn't streamed", stream.dataset),
                    None => format!("there is no dataset `{}`", stream.dataset),
                };
                let place = document.get(stream.table).rows.as_ref().map(|rows| rows.place);
                let mut fault = Fault::new(message).in_file(self.template.file()).help(self.known_datasets());
                fault.place = place;
                self.faults.push(fault);
                Meaning::Anything
            }
        };
        let mut within = locals.clone();
        within.push((stream.variable.clone(), dataset));
        within.push((Arc::from("loop"), Meaning::Loop));
        for group in document.child_elements(stream.table).collect::<Vec<_>>() {
            let rows: Vec<ElementId> = document.child_elements(group).collect();
            for row in rows {
                let of_body = group == stream.body && !matches!(document.get(row).role, RowRole::Empty);
                self.element(row, if of_body { &within } else { locals });
            }
        }
        for aggregate in stream.aggregates(document) {
            if let Some(argument) = &aggregate.argument {
                self.expression(argument, &within);
            }
        }
    }

    /// What a member of the list is that `data-for` goes through.
    fn repeated(&mut self, over: &Expression, locals: &Locals<'n>) -> Meaning<'n> {
        if let [Name { root, field: None }] = over.names().as_slice()
            && !locals.iter().any(|(name, _)| **name == *root)
        {
            match self.dataset(root) {
                Some(dataset) if dataset.one => {
                    let message = format!("dataset `{root}` has one row; there is nothing to repeat");
                    self.faults.push(over.fault(message).help(format!("write `{{{{ {root}.column }}}}`")));
                }
                Some(dataset) => return Meaning::Record(dataset),
                None => {
                    self.faults.push(over.fault(format!("there is no dataset `{root}`")).help(self.known_datasets()))
                }
            }
            return Meaning::Anything;
        }
        self.expression(over, locals);
        Meaning::Anything
    }

    fn expression(&mut self, expression: &Expression, locals: &Locals<'n>) {
        for name in expression.names() {
            if let Some((message, help)) = self.wrong(&name, locals) {
                self.faults.push(expression.fault(message).help(help));
            }
        }
    }

    /// What is wrong with a name, and the names that exist.
    fn wrong(&self, name: &Name, locals: &Locals<'n>) -> Option<(String, String)> {
        let Name { root, field } = name;
        let field_of = |known: &[&str]| {
            let field = field.as_deref()?;
            (!known.contains(&field)).then(|| (format!("`{root}.{field}` doesn't exist"), listed(root, known)))
        };
        if let Some((_, meaning)) = locals.iter().rev().find(|(local, _)| **local == **root) {
            return match meaning {
                Meaning::Record(dataset) => field_of(&dataset.known_columns()?),
                Meaning::Loop => field_of(&Loop::FIELDS),
                Meaning::Anything => None,
            };
        }
        match root.as_str() {
            "report" => return field_of(&["title", "description"]),
            "tenant" | "generated_at" => return None,
            "parameters" => {
                let known: Vec<&str> = self.names.parameters.iter().map(|name| &**name).collect();
                return field_of(&known);
            }
            _ => {}
        }
        match self.dataset(root) {
            Some(dataset) if dataset.one => field_of(&dataset.known_columns()?),
            Some(_) if self.template.keeps(root) => None,
            Some(_) => Some((
                format!("the rows of `{root}` are not in memory here"),
                format!("go through them with `data-for=\"row in {root}\"` or `data-rows=\"row in {root}\"`"),
            )),
            None => Some((format!("`{root}` doesn't exist"), self.known_names(locals))),
        }
    }

    fn dataset(&self, name: &str) -> Option<&'n DatasetNames> {
        self.names.datasets.iter().find(|dataset| *dataset.name == *name)
    }

    fn known_datasets(&self) -> String {
        let known: Vec<&str> = self.names.datasets.iter().map(|dataset| &*dataset.name).collect();
        format!("the datasets are {}", words(&known))
    }

    fn known_names(&self, locals: &Locals<'n>) -> String {
        let singles = self.names.datasets.iter().filter(|dataset| dataset.one).map(|dataset| &*dataset.name);
        let known: Vec<&str> = locals
            .iter()
            .map(|(name, _)| &**name)
            .chain(singles)
            .chain(["parameters", "report", "tenant", "generated_at"])
            .collect();
        format!("known here are {}", words(&known))
    }
}

impl DatasetNames {
    fn known_columns(&self) -> Option<Vec<&str>> {
        self.columns.as_ref().map(|columns| columns.iter().map(|name| &**name).collect())
    }
}

fn listed(root: &str, known: &[&str]) -> String {
    match known.is_empty() {
        true => format!("`{root}` has none"),
        false => format!("`{root}` has {}", words(known)),
    }
}

fn words(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
