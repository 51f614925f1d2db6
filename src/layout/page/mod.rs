//! A finished page: everything placed, nothing left to decide.
//!
//! Lengths are in points (1/72 inch), y grows downwards from the page's top left corner.

use std::{ops::Range, sync::Arc};

use crate::layout::text::FontId;

/// One finished page.
///
/// Text and glyphs live in two arenas so that a page of a thousand cells is a handful of allocations.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// From 1.
    pub number: u32,
    /// Width in points.
    pub width: f32,
    /// Height in points.
    pub height: f32,
    /// What is drawn, from back to front.
    pub items: Vec<Item>,
    /// The glyphs of all runs.
    pub glyphs: Vec<Glyph>,
    /// The text of all runs, in reading order within each run.
    pub text: String,
    /// What became of the document's structure since the page before: see [`TagEvent`].
    pub tags: Vec<TagEvent>,
    /// So many [`TagEvent::Close`] of the document, from its beginning, have all their content on this page or on
    /// earlier ones.
    pub closed: u64,
}

/// One thing placed on a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A run of glyphs of one font and size on one baseline.
    Text(Run),
    /// A filled rectangle.
    Fill {
        /// Where.
        area: Rect,
        /// With what.
        color: Color,
    },
    /// A straight line.
    Line {
        /// From here.
        from: (f32, f32),
        /// To here.
        to: (f32, f32),
        /// This thick, in points.
        width: f32,
        /// With what.
        color: Color,
        /// Drawn how.
        dash: Dash,
    },
    /// A picture.
    Image {
        /// Where.
        area: Rect,
        /// Which one.
        image: Arc<Image>,
        /// What it belongs to.
        owner: TagId,
    },
    /// A shape, filled, stroked or both.
    Path(Box<Path>),
    /// What follows, up to the matching [`Item::Unclip`], is cut off at the outline of this shape.
    Clip(Box<Path>),
    /// The end of that.
    Unclip,
    /// What follows, up to the matching [`Item::Unfade`], is drawn as one picture of this opacity, from 0 to 1.
    Fade(f32),
    /// The end of that.
    Unfade,
    /// An area that leads somewhere when clicked.
    Link {
        /// Where.
        area: Rect,
        /// An `https:`, `http:` or `mailto:` address, or `#name` for an [`Item::Destination`].
        target: Arc<str>,
        /// What it belongs to.
        owner: TagId,
    },
    /// A place that links lead to; the name is an element's `id`.
    Destination {
        /// Its height on the page.
        y: f32,
        /// Its name.
        name: Arc<str>,
    },
    /// An entry of the document's outline.
    Bookmark {
        /// Its height on the page.
        y: f32,
        /// From 1; deeper ones are within the nearest one above that is less deep.
        level: u8,
        /// What it says.
        title: Arc<str>,
    },
    /// The total number of pages, known only when the document ends: digits of this style, whose right edge,
    /// left edge or middle stands at `x` as `align` says.
    PageTotal {
        /// The anchor.
        x: f32,
        /// The baseline.
        y: f32,
        /// What the anchor means.
        align: Anchor,
        /// The font; its ten digits.
        font: FontId,
        /// The size in points.
        size: f32,
        /// The colour.
        color: Color,
    },
}

/// A run of glyphs of one font and size on one baseline, in visual order.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The origin of the first glyph.
    pub x: f32,
    /// The baseline.
    pub y: f32,
    /// The font.
    pub font: FontId,
    /// The size in points.
    pub size: f32,
    /// The colour.
    pub color: Color,
    /// Its glyphs in [`Page::glyphs`].
    pub glyphs: Range<u32>,
    /// Its text in [`Page::text`], in logical order.
    pub text: Range<u32>,
    /// Whether the text reads from right to left.
    pub rtl: bool,
    /// What it belongs to.
    pub owner: TagId,
}

/// One glyph of a run. Lengths are in thousandths of the font size, as PDF counts them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Glyph {
    /// The glyph's number in the font file.
    pub id: u16,
    /// How far the pen moves on.
    pub advance: f32,
    /// Drawn this far to the right of the pen.
    pub dx: f32,
    /// Drawn this far above the baseline.
    pub dy: f32,
    /// Byte offset, within the run's text, of the first character it stands for.
    pub cluster: u32,
}

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

/// An sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Color {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
    /// Opacity: 255 is solid.
    pub a: u8,
}

impl Color {
    /// A solid colour.
    pub const fn rgb(r: u8, g: u8, b: u8) -> Self {
        Self { r, g, b, a: 255 }
    }
}

impl Default for Color {
    /// Black.
    fn default() -> Self {
        Self::rgb(0, 0, 0)
    }
}

/// A shape on a page.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Path {
    /// Its outline.
    pub segments: Vec<Segment>,
    /// What it is filled with, by the even-odd rule.
    pub fill: Option<Color>,
    /// How its outline is drawn: colour, thickness in points, dashes.
    pub stroke: Option<(Color, f32, Dash)>,
}

impl Path {
    /// Moves it.
    pub fn shift(&mut self, dx: f32, dy: f32) {
        let shift = |point: &mut (f32, f32)| *point = (point.0 + dx, point.1 + dy);
        for segment in &mut self.segments {
            match segment {
                Segment::Move(to) | Segment::Line(to) => shift(to),
                Segment::Curve(a, b, to) => [a, b, to].into_iter().for_each(shift),
                Segment::Close => {}
            }
        }
    }
}

/// A piece of an outline; points are x and y.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Segment {
    /// Begins a part of the outline.
    Move((f32, f32)),
    /// A straight line.
    Line((f32, f32)),
    /// A cubic Bézier curve: two control points and the end.
    Curve((f32, f32), (f32, f32), (f32, f32)),
    /// Back to where the part began.
    Close,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dash {
    /// Without gaps.
    #[default]
    Solid,
    /// With gaps.
    Dashed,
    /// As dots.
    Dotted,
}

/// What the `x` of a [`Item::PageTotal`] means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Anchor {
    /// The left edge.
    #[default]
    Start,
    /// The middle.
    Middle,
    /// The right edge.
    End,
}

/// A decoded picture file, embedded once however often it is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// The file's bytes: PNG or JPEG.
    pub bytes: Arc<[u8]>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

mod orientation;
mod tag;

pub use orientation::Orientation;
pub use tag::{Numbering, Role, Scope, Tag, TagEvent, TagId};

impl Page {
    /// The page's text as a reader would say it: one line per baseline, runs separated by spaces. For tests.
    pub fn plain_text(&self) -> String {
        let mut lines: Vec<(f32, Vec<(f32, &str)>)> = Vec::new();
        for item in &self.items {
            let Item::Text(run) = item else { continue };
            let text = &self.text[run.text.start as usize..run.text.end as usize];
            match lines.iter_mut().find(|(y, _)| (*y - run.y).abs() < 0.5) {
                Some((_, runs)) => runs.push((run.x, text)),
                None => lines.push((run.y, vec![(run.x, text)])),
            }
        }
        lines.sort_by(|a, b| a.0.total_cmp(&b.0));
        let line = |(_, mut runs): (f32, Vec<(f32, &str)>)| {
            runs.sort_by(|a, b| a.0.total_cmp(&b.0));
            runs.into_iter().map(|(_, text)| text.trim()).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
        };
        lines.into_iter().map(line).collect::<Vec<_>>().join("\n")
    }
}
