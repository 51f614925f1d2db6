//! Streamed tables: rows are pulled one at a time, set, and let go.
//!
//! **Invariant:** holds one row and the next; what doesn't depend on a row's values is computed once and kept.

use std::{rc::Rc, sync::Arc};

use crate::{
    layout::{
        boxes::sizing::measures,
        composer::Composer,
        error::LayoutError,
        fill::node::{Kind, Node, Streamed},
        fill::rows::StreamParts,
        fill::{holds, span},
        page::TagId,
        paged::galley::{Event, Galley, Head, Strip},
        table::band::{BandPlan, CellContent},
        table::collapse::Edges,
        table::columns,
        table::frame::{Frame, around, asked_columns},
        table::grid::{Grid, Section},
        table::groups::Groups,
        table::place::{gaps, spacing},
        table::shape::{CellSource, Shape, Shapes},
        table::{Before, paint},
    },
    template::{
        ancestry::{Ancestry, Position},
        document::ElementId,
        scope::{Binding, Loop, Record, Scope},
        stream::Stream,
        style::{Border, Sides, Style},
    },
};

/// After so many strips the pager takes what it can.
const STRIPS_BETWEEN_SETTLING: usize = 48;

/// A table that rows are flowing into.
pub(crate) struct Flowing<'t> {
    pub(crate) stream: &'t Stream,
    scope: Scope,
    pub(crate) shapes: Shapes<'t>,
    pub(crate) groups: Groups<'t>,
    before: Before,
    /// The number of the next row among the body's rows, from 1.
    pub(crate) index: usize,
    last_condition: bool,
    loop_name: Arc<str>,
    /// Strips since the pager last looked.
    strips: usize,
    /// What the body is in the document's structure, once it has a row.
    body_tag: Option<TagId>,
    /// The texts of a row's cells, and where in them each cell's is; kept for their memory.
    text: String,
    contents: Vec<CellContent>,
}

/// What a row is set for.
#[derive(Default)]
pub(crate) struct Use {
    strip: Strip,
    /// Whether no row follows in the body.
    last: bool,
    /// Whether it begins a group, which may ask to stay on one page.
    header: bool,
    /// Whether it is set to be repeated later.
    repeated: bool,
}

impl Use {
    pub(crate) fn strip(strip: Strip) -> Self {
        Self { strip, ..Self::default() }
    }

    pub(crate) fn header() -> Self {
        Self { header: true, ..Self::strip(Strip { keep_next: true, ..Strip::default() }) }
    }

