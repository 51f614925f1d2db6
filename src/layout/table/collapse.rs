//! Collapsed borders: which of the borders that meet is drawn (CSS 2.1 §17.6.2).

use crate::{
    layout::table::grid::{Grid, Section},
    template::style::{Border, Direction, LineStyle, Sides, Style},
};

/// Of two borders that meet, the wider one is drawn, of equally wide ones the one whose style catches the eye more,
/// and else the first: cells come before rows, groups, columns and the table, left before right, top before bottom.
pub(crate) fn stronger(first: Border, second: Border) -> Border {
    if strength(second) > strength(first) { second } else { first }
}

fn strength(border: Border) -> (f32, u8) {
    let line = match border.line {
        LineStyle::Double => 7,
        LineStyle::Solid => 6,
        LineStyle::Dashed => 5,
        LineStyle::Dotted => 4,
        LineStyle::Ridge => 3,
        LineStyle::Outset => 2,
        LineStyle::Groove => 1,
        LineStyle::Inset => 0,
    };
    (border.width, if border.width > 0.0 { line } else { 0 })
}

/// The lines between the slots of some rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Edges {
    columns: usize,
    rows: usize,
    /// Whether columns run from right to left.
    rtl: bool,
    /// Lines across: above each row and below the last, by column.
    across: Vec<Border>,
    /// Lines down: before each column and after the last, by row.
    down: Vec<Border>,
    /// Which lines lie within a cell and are never drawn; nothing when none does.
    within: Option<Box<Within>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Within {
    across: Vec<bool>,
    down: Vec<bool>,
}

/// A part of the grid.
#[derive(Debug, Clone)]
pub(crate) struct Area {
    pub(crate) row: usize,
    pub(crate) rows: usize,
    pub(crate) column: usize,
    pub(crate) columns: usize,
}

impl Edges {
    /// No lines yet.
    pub(crate) fn new(rows: usize, columns: usize, rtl: bool) -> Self {
        Self {
            columns,
            rows,
            rtl,
            across: vec![Border::default(); (rows + 1) * columns],
            down: vec![Border::default(); rows * (columns + 1)],
            within: None,
        }
    }

    /// The lines of a whole table.
    pub(crate) fn of_table(grid: &Grid<'_>, table: &Style) -> Self {
        let (rows, columns) = (grid.row_count(), grid.columns);
        let mut edges = Self::new(rows, columns, table.direction == Direction::Rtl);
        let mut first = 0;
        for section in &grid.sections {
            for (index, row) in section.rows.iter().enumerate() {
                for cell in &row.cells {
                    let area = Area { row: first + index, rows: cell.rows, column: cell.column, columns: cell.columns };
                    edges.surround(&area, &cell.node.style.border);
                    edges.join(&area);
                }
            }
            first += section.rows.len();
        }
        edges.rows_and_sections(&grid.sections);
        let column = |index: usize| Area { row: 0, rows, column: index, columns: 1 };
        for (index, col) in grid.cols.iter().enumerate() {
            edges.surround(&column(index), &col.own.border);
        }
        for (index, col) in grid.cols.iter().enumerate() {
            let Some(group) = &col.group else { continue };
            let same = |other: usize| {
                let other = grid.cols.get(other).and_then(|col| col.group.as_ref());
                other.is_some_and(|other| std::sync::Arc::ptr_eq(other, group))
            };
            let mut border = group.border;
            let (start, end) = match edges.rtl {
                true => (&mut border.right, &mut border.left),
                false => (&mut border.left, &mut border.right),
            };
            if index > 0 && same(index - 1) {
                *start = Border::default();
            }
            if same(index + 1) {
                *end = Border::default();
            }
            edges.surround(&column(index), &border);
        }
        edges.surround(&Area { row: 0, rows, column: 0, columns }, &table.border);
        edges
    }

