//! The grid of a table held in memory: which cell stands in which rows and columns (HTML §4.9.12).

use std::sync::Arc;

use crate::{
    layout::{
        error::LayoutError,
        fill::node::{Kind, Node},
    },
    template::style::{Display, Extent, Style},
};

/// More columns than this are a mistake.
pub(crate) const MAX_COLUMNS: usize = 1000;

/// A table taken apart.
pub(crate) struct Grid<'n> {
    /// Its rows in groups, in the order in which they are printed.
    pub(crate) sections: Vec<Section<'n>>,
    /// How many columns there are.
    pub(crate) columns: usize,
    /// What `col` and `colgroup` say of them, from the first.
    pub(crate) cols: Vec<ColumnStyles>,
}

/// The styles of a column and of its group.
#[derive(Clone)]
pub(crate) struct ColumnStyles {
    pub(crate) own: Arc<Style>,
    pub(crate) group: Option<Arc<Style>>,
}

/// A row group.
pub(crate) struct Section<'n> {
    pub(crate) node: &'n Node,
    pub(crate) place: Place,
    pub(crate) rows: Vec<GridRow<'n>>,
}

/// What becomes of a row group at the ends of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Repeated at the top of each page.
    Head,
    Body,
    /// Repeated at the bottom of each page.
    Foot,
}

pub(crate) struct GridRow<'n> {
    pub(crate) node: &'n Node,
    pub(crate) cells: Vec<GridCell<'n>>,
}

/// A cell with its first column, and how many columns and rows it takes.
#[derive(Clone, Copy)]
pub(crate) struct GridCell<'n> {
    pub(crate) node: &'n Node,
    pub(crate) column: usize,
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

impl<'n> Grid<'n> {
    /// Finds every cell's place.
    pub(crate) fn new(table: &'n Node) -> Result<Self, LayoutError> {
        let (mut head, mut bodies, mut foot) = (None, Vec::new(), None);
        for group in table.children() {
            let place = match group.style.display {
                Display::TableHeaderGroup if head.is_none() => Place::Head,
                Display::TableFooterGroup if foot.is_none() => Place::Foot,
                Display::TableHeaderGroup | Display::TableRowGroup | Display::TableFooterGroup => Place::Body,
                _ => continue,
            };
            let section = Section::new(group, place)?;
            match place {
                Place::Head => head = Some(section),
                Place::Body => bodies.push(section),
                Place::Foot => foot = Some(section),
            }
        }
        let sections: Vec<Section<'_>> = head.into_iter().chain(bodies).chain(foot).collect();
        let cols = cols(table);
        let cells = sections.iter().flat_map(|section| &section.rows).flat_map(|row| &row.cells);
        let columns = cells.map(|cell| cell.column + cell.columns).max().unwrap_or(0).max(cols.len());
        Ok(Self { sections, columns, cols })
    }

    /// The grid of a table all of whose rows are known.
    pub(crate) fn whole(table: &'n Node) -> Result<Self, LayoutError> {
        let mut grid = Self::new(table)?;
        if !table.style.fixed_table {
            grid.merge_columns();
        }
        Ok(grid)
    }

    /// Makes columns one between which no cell begins or ends, as browsers do: no room is left between them.
    fn merge_columns(&mut self) {
        let mut begins = vec![false; self.columns + 1];
        begins[0] = true;
        for cell in self.sections.iter().flat_map(|section| &section.rows).flat_map(|row| &row.cells) {
            begins[cell.column] = true;
            begins[cell.column + cell.columns] = true;
        }
        begins.iter_mut().take(self.cols.len() + 1).for_each(|begins| *begins = true);
        if begins[..self.columns].iter().all(|begins| *begins) {
            return;
        }
        let mut count = 0;
        let number = |begins: &bool| {
            count += usize::from(*begins);
            count - 1
        };
        let numbers: Vec<usize> = begins.iter().map(number).collect();
        for cell in self.sections.iter_mut().flat_map(|section| &mut section.rows).flat_map(|row| &mut row.cells) {
            let end = numbers[cell.column + cell.columns];
            cell.column = numbers[cell.column];
            cell.columns = end - cell.column;
        }
        self.columns = numbers[self.columns];
    }

    /// How many rows there are.
    pub(crate) fn row_count(&self) -> usize {
        self.sections.iter().map(|section| section.rows.len()).sum()
    }
}

impl<'n> Section<'n> {
    fn new(node: &'n Node, place: Place) -> Result<Self, LayoutError> {
        let nodes: Vec<&Node> = node.children_shown_as(Display::TableRow).collect();
        let mut rows = Vec::with_capacity(nodes.len());
        // The first row in which each column is free again.
        let mut free_from: Vec<usize> = Vec::new();
        for (index, &node) in nodes.iter().enumerate() {
            let mut column = 0;
            let mut cells = Vec::new();
            for cell in node.children() {
                let Kind::Cell { span, rows, .. } = cell.kind else { continue };
                while free_from.get(column).is_some_and(|free| *free > index) {
                    column += 1;
                }
                if column + span > MAX_COLUMNS {
                    return Err(LayoutError::TooManyCells(MAX_COLUMNS));
                }
                let left = nodes.len() - index;
                let rows = if rows == 0 { left } else { rows.min(left) };
                free_from.resize(free_from.len().max(column + span), 0);
                free_from[column..column + span].fill(index + rows);
                cells.push(GridCell { node: cell, column, columns: span, rows });
                column += span;
            }
            rows.push(GridRow { node, cells });
        }
        Ok(Self { node, place, rows })
    }

    /// Stretches of rows that share cells, so that they are set together; nearly always of one row.
    pub(crate) fn bands(&self) -> Vec<std::ops::Range<usize>> {
        let mut bands = Vec::with_capacity(self.rows.len());
        let (mut start, mut end) = (0, 0);
        for (index, row) in self.rows.iter().enumerate() {
            end = row.cells.iter().map(|cell| index + cell.rows).fold(end.max(index + 1), usize::max);
            if end == index + 1 {
                bands.push(start..end);
                start = end;
            }
        }
        bands
    }
}

/// The styles of columns, from the first.
fn cols(table: &Node) -> Vec<ColumnStyles> {
    let mut cols = Vec::new();
    for group in table.children_shown_as(Display::TableColumnGroup) {
        let own = group.children_shown_as(Display::TableColumn);
        let mut styles: Vec<ColumnStyles> = own
            .flat_map(|col| {
                let styles = ColumnStyles { own: col.style.clone(), group: Some(group.style.clone()) };
                std::iter::repeat_n(styles, col.column_span())
            })
            .collect();
        if styles.is_empty() {
            let alone = ColumnStyles { own: group.style.clone(), group: None };
            styles = std::iter::repeat_n(alone, group.column_span()).collect();
        } else {
            // A group's width is that of its columns which ask for none.
            for styles in styles.iter_mut().filter(|styles| styles.own.width == Extent::Auto) {
                if group.style.width != Extent::Auto {
                    let mut own = (*styles.own).clone();
                    own.width = group.style.width;
                    styles.own = Arc::new(own);
                }
            }
        }
        cols.extend(styles);
    }
    cols.truncate(MAX_COLUMNS);
    cols
}
