//! How wide a table and its columns are.

use crate::{
    layout::{
        boxes::sizing::{Around, Measures, asked_width, bounded_width, inset, measures},
        composer::Composer,
        fill::node::Node,
        table::collapse::{Area, Edges},
        table::columns::{self, Column},
        table::grid::{ColumnStyles, Grid, GridCell, GridRow},
        table::place::{Columns, gaps, spacing},
    },
    template::style::{Break, Display, Extent, Sides, Style},
};

/// Where a table's box stands, and its columns in it.
pub(crate) struct Frame {
    pub(crate) measures: Measures,
    pub(crate) columns: Columns,
    /// The style of the box around the rows: margins are outside of captions, collapsed borders belong to the cells.
    pub(crate) style: Style,
}

impl Frame {
    /// A table whose box and columns are known.
    pub(crate) fn new(style: &Style, around: Sides<f32>, width: f32, widths: Vec<f32>, outside: Around) -> Self {
        let mut measures = measures(style, outside, Some(width));
        // A table is never narrower than its columns, and its margins have to live with that.
        if measures.width != width {
            let wide = Style { width: Extent::Points(width), border_box: true, ..style.clone() };
            let free = Style { min_width: Extent::Auto, max_width: Extent::Auto, ..wide };
            measures = self::measures(&free, outside, Some(width));
        }
        measures.inset = around;
        let columns = Columns::new(style, widths, &measures);
        let none = Extent::Points(0.0);
        let mut own = style.clone();
        (own.margin.top, own.margin.bottom, own.keep_together) = (none, none, false);
        own.break_before = Break::Auto;
        // Rows share these heights, and a table grows over the greatest.
        (own.height, own.min_height, own.max_height) = (Extent::Auto, Extent::Auto, Extent::Auto);
        if style.collapse {
            own.border = Sides::default();
        }
        Self { measures, columns, style: own }
    }
}

/// Padding and border of a table's box; where borders collapse, half of the outer ones.
pub(crate) fn around(style: &Style, edges: Option<&Edges>, available: f32) -> Sides<f32> {
    edges.map_or_else(|| inset(style, available), Edges::outer)
}

