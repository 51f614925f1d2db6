//! Computed style: what the cascade leaves of CSS for one element. Lengths are in points.

mod arrangement;
mod generated;
mod surface;
mod text;

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

pub use crate::layout::text::{TextAlign, WordBreak};
use crate::layout::{page::Color, text::FontStackId};

pub use arrangement::{Align, Flex, FlowDirection, Grid, Justify, Line, Position, Track, TrackSize, Wrap};
pub use generated::{CounterChange, CounterStyle, Filled, Generated};
pub use surface::{Background, BackgroundRepeat, BackgroundSize, Corners, LineStyle};
pub use text::{
    Decorations, Direction, Isolation, LineHeight, OverflowWrap, Stroke, TextTransform, VerticalAlign, WhiteSpace,
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
    /// A part and points together, as `calc()` makes them.
    Sum {
        /// The part, 1 being all of it.
        part: f32,
        /// The points.
        points: f32,
    },
}

impl Extent {
    /// Its points within a containing block of this width; `None` for `auto`.
    pub fn within(self, width: f32) -> Option<f32> {
        match self {
            Self::Auto => None,
            Self::Points(points) => Some(points),
            Self::Part(part) => Some(part * width),
            Self::Sum { part, points } => Some(part * width + points),
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
    /// How it is drawn.
    pub line: LineStyle,
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
    /// A box within a line, laid out inside as a block.
    InlineBlock,
    /// A row or column of boxes.
    Flex,
    /// The same, standing within a line.
    InlineFlex,
    /// Boxes in rows and columns.
    Grid,
    /// The same, standing within a line.
    InlineGrid,
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
    /// It must, and what follows begins on a left page.
    Left,
    /// It must, and what follows begins on a right page.
    Right,
}

/// The marker of a list item.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
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
    /// I, II, III.
    UpperRoman,
    /// α, β, γ.
    LowerGreek,
    /// 01, 02, 03.
    DecimalLeadingZero,
    /// The same text for all.
    Text(Arc<str>),
    /// No marker.
    None,
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
    /// The pictures over that colour, the first one in front.
    pub background_images: Arc<[Background]>,
    /// How round its corners are.
    pub radius: Corners,
    /// How it leaves its place.
    pub position: Position,
    /// How far from that place, or from the containing block's edges.
    pub inset: Sides<Extent>,
    /// Whether what sticks out is cut off.
    pub clips: bool,
    /// 0 can't be seen, 1 is solid.
    pub opacity: f32,
    /// `visibility: hidden`: takes its room and draws nothing.
    pub hidden: bool,
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
    /// Whether that size was given in units that depend on nothing.
    pub absolute_size: bool,
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
    /// Added to each space, in points.
    pub word_spacing: f32,
    /// Before the first line of a block.
    pub text_indent: Extent,
    /// The width of a tab, in spaces.
    pub tab_size: f32,
    /// Lines along the text.
    pub decorations: Decorations,
    /// Whether a line that is cut off ends in an ellipsis.
    pub ellipsis: bool,
    /// Words wider than their line.
    pub overflow_wrap: OverflowWrap,
    /// Breaks within words.
    pub word_break: WordBreak,
    /// Whether a line may end at a soft hyphen.
    pub soft_hyphens: bool,
    /// Which way text reads.
    pub direction: Direction,
    /// Whether its text stands apart.
    pub isolation: Isolation,
    /// The marker of list items.
    pub list_marker: ListMarker,
    /// Whether the marker stands within the first line.
    pub marker_inside: bool,
    /// The text of a pseudo-element, or the element whose running content a margin box shows.
    pub content: Option<Arc<[Generated]>>,
    /// What counters it sets.
    pub counters: Arc<[CounterChange]>,
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
    /// The kind of page that it stands on: a name of `@page`.
    pub page: Option<Arc<str>>,
    /// Its level among the document's bookmarks, from 1; 0 for none, `None` for what its tag says.
    pub bookmark_level: Option<u8>,
    /// `table-layout: fixed`.
    pub fixed_table: bool,
    /// `border-collapse: collapse`.
    pub collapse: bool,
    /// Between cells: horizontal, vertical.
    pub border_spacing: (f32, f32),
    /// `caption-side: bottom`.
    pub caption_below: bool,
    /// Whether empty cells have no border and background.
    pub hides_empty_cells: bool,
    /// Flex and grid containers, and the boxes in them.
    pub flex: Flex,
    /// The tracks of a grid and an item's place; `None` for initial values.
    pub grid: Option<Arc<Grid>>,
    /// Custom properties: names without their dashes, and values.
    pub custom: Option<Arc<BTreeMap<Arc<str>, Arc<str>>>>,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            display: Display::Inline,
            margin: Sides { top: ZERO, right: ZERO, bottom: ZERO, left: ZERO },
            padding: Sides { top: ZERO, right: ZERO, bottom: ZERO, left: ZERO },
            border: Sides::default(),
            background: None,
            background_images: NO_BACKGROUNDS.clone(),
            radius: Corners::default(),
            position: Position::Static,
            inset: Sides::default(),
            clips: false,
            opacity: 1.0,
            hidden: false,
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
            absolute_size: false,
            line_height: LineHeight::Normal,
            text_align: TextAlign::Start,
            vertical_align: VerticalAlign::Baseline,
            white_space: WhiteSpace::Normal,
            text_transform: TextTransform::None,
            letter_spacing: 0.0,
            word_spacing: 0.0,
            text_indent: ZERO,
            tab_size: 8.0,
            decorations: Decorations::default(),
            ellipsis: false,
            overflow_wrap: OverflowWrap::Normal,
            word_break: WordBreak::Normal,
            soft_hyphens: true,
            direction: Direction::Ltr,
            isolation: Isolation::Normal,
            list_marker: ListMarker::Disc,
            marker_inside: false,
            content: None,
            counters: NO_COUNTERS.clone(),
            break_before: Break::Auto,
            break_after: Break::Auto,
            keep_together: false,
            orphans: 2,
            widows: 2,
            page: None,
            bookmark_level: None,
            fixed_table: false,
            collapse: false,
            border_spacing: (0.0, 0.0),
            caption_below: false,
            hides_empty_cells: false,
            flex: Flex::default(),
            grid: None,
            custom: None,
        }
    }
}

