//! Tables held in memory, and what they share with streamed ones: columns, captions, repeated heads.

pub(crate) mod columns;
mod groups;
pub(crate) mod row;
mod shape;
mod stream;

use std::rc::Rc;

use crate::{
    layout::{
        boxes::measure::Widths,
        boxes::sizing::{Measures, asked_width, inset, measures},
        composer::Composer,
        error::LayoutError,
        fill::node::{Kind, Node},
        page::Page,
        paged::galley::{Event, Galley, Head, Strip},
        table::columns::Column,
        table::row::{CellContent, Columns, RowPlan},
    },
    template::style::{Border, Display, Extent, Style},
};

/// More columns than this are a mistake.
const MAX_COLUMNS: usize = 1000;

/// A row of a table, with the cells it has.
pub(crate) struct TableRow<'n> {
    pub(crate) node: &'n Node,
    pub(crate) cells: Vec<&'n Node>,
}

impl<'n> TableRow<'n> {
    pub(crate) fn new(node: &'n Node) -> Self {
        let cells = node.children().iter().filter(|child| matches!(child.kind, Kind::Cell { .. }));
        Self { node, cells: cells.collect() }
    }

    fn spans(&self) -> impl Iterator<Item = (usize, usize, &'n Node)> + '_ {
        let mut column = 0;
        self.cells.iter().map(move |cell| {
            let from = column;
            column += span(cell);
            (from, column, *cell)
        })
    }
}

fn span(cell: &Node) -> usize {
    if let Kind::Cell { span, .. } = &cell.kind { *span } else { 1 }
}

impl Composer<'_> {
    /// Lays a table out whose rows are all known.
    pub(crate) fn table(
        &mut self,
        galley: &mut Galley,
        node: &Node,
        x: f32,
        available: f32,
    ) -> Result<(), LayoutError> {
        self.captions(galley, node, x, available)?;
        let rows_of =
            |display| node.children_shown_as(display).flat_map(|group| group.children_shown_as(Display::TableRow));
        let head: Vec<TableRow<'_>> = rows_of(Display::TableHeaderGroup).map(TableRow::new).collect();
        let body: Vec<TableRow<'_>> =
            rows_of(Display::TableRowGroup).chain(rows_of(Display::TableFooterGroup)).map(TableRow::new).collect();
        let all: Vec<&TableRow<'_>> = head.iter().chain(&body).collect();
        let frame = self.table_frame(node, &all, x, available);
        let columns = self.table_columns(node, &all, &frame);
        self.framed(galley, &frame_style(&node.style), &frame, available, |composer, galley| {
            let mut above = Vec::new();
            composer.head(galley, &columns, &head, &mut above)?;
            for row in &body {
                composer.relieve(galley)?;
                composer.table_row(galley, &columns, row, &mut above, Strip::default())?;
            }
            composer.end_of_table(galley, &columns, !head.is_empty());
            Ok(())
        })
    }

    /// Captions stand above their table and stay with it.
    pub(crate) fn captions(
        &mut self,
        galley: &mut Galley,
        table: &Node,
        x: f32,
        width: f32,
    ) -> Result<(), LayoutError> {
        for caption in table.children_shown_as(Display::TableCaption) {
            self.block(galley, caption, x, width)?;
            galley.keep_with_next();
        }
        Ok(())
    }

    /// Sets the head's rows once in place, and has them repeated on each page that follows.
    pub(crate) fn head(
        &mut self,
        galley: &mut Galley,
        columns: &Columns,
        rows: &[TableRow<'_>],
        above: &mut Vec<Border>,
    ) -> Result<(), LayoutError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut repeated = Head { ink: Page::default(), height: 0.0 };
        for row in rows {
            let keep_next = Strip { keep_next: true, ..Strip::default() };
            self.table_row(galley, columns, row, above, keep_next)?;
            if let Some(Event::Strip(strip)) = galley.events.last() {
                crate::layout::paged::canvas::copy(
                    &galley.ink,
                    strip.items.clone(),
                    &mut repeated.ink,
                    0.0,
                    repeated.height,
                );
                repeated.height += strip.height;
            }
        }
        galley.mark(Event::HeadStart(Rc::new(repeated)));
        Ok(())
    }

    pub(crate) fn end_of_table(&mut self, galley: &mut Galley, columns: &Columns, has_head: bool) {
        galley.room(columns.row_spacing, false);
        if has_head {
            galley.mark(Event::HeadEnd);
        }
    }

    /// Sets a row of nodes.
    pub(crate) fn table_row(
        &mut self,
        galley: &mut Galley,
        columns: &Columns,
        row: &TableRow<'_>,
        above: &mut Vec<Border>,
        strip: Strip,
    ) -> Result<(), LayoutError> {
        let cells: Vec<(Rc<Style>, usize)> = row.cells.iter().map(|cell| (cell.style.clone(), span(cell))).collect();
        let plan = RowPlan::new(self, columns, &row.node.style, &cells, above)?;
        let contents: Vec<CellContent> = row.cells.iter().map(|cell| CellContent::Nodes((*cell).clone())).collect();
        if row.node.style.break_before == crate::template::style::Break::Page {
            galley.page_break();
        }
        self.row(galley, columns, &plan, &contents, "", strip)?;
        above.clone_from(&plan.below);
        Ok(())
    }

