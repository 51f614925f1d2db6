//! Filling: a template's elements become [`Node`]s with text, styles and repetitions resolved.

mod counters;
mod generated;
pub(crate) mod node;
pub(crate) mod rows;
mod url;

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
};

use crate::{
    layout::{
        data::Interrupted,
        error::LayoutError,
        fill::{
            counters::Counters,
            node::{Kind, Later, Node, Streamed},
            rows::Rows,
        },
        inline::{marker, split::split},
        text::Stop,
    },
    template::{
        EvalError, Template,
        ancestry::{Ancestry, Places},
        cascade::{Cascade, Notes, Resolved},
        css::matcher::{Facts, Matched, Place},
        document::{Child, Condition, Document, Element, ElementId, Repeat, Text},
        scope::{Binding, Loop, Record, Scope},
        style::{Display, Style},
        styles::Styles,
    },
    value::{Row, Value},
};

/// No document may have more boxes in memory at once; streamed rows don't count.
const MAX_NODES: usize = 500_000;

/// So many boxes are made before looking whether they are still wanted.
const NODES_BETWEEN_LOOKS: usize = 64;

/// Makes nodes of a template's elements.
pub(crate) struct Filler<'t> {
    template: &'t Template,
    root_size: f32,
    styles: RefCell<Styles>,
    nodes: Cell<usize>,
    stop: Option<Stop>,
    counters: RefCell<Counters>,
    rows: RefCell<Rows>,
    /// Whether what names `rows` is filled at once, because layout has come to it.
    rows_known: Cell<bool>,
}

/// A child to be made: text, or an element with the scope it has there.
enum Planned<'t> {
    Text(&'t Text),
    Element(ElementId, Scope),
}

impl<'t> Filler<'t> {
    pub(crate) fn new(template: &'t Template, stop: Option<Stop>) -> Self {
        Self {
            template,
            root_size: Style::default().font_size,
            styles: RefCell::new(template.wardrobe().take()),
            nodes: Cell::default(),
            stop,
            counters: RefCell::default(),
            rows: RefCell::default(),
            rows_known: Cell::default(),
        }
    }

    /// Leaves its styles to the next document.
    pub(crate) fn rest(self) {
        self.template.wardrobe().keep(self.styles.into_inner());
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
        let root = self.ancestry(html, scope, Places::new(["html"].into_iter()).next("html"), None)?;
        self.root_size = root.style().font_size;
        let Some(body) = self.document().find("body") else { return Ok(None) };
        let scope = &scope.with_names(&self.document().get(body).names)?;
        let (own, _) = self.child_places(html, scope, &root)?.into_iter().find(|(_, id)| *id == body).unzip();
        own.map_or(Ok(None), |own| self.element(body, scope, &own))
    }

    /// The places of all children of an element that has neither conditions nor repetitions.
    pub(crate) fn child_places(
        &self,
        id: ElementId,
        scope: &Scope,
        own: &Rc<Ancestry>,
    ) -> Result<Vec<(Rc<Ancestry>, ElementId)>, EvalError> {
        let document = self.document();
        let mut places = Places::new(document.child_elements(id).map(|child| document.get(child).tag));
        let mut children = Vec::new();
        for child in document.child_elements(id) {
            let place = places.next(document.get(child).tag);
            let ancestry = self.ancestry(child, scope, place, Some(own))?;
            self.pass(&mut places, &ancestry);
            children.push((ancestry, child));
        }
        Ok(children)
    }

    pub(crate) fn pass(&self, places: &mut Places, ancestry: &Ancestry) {
        if self.cascade().asks().siblings {
            places.passed(&ancestry.resolved().matched);
        }
    }

    /// An element's place and style under `parent`.
    pub(crate) fn ancestry(
        &self,
        id: ElementId,
        scope: &Scope,
        place: impl Into<Place>,
        parent: Option<&Rc<Ancestry>>,
    ) -> Result<Rc<Ancestry>, EvalError> {
        let (element, cascade, place) = (self.document().get(id), self.cascade(), place.into());
        let classes = element.class.as_ref().map_or(Ok(Cow::Borrowed("")), |class| class.filled(scope))?;
        let asks = cascade.asks();
        let mut attributes = Vec::new();
        for (name, text) in element.attributes.iter().filter(|(name, _)| asks.attributes.contains(*name)) {
            attributes.push((*name, text.filled(scope)?.into_owned()));
        }
        let language = element.attribute("lang").map(|lang| lang.filled(scope)).transpose()?.map(Rc::<str>::from);
        let facts = Facts {
            id: element.id.as_deref(),
            classes: &classes,
            attributes: &attributes,
            language: language.as_deref().or_else(|| parent.and_then(|parent| parent.language()).map(|own| &**own)),
            empty: asks.emptiness && self.is_empty(id, scope)?,
            place: &place,
        };
        let matched = cascade.matched(id, facts, parent.map(|parent| &**parent));
        Ok(Ancestry::new(self.resolved(element, id, matched, parent), language, parent))
    }

