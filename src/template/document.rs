//! The template's elements, as a tree in one list.

use std::{borrow::Cow, sync::Arc};

use crate::{
    fault::{Fault, Place},
    template::{
        css::sheet::Declared,
        expression::{EvalError, Expression},
        scope::Scope,
        source::Source,
    },
};

/// Names one element of a [`Document`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ElementId(pub(crate) u32);

impl ElementId {
    /// `html`.
    pub(crate) const ROOT: Self = Self(0);
}

/// All elements of a template; the first is `html`.
#[derive(Debug, Default)]
pub struct Document {
    pub(crate) elements: Vec<Element>,
}

/// One element.
#[derive(Debug)]
pub struct Element {
    /// Its name.
    pub tag: &'static str,
    /// Where it stands.
    pub place: Place,
    /// The parent; `None` for `html`.
    pub parent: Option<ElementId>,
    /// What it contains, in order.
    pub children: Vec<Child>,
    /// `id`.
    pub id: Option<Arc<str>>,
    /// `class`, with its expressions.
    pub class: Option<Text>,
    /// `style`.
    pub(crate) declared: Vec<Declared>,
    /// All other attributes.
    pub attributes: Vec<(&'static str, Text)>,
    /// Texts that CSS adds to it.
    pub(crate) generated: Vec<Arc<Text>>,
    /// `data-with`: names for what stands in it.
    pub names: Vec<Naming>,
    /// `data-if`, `data-else-if` or `data-else`.
    pub condition: Option<Condition>,
    /// `data-for`.
    pub repeat: Option<Repeat>,
    /// `data-rows`, on a table.
    pub rows: Option<RowSource>,
    /// `data-group`, `data-group-footer` or `data-empty`, on a table row.
    pub role: RowRole,
}

/// A child of an element.
#[derive(Debug)]
pub enum Child {
    /// An element.
    Element(ElementId),
    /// Text.
    Text(Text),
}

/// When an element is there.
#[derive(Debug)]
pub enum Condition {
    /// When this is true.
    If(Expression),
    /// When no condition of the elements before it is true, and this one is.
    ElseIf(Expression),
    /// When no condition of the elements before it is true.
    Else,
}

/// An element repeated for each member of a list or dataset held in memory.
#[derive(Debug)]
pub struct Repeat {
    /// The name of a member.
    pub variable: Arc<str>,
    /// What is gone through.
    pub over: Expression,
}

/// A name for a value, given by `data-with`.
#[derive(Debug)]
pub struct Naming {
    /// The name.
    pub name: Arc<str>,
    /// What it stands for.
    pub value: Expression,
}

/// The dataset that a table streams.
#[derive(Debug)]
pub struct RowSource {
    /// The name of a row.
    pub variable: Arc<str>,
    /// The dataset.
    pub dataset: Arc<str>,
    /// Where the attribute stands.
    pub place: Place,
}

/// What a row of a streamed table is for.
#[derive(Debug, Default)]
pub enum RowRole {
    /// Repeated for each record.
    #[default]
    Record,
    /// Before the first record of each group, whose records agree in these expressions.
    GroupHeader(Vec<Expression>),
    /// After the last record of each group.
    GroupFooter(Vec<Expression>),
    /// In place of records when there are none.
    Empty,
}

/// Text with expressions in it.
#[derive(Debug, Default)]
pub struct Text {
    pub(crate) pieces: Vec<Piece>,
}

/// A stretch of a [`Text`].
#[derive(Debug)]
pub(crate) enum Piece {
    Literal(Arc<str>),
    Expression(Expression),
}

impl Text {
    /// Splits text at its `{{ … }}`. `raw` is the text as it stands in the file at byte `offset`; where it contains
    /// character references it differs from `text`, and only serves to find places.
    pub(crate) fn parse(source: &Source, offset: usize, raw: &str, text: &str) -> Result<Self, Fault> {
        let mut pieces = Vec::new();
        let (mut rest, mut raw_at) = (text, 0);
        while let Some(open) = rest.find("{{") {
            let place = raw[raw_at..].find("{{").map_or(raw_at, |i| raw_at + i);
            let inner = &rest[open + 2..];
            let Some(length) = expression_length(inner) else {
                return Err(source.fault(offset + place, "`{{` is never closed").help("close it with `}}`"));
            };
            if open > 0 {
                pieces.push(Piece::Literal(Arc::from(&rest[..open])));
            }
            let expression = Expression::compile(source, offset + place + 2, &inner[..length])?;
            pieces.push(Piece::Expression(expression));
            rest = &inner[length + 2..];
            raw_at = raw[place..].find("}}").map_or(raw.len(), |i| place + i + 2);
        }
        for statement in ["{%", "{#"] {
            if let Some(at) = raw.find(statement) {
                return Err(source
                    .fault(offset + at, format!("`{statement}` is not supported"))
                    .help("use `data-if` and `data-for` on an element, and `<!-- … -->` for comments"));
            }
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(Arc::from(rest)));
        }
        Ok(Self { pieces })
    }

