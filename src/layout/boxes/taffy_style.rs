//! Our styles in the words of taffy, which shares out the room of flex and grid containers.

use std::sync::Arc;

use taffy::{
    prelude::{TaffyAuto, TaffyFitContent, TaffyMaxContent, TaffyMinContent, auto, fr},
    style as t,
};

use crate::template::style::{
    Align, Direction, Display, Extent, Flex, FlowDirection, Grid, Justify, Line, Sides, Style, Track, TrackSize, Wrap,
};

/// A style of taffy; areas are known by name.
pub(crate) type TaffyStyle = t::Style<Arc<str>>;

/// Sums of lengths and percentages, which taffy carries as opaque numbers.
#[derive(Debug, Default)]
pub(crate) struct Sums(Vec<Extent>);

/// taffy tells kinds of lengths apart by the lowest three bits.
const STEP: usize = 8;

impl Sums {
    fn keep(&mut self, extent: Extent) -> *const () {
        self.0.push(extent);
        std::ptr::without_provenance(self.0.len() * STEP)
    }

    /// The points of a sum where percentages refer to `basis`.
    pub(crate) fn resolve(&self, handle: *const (), basis: f32) -> f32 {
        let place = (handle.addr() / STEP).checked_sub(1);
        place.and_then(|place| self.0.get(place)).and_then(|extent| extent.within(basis)).unwrap_or(0.0)
    }

    fn dimension(&mut self, extent: Extent) -> t::Dimension {
        match extent {
            Extent::Auto => t::Dimension::auto(),
            Extent::Points(points) => t::Dimension::length(points),
            Extent::Part(part) => t::Dimension::percent(part),
            Extent::Sum { .. } => t::Dimension::calc(self.keep(extent)),
        }
    }

    fn length(&mut self, extent: Extent) -> t::LengthPercentage {
        match extent {
            Extent::Auto => t::LengthPercentage::length(0.0),
            Extent::Points(points) => t::LengthPercentage::length(points),
            Extent::Part(part) => t::LengthPercentage::percent(part),
            Extent::Sum { .. } => t::LengthPercentage::calc(self.keep(extent)),
        }
    }

    fn margin(&mut self, extent: Extent) -> t::LengthPercentageAuto {
        match extent {
            Extent::Auto => auto(),
            Extent::Points(points) => t::LengthPercentageAuto::length(points),
            Extent::Part(part) => t::LengthPercentageAuto::percent(part),
            Extent::Sum { .. } => t::LengthPercentageAuto::calc(self.keep(extent)),
        }
    }

    fn sides<T>(&mut self, sides: Sides<Extent>, mut convert: impl FnMut(&mut Self, Extent) -> T) -> taffy::Rect<T> {
        taffy::Rect {
            left: convert(self, sides.left),
            right: convert(self, sides.right),
            top: convert(self, sides.top),
            bottom: convert(self, sides.bottom),
        }
    }

    fn track(&mut self, track: &Track) -> t::TrackSizingFunction {
        let min = match track.least {
            TrackSize::Fixed(Extent::Points(points)) => t::MinTrackSizingFunction::length(points),
            TrackSize::Fixed(Extent::Part(part)) => t::MinTrackSizingFunction::percent(part),
            TrackSize::Fixed(sum @ Extent::Sum { .. }) => t::MinTrackSizingFunction::calc(self.keep(sum)),
            TrackSize::MinContent => t::MinTrackSizingFunction::MIN_CONTENT,
            TrackSize::MaxContent => t::MinTrackSizingFunction::MAX_CONTENT,
            TrackSize::Fixed(Extent::Auto) | TrackSize::Fraction(_) | TrackSize::Auto | TrackSize::FitContent(_) => {
                t::MinTrackSizingFunction::AUTO
            }
        };
        let max = match track.most {
            TrackSize::Fixed(Extent::Points(points)) => t::MaxTrackSizingFunction::length(points),
            TrackSize::Fixed(Extent::Part(part)) => t::MaxTrackSizingFunction::percent(part),
            TrackSize::Fixed(sum @ Extent::Sum { .. }) => t::MaxTrackSizingFunction::calc(self.keep(sum)),
            TrackSize::Fraction(share) => fr(share),
            TrackSize::MinContent => t::MaxTrackSizingFunction::MIN_CONTENT,
            TrackSize::MaxContent => t::MaxTrackSizingFunction::MAX_CONTENT,
            TrackSize::FitContent(limit) => t::MaxTrackSizingFunction::fit_content(self.length(limit)),
            TrackSize::Fixed(Extent::Auto) | TrackSize::Auto => t::MaxTrackSizingFunction::AUTO,
        };
        taffy::MinMax { min, max }
    }