impl Composer<'_> {
    /// The frame of a table held in memory.
    pub(crate) fn table_frame(
        &mut self,
        node: &Node,
        grid: &Grid<'_>,
        edges: Option<&Edges>,
        x: f32,
        available: f32,
    ) -> Frame {
        let style = &node.style;
        let inset = around(style, edges, available);
        let around = inset.left + inset.right + gaps(style, grid.columns);
        if style.fixed_table && style.width != Extent::Auto {
            let first = grid.sections.iter().find_map(|section| section.rows.first());
            let asked = asked_columns(&grid.cols, first, grid.columns, edges, spacing(style).0);
            let width = asked_width(style, available, inset).unwrap_or(available);
            let widths = columns::fixed(&asked, (width - around).max(0.0));
            let width = width.max(widths.iter().sum::<f32>() + around);
            return Frame::new(style, inset, width, widths, self.around(x, available));
        }
        let columns = self.auto_columns(grid, edges, spacing(style).0);
        let wanted = columns::together(&columns).plus(around);
        let sides = [style.margin.left, style.margin.right];
        let margins: f32 = sides.iter().filter_map(|margin| margin.within(available)).sum();
        let width = asked_width(style, available, inset)
            .unwrap_or_else(|| bounded_width(style, available, inset, wanted.most.min(available - margins)));
        let width = width.max(wanted.least).max(self.captions_least(node));
        let widths = columns::distribute(&columns, width - around);
        Frame::new(style, inset, width, widths, self.around(x, available))
    }

    /// The narrowest and the natural width of a table's box, without its margins.
    pub(crate) fn table_widths(&mut self, node: &Node) -> crate::layout::boxes::measure::Widths {
        let Ok(grid) = Grid::whole(node) else { return Default::default() };
        let style = &node.style;
        let edges = style.collapse.then(|| Edges::of_table(&grid, style));
        let inset = around(style, edges.as_ref(), 0.0);
        let around = inset.left + inset.right + gaps(style, grid.columns);
        let columns = self.auto_columns(&grid, edges.as_ref(), spacing(style).0);
        let mut widths = columns::together(&columns).plus(around);
        if matches!(style.width, Extent::Points(_)) {
            let asked = asked_width(style, 0.0, inset).unwrap_or(0.0);
            (widths.least, widths.most) = (widths.least.max(asked), widths.least.max(asked));
        }
        let caption = self.captions_least(node);
        let bounded = |width: f32| bounded_width(style, 0.0, inset, width);
        let least = bounded(widths.least).max(widths.least).max(caption);
        crate::layout::boxes::measure::Widths { least, most: bounded(widths.most).max(least) }
    }

    /// A table is as wide as the longest word of its captions.
    fn captions_least(&mut self, node: &Node) -> f32 {
        let captions: Vec<&Node> = node.children_shown_as(Display::TableCaption).collect();
        captions.into_iter().map(|caption| self.widths(caption).least).fold(0.0, f32::max)
    }

    fn auto_columns(&mut self, grid: &Grid<'_>, edges: Option<&Edges>, gap: f32) -> Vec<Column> {
        let mut columns: Vec<Column> = grid.cols.iter().map(|col| Column::of(&col.own)).collect();
        columns.resize(grid.columns, Column::default());
        let mut spanning = Vec::new();
        let mut first = 0;
        for section in &grid.sections {
            for (index, row) in section.rows.iter().enumerate() {
                for cell in &row.cells {
                    let around = cell_around(cell, first + index, edges);
                    let content = self.content_widths(cell.node).plus(around);
                    let asks = Column::of_cell(&cell.node.style, content, around);
                    match cell.columns {
                        1 => columns[cell.column].take(asks),
                        _ => spanning.push((cell.columns, cell.column, asks)),
                    }
                }
            }
            first += section.rows.len();
        }
        spanning.sort_by_key(|(count, column, _)| (*count, *column));
        for (count, column, asks) in spanning {
            columns::take_spanning(&mut columns[column..column + count], asks, gap);
        }
        columns::bound_parts(&mut columns);
        columns
    }
}

/// A cell's padding and borders to its sides, or its halves of collapsed ones.
fn cell_around(cell: &GridCell<'_>, row: usize, edges: Option<&Edges>) -> f32 {
    let style = &cell.node.style;
    let inset = inset(style, 0.0);
    let Some(edges) = edges else { return inset.left + inset.right };
    let area = Area { row, rows: cell.rows, column: cell.column, columns: cell.columns };
    let halves = edges.halves(&area);
    inset.left + inset.right - style.border.left.width - style.border.right.width + halves.left + halves.right
}

/// The widths that `col` elements and the first row's cells ask for, in fixed layout.
pub(crate) fn asked_columns(
    cols: &[ColumnStyles],
    first_row: Option<&GridRow<'_>>,
    count: usize,
    edges: Option<&Edges>,
    gap: f32,
) -> Vec<Extent> {
    let mut asked: Vec<Extent> = cols.iter().map(|col| col.own.width).collect();
    asked.resize(asked.len().max(count), Extent::Auto);
    for cell in first_row.iter().flat_map(|row| &row.cells) {
        let style = &cell.node.style;
        let around = if style.border_box { 0.0 } else { cell_around(cell, 0, edges) };
        let columns = cell.columns as f32;
        let each = match style.width {
            Extent::Points(points) => Extent::Points((points + around - gap * (columns - 1.0)).max(0.0) / columns),
            // Padding and borders come on top of a part too.
            Extent::Part(part) => Extent::Sum { part: part / columns, points: around / columns },
            Extent::Auto | Extent::Sum { .. } => Extent::Auto,
        };
        let open = asked.get_mut(cell.column..cell.column + cell.columns).into_iter().flatten();
        open.filter(|asked| **asked == Extent::Auto).for_each(|asked| *asked = each);
    }
    asked
}
