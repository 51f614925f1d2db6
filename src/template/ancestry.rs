//! Where an element stands in a filled document: what selectors ask about, and the style that it hands down.

use std::{rc::Rc, sync::Arc};

use crate::template::{
    cascade::Resolved,
    css::matcher::{Around, Matched, Place},
    style::Style,
};

/// One element's place, with its ancestors' and its style. Shared: a streamed table keeps its place while rows pass.
#[derive(Debug)]
pub struct Ancestry {
    resolved: Arc<Resolved>,
    language: Option<Rc<str>>,
    parent: Option<Rc<Self>>,
}

/// A row among its siblings while rows are still coming.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Its number, from 1.
    pub index: usize,
    /// Whether no sibling follows.
    pub last: bool,
}

impl From<Position> for Place {
    fn from(Position { index, last }: Position) -> Self {
        let count = last.then_some(index);
        // Rows have only rows beside them.
        Self { index, count, index_of_type: index, count_of_type: count, previous: None, earlier: None }
    }
}

impl Ancestry {
    /// An element under `parent`, with what was found out about it and its own language.
    pub(crate) fn new(resolved: Arc<Resolved>, language: Option<Rc<str>>, parent: Option<&Rc<Self>>) -> Rc<Self> {
        let language = language.or_else(|| parent.and_then(|parent| parent.language.clone()));
        Rc::new(Self { resolved, language, parent: parent.cloned() })
    }

    /// The element's style.
    pub fn style(&self) -> &Arc<Style> {
        &self.resolved.style
    }

    /// The place of the parent.
    pub fn above(&self) -> Option<&Rc<Self>> {
        self.parent.as_ref()
    }

    /// Whether it is part of a running element.
    pub(crate) fn runs(&self) -> bool {
        matches!(self.style().position, crate::template::style::Position::Running(_))
            || self.parent.as_ref().is_some_and(|parent| parent.runs())
    }

    /// The language of its text, as some `lang` around it says.
    pub(crate) fn language(&self) -> Option<&Rc<str>> {
        self.language.as_ref()
    }

    /// What is known of the element, which others like it share.
    pub(crate) fn resolved(&self) -> &Arc<Resolved> {
        &self.resolved
    }

    /// Whether CSS adds to its content, or counts it.
    pub(crate) fn makes_content(&self) -> bool {
        self.resolved.before.is_some() || self.resolved.after.is_some() || !self.style().counters.is_empty()
    }

    /// What the elements in it can see.
    pub(crate) fn around(&self) -> Around<'_> {
        Around { parent: &self.resolved.matched, ancestors: &self.resolved.within }
    }
}

/// Gives the children of one element their places, one after the other.
#[derive(Debug)]
pub(crate) struct Places {
    count: usize,
    index: usize,
    /// Each name with how many have passed and how many there are.
    types: Vec<(&'static str, usize, usize)>,
    before: Before,
}

impl Places {
    /// For children of these names.
    pub(crate) fn new(tags: impl Iterator<Item = &'static str>) -> Self {
        let mut places = Self { count: 0, index: 0, types: Vec::new(), before: Before::default() };
        for tag in tags {
            places.count += 1;
            match places.types.iter_mut().find(|(known, ..)| *known == tag) {
                Some((_, _, total)) => *total += 1,
                None => places.types.push((tag, 0, 1)),
            }
        }
        places
    }

    /// The place of the next child, which has this name.
    pub(crate) fn next(&mut self, tag: &'static str) -> Place {
        self.index += 1;
        let mut of_type = (self.index, self.count);
        if let Some((_, passed, total)) = self.types.iter_mut().find(|(known, ..)| *known == tag) {
            *passed += 1;
            of_type = (*passed, *total);
        }
        Place {
            index: self.index,
            count: Some(self.count),
            index_of_type: of_type.0,
            count_of_type: Some(of_type.1),
            previous: self.before.previous.clone(),
            earlier: self.before.earlier.clone(),
        }
    }

    /// Lets those that follow know what this one matched.
    pub(crate) fn passed(&mut self, matched: &Arc<Matched>) {
        self.before.passed(matched);
    }
}

/// What the siblings before an element matched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Before {
    pub(crate) previous: Option<Arc<Matched>>,
    pub(crate) earlier: Option<Arc<Matched>>,
}

impl Before {
    /// Adds one more.
    pub(crate) fn passed(&mut self, matched: &Arc<Matched>) {
        self.earlier = Some(match self.earlier.take() {
            None => matched.clone(),
            Some(earlier) if earlier.includes(matched) => earlier,
            Some(earlier) => Arc::new(earlier.and(matched)),
        });
        self.previous = Some(matched.clone());
    }
}
