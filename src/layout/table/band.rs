//! A band of a table: one row, or rows that share cells. Its cells stand side by side, as high as they must be.

use std::{ops::Range, sync::Arc};

use crate::{
    layout::{
        boxes::sizing::inset,
        composer::{Composer, Strut},
        error::LayoutError,
        fill::node::Node,
        inline::Inline,
        page::{Item, Role, TagId},
        paged::canvas::{self, Canvas},
        paged::galley::{Flow, Galley, Strip},
        table::collapse::{Area, Edges},
        table::heights::{self, RowHeight},
        table::paint,
        table::place::Columns,
        table::tagging::{self, CellTag},
    },
    template::{
        document::ElementId,
        style::{Border, Decorations, Direction, Extent, Sides, Style, TextTransform, VerticalAlign, WhiteSpace},
    },
};

/// Lines that belong together are never together so high that some page couldn't hold them.
const ALWAYS_WHOLE: f32 = crate::template::page::LEAST_CONTENT;

/// Everything about a band that doesn't depend on its text: computed once for all rows that look alike.
#[derive(Debug)]
pub(crate) struct BandPlan {
    pub(crate) rows: Vec<RowPlan>,
    pub(crate) cells: Vec<CellPlan>,
    /// The lines around its slots, where borders collapse.
    pub(crate) edges: Option<Edges>,
    /// Whether the lines above are drawn by the band above.
    pub(crate) shares_top: bool,
    /// Whether a page may end within.
    splits: bool,
}

/// A row's look.
#[derive(Debug)]
pub(crate) struct RowPlan {
    pub(crate) style: Arc<Style>,
    /// The look of the group that it stands in, and how far that reaches below it.
    pub(crate) group: Option<(Arc<Style>, f32)>,
    /// The least height.
    pub(crate) least: f32,
}

/// A cell before it has a place.
pub(crate) struct CellSpec<'s> {
    pub(crate) element: ElementId,
    pub(crate) style: &'s Arc<Style>,
    pub(crate) area: Area,
    /// The looks of its column's group and of its column.
    pub(crate) behind: [Option<Arc<Style>>; 2],
}

/// A cell's place and look.
#[derive(Debug)]
pub(crate) struct CellPlan {
    pub(crate) style: Arc<Style>,
    pub(crate) row: usize,
    pub(crate) rows: usize,
    /// The border box.
    pub(crate) x: f32,
    pub(crate) width: f32,
    inset: Sides<f32>,
    /// Its own borders; none where borders collapse.
    pub(crate) border: Sides<Border>,
    pub(crate) behind: [Option<Arc<Style>>; 2],
    tag: CellTag,
    strut: Strut,
    /// Whether text on one line can be set without asking for more than its width.
    plain: bool,
    least: f32,
}

/// What stands in a cell.
#[derive(Debug)]
pub(crate) enum CellContent {
    /// Text of the cell's own style, in a buffer of the whole row.
    Text(Range<usize>),
    /// Anything.
    Nodes(Node),
}

/// What a cell came to.
#[derive(Debug)]
pub(crate) struct SetCell {
    items: Range<usize>,
    height: f32,
    /// Its first baseline, from the content's top.
    baseline: f32,
    /// Its lines, those together that stay together; nothing for a single line.
    lines: Vec<(f32, f32)>,
}

impl SetCell {
    /// Whether nothing stands in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty() && self.height == 0.0
    }
}

/// Memory that one band after the other uses.
#[derive(Debug, Default)]
pub(crate) struct Bench {
    pub(crate) cells: Vec<SetCell>,
    rows: Vec<RowHeight>,
    baselines: Vec<f32>,
    /// Where each row begins, and where the last one ends.
    pub(crate) tops: Vec<f32>,
}

impl RowPlan {
    pub(crate) fn new(style: &Arc<Style>, group: Option<(Arc<Style>, f32)>) -> Self {
        let least = if let Extent::Points(points) = style.height { points } else { 0.0 };
        Self { style: style.clone(), group, least }
    }
}

