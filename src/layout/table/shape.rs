//! Rows of a streamed table without their text: how they look, computed once for all rows that look alike.

use std::{collections::HashMap, rc::Rc};

use crate::{
    layout::{
        composer::Composer,
        error::LayoutError,
        fill::colspan,
        table::row::{Columns, RowPlan},
    },
    template::{
        ancestry::{Ancestry, Position},
        document::{Child, ElementId, Text},
        scope::Scope,
        style::{Border, Display, Style, WhiteSpace},
    },
};

/// Classes made from data could make every row a kind of its own; memory stays bounded all the same.
const MAX_SHAPES: usize = 1000;

/// The looks of a table's rows met so far.
pub(crate) struct Shapes<'t> {
    pub(crate) columns: Columns,
    /// The place of the body that the rows stand in.
    pub(crate) body: Rc<Ancestry>,
    /// The lines below the newest row, by column, and the number under which they are known.
    pub(crate) above: Vec<Border>,
    above_id: u32,
    known: HashMap<Key, Rc<Shape<'t>>>,
    classes: HashMap<String, u32>,
}

/// What tells the looks of two rows apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    row: ElementId,
    place: usize,
    classes: u32,
    above: u32,
}

/// A row without its text.
pub(crate) struct Shape<'t> {
    pub(crate) plan: RowPlan,
    pub(crate) style: Rc<Style>,
    pub(crate) cells: Vec<CellSource<'t>>,
    id: u32,
}

/// Where a cell's content comes from.
pub(crate) enum CellSource<'t> {
    Text(&'t Text),
    Nothing,
    Nodes(ElementId, Rc<Ancestry>),
}

impl<'t> Shapes<'t> {
    pub(crate) fn new(columns: Columns, body: Rc<Ancestry>, above: Vec<Border>) -> Self {
        Self { columns, body, above, above_id: 0, known: HashMap::new(), classes: HashMap::new() }
    }

    /// The look of a row, computed when it is met for the first time; `None` when its cells come and go.
    pub(crate) fn find(
        &mut self,
        composer: &Composer<'t>,
        row: ElementId,
        scope: &Scope,
        position: Position,
    ) -> Result<Option<Rc<Shape<'t>>>, LayoutError> {
        let document = composer.template.document();
        let cascade = composer.template.cascade();
        let regular = |id: ElementId| {
            let cell = document.get(id);
            let fixed_class = cell.class.as_ref().is_none_or(|class| class.literal().is_some());
            cell.condition.is_none() && cell.repeat.is_none() && fixed_class && !cascade.looks_at_data(cell)
        };
        if !document.child_elements(row).all(regular)
            || cascade.looks_at_data(document.get(row))
            || composer.filler.is_crowded()
        {
            return Ok(None);
        }
        let classes = match &document.get(row).class {
            Some(class) if class.literal().is_none() => {
                let mut text = String::new();
                class.write(scope, &mut text)?;
                let fresh = self.classes.len() as u32 + 1;
                *self.classes.entry(text).or_insert(fresh)
            }
            _ => 0,
        };
        let place = composer.filler.place_class(position);
        let key = Key { row, place, classes, above: self.above_id };
        if let Some(shape) = self.known.get(&key) {
            return Ok(Some(shape.clone()));
        }
        let Some(shape) = self.new_shape(composer, row, scope, position)? else { return Ok(None) };
        if self.known.len() >= MAX_SHAPES {
            self.known.clear();
            self.classes.clear();
        }
        let shape = Rc::new(shape);
        self.known.insert(key, shape.clone());
        Ok(Some(shape))
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
        let (mut styles, mut cells) = (Vec::new(), Vec::new());
        for (cell, id) in composer.filler.child_places(row, scope, &own)? {
            if cell.style().display != Display::TableCell {
                return Ok(None);
            }
            styles.push((cell.style().clone(), colspan(document.get(id))));
            let collapses = matches!(cell.style().white_space, WhiteSpace::Normal | WhiteSpace::Nowrap);
            cells.push(match document.get(id).children.as_slice() {
                [] if !cell.makes_content() => CellSource::Nothing,
                [Child::Text(text)] if collapses && !cell.makes_content() => CellSource::Text(text),
                _ => CellSource::Nodes(id, cell),
            });
        }
        let plan = RowPlan::new(composer, &self.columns, own.style(), &styles, &self.above)?;
        // Shapes whose lower lines are the same are one to the row below.
        let same = self.known.values().find(|shape| shape.plan.below == plan.below).map(|shape| shape.id);
        let id = same.unwrap_or(self.known.len() as u32 + 1);
        Ok(Some(Shape { plan, style: own.style().clone(), cells, id }))
    }

    /// Remembers the lines that the next row shares with this one.
    pub(crate) fn follow(&mut self, shape: &Shape<'t>) {
        if self.above_id != shape.id {
            self.above.clone_from(&shape.plan.below);
            self.above_id = shape.id;
        }
    }

    /// The same after a row without a shape, whose lines are in `above`: nothing known applies below it.
    pub(crate) fn follow_unknown(&mut self) {
        self.known.clear();
        self.above_id = u32::MAX;
    }
}
