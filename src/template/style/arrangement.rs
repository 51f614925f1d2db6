//! Where boxes stand in their container: flex, grid and position.

use std::sync::Arc;

use super::Extent;

/// How a box leaves its place in the flow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Position {
    /// Not at all.
    #[default]
    Static,
    /// Drawn elsewhere; its room stays.
    Relative,
    /// Placed in its containing block: the nearest box around it with a position.
    Absolute,
    /// Taken out of the flow into the margin boxes that show `element(name)` (CSS GCPM 3).
    Running(Arc<str>),
}

/// Where boxes stand along one axis, when there is room to spare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Justify {
    /// At the start; grid tracks of size `auto` stretch.
    #[default]
    Normal,
    /// At the start.
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
    /// Stretched where their size is `auto`.
    Stretch,
}

/// Where one box stands across an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// As large as the row or area.
    #[default]
    Stretch,
    /// At the start.
    Start,
    /// At the end.
    End,
    /// In the middle.
    Center,
    /// On the first baseline.
    Baseline,
}

/// Whether a flex container has several lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wrap {
    /// One line.
    #[default]
    NoWrap,
    /// As many as it takes.
    Wrap,
    /// The same, from the bottom up.
    Reverse,
}

/// The main axis of a flex container, or the way in which a grid is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FlowDirection {
    /// Rows.
    #[default]
    Row,
    /// Rows, from their end.
    RowReverse,
    /// Columns.
    Column,
    /// Columns, from the bottom.
    ColumnReverse,
}

/// What containers of flex and grid, and the boxes in them, are told alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flex {
    /// The main axis.
    pub direction: FlowDirection,
    /// Several lines.
    pub wrap: Wrap,
    /// Space between rows.
    pub row_gap: Extent,
    /// Space between columns.
    pub column_gap: Extent,
    /// `justify-content`.
    pub justify_content: Justify,
    /// `align-content`.
    pub align_content: Justify,
    /// `align-items`.
    pub align_items: Align,
    /// `justify-items`, for grids.
    pub justify_items: Align,
    /// `align-self`; `None` is the container's.
    pub align_self: Option<Align>,
    /// `justify-self`, likewise.
    pub justify_self: Option<Align>,
    /// An item's share of free space.
    pub grow: f32,
    /// An item's share of missing space.
    pub shrink: f32,
    /// An item's size before sharing.
    pub basis: Extent,
    /// Items of lower order come first.
    pub order: i32,
}

impl Default for Flex {
    fn default() -> Self {
        Self {
            direction: FlowDirection::Row,
            wrap: Wrap::NoWrap,
            row_gap: Extent::Points(0.0),
            column_gap: Extent::Points(0.0),
            justify_content: Justify::Normal,
            align_content: Justify::Normal,
            align_items: Align::Stretch,
            justify_items: Align::Stretch,
            align_self: None,
            justify_self: None,
            grow: 0.0,
            shrink: 1.0,
            basis: Extent::Auto,
            order: 0,
        }
    }
}

/// A grid's tracks, and an item's place among them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Grid {
    /// `grid-template-columns`, repetitions written out.
    pub columns: Vec<Track>,
    /// `grid-template-rows`.
    pub rows: Vec<Track>,
    /// `grid-auto-columns`.
    pub auto_columns: Vec<Track>,
    /// `grid-auto-rows`.
    pub auto_rows: Vec<Track>,
    /// `grid-auto-flow: column` fills columns first.
    pub by_column: bool,
    /// `grid-auto-flow: dense`.
    pub dense: bool,
    /// `grid-template-areas`: name, first and last row, first and last column, as line numbers from 1.
    pub areas: Vec<(Arc<str>, [i16; 4])>,
    /// `grid-row-start` and `grid-row-end`.
    pub row: (Line, Line),
    /// `grid-column-start` and `grid-column-end`.
    pub column: (Line, Line),
}

/// One edge of an item's area.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Line {
    /// Wherever there is room.
    #[default]
    Auto,
    /// The line of this number, from 1; negative ones count from the end.
    Number(i16),
    /// So many tracks.
    Span(u16),
    /// The edge of a named area.
    Area(Arc<str>),
}

/// One track of a grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Track {
    /// At least so wide.
    pub least: TrackSize,
    /// At most so wide.
    pub most: TrackSize,
}

/// A bound of a track's size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TrackSize {
    /// A length or percentage.
    Fixed(Extent),
    /// A share of what is left.
    Fraction(f32),
    /// What the content needs at least.
    MinContent,
    /// What the content wants.
    MaxContent,
    /// Between those.
    Auto,
    /// `fit-content()`: what the content wants, up to this.
    FitContent(Extent),
}
