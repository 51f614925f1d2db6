//! How wide and how high a box is (CSS 2.1 §10.2 to §10.7).

use crate::template::style::{Direction, Extent, Sides, Style};

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

/// The height of a box's content, as far as its style decides it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Heights {
    /// `None` when the content decides.
    pub(crate) asked: Option<f32>,
    pub(crate) least: f32,
    pub(crate) most: f32,
}

impl Heights {
    /// Decided by the content alone.
    pub(crate) const AUTO: Self = Self { asked: None, least: 0.0, most: f32::INFINITY };

    /// Decided by what is around: so high and no other.
    pub(crate) fn fixed(height: f32) -> Self {
        Self { asked: Some(height.max(0.0)), least: 0.0, most: f32::INFINITY }
    }

    /// What a style asks for in a containing block of this height; percentages of an unknown one mean nothing.
    pub(crate) fn of(style: &Style, inset: Sides<f32>, containing: Option<f32>) -> Self {
        let around = if style.border_box { inset.top + inset.bottom } else { 0.0 };
        let points = |extent: Extent| Some((against(extent, containing)? - around).max(0.0));
        Self {
            asked: points(style.height),
            least: points(style.min_height).unwrap_or(0.0),
            most: points(style.max_height).unwrap_or(f32::INFINITY),
        }
    }

    /// The height that doesn't depend on the content.
    pub(crate) fn definite(&self) -> Option<f32> {
        self.asked.map(|height| self.bounded(height))
    }

    /// A height within the bounds.
    pub(crate) fn bounded(&self, height: f32) -> f32 {
        height.min(self.most).max(self.least)
    }
}

/// The points of a length whose percentages refer to something that may be unknown.
pub(crate) fn against(extent: Extent, basis: Option<f32>) -> Option<f32> {
    match extent {
        Extent::Auto => None,
        Extent::Points(points) => Some(points),
        Extent::Part(_) | Extent::Sum { .. } => extent.within(basis?),
    }
}

/// Padding and border of a style, percentages referring to `width`.
pub(crate) fn inset(style: &Style, width: f32) -> Sides<f32> {
    let side = |padding: Extent, border: f32| padding.within(width).unwrap_or(0.0).max(0.0) + border;
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

/// The box that others stand in, as they see it across.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Around {
    /// Its content's left edge.
    pub(crate) x: f32,
    /// Its content's width.
    pub(crate) width: f32,
    /// At which of its sides they begin.
    pub(crate) direction: Direction,
}

/// Where a block-level box stands in its containing block; `shrunk` is its width when it is `auto` and doesn't fill.
pub(crate) fn measures(style: &Style, around: Around, shrunk: Option<f32>) -> Measures {
    let Around { x, width: available, direction } = around;
    let inset = inset(style, available);
    let (left, right) = (style.margin.left.within(available), style.margin.right.within(available));
    let asked = asked_width(style, available, inset).or(shrunk);
    let filling = available - left.unwrap_or(0.0) - right.unwrap_or(0.0);
    let width = asked.unwrap_or_else(|| bounded_width(style, available, inset, filling));
    let free = available - width - left.unwrap_or(0.0) - right.unwrap_or(0.0);
    let offset = match (left, right) {
        (None, None) if free > 0.0 => free / 2.0,
        (None, Some(_)) if free > 0.0 => free,
        (Some(left), None) if free > 0.0 => left,
        // Of margins that leave more room or less than there is, the one at the end gives way.
        (left, _) if direction == Direction::Ltr => left.unwrap_or(0.0),
        (_, right) => available - width - right.unwrap_or(0.0),
    };
    Measures { x: x + offset, width, inset }
}

/// The margins above and below.
pub(crate) fn vertical_margins(style: &Style, available: f32) -> (f32, f32) {
    let points = |extent: Extent| extent.within(available).unwrap_or(0.0);
    (points(style.margin.top), points(style.margin.bottom))
}

/// The margins at the sides, `auto` ones being nothing.
pub(crate) fn side_margins(style: &Style, available: f32) -> f32 {
    let points = |extent: Extent| extent.within(available).unwrap_or(0.0);
    points(style.margin.left) + points(style.margin.right)
}
