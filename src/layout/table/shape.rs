//! Rows of a streamed table without their text: how they look, computed once for all rows that look alike.

use std::{collections::HashMap, rc::Rc, sync::Arc};

use crate::{
    layout::{
        composer::Composer,
        error::LayoutError,
        fill::node::{Kind, Node},
        fill::{holds, span},
        table::band::{BandPlan, CellSpec, RowPlan},
        table::collapse::{Area, Edges},
        table::grid::ColumnStyles,
        table::paint,
        table::place::Columns,
    },
    template::{
        ancestry::{Ancestry, Places, Position},
        cascade::Cascade,
        document::{Child, Document, ElementId, Text},
        scope::Scope,
        style::{Border, Display, Sides, Style, WhiteSpace},
    },
};

/// Classes made from data could make every row a kind of its own; memory stays bounded all the same.
const MAX_SHAPES: usize = 1000;

/// The number of the lines below a row that is the only one of its kind: nothing known applies below it.
const UNKNOWN: u32 = u32::MAX;

/// The looks of a table's rows met so far.
pub(crate) struct Shapes<'t> {
    pub(crate) columns: Columns,
    cols: Vec<ColumnStyles>,
    /// The place of the body that the rows stand in.
    pub(crate) body: Rc<Ancestry>,
    /// The lines below the newest row, by column, and the number under which they are known.
    pub(crate) above: Vec<Border>,
    above_id: u32,
    known: HashMap<Key, Rc<Shape<'t>>>,
    /// What depends on data in a row's looks, written out, and the number under which it is known.
    variants: HashMap<String, u32>,
    variant: String,
    rows: HashMap<ElementId, Variety>,
    /// Whether the lines above a row are drawn by the row above even where a page begins: a head is repeated there.
    has_head: bool,
}

/// What tells the looks of two rows apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    row: ElementId,
    place: usize,
    variant: u32,
    above: u32,
}

/// How a row's looks depend on data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variety {
    /// Not at all.
    None,
    /// By the classes that it and its cells have, and by which cells are there.
    Variants,
    /// By how often a cell is repeated.
    Endless,
}

/// A row without its text.
pub(crate) struct Shape<'t> {
    pub(crate) plan: BandPlan,
    pub(crate) style: Arc<Style>,
    pub(crate) cells: Vec<CellSource<'t>>,
    /// How much higher the row above gets by lines of this one that are wider than its own.
    pub(crate) raises: f32,
    id: u32,
}

/// Where a cell's content comes from.
pub(crate) enum CellSource<'t> {
    Text(&'t Text),
    Nothing,
    Nodes(ElementId, Rc<Ancestry>),
    /// A cell that is filled already.
    Filled(Node),
}

impl<'t> Shapes<'t> {
    pub(crate) fn new(
        columns: Columns,
        cols: Vec<ColumnStyles>,
        body: Rc<Ancestry>,
        above: Vec<Border>,
        has_head: bool,
    ) -> Self {
        Self {
            columns,
            cols,
            body,
            above,
            above_id: 0,
            known: HashMap::new(),
            variants: HashMap::new(),
            variant: String::new(),
            rows: HashMap::new(),
            has_head,
        }
    }

