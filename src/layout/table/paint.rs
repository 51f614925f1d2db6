//! What is behind the cells of a band: backgrounds of groups, columns, rows and cells, and the borders.

use std::sync::Arc;

use crate::{
    layout::{
        boxes::border::edge,
        page::{Item, Rect},
        table::band::{BandPlan, Bench, CellPlan},
        table::collapse::{Edges, widest},
        table::place::Columns,
    },
    template::style::{Border, Sides, Style},
};

/// Draws a band's boxes, from back to front: groups of rows, columns' groups, columns, rows, cells.
pub(crate) fn band(items: &mut Vec<Item>, columns: &Columns, plan: &BandPlan, bench: &Bench) {
    let (x, width) = columns.all();
    for (index, row) in plan.rows.iter().enumerate() {
        let (y, height) = (bench.tops[index], bench.height(index));
        if let Some((group, below)) = &row.group {
            fill(items, group, Rect { x, y, width, height: height + below });
        }
    }
    for cell in shown(plan, bench) {
        let area = area(cell, bench);
        cell.behind.iter().flatten().for_each(|style| fill(items, style, area));
    }
    for (index, row) in plan.rows.iter().enumerate() {
        fill(items, &row.style, Rect { x, y: bench.tops[index], width, height: bench.height(index) });
    }
    for cell in shown(plan, bench) {
        let area = area(cell, bench);
        fill(items, &cell.style, area);
        borders(items, &cell.border, area);
    }
    if let Some(edges) = &plan.edges {
        collapsed(items, columns, edges, &bench.tops, plan.shares_top);
    }
}

/// The cells whose boxes are drawn.
fn shown<'p>(plan: &'p BandPlan, bench: &'p Bench) -> impl Iterator<Item = &'p CellPlan> {
    let separate = plan.edges.is_none();
    plan.cells.iter().zip(&bench.cells).filter_map(move |(cell, set)| {
        let hidden = cell.style.hidden || (separate && cell.style.hides_empty_cells && set.is_empty());
        (!hidden).then_some(cell)
    })
}

fn area(cell: &CellPlan, bench: &Bench) -> Rect {
    let (y, height) = bench.extent(cell);
    Rect { x: cell.x, y, width: cell.width, height }
}

fn fill(items: &mut Vec<Item>, style: &Arc<Style>, area: Rect) {
    if let Some(color) = style.background {
        items.push(Item::Fill { area, color });
    }
}

/// The borders of one cell, within its box.
fn borders(items: &mut Vec<Item>, border: &Sides<Border>, area: Rect) {
    let Rect { x, y, width, height } = area;
    let Sides { top, right, bottom, left } = border;
    let sides = [
        (top, Rect { x, y, width, height: top.width }),
        (bottom, Rect { x, y: y + height - bottom.width, width, height: bottom.width }),
        (left, Rect { x, y, width: left.width, height }),
        (right, Rect { x: x + width - right.width, y, width: right.width, height }),
    ];
    for (border, area) in sides {
        line(items, *border, area);
    }
}

fn line(items: &mut Vec<Item>, border: Border, area: Rect) {
    if border.width > 0.0 && area.width > 0.0 && area.height > 0.0 {
        items.push(edge(area, border.color, border.line.dash()));
    }
}

/// Collapsed lines, each in the middle between its cells; lines across reach to the outer edges of the lines down.
pub(crate) fn collapsed(items: &mut Vec<Item>, columns: &Columns, edges: &Edges, tops: &[f32], shares_top: bool) {
    for row in 0..edges.rows() {
        for (at, border) in edges.beside(row).iter().enumerate() {
            let x = columns.line(at) - border.width / 2.0;
            line(items, *border, Rect { x, y: tops[row], width: border.width, height: tops[row + 1] - tops[row] });
        }
    }
    for (row, top) in tops.iter().enumerate().skip(usize::from(shares_top)) {
        let across = edges.above(row);
        let beside = |at: usize| {
            let rows = row.saturating_sub(1)..(row + 1).min(edges.rows());
            rows.map(|row| edges.beside(row)[at].width).fold(0.0, f32::max) / 2.0
        };
        let mut from = 0;
        while from < across.len() {
            // Neighbours that look alike are one line.
            let alike = across[from..].iter().take_while(|border| **border == across[from]).count();
            let border = across[from];
            let (start, end) = (columns.line(from), columns.line(from + alike));
            let (left, right) = if start <= end { (from, from + alike) } else { (from + alike, from) };
            let x = start.min(end) - beside(left);
            let width = start.max(end) + beside(right) - x;
            line(items, border, Rect { x, y: top - border.width / 2.0, width, height: border.width });
            from += alike;
        }
    }
}

/// Whether all lines of one row of lines are drawn by the band above, which had these below it.
pub(crate) fn are_drawn(above: &[Border], edges: &Edges) -> bool {
    widest(above) > 0.0 && edges.above(0) == above
}
