//! Filling: a template's elements become [`Node`]s with text, styles and repetitions resolved.

pub(crate) mod node;
mod url;

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
    sync::Arc,
};

use crate::{
    layout::{
        error::LayoutError,
        fill::node::{Kind, Node, Streamed},
        inline::marker,
    },
    template::{
        EvalError, Template,
        ancestry::{Ancestry, Position},
        cascade::Cascade,
        document::{Child, Condition, Document, Element, ElementId, Text},
        scope::{Binding, Loop, Record, Scope},
        stream::Stream,
        style::{Display, Style},
    },
    value::{Row, Value},
};

/// No document may have more boxes in memory at once; streamed rows don't count.
const MAX_NODES: usize = 500_000;

/// So many styles are remembered; classes made from data could otherwise make endlessly many.
const MAX_STYLES: usize = 10_000;

/// Makes nodes of a template's elements.
pub(crate) struct Filler<'t> {
    template: &'t Template,
    root_size: f32,
    styles: RefCell<HashMap<StyleKey, Remembered>>,
    nodes: Cell<usize>,
}

/// The parent's style, which is kept so that its address isn't used again, and the style that was computed.
type Remembered = (Rc<Style>, Rc<Style>);

/// Elements that agree in all of this have the same style: the parent's style stands for everything above.
#[derive(Debug, PartialEq, Eq, Hash)]
struct StyleKey {
    id: ElementId,
    place: usize,
    classes: String,
    parent: *const Style,
}

/// What stands around the rows of a streamed table.
pub(crate) struct StreamParts {
    pub(crate) around: Vec<Node>,
    pub(crate) body: Rc<Ancestry>,
}

/// A child to be made: text, or an element with the scope it has there.
enum Planned<'t> {
    Text(&'t Text),
    Element(ElementId, Scope),
}

impl<'t> Filler<'t> {
    pub(crate) fn new(template: &'t Template) -> Self {
        Self { template, root_size: Style::default().font_size, styles: RefCell::default(), nodes: Cell::default() }
    }

