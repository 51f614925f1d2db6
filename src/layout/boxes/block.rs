//! Blocks: boxes one below the other.

use crate::{
    layout::{
        composer::Composer,
        error::LayoutError,
        fill::node::{Kind, Node},
        page::{Image, Item, Rect, TagId},
        paged::galley::{Decoration, Event, Galley},
        paged::turning::Container,
    },
    template::style::{Break, Display, Extent, Sides, Style, TextAlign},
};

/// The horizontal measures of a box, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measures {
    /// The border box's left edge.
    pub(crate) x: f32,
    /// The border box's width.
    pub(crate) width: f32,
    /// Padding and border together.
    pub(crate) inset: Sides<f32>,
}

impl Measures {
    /// The content's left edge.
    pub(crate) fn content_x(&self) -> f32 {
        self.x + self.inset.left
    }

    /// The content's width.
    pub(crate) fn content_width(&self) -> f32 {
        (self.width - self.inset.left - self.inset.right).max(0.0)
    }
}

/// Padding and border of a style, percentages referring to `width`.
pub(crate) fn inset(style: &Style, width: f32) -> Sides<f32> {
    let side = |padding: Extent, border: f32| padding.within(width).unwrap_or(0.0) + border;
    Sides {
        top: side(style.padding.top, style.border.top.width),
        right: side(style.padding.right, style.border.right.width),
        bottom: side(style.padding.bottom, style.border.bottom.width),
        left: side(style.padding.left, style.border.left.width),
    }
}

/// The border box's width that a style asks for in a containing block; `None` for `auto`. Bounds are applied.
pub(crate) fn asked_width(style: &Style, available: f32, inset: Sides<f32>) -> Option<f32> {
    let around = if style.border_box { 0.0 } else { inset.left + inset.right };
    let width = style.width.within(available)? + around;
    Some(bounded_width(style, available, inset, width))
}

/// A border box's width within the style's bounds.
pub(crate) fn bounded_width(style: &Style, available: f32, inset: Sides<f32>, width: f32) -> f32 {
    let around = if style.border_box { 0.0 } else { inset.left + inset.right };
    let most = style.max_width.within(available).map_or(f32::INFINITY, |most| most + around);
    let least = style.min_width.within(available).map_or(0.0, |least| least + around);
    width.min(most).max(least).max(inset.left + inset.right)
}

/// Where a block-level box stands in its containing block.
pub(crate) fn measures(style: &Style, x: f32, available: f32, shrunk: Option<f32>) -> Measures {
    let inset = inset(style, available);
    let (left, right) = (style.margin.left.within(available), style.margin.right.within(available));
    let asked = asked_width(style, available, inset).or(shrunk);
    let filling = available - left.unwrap_or(0.0) - right.unwrap_or(0.0);
    let width = asked.unwrap_or_else(|| bounded_width(style, available, inset, filling));
    let free = (available - width - left.unwrap_or(0.0) - right.unwrap_or(0.0)).max(0.0);
    let offset = match (left, right) {
        (None, None) => free / 2.0,
        (None, Some(_)) => free,
        (Some(left), _) => left,
    };
    Measures { x: x + offset, width, inset }
}

/// Background and border of a box.
pub(crate) fn decoration(style: &Style, measures: &Measures) -> Decoration {
    Decoration { x: measures.x, width: measures.width, background: style.background, border: style.border }
}

