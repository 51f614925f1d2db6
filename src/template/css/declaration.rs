//! Single properties, as written, and how they make a computed style.

use std::sync::Arc;

use crate::{
    layout::page::Color,
    template::{
        css::value::{FontSizes, Length},
        style::*,
    },
};

/// One side of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Top,
    Right,
    Bottom,
    Left,
}

impl Side {
    pub(crate) const ALL: [Self; 4] = [Self::Top, Self::Right, Self::Bottom, Self::Left];
}

impl<T> Sides<T> {
    pub(crate) fn side_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Top => &mut self.top,
            Side::Right => &mut self.right,
            Side::Bottom => &mut self.bottom,
            Side::Left => &mut self.left,
        }
    }
}

/// A size that a box may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    Width,
    MinWidth,
    MaxWidth,
    Height,
    MinHeight,
    MaxHeight,
}

/// A font size as written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum FontSize {
    Length(Length),
    /// Times the parent's.
    Times(f32),
}

/// One longhand property with its value; shorthands become several.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Declaration {
    Display(Display),
    Margin(Side, Option<Length>),
    Padding(Side, Length),
    BorderWidth(Side, Length),
    BorderLine(Side, Option<LineStyle>),
    /// `None` is the text's colour.
    BorderColor(Side, Option<Color>),
    Background(Option<Color>),
    Size(Bound, Option<Length>),
    BorderBox(bool),
    Color(Color),
    Families(Arc<[Arc<str>]>),
    Weight(u16),
    Bolder,
    Italic(bool),
    FontSize(FontSize),
    LineHeight(LineHeightAsWritten),
    TextAlign(TextAlign),
    VerticalAlign(VerticalAlign),
    VerticalAlignOfParent,
    WhiteSpace(WhiteSpace),
    TextTransform(TextTransform),
    LetterSpacing(Length),
    Decoration {
        underline: bool,
        line_through: bool,
    },
    ListMarker(ListMarker),
    BreakBefore(Break),
    BreakAfter(Break),
    KeepTogether(bool),
    Orphans(u16),
    Widows(u16),
    FixedTable(bool),
    Collapse(bool),
    BorderSpacing(Length, Length),
    FlexColumn(bool),
    RowGap(Length),
    ColumnGap(Length),
    Justify(Justify),
    AlignItems(Align),
    Grow(f32),
    Shrink(f32),
    Basis(Option<Length>),
}

/// A line height as written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum LineHeightAsWritten {
    Normal,
    Times(f32),
    Length(Length),
}

/// A style under construction: borders are only known when all their parts are.
#[derive(Debug)]
pub(crate) struct Builder {
    style: Style,
    parent_weight: u16,
    parent_vertical_align: VerticalAlign,
    sizes: FontSizes,
    border_widths: Sides<Length>,
    border_lines: Sides<Option<LineStyle>>,
    border_colors: Sides<Option<Color>>,
}

/// CSS's `medium` border: 3 px.
const MEDIUM: Length = Length::Points(2.25);