    fn document(&self) -> &'t Document {
        self.template.document()
    }

    fn cascade(&self) -> &'t Cascade {
        self.template.cascade()
    }

    /// The filled body.
    pub(crate) fn body(&mut self, scope: &Scope) -> Result<Option<Node>, LayoutError> {
        let Some(html) = self.document().find("html") else { return Ok(None) };
        let root = self.ancestry(html, scope, Position { index: 1, last: true }, None)?;
        self.root_size = root.style().font_size;
        let Some(body) = self.document().find("body") else { return Ok(None) };
        let index = self.document().child_elements(html).position(|id| id == body).unwrap_or(0) + 1;
        self.element(body, scope, Position { index, last: true }, &root, &mut 0)
    }

    /// An element's place and style under `parent`.
    pub(crate) fn ancestry(
        &self,
        id: ElementId,
        scope: &Scope,
        position: Position,
        parent: Option<&Rc<Ancestry>>,
    ) -> Result<Rc<Ancestry>, EvalError> {
        let (document, cascade) = (self.document(), self.cascade());
        let mut classes = String::new();
        if let Some(class) = &document.get(id).class {
            class.write(scope, &mut classes)?;
        }
        let Some(parent) = parent else {
            return Ok(Ancestry::new(document, cascade, id, classes, position, None, None));
        };
        let place = cascade.place_class(position.index, position.last);
        let key = StyleKey { id, place, classes, parent: Rc::as_ptr(parent.style()) };
        if let Some((_, style)) = self.styles.borrow().get(&key) {
            return Ok(Ancestry::with_style(document, id, key.classes, position, Some(parent), style.clone()));
        }
        let root_size = Some(self.root_size);
        let own = Ancestry::new(document, cascade, id, key.classes.clone(), position, Some(parent), root_size);
        let mut styles = self.styles.borrow_mut();
        if styles.len() >= MAX_STYLES {
            styles.clear();
        }
        styles.insert(key, (parent.style().clone(), own.style().clone()));
        Ok(own)
    }

    fn element(
        &self,
        id: ElementId,
        scope: &Scope,
        position: Position,
        parent: &Rc<Ancestry>,
        items: &mut usize,
    ) -> Result<Option<Node>, LayoutError> {
        self.count_node()?;
        let own = self.ancestry(id, scope, position, Some(parent))?;
        if own.style().display == Display::None {
            return Ok(None);
        }
        let element = self.document().get(id);
        let kind = match element.tag {
            "br" => Kind::LineBreak,
            "img" => self.picture(element)?,
            "a" => self.link(id, scope, &own)?,
            "td" | "th" => Kind::Cell { span: colspan(element), children: self.children(id, scope, &own)? },
            "table" if element.rows.is_some() => {
                Kind::Stream(Box::new(Streamed { scope: scope.clone(), ancestry: own.clone() }))
            }
            _ if own.style().display == Display::ListItem => {
                *items += 1;
                Kind::Item {
                    marker: marker::text(own.style().list_marker, *items),
                    children: self.children(id, scope, &own)?,
                }
            }
            _ => Kind::Box(self.children(id, scope, &own)?),
        };
        Ok(Some(Node { element: id, style: own.style().clone(), kind }))
    }

    fn count_node(&self) -> Result<(), LayoutError> {
        self.nodes.set(self.nodes.get() + 1);
        if self.nodes.get() > MAX_NODES { Err(LayoutError::TooManyBoxes(MAX_NODES)) } else { Ok(()) }
    }

    /// The filled children of an element.
    pub(crate) fn children(&self, id: ElementId, scope: &Scope, own: &Rc<Ancestry>) -> Result<Vec<Node>, LayoutError> {
        let planned = self.plan(id, scope)?;
        let count = planned.iter().filter(|child| matches!(child, Planned::Element(..))).count();
        let mut nodes = Vec::with_capacity(planned.len());
        let (mut index, mut items) = (0, 0);
        for child in planned {
            match child {
                Planned::Text(text) => {
                    let mut filled = String::new();
                    text.write(scope, &mut filled)?;
                    if !filled.is_empty() {
                        nodes.push(Node { element: id, style: own.style().clone(), kind: Kind::Text(filled) });
                    }
                }
                Planned::Element(child, scope) => {
                    index += 1;
                    let position = Position { index, last: index == count };
                    nodes.extend(self.element(child, &scope, position, own, &mut items)?);
                }
            }
        }
        Ok(nodes)
    }

    /// Which children are there, how often, and with which names.
    fn plan(&self, id: ElementId, scope: &Scope) -> Result<Vec<Planned<'t>>, LayoutError> {
        let mut planned = Vec::new();
        let mut last_condition = true;
        for child in &self.document().get(id).children {
            match child {
                Child::Text(text) => planned.push(Planned::Text(text)),
                Child::Element(child) => {
                    let element = self.document().get(*child);
                    match &element.repeat {
                        None => {
                            if holds(element, scope, &mut last_condition)? {
                                planned.push(Planned::Element(*child, scope.clone()));
                            }
                        }
                        Some(repeat) => {
                            for scope in repetitions(repeat, scope)? {
                                if holds(element, &scope, &mut last_condition)? {
                                    planned.push(Planned::Element(*child, scope));
                                }
                            }
                        }
                    }
                }
            }
        }
        Ok(planned)
    }

    /// Everything of a streamed table but its body and totals: captions, columns, head; and the place of its body.
    pub(crate) fn parts_around_body(&self, stream: &Stream, streamed: &Streamed) -> Result<StreamParts, LayoutError> {
        let groups: Vec<ElementId> = self.document().child_elements(stream.table).collect();
        let (mut around, mut body) = (Vec::new(), None);
        for (i, &group) in groups.iter().enumerate() {
            let position = Position { index: i + 1, last: i + 1 == groups.len() };
            match self.document().get(group).tag {
                "tbody" => body = Some(self.ancestry(group, &streamed.scope, position, Some(&streamed.ancestry))?),
                "tfoot" => {}
                _ => around.extend(self.element(group, &streamed.scope, position, &streamed.ancestry, &mut 0)?),
            }
        }
        // A stream without a body has been refused at load.
        Ok(StreamParts { around, body: body.unwrap_or_else(|| streamed.ancestry.clone()) })
    }

    /// The filled `tfoot` of a streamed table.
    pub(crate) fn totals(&self, stream: &Stream, scope: &Scope, body: &Rc<Ancestry>) -> Result<Vec<Node>, LayoutError> {
        let table = body.above().unwrap_or(body);
        let groups: Vec<ElementId> = self.document().child_elements(stream.table).collect();
        let mut totals = Vec::new();
        for (i, &group) in groups.iter().enumerate().filter(|(_, id)| self.document().get(**id).tag == "tfoot") {
            let position = Position { index: i + 1, last: i + 1 == groups.len() };
            totals.extend(self.element(group, scope, position, table, &mut 0)?);
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
        self.element(id, scope, position, body, &mut 0)
    }

    fn picture(&self, element: &Element) -> Result<Kind, LayoutError> {
        let image = element.attribute("src").and_then(Text::literal).and_then(|src| self.template.image(src));
        let pixels = |name| {
            let text = element.attribute(name).and_then(Text::literal)?;
            text.trim()
                .parse::<f32>()
                .ok()
                .filter(|pixels| (0.0..=100_000.0).contains(pixels))
                .map(|pixels| pixels * 0.75)
        };
        Ok(match image {
            Some(image) => Kind::Picture { image: image.clone(), width: pixels("width"), height: pixels("height") },
            // Loading refuses templates whose pictures aren't there.
            None => Kind::Box(Vec::new()),
        })
    }

    fn link(&self, id: ElementId, scope: &Scope, own: &Rc<Ancestry>) -> Result<Kind, LayoutError> {
        let element = self.document().get(id);
        let children = self.children(id, scope, own)?;
        let Some(href) = element.attribute("href") else { return Ok(Kind::Box(children)) };
        let mut target = String::new();
        href.write(scope, &mut target)?;
        match target.strip_prefix('#') {
            Some(name) if self.template.is_target(name) => {}
            Some(_) => return Err(LayoutError::DeadLink { place: self.template.locate(id).0 }),
            None if url::is_safe(&target) => {}
            None => return Err(LayoutError::UnsafeLink { place: self.template.locate(id).0 }),
        }
        Ok(Kind::Link { target: Arc::from(target), children })
    }
}

