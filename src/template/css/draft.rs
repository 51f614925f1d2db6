//! The parts of a style that are only known when all of its declarations are.

use std::sync::Arc;

use crate::{
    layout::page::Color,
    template::{css::value::*, style::*},
};

/// A font size as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FontSize {
    Length(Length),
    /// `medium` and its like, in points.
    Keyword(f32),
    /// Times the parent's.
    Times(f32),
}

impl FontSize {
    /// Whether it is the same whatever stands around.
    pub(crate) fn is_absolute(&self) -> bool {
        matches!(self, Self::Length(length) if !length.is_relative())
    }

    pub(crate) fn is_keyword(&self) -> bool {
        matches!(self, Self::Keyword(_))
    }
}

/// A weight as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Is(u16),
    Bolder,
    Lighter,
}

impl Weight {
    /// CSS Fonts 4 §2.2.1.
    pub(crate) fn under(self, parent: u16) -> u16 {
        match (self, parent) {
            (Self::Is(weight), _) => weight,
            (Self::Bolder, ..350) => 400,
            (Self::Bolder, 350..550) => 700,
            (Self::Bolder, _) => parent.max(900),
            (Self::Lighter, ..550) => parent.min(100),
            (Self::Lighter, 550..750) => 400,
            (Self::Lighter, _) => 700,
        }
    }
}

/// A line height as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LineHeightAsWritten {
    Normal,
    Times(f32),
    Length(Length),
}

/// An alignment as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextAlignAsWritten {
    Is(TextAlign),
    /// The parent's, `start` and `end` being what they are there.
    MatchParent,
    /// That of browsers' `th`: in the middle unless the parent says where.
    HeaderCell,
}

/// A vertical alignment as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum VerticalAlignAsWritten {
    Is(VerticalAlign),
    /// Raised; percentages are parts of the line's height.
    Raised(Length),
}

/// Which lines are drawn along text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct DecorationLines {
    pub(crate) underline: bool,
    pub(crate) overline: bool,
    pub(crate) line_through: bool,
}

/// A background picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    /// Its path in the templates folder, after a slash.
    pub(crate) source: Arc<str>,
    /// Where it is named in its file.
    pub(crate) at: usize,
}

/// The size of a background picture as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum BackgroundSizeAsWritten {
    Contain,
    Cover,
    /// Width and height; `None` is `auto`.
    Sized(Option<Length>, Option<Length>),
}

/// A bound of a grid track as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TrackSizeAsWritten {
    Fixed(Length),
    Fraction(f32),
    MinContent,
    MaxContent,
    Auto,
    FitContent(Length),
}

/// A grid track as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TrackAsWritten {
    pub(crate) least: TrackSizeAsWritten,
    pub(crate) most: TrackSizeAsWritten,
}