    fn rows_and_sections(&mut self, sections: &[Section<'_>]) {
        let columns = self.columns;
        let mut first = 0;
        for section in sections {
            for (index, row) in section.rows.iter().enumerate() {
                let area = Area { row: first + index, rows: 1, column: 0, columns };
                self.surround(&area, &row.node.style.border);
            }
            first += section.rows.len();
        }
        first = 0;
        for section in sections {
            let area = Area { row: first, rows: section.rows.len(), column: 0, columns };
            self.surround(&area, &section.node.style.border);
            first += section.rows.len();
        }
    }

    /// Lets the borders of something compete with those that are there.
    pub(crate) fn surround(&mut self, area: &Area, border: &Sides<Border>) {
        if area.rows == 0 || area.columns == 0 {
            return;
        }
        for column in area.column..area.column + area.columns {
            self.compete_across(area.row, column, border.top);
            self.compete_across(area.row + area.rows, column, border.bottom);
        }
        let (start, end) = if self.rtl { (border.right, border.left) } else { (border.left, border.right) };
        for row in area.row..area.row + area.rows {
            self.compete_down(row, area.column, start);
            self.compete_down(row, area.column + area.columns, end);
        }
    }

    /// The same for a line across, above `row`.
    pub(crate) fn compete_across(&mut self, row: usize, column: usize, border: Border) {
        let at = row * self.columns + column;
        if self.within.as_ref().is_none_or(|within| !within.across[at]) {
            self.across[at] = stronger(self.across[at], border);
        }
    }

    fn compete_down(&mut self, row: usize, line: usize, border: Border) {
        let at = row * (self.columns + 1) + line;
        if self.within.as_ref().is_none_or(|within| !within.down[at]) {
            self.down[at] = stronger(self.down[at], border);
        }
    }

    /// Says that an area is one cell: no line runs through it.
    pub(crate) fn join(&mut self, area: &Area) {
        if area.rows == 1 && area.columns == 1 {
            return;
        }
        let (across, down) = (self.across.len(), self.down.len());
        let within = self
            .within
            .get_or_insert_with(|| Box::new(Within { across: vec![false; across], down: vec![false; down] }));
        for row in area.row..area.row + area.rows {
            for column in area.column..area.column + area.columns {
                if row > area.row {
                    within.across[row * self.columns + column] = true;
                }
                if column > area.column {
                    within.down[row * (self.columns + 1) + column] = true;
                }
            }
        }
    }

    /// Lets the lines of a row above compete with the topmost ones; of equals, those win.
    pub(crate) fn meet(&mut self, above: &[Border]) {
        for (own, above) in self.across.iter_mut().take(self.columns).zip(above) {
            *own = stronger(*above, *own);
        }
    }

    /// The lines above a row, by column; those below the last row are above the one after it.
    pub(crate) fn above(&self, row: usize) -> &[Border] {
        &self.across[row * self.columns..(row + 1) * self.columns]
    }

    /// The lines before each column of a row, and after the last.
    pub(crate) fn beside(&self, row: usize) -> &[Border] {
        &self.down[row * (self.columns + 1)..(row + 1) * (self.columns + 1)]
    }

    /// The lines around some of the rows.
    pub(crate) fn part(&self, rows: std::ops::Range<usize>) -> Self {
        Self {
            columns: self.columns,
            rows: rows.len(),
            rtl: self.rtl,
            across: self.across[rows.start * self.columns..(rows.end + 1) * self.columns].to_vec(),
            down: self.down[rows.start * (self.columns + 1)..rows.end * (self.columns + 1)].to_vec(),
            within: None,
        }
    }

    /// Half of the lines around an area: what it has of them as its border.
    pub(crate) fn halves(&self, area: &Area) -> Sides<f32> {
        let across = |row: usize| widest(&self.above(row)[area.column..area.column + area.columns]);
        let rows = || area.row..area.row + area.rows;
        let down = |line: usize| rows().map(|row| self.beside(row)[line].width).fold(0.0, f32::max);
        let (start, end) = (down(area.column) / 2.0, down(area.column + area.columns) / 2.0);
        let (left, right) = if self.rtl { (end, start) } else { (start, end) };
        Sides { top: across(area.row) / 2.0, right, bottom: across(area.row + area.rows) / 2.0, left }
    }

    /// Half of the lines around everything: what the table has of them as its border.
    pub(crate) fn outer(&self) -> Sides<f32> {
        match self.rows == 0 || self.columns == 0 {
            true => Sides::default(),
            false => self.halves(&Area { row: 0, rows: self.rows, column: 0, columns: self.columns }),
        }
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }
}

/// The width of the widest of some lines.
pub(crate) fn widest(borders: &[Border]) -> f32 {
    borders.iter().map(|border| border.width).fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn border(width: f32, line: LineStyle) -> Border {
        Border { width, line, ..Border::default() }
    }

    #[test]
    fn wider_then_bolder_then_first() {
        let (thin, thick) = (border(1.0, LineStyle::Double), border(2.0, LineStyle::Inset));
        assert_eq!(stronger(thin, thick), thick);
        let (dashed, double) = (border(1.0, LineStyle::Dashed), border(1.0, LineStyle::Double));
        assert_eq!(stronger(dashed, double), double);
        let red = Border { color: crate::layout::page::Color::rgb(255, 0, 0), ..dashed };
        assert_eq!(stronger(dashed, red), dashed);
    }

    #[test]
    fn no_line_runs_through_a_cell() {
        let mut edges = Edges::new(2, 2, false);
        let cell = Area { row: 0, rows: 2, column: 0, columns: 1 };
        edges.join(&cell);
        let sides = border(4.0, LineStyle::Solid);
        edges.surround(
            &Area { row: 0, rows: 1, column: 0, columns: 2 },
            &Sides { top: sides, right: sides, bottom: sides, left: sides },
        );
        assert_eq!([edges.above(1)[0].width, edges.above(1)[1].width], [0.0, 4.0]);
        assert_eq!(edges.halves(&cell), Sides { top: 2.0, right: 0.0, bottom: 0.0, left: 2.0 });
    }
}