    pub(crate) fn repeated() -> Self {
        Self { repeated: true, ..Self::default() }
    }
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
        let scope = streamed.scope.with(vec![self.rows_so_far()]);
        let streamed = &Streamed { scope, ..streamed.clone() };
        let parts = self.filler.parts_around_body(stream, streamed)?;
        let table = Node { kind: Kind::Box(parts.around.clone()), ..node.clone() };
        let mut grid = Grid::new(&table)?;
        grid.columns = grid.columns.max(self.columns_of_rows(stream));
        let edges = node.style.collapse.then(|| {
            let border = Sides { bottom: Border::default(), ..node.style.border };
            Edges::of_table(&grid, &Style { border, ..(*node.style).clone() })
        });
        let frame = self.stream_frame(node, &grid, edges.as_ref(), stream, streamed, &parts, (x, available));
        let plans = self.plan(&grid, &frame, edges.as_ref());
        self.in_frame(galley, &table, &frame, available, |composer, galley| {
            let mut before = Before::new(frame.columns.spacing.1);
            let head = grid.sections.iter().zip(&plans).find(|(section, _)| !section.rows.is_empty());
            if let Some((section, bands)) = head {
                composer.stream_head(galley, &frame, section, bands, &mut before)?;
            }
            let above = match (&edges, head) {
                (Some(edges), Some(_)) => edges.above(edges.rows()).to_vec(),
                (Some(_), None) => vec![node.style.border.top; grid.columns],
                (None, _) => Vec::new(),
            };
            let shapes =
                Shapes::new(frame.columns.clone(), grid.cols.clone(), parts.body.clone(), above, head.is_some());
            let groups = Groups::new(stream.aggregates(composer.template.document()), stream.levels.len());
            let mut flowing = Flowing::new(stream, streamed.scope.clone(), shapes, groups, before);
            composer.flow(galley, &mut flowing)?;
            composer.tags.close(flowing.body_tag.unwrap_or_default());
            composer.totals_rows(galley, &mut flowing, node, &frame, &grid)?;
            composer.settle(galley, false)?;
            galley.room(frame.columns.spacing.1, false);
            if head.is_some() {
                galley.mark(Event::HeadEnd);
            }
            Ok(())
        })
    }

    /// Where the table and its columns stand, by what is known before the first row.
    #[expect(clippy::too_many_arguments, reason = "a table, what is known of it, and where it stands")]
    fn stream_frame(
        &self,
        node: &Node,
        grid: &Grid<'_>,
        edges: Option<&Edges>,
        stream: &Stream,
        streamed: &Streamed,
        parts: &StreamParts,
        (x, available): (f32, f32),
    ) -> Frame {
        let style = &node.style;
        let mut inset = around(style, edges, available);
        if edges.is_some() {
            let border = self.outer_borders(stream, streamed, parts).unwrap_or_default();
            let own = style.border;
            let half = |a: Border, b: Border| a.width.max(b.width) / 2.0;
            inset.left = inset.left.max(half(border.left, own.left));
            inset.right = inset.right.max(half(border.right, own.right));
            inset.bottom = half(border.bottom, own.bottom);
            if grid.row_count() == 0 {
                inset.top = half(border.top, own.top);
            }
        }
        let first = grid.sections.iter().find_map(|section| section.rows.first());
        let asked = asked_columns(&grid.cols, first, grid.columns, edges, spacing(style).0);
        let width = measures(style, self.around(x, available), None).width;
        let around = inset.left + inset.right + gaps(style, grid.columns);
        let widths = columns::fixed(&asked, (width - around).max(0.0));
        let width = width.max(widths.iter().sum::<f32>() + around);
        Frame::new(style, inset, width, widths, self.around(x, available))
    }

    /// The outer borders of the first row for records, as far as they don't depend on a record: what collapses into
    /// the table's box.
    fn outer_borders(&self, stream: &Stream, streamed: &Streamed, parts: &StreamParts) -> Option<Sides<Border>> {
        let &row = stream.records.first()?;
        let position = Position { index: 1, last: false };
        let own = self.filler.row_ancestry(row, &streamed.scope, position, &parts.body).ok()?;
        let cells = self.filler.child_places(row, &streamed.scope, &own).ok()?;
        let border = |cell: &(Rc<Ancestry>, ElementId)| cell.0.style().border;
        let (first, last) = (cells.first().map(border)?, cells.last().map(border)?);
        Some(Sides { top: first.top, right: last.right, bottom: first.bottom, left: first.left })
    }

    /// Sets the head once in place, and has it repeated on each page that follows.
    fn stream_head(
        &mut self,
        galley: &mut Galley,
        frame: &Frame,
        section: &Section<'_>,
        bands: &[(BandPlan, std::ops::Range<usize>)],
        before: &mut Before,
    ) -> Result<(), LayoutError> {
        let mut repeated = Head::default();
        let strip = Strip { keep_next: true, ..Strip::default() };
        self.section(galley, &frame.columns, section, bands, before, &strip, |galley| {
            repeated.take(galley, frame.columns.spacing.1);
        })?;
        galley.mark(Event::HeadStart(Rc::new(repeated)));
        Ok(())
    }

    /// How many columns the rows of the body and the totals have at most.
    fn columns_of_rows(&self, stream: &Stream) -> usize {
        let document = self.template.document();
        let cells = |row: ElementId| document.child_elements(row).map(|cell| span(document.get(cell), "colspan")).sum();
        document.child_elements(stream.body).chain(stream.totals.iter().copied()).map(cells).max().unwrap_or(0)
    }

    fn flow(&mut self, galley: &mut Galley, flowing: &mut Flowing<'a>) -> Result<(), LayoutError> {
        let stream = flowing.stream;
        let columns = self.rows.open(&stream.dataset)?;
        let placed_before = self.pager.rows_placed();
        let mut number = 0;
        let mut last: Option<Scope> = None;
        let mut next = self.rows.next()?;
        while let Some(row) = next {
            next = self.rows.next()?;
            number += 1;
            let record = Record { columns: columns.clone(), row: Arc::new(row) };
            let mut scope = flowing.record_scope(record.clone(), number, next.is_none());
            if self.change_groups(galley, flowing, &scope, last.as_ref())? {
                scope = flowing.record_scope(record, number, next.is_none());
            }
            flowing.groups.take(&scope)?;
            if flowing.groups.running {
                scope = scope.with(flowing.groups.results(None));
            }
            let ends_body = next.is_none() && stream.levels.iter().all(|level| level.footers.is_empty());
            self.record(galley, flowing, &scope, number, ends_body)?;
            if flowing.strips >= STRIPS_BETWEEN_SETTLING {
                flowing.strips = 0;
                self.settle(galley, false)?;
            }
            last = Some(scope);
        }
        match &last {
            Some(scope) => self.close_groups(galley, flowing, 0, scope)?,
            None => {
                for &row in &stream.empty {
                    let scope = flowing.scope.clone();
                    self.stream_row(galley, flowing, row, &scope, Use::default())?;
                }
            }
        }
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
        let rows = self.rows_so_far();
        self.scope = self.scope.with(vec![rows]);
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
            let (_, shown) = self.stream_row(galley, flowing, row, scope, Use { strip, last, ..Use::default() })?;
            strips += usize::from(shown);
        }
        if strips == 0 {
            // `data-if` or `display: none` may leave a record out; it still counts as one that was dealt with.
            let at = galley.ink.items.len();
            galley.push_strip(Strip { items: at..at, keep_previous: true, ..Strip::default() });
        }
        galley.number_last_strip(number);
        Ok(())
    }

    /// Sets `tfoot`, and the table's own line below everything.
    fn totals_rows(
        &mut self,
        galley: &mut Galley,
        flowing: &mut Flowing<'a>,
        node: &Node,
        frame: &Frame,
        around: &Grid<'_>,
    ) -> Result<(), LayoutError> {
        let mut names = flowing.groups.results(None);
        names.push(self.rows_so_far());
        let scope = flowing.scope.with(names);
        let totals = self.filler.totals(flowing.stream, &scope, &flowing.shapes.body)?;
        let table = Node { kind: Kind::Box(totals), ..node.clone() };
        let mut grid = Grid::new(&table)?;
        (grid.columns, grid.cols) = (around.columns, around.cols.clone());
        let style = &node.style;
        let edges = style.collapse.then(|| {
            let border = Sides { top: Border::default(), ..style.border };
            let mut edges = Edges::of_table(&grid, &Style { border, ..(**style).clone() });
            if grid.row_count() == 0 {
                edges.meet(&vec![style.border.bottom; around.columns]);
            }
            edges.meet(&flowing.shapes.above);
            edges
        });
        if let Some(edges) = &edges {
            let widened = edges.above(0).iter().zip(&flowing.shapes.above).map(|(own, above)| own.width - above.width);
            galley.raise_last_strip(widened.fold(0.0, f32::max) / 2.0);
            if grid.row_count() == 0 {
                galley.add_to_last_strip(|items, height| {
                    paint::collapsed(items, &frame.columns, edges, &[height], false);
                });
            }
        }
        let plans = self.plan(&grid, frame, edges.as_ref());
        for (section, bands) in grid.sections.iter().zip(&plans) {
            let strip = Strip::default();
            self.section(galley, &frame.columns, section, bands, &mut flowing.before, &strip, |_| {})?;
        }
        Ok(())
    }

    /// Sets one row of the body; says whether its style keeps it together, and whether it is shown.
    pub(crate) fn stream_row(
        &mut self,
        galley: &mut Galley,
        flowing: &mut Flowing<'a>,
        row: ElementId,
        scope: &Scope,
        how: Use,
    ) -> Result<(bool, bool), LayoutError> {
        const HIDDEN: (bool, bool) = (false, false);
        let element = self.template.document().get(row);
        let scope = &scope.with_names(&element.names)?;
        if !holds(element, scope, &mut flowing.last_condition)? {
            return Ok(HIDDEN);
        }
        let position = Position { index: flowing.index, last: how.last };
        flowing.index += 1;
        flowing.strips += 1;
        if let Some(shape) = flowing.shapes.find(self, row, scope, position)? {
            self.filler.enter_row(&shape.style);
            self.shaped_row(galley, flowing, &shape, scope, &how)?;
            self.row_passed(flowing, row, scope, position, &how)?;
            return Ok((shape.style.keep_together, true));
        }
        // Cells that are repeated are rare enough to be filled like any other part of the document.
        let node = self.filler.row(row, scope, position, &flowing.shapes.body)?;
        self.row_passed(flowing, row, scope, position, &how)?;
        let Some(node) = node else { return Ok(HIDDEN) };
        let keeps = node.style.keep_together;
        let shape = flowing.shapes.of_node(self, &node)?;
        self.shaped_row(galley, flowing, &shape, scope, &how)?;
        Ok((keeps, true))
    }

    /// Lets the rows that follow know of this one, unless it is set to be repeated later.
    fn row_passed(
        &self,
        flowing: &Flowing<'a>,
        row: ElementId,
        scope: &Scope,
        position: Position,
        how: &Use,
    ) -> Result<(), LayoutError> {
        if !how.repeated {
            self.filler.row_passed(row, scope, position, &flowing.shapes.body)?;
        }
        Ok(())
    }

    fn shaped_row(
        &mut self,
        galley: &mut Galley,
        flowing: &mut Flowing<'a>,
        shape: &Shape<'a>,
        scope: &Scope,
        how: &Use,
    ) -> Result<(), LayoutError> {
        if !how.repeated {
            if flowing.body_tag.is_none() {
                flowing.body_tag = Some(self.open_table_part(flowing.stream.body));
            }
            galley.raise_last_strip(shape.raises);
            flowing.before.space(galley);
            flowing.before.begin(galley, &shape.style);
            if how.header && shape.style.keep_together {
                galley.begin(Event::KeepStart);
            }
        }
        let mut text = std::mem::take(&mut flowing.text);
        let mut contents = std::mem::take(&mut flowing.contents);
        text.clear();
        contents.clear();
        for cell in &shape.cells {
            contents.push(self.fill(cell, scope, &mut text)?);
        }
        self.band(galley, &flowing.shapes.columns, &shape.plan, &contents, &text, how.strip.clone())?;
        (flowing.text, flowing.contents) = (text, contents);
        if !how.repeated {
            flowing.before.end(galley, &shape.style);
            flowing.shapes.follow(shape);
        }
        Ok(())
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
                let kind = Kind::Cell { span: 1, rows: 1, children };
                CellContent::Nodes(Node::new(*id, ancestry.style().clone(), kind))
            }
            CellSource::Filled(node) => CellContent::Nodes(node.clone()),
        })
    }
}

impl<'t> Flowing<'t> {
    fn new(stream: &'t Stream, scope: Scope, shapes: Shapes<'t>, groups: Groups<'t>, before: Before) -> Self {
        Self {
            stream,
            scope,
            shapes,
            groups,
            before,
            index: 1,
            last_condition: true,
            loop_name: Arc::from("loop"),
            strips: 0,
            body_tag: None,
            text: String::new(),
            contents: Vec::new(),
        }
    }

    fn record_scope(&self, record: Record, number: u64, last: bool) -> Scope {
        let counters = Loop { index: number, last, length: None, in_group: self.groups.next_record() };
        self.scope.with(vec![
            (self.stream.variable.clone(), Binding::Record(record)),
            (self.loop_name.clone(), Binding::Loop(counters)),
        ])
    }
}
