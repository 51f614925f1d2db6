//! Streamed tables: rows are pulled one at a time, set, and let go.
//!
//! **Invariant:** holds one row and the next; what doesn't depend on a row's values is computed once and kept.

use std::sync::Arc;

use crate::{
    layout::{
        boxes::sizing::measures,
        composer::Composer,
        error::LayoutError,
        fill::node::{Kind, Node, Streamed},
        fill::{colspan, holds},
        paged::galley::{Galley, Strip},
        table::columns,
        table::groups::Groups,
        table::row::CellContent,
        table::shape::{CellSource, Shapes},
        table::{TableRow, asked_columns, frame_style, place_columns},
    },
    template::{
        ancestry::Position,
        document::ElementId,
        scope::{Binding, Loop, Record, Scope},
        stream::Stream,
        style::{Break, Display},
    },
    value::{self, Value},
};

/// After so many strips the pager takes what it can.
const STRIPS_BETWEEN_SETTLING: usize = 48;

/// A table that rows are flowing into.
struct Flowing<'t> {
    stream: &'t Stream,
    scope: Scope,
    shapes: Shapes<'t>,
    /// The number of the next row among the body's rows, from 1.
    index: usize,
    last_condition: bool,
    loop_name: Arc<str>,
    /// Strips since the pager last looked.
    strips: usize,
    /// The texts of a row's cells, and where in them each cell's is; kept for their memory.
    text: String,
    contents: Vec<CellContent>,
}

impl<'a> Composer<'a> {
    /// Lays a streamed table out, pulling its rows.
    pub(crate) fn stream(
        &mut self,
        galley: &mut Galley,
        node: &Node,
        streamed: &Streamed,
        x: f32,
        available: f32,
    ) -> Result<(), LayoutError> {
        let Some(stream) = self.template.stream(node.element) else { return Ok(()) };
        if self.depth > 0 {
            return Err(LayoutError::NestedStream(stream.dataset.clone()));
        }
        let parts = self.filler.parts_around_body(stream, streamed)?;
        let table = Node { kind: Kind::Box(parts.around), ..node.clone() };
        self.captions(galley, &table, x, available)?;
        let style = frame_style(&node.style);
        let frame = measures(&style, x, available, None);
        let groups = table.children_shown_as(Display::TableHeaderGroup);
        let head: Vec<TableRow<'_>> =
            groups.flat_map(|group| group.children_shown_as(Display::TableRow)).map(TableRow::new).collect();
        let mut asked = asked_columns(&table, head.first());
        asked.resize(asked.len().max(self.columns_of_rows(stream)), columns::Column::default());
        let gap = if style.collapse { 0.0 } else { style.border_spacing.0 * (asked.len() + 1) as f32 };
        let columns = place_columns(&style, columns::fixed(&asked, frame.content_width() - gap), &frame);
        self.framed(galley, &style, &frame, available, |composer, galley| {
            let mut above = Vec::new();
            composer.head(galley, &columns, &head, &mut above)?;
            let shapes = Shapes::new(columns.clone(), parts.body, above);
            let mut flowing = Flowing::new(stream, streamed.scope.clone(), shapes);
            composer.flow(galley, &mut flowing)?;
            composer.end_of_table(galley, &columns, !head.is_empty());
            Ok(())
        })
    }

    /// How many columns the rows of the body and the totals have at most.
    fn columns_of_rows(&self, stream: &Stream) -> usize {
        let document = self.template.document();
        let cells = |row: ElementId| document.child_elements(row).map(|cell| colspan(document.get(cell))).sum();
        document.child_elements(stream.body).chain(stream.totals.iter().copied()).map(cells).max().unwrap_or(0)
    }

