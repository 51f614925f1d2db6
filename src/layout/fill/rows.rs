//! Streamed tables: what stands around their rows, and the rows, one at a time.

use std::rc::Rc;

use crate::{
    layout::{
        error::LayoutError,
        fill::{
            Filler,
            node::{Node, Streamed},
        },
    },
    template::{
        EvalError,
        ancestry::{Ancestry, Before, Position},
        css::matcher::Place,
        document::ElementId,
        scope::Scope,
        stream::Stream,
        style::Style,
    },
};

/// What stands around the rows of a streamed table.
pub(crate) struct StreamParts {
    pub(crate) around: Vec<Node>,
    pub(crate) body: Rc<Ancestry>,
}

/// The rows that have passed, as far as those that follow can ask about them.
#[derive(Debug, Default)]
pub(super) struct Rows {
    before: Before,
    /// All that rows have had before them, each known by its number.
    known: Vec<Before>,
    /// Whether the counters are within a row.
    open: bool,
}

/// More kinds of siblings than this are not told apart by number but start anew.
const MOST_KNOWN: usize = 1000;

impl Filler<'_> {
    /// Everything of a streamed table but its body and totals: captions, columns, head; and the place of its body,
    /// whose rows come next.
    pub(crate) fn parts_around_body(&self, stream: &Stream, streamed: &Streamed) -> Result<StreamParts, LayoutError> {
        *self.counters.borrow_mut() = streamed.counters.clone();
        *self.rows.borrow_mut() = Rows::default();
        let (mut around, mut body) = (Vec::new(), None);
        for (place, group) in self.child_places(stream.table, &streamed.scope, &streamed.ancestry)? {
            match self.document().get(group).tag {
                "tbody" => body = Some(place),
                "tfoot" => {}
                _ => around.extend(self.at_once(|| self.element(group, &streamed.scope, &place))?),
            }
        }
        // A stream without a body has been refused at load.
        let body = body.unwrap_or_else(|| streamed.ancestry.clone());
        let mut counters = self.counters.borrow_mut();
        counters.enter();
        counters.change(&body.style().counters);
        Ok(StreamParts { around, body })
    }

    /// The filled `tfoot` of a streamed table.
    pub(crate) fn totals(&self, stream: &Stream, scope: &Scope, body: &Rc<Ancestry>) -> Result<Vec<Node>, LayoutError> {
        self.leave_row();
        self.counters.borrow_mut().leave();
        let table = body.above().unwrap_or(body);
        let mut totals = Vec::new();
        for (place, group) in self.child_places(stream.table, scope, table)? {
            if self.document().get(group).tag == "tfoot" {
                totals.extend(self.at_once(|| self.element(group, scope, &place))?);
            }
        }
        Ok(totals)
    }

    /// One filled row of a streamed table.
    pub(crate) fn row(
        &self,
        id: ElementId,
        scope: &Scope,
        position: Position,
        body: &Rc<Ancestry>,
    ) -> Result<Option<Node>, LayoutError> {
        self.nodes.set(0);
        self.leave_row();
        let own = self.row_ancestry(id, scope, position, body)?;
        self.at_once(|| self.element(id, scope, &own))
    }

    /// A row's place and style.
    pub(crate) fn row_ancestry(
        &self,
        id: ElementId,
        scope: &Scope,
        position: Position,
        body: &Rc<Ancestry>,
    ) -> Result<Rc<Ancestry>, EvalError> {
        let Before { previous, earlier } = self.rows.borrow().before.clone();
        self.ancestry(id, scope, Place { previous, earlier, ..position.into() }, Some(body))
    }

    /// A number that two rows share only if no selector tells their places apart.
    pub(crate) fn place_class(&self, position: Position) -> usize {
        let class = self.cascade().place_class(position.index, position.last);
        if !self.cascade().asks().siblings {
            return class;
        }
        let mut rows = self.rows.borrow_mut();
        let known = rows.known.iter().position(|known| *known == rows.before);
        let number = known.unwrap_or_else(|| {
            let before = rows.before.clone();
            rows.known.push(before);
            rows.known.len() - 1
        });
        class * (MOST_KNOWN + 1) + number.min(MOST_KNOWN)
    }

    /// Whether rows are to be told apart by everything: those that passed are of too many kinds.
    pub(crate) fn is_crowded(&self) -> bool {
        self.rows.borrow().known.len() > MOST_KNOWN
    }

    /// Lets the rows that follow know of this one.
    pub(crate) fn row_passed(
        &self,
        id: ElementId,
        scope: &Scope,
        position: Position,
        body: &Rc<Ancestry>,
    ) -> Result<(), EvalError> {
        if self.cascade().asks().siblings {
            let own = self.row_ancestry(id, scope, position, body)?;
            self.rows.borrow_mut().before.passed(&own.resolved().matched);
        }
        Ok(())
    }

    /// Begins a row whose cells are filled by themselves.
    pub(crate) fn enter_row(&self, style: &Style) {
        self.leave_row();
        let mut counters = self.counters.borrow_mut();
        counters.enter();
        counters.change(&style.counters);
        self.rows.borrow_mut().open = true;
    }

    fn leave_row(&self) {
        if std::mem::take(&mut self.rows.borrow_mut().open) {
            self.counters.borrow_mut().leave();
        }
    }
}
