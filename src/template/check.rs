//! Whether a template's names exist, told before any data is there.

use std::sync::Arc;

use crate::{
    fault::{Fault, nearest},
    template::{
        Template,
        document::{Child, ElementId, RowRole},
        expression::{
            Expression, Name,
            node::{Kind, Node},
        },
        filter::{Filter, Members},
        scope::{Group, Loop},
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

/// What a name or an expression stands for at some place of the template, as far as that is known.
#[derive(Clone, Copy)]
enum Meaning<'n> {
    /// One row.
    Record(&'n DatasetNames),
    /// Rows held in memory.
    Rows(&'n DatasetNames),
    /// What `groupby` makes of rows, and one of its groups.
    Groups(&'n DatasetNames),
    Group(&'n DatasetNames),
    Report,
    Parameters,
    /// `loop`, with its fields.
    Loop(&'static [&'static str]),
    /// A single value, without fields.
    Value,
    /// It can't be told.
    Anything,
    /// `group` in the rows around a group of a stream.
    StreamGroup,
    /// `rows`: how many rows each dataset had.
    RowCounts,
}

type Locals<'n> = Vec<(Arc<str>, Meaning<'n>)>;

/// More names than this are not listed: nobody reads on.
const MOST_LISTED: usize = 20;

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
        // An element's own list and names are looked up before what they give is known, everything else after.
        let mut done: Vec<&Expression> = Vec::new();
        if let Some(repeat) = &element.repeat {
            let meaning = self.repeated(&repeat.over, locals);
            inner.push((repeat.variable.clone(), meaning));
            inner.push((Arc::from("loop"), Meaning::Loop(&Loop::FIELDS)));
            done.push(&repeat.over);
        }
        for naming in &element.names {
            let meaning = self.expression(&naming.value, &inner);
            inner.push((naming.name.clone(), meaning));
            done.push(&naming.value);
        }
        for expression in element.expressions() {
            if !done.iter().any(|own| std::ptr::eq(*own, expression)) {
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
                let help = self.known_datasets(&stream.dataset);
                let mut fault = Fault::new(message).in_file(self.template.file()).help(help);
                fault.place = place;
                self.faults.push(fault);
                Meaning::Anything
            }
        };
        let mut within = locals.clone();
        within.push((stream.variable.clone(), dataset));
        let fields: &'static [&'static str] =
            if stream.levels.is_empty() { &Loop::STREAM_FIELDS } else { &Loop::GROUPED_FIELDS };
        within.push((Arc::from("loop"), Meaning::Loop(fields)));
        let mut around_group = within.clone();
        around_group.push((Arc::from("group"), Meaning::StreamGroup));
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
        if let Kind::Name(root) = &over.root().kind
            && local(locals, root).is_none()
            && !BUILTIN.contains(&&**root)
            && self.dataset(root).is_none()
        {
            self.faults.push(over.fault(format!("there is no dataset `{root}`")).help(self.known_datasets(root)));
            return Meaning::Anything;
        }
        match self.expression(over, locals) {
            Meaning::Rows(dataset) | Meaning::Group(dataset) => Meaning::Record(dataset),
            Meaning::Groups(dataset) => Meaning::Group(dataset),
            Meaning::Record(dataset) => {
                let message = format!("dataset `{}` has one row; there is nothing to repeat", dataset.name);
                self.faults.push(over.fault(message).help(format!("write `{{{{ {}.column }}}}`", dataset.name)));
                Meaning::Anything
            }
            _ => Meaning::Anything,
        }
    }

    fn expression(&mut self, expression: &Expression, locals: &Locals<'n>) -> Meaning<'n> {
        self.node(expression, expression.root(), locals)
    }

    /// What a part of an expression stands for; what is wrong within it is told.
    fn node(&mut self, expression: &Expression, node: &Node, locals: &Locals<'n>) -> Meaning<'n> {
        match &node.kind {
            Kind::Name(name) => self.name(expression, node, name, locals),
            Kind::Field(of, field) => {
                let meaning = self.node(expression, of, locals);
                self.field(expression, of, meaning, &field.name, field.at)
            }
            Kind::Filter(of, filter) => {
                let meaning = self.node(expression, of, locals);
                filter.for_each_argument(&mut |part| {
                    self.node(expression, part, locals);
                });
                self.filtered(expression, node, meaning, filter)
            }
            Kind::If { test, yes, no } => {
                self.node(expression, test, locals);
                let meaning = self.node(expression, yes, locals);
                match no {
                    Some(no) => joined(meaning, self.node(expression, no, locals)),
                    None => meaning,
                }
            }
            Kind::And(a, b) | Kind::Or(a, b) => {
                let meaning = self.node(expression, a, locals);
                joined(meaning, self.node(expression, b, locals))
            }
            Kind::Slice { of, from, to } => {
                from.iter().chain(to).for_each(|part| {
                    self.node(expression, part, locals);
                });
                self.node(expression, of, locals)
            }
            Kind::Item(of, key) => {
                let meaning = self.node(expression, of, locals);
                self.node(expression, key, locals);
                match meaning {
                    Meaning::Rows(dataset) => Meaning::Record(dataset),
                    Meaning::Groups(dataset) => Meaning::Group(dataset),
                    _ => Meaning::Anything,
                }
            }
            Kind::List(_) | Kind::Map(_) => {
                node.for_each_part(&mut |part| {
                    self.node(expression, part, locals);
                });
                Meaning::Anything
            }
            _ => {
                node.for_each_part(&mut |part| {
                    self.node(expression, part, locals);
                });
                Meaning::Value
            }
        }
    }

    fn name(&mut self, expression: &Expression, node: &Node, name: &str, locals: &Locals<'n>) -> Meaning<'n> {
        if expression.aggregates().iter().any(|aggregate| *aggregate.name == *name) {
            return Meaning::Value;
        }
        if let Some(meaning) = local(locals, name) {
            return meaning;
        }
        match name {
            "report" => return Meaning::Report,
            "parameters" => return Meaning::Parameters,
            "tenant" | "generated_at" => return Meaning::Value,
            "rows" => return Meaning::RowCounts,
            _ => {}
        }
        let (message, help) = match self.dataset(name) {
            Some(dataset) if dataset.one => return Meaning::Record(dataset),
            Some(dataset) if self.template.keeps(name) => return Meaning::Rows(dataset),
            Some(_) => (
                format!("the rows of `{name}` are not in memory here"),
                format!("go through them with `data-for=\"row in {name}\"` or `data-rows=\"row in {name}\"`"),
            ),
            None => (format!("`{name}` doesn't exist"), self.known_names(name, locals)),
        };
        self.faults.push(expression.fault_at(node.at, message).help(help));
        Meaning::Anything
    }

    fn field(
        &mut self,
        expression: &Expression,
        of: &Node,
        meaning: Meaning<'n>,
        field: &str,
        at: usize,
    ) -> Meaning<'n> {
        let parameters: Vec<&str> = self.names.parameters.iter().map(|name| &**name).collect();
        let known: Vec<&str> = match meaning {
            Meaning::Anything => return Meaning::Anything,
            Meaning::Record(dataset) => match dataset.known_columns() {
                Some(columns) => columns,
                None => return Meaning::Value,
            },
            Meaning::Group(dataset) if field == "rows" => return Meaning::Rows(dataset),
            Meaning::Group(_) => Group::FIELDS.to_vec(),
            Meaning::Loop(fields) => fields.to_vec(),
            Meaning::StreamGroup => vec!["index", "continued"],
            Meaning::RowCounts => {
                if let Some((message, help)) = self.wrong_rows(field) {
                    self.faults.push(expression.fault_at(at, message).help(help));
                }
                return Meaning::Value;
            }
            Meaning::Report => vec!["title", "description"],
            Meaning::Parameters => parameters,
            Meaning::Value | Meaning::Rows(_) | Meaning::Groups(_) => Vec::new(),
        };
        if known.contains(&field) {
            // A parameter may be a list, which has members but no fields.
            return if matches!(meaning, Meaning::Parameters) { Meaning::Anything } else { Meaning::Value };
        }
        let path = path(of);
        let (message, help) = match meaning {
            Meaning::Value => (format!("`{path}` is a single value and has no fields"), format!("write `{path}`")),
            Meaning::Rows(_) | Meaning::Groups(_) => (
                format!("`{path}` is many rows, not one"),
                format!("go through them with `data-for=\"row in {path}\"` and write `row.{field}`"),
            ),
            _ => (format!("`{path}.{field}` doesn't exist"), instead_of(&path, field, &known)),
        };
        self.faults.push(expression.fault_at(at, message).help(help));
        Meaning::Anything
    }

    /// What a filter makes of something; asks whether its column exists.
    fn filtered(&mut self, expression: &Expression, node: &Node, meaning: Meaning<'n>, filter: &Filter) -> Meaning<'n> {
        let Some(members) = filter.of_members() else {
            return if matches!(filter, Filter::Default(_)) { meaning } else { Meaning::Value };
        };
        let rows = match meaning {
            Meaning::Rows(dataset) | Meaning::Group(dataset) => Some(dataset),
            _ => None,
        };
        if let (Some(dataset), Some(column)) = (rows, members.column())
            && let Some(known) = dataset.known_columns()
            && !known.contains(&column)
        {
            let message = format!("dataset `{}` has no column `{column}`", dataset.name);
            let help = instead_of(&dataset.name, column, &known);
            self.faults.push(expression.fault_at(node.at, message).help(help));
        }
        match (members, meaning) {
            (Members::First | Members::Last, Meaning::Rows(dataset)) => Meaning::Record(dataset),
            (Members::First | Members::Last, Meaning::Groups(dataset)) => Meaning::Group(dataset),
            (Members::GroupBy(_), Meaning::Rows(dataset)) => Meaning::Groups(dataset),
            (
                Members::Sort { .. } | Members::Reverse | Members::Unique(_) | Members::Select { .. },
                Meaning::Rows(_) | Meaning::Groups(_),
            ) => meaning,
            (Members::Min(_) | Members::Max(_) | Members::Sum(_) | Members::Avg(_), _) => Meaning::Value,
            _ => Meaning::Anything,
        }
    }

    /// What is wrong with asking how many rows a dataset had.
    fn wrong_rows(&self, name: &str) -> Option<(String, String)> {
        let datasets = self.template.datasets();
        let known: Vec<&str> = datasets.iter().map(|name| &**name).collect();
        let single = self.names.datasets.iter().any(|dataset| dataset.one && *dataset.name == *name);
        if single || self.template.keeps(name) || self.passed.iter().any(|passed| **passed == *name) {
            return None;
        }
        if !known.contains(&name) {
            return Some((format!("`rows.{name}` doesn't exist"), instead_of("rows", name, &known)));
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

    fn known_datasets(&self, wanted: &str) -> String {
        let known: Vec<&str> = self.names.datasets.iter().map(|dataset| &*dataset.name).collect();
        match nearest(wanted, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => "the definition declares no dataset".to_owned(),
            None => format!("the datasets are {}", words(&known)),
        }
    }

    fn known_names(&self, wanted: &str, locals: &Locals<'n>) -> String {
        let singles = self.names.datasets.iter().filter(|dataset| dataset.one).map(|dataset| &*dataset.name);
        let known: Vec<&str> = locals.iter().map(|(name, _)| &**name).chain(singles).chain(BUILTIN).collect();
        match nearest(wanted, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known here are {}", words(&known)),
        }
    }
}

/// The names that are known everywhere.
const BUILTIN: [&str; 5] = ["parameters", "report", "tenant", "generated_at", "rows"];

fn local<'n>(locals: &Locals<'n>, name: &str) -> Option<Meaning<'n>> {
    locals.iter().rev().find(|(local, _)| **local == *name).map(|(_, meaning)| *meaning)
}

/// What is either of two things.
fn joined<'n>(a: Meaning<'n>, b: Meaning<'n>) -> Meaning<'n> {
    match (a, b) {
        (Meaning::Value, Meaning::Value) => Meaning::Value,
        (Meaning::Rows(a), Meaning::Rows(b)) if a.name == b.name => Meaning::Rows(a),
        (Meaning::Record(a), Meaning::Record(b)) if a.name == b.name => Meaning::Record(a),
        _ => Meaning::Anything,
    }
}

/// The names of a path, as it is written.
fn path(node: &Node) -> String {
    match &node.kind {
        Kind::Name(name) => name.to_string(),
        Kind::Field(of, field) => format!("{}.{}", path(of), field.name),
        _ => "…".to_owned(),
    }
}

impl DatasetNames {
    fn known_columns(&self) -> Option<Vec<&str>> {
        self.columns.as_ref().map(|columns| columns.iter().map(|name| &**name).collect())
    }
}

fn instead_of(root: &str, field: &str, known: &[&str]) -> String {
    match nearest(field, known.iter().copied()) {
        Some(near) => format!("did you mean `{root}.{near}`?"),
        None if known.is_empty() => format!("`{root}` has none"),
        None => format!("`{root}` has {}", words(known)),
    }
}

fn words(names: &[&str]) -> String {
    let listed: Vec<String> = names.iter().take(MOST_LISTED).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > MOST_LISTED { ", …" } else { "" };
    format!("{}{more}", listed.join(", "))
}