    fn flow(&mut self, galley: &mut Galley, flowing: &mut Flowing<'a>) -> Result<(), LayoutError> {
        let stream = flowing.stream;
        let columns = self.rows.open(&stream.dataset)?;
        let placed_before = self.pager.rows_placed();
        let mut groups = Groups::new(stream.aggregates(self.template.document()), stream.levels.len());
        let mut number = 0;
        let mut last: Option<Scope> = None;
        let mut next = self.rows.next()?;
        while let Some(row) = next {
            next = self.rows.next()?;
            number += 1;
            let scope = flowing.record_scope(&columns, row, number, next.is_none());
            self.change_groups(galley, flowing, &mut groups, &scope, last.as_ref())?;
            groups.take(&scope)?;
            let ends_body = next.is_none() && stream.levels.iter().all(|level| level.footers.is_empty());
            self.record(galley, flowing, &scope, number, ends_body)?;
            if flowing.strips >= STRIPS_BETWEEN_SETTLING {
                flowing.strips = 0;
                self.settle(galley, false)?;
            }
            last = Some(scope);
        }
        match &last {
            Some(scope) => self.close_groups(galley, flowing, &mut groups, 0, scope)?,
            None => {
                for &row in &stream.empty {
                    let scope = flowing.scope.clone();
                    self.stream_row(galley, flowing, row, &scope, false, Strip::default())?;
                }
            }
        }
        self.totals_rows(galley, flowing, &groups)?;
        self.settle(galley, false)?;
        self.account(galley, &stream.dataset, number, placed_before)
    }

    /// Every row that came is on a page or in the strips that still wait; anything else would be our own bug.
    fn account(
        &mut self,
        galley: &Galley,
        dataset: &Arc<str>,
        read: u64,
        placed_before: u64,
    ) -> Result<(), LayoutError> {
        let placed = self.pager.rows_placed() - placed_before + galley.rows_waiting();
        if placed != read {
            return Err(LayoutError::RowsLost { dataset: dataset.clone(), read, placed });
        }
        self.totals.rows.push((dataset.clone(), read));
        Ok(())
    }

    fn record(
        &mut self,
        galley: &mut Galley,
        flowing: &mut Flowing<'a>,
        scope: &Scope,
        number: u64,
        ends_body: bool,
    ) -> Result<(), LayoutError> {
        let rows = &flowing.stream.records;
        let mut strips = 0;
        for (i, &row) in rows.iter().enumerate() {
            let last = ends_body && i + 1 == rows.len();
            let strip = Strip { keep_previous: strips > 0, ..Strip::default() };
            strips += usize::from(self.stream_row(galley, flowing, row, scope, last, strip)?);
        }
        if strips == 0 {
            // `data-if` or `display: none` may leave a record out; it still counts as one that was dealt with.
            let at = galley.ink.items.len();
            galley.push_strip(Strip { items: at..at, keep_previous: true, ..Strip::default() });
        }
        galley.number_last_strip(number);
        Ok(())
    }

    /// Ends the groups that this record doesn't belong to and begins its own.
    fn change_groups(
        &mut self,
        galley: &mut Galley,
        flowing: &mut Flowing<'a>,
        groups: &mut Groups<'a>,
        scope: &Scope,
        last: Option<&Scope>,
    ) -> Result<(), LayoutError> {
        let document = self.template.document();
        let mut keys = Vec::with_capacity(flowing.stream.levels.len());
        for level in &flowing.stream.levels {
            keys.push(level.key(document).map_or(Ok(Value::Null), |key| key.value(scope))?);
        }
        let changed = match last {
            None => 0,
            Some(_) => keys.iter().zip(&groups.keys).position(|(new, old)| new != old).unwrap_or(keys.len()),
        };
        if let Some(last) = last
            && changed < keys.len()
        {
            self.close_groups(galley, flowing, groups, changed, last)?;
        }
        for level in &flowing.stream.levels[changed..] {
            for &row in &level.headers {
                let keep_next = Strip { keep_next: true, ..Strip::default() };
                self.stream_row(galley, flowing, row, scope, false, keep_next)?;
            }
        }
        groups.keys = keys;
        Ok(())
    }

    /// Ends the groups from `outermost` inwards, innermost first; `scope` is that of their last record.
    fn close_groups(
        &mut self,
        galley: &mut Galley,
        flowing: &mut Flowing<'a>,
        groups: &mut Groups<'a>,
        outermost: usize,
        scope: &Scope,
    ) -> Result<(), LayoutError> {
        for (i, level) in flowing.stream.levels.iter().enumerate().skip(outermost).rev() {
            let scope = scope.with(groups.results(i));
            for &row in &level.footers {
                let keep_previous = Strip { keep_previous: true, ..Strip::default() };
                self.stream_row(galley, flowing, row, &scope, false, keep_previous)?;
            }
            groups.reset(i);
        }
        Ok(())
    }