/// How many columns a cell takes.
pub(crate) fn colspan(element: &Element) -> usize {
    element.attribute("colspan").and_then(Text::literal).and_then(|span| span.parse().ok()).unwrap_or(1)
}

/// Whether an element's condition holds; remembers it for the `data-else` that may follow.
pub(crate) fn holds(element: &Element, scope: &Scope, last: &mut bool) -> Result<bool, EvalError> {
    match &element.condition {
        None => Ok(true),
        Some(Condition::If(expression)) => {
            *last = expression.truth(scope)?;
            Ok(*last)
        }
        Some(Condition::Else) => Ok(!*last),
    }
}

fn repetitions(repeat: &crate::template::document::Repeat, scope: &Scope) -> Result<Vec<Scope>, EvalError> {
    let binding = match repeat.over.names().as_slice() {
        [name] if name.field.is_none() => scope.get(&name.root),
        _ => None,
    };
    let members: Vec<Binding> = match binding {
        Some(Binding::Table(table)) => {
            let record = |row: &Arc<Row>| Binding::Record(Record { columns: table.columns.clone(), row: row.clone() });
            table.rows.iter().map(record).collect()
        }
        _ => match repeat.over.value(scope)? {
            Value::List(values) => values.into_iter().map(Binding::Value).collect(),
            Value::Null => Vec::new(),
            single => vec![Binding::Value(single)],
        },
    };
    let count = members.len();
    let scopes = members.into_iter().enumerate().map(|(i, member)| {
        let counters = Loop { index: i as u64 + 1, last: i + 1 == count };
        scope.with(vec![(repeat.variable.clone(), member), (Arc::from("loop"), Binding::Loop(counters))])
    });
    Ok(scopes.collect())
}
