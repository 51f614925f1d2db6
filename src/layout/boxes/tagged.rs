//! What blocks are in the document's structure.

use std::sync::Arc;

use crate::{
    layout::{
        composer::Composer,
        error::LayoutError,
        fill::node::{Kind, Node},
        page::{Numbering, Role, Tag, TagId},
    },
    template::{
        document::{Element, Text},
        style::ListMarker,
    },
};

impl Composer<'_> {
    /// Lays a block-level box out as the part of the structure that its element is, if it is any.
    pub(crate) fn tagged<T>(
        &mut self,
        node: &Node,
        lay_out: impl FnOnce(&mut Self) -> Result<T, LayoutError>,
    ) -> Result<T, LayoutError> {
        if !self.tags.is_live() || self.tags.is_in(node.element) {
            return lay_out(self);
        }
        let element = self.template.document().get(node.element);
        match element.tag {
            "li" => self.list_item(node, lay_out),
            "dt" => {
                // A term ends the item before it; the item goes on over its descriptions.
                self.tags.leave(Role::LI);
                self.tags.open(Role::LI);
                self.within(node, Tag::of(Role::Lbl), lay_out)
            }
            "dd" => {
                if !self.tags.is_within(Role::LI) {
                    self.tags.open(Role::LI);
                }
                self.within(node, Tag::of(Role::LBody), lay_out)
            }
            _ => match self.block_tag(node, element) {
                Some(tag) => self.within(node, tag, lay_out),
                None => lay_out(self),
            },
        }
    }

    fn within<T>(
        &mut self,
        node: &Node,
        tag: Tag,
        lay_out: impl FnOnce(&mut Self) -> Result<T, LayoutError>,
    ) -> Result<T, LayoutError> {
        let language = self.template.document().get(node.element).attribute("lang").and_then(Text::literal);
        let id =
            self.tags.open_element(node.element, Tag { language: tag.language.or(language.map(Arc::from)), ..tag });
        let result = lay_out(self);
        self.tags.close(id);
        result
    }

    fn list_item<T>(
        &mut self,
        node: &Node,
        lay_out: impl FnOnce(&mut Self) -> Result<T, LayoutError>,
    ) -> Result<T, LayoutError> {
        self.within(node, Tag::of(Role::LI), |composer| {
            if matches!(&node.kind, Kind::Item { marker, .. } if !marker.is_empty()) {
                composer.tags.label();
            }
            let body = composer.tags.open(Role::LBody);
            let result = lay_out(composer);
            composer.tags.close(body);
            result
        })
    }

    /// Lays lines out that stand directly in a box: they are a paragraph, unless the box is one or a cell.
    pub(crate) fn tagged_lines(&mut self, lay_out: impl FnOnce(&mut Self)) {
        let paragraph = if self.tags.holds_text() { TagId::ARTIFACT } else { self.tags.open(Role::P) };
        lay_out(self);
        self.tags.close(paragraph);
    }

    /// What a picture that stands for itself belongs to: a figure of its own, the figure around it, or nothing.
    pub(crate) fn tagged_picture(&mut self, alternative: Option<&Arc<str>>) -> TagId {
        let Some(alternative) = alternative else { return TagId::ARTIFACT };
        if self.tags.is_within(Role::Figure) {
            return self.tags.owner();
        }
        let tag = Tag { alternative: Some(alternative.clone()), ..Tag::of(Role::Figure) };
        let figure = self.tags.open_tag(tag);
        self.tags.close(figure);
        figure
    }

    fn block_tag(&self, node: &Node, element: &Element) -> Option<Tag> {
        let role = match element.tag {
            "body" => return Some(Tag { language: self.language(), ..Tag::of(Role::Document) }),
            "figure" => match lone_picture(node) {
                Some(alternative) => return Some(Tag { alternative: Some(alternative), ..Tag::of(Role::Figure) }),
                None => Role::Div,
            },
            "figcaption" if self.tags.is_within(Role::Figure) => Role::Caption,
            "ul" | "ol" => return Some(Tag { numbering: numbering(node), ..Tag::of(Role::L) }),
            "section" | "nav" | "aside" => Role::Sect,
            "article" => Role::Art,
            "header" | "footer" | "main" | "address" => Role::Div,
            "h1" => Role::H1,
            "h2" => Role::H2,
            "h3" => Role::H3,
            "h4" => Role::H4,
            "h5" => Role::H5,
            "h6" => Role::H6,
            "p" | "pre" | "figcaption" => Role::P,
            "blockquote" => Role::BlockQuote,
            "dl" => Role::L,
            // Boxes that only group or decorate aren't worth a level, unless their language is another.
            "div" if element.attribute("lang").is_some() => Role::Div,
            _ => return None,
        };
        Some(Tag::of(role))
    }

    /// The language of `<html>`, which the whole document's needn't be.
    fn language(&self) -> Option<Arc<str>> {
        self.template.language().map(Arc::from)
    }
}

/// The text of a figure's only picture.
fn lone_picture(figure: &Node) -> Option<Arc<str>> {
    let mut pictures = Vec::new();
    gather(figure, &mut pictures);
    match pictures.as_slice() {
        [Some(alternative)] => Some(alternative.clone()),
        _ => None,
    }
}

fn gather(node: &Node, pictures: &mut Vec<Option<Arc<str>>>) {
    match &node.kind {
        Kind::Picture { alternative, .. } => pictures.push(alternative.clone()),
        _ => node.children().iter().for_each(|child| gather(child, pictures)),
    }
}

/// How a list marks its items, which their own style says.
fn numbering(list: &Node) -> Option<Numbering> {
    Some(match &list.style.list_marker {
        ListMarker::None | ListMarker::Text(_) => return None,
        ListMarker::Disc => Numbering::Disc,
        ListMarker::Circle => Numbering::Circle,
        ListMarker::Square => Numbering::Square,
        ListMarker::Decimal => Numbering::Decimal,
        ListMarker::LowerAlpha => Numbering::LowerAlpha,
        ListMarker::UpperAlpha => Numbering::UpperAlpha,
        ListMarker::LowerRoman => Numbering::LowerRoman,
        ListMarker::UpperRoman => Numbering::UpperRoman,
        ListMarker::DecimalLeadingZero => Numbering::Decimal,
        ListMarker::LowerGreek => return None,
    })
}