    fn totals_rows(
        &mut self,
        galley: &mut Galley,
        flowing: &mut Flowing<'a>,
        groups: &Groups<'a>,
    ) -> Result<(), LayoutError> {
        let scope = flowing.scope.with(groups.results(flowing.stream.levels.len()));
        let totals = self.filler.totals(flowing.stream, &scope, &flowing.shapes.body)?;
        for row in totals.iter().flat_map(|foot| foot.children_shown_as(Display::TableRow)) {
            let row = TableRow::new(row);
            let Shapes { columns, above, .. } = &mut flowing.shapes;
            self.table_row(galley, columns, &row, above, Strip::default())?;
        }
        Ok(())
    }

    /// Sets one row of the body; says whether it is shown.
    fn stream_row(
        &mut self,
        galley: &mut Galley,
        flowing: &mut Flowing<'a>,
        row: ElementId,
        scope: &Scope,
        last: bool,
        strip: Strip,
    ) -> Result<bool, LayoutError> {
        let element = self.template.document().get(row);
        if !holds(element, scope, &mut flowing.last_condition)? {
            return Ok(false);
        }
        let position = Position { index: flowing.index, last };
        flowing.index += 1;
        flowing.strips += 1;
        let shape = flowing.shapes.find(self, row, scope, position)?;
        if let Some(shape) = &shape {
            self.filler.enter_row(&shape.style);
        }
        let Some(shape) = shape else {
            // Cells that come and go are rare enough to be filled like any other part of the document.
            let node = self.filler.row(row, scope, position, &flowing.shapes.body)?;
            self.filler.row_passed(row, scope, position, &flowing.shapes.body)?;
            let Some(node) = node else { return Ok(false) };
            let Shapes { columns, above, .. } = &mut flowing.shapes;
            self.table_row(galley, columns, &TableRow::new(&node), above, strip)?;
            flowing.shapes.follow_unknown();
            return Ok(true);
        };
        if shape.style.break_before == Break::Page && position.index > 1 {
            galley.page_break();
        }
        let mut text = std::mem::take(&mut flowing.text);
        let mut contents = std::mem::take(&mut flowing.contents);
        text.clear();
        contents.clear();
        for cell in &shape.cells {
            contents.push(self.fill(cell, scope, &mut text)?);
        }
        self.row(galley, &flowing.shapes.columns, &shape.plan, &contents, &text, strip)?;
        (flowing.text, flowing.contents) = (text, contents);
        flowing.shapes.follow(&shape);
        self.filler.row_passed(row, scope, position, &flowing.shapes.body)?;
        Ok(true)
    }

    fn fill(&mut self, cell: &CellSource<'a>, scope: &Scope, text: &mut String) -> Result<CellContent, LayoutError> {
        let start = text.len();
        Ok(match cell {
            CellSource::Nothing => CellContent::Text(start..start),
            CellSource::Text(source) => {
                source.write(scope, text)?;
                let written = &text[start..];
                let spaces = |c: char| matches!(c, ' ' | '\n' | '\t' | '\r');
                let from = start + (written.len() - written.trim_start_matches(spaces).len());
                let to = start + written.trim_end_matches(spaces).len();
                CellContent::Text(from..to.max(from))
            }
            CellSource::Nodes(id, ancestry) => {
                let children = self.filler.children(*id, scope, ancestry)?;
                let kind = Kind::Cell { span: 1, children };
                CellContent::Nodes(Node::new(*id, ancestry.style().clone(), kind))
            }
        })
    }
}

impl<'t> Flowing<'t> {
    fn new(stream: &'t Stream, scope: Scope, shapes: Shapes<'t>) -> Self {
        Self {
            stream,
            scope,
            shapes,
            index: 1,
            last_condition: true,
            loop_name: Arc::from("loop"),
            strips: 0,
            text: String::new(),
            contents: Vec::new(),
        }
    }

    fn record_scope(&self, columns: &value::Columns, row: value::Row, number: u64, last: bool) -> Scope {
        let record = Record { columns: columns.clone(), row: Arc::new(row) };
        self.scope.with(vec![
            (self.stream.variable.clone(), Binding::Record(record)),
            (self.loop_name.clone(), Binding::Loop(Loop { index: number, last })),
        ])
    }
}
