//! Whether a template's names exist, told before any data is there.

use std::sync::Arc;

use crate::{
    fault::Fault,
    template::{
        Template,
        document::{Child, ElementId, RowRole},
        expression::{Expression, Name},
        scope::Loop,
        stream::Stream,
        vocabulary::{self, Known},
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
    /// `loop` in a streamed table with groups.
    LoopInGroup,
    /// `group` in the rows around a group.
    Group,
}

type Locals<'n> = Vec<(Arc<str>, Meaning<'n>)>;

struct Checker<'n> {
    template: &'n Template,
    names: &'n Names,
    faults: Vec<Fault>,
    /// The streamed datasets whose rows have all passed at this place of the document.
    passed: Vec<Arc<str>>,
}

/// Checks every expression of a template.
pub(crate) fn check(template: &Template, names: &Names) -> Vec<Fault> {
    let mut checker = Checker { template, names, faults: Vec::new(), passed: Vec::new() };
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
            self.rows_in_place(id, expression);
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
        let in_groups = !stream.levels.is_empty();
        within.push((Arc::from("loop"), if in_groups { Meaning::LoopInGroup } else { Meaning::Loop }));
        let mut around_group = within.clone();
        around_group.push((Arc::from("group"), Meaning::Group));
        for group in document.child_elements(stream.table).collect::<Vec<_>>() {
            let rows: Vec<ElementId> = document.child_elements(group).collect();
            if document.get(group).tag == "tfoot" {
                self.passed.push(stream.dataset.clone());
            }
            for row in rows {
                let names = match document.get(row).role {
                    _ if group != stream.body => locals,
                    RowRole::Empty => locals,
                    RowRole::Record => &within,
                    RowRole::GroupHeader(_) | RowRole::GroupFooter(_) => &around_group,
                };
                self.element(row, names);
            }
        }
        self.passed.push(stream.dataset.clone());
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
                Meaning::LoopInGroup => field_of(&[&Loop::FIELDS[..], &[Loop::IN_GROUP]].concat()),
                Meaning::Group => field_of(&["index", "continued"]),
                Meaning::Anything => None,
            };
        }
        match root.as_str() {
            "report" => return field_of(&["title", "description"]),
            "tenant" | "generated_at" => return None,
            "rows" => return self.wrong_rows(field.as_deref()),
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

    /// What is wrong with asking how many rows a dataset had.
    fn wrong_rows(&self, dataset: Option<&str>) -> Option<(String, String)> {
        let datasets = self.template.datasets();
        let known: Vec<&str> = datasets.iter().map(|name| &**name).collect();
        let Some(name) = dataset else {
            return Some(("`rows` has no value of its own".to_owned(), listed("rows", &known)));
        };
        let single = self.names.datasets.iter().any(|dataset| dataset.one && *dataset.name == *name);
        if single || self.template.keeps(name) || self.passed.iter().any(|passed| **passed == *name) {
            return None;
        }
        if !known.contains(&name) {
            return Some((format!("`rows.{name}` doesn't exist"), listed("rows", &known)));
        }
        Some((
            format!("`rows.{name}` isn't known yet here: its rows are printed further down"),
            "write it after the table, in the table's `<tfoot>`, or in a margin box".to_owned(),
        ))
    }

    /// Tells where `rows` stands on an element that is filled before the rows have passed.
    fn rows_in_place(&mut self, id: ElementId, expression: &Expression) {
        let (document, template) = (self.template.document(), self.template);
        let names_stream =
            |name: &Name| name.root == "rows" && name.field.as_ref().is_some_and(|field| !template.keeps(field));
        let in_stream = document.with_ancestors(id).any(|ancestor| document.get(ancestor).rows.is_some());
        if in_stream || !expression.names().iter().any(names_stream) {
            return;
        }
        let waiting = document.with_ancestors(id).filter(|ancestor| template.waits_for_rows(*ancestor)).last();
        let fault = match waiting {
            Some(outermost) if vocabulary::find(document.get(outermost).tag).is_some_and(Known::is_phrasing) => true,
            Some(outermost) if outermost == id => {
                let element = document.get(id);
                let text = element.children.iter().any(|child| match child {
                    Child::Text(text) => text.expressions().any(|own| std::ptr::eq(own, expression)),
                    Child::Element(_) => false,
                });
                !text
            }
            Some(_) => false,
            None => true,
        };
        if fault {
            let message = format!("`{}` is needed before the rows have passed", expression.text());
            let help = "put it, or the element that asks for it, into a `<div>` or `<p>` of its own after the table";
            self.faults.push(expression.fault(message).help(help));
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
            .chain(["parameters", "report", "tenant", "generated_at", "rows"])
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
