//! Shapes: areas, lines and outlines.

use super::Painter;
use crate::{
    layout::page::{Color, Dash, Path, Rect, Segment},
    pdf::{number::hundredths, resources::Resources},
};

impl Painter {
    pub(super) fn fill(&mut self, area: &Rect, color: Color) {
        self.fill_color(color);
        self.lengths(&[area.x, self.state.height - area.y - area.height, area.width, area.height]);
        self.out.extend_from_slice(b"re f\n");
    }

    pub(super) fn line(&mut self, from: (f32, f32), to: (f32, f32), width: f32, color: Color, dash: Dash) {
        self.pen(width, color, dash);
        self.point(from);
        self.out.extend_from_slice(b"m ");
        self.point(to);
        self.out.extend_from_slice(b"l S\n");
    }

    /// A shape's inside and its edge, one after the other if they differ in opacity.
    pub(super) fn path(&mut self, path: &Path, resources: &mut Resources) {
        let opacity = |color: Color| color.a;
        if let Some(color) = path.fill {
            self.opacity(color.a, resources);
            self.fill_color(color);
        }
        let together = match (path.fill, path.stroke) {
            (Some(fill), Some((stroke, ..))) => opacity(fill) == opacity(stroke),
            _ => false,
        };
        if path.fill.is_some() && !together {
            self.outline(path);
            self.out.extend_from_slice(b"f*\n");
        }
        if let Some((color, width, dash)) = path.stroke {
            self.opacity(color.a, resources);
            self.pen(width, color, dash);
            self.outline(path);
            self.out.extend_from_slice(if together { b"B*\n" } else { b"S\n" });
        }
    }

    /// Tells an outline without drawing it.
    pub(super) fn outline(&mut self, path: &Path) {
        // An outline must begin somewhere, even one that has no points.
        if !matches!(path.segments.first(), Some(Segment::Move(_))) {
            self.out.extend_from_slice(b"0 0 m\n");
        }
        for segment in &path.segments {
            match *segment {
                Segment::Move(to) => {
                    self.point(to);
                    self.out.extend_from_slice(b"m\n");
                }
                Segment::Line(to) => {
                    self.point(to);
                    self.out.extend_from_slice(b"l\n");
                }
                Segment::Curve(a, b, to) => {
                    [a, b, to].into_iter().for_each(|point| self.point(point));
                    self.out.extend_from_slice(b"c\n");
                }
                Segment::Close => self.out.extend_from_slice(b"h\n"),
            }
        }
    }

    fn point(&mut self, (x, y): (f32, f32)) {
        self.lengths(&[x, self.state.height - y]);
    }

    /// Takes up the pen for a line.
    fn pen(&mut self, width: f32, color: Color, dash: Dash) {
        self.stroke_color(color);
        let hundredth = hundredths(width);
        if self.state.line_width != hundredth {
            self.state.line_width = hundredth;
            self.lengths(&[width]);
            self.out.extend_from_slice(b"w\n");
        }
        // The pattern's lengths follow from the width, so solid lines of any width share one.
        let pattern = (dash, if dash == Dash::Solid { 0 } else { hundredth });
        if self.state.dash != pattern {
            self.state.dash = pattern;
            self.out.push(b'[');
            match dash {
                Dash::Solid => {}
                Dash::Dashed => self.lengths(&[3.0 * width, 3.0 * width]),
                Dash::Dotted => self.lengths(&[width, width]),
            }
            self.out.extend_from_slice(b"]0 d\n");
        }
    }
}