impl BandPlan {
    /// Plans cells, in the order of rows and columns.
    pub(crate) fn new<'s>(
        composer: &Composer<'_>,
        columns: &Columns,
        rows: Vec<RowPlan>,
        cells: impl Iterator<Item = CellSpec<'s>>,
        edges: Option<Edges>,
    ) -> Self {
        let cells: Vec<CellPlan> = cells.map(|cell| CellPlan::new(composer, columns, cell, edges.as_ref())).collect();
        let splits = !rows.iter().any(|row| row.style.keep_together);
        Self { rows, cells, edges, shares_top: false, splits }
    }

    /// The lines that the next row shares, by column.
    pub(crate) fn below(&self) -> &[Border] {
        self.edges.as_ref().map_or(&[], |edges| edges.above(edges.rows()))
    }
}

impl CellPlan {
    fn new(composer: &Composer<'_>, columns: &Columns, cell: CellSpec<'_>, edges: Option<&Edges>) -> Self {
        let CellSpec { element, style, area, behind } = cell;
        let tag = CellTag::new(composer.template.document(), element, &area);
        let (x, width) = columns.span(area.column, area.columns);
        let own = inset(style, columns.room);
        let (mut inset, mut border) = (own, style.border);
        if let Some(edges) = edges {
            let halves = edges.halves(&area);
            inset.top += halves.top - border.top.width;
            inset.right += halves.right - border.right.width;
            inset.bottom += halves.bottom - border.bottom.width;
            inset.left += halves.left - border.left.width;
            border = Sides::default();
        }
        let plain = style.letter_spacing == 0.0
            && style.word_spacing == 0.0
            && style.text_indent == Extent::Points(0.0)
            && style.text_transform == TextTransform::None
            && style.decorations == Decorations::default()
            && !style.hidden
            && style.direction == Direction::Ltr
            && matches!(style.white_space, WhiteSpace::Normal | WhiteSpace::Nowrap);
        // Padding comes on top of a height, and so do borders, which are halves of what they look where they collapse.
        let least = match style.height {
            Extent::Points(points) if style.border_box => points,
            Extent::Points(points) => points + inset.top + inset.bottom,
            _ => 0.0,
        };
        let strut = composer.strut(style);
        let (row, rows) = (area.row, area.rows);
        Self { style: style.clone(), row, rows, x, width, inset, border, behind, tag, strut, plain, least }
    }

    fn content_width(&self) -> f32 {
        (self.width - self.inset.left - self.inset.right).max(0.0)
    }

    fn on_baseline(&self) -> bool {
        !matches!(self.style.vertical_align, VerticalAlign::Top | VerticalAlign::Middle | VerticalAlign::Bottom)
    }

    /// The height that it needs when its row's baseline is there.
    fn needed(&self, set: &SetCell, baseline: f32) -> f32 {
        let lowered = if self.on_baseline() { (baseline - self.inset.top - set.baseline).max(0.0) } else { 0.0 };
        self.least.max(lowered + set.height + self.inset.top + self.inset.bottom)
    }

    /// How far its content is lowered in a box of this height. In print, browsers make rows high enough for a common
    /// baseline and then leave the cells at the top.
    fn lowered(&self, set: &SetCell, height: f32) -> f32 {
        let free = height - self.inset.top - self.inset.bottom - set.height;
        match self.style.vertical_align {
            VerticalAlign::Middle => free / 2.0,
            VerticalAlign::Bottom => free,
            _ => 0.0,
        }
    }
}

