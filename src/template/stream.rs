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
}

impl Level {
    /// What the group's records have in common.
    pub fn key<'t>(&self, document: &'t Document) -> Option<&'t Expression> {
        match &document.get(self.named_by).role {
            RowRole::GroupHeader(expression) | RowRole::GroupFooter(expression) => Some(expression),
            RowRole::Record | RowRole::Empty => None,
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
        let level_of = |levels: &[Level], key: &Expression| {
            levels.iter().position(|level| level.key(document).is_some_and(|own| own.text() == key.text()))
        };
        let new = |row| Level { named_by: row, headers: Vec::new(), footers: Vec::new() };
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

    /// The aggregates of its footers and totals.
    pub fn aggregates<'t>(&self, document: &'t Document) -> Vec<&'t Aggregate> {
        let footers = self.levels.iter().flat_map(|level| &level.footers).chain(&self.totals);
        let mut aggregates = Vec::new();
        for &row in footers {
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

/// Whether aggregates may stand in an element: in a group's footer or in `tfoot` of a streamed table.
pub(crate) fn allows_aggregates(document: &Document, id: ElementId) -> bool {
    let mut in_footer = false;
    for ancestor in document.with_ancestors(id) {
        let element = document.get(ancestor);
        in_footer |= element.tag == "tfoot" || matches!(element.role, RowRole::GroupFooter(_));
        if element.rows.is_some() {
            return in_footer;
        }
    }
    false
}

/// A fault at an element.
pub(crate) fn fault_at(document: &Document, file: &std::path::Path, id: ElementId, message: &str, help: &str) -> Fault {
    Fault::new(message).in_file(file).at(document.get(id).place).help(help)
}
