//! Lines: text, inline boxes and what stands among them become strips, one for each line.
//!
//! [`collect`] gathers the nodes of a paragraph as one text with spans, boxes and atoms; [`set`] breaks it into lines;
//! [`rise`] finds how high each thing on a line stands; [`draw`] puts a line on paper. [`paragraph`] does all of it
//! for a box's children, with tags and list markers.
//!
//! **Invariant:** the text is in reading order and says everything that is read; what a line looks like never changes
//! it. Tags open and close in that order, each once, when the line is drawn that their content stands on.

mod atom;
mod collect;
mod decoration;
mod draw;
mod fragment;
mod item;
pub(crate) mod marker;
mod measure;
mod paragraph;
mod rise;
mod set;
pub(crate) mod split;
#[cfg(test)]
mod tests;
mod transform;

use std::sync::Arc;

use crate::{
    layout::{
        fill::node::Node,
        inline::atom::AtomBox,
        page::TagId,
        text::{Object, Span},
    },
    template::style::Style,
};

/// The text of a paragraph with everything in it, in reading order.
#[derive(Debug, Default)]
pub(crate) struct Inline<'n> {
    text: String,
    spans: Vec<Span>,
    /// What each span belongs to, by its tag.
    stretches: Vec<Stretch>,
    /// The inline boxes, each after the one that it stands in.
    boxes: Vec<InlineBox<'n>>,
    atoms: Vec<Atom<'n>>,
    /// The edges of boxes, and atoms, as the breaker of lines knows them.
    objects: Vec<Object>,
    /// What those are, one by one.
    things: Vec<Thing>,
    /// What happens to the structure, and where.
    steps: Vec<(usize, Step)>,
    /// What its text belongs to where no inline box says otherwise.
    pub(crate) owner: TagId,
    /// Where all of it leads.
    link: Option<Arc<str>>,
}

/// What a stretch of text looks like and where it stands.
#[derive(Debug)]
struct Stretch {
    style: Arc<Style>,
    /// The box around it, of [`Inline::boxes`].
    within: Option<usize>,
    /// Its digits hold the place of the number of pages.
    total: bool,
}

/// A box within lines.
#[derive(Debug)]
struct InlineBox<'n> {
    node: &'n Node,
    /// The box around it.
    within: Option<usize>,
    link: Option<Arc<str>>,
    /// Its own tag, once that is open.
    owner: Option<TagId>,
    /// How far it is drawn from its place, with the boxes around it.
    moved: (f32, f32),
}

/// A box or picture that stands on a line as a letter does.
#[derive(Debug)]
struct Atom<'n> {
    node: &'n Node,
    within: Option<usize>,
    /// Its size, and what it draws.
    set: AtomBox,
}

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Thing {
    Opening(usize),
    Closing(usize),
    Atom(usize),
    /// Room behind the marker of a list item.
    Gap,
}

/// A change of the structure.
#[derive(Debug, Clone, Copy)]
enum Step {
    Open(usize),
    Close,
    Atom(usize),
}

impl Inline<'_> {
    /// Whether it makes no line at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.text.chars().all(collect::is_control)
    }

    /// A box and those around it, innermost first.
    fn around(&self, within: Option<usize>) -> impl Iterator<Item = usize> {
        std::iter::successors(within, |own| self.boxes[*own].within)
    }

    /// How far something in a box is drawn from its place.
    fn moved(&self, within: Option<usize>) -> (f32, f32) {
        within.map_or((0.0, 0.0), |own| self.boxes[own].moved)
    }

    /// What something in a box belongs to.
    fn owner_within(&self, within: Option<usize>) -> TagId {
        self.around(within).find_map(|own| self.boxes[own].owner).unwrap_or(self.owner)
    }
}
