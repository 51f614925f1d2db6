//! Computed style: what the cascade leaves of CSS for one element. Lengths are in points.

use std::sync::{Arc, LazyLock};

use crate::layout::{
    page::{Color, Dash},
    text::FontStackId,
};

/// Four sides of a box.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sides<T> {
    /// Top.
    pub top: T,
    /// Right.
    pub right: T,
    /// Bottom.
    pub bottom: T,
    /// Left.
    pub left: T,
}

/// A length that may depend on the containing block.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Extent {
    /// `auto`, or `none` for a maximum.
    #[default]
    Auto,
    /// Points.
    Points(f32),
    /// A part of the containing block's width, 1 being all of it.
    Part(f32),
}

impl Extent {
    /// Its points within a containing block of this width; `None` for `auto`.
    pub fn within(self, width: f32) -> Option<f32> {
        match self {
            Self::Auto => None,
            Self::Points(points) => Some(points),
            Self::Part(part) => Some(part * width),
        }
    }
}

/// One border side; a width of 0 draws nothing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Border {
    /// Thickness in points.
    pub width: f32,
    /// The colour.
    pub color: Color,
    /// Solid, dashed or dotted.
    pub dash: Dash,
}

/// How an element takes part in layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Display {
    /// Within lines.
    #[default]
    Inline,
    /// One below the other.
    Block,
    /// A block with a marker.
    ListItem,
    /// A row or column of boxes.
    Flex,
    /// A table.
    Table,
    /// `thead`: repeated on each page.
    TableHeaderGroup,
    /// `tbody`.
    TableRowGroup,
    /// `tfoot`.
    TableFooterGroup,
    /// `tr`.
    TableRow,
    /// `td` and `th`.
    TableCell,
    /// `col`.
    TableColumn,
    /// `colgroup`.
    TableColumnGroup,
    /// `caption`.
    TableCaption,
    /// Not at all.
    None,
}

/// The height of a line.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum LineHeight {
    /// What the font asks for.
    #[default]
    Normal,
    /// Times the font size.
    Times(f32),
    /// Points.
    Points(f32),
}

/// Where lines stand in their box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextAlign {
    /// Where reading starts: left.
    #[default]
    Start,
    /// Where reading ends: right.
    End,
    /// Left.
    Left,
    /// In the middle.
    Center,
    /// Right.
    Right,
}

/// Where content stands in a cell, or text on its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VerticalAlign {
    /// On the row's baseline.
    #[default]
    Baseline,
    /// At the top.
    Top,
    /// In the middle.
    Middle,
    /// At the bottom.
    Bottom,
    /// Raised, on a line.
    Super,
    /// Lowered, on a line.
    Sub,
}

/// What becomes of spaces and line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhiteSpace {
    /// Collapsed, wrapped.
    #[default]
    Normal,
    /// Collapsed, not wrapped.
    Nowrap,
    /// Kept, not wrapped.
    Pre,
    /// Kept, wrapped.
    PreWrap,
    /// Collapsed except line ends, wrapped.
    PreLine,
}

/// What becomes of letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextTransform {
    /// Nothing.
    #[default]
    None,
    /// Capitals.
    Uppercase,
    /// Small letters.
    Lowercase,
    /// A capital at the start of each word.
    Capitalize,
}

/// Whether a page may or must end at a box's edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Break {
    /// It may.
    #[default]
    Auto,
    /// It had better not.
    Avoid,
    /// It must.
    Page,
}

/// The marker of a list item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListMarker {
    /// A filled circle.
    #[default]
    Disc,
    /// A circle.
    Circle,
    /// A square.
    Square,
    /// 1, 2, 3.
    Decimal,
    /// a, b, c.
    LowerAlpha,
    /// A, B, C.
    UpperAlpha,
    /// i, ii, iii.
    LowerRoman,
    /// No marker.
    None,
}

/// Where flex items stand along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Justify {
    /// At the start.
    #[default]
    Start,
    /// At the end.
    End,
    /// In the middle.
    Center,
    /// With space between them.
    Between,
    /// With space around each.
    Around,
    /// With the same space everywhere.
    Evenly,
}

/// Where flex items stand across the axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// As tall as the row.
    #[default]
    Stretch,
    /// At the top.
    Start,
    /// At the bottom.
    End,
    /// In the middle.
    Center,
}

/// What a flex container and its items are told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flex {
    /// A column instead of a row.
    pub column: bool,
    /// Space between rows.
    pub row_gap: f32,
    /// Space between columns.
    pub column_gap: f32,
    /// Along the axis.
    pub justify: Justify,
    /// Across the axis.
    pub align: Align,
    /// An item's share of free space.
    pub grow: f32,
    /// An item's share of missing space.
    pub shrink: f32,
    /// An item's size before sharing.
    pub basis: Extent,
}

impl Default for Flex {
    fn default() -> Self {
        Self {
            column: false,
            row_gap: 0.0,
            column_gap: 0.0,
            justify: Justify::Start,
            align: Align::Stretch,
            grow: 0.0,
            shrink: 1.0,
            basis: Extent::Auto,
        }
    }
}

