//! One row of a table: cells side by side, as high as the highest.

use std::{ops::Range, rc::Rc};

use crate::{
    layout::{
        boxes::border::edge,
        boxes::sizing::inset,
        composer::{Composer, Strut},
        error::LayoutError,
        fill::node::Node,
        inline::Inline,
        page::{Item, Rect},
        paged::canvas::{self, Canvas},
        paged::galley::{Galley, Strip},
    },
    template::style::{Border, Decorations, Extent, Sides, Style, TextAlign, TextTransform, VerticalAlign, WhiteSpace},
};

/// No row lower than this is ever cut (it is the least content height of a page).
const ALWAYS_WHOLE: f32 = crate::template::page::LEAST_CONTENT;

/// Where a table's columns stand.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Columns {
    /// The left edge of each column's box.
    pub(crate) x: Vec<f32>,
    /// Its width.
    pub(crate) width: Vec<f32>,
    /// Between rows; 0 when borders collapse.
    pub(crate) row_spacing: f32,
    /// Whether neighbouring borders are one.
    pub(crate) collapse: bool,
}

/// Everything about a row that doesn't depend on its text: computed once for all rows that look alike.
#[derive(Debug)]
pub(crate) struct RowPlan {
    style: Rc<Style>,
    cells: Vec<CellPlan>,
    /// The least height of the row's box.
    least: f32,
    fills: usize,
    /// The lines that the next row shares, by column.
    pub(crate) below: Vec<Border>,
}

/// A cell's place and look.
#[derive(Debug)]
struct CellPlan {
    style: Rc<Style>,
    /// The border box.
    x: f32,
    width: f32,
    inset: Sides<f32>,
    border: Sides<Border>,
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
struct SetCell {
    items: Range<usize>,
    height: f32,
    /// Its first baseline, from the content's top.
    baseline: f32,
    /// Its lines, when there are several.
    lines: Vec<(f32, f32)>,
}

impl RowPlan {
    /// Plans a row below one with the lines `above`, by column.
    pub(crate) fn new(
        composer: &Composer<'_>,
        columns: &Columns,
        style: &Rc<Style>,
        cells: &[(Rc<Style>, usize)],
        above: &[Border],
    ) -> Result<Self, LayoutError> {
        let mut plans = Vec::with_capacity(cells.len());
        let mut below = vec![Border::default(); columns.x.len()];
        let mut column = 0;
        for (i, (cell, span)) in cells.iter().enumerate() {
            let last = column + span;
            if last > columns.x.len() {
                return Err(LayoutError::TooManyCells(columns.x.len()));
            }
            let x = columns.x[column];
            let width = columns.x[last - 1] + columns.width[last - 1] - x;
            let neighbour = cells.get(i + 1).map(|(style, _)| style.border.left);
            let before = i.checked_sub(1).map(|i| cells[i].0.border.right);
            let mut plan = CellPlan::new(composer, cell, x, width);
            if columns.collapse {
                let top = above.get(column..last).unwrap_or(&[]).iter().copied().fold(cell.border.top, stronger);
                plan.collapse(Sides {
                    top,
                    right: neighbour.map_or(cell.border.right, |border| stronger(cell.border.right, border)),
                    bottom: cell.border.bottom,
                    left: before.map_or(cell.border.left, |border| stronger(border, cell.border.left)),
                });
            }
            below[column..last].fill(plan.border.bottom);
            plans.push(plan);
            column = last;
        }
        let fills = usize::from(style.background.is_some()) + plans.iter().map(CellPlan::fills).sum::<usize>();
        let least = if let Extent::Points(points) = style.height { points } else { 0.0 };
        Ok(Self { style: style.clone(), cells: plans, least, fills, below })
    }
}

impl CellPlan {
    fn new(composer: &Composer<'_>, style: &Rc<Style>, x: f32, width: f32) -> Self {
        let inset = inset(style, 0.0);
        let plain = style.letter_spacing == 0.0
            && style.text_transform == TextTransform::None
            && style.decorations == Decorations::default()
            && matches!(style.white_space, WhiteSpace::Normal | WhiteSpace::Nowrap);
        // A cell's height includes its padding in both models of box sizing that browsers print tables with.
        let least = if let Extent::Points(points) = style.height { points } else { 0.0 };
        let least = if style.border_box { least } else { least + inset.top + inset.bottom };
        let least = if matches!(style.height, Extent::Points(_)) { least } else { 0.0 };
        Self { style: style.clone(), x, width, inset, border: style.border, strut: composer.strut(style), plain, least }
    }

    /// Shares borders with the neighbours: each cell has half of a line, which is drawn in the middle.
    fn collapse(&mut self, shared: Sides<Border>) {
        let own = self.style.border;
        self.inset.top += shared.top.width / 2.0 - own.top.width;
        self.inset.right += shared.right.width / 2.0 - own.right.width;
        self.inset.bottom += shared.bottom.width / 2.0 - own.bottom.width;
        self.inset.left += shared.left.width / 2.0 - own.left.width;
        self.border = shared;
    }

    fn fills(&self) -> usize {
        let Sides { top, right, bottom, left } = self.border;
        usize::from(self.style.background.is_some())
            + [top, right, bottom, left].iter().filter(|border| border.width > 0.0).count()
    }

    fn content_width(&self) -> f32 {
        (self.width - self.inset.left - self.inset.right).max(0.0)
    }

