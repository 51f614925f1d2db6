//! Outlines with round corners (CSS Backgrounds 3 §5).

use crate::{
    layout::page::{Path, Rect, Segment},
    template::style::{Corners, Extent, Sides},
};

/// How far the control points of a quarter of an ellipse are from its ends, in radii.
const QUARTER: f32 = 0.552_284_8;

/// A rectangle whose corners may be round: radii from the top left corner clockwise, horizontal and vertical.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Outline {
    pub(crate) area: Rect,
    radii: [(f32, f32); 4],
}

impl Outline {
    /// The outline of a border box. Radii that together are longer than a side are all made smaller alike.
    pub(crate) fn new(area: Rect, corners: &Corners) -> Self {
        let points = |extent: Extent, length: f32| extent.within(length).unwrap_or(0.0).max(0.0);
        let of = |(x, y): (Extent, Extent)| match (points(x, area.width), points(y, area.height)) {
            (x, y) if x > 0.0 && y > 0.0 => (x, y),
            _ => (0.0, 0.0),
        };
        let mut radii = [corners.top_left, corners.top_right, corners.bottom_right, corners.bottom_left].map(of);
        let [a, b, c, d] = radii;
        let fits = |length: f32, sum: f32| if sum > length { length / sum } else { 1.0 };
        let scale = fits(area.width, a.0 + b.0)
            .min(fits(area.width, c.0 + d.0))
            .min(fits(area.height, b.1 + c.1))
            .min(fits(area.height, d.1 + a.1));
        if scale < 1.0 {
            radii = radii.map(|(x, y)| (x * scale, y * scale));
        }
        Self { area, radii }
    }

    /// Without round corners where the box goes on on another page.
    pub(crate) fn cut(mut self, above: bool, below: bool) -> Self {
        const SHARP: (f32, f32) = (0.0, 0.0);
        if above {
            (self.radii[0], self.radii[1]) = (SHARP, SHARP);
        }
        if below {
            (self.radii[2], self.radii[3]) = (SHARP, SHARP);
        }
        self
    }

    /// Smaller by so much on each side; corners stay round as far as their radius is longer than that.
    pub(crate) fn inner(self, by: Sides<f32>) -> Self {
        let Rect { x, y, width, height } = self.area;
        let area = Rect {
            x: x + by.left,
            y: y + by.top,
            width: (width - by.left - by.right).max(0.0),
            height: (height - by.top - by.bottom).max(0.0),
        };
        let less = |(x, y): (f32, f32), dx: f32, dy: f32| match (x - dx, y - dy) {
            (x, y) if x > 0.0 && y > 0.0 => (x, y),
            _ => (0.0, 0.0),
        };
        let [a, b, c, d] = self.radii;
        let radii = [
            less(a, by.left, by.top),
            less(b, by.right, by.top),
            less(c, by.right, by.bottom),
            less(d, by.left, by.bottom),
        ];
        Self { area, radii }
    }

    /// Whether some corner is round.
    pub(crate) fn is_round(&self) -> bool {
        self.radii.iter().any(|radius| radius.0 > 0.0)
    }

    /// Whether there is anything inside.
    pub(crate) fn is_empty(&self) -> bool {
        self.area.width <= 0.0 || self.area.height <= 0.0
    }

    /// Adds it to a path, clockwise from the top left corner.
    pub(crate) fn trace(&self, segments: &mut Vec<Segment>) {
        let Rect { x, y, width, height } = self.area;
        let (right, bottom) = (x + width, y + height);
        let [a, b, c, d] = self.radii;
        let near = 1.0 - QUARTER;
        let sides = [
            ((x + a.0, y), (right - b.0, y)),
            ((right, y + b.1), (right, bottom - c.1)),
            ((right - c.0, bottom), (x + d.0, bottom)),
            ((x, bottom - d.1), (x, y + a.1)),
        ];
        let controls = [
            ((right - b.0 * near, y), (right, y + b.1 * near)),
            ((right, bottom - c.1 * near), (right - c.0 * near, bottom)),
            ((x + d.0 * near, bottom), (x, bottom - d.1 * near)),
            ((x, y + a.1 * near), (x + a.0 * near, y)),
        ];
        segments.push(Segment::Move(sides[0].0));
        for (i, ((first, second), radius)) in controls.into_iter().zip([b, c, d, a]).enumerate() {
            segments.push(Segment::Line(sides[i].1));
            if radius.0 > 0.0 {
                segments.push(Segment::Curve(first, second, sides[(i + 1) % 4].0));
            }
        }
        segments.push(Segment::Close);
    }

    /// A path of it alone.
    pub(crate) fn path(&self) -> Path {
        let mut path = Path::default();
        self.trace(&mut path.segments);
        path
    }
}