/// Everything that layout needs to know about one element.
#[derive(Debug, Clone, PartialEq)]
pub struct Style {
    /// How it takes part in layout.
    pub display: Display,
    /// Outside the border.
    pub margin: Sides<Extent>,
    /// Inside the border.
    pub padding: Sides<Extent>,
    /// The border.
    pub border: Sides<Border>,
    /// Behind the padding and content; `None` is transparent.
    pub background: Option<Color>,
    /// The content's width, or the border box's when [`Style::border_box`].
    pub width: Extent,
    /// Its lower bound.
    pub min_width: Extent,
    /// Its upper bound.
    pub max_width: Extent,
    /// The height, likewise.
    pub height: Extent,
    /// Its lower bound.
    pub min_height: Extent,
    /// Its upper bound.
    pub max_height: Extent,
    /// `box-sizing: border-box`.
    pub border_box: bool,
    /// The text's colour.
    pub color: Color,
    /// Font families in order of preference.
    pub families: Arc<[Arc<str>]>,
    /// The faces that families, weight and slant come to.
    pub stack: FontStackId,
    /// 1 to 1000.
    pub weight: u16,
    /// Italic or oblique.
    pub italic: bool,
    /// In points.
    pub font_size: f32,
    /// Height of a line.
    pub line_height: LineHeight,
    /// Where lines stand.
    pub text_align: TextAlign,
    /// Where the box stands in its cell or on its line.
    pub vertical_align: VerticalAlign,
    /// Spaces and line ends.
    pub white_space: WhiteSpace,
    /// Letters.
    pub text_transform: TextTransform,
    /// Between letters, in points.
    pub letter_spacing: f32,
    /// A line below the text.
    pub underline: bool,
    /// A line through the text.
    pub line_through: bool,
    /// The marker of list items.
    pub list_marker: ListMarker,
    /// At the top edge.
    pub break_before: Break,
    /// At the bottom edge.
    pub break_after: Break,
    /// Whether to keep it on one page.
    pub keep_together: bool,
    /// The fewest lines left behind at a page's end.
    pub orphans: u16,
    /// The fewest lines carried over to the next page.
    pub widows: u16,
    /// `table-layout: fixed`.
    pub fixed_table: bool,
    /// `border-collapse: collapse`.
    pub collapse: bool,
    /// Between cells: horizontal, vertical.
    pub border_spacing: (f32, f32),
    /// Flex container and item.
    pub flex: Flex,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            display: Display::Inline,
            margin: Sides { top: ZERO, right: ZERO, bottom: ZERO, left: ZERO },
            padding: Sides { top: ZERO, right: ZERO, bottom: ZERO, left: ZERO },
            border: Sides::default(),
            background: None,
            width: Extent::Auto,
            min_width: Extent::Auto,
            max_width: Extent::Auto,
            height: Extent::Auto,
            min_height: Extent::Auto,
            max_height: Extent::Auto,
            border_box: false,
            color: Color::default(),
            families: INITIAL_FAMILIES.clone(),
            stack: FontStackId::default(),
            weight: 400,
            italic: false,
            font_size: 12.0,
            line_height: LineHeight::Normal,
            text_align: TextAlign::Start,
            vertical_align: VerticalAlign::Baseline,
            white_space: WhiteSpace::Normal,
            text_transform: TextTransform::None,
            letter_spacing: 0.0,
            underline: false,
            line_through: false,
            list_marker: ListMarker::Disc,
            break_before: Break::Auto,
            break_after: Break::Auto,
            keep_together: false,
            orphans: 2,
            widows: 2,
            fixed_table: false,
            collapse: false,
            border_spacing: (0.0, 0.0),
            flex: Flex::default(),
        }
    }
}

static INITIAL_FAMILIES: LazyLock<Arc<[Arc<str>]>> = LazyLock::new(|| Arc::from([Arc::from("sans-serif")]));

const ZERO: Extent = Extent::Points(0.0);

impl Style {
    /// The style a child starts from: inherited properties kept, all others initial.
    pub fn inherited(&self) -> Self {
        Self {
            color: self.color,
            families: self.families.clone(),
            stack: self.stack,
            weight: self.weight,
            italic: self.italic,
            font_size: self.font_size,
            line_height: self.line_height,
            text_align: self.text_align,
            white_space: self.white_space,
            text_transform: self.text_transform,
            letter_spacing: self.letter_spacing,
            underline: self.underline,
            line_through: self.line_through,
            list_marker: self.list_marker,
            orphans: self.orphans,
            widows: self.widows,
            collapse: self.collapse,
            border_spacing: self.border_spacing,
            ..Self::default()
        }
    }

    /// Whether it is laid out below its siblings rather than within a line.
    pub fn is_block_level(&self) -> bool {
        !matches!(self.display, Display::Inline | Display::None)
    }
}