static INITIAL_FAMILIES: LazyLock<Arc<[Arc<str>]>> = LazyLock::new(|| Arc::from([Arc::from("sans-serif")]));

static NO_BACKGROUNDS: LazyLock<Arc<[Background]>> = LazyLock::new(|| Arc::from([]));
static NO_COUNTERS: LazyLock<Arc<[CounterChange]>> = LazyLock::new(|| Arc::from([]));

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
            absolute_size: self.absolute_size,
            line_height: self.line_height,
            text_align: self.text_align,
            white_space: self.white_space,
            text_transform: self.text_transform,
            letter_spacing: self.letter_spacing,
            word_spacing: self.word_spacing,
            text_indent: self.text_indent,
            tab_size: self.tab_size,
            decorations: self.decorations,
            overflow_wrap: self.overflow_wrap,
            word_break: self.word_break,
            soft_hyphens: self.soft_hyphens,
            direction: self.direction,
            hidden: self.hidden,
            list_marker: self.list_marker.clone(),
            marker_inside: self.marker_inside,
            page: self.page.clone(),
            orphans: self.orphans,
            widows: self.widows,
            collapse: self.collapse,
            border_spacing: self.border_spacing,
            caption_below: self.caption_below,
            hides_empty_cells: self.hides_empty_cells,
            custom: self.custom.clone(),
            ..Self::default()
        }
    }

    /// Whether it is laid out below its siblings rather than within a line.
    pub fn is_block_level(&self) -> bool {
        use Display::{Inline, InlineBlock, InlineFlex, InlineGrid, None};
        !matches!(self.display, Inline | InlineBlock | InlineFlex | InlineGrid | None)
    }
}