    fn resolved(
        &self,
        element: &Element,
        id: ElementId,
        matched: Matched,
        parent: Option<&Rc<Ancestry>>,
    ) -> Arc<Resolved> {
        let above = parent.map(|parent| &**parent);
        let root_size = parent.map(|_| self.root_size);
        self.styles.borrow_mut().get(id, above.map(|above| &**above.resolved()), matched, |matched| {
            self.cascade().resolve(matched, &element.declared, above, root_size, &mut Notes::default())
        })
    }

    /// Whether nothing at all is in an element.
    fn is_empty(&self, id: ElementId, scope: &Scope) -> Result<bool, EvalError> {
        let element = self.document().get(id);
        if element.rows.is_some() {
            return Ok(false);
        }
        for planned in self.plan(id, scope)? {
            match planned {
                Planned::Element(..) => return Ok(false),
                Planned::Text(text) if !text.filled(scope)?.is_empty() => return Ok(false),
                Planned::Text(_) => {}
            }
        }
        Ok(true)
    }

    fn element(&self, id: ElementId, scope: &Scope, own: &Rc<Ancestry>) -> Result<Option<Node>, LayoutError> {
        self.count_node()?;
        let style = own.style();
        if style.display == Display::None {
            return Ok(None);
        }
        let element = self.document().get(id);
        if !self.rows_known.get() && style.is_block_level() && self.template.waits_for_rows(id) {
            return self.later(id, scope, own).map(Some);
        }
        self.counters.borrow_mut().enter();
        self.count(element, style);
        let kind = match element.tag {
            "br" => Kind::LineBreak,
            // A line may end here: at a space without width.
            "wbr" => Kind::Text("\u{200b}".to_owned()),
            "img" => self.picture(element, scope)?,
            "a" => self.link(id, scope, own)?,
            "td" | "th" => {
                let children = self.children(id, scope, own)?;
                Kind::Cell { span: span(element, "colspan"), rows: span(element, "rowspan"), children }
            }
            "col" | "colgroup" => {
                Kind::Columns { count: span(element, "span"), children: self.children(id, scope, own)? }
            }
            "table" if element.rows.is_some() => Kind::Stream(Box::new(Streamed {
                scope: scope.clone(),
                ancestry: own.clone(),
                counters: self.counters.borrow().clone(),
            })),
            _ if style.display == Display::ListItem => Kind::Item {
                marker: marker::text(&style.list_marker, self.item_number()),
                children: self.children(id, scope, own)?,
            },
            _ => Kind::Box(self.children(id, scope, own)?),
        };
        self.counters.borrow_mut().leave();
        Ok(Some(Node::new(id, style.clone(), kind)))
    }

    /// A box that has to wait for the rows before it. It is filled once all the same, so that counters go on after it.
    fn later(&self, id: ElementId, scope: &Scope, own: &Rc<Ancestry>) -> Result<Node, LayoutError> {
        let counters = self.counters.borrow().clone();
        self.at_once(|| self.element(id, scope, own))?;
        let later = Later { scope: scope.clone(), ancestry: own.clone(), counters };
        Ok(Node::new(id, own.style().clone(), Kind::Later(Box::new(later))))
    }

    /// Fills a box that had to wait; `rows` tells how many there were.
    pub(crate) fn late(
        &self,
        node: &Node,
        later: &Later,
        rows: (Arc<str>, Binding),
    ) -> Result<Option<Node>, LayoutError> {
        *self.counters.borrow_mut() = later.counters.clone();
        let scope = later.scope.with(vec![rows]);
        self.at_once(|| self.element(node.element, &scope, &later.ancestry))
    }

    /// Fills what layout has come to: nothing in it waits.
    fn at_once<T>(&self, fill: impl FnOnce() -> T) -> T {
        self.rows_known.set(true);
        let filled = fill();
        self.rows_known.set(false);
        filled
    }

    fn count_node(&self) -> Result<(), LayoutError> {
        self.nodes.set(self.nodes.get() + 1);
        if self.nodes.get() > MAX_NODES {
            return Err(LayoutError::TooManyBoxes(MAX_NODES));
        }
        let looks = self.nodes.get().is_multiple_of(NODES_BETWEEN_LOOKS);
        match &self.stop {
            Some(stop) if looks && stop() => Err(Interrupted.into()),
            _ => Ok(()),
        }
    }