/// A style under construction, beside the [`Style`] whose fields are known at once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draft {
    pub(crate) font: Font,
    pub(crate) line_height: LineHeightAsWritten,
    pub(crate) text_align: TextAlignAsWritten,
    pub(crate) vertical_align: VerticalAlignAsWritten,
    pub(crate) decoration: Decoration,
    pub(crate) border: Sides<Edge>,
    pub(crate) radius: Radius,
    pub(crate) background: Layers,
    pub(crate) grid: GridAsWritten,
    pub(crate) counters: Counters,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Font {
    pub(crate) families: Arc<[Arc<str>]>,
    pub(crate) size: FontSize,
    pub(crate) weight: Weight,
    pub(crate) italic: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decoration {
    pub(crate) lines: DecorationLines,
    pub(crate) color: Paint,
    pub(crate) line: LineStyle,
    pub(crate) thickness: Option<Length>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Edge {
    pub(crate) width: Length,
    pub(crate) line: Option<LineStyle>,
    pub(crate) color: Paint,
}

/// Top left, top right, bottom right, bottom left.
pub(crate) type Radius = ((Length, Length), (Length, Length), (Length, Length), (Length, Length));

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layers {
    pub(crate) color: Paint,
    pub(crate) images: Vec<Option<Picture>>,
    pub(crate) sizes: Vec<BackgroundSizeAsWritten>,
    pub(crate) x: Vec<Length>,
    pub(crate) y: Vec<Length>,
    pub(crate) repeats: Vec<BackgroundRepeat>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct GridAsWritten {
    pub(crate) columns: Vec<TrackAsWritten>,
    pub(crate) rows: Vec<TrackAsWritten>,
    pub(crate) auto_columns: Vec<TrackAsWritten>,
    pub(crate) auto_rows: Vec<TrackAsWritten>,
    /// By column, and dense.
    pub(crate) flow: (bool, bool),
    pub(crate) areas: Vec<(Arc<str>, [i16; 4])>,
    pub(crate) row: (Line, Line),
    pub(crate) column: (Line, Line),
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Counters {
    pub(crate) reset: Vec<(Arc<str>, i32)>,
    pub(crate) increment: Vec<(Arc<str>, i32)>,
    pub(crate) set: Vec<(Arc<str>, i32)>,
}

/// CSS's `medium` border: 3 px.
pub(crate) const MEDIUM: Length = Length::points_of(2.25);

impl Draft {
    /// What a finished style was made of.
    pub(crate) fn of(style: &Style) -> Self {
        let Sides { top, right, bottom, left } = style.border;
        let Corners { top_left, top_right, bottom_right, bottom_left } = style.radius;
        let corner = |(x, y): (Extent, Extent)| (written(x), written(y));
        Self {
            font: Font {
                families: style.families.clone(),
                size: FontSize::Keyword(style.font_size),
                weight: Weight::Is(style.weight),
                italic: style.italic,
            },
            line_height: match style.line_height {
                LineHeight::Normal => LineHeightAsWritten::Normal,
                LineHeight::Times(times) => LineHeightAsWritten::Times(times),
                LineHeight::Points(points) => LineHeightAsWritten::Length(Length::points_of(points)),
            },
            text_align: TextAlignAsWritten::Is(style.text_align),
            vertical_align: VerticalAlignAsWritten::Is(style.vertical_align),
            decoration: Decoration::of(&style.decorations),
            border: Sides {
                top: Edge::of(top),
                right: Edge::of(right),
                bottom: Edge::of(bottom),
                left: Edge::of(left),
            },
            radius: (corner(top_left), corner(top_right), corner(bottom_right), corner(bottom_left)),
            background: Layers::of(style),
            grid: style.grid.as_deref().map(GridAsWritten::of).unwrap_or_default(),
            counters: Counters::of(&style.counters),
        }
    }

    /// What an element begins with when its parent has this style.
    pub(crate) fn under(parent: &Style) -> Self {
        let none = || Edge { width: MEDIUM, line: None, color: Paint::Current };
        let sharp = || (Length::ZERO, Length::ZERO);
        Self {
            font: Font {
                families: parent.families.clone(),
                size: FontSize::Times(1.0),
                weight: Weight::Is(parent.weight),
                italic: parent.italic,
            },
            line_height: match parent.line_height {
                LineHeight::Normal => LineHeightAsWritten::Normal,
                LineHeight::Times(times) => LineHeightAsWritten::Times(times),
                LineHeight::Points(points) => LineHeightAsWritten::Length(Length::points_of(points)),
            },
            text_align: TextAlignAsWritten::Is(parent.text_align),
            vertical_align: VerticalAlignAsWritten::Is(VerticalAlign::Baseline),
            decoration: Decoration::default(),
            border: Sides { top: none(), right: none(), bottom: none(), left: none() },
            radius: (sharp(), sharp(), sharp(), sharp()),
            background: Layers::default(),
            grid: GridAsWritten::default(),
            counters: Counters::default(),
        }
    }
}

impl Default for Decoration {
    fn default() -> Self {
        Self { lines: DecorationLines::default(), color: Paint::Current, line: LineStyle::Solid, thickness: None }
    }
}

impl Decoration {
    fn of(drawn: &Decorations) -> Self {
        let Decorations { underline, overline, line_through } = *drawn;
        let lines = DecorationLines {
            underline: underline.is_some(),
            overline: overline.is_some(),
            line_through: line_through.is_some(),
        };
        match underline.or(overline).or(line_through) {
            None => Self::default(),
            Some(stroke) => Self {
                lines,
                color: Paint::Is(stroke.color),
                line: stroke.line,
                thickness: stroke.thickness.map(Length::points_of),
            },
        }
    }

    /// The lines of this element over those that reach into it from around.
    pub(crate) fn drawn_over(&self, around: Decorations, text: Color, sizes: FontSizes) -> Decorations {
        let stroke = Stroke {
            color: self.color.over(text),
            line: self.line,
            thickness: self.thickness.as_ref().map(|length| length.points(sizes, sizes.own).max(0.0)),
        };
        Decorations {
            underline: if self.lines.underline { Some(stroke) } else { around.underline },
            overline: if self.lines.overline { Some(stroke) } else { around.overline },
            line_through: if self.lines.line_through { Some(stroke) } else { around.line_through },
        }
    }
}

impl Edge {
    fn of(border: Border) -> Self {
        Self {
            width: Length::points_of(border.width),
            line: (border.width > 0.0).then_some(border.line),
            color: Paint::Is(border.color),
        }
    }

    /// The finished border.
    pub(crate) fn border(&self, text: Color, sizes: FontSizes) -> Border {
        let width = if self.line.is_some() { snapped(self.width.points(sizes, 0.0)) } else { 0.0 };
        Border { width, color: self.color.over(text), line: self.line.unwrap_or_default() }
    }
}

/// A border's width is a whole number of pixels, and at least one (CSS Values 4, "snap as a border width").
fn snapped(points: f32) -> f32 {
    let pixels = points / 0.75;
    // What rounding left of a whole pixel is a whole pixel.
    let whole = (pixels + 0.001).floor();
    if pixels <= 0.0 { 0.0 } else { whole.max(1.0) * 0.75 }
}

impl Default for Layers {
    fn default() -> Self {
        Self {
            color: Paint::CLEAR,
            images: Vec::new(),
            sizes: Vec::new(),
            x: Vec::new(),
            y: Vec::new(),
            repeats: Vec::new(),
        }
    }
}

impl Layers {
    fn of(style: &Style) -> Self {
        let layers = || style.background_images.iter();
        let size = |size: BackgroundSize| match size {
            BackgroundSize::Natural => BackgroundSizeAsWritten::Sized(None, None),
            BackgroundSize::Contain => BackgroundSizeAsWritten::Contain,
            BackgroundSize::Cover => BackgroundSizeAsWritten::Cover,
            BackgroundSize::Sized(x, y) => BackgroundSizeAsWritten::Sized(optional(x), optional(y)),
        };
        Self {
            color: style.background.map_or(Paint::CLEAR, Paint::Is),
            images: layers().map(|layer| Some(Picture { source: layer.source.clone(), at: 0 })).collect(),
            sizes: layers().map(|layer| size(layer.size)).collect(),
            x: layers().map(|layer| written(layer.position.0)).collect(),
            y: layers().map(|layer| written(layer.position.1)).collect(),
            repeats: layers().map(|layer| layer.repeat).collect(),
        }
    }

    /// The finished pictures. Lists that are too short are repeated (CSS Backgrounds 3 §2.1).
    pub(crate) fn pictures(&self, sizes: FontSizes) -> Arc<[Background]> {
        fn nth<T: Clone>(list: &[T], i: usize, otherwise: T) -> T {
            if list.is_empty() { otherwise } else { list[i % list.len()].clone() }
        }
        let layer = |(i, picture): (usize, &Option<Picture>)| {
            let size = nth(&self.sizes, i, BackgroundSizeAsWritten::Sized(None, None));
            let extent = |length: Option<Length>| length.map_or(Extent::Auto, |length| length.extent(sizes));
            Some(Background {
                source: picture.as_ref()?.source.clone(),
                size: match size {
                    BackgroundSizeAsWritten::Sized(None, None) => BackgroundSize::Natural,
                    BackgroundSizeAsWritten::Contain => BackgroundSize::Contain,
                    BackgroundSizeAsWritten::Cover => BackgroundSize::Cover,
                    BackgroundSizeAsWritten::Sized(x, y) => BackgroundSize::Sized(extent(x), extent(y)),
                },
                position: (
                    nth(&self.x, i, Length::part_of(0.0)).extent(sizes),
                    nth(&self.y, i, Length::part_of(0.0)).extent(sizes),
                ),
                repeat: nth(&self.repeats, i, BackgroundRepeat { x: true, y: true }),
            })
        };
        self.images.iter().enumerate().filter_map(layer).collect()
    }
}

impl GridAsWritten {
    fn of(grid: &Grid) -> Self {
        let size = |size: TrackSize| match size {
            TrackSize::Fixed(extent) => TrackSizeAsWritten::Fixed(written(extent)),
            TrackSize::Fraction(fraction) => TrackSizeAsWritten::Fraction(fraction),
            TrackSize::MinContent => TrackSizeAsWritten::MinContent,
            TrackSize::MaxContent => TrackSizeAsWritten::MaxContent,
            TrackSize::Auto => TrackSizeAsWritten::Auto,
            TrackSize::FitContent(extent) => TrackSizeAsWritten::FitContent(written(extent)),
        };
        let tracks = |tracks: &[Track]| {
            tracks.iter().map(|track| TrackAsWritten { least: size(track.least), most: size(track.most) }).collect()
        };
        Self {
            columns: tracks(&grid.columns),
            rows: tracks(&grid.rows),
            auto_columns: tracks(&grid.auto_columns),
            auto_rows: tracks(&grid.auto_rows),
            flow: (grid.by_column, grid.dense),
            areas: grid.areas.clone(),
            row: grid.row.clone(),
            column: grid.column.clone(),
        }
    }

    /// The finished grid; none when nothing was said.
    pub(crate) fn finished(self, sizes: FontSizes) -> Option<Arc<Grid>> {
        if self == Self::default() {
            return None;
        }
        let size = |size: &TrackSizeAsWritten| match size {
            TrackSizeAsWritten::Fixed(length) => TrackSize::Fixed(length.extent(sizes)),
            TrackSizeAsWritten::Fraction(fraction) => TrackSize::Fraction(*fraction),
            TrackSizeAsWritten::MinContent => TrackSize::MinContent,
            TrackSizeAsWritten::MaxContent => TrackSize::MaxContent,
            TrackSizeAsWritten::Auto => TrackSize::Auto,
            TrackSizeAsWritten::FitContent(length) => TrackSize::FitContent(length.extent(sizes)),
        };
        let tracks = |tracks: &[TrackAsWritten]| {
            tracks.iter().map(|track| Track { least: size(&track.least), most: size(&track.most) }).collect()
        };
        Some(Arc::new(Grid {
            columns: tracks(&self.columns),
            rows: tracks(&self.rows),
            auto_columns: tracks(&self.auto_columns),
            auto_rows: tracks(&self.auto_rows),
            by_column: self.flow.0,
            dense: self.flow.1,
            areas: self.areas,
            row: self.row,
            column: self.column,
        }))
    }
}

impl Counters {
    fn of(changes: &[CounterChange]) -> Self {
        let mut counters = Self::default();
        for change in changes {
            let (list, name, value) = match change {
                CounterChange::Reset(name, value) => (&mut counters.reset, name, value),
                CounterChange::Increment(name, value) => (&mut counters.increment, name, value),
                CounterChange::Set(name, value) => (&mut counters.set, name, value),
            };
            list.push((name.clone(), *value));
        }
        counters
    }

    /// The changes in CSS's order.
    pub(crate) fn changes(self) -> Arc<[CounterChange]> {
        let reset = self.reset.into_iter().map(|(name, value)| CounterChange::Reset(name, value));
        let increment = self.increment.into_iter().map(|(name, value)| CounterChange::Increment(name, value));
        let set = self.set.into_iter().map(|(name, value)| CounterChange::Set(name, value));
        reset.chain(increment).chain(set).collect()
    }
}

fn optional(extent: Extent) -> Option<Length> {
    (extent != Extent::Auto).then(|| written(extent))
}

fn written(extent: Extent) -> Length {
    match extent {
        Extent::Auto => Length::ZERO,
        Extent::Points(points) => Length::points_of(points),
        Extent::Part(part) => Length::part_of(part),
        Extent::Sum { part, points } => Length::sum_of(points, part),
    }
}
