//! Tables: [`grid`] finds the places of cells, [`frame`] and [`columns`] the widths, [`heights`] those of rows,
//! [`collapse`] the borders that are drawn; a [`band`] of rows becomes one strip of the galley.
//!
//! This module lays out tables held in memory; [`stream`] does those whose rows are pulled one at a time.
//!
//! **Invariant:** tables in memory are as Chromium prints them; streamed ones differ only in what can't be known
//! before the last row.

pub(crate) mod band;
pub(crate) mod collapse;
pub(crate) mod columns;
mod frame;
pub(crate) mod grid;
mod groups;
mod heights;
mod paint;
mod place;
mod shape;
mod stream;
mod tagging;

use std::{ops::Range, rc::Rc};

use crate::{
    layout::{
        composer::Composer,
        error::LayoutError,
        fill::node::Node,
        page::TagId,
        paged::canvas,
        paged::galley::{Event, Galley, Head, Strip},
        table::band::{BandPlan, CellContent, CellSpec, RowPlan},
        table::collapse::{Area, Edges},
        table::frame::Frame,
        table::grid::{Grid, Place, Section},
        table::heights::RowHeight,
        table::place::Columns,
    },
    template::style::{Break, Display, Extent, Style},
};

/// A table's rows, planned.
struct Planned<'n> {
    grid: &'n Grid<'n>,
    frame: &'n Frame,
    /// By section.
    bands: Vec<Vec<(BandPlan, Range<usize>)>>,
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
        let grid = Grid::whole(node)?;
        let edges = node.style.collapse.then(|| Edges::of_table(&grid, &node.style));
        let frame = self.table_frame(node, &grid, edges.as_ref(), x, available);
        let mut planned = Planned { grid: &grid, frame: &frame, bands: self.plan(&grid, &frame, edges.as_ref()) };
        let points = |extent| if let Extent::Points(points) = extent { points } else { 0.0 };
        let height = points(node.style.height).max(points(node.style.min_height));
        if height > 0.0 {
            let around = frame.measures.inset.top + frame.measures.inset.bottom;
            let around = if node.style.border_box { around } else { 0.0 };
            self.stretch(&mut planned, height - around)?;
        }
        self.in_frame(galley, node, &frame, available, |composer, galley| composer.sections(galley, &planned))
    }

    /// Puts captions, margins and the table's box around its rows.
    fn in_frame(
        &mut self,
        galley: &mut Galley,
        node: &Node,
        frame: &Frame,
        available: f32,
        rows: impl FnOnce(&mut Self, &mut Galley) -> Result<(), LayoutError>,
    ) -> Result<(), LayoutError> {
        let style = &node.style;
        let tag = self.open_table_part(node.element);
        galley.margin_above(style.margin.top.within(available).unwrap_or(0.0));
        if style.keep_together {
            galley.begin(Event::KeepStart);
        }
        if style.break_before == Break::Avoid {
            galley.keep_with_next();
        }
        self.captions(galley, node, frame, false)?;
        self.framed(galley, &frame.style, &frame.measures, available, rows)?;
        self.captions(galley, node, frame, true)?;
        if style.keep_together {
            galley.end(Event::KeepEnd);
        }
        galley.margin_below(style.margin.bottom.within(available).unwrap_or(0.0));
        self.tags.close(tag);
        Ok(())
    }

    /// Captions stay with their table.
    fn captions(&mut self, galley: &mut Galley, node: &Node, frame: &Frame, below: bool) -> Result<(), LayoutError> {
        for caption in node.children_shown_as(Display::TableCaption) {
            if caption.style.caption_below != below {
                continue;
            }
            if below {
                galley.keep_with_next();
            }
            let tag = self.open_table_part(caption.element);
            self.block(galley, caption, frame.measures.x, frame.measures.width)?;
            self.tags.close(tag);
            if !below {
                galley.keep_with_next();
            }
        }
        Ok(())
    }

    fn plan(&self, grid: &Grid<'_>, frame: &Frame, edges: Option<&Edges>) -> Vec<Vec<(BandPlan, Range<usize>)>> {
        let mut first = 0;
        let mut plans = Vec::with_capacity(grid.sections.len());
        let repeats = grid.sections.first().is_some_and(|section| section.place == Place::Head);
        for section in &grid.sections {
            let bands = section.bands().into_iter().map(|rows| {
                let edges = edges.map(|edges| edges.part(first + rows.start..first + rows.end));
                let mut plan = self.plan_band(grid, section, rows.clone(), frame, edges);
                // Lines between rows are drawn once; at the top of a page it is the head's rows that draw them.
                plan.shares_top = repeats && first + rows.start > 0;
                (plan, rows)
            });
            plans.push(bands.collect());
            first += section.rows.len();
        }
        plans
    }

    fn plan_band(
        &self,
        grid: &Grid<'_>,
        section: &Section<'_>,
        rows: Range<usize>,
        frame: &Frame,
        edges: Option<Edges>,
    ) -> BandPlan {
        let gap = frame.columns.spacing.1;
        let plans = rows.clone().map(|index| {
            let below = if index + 1 < section.rows.len() { gap } else { 0.0 };
            let group = section.node.style.background.map(|_| (section.node.style.clone(), below));
            RowPlan::new(&section.rows[index].node.style, group)
        });
        let cells = rows.clone().flat_map(|index| {
            section.rows[index].cells.iter().map(move |cell| {
                let col = grid.cols.get(cell.column);
                let behind = [col.and_then(|col| col.group.clone()), col.map(|col| col.own.clone())];
                let row = index - rows.start;
                let area = Area { row, rows: cell.rows, column: cell.column, columns: cell.columns };
                CellSpec { element: cell.node.element, style: &cell.node.style, area, behind }
            })
        });
        BandPlan::new(self, &frame.columns, plans.collect(), cells, edges)
    }

    /// Lets rows grow to the height that the table asks for: it takes setting them once to see.
    fn stretch(&mut self, planned: &mut Planned<'_>, height: f32) -> Result<(), LayoutError> {
        let gap = planned.frame.columns.spacing.1;
        let mut heights: Vec<RowHeight> = Vec::new();
        for (section, bands) in planned.grid.sections.iter().zip(&planned.bands) {
            for (plan, rows) in bands {
                let contents = contents(section, rows);
                self.measuring(|composer| {
                    composer.band(&mut Galley::default(), &planned.frame.columns, plan, &contents, "", Strip::default())
                })?;
                heights.extend(self.bench.row_heights());
            }
        }
        heights::grow_for_table(&mut heights, height - 2.0 * gap, gap);
        let rows = planned.bands.iter_mut().flatten().flat_map(|(plan, _)| &mut plan.rows);
        rows.zip(heights).for_each(|(row, height)| row.least = height.points);
        Ok(())
    }

    /// Sets all sections; head and foot are repeated on each page.
    fn sections(&mut self, galley: &mut Galley, planned: &Planned<'_>) -> Result<(), LayoutError> {
        let mut repeated = Head::default();
        let gap = planned.frame.columns.spacing.1;
        for (section, bands) in planned.grid.sections.iter().zip(&planned.bands) {
            if section.place == Place::Foot {
                repeated.foot = Some(self.measuring(|composer| composer.foot(planned, section, bands))?);
            }
        }
        let mut before = Before::new(gap);
        let mut open = false;
        let mut begun = false;
        for (section, bands) in planned.grid.sections.iter().zip(&planned.bands) {
            let strip = match section.place {
                Place::Head => Strip { keep_next: true, ..Strip::default() },
                Place::Body => Strip::default(),
                Place::Foot => Strip { keep_previous: true, ..Strip::default() },
            };
            if section.place == Place::Foot && std::mem::take(&mut open) {
                galley.mark(Event::HeadEnd);
            }
            let last = bands.len();
            let mut index = 0;
            self.section(galley, &planned.frame.columns, section, bands, &mut before, &strip, |galley| {
                index += 1;
                if section.place == Place::Head {
                    repeated.take(galley, gap);
                }
                // A table that has no row yet on a page isn't there, and repeats nothing.
                let head_ends = section.place == Place::Head && index == last;
                if !begun && (head_ends || section.place == Place::Body) {
                    (begun, open) = (true, true);
                    galley.mark(Event::HeadStart(Rc::new(std::mem::take(&mut repeated))));
                }
            })?;
        }
        if open {
            galley.mark(Event::HeadEnd);
        }
        galley.room(gap, false);
        Ok(())
    }

    /// Sets the rows of a section, and does `after` each of its bands.
    #[expect(clippy::too_many_arguments, reason = "what is set, how, and where")]
    fn section(
        &mut self,
        galley: &mut Galley,
        columns: &Columns,
        section: &Section<'_>,
        bands: &[(BandPlan, Range<usize>)],
        before: &mut Before,
        strip: &Strip,
        mut after: impl FnMut(&mut Galley),
    ) -> Result<(), LayoutError> {
        let tag = if bands.is_empty() { TagId::ARTIFACT } else { self.open_table_part(section.node.element) };
        before.begin(galley, &section.node.style);
        if section.node.style.keep_together {
            galley.begin(Event::KeepStart);
        }
        for (plan, rows) in bands {
            self.relieve(galley)?;
            before.space(galley);
            before.begin(galley, &section.rows[rows.start].node.style);
            self.band(galley, columns, plan, &contents(section, rows), "", strip.clone())?;
            after(galley);
            before.end(galley, &section.rows[rows.end - 1].node.style);
        }
        if section.node.style.keep_together {
            galley.end(Event::KeepEnd);
        }
        before.end(galley, &section.node.style);
        self.tags.close(tag);
        Ok(())
    }

    /// What is repeated of a table's foot.
    fn foot(
        &mut self,
        planned: &Planned<'_>,
        section: &Section<'_>,
        bands: &[(BandPlan, Range<usize>)],
    ) -> Result<Box<Head>, LayoutError> {
        let gap = planned.frame.columns.spacing.1;
        let mut own = Galley::default();
        let mut foot = Head { height: gap, ..Head::default() };
        for (plan, rows) in bands {
            self.band(&mut own, &planned.frame.columns, plan, &contents(section, rows), "", Strip::default())?;
            foot.take(&own, gap);
        }
        foot.height -= gap;
        Ok(Box::new(foot))
    }
}