    /// Draws background and borders into the items set aside for them.
    fn draw(&self, collapse: bool, top: f32, height: f32, put: &mut dyn FnMut(Item)) {
        let area = Rect { x: self.x, y: top, width: self.width, height };
        if let Some(color) = self.style.background {
            put(Item::Fill { area, color });
        }
        // A shared line stands in the middle between its cells, one's own within the cell.
        let out = |border: &Border| if collapse { border.width / 2.0 } else { 0.0 };
        let Sides { top: above, right, bottom: below, left } = &self.border;
        let (y, bottom) = (area.y - out(above), area.y + area.height + out(below));
        let (x, end) = (area.x - out(left), area.x + area.width + out(right));
        let sides = [
            (above, Rect { x, y, width: end - x, height: above.width }),
            (below, Rect { x, y: bottom - below.width, width: end - x, height: below.width }),
            (left, Rect { x, y, width: left.width, height: bottom - y }),
            (right, Rect { x: end - right.width, y, width: right.width, height: bottom - y }),
        ];
        for (border, area) in sides {
            if border.width > 0.0 {
                put(edge(area, border.color, border.line.dash()));
            }
        }
    }
}

/// Of two borders that meet, the wider one is drawn; of equal ones the first.
fn stronger(a: Border, b: Border) -> Border {
    if b.width > a.width { b } else { a }
}

impl Composer<'_> {
    /// Sets a row and adds it as one strip. `text` holds the texts of the cells.
    pub(crate) fn row(
        &mut self,
        galley: &mut Galley,
        columns: &Columns,
        plan: &RowPlan,
        contents: &[CellContent],
        text: &str,
        strip: Strip,
    ) -> Result<(), LayoutError> {
        galley.settle_margin();
        let first = galley.ink.items.len();
        galley.ink.items.extend(std::iter::repeat_n(canvas::NOTHING, plan.fills));
        let top = columns.row_spacing;
        let mut set = Vec::with_capacity(plan.cells.len());
        for (cell, content) in plan.cells.iter().zip(contents) {
            set.push(self.cell(galley, cell, content, text)?);
        }
        let baseline = row_baseline(plan, &set);
        let height = plan.cells.iter().zip(&set).fold(plan.least, |height, (cell, set)| {
            height.max(cell.least).max(cell.raised(set, baseline) + set.height + cell.inset.top + cell.inset.bottom)
        });
        let mut lines = Vec::new();
        for (cell, set) in plan.cells.iter().zip(&set) {
            let free = height - cell.inset.top - cell.inset.bottom - set.height;
            let down = match cell.style.vertical_align {
                VerticalAlign::Top => 0.0,
                VerticalAlign::Middle => free / 2.0,
                VerticalAlign::Bottom => free,
                _ => cell.raised(set, baseline),
            };
            let dy = top + cell.inset.top + down;
            galley.ink.items[set.items.clone()].iter_mut().for_each(|item| canvas::shift(item, 0.0, dy));
            if height > ALWAYS_WHOLE {
                lines.extend(set.lines.iter().map(|(top, bottom)| (top + dy, bottom + dy)));
            }
        }
        draw_boxes(galley, columns, plan, first, top, height);
        let items = first..galley.ink.items.len();
        galley.push_strip(Strip { height: top + height, items, lines, ..strip });
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
        if line.width > width && cell.style.white_space != WhiteSpace::Nowrap {
            return false;
        }
        let x = cell.x + cell.inset.left + aligned(cell.style.text_align, width - line.width);
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

impl CellPlan {
    /// How far a baseline-aligned cell is lowered to stand on the row's baseline.
    fn raised(&self, set: &SetCell, row_baseline: f32) -> f32 {
        match self.style.vertical_align {
            VerticalAlign::Top | VerticalAlign::Middle | VerticalAlign::Bottom => 0.0,
            _ => (row_baseline - self.inset.top - set.baseline).max(0.0),
        }
    }
}

fn row_baseline(plan: &RowPlan, set: &[SetCell]) -> f32 {
    let aligned = |cell: &&CellPlan| {
        !matches!(cell.style.vertical_align, VerticalAlign::Top | VerticalAlign::Middle | VerticalAlign::Bottom)
    };
    let cells = plan.cells.iter().zip(set).filter(|(cell, _)| aligned(cell));
    cells.map(|(cell, set)| cell.inset.top + set.baseline).fold(0.0, f32::max)
}

fn draw_boxes(galley: &mut Galley, columns: &Columns, plan: &RowPlan, first: usize, top: f32, height: f32) {
    let mut next = first;
    let mut put = |item| {
        galley.ink.items[next] = item;
        next += 1;
    };
    if let (Some(color), Some(left), Some(right)) = (plan.style.background, plan.cells.first(), plan.cells.last()) {
        let area = Rect { x: left.x, y: top, width: right.x + right.width - left.x, height };
        put(Item::Fill { area, color });
    }
    for cell in &plan.cells {
        cell.draw(columns.collapse, top, height, &mut put);
    }
}

fn aligned(align: TextAlign, free: f32) -> f32 {
    match align {
        TextAlign::Start | TextAlign::Left | TextAlign::Justify => 0.0,
        TextAlign::Center => free / 2.0,
        TextAlign::End | TextAlign::Right => free,
    }
}

/// Whether collapsing spaces would change nothing.
fn is_collapsed(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\t' | b'\r' | 0xc);
    let edges = bytes.first().is_some_and(is_space) || bytes.last().is_some_and(is_space);
    !edges && !bytes.windows(2).any(|pair| is_space(&pair[0]) && (pair[0] != b' ' || is_space(&pair[1])))
}