    /// Writes the text with its expressions filled in.
    pub fn write(&self, scope: &Scope, out: &mut String) -> Result<(), EvalError> {
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Expression(expression) => expression.write(scope, out)?,
            }
        }
        Ok(())
    }

    /// The same, without a copy where there are no expressions.
    pub(crate) fn filled(&self, scope: &Scope) -> Result<Cow<'_, str>, EvalError> {
        if let Some(literal) = self.literal() {
            return Ok(Cow::Borrowed(literal));
        }
        let mut filled = String::new();
        self.write(scope, &mut filled)?;
        Ok(Cow::Owned(filled))
    }

    /// The text, when there are no expressions in it.
    pub fn literal(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Its expressions.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Literal(_) => None,
            Piece::Expression(expression) => Some(expression),
        })
    }

    /// Whether nothing but spaces is ever in it.
    pub fn is_blank(&self) -> bool {
        self.literal().is_some_and(|text| text.bytes().all(|b| b.is_ascii_whitespace()))
    }
}

/// The length of an expression up to its `}}`, which doesn't count within quotes.
fn expression_length(text: &str) -> Option<usize> {
    let mut quote = None;
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (None, '}') if text[i..].starts_with("}}") => return Some(i),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    // A lone quote is the expression's own fault, told by the expression.
    text.find("}}")
}

impl Document {
    /// The element of this id.
    pub fn get(&self, id: ElementId) -> &Element {
        &self.elements[id.0 as usize]
    }

    /// Every element with its id, in document order.
    pub fn iter(&self) -> impl Iterator<Item = (ElementId, &Element)> {
        self.elements.iter().enumerate().map(|(i, element)| (ElementId(i as u32), element))
    }

    /// The child elements of an element.
    pub fn child_elements(&self, id: ElementId) -> impl Iterator<Item = ElementId> {
        self.get(id).children.iter().filter_map(|child| match child {
            Child::Element(id) => Some(*id),
            Child::Text(_) => None,
        })
    }

    /// The first element of this name.
    pub fn find(&self, tag: &str) -> Option<ElementId> {
        self.iter().find(|(_, element)| element.tag == tag).map(|(id, _)| id)
    }

    /// An element and its ancestors, innermost first.
    pub fn with_ancestors(&self, id: ElementId) -> impl Iterator<Item = ElementId> {
        std::iter::successors(Some(id), |id| self.get(*id).parent)
    }
}

impl Element {
    pub(crate) fn new(tag: &'static str, place: Place, parent: Option<ElementId>) -> Self {
        Self {
            tag,
            place,
            parent,
            children: Vec::new(),
            id: None,
            class: None,
            declared: Vec::new(),
            attributes: Vec::new(),
            generated: Vec::new(),
            names: Vec::new(),
            condition: None,
            repeat: None,
            rows: None,
            role: RowRole::Record,
        }
    }

    /// An attribute's text.
    pub fn attribute(&self, name: &str) -> Option<&Text> {
        self.attributes.iter().find(|(own, _)| *own == name).map(|(_, text)| text)
    }

    /// All expressions of the element itself, not of its children elements.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        let texts = self.children.iter().filter_map(|child| match child {
            Child::Text(text) => Some(text),
            Child::Element(_) => None,
        });
        let condition = self.condition.iter().filter_map(|condition| match condition {
            Condition::If(expression) | Condition::ElseIf(expression) => Some(expression),
            Condition::Else => None,
        });
        let role = match &self.role {
            RowRole::GroupHeader(keys) | RowRole::GroupFooter(keys) => keys.as_slice(),
            RowRole::Record | RowRole::Empty => &[],
        };
        texts
            .chain(self.attributes.iter().map(|(_, text)| text))
            .chain(self.class.iter())
            .chain(self.generated.iter().map(|text| &**text))
            .flat_map(Text::expressions)
            .chain(condition)
            .chain(self.repeat.iter().map(|repeat| &repeat.over))
            .chain(self.names.iter().map(|naming| &naming.value))
            .chain(role)
    }
}