    /// Where the table's box stands.
    pub(crate) fn table_frame(&mut self, node: &Node, rows: &[&TableRow<'_>], x: f32, available: f32) -> Measures {
        let style = frame_style(&node.style);
        if style.fixed_table && style.width != Extent::Auto {
            return measures(&style, x, available, None);
        }
        let columns = self.auto_columns(node, rows);
        let inset = inset(&style, available);
        let gaps = gaps(&node.style, columns.len());
        let margins =
            style.margin.left.within(available).unwrap_or(0.0) + style.margin.right.within(available).unwrap_or(0.0);
        let around = inset.left + inset.right + gaps;
        let asked = asked_width(&style, available, inset).map(|width| width - around);
        let widths = columns::auto(&columns, asked, available - margins - around);
        let width = widths.iter().sum::<f32>() + around;
        let mut frame = measures(&style, x, available, Some(width));
        frame.width = frame.width.max(width);
        frame
    }

    /// The widths of the columns within the table's box.
    pub(crate) fn table_columns(&mut self, node: &Node, rows: &[&TableRow<'_>], frame: &Measures) -> Columns {
        let style = &node.style;
        let fixed = style.fixed_table && style.width != Extent::Auto;
        let columns = if fixed { asked_columns(node, rows.first().copied()) } else { self.auto_columns(node, rows) };
        let room = frame.content_width() - gaps(style, columns.len());
        let widths = if fixed { columns::fixed(&columns, room) } else { columns::auto(&columns, Some(room), room) };
        place_columns(style, widths, frame)
    }

    fn auto_columns(&mut self, node: &Node, rows: &[&TableRow<'_>]) -> Vec<Column> {
        let mut columns = asked_columns(node, None);
        let mut wide = Vec::new();
        for row in rows {
            for (from, to, cell) in row.spans() {
                columns.resize(columns.len().max(to.min(MAX_COLUMNS)), Column::default());
                if to - from > 1 {
                    wide.push((from, to, cell));
                    continue;
                }
                let Some(column) = columns.get_mut(from) else { continue };
                if column.asked == Extent::Auto {
                    column.asked = cell_asks(cell);
                }
                column.content = column.content.stacked(self.content_widths(cell).plus(cell_around(cell)));
            }
        }
        for (from, to, cell) in wide {
            let wanted = self.content_widths(cell).plus(cell_around(cell));
            let Some(columns) = columns.get_mut(from..to) else { continue };
            spread(columns, wanted);
        }
        columns
    }
}

/// Lets columns grow alike until a cell over all of them has its room.
fn spread(columns: &mut [Column], wanted: Widths) {
    let have = columns.iter().fold(Widths::default(), |sum, column| sum.beside(column.content));
    let count = columns.len() as f32;
    for column in columns {
        column.content.least += (wanted.least - have.least).max(0.0) / count;
        column.content.most += (wanted.most - have.most).max(0.0) / count;
        column.content.most = column.content.most.max(column.content.least);
    }
}

/// A cell's padding and half of its collapsed borders, or all of its own.
fn cell_around(cell: &Node) -> f32 {
    let inset = inset(&cell.style, 0.0);
    let borders = cell.style.border.left.width + cell.style.border.right.width;
    inset.left + inset.right - if cell.style.collapse { borders / 2.0 } else { 0.0 }
}

/// The column width that a cell asks for; a length is the content's, so padding comes on top.
fn cell_asks(cell: &Node) -> Extent {
    match cell.style.width {
        Extent::Points(points) if !cell.style.border_box => Extent::Points(points + cell_around(cell)),
        other => other,
    }
}

/// What `col` elements, and in fixed layout the first row's cells, ask for.
pub(crate) fn asked_columns(node: &Node, first_row: Option<&TableRow<'_>>) -> Vec<Column> {
    let mut columns: Vec<Column> = node
        .children_shown_as(Display::TableColumnGroup)
        .flat_map(|group| group.children_shown_as(Display::TableColumn))
        .map(|col| Column { asked: col.style.width, content: Widths::default() })
        .take(MAX_COLUMNS)
        .collect();
    for (from, to, cell) in first_row.iter().flat_map(|row| row.spans()) {
        columns.resize(columns.len().max(to.min(MAX_COLUMNS)), Column::default());
        for column in columns.get_mut(from..to).into_iter().flatten() {
            if column.asked == Extent::Auto {
                column.asked = match cell_asks(cell) {
                    Extent::Points(points) => Extent::Points(points / (to - from) as f32),
                    Extent::Part(part) => Extent::Part(part / (to - from) as f32),
                    Extent::Auto | Extent::Sum { .. } => Extent::Auto,
                };
            }
        }
    }
    columns
}

/// The room that spacing takes between and around columns.
fn gaps(style: &Style, columns: usize) -> f32 {
    if style.collapse { 0.0 } else { style.border_spacing.0 * (columns + 1) as f32 }
}

/// Puts columns beside each other.
pub(crate) fn place_columns(style: &Style, widths: Vec<f32>, frame: &Measures) -> Columns {
    let gap = if style.collapse { 0.0 } else { style.border_spacing.0 };
    let mut x = frame.content_x() + gap;
    let place = |width: &f32| {
        let left = x;
        x += width + gap;
        left
    };
    let x = widths.iter().map(place).collect();
    let row_spacing = if style.collapse { 0.0 } else { style.border_spacing.1 };
    Columns { x, width: widths, row_spacing, collapse: style.collapse }
}

/// The style of the table's own box: with collapsed borders it has no padding.
pub(crate) fn frame_style(style: &Style) -> Style {
    let mut frame = style.clone();
    if style.collapse {
        frame.padding = Style::default().padding;
    }
    frame
}
