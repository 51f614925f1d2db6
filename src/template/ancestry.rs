//! Where an element stands in a filled document: what selectors ask about, and the style that it hands down.

use std::{rc::Rc, sync::Arc};

use crate::template::{
    cascade::{Cascade, Notes},
    css::selector::Subject,
    document::{Document, ElementId},
    style::Style,
};

/// One element's place, with its ancestors' and its style. Shared: a streamed table keeps its place while rows pass.
#[derive(Debug)]
pub struct Ancestry {
    tag: &'static str,
    id: Option<Arc<str>>,
    classes: String,
    index: usize,
    last: bool,
    parent: Option<Rc<Self>>,
    style: Rc<Style>,
}

/// An element among its siblings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Its number, from 1.
    pub index: usize,
    /// Whether no sibling follows.
    pub last: bool,
}

impl Ancestry {
    /// Finds the style of an element with these `classes` at this position. `root_size` is the font size of the
    /// root, which has none above it.
    #[expect(clippy::too_many_arguments, reason = "all of it decides the style")]
    pub(crate) fn new(
        document: &Document,
        cascade: &Cascade,
        id: ElementId,
        classes: String,
        position: Position,
        parent: Option<&Rc<Self>>,
        root_size: Option<f32>,
        notes: &mut Notes,
    ) -> Rc<Self> {
        let element = document.get(id);
        let inherited = parent.map(|parent| parent.style.clone());
        let mut own = Self {
            tag: element.tag,
            id: element.id.clone(),
            classes,
            index: position.index,
            last: position.last,
            parent: parent.cloned(),
            style: inherited.clone().unwrap_or_default(),
        };
        own.style = Rc::new(cascade.style(&own, &element.declared, inherited.as_deref(), root_size, notes));
        Rc::new(own)
    }

    /// The same place with a style that is already known for it.
    pub fn with_style(
        document: &Document,
        id: ElementId,
        classes: String,
        position: Position,
        parent: Option<&Rc<Self>>,
        style: Rc<Style>,
    ) -> Rc<Self> {
        let element = document.get(id);
        Rc::new(Self {
            tag: element.tag,
            id: element.id.clone(),
            classes,
            index: position.index,
            last: position.last,
            parent: parent.cloned(),
            style,
        })
    }

    /// The element's style.
    pub fn style(&self) -> &Rc<Style> {
        &self.style
    }

    /// The place of the parent.
    pub fn above(&self) -> Option<&Rc<Self>> {
        self.parent.as_ref()
    }
}

impl Subject for Ancestry {
    fn tag(&self) -> &str {
        self.tag
    }

    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    fn has_class(&self, class: &str) -> bool {
        self.classes.split_ascii_whitespace().any(|own| own == class)
    }

    fn index(&self) -> usize {
        self.index
    }

    fn is_last(&self) -> bool {
        self.last
    }

    fn parent(&self) -> Option<&Self> {
        self.parent.as_deref()
    }
}
