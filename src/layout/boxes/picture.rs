//! Pictures that stand as blocks, and how large a picture is (CSS 2.1 §10.3.2, §10.4).

use std::sync::Arc;

use crate::{
    layout::{
        boxes::block::Frame,
        boxes::sizing::{Heights, Measures, against, inset, measures, vertical_margins},
        composer::Composer,
        error::LayoutError,
        fill::node::{Kind, Node},
        page::{Image, Item, Rect},
        paged::galley::Galley,
    },
    template::style::{Extent, Sides, Style},
};

impl Composer<'_> {
    /// Lays a picture out that stands below what is before it.
    pub(crate) fn picture(
        &mut self,
        galley: &mut Galley,
        node: &Node,
        x: f32,
        available: f32,
    ) -> Result<(), LayoutError> {
        let Kind::Picture { image, width, height, .. } = &node.kind else { return Ok(()) };
        let style = &node.style;
        let inset = inset(style, available);
        let (width, height) = picture_size(style, image, (*width, *height), available, self.containing_height);
        let mut measures = measures(style, self.around(x, available), Some(width + inset.left + inset.right));
        measures.width = width + inset.left + inset.right;
        let shift = self.relative_shift(style, available);
        let frame = Frame { style, node: None, measures, heights: Heights::fixed(height), shift };
        let (above, below) = vertical_margins(style, available);
        galley.margin_above(above);
        self.boxed(galley, &frame, |composer, galley| {
            composer.draw_picture(galley, node, image, &measures, Some(height));
            Ok(())
        })?;
        galley.margin_below(below);
        Ok(())
    }

    /// The border box of a picture; `None` for anything else.
    pub(crate) fn picture_box(&self, node: &Node, available: f32, height: Option<f32>) -> Option<(f32, f32)> {
        let Kind::Picture { image, width: given, height: given_height, .. } = &node.kind else { return None };
        let inset = inset(&node.style, available);
        let (width, height) = picture_size(&node.style, image, (*given, *given_height), available, height);
        Some((width + inset.left + inset.right, height + inset.top + inset.bottom))
    }

    /// Draws a picture as the content of a box.
    pub(crate) fn draw_picture(
        &mut self,
        galley: &mut Galley,
        node: &Node,
        image: &Arc<Image>,
        measures: &Measures,
        height: Option<f32>,
    ) {
        let width = measures.content_width();
        let height = height.unwrap_or(width * image.height as f32 / image.width.max(1) as f32);
        galley.settle_margin();
        let first = galley.ink.items.len();
        if !node.style.hidden && width > 0.0 && height > 0.0 {
            let area = Rect { x: measures.content_x(), y: 0.0, width, height };
            let Kind::Picture { alternative, .. } = &node.kind else { return };
            let owner = self.tagged_picture(alternative.as_ref());
            galley.ink.items.push(Item::Image { area, image: image.clone(), owner });
        }
        galley.strip(height, first);
    }
}

/// The size of a picture's content box: the style's, else the attributes', else the file's at 96 pixels an inch. One
/// side given, the other follows, and so it does when bounds change a side.
pub(crate) fn picture_size(
    style: &Style,
    image: &Image,
    attributes: (Option<f32>, Option<f32>),
    available: f32,
    containing_height: Option<f32>,
) -> (f32, f32) {
    let inset = if style.border_box { inset(style, available) } else { Sides::default() };
    let across = |extent: Extent| extent.within(available).map(|width| (width - inset.left - inset.right).max(0.0));
    let down =
        |extent: Extent| against(extent, containing_height).map(|height| (height - inset.top - inset.bottom).max(0.0));
    let natural = (image.width.max(1) as f32 * 0.75, image.height.max(1) as f32 * 0.75);
    let ratio = natural.0 / natural.1;
    let asked_width = across(style.width).or(attributes.0.filter(|_| style.width == Extent::Auto));
    let asked_height = down(style.height).or(attributes.1.filter(|_| style.height == Extent::Auto));
    let width = Bounds::new(across(style.min_width), across(style.max_width));
    let height = Bounds::new(down(style.min_height), down(style.max_height));
    match (asked_width, asked_height) {
        (Some(w), Some(h)) => (width.within(w), height.within(h)),
        (Some(w), None) => {
            let w = width.within(w);
            (w, height.within(w / ratio))
        }
        (None, Some(h)) => {
            let h = height.within(h);
            (width.within(h * ratio), h)
        }
        (None, None) => bounded(natural, &width, &height),
    }
}

/// The least and the greatest length of a side.
struct Bounds {
    least: f32,
    most: f32,
}

impl Bounds {
    fn new(least: Option<f32>, most: Option<f32>) -> Self {
        let least = least.unwrap_or(0.0);
        Self { least, most: most.unwrap_or(f32::INFINITY).max(least) }
    }

    fn within(&self, length: f32) -> f32 {
        length.clamp(self.least, self.most)
    }
}

/// The table of CSS 2.1 §10.4: bounds on both sides keep the ratio as far as they can.
fn bounded((w, h): (f32, f32), width: &Bounds, height: &Bounds) -> (f32, f32) {
    let (wide, narrow) = (w > width.most, w < width.least);
    let (high, low) = (h > height.most, h < height.least);
    match (wide, narrow, high, low) {
        (true, _, true, _) if width.most / w <= height.most / h => (width.most, height.within(width.most * h / w)),
        (true, _, true, _) => (width.within(height.most * w / h), height.most),
        (_, true, _, true) if width.least / w <= height.least / h => (width.within(height.least * w / h), height.least),
        (_, true, _, true) => (width.least, height.within(width.least * h / w)),
        (true, _, _, true) => (width.most, height.least),
        (_, true, true, _) => (width.least, height.most),
        (true, ..) => (width.most, height.within(width.most * h / w)),
        (_, true, ..) => (width.least, height.within(width.least * h / w)),
        (_, _, true, _) => (width.within(height.most * w / h), height.most),
        (_, _, _, true) => (width.within(height.least * w / h), height.least),
        _ => (w, h),
    }
}