/// The contents of a band's cells.
fn contents(section: &Section<'_>, rows: &Range<usize>) -> Vec<CellContent> {
    let cells = section.rows[rows.clone()].iter().flat_map(|row| &row.cells);
    cells.map(|cell| CellContent::Nodes(cell.node.clone())).collect()
}

/// What comes between rows.
pub(crate) struct Before {
    gap: f32,
    /// Whether a row has been set.
    begun: bool,
}

impl Before {
    pub(crate) fn new(gap: f32) -> Self {
        Self { gap, begun: false }
    }

    /// The room above a row: the table's own above the first, none at the top of a page.
    pub(crate) fn space(&mut self, galley: &mut Galley) {
        if std::mem::replace(&mut self.begun, true) {
            galley.margin_below(self.gap);
        } else {
            galley.room(self.gap, true);
        }
    }

    /// Whether a page ends above a row or a group of rows.
    pub(crate) fn begin(&self, galley: &mut Galley, style: &Style) {
        match style.break_before {
            Break::Page | Break::Left | Break::Right if self.begun => galley.page_break(),
            Break::Avoid => galley.keep_with_next(),
            _ => {}
        }
    }

    /// The same below.
    fn end(&self, galley: &mut Galley, style: &Style) {
        match style.break_after {
            Break::Page | Break::Left | Break::Right => galley.page_break(),
            Break::Avoid => galley.keep_with_next(),
            Break::Auto => {}
        }
    }
}

impl Head {
    /// Adds the galley's last strip, with room below it.
    pub(crate) fn take(&mut self, galley: &Galley, gap: f32) {
        if let Some(Event::Strip(strip)) = galley.events.last() {
            canvas::copy(&galley.ink, strip.items.clone(), &mut self.ink, 0.0, self.height);
            tagging::disown(&mut self.ink);
            self.height += strip.height + gap;
        }
    }
}