impl Composer<'_> {
    /// Lays a block-level box out in a containing block.
    pub(crate) fn block(
        &mut self,
        galley: &mut Galley,
        node: &Node,
        x: f32,
        available: f32,
    ) -> Result<(), LayoutError> {
        let style = &node.style;
        if let Some(name) = node.running() {
            self.run(galley, name, node);
            return Ok(());
        }
        let around = galley.element.replace(node.element);
        let begins = galley.events.len();
        self.note_element(galley, node);
        match (&node.kind, style.display) {
            (Kind::Stream(streamed), _) => self.stream(galley, node, streamed, x, available)?,
            (Kind::Picture { image, width, height }, _) => {
                self.picture(galley, node, image, (*width, *height), x, available)
            }
            (_, Display::Table) => self.table(galley, node, x, available)?,
            (_, Display::Flex) => self.flex(galley, node, x, available)?,
            _ => self.plain_block(galley, node, x, available)?,
        }
        if style.break_after == Break::Avoid {
            galley.keep_with_next();
        }
        self.place_stray(galley, begins);
        galley.element = around;
        Ok(())
    }

    fn plain_block(&mut self, galley: &mut Galley, node: &Node, x: f32, available: f32) -> Result<(), LayoutError> {
        let measures = measures(&node.style, x, available, None);
        if let Kind::Item { marker, .. } = &node.kind
            && !marker.is_empty()
        {
            self.marker = Some((marker.clone(), node.style.clone()));
        }
        self.framed(galley, &node.style, &measures, available, |composer, galley| {
            composer.children(galley, node, measures.content_x(), measures.content_width())
        })?;
        if matches!(node.kind, Kind::Item { .. }) {
            self.marker = None;
        }
        Ok(())
    }

    /// Puts margins, borders, padding and background around what `content` lays out.
    pub(crate) fn framed(
        &mut self,
        galley: &mut Galley,
        style: &Style,
        measures: &Measures,
        available: f32,
        content: impl FnOnce(&mut Self, &mut Galley) -> Result<(), LayoutError>,
    ) -> Result<(), LayoutError> {
        galley.margin(style.margin.top.within(available).unwrap_or(0.0));
        if style.keep_together {
            galley.begin(Event::KeepStart);
        }
        galley.begin(Event::Open(decoration(style, measures)));
        let flows = self.depth == 0;
        if flows {
            self.containers.push(Container::new(style, *measures));
        }
        if style.break_before == Break::Avoid {
            galley.keep_with_next();
        }
        if measures.inset.top > 0.0 {
            galley.room(measures.inset.top, true);
        }
        let start = galley.height;
        content(self, galley)?;
        if flows {
            self.containers.pop();
        }
        let least = least_height(style, measures);
        if galley.height - start < least {
            galley.settle_margin();
            galley.filler(least - (galley.height - start));
        }
        if measures.inset.bottom > 0.0 {
            galley.room(measures.inset.bottom, false);
        }
        galley.end(Event::Close);
        if style.keep_together {
            galley.end(Event::KeepEnd);
        }
        galley.margin(style.margin.bottom.within(available).unwrap_or(0.0));
        Ok(())
    }

    /// Lays the children of a box out: lines of what is inline, blocks below each other.
    pub(crate) fn children(
        &mut self,
        galley: &mut Galley,
        parent: &Node,
        x: f32,
        width: f32,
    ) -> Result<(), LayoutError> {
        let mut rest = parent.children();
        let mut above = None;
        while let Some(first) = rest.first() {
            self.relieve(galley)?;
            let stands_alone = |node: &Node| node.is_block_level() || node.running().is_some();
            let length = rest.iter().position(stands_alone).unwrap_or(rest.len()).max(1);
            let (line, after) = rest.split_at(length);
            rest = after;
            if first.is_in_flow() && !line.iter().all(Node::is_blank) {
                self.between(galley, parent, above, first)?;
                above = line.last();
            }
            let (x, width) = self.column(x, width);
            match stands_alone(first) {
                true => self.block(galley, first, x, width)?,
                false => self.paragraph(galley, line.iter(), &parent.style, x, width),
            }
        }
        Ok(())
    }

    fn picture(
        &mut self,
        galley: &mut Galley,
        node: &Node,
        image: &std::sync::Arc<Image>,
        attributes: (Option<f32>, Option<f32>),
        x: f32,
        available: f32,
    ) {
        let style = &node.style;
        let (width, height) = picture_size(style, image, attributes, available);
        let free = (available - width).max(0.0);
        let x = x + match style.text_align {
            TextAlign::Center => free / 2.0,
            TextAlign::Right | TextAlign::End => free,
            TextAlign::Start | TextAlign::Left | TextAlign::Justify => 0.0,
        };
        // On a line, a picture stands on the baseline, with the line's own descent below it.
        let below = if style.is_block_level() { 0.0 } else { self.strut(style).below };
        galley.margin(style.margin.top.within(available).unwrap_or(0.0));
        galley.settle_margin();
        let first = galley.ink.items.len();
        let area = Rect { x, y: 0.0, width, height };
        galley.ink.items.push(Item::Image { area, image: image.clone(), owner: TagId::ARTIFACT });
        galley.strip(height + below, first);
        galley.margin(style.margin.bottom.within(available).unwrap_or(0.0));
    }
}

/// The content's least height.
fn least_height(style: &Style, measures: &Measures) -> f32 {
    let around = if style.border_box { measures.inset.top + measures.inset.bottom } else { 0.0 };
    // Percentages of a height that depends on the content mean nothing, as in browsers.
    let points = |extent: Extent| match extent {
        Extent::Points(points) => points - around,
        Extent::Auto | Extent::Part(_) | Extent::Sum { .. } => 0.0,
    };
    let most = if let Extent::Points(most) = style.max_height { most - around } else { f32::INFINITY };
    points(style.height).min(most).max(points(style.min_height)).max(0.0)
}

/// A picture's size: the style's, else the attributes', else the file's at 96 pixels an inch; one side given, the
/// other follows.
pub(crate) fn picture_size(
    style: &Style,
    image: &Image,
    attributes: (Option<f32>, Option<f32>),
    available: f32,
) -> (f32, f32) {
    let (natural_width, natural_height) = (image.width as f32 * 0.75, image.height as f32 * 0.75);
    let width = style.width.within(available).or(attributes.0);
    let height = match style.height {
        Extent::Points(points) => Some(points),
        Extent::Auto | Extent::Part(_) | Extent::Sum { .. } => attributes.1,
    };
    let (width, height) = match (width, height) {
        (Some(width), Some(height)) => (width, height),
        (Some(width), None) => (width, width * natural_height / natural_width),
        (None, Some(height)) => (height * natural_width / natural_height, height),
        (None, None) => (natural_width, natural_height),
    };
    let most_width = style.max_width.within(available).unwrap_or(f32::INFINITY);
    let most_height = if let Extent::Points(most) = style.max_height { most } else { f32::INFINITY };
    let scale = (most_width / width).min(most_height / height).min(1.0);
    (width * scale, height * scale)
}