    /// A container, as its content box: its own padding and border are drawn elsewhere.
    pub(crate) fn container(&mut self, style: &Style) -> TaffyStyle {
        let Flex { direction, wrap, row_gap, column_gap, .. } = style.flex;
        let is_grid = matches!(style.display, Display::Grid | Display::InlineGrid);
        let mut own = TaffyStyle {
            display: if is_grid { t::Display::Grid } else { t::Display::Flex },
            direction: direction_of(style),
            align_items: Some(align(style.flex.align_items)),
            justify_items: Some(align(style.flex.justify_items)),
            align_content: content(style.flex.align_content),
            justify_content: content(style.flex.justify_content),
            gap: taffy::Size { width: self.length(column_gap), height: self.length(row_gap) },
            flex_direction: match direction {
                FlowDirection::Row => t::FlexDirection::Row,
                FlowDirection::RowReverse => t::FlexDirection::RowReverse,
                FlowDirection::Column => t::FlexDirection::Column,
                FlowDirection::ColumnReverse => t::FlexDirection::ColumnReverse,
            },
            flex_wrap: match wrap {
                Wrap::NoWrap => t::FlexWrap::NoWrap,
                Wrap::Wrap => t::FlexWrap::Wrap,
                Wrap::Reverse => t::FlexWrap::WrapReverse,
            },
            ..TaffyStyle::default()
        };
        if let Some(grid) = style.grid.as_deref().filter(|_| is_grid) {
            let single = |track| t::GridTemplateComponent::Single(track);
            let most = usize::from(MOST_TRACKS.unsigned_abs());
            own.grid_template_columns = grid.columns.iter().take(most).map(|track| single(self.track(track))).collect();
            own.grid_template_rows = grid.rows.iter().take(most).map(|track| single(self.track(track))).collect();
            own.grid_auto_columns = grid.auto_columns.iter().take(most).map(|track| self.track(track)).collect();
            own.grid_auto_rows = grid.auto_rows.iter().take(most).map(|track| self.track(track)).collect();
            own.grid_template_areas = grid.areas.iter().filter_map(area).collect();
            own.grid_auto_flow = match (grid.by_column, grid.dense) {
                (false, false) => t::GridAutoFlow::Row,
                (false, true) => t::GridAutoFlow::RowDense,
                (true, false) => t::GridAutoFlow::Column,
                (true, true) => t::GridAutoFlow::ColumnDense,
            };
        }
        own
    }

