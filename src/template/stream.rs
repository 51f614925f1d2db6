//! Streamed tables: which of their rows are for records, groups, totals, or for when there is nothing.

use std::sync::Arc;

use crate::{
    fault::Fault,
    template::{
        aggregate::Aggregate,
        document::{Document, ElementId, RowRole},
        expression::Expression,
    },
};

/// A table with `data-rows`, taken apart.
#[derive(Debug)]
pub struct Stream {
    /// The table.
    pub table: ElementId,
    /// The dataset.
    pub dataset: Arc<str>,
    /// The name of a record.
    pub variable: Arc<str>,
    /// The body whose rows these are.
    pub body: ElementId,
    /// Groups, outermost first.
    pub levels: Vec<Level>,
    /// Rows for each record.
    pub records: Vec<ElementId>,
    /// Rows for when there are no records.
    pub empty: Vec<ElementId>,
    /// Rows of `tfoot`.
    pub totals: Vec<ElementId>,
}

/// One level of groups: its row templates, and the row that names the expression.
#[derive(Debug)]
pub struct Level {
    named_by: ElementId,
    /// Rows before each group.
    pub headers: Vec<ElementId>,
    /// Rows after each group.
    pub footers: Vec<ElementId>,
    /// Whether the headers are repeated on each page on which the group goes on.
    pub repeats: bool,
}

impl Level {
    /// What the group's records have in common.
    pub fn keys<'t>(&self, document: &'t Document) -> &'t [Expression] {
        match &document.get(self.named_by).role {
            RowRole::GroupHeader(keys) | RowRole::GroupFooter(keys) => keys,
            RowRole::Record | RowRole::Empty => &[],
        }
    }
}

impl Stream {
    /// Takes a table apart; faults say what doesn't fit.
    pub(crate) fn new(
        document: &Document,
        table: ElementId,
        fault: &mut dyn FnMut(ElementId, &str, &str),
    ) -> Option<Self> {
        let source = document.get(table).rows.as_ref()?;
        let groups = |tag: &'static str| document.child_elements(table).filter(move |id| document.get(*id).tag == tag);
        let (Some(body), None) = (groups("tbody").next(), groups("tbody").nth(1)) else {
            fault(table, "a table with `data-rows` has one `<tbody>`", "put the row that is repeated into it");
            return None;
        };
        let mut stream = Self {
            table,
            dataset: source.dataset.clone(),
            variable: source.variable.clone(),
            body,
            levels: Vec::new(),
            records: Vec::new(),
            empty: Vec::new(),
            totals: groups("tfoot").flat_map(|foot| document.child_elements(foot)).collect(),
        };
        let rows: Vec<ElementId> = document.child_elements(body).collect();
        let footers_only = !rows.iter().any(|row| matches!(document.get(*row).role, RowRole::GroupHeader(_)));
        for &row in &rows {
            if document.get(row).repeat.is_some() {
                fault(
                    row,
                    "`data-for` can't stand on a row of a streamed table",
                    "its rows are repeated by `data-rows`",
                );
            }
            for cell in document.child_elements(row).filter(|cell| document.get(*cell).attribute("rowspan").is_some()) {
                let help = "leave it empty where it repeats, or keep the rows in memory with `data-for`";
                fault(cell, "a cell of a streamed row can't reach into the next one: `rowspan`", help);
            }
            stream.place(document, row, footers_only, fault);
        }
        if stream.records.is_empty() {
            fault(table, "a table with `data-rows` has no row for its records", "put a `<tr>` into its `<tbody>`");
        }
        Some(stream)
    }

    fn place(
        &mut self,
        document: &Document,
        row: ElementId,
        footers_only: bool,
        fault: &mut dyn FnMut(ElementId, &str, &str),
    ) {
        let level_of = |levels: &[Level], keys: &[Expression]| {
            let same = |own: &[Expression]| own.iter().map(Expression::text).eq(keys.iter().map(Expression::text));
            levels.iter().position(|level| same(level.keys(document)))
        };
        let new = |row| Level { named_by: row, headers: Vec::new(), footers: Vec::new(), repeats: false };
        match &document.get(row).role {
            RowRole::Record if self.levels.iter().any(|level| !level.footers.is_empty()) => {
                fault(row, "a record's row stands after a group's footer", "order them: headers, records, footers");
            }
            RowRole::Record => self.records.push(row),
            RowRole::Empty => self.empty.push(row),
            RowRole::GroupHeader(_) if !self.records.is_empty() => {
                fault(row, "a group's header stands after a record's row", "order them: headers, records, footers");
            }
            RowRole::GroupHeader(key) => {
                let level = level_of(&self.levels, key).unwrap_or(self.levels.len());
                if level == self.levels.len() {
                    self.levels.push(new(row));
                }
                self.levels[level].headers.push(row);
                self.levels[level].repeats |= document.get(row).attribute("data-repeat").is_some();
            }
            RowRole::GroupFooter(key) => match level_of(&self.levels, key) {
                Some(level) => self.levels[level].footers.push(row),
                // Footers stand innermost first.
                None if footers_only => {
                    self.levels.insert(0, new(row));
                    self.levels[0].footers.push(row);
                }
                None => fault(
                    row,
                    "no `data-group` row names the same expression",
                    "write the group's header first, with the same expression",
                ),
            },
        }
    }

    /// The aggregates of its records, footers and totals.
    pub fn aggregates<'t>(&self, document: &'t Document) -> Vec<&'t Aggregate> {
        let footers = self.levels.iter().flat_map(|level| &level.footers).chain(&self.totals);
        let mut aggregates = Vec::new();
        for &row in self.records.iter().chain(footers) {
            for_each_expression(document, row, &mut |expression| aggregates.extend(expression.aggregates()));
        }
        aggregates
    }
}

/// Visits the expressions of an element and of everything in it.
pub(crate) fn for_each_expression<'t>(document: &'t Document, id: ElementId, visit: &mut dyn FnMut(&'t Expression)) {
    document.get(id).expressions().for_each(&mut *visit);
    let children: Vec<ElementId> = document.child_elements(id).collect();
    for child in children {
        for_each_expression(document, child, visit);
    }
}

/// The part of a streamed table that an element stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// None: it stands elsewhere, or in a head or caption.
    None,
    /// A record's row.
    Record,
    /// A row before a group.
    Header,
    /// A row after a group.
    Footer,
    /// `tfoot`.
    Totals,
}

/// Which part of a streamed table an element stands in.
pub(crate) fn part_of(document: &Document, id: ElementId) -> Part {
    let mut part = Part::None;
    for ancestor in document.with_ancestors(id) {
        let element = document.get(ancestor);
        match (element.tag, &element.role) {
            ("tfoot", _) => part = Part::Totals,
            ("tr", RowRole::GroupFooter(_)) => part = Part::Footer,
            ("tr", RowRole::GroupHeader(_)) => part = Part::Header,
            ("tr", RowRole::Record) => part = Part::Record,
            ("thead", _) => part = Part::None,
            _ if element.rows.is_some() => return part,
            _ => {}
        }
    }
    Part::None
}

/// A fault at an element.
pub(crate) fn fault_at(document: &Document, file: &std::path::Path, id: ElementId, message: &str, help: &str) -> Fault {
    Fault::new(message).in_file(file).at(document.get(id).place).help(help)
}
