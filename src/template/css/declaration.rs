//! Declarations become a computed style.

use std::sync::Arc;

use crate::template::{
    css::{
        draft::{Draft, FontSize, LineHeightAsWritten, TextAlignAsWritten, VerticalAlignAsWritten},
        longhand::Wide,
        value::FontSizes,
    },
    style::*,
};

pub(crate) use crate::template::css::longhand::{Declaration, Longhand};

/// What a face says of the units that depend on it, in thousandths of the font size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FaceUnits {
    /// The height of an x.
    pub(crate) ex: f32,
    /// The width of a zero.
    pub(crate) ch: f32,
    /// The height of a line that is `normal`.
    pub(crate) line: f32,
}

/// A style under construction.
#[derive(Debug)]
pub(crate) struct Builder<'p> {
    style: Style,
    draft: Draft,
    parent: &'p Style,
    /// For relative lengths: the parent's until the font is known.
    sizes: FontSizes,
    line: f32,
}

/// No letter is larger, in points: browsers stop at 10,000 px.
const LARGEST_FONT: f32 = 7500.0;

/// Browsers begin with 13 px for the generic family `monospace` alone, and with 16 px for all others.
const MONOSPACE: f32 = 13.0 / 16.0;

fn is_monospace(families: &[Arc<str>]) -> bool {
    matches!(families, [family] if family.eq_ignore_ascii_case("monospace"))
}

impl<'p> Builder<'p> {
    /// Begins from what the parent hands down. `root` is the font size of the root, unless this is the root.
    pub(crate) fn new(parent: &'p Style, root: Option<f32>, units: FaceUnits) -> Self {
        let mut builder = Self {
            style: parent.inherited(),
            draft: Draft::under(parent),
            parent,
            sizes: FontSizes { root: root.unwrap_or(parent.font_size), ..FontSizes::INITIAL },
            line: 0.0,
        };
        builder.measure(parent.font_size, units);
        builder
    }

    fn measure(&mut self, size: f32, units: FaceUnits) {
        self.sizes =
            FontSizes { own: size, root: self.sizes.root, ex: size * units.ex / 1000.0, ch: size * units.ch / 1000.0 };
        self.line = size * units.line / 1000.0;
    }

    /// Applies one property over whatever was said before; those of the font come first. `browser` is what the
    /// browser's own sheet says about this element.
    pub(crate) fn apply(&mut self, declaration: &Declaration, browser: &[&Declaration]) {
        let Declaration::Wide(longhand, wide) = declaration else {
            declaration.store(&mut self.style, &mut self.draft, self.sizes);
            return;
        };
        let mut copy = |from: &Style| longhand.copy(from, &mut self.style, &mut self.draft);
        match wide {
            // A size that is inherited is the parent's own, whatever its units.
            Wide::Inherit | Wide::Unset | Wide::Revert if *longhand == Longhand::FontSize => {
                self.draft.font.size = FontSize::Times(1.0);
            }
            Wide::Inherit => copy(self.parent),
            Wide::Initial => copy(&Style::default()),
            Wide::Unset | Wide::Revert => copy(&self.parent.inherited()),
        }
        if *wide == Wide::Revert {
            for declaration in browser.iter().filter(|declaration| declaration.longhand() == Some(*longhand)) {
                self.apply(declaration, &[]);
            }
        }
    }

    /// Settles the font, on which all other lengths depend; returns the style whose stack is then to be found.
    pub(crate) fn font(&mut self) -> &mut Style {
        let font = &self.draft.font;
        let size = match &font.size {
            FontSize::Length(length) => length.points(self.sizes, self.parent.font_size),
            FontSize::Keyword(points) => *points,
            FontSize::Times(times) => self.parent.font_size * times,
        };
        self.style.absolute_size = font.size.is_absolute() || (self.parent.absolute_size && !font.size.is_keyword());
        let monospace = is_monospace(&font.families);
        let scale = match is_monospace(&self.parent.families) {
            _ if self.style.absolute_size => 1.0,
            true if !monospace && !font.size.is_keyword() => 1.0 / MONOSPACE,
            false if monospace => MONOSPACE,
            true if monospace && font.size.is_keyword() => MONOSPACE,
            _ => 1.0,
        };
        self.style.font_size = (size * scale).clamp(0.0, LARGEST_FONT);
        self.style.families = font.families.clone();
        self.style.weight = font.weight.under(self.parent.weight);
        self.style.italic = font.italic;
        &mut self.style
    }

    /// Tells the face that the font came to. `is_root` says whether `rem` refers to this element.
    pub(crate) fn face(&mut self, units: FaceUnits, is_root: bool) {
        if is_root {
            self.sizes.root = self.style.font_size;
        }
        self.measure(self.style.font_size, units);
    }

    /// The finished style.
    pub(crate) fn finish(self) -> Style {
        let Self { mut style, draft, parent, sizes, line } = self;
        style.line_height = match &draft.line_height {
            LineHeightAsWritten::Normal => LineHeight::Normal,
            LineHeightAsWritten::Times(times) => LineHeight::Times(*times),
            LineHeightAsWritten::Length(length) => LineHeight::Points(length.points(sizes, sizes.own).max(0.0)),
        };
        let line = match style.line_height {
            LineHeight::Normal => line,
            LineHeight::Times(times) => times * sizes.own,
            LineHeight::Points(points) => points,
        };
        style.vertical_align = match &draft.vertical_align {
            VerticalAlignAsWritten::Is(align) => *align,
            VerticalAlignAsWritten::Raised(length) => VerticalAlign::Raised(length.points(sizes, line)),
        };
        style.text_align = match draft.text_align {
            TextAlignAsWritten::Is(align) => align,
            TextAlignAsWritten::HeaderCell if parent.text_align == TextAlign::Start => TextAlign::Center,
            TextAlignAsWritten::HeaderCell => parent.text_align,
            TextAlignAsWritten::MatchParent => match (parent.text_align, parent.direction) {
                (TextAlign::Start, Direction::Ltr) | (TextAlign::End, Direction::Rtl) => TextAlign::Left,
                (TextAlign::Start, Direction::Rtl) | (TextAlign::End, Direction::Ltr) => TextAlign::Right,
                (align, _) => align,
            },
        };
        let color = style.color;
        style.decorations = draft.decoration.drawn_over(style.decorations, color, sizes);
        let Sides { top, right, bottom, left } = &draft.border;
        let border = |edge: &crate::template::css::draft::Edge| edge.border(color, sizes);
        style.border = Sides { top: border(top), right: border(right), bottom: border(bottom), left: border(left) };
        let corner = |(x, y): &(_, _)| radius(x, y, sizes);
        let (top_left, top_right, bottom_right, bottom_left) = &draft.radius;
        style.radius = Corners {
            top_left: corner(top_left),
            top_right: corner(top_right),
            bottom_right: corner(bottom_right),
            bottom_left: corner(bottom_left),
        };
        style.background = Some(draft.background.color.over(color)).filter(|color| color.a > 0);
        if !draft.background.images.is_empty() {
            style.background_images = draft.background.pictures(sizes);
        }
        style.grid = draft.grid.finished(sizes);
        let counters = draft.counters.changes();
        if !counters.is_empty() {
            style.counters = counters;
        }
        style
    }
}

fn radius(
    x: &crate::template::css::value::Length,
    y: &crate::template::css::value::Length,
    sizes: FontSizes,
) -> (Extent, Extent) {
    (x.extent(sizes), y.extent(sizes))
}