impl Composer<'_> {
    /// Sets a band and adds it as one strip. `text` holds the texts of the cells.
    pub(crate) fn band(
        &mut self,
        galley: &mut Galley,
        columns: &Columns,
        plan: &BandPlan,
        contents: &[CellContent],
        text: &str,
        strip: Strip,
    ) -> Result<(), LayoutError> {
        galley.settle_margin();
        let first = galley.ink.items.len();
        let mut bench = std::mem::take(&mut self.bench);
        bench.cells.clear();
        let (mut row, mut row_tag) = (usize::MAX, TagId::ARTIFACT);
        for (cell, content) in plan.cells.iter().zip(contents) {
            if row != cell.row {
                self.tags.close(row_tag);
                (row, row_tag) = (cell.row, self.tags.open(Role::TR));
            }
            let tag = cell.tag.open(&mut self.tags);
            let set = self.cell(galley, cell, content, text)?;
            tagging::own(&mut galley.ink.items[set.items.clone()], tag);
            self.tags.close(tag);
            bench.cells.push(set);
        }
        self.tags.close(row_tag);
        bench.measure(plan, columns.spacing.1);
        let mut strip = Strip { height: bench.tops.last().copied().unwrap_or(0.0), ..strip };
        bench.align(galley, plan, first, &mut strip);
        let drawn = galley.ink.items.len();
        paint::band(&mut galley.ink.items, columns, plan, &bench);
        // Boxes are behind what stands in them.
        let boxes = galley.ink.items.len() - drawn;
        galley.ink.items[first..].rotate_right(boxes);
        for Flow { items, .. } in &mut strip.flows {
            *items = items.start + boxes..items.end + boxes;
        }
        self.bench = bench;
        strip.items = first..galley.ink.items.len();
        galley.push_strip(strip);
        Ok(())
    }

    /// Sets a cell's content, its top at 0 and its left edge in place.
    fn cell(
        &mut self,
        galley: &mut Galley,
        cell: &CellPlan,
        content: &CellContent,
        text: &str,
    ) -> Result<SetCell, LayoutError> {
        let first = galley.ink.items.len();
        let mut set = match content {
            CellContent::Text(range) => {
                let text = &text[range.clone()];
                if cell.plain && is_collapsed(text) && self.single_line(galley, cell, text) {
                    let height = if text.is_empty() { 0.0 } else { cell.strut.height() };
                    SetCell { items: 0..0, height, baseline: cell.strut.above, lines: Vec::new() }
                } else {
                    self.lines(galley, cell, text)
                }
            }
            CellContent::Nodes(node) => self.nested(galley, cell, node)?,
        };
        set.items = first..galley.ink.items.len();
        Ok(set)
    }

    /// The fast path: text that fits on one line. Says whether it did.
    fn single_line(&mut self, galley: &mut Galley, cell: &CellPlan, text: &str) -> bool {
        let width = cell.content_width();
        let line = self.shaper.line(text, cell.style.stack, cell.style.font_size);
        if line.width > width && (cell.style.white_space != WhiteSpace::Nowrap || cell.style.ellipsis) {
            return false;
        }
        let x = cell.x + cell.inset.left + cell.style.text_align.offset(width - line.width, false);
        line.place(text, &mut galley.ink, x, cell.strut.above, |_| cell.style.color);
        true
    }

    fn lines(&mut self, galley: &mut Galley, cell: &CellPlan, text: &str) -> SetCell {
        let mut set = SetCell { items: 0..0, height: 0.0, baseline: cell.strut.above, lines: Vec::new() };
        let inline = Inline::plain(text, &cell.style);
        if inline.is_empty() {
            return set;
        }
        let broken = inline.set(self.shaper, &cell.style, cell.content_width());
        let x = cell.x + cell.inset.left;
        for (line, strut) in &broken.lines {
            inline.draw(self.shaper, line, &mut galley.ink, x, set.height + strut.above);
            set.lines.push((set.height, set.height + strut.height()));
            set.height += strut.height();
        }
        set.baseline = broken.lines.first().map_or(set.baseline, |(_, strut)| strut.above);
        set.lines = kept_together(set.lines, &cell.style);
        set
    }

    fn nested(&mut self, galley: &mut Galley, cell: &CellPlan, node: &Node) -> Result<SetCell, LayoutError> {
        let mut own = Galley::default();
        let (x, width) = (cell.x + cell.inset.left, cell.content_width());
        self.deeper(|composer| composer.children(&mut own, node, x, width))?;
        let flat = Canvas::flat(&mut own);
        let baseline = flat.page.items.iter().find_map(|item| match item {
            Item::Text(run) => Some(run.y),
            _ => None,
        });
        canvas::copy(&flat.page, 0..flat.page.items.len(), &mut galley.ink, 0.0, 0.0);
        Ok(SetCell { items: 0..0, height: flat.y, baseline: baseline.unwrap_or(flat.y), lines: flat.lines })
    }
}