    /// The filled children of an element, what CSS puts before and after them included.
    pub(crate) fn children(&self, id: ElementId, scope: &Scope, own: &Rc<Ancestry>) -> Result<Vec<Node>, LayoutError> {
        let planned = self.plan(id, scope)?;
        let document = self.document();
        let mut places = Places::new(planned.iter().filter_map(|child| match child {
            Planned::Element(child, _) => Some(document.get(*child).tag),
            Planned::Text(_) => None,
        }));
        let mut nodes = Vec::with_capacity(planned.len());
        if let Some(before) = &own.resolved().before {
            nodes.push(self.pseudo(id, before, scope)?);
        }
        for child in planned {
            match child {
                Planned::Text(text) => {
                    let filled = text.filled(scope)?.into_owned();
                    if !filled.is_empty() {
                        nodes.push(Node::new(id, own.style().clone(), Kind::Text(filled)));
                    }
                }
                Planned::Element(child, scope) => {
                    let place = places.next(document.get(child).tag);
                    let ancestry = self.ancestry(child, &scope, place, Some(own))?;
                    self.pass(&mut places, &ancestry);
                    nodes.extend(self.element(child, &scope, &ancestry)?);
                }
            }
        }
        if let Some(after) = &own.resolved().after {
            nodes.push(self.pseudo(id, after, scope)?);
        }
        Ok(split(nodes))
    }

    /// Which children are there, how often, and with which names.
    fn plan(&self, id: ElementId, scope: &Scope) -> Result<Vec<Planned<'t>>, EvalError> {
        let mut planned = Vec::new();
        let mut last_condition = true;
        for child in &self.document().get(id).children {
            match child {
                Child::Text(text) => planned.push(Planned::Text(text)),
                Child::Element(child) => {
                    let element = self.document().get(*child);
                    let scopes = match &element.repeat {
                        None => vec![scope.clone()],
                        Some(repeat) => repetitions(repeat, scope)?,
                    };
                    for scope in scopes {
                        let scope = scope.with_names(&element.names)?;
                        if holds(element, &scope, &mut last_condition)? {
                            planned.push(Planned::Element(*child, scope));
                        }
                    }
                }
            }
        }
        Ok(planned)
    }

    fn picture(&self, element: &Element, scope: &Scope) -> Result<Kind, LayoutError> {
        let image = element.attribute("src").and_then(Text::literal).and_then(|src| self.template.image(src));
        let pixels = |name| {
            let text = element.attribute(name).and_then(Text::literal)?;
            text.trim()
                .parse::<f32>()
                .ok()
                .filter(|pixels| (0.0..=100_000.0).contains(pixels))
                .map(|pixels| pixels * 0.75)
        };
        let mut alternative = String::new();
        if let Some(alt) = element.attribute("alt") {
            alt.write(scope, &mut alternative)?;
        }
        let alternative = Some(alternative.trim()).filter(|text| !text.is_empty()).map(Arc::from);
        Ok(match image {
            Some(image) => {
                Kind::Picture { image: image.clone(), width: pixels("width"), height: pixels("height"), alternative }
            }
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

/// How many columns or rows an element takes, as `colspan`, `rowspan` or `span` says.
pub(crate) fn span(element: &Element, attribute: &str) -> usize {
    element.attribute(attribute).and_then(Text::literal).and_then(|span| span.parse().ok()).unwrap_or(1)
}

/// Whether an element's condition holds; remembers it for the `data-else` that may follow.
pub(crate) fn holds(element: &Element, scope: &Scope, last: &mut bool) -> Result<bool, EvalError> {
    match &element.condition {
        None => Ok(true),
        Some(Condition::If(expression)) => {
            *last = expression.truth(scope)?;
            Ok(*last)
        }
        Some(Condition::ElseIf(_)) if *last => Ok(false),
        Some(Condition::ElseIf(expression)) => {
            *last = expression.truth(scope)?;
            Ok(*last)
        }
        Some(Condition::Else) => Ok(!*last),
    }
}

fn repetitions(repeat: &Repeat, scope: &Scope) -> Result<Vec<Scope>, EvalError> {
    let members: Vec<Binding> = match repeat.over.binding(scope)? {
        Binding::Table(table) => {
            let record = |row: &Arc<Row>| Binding::Record(Record { columns: table.columns.clone(), row: row.clone() });
            table.rows.iter().map(record).collect()
        }
        Binding::Group(group) => {
            let columns = &group.rows.columns;
            let record = |row: &Arc<Row>| Binding::Record(Record { columns: columns.clone(), row: row.clone() });
            group.rows.rows.iter().map(record).collect()
        }
        Binding::List(items) => items.to_vec(),
        Binding::Value(Value::List(values)) => values.into_iter().map(Binding::Value).collect(),
        Binding::Value(Value::Null) => Vec::new(),
        single => vec![single],
    };
    if members.len() > MAX_NODES {
        return Err(repeat.over.error(&format!("`data-for` makes more than {MAX_NODES} boxes; use `data-rows`")));
    }
    let length = members.len() as u64;
    let scopes = members.into_iter().zip(1..).map(|(member, index)| {
        let counters = Loop { index, last: index == length, length: Some(length), in_group: 0 };
        scope.with(vec![(repeat.variable.clone(), member), (Arc::from("loop"), Binding::Loop(counters))])
    });
    Ok(scopes.collect())
}