    /// A box in the container of style `around`, whose content is so wide.
    pub(crate) fn item(&mut self, style: &Style, around: &Style, width: f32) -> TaffyStyle {
        // taffy forgets what the padding of flex items refers to while it looks for their base size.
        let is_flex = matches!(around.display, Display::Flex | Display::InlineFlex);
        let known = |extent: Extent| match extent.within(width) {
            Some(points) if is_flex => Extent::Points(points),
            _ => extent,
        };
        let known = |sides: Sides<Extent>| Sides {
            top: known(sides.top),
            right: known(sides.right),
            bottom: known(sides.bottom),
            left: known(sides.left),
        };
        let border = |width: f32| t::LengthPercentage::length(width);
        let hides = if style.clips { t::Overflow::Hidden } else { t::Overflow::Visible };
        let mut own = TaffyStyle {
            display: t::Display::Flex,
            box_sizing: if style.border_box { t::BoxSizing::BorderBox } else { t::BoxSizing::ContentBox },
            direction: direction_of(style),
            overflow: taffy::Point { x: hides, y: hides },
            size: taffy::Size { width: self.dimension(style.width), height: self.dimension(style.height) },
            min_size: taffy::Size { width: self.dimension(style.min_width), height: self.dimension(style.min_height) },
            max_size: taffy::Size { width: self.dimension(style.max_width), height: self.dimension(style.max_height) },
            margin: self.sides(known(style.margin), Self::margin),
            padding: self.sides(known(style.padding), Self::length),
            border: taffy::Rect {
                left: border(style.border.left.width),
                right: border(style.border.right.width),
                top: border(style.border.top.width),
                bottom: border(style.border.bottom.width),
            },
            align_self: style.flex.align_self.map(align),
            justify_self: style.flex.justify_self.map(align),
            flex_grow: style.flex.grow,
            flex_shrink: style.flex.shrink,
            flex_basis: self.dimension(style.flex.basis),
            ..TaffyStyle::default()
        };
        if let Some(grid) = &style.grid {
            let areas = around.grid.as_deref();
            own.grid_row = placement(&grid.row, areas, 0);
            own.grid_column = placement(&grid.column, areas, 2);
        }
        own
    }
}

/// A grid has no more tracks than this in each direction from where it begins, as browsers have a limit too: each
/// place in it takes memory.
const MOST_TRACKS: i16 = 500;

/// An item's edges; `axis` says where the lines of an area stand in [`Grid::areas`].
fn placement(lines: &(Line, Line), around: Option<&Grid>, axis: usize) -> taffy::Line<t::GridPlacement<Arc<str>>> {
    let edge = |line: &Line, end: usize| match line {
        Line::Auto => t::GridPlacement::Auto,
        // No line has the number 0.
        Line::Number(0) => t::GridPlacement::Auto,
        Line::Number(number) => taffy::style_helpers::line((*number).clamp(-MOST_TRACKS, MOST_TRACKS)),
        Line::Span(tracks) => t::GridPlacement::Span((*tracks).clamp(1, MOST_TRACKS.unsigned_abs())),
        Line::Area(name) => {
            let area = around.and_then(|grid| grid.areas.iter().find(|(known, _)| known == name));
            area.map_or(t::GridPlacement::Auto, |(_, lines)| taffy::style_helpers::line(lines[axis + end]))
        }
    };
    taffy::Line { start: edge(&lines.0, 0), end: edge(&lines.1, 1) }
}

fn area((name, lines): &(Arc<str>, [i16; 4])) -> Option<t::GridTemplateArea<Arc<str>>> {
    let [row_start, row_end, column_start, column_end] = lines.map(u16::try_from);
    Some(t::GridTemplateArea {
        name: name.clone(),
        row_start: row_start.ok()?,
        row_end: row_end.ok()?,
        column_start: column_start.ok()?,
        column_end: column_end.ok()?,
    })
}

fn direction_of(style: &Style) -> t::Direction {
    if style.direction == Direction::Rtl { t::Direction::Rtl } else { t::Direction::Ltr }
}

fn align(align: Align) -> t::AlignItems {
    match align {
        Align::Stretch => t::AlignItems::Stretch,
        Align::Start => t::AlignItems::FlexStart,
        Align::End => t::AlignItems::FlexEnd,
        Align::Center => t::AlignItems::Center,
        Align::Baseline => t::AlignItems::Baseline,
    }
}

fn content(justify: Justify) -> Option<t::AlignContent> {
    Some(match justify {
        Justify::Normal => return None,
        Justify::Start => t::AlignContent::FlexStart,
        Justify::End => t::AlignContent::FlexEnd,
        Justify::Center => t::AlignContent::Center,
        Justify::Between => t::AlignContent::SpaceBetween,
        Justify::Around => t::AlignContent::SpaceAround,
        Justify::Evenly => t::AlignContent::SpaceEvenly,
        Justify::Stretch => t::AlignContent::Stretch,
    })
}