impl Bench {
    /// Finds the rows' heights, `gap` apart.
    fn measure(&mut self, plan: &BandPlan, gap: f32) {
        let Self { cells: set, rows, baselines, tops } = self;
        let cells = || plan.cells.iter().zip(&*set);
        baselines.clear();
        baselines.resize(plan.rows.len(), 0.0);
        for (cell, set) in cells().filter(|(cell, _)| cell.on_baseline()) {
            baselines[cell.row] = f32::max(baselines[cell.row], cell.inset.top + set.baseline);
        }
        rows.clear();
        rows.extend(plan.rows.iter().map(|row| RowHeight {
            points: row.least,
            constrained: matches!(row.style.height, Extent::Points(_)),
            only_spanning: true,
        }));
        for (cell, set) in cells().filter(|(cell, _)| cell.rows == 1) {
            let row = &mut rows[cell.row];
            row.points = row.points.max(cell.needed(set, baselines[cell.row]));
            row.constrained |= matches!(cell.style.height, Extent::Points(_));
            row.only_spanning = false;
        }
        if rows.len() > 1 {
            let mut spanning: Vec<_> = cells().filter(|(cell, _)| cell.rows > 1).collect();
            spanning.sort_by_key(|(cell, _)| (cell.rows, cell.row));
            for (cell, set) in spanning {
                let needed = cell.needed(set, baselines[cell.row]);
                heights::grow_for_cell(&mut rows[cell.row..cell.row + cell.rows], needed, gap);
            }
        }
        tops.clear();
        let mut top = 0.0;
        for row in rows.iter() {
            tops.push(top);
            top += row.points + gap;
        }
        tops.push((top - gap).max(0.0));
    }

    /// A cell's top and height.
    pub(crate) fn extent(&self, cell: &CellPlan) -> (f32, f32) {
        let last = cell.row + cell.rows - 1;
        (self.tops[cell.row], self.tops[last] + self.rows[last].points - self.tops[cell.row])
    }

    /// A row's height.
    pub(crate) fn height(&self, row: usize) -> f32 {
        self.rows[row].points
    }

    /// The heights of the rows that were set last.
    pub(crate) fn row_heights(&self) -> impl Iterator<Item = RowHeight> + '_ {
        self.rows.iter().copied()
    }

    /// Moves the cells' contents into their places, and says where the strip may be split.
    fn align(&self, galley: &mut Galley, plan: &BandPlan, first: usize, strip: &mut Strip) {
        let several = self.rows.len() > 1 || self.cells.iter().any(|set| set.lines.len() > 1);
        for (cell, set) in plan.cells.iter().zip(&self.cells) {
            let (cell_top, height) = self.extent(cell);
            let top = cell_top + cell.inset.top;
            let down = cell.lowered(set, height);
            galley.ink.items[set.items.clone()].iter_mut().for_each(|item| canvas::shift(item, 0.0, top + down));
            if !several {
                continue;
            }
            // What is split stands at the top of its cell.
            let lines = strip.lines.len();
            if set.lines.is_empty() && set.height > 0.0 {
                strip.lines.push((top, top + set.height));
            }
            strip.lines.extend(set.lines.iter().map(|(above, below)| (above + top, below + top)));
            // No page ends between the last line and what is below it in its cell.
            if let Some(last) = strip.lines[lines..].last_mut() {
                last.1 += cell.inset.bottom;
            }
            strip.flows.push(Flow {
                items: set.items.start - first..set.items.end - first,
                lines: lines..strip.lines.len(),
                lowered: down,
                cell: (cell_top, cell_top + height),
            });
        }
        strip.splits = several && plan.splits;
    }
}

/// Joins the lines that orphans and widows keep together.
fn kept_together(lines: Vec<(f32, f32)>, style: &Style) -> Vec<(f32, f32)> {
    let (orphans, widows) = (usize::from(style.orphans).max(1), usize::from(style.widows).max(1));
    let count = lines.len();
    // Where both can't be had, widows give way, as in browsers.
    let last = if count >= orphans + widows { count - widows } else { count };
    let mut kept: Vec<(f32, f32)> = Vec::with_capacity(count);
    for (i, line) in lines.into_iter().enumerate() {
        match kept.last_mut() {
            Some(above) if (i < orphans || i > last) && line.1 - above.0 <= ALWAYS_WHOLE => above.1 = line.1,
            _ => kept.push(line),
        }
    }
    kept
}

/// Whether collapsing spaces would change nothing.
fn is_collapsed(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\t' | b'\r' | 0xc);
    let edges = bytes.first().is_some_and(is_space) || bytes.last().is_some_and(is_space);
    !edges && !bytes.windows(2).any(|pair| is_space(&pair[0]) && (pair[0] != b' ' || is_space(&pair[1])))
}