    /// The look of a row, computed when it is met for the first time; `None` when it isn't shown or its cells are
    /// repeated.
    pub(crate) fn find(
        &mut self,
        composer: &Composer<'t>,
        row: ElementId,
        scope: &Scope,
        position: Position,
    ) -> Result<Option<Rc<Shape<'t>>>, LayoutError> {
        let document = composer.template.document();
        let cascade = composer.template.cascade();
        if composer.filler.is_crowded() {
            return Ok(None);
        }
        let variant = match *self.rows.entry(row).or_insert_with(|| variety(document, cascade, row)) {
            Variety::None => 0,
            Variety::Variants => self.variant(document, row, scope)?,
            Variety::Endless => return Ok(None),
        };
        let place = composer.filler.place_class(position);
        let key = Key { row, place, variant, above: self.above_id };
        if let Some(shape) = self.known.get(&key) {
            return Ok(Some(shape.clone()));
        }
        let Some(shape) = self.new_shape(composer, row, scope, position)? else { return Ok(None) };
        if self.known.len() >= MAX_SHAPES {
            self.known.clear();
            self.variants.clear();
        }
        let shape = Rc::new(shape);
        self.known.insert(key, shape.clone());
        Ok(Some(shape))
    }

    /// The number of what depends on data in a row's looks.
    fn variant(&mut self, document: &Document, row: ElementId, scope: &Scope) -> Result<u32, LayoutError> {
        const END: char = '\u{1f}';
        self.variant.clear();
        let mut last = true;
        for id in std::iter::once(row).chain(document.child_elements(row)) {
            let element = document.get(id);
            if id != row && !holds(element, scope, &mut last)? {
                self.variant.push('\u{1e}');
                continue;
            }
            if let Some(class) = element.class.as_ref().filter(|class| class.literal().is_none()) {
                class.write(scope, &mut self.variant)?;
            }
            self.variant.push(END);
        }
        if let Some(known) = self.variants.get(&self.variant) {
            return Ok(*known);
        }
        let fresh = self.variants.len() as u32 + 1;
        self.variants.insert(self.variant.clone(), fresh);
        Ok(fresh)
    }

    fn new_shape(
        &self,
        composer: &Composer<'t>,
        row: ElementId,
        scope: &Scope,
        position: Position,
    ) -> Result<Option<Shape<'t>>, LayoutError> {
        let document = composer.template.document();
        let own = composer.filler.row_ancestry(row, scope, position, &self.body)?;
        if own.style().display != Display::TableRow {
            return Ok(None);
        }
        let mut ids = Vec::new();
        let mut last = true;
        for id in document.child_elements(row) {
            if holds(document.get(id), scope, &mut last)? {
                ids.push(id);
            }
        }
        let (mut styles, mut cells) = (Vec::new(), Vec::new());
        let mut column = 0;
        let mut places = Places::new(ids.iter().map(|id| document.get(*id).tag));
        for &id in &ids {
            let place = places.next(document.get(id).tag);
            let cell = composer.filler.ancestry(id, scope, place, Some(&own))?;
            composer.filler.pass(&mut places, &cell);
            if cell.style().display != Display::TableCell {
                continue;
            }
            let columns = span(document.get(id), "colspan");
            styles.push((id, cell.style().clone(), Area { row: 0, rows: 1, column, columns }));
            column += columns;
            let collapses = matches!(cell.style().white_space, WhiteSpace::Normal | WhiteSpace::Nowrap);
            cells.push(match document.get(id).children.as_slice() {
                [] if !cell.makes_content() => CellSource::Nothing,
                [Child::Text(text)] if collapses && !cell.makes_content() => CellSource::Text(text),
                _ => CellSource::Nodes(id, cell),
            });
        }
        if column > self.columns.len() {
            return Err(LayoutError::TooManyCells(self.columns.len()));
        }
        Ok(Some(self.shape(composer, own.style(), &styles, cells)))
    }

    /// The look of a row that is filled already: nothing is known of the next one by it.
    pub(crate) fn of_node(&self, composer: &Composer<'t>, row: &Node) -> Result<Shape<'t>, LayoutError> {
        let (mut styles, mut cells) = (Vec::new(), Vec::new());
        let mut column = 0;
        for cell in row.children() {
            let Kind::Cell { span: columns, .. } = cell.kind else { continue };
            styles.push((cell.element, cell.style.clone(), Area { row: 0, rows: 1, column, columns }));
            cells.push(CellSource::Filled(cell.clone()));
            column += columns;
        }
        if column > self.columns.len() {
            return Err(LayoutError::TooManyCells(self.columns.len()));
        }
        Ok(Shape { id: UNKNOWN, ..self.shape(composer, &row.style, &styles, cells) })
    }

    fn shape(
        &self,
        composer: &Composer<'t>,
        style: &Arc<Style>,
        styles: &[(ElementId, Arc<Style>, Area)],
        cells: Vec<CellSource<'t>>,
    ) -> Shape<'t> {
        let body = self.body.style();
        let edges = self.edges(style, styles);
        let mut raises = 0.0;
        let mut shares_top = false;
        if let Some(edges) = &edges {
            let widened = edges.above(0).iter().zip(&self.above).map(|(own, above)| own.width - above.width);
            raises = widened.fold(0.0, f32::max) / 2.0;
            shares_top = self.has_head && paint::are_drawn(&self.above, edges);
        }
        let group = body.background.map(|_| (body.clone(), self.columns.spacing.1));
        let specs = styles.iter().map(|(element, style, area)| {
            let col = self.cols.get(area.column);
            let behind = [col.and_then(|col| col.group.clone()), col.map(|col| col.own.clone())];
            CellSpec { element: *element, style, area: area.clone(), behind }
        });
        let mut plan = BandPlan::new(composer, &self.columns, vec![RowPlan::new(style, group)], specs, edges);
        plan.shares_top = shares_top;
        // Shapes whose lower lines are the same are one to the row below.
        let same = self.known.values().find(|shape| shape.plan.below() == plan.below()).map(|shape| shape.id);
        let id = if plan.edges.is_none() { 0 } else { same.unwrap_or(self.known.len() as u32 + 1) };
        Shape { plan, style: style.clone(), cells, raises, id }
    }

    /// The lines around a row, where borders collapse.
    fn edges(&self, row: &Style, cells: &[(ElementId, Arc<Style>, Area)]) -> Option<Edges> {
        let table = self.body.above()?.style();
        if !table.collapse {
            return None;
        }
        let count = self.columns.len();
        let whole = Area { row: 0, rows: 1, column: 0, columns: count };
        let mut edges = Edges::new(1, count, self.columns.rtl);
        for (_, style, area) in cells {
            edges.surround(area, &style.border);
            edges.join(area);
        }
        edges.surround(&whole, &row.border);
        let sides = |border: &Sides<Border>| Sides { left: border.left, right: border.right, ..Sides::default() };
        edges.surround(&whole, &sides(&self.body.style().border));
        for (index, col) in self.cols.iter().enumerate() {
            edges.surround(&Area { row: 0, rows: 1, column: index, columns: 1 }, &sides(&col.own.border));
        }
        edges.surround(&whole, &sides(&table.border));
        edges.meet(&self.above);
        Some(edges)
    }

    /// Remembers the lines that the next row shares with this one.
    pub(crate) fn follow(&mut self, shape: &Shape<'t>) {
        if self.above_id != shape.id || shape.id == UNKNOWN {
            self.above.clear();
            self.above.extend_from_slice(shape.plan.below());
            self.above_id = shape.id;
        }
        if shape.id == UNKNOWN {
            self.known.clear();
        }
    }
}

fn variety(document: &Document, cascade: &Cascade, row: ElementId) -> Variety {
    let depends = |id: ElementId| {
        let element = document.get(id);
        let conditional = id != row && element.condition.is_some();
        conditional || element.class.as_ref().is_some_and(|class| class.literal().is_none())
    };
    let endless = |id: ElementId| {
        let element = document.get(id);
        (id != row && element.repeat.is_some()) || cascade.looks_at_data(element)
    };
    if std::iter::once(row).chain(document.child_elements(row)).any(endless) {
        Variety::Endless
    } else if std::iter::once(row).chain(document.child_elements(row)).any(depends) {
        Variety::Variants
    } else {
        Variety::None
    }
}