impl Builder {
    /// Begins from what the parent hands down, with the font size that `declarations` give.
    pub(crate) fn new<'d>(
        parent: &Style,
        root: Option<f32>,
        declarations: impl Iterator<Item = &'d Declaration>,
    ) -> Self {
        let mut style = parent.inherited();
        let sizes = FontSizes { own: parent.font_size, root: root.unwrap_or(parent.font_size) };
        for declaration in declarations {
            if let Declaration::FontSize(size) = declaration {
                style.font_size = match size {
                    FontSize::Length(length) => length.points(sizes, parent.font_size),
                    FontSize::Times(times) => parent.font_size * times,
                };
            }
        }
        let sizes = FontSizes { own: style.font_size, root: root.unwrap_or(style.font_size) };
        let widths = Sides { top: MEDIUM, right: MEDIUM, bottom: MEDIUM, left: MEDIUM };
        Self {
            style,
            parent_weight: parent.weight,
            parent_vertical_align: parent.vertical_align,
            sizes,
            border_widths: widths,
            border_lines: Sides::default(),
            border_colors: Sides::default(),
        }
    }

    /// The finished style.
    pub(crate) fn finish(mut self) -> Style {
        for side in Side::ALL {
            let width = snapped(self.border_widths.side_mut(side).points(self.sizes, 0.0));
            let color = self.border_colors.side_mut(side).unwrap_or(self.style.color);
            if let Some(line) = *self.border_lines.side_mut(side) {
                *self.style.border.side_mut(side) = Border { width, color, line };
            }
        }
        self.style
    }

    /// Applies one property over whatever was said before.
    pub(crate) fn apply(&mut self, declaration: &Declaration) {
        let sizes = self.sizes;
        let style = &mut self.style;
        let extent = |length: Option<Length>| length.map_or(Extent::Auto, |length| length.extent(sizes));
        match *declaration {
            Declaration::Display(display) => style.display = display,
            Declaration::Margin(side, length) => *style.margin.side_mut(side) = extent(length),
            Declaration::Padding(side, length) => *style.padding.side_mut(side) = length.extent(sizes),
            Declaration::BorderWidth(side, length) => *self.border_widths.side_mut(side) = length,
            Declaration::BorderLine(side, dash) => *self.border_lines.side_mut(side) = dash,
            Declaration::BorderColor(side, color) => *self.border_colors.side_mut(side) = color,
            Declaration::Background(color) => style.background = color,
            Declaration::Size(bound, length) => *style.bound_mut(bound) = extent(length),
            Declaration::BorderBox(border_box) => style.border_box = border_box,
            Declaration::Color(color) => style.color = color,
            Declaration::Families(ref families) => style.families = families.clone(),
            Declaration::Weight(weight) => style.weight = weight,
            Declaration::Bolder => style.weight = if self.parent_weight < 600 { 700 } else { 900 },
            Declaration::Italic(italic) => style.italic = italic,
            Declaration::FontSize(_) => {}
            Declaration::LineHeight(height) => {
                style.line_height = match height {
                    LineHeightAsWritten::Normal => LineHeight::Normal,
                    LineHeightAsWritten::Times(times) => LineHeight::Times(times),
                    LineHeightAsWritten::Length(length) => LineHeight::Points(length.points(sizes, sizes.own)),
                }
            }
            Declaration::TextAlign(align) => style.text_align = align,
            Declaration::VerticalAlign(align) => style.vertical_align = align,
            Declaration::VerticalAlignOfParent => style.vertical_align = self.parent_vertical_align,
            Declaration::WhiteSpace(white_space) => style.white_space = white_space,
            Declaration::TextTransform(transform) => style.text_transform = transform,
            Declaration::LetterSpacing(length) => style.letter_spacing = length.points(sizes, 0.0),
            Declaration::Decoration { underline, line_through } => {
                let stroke = |wanted: bool| {
                    wanted.then_some(Stroke { color: style.color, line: LineStyle::Solid, thickness: None })
                };
                style.decorations =
                    Decorations { underline: stroke(underline), line_through: stroke(line_through), overline: None };
            }
            Declaration::ListMarker(marker) => style.list_marker = marker,
            Declaration::BreakBefore(kind) => style.break_before = kind,
            Declaration::BreakAfter(kind) => style.break_after = kind,
            Declaration::KeepTogether(keep) => style.keep_together = keep,
            Declaration::Orphans(lines) => style.orphans = lines,
            Declaration::Widows(lines) => style.widows = lines,
            Declaration::FixedTable(fixed) => style.fixed_table = fixed,
            Declaration::Collapse(collapse) => style.collapse = collapse,
            Declaration::BorderSpacing(x, y) => style.border_spacing = (x.points(sizes, 0.0), y.points(sizes, 0.0)),
            Declaration::FlexColumn(column) => {
                style.flex.direction = if column { FlowDirection::Column } else { FlowDirection::Row }
            }
            Declaration::RowGap(length) => style.flex.row_gap = length.extent(sizes),
            Declaration::ColumnGap(length) => style.flex.column_gap = length.extent(sizes),
            Declaration::Justify(justify) => style.flex.justify_content = justify,
            Declaration::AlignItems(align) => style.flex.align_items = align,
            Declaration::Grow(grow) => style.flex.grow = grow,
            Declaration::Shrink(shrink) => style.flex.shrink = shrink,
            Declaration::Basis(length) => style.flex.basis = extent(length),
        }
    }
}

/// A border's width is a whole number of pixels, and at least one (CSS Values 4, "snap as a border width").
fn snapped(points: f32) -> f32 {
    let pixels = points / 0.75;
    // What rounding left of a whole pixel is a whole pixel.
    let whole = (pixels + 0.001).floor();
    if pixels <= 0.0 { 0.0 } else { whole.max(1.0) * 0.75 }
}

impl Style {
    fn bound_mut(&mut self, bound: Bound) -> &mut Extent {
        match bound {
            Bound::Width => &mut self.width,
            Bound::MinWidth => &mut self.min_width,
            Bound::MaxWidth => &mut self.max_width,
            Bound::Height => &mut self.height,
            Bound::MinHeight => &mut self.min_height,
            Bound::MaxHeight => &mut self.max_height,
        }
    }
}
