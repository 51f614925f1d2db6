//! All longhand properties: what each holds as written, and where its value goes.

use std::{path::Path, sync::Arc};

use cssparser::{ParseErrorKind, Parser};

use crate::{
    fault::{Fault, Place},
    layout::page::Color,
    template::{
        css::{
            draft::*,
            property,
            value::*,
            variable::{self, Custom, Meaningless},
        },
        style::*,
    },
};

/// Declares each longhand once: as a [`Declaration`] that holds its value, as a [`Longhand`] that names it, and the
/// field of the style or the [`Draft`] that the value goes to.
macro_rules! longhands {
    (
        plain { $($plain:ident($plain_type:ty) => $plain_first:ident $(. $plain_rest:tt)*;)* }
        extents { $($extent:ident => $extent_first:ident $(. $extent_rest:tt)*, $may_be_negative:literal;)* }
        points { $($points:ident => $points_first:ident $(. $points_rest:tt)*;)* }
        drafts { $($draft:ident($draft_type:ty) => $draft_first:ident $(. $draft_rest:tt)*;)* }
    ) => {
        /// One longhand property with its value; shorthands become several.
        #[derive(Debug, Clone, PartialEq)]
        pub(crate) enum Declaration {
            $($plain($plain_type),)*
            $(
                /// `None` is `auto`, or `none` for a maximum.
                $extent(Option<Length>),
            )*
            $($points(Length),)*
            $($draft($draft_type),)*
            /// `inherit` and its like.
            Wide(Longhand, Wide),
            /// A custom property: its name without the dashes, and its value.
            Custom(Arc<str>, Arc<str>),
            /// A property whose value contains `var()`, to be parsed when that is known.
            Pending(Arc<Pending>),
        }

        /// The name of a longhand.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Longhand { $($plain,)* $($extent,)* $($points,)* $($draft,)* }

        impl Declaration {
            /// The property; none for custom properties and for values that aren't known yet.
            pub(crate) fn longhand(&self) -> Option<Longhand> {
                Some(match self {
                    $(Self::$plain(_) => Longhand::$plain,)*
                    $(Self::$extent(_) => Longhand::$extent,)*
                    $(Self::$points(_) => Longhand::$points,)*
                    $(Self::$draft(_) => Longhand::$draft,)*
                    Self::Wide(longhand, _) => *longhand,
                    Self::Custom(..) | Self::Pending(_) => return None,
                })
            }

            /// Puts the value where it belongs.
            pub(crate) fn store(&self, style: &mut Style, draft: &mut Draft, sizes: FontSizes) {
                match self {
                    $(Self::$plain(value) => style.$plain_first $(.$plain_rest)* = value.clone(),)*
                    $(Self::$extent(length) => {
                        style.$extent_first $(.$extent_rest)* = extent(length.as_ref(), sizes, $may_be_negative);
                    })*
                    $(Self::$points(length) => style.$points_first $(.$points_rest)* = length.points(sizes, 0.0),)*
                    $(Self::$draft(value) => draft.$draft_first $(.$draft_rest)* = value.clone(),)*
                    Self::Wide(..) | Self::Custom(..) | Self::Pending(_) => {}
                }
            }
        }

        impl Longhand {
            /// Copies the value of one style to another.
            pub(crate) fn copy(self, from: &Style, style: &mut Style, draft: &mut Draft) {
                match self {
                    $(Self::$plain => {
                        style.$plain_first $(.$plain_rest)* = from.$plain_first $(.$plain_rest)* .clone();
                    })*
                    $(Self::$extent => style.$extent_first $(.$extent_rest)* = from.$extent_first $(.$extent_rest)*,)*
                    $(Self::$points => style.$points_first $(.$points_rest)* = from.$points_first $(.$points_rest)*,)*
                    $(Self::$draft => draft.$draft_first $(.$draft_rest)* = Draft::of(from).$draft_first $(.$draft_rest)*,)*
                }
            }
        }
    };
}

longhands! {
    plain {
        Display(Display) => display;
        Position(Position) => position;
        Clips(bool) => clips;
        Opacity(f32) => opacity;
        Hidden(bool) => hidden;
        BorderBox(bool) => border_box;
        Color(Color) => color;
        WhiteSpace(WhiteSpace) => white_space;
        TextTransform(TextTransform) => text_transform;
        TabSize(f32) => tab_size;
        Ellipsis(bool) => ellipsis;
        OverflowWrap(OverflowWrap) => overflow_wrap;
        WordBreak(WordBreak) => word_break;
        SoftHyphens(bool) => soft_hyphens;
        Direction(Direction) => direction;
        Isolation(Isolation) => isolation;
        ListMarker(ListMarker) => list_marker;
        MarkerInside(bool) => marker_inside;
        Content(Option<Arc<[Generated]>>) => content;
        BreakBefore(Break) => break_before;
        BreakAfter(Break) => break_after;
        KeepTogether(bool) => keep_together;
        Orphans(u16) => orphans;
        Widows(u16) => widows;
        Page(Option<Arc<str>>) => page;
        BookmarkLevel(Option<u8>) => bookmark_level;
        FixedTable(bool) => fixed_table;
        Collapse(bool) => collapse;
        CaptionBelow(bool) => caption_below;
        HidesEmptyCells(bool) => hides_empty_cells;
        FlexDirection(FlowDirection) => flex.direction;
        FlexWrap(Wrap) => flex.wrap;
        JustifyContent(Justify) => flex.justify_content;
        AlignContent(Justify) => flex.align_content;
        AlignItems(Align) => flex.align_items;
        JustifyItems(Align) => flex.justify_items;
        AlignSelf(Option<Align>) => flex.align_self;
        JustifySelf(Option<Align>) => flex.justify_self;
        Grow(f32) => flex.grow;
        Shrink(f32) => flex.shrink;
        Order(i32) => flex.order;
    }
    extents {
        MarginTop => margin.top, true;
        MarginRight => margin.right, true;
        MarginBottom => margin.bottom, true;
        MarginLeft => margin.left, true;
        PaddingTop => padding.top, false;
        PaddingRight => padding.right, false;
        PaddingBottom => padding.bottom, false;
        PaddingLeft => padding.left, false;
        InsetTop => inset.top, true;
        InsetRight => inset.right, true;
        InsetBottom => inset.bottom, true;
        InsetLeft => inset.left, true;
        Width => width, false;
        MinWidth => min_width, false;
        MaxWidth => max_width, false;
        Height => height, false;
        MinHeight => min_height, false;
        MaxHeight => max_height, false;
        TextIndent => text_indent, true;
        RowGap => flex.row_gap, false;
        ColumnGap => flex.column_gap, false;
        Basis => flex.basis, false;
    }
    points {
        LetterSpacing => letter_spacing;
        WordSpacing => word_spacing;
        BorderSpacingX => border_spacing.0;
        BorderSpacingY => border_spacing.1;
    }
    drafts {
        Families(Arc<[Arc<str>]>) => font.families;
        FontSize(FontSize) => font.size;
        Weight(Weight) => font.weight;
        Italic(bool) => font.italic;
        LineHeight(LineHeightAsWritten) => line_height;
        TextAlign(TextAlignAsWritten) => text_align;
        VerticalAlign(VerticalAlignAsWritten) => vertical_align;
        DecorationLines(DecorationLines) => decoration.lines;
        DecorationColor(Paint) => decoration.color;
        DecorationStyle(LineStyle) => decoration.line;
        DecorationThickness(Option<Length>) => decoration.thickness;
        BorderTopWidth(Length) => border.top.width;
        BorderRightWidth(Length) => border.right.width;
        BorderBottomWidth(Length) => border.bottom.width;
        BorderLeftWidth(Length) => border.left.width;
        BorderTopLine(Option<LineStyle>) => border.top.line;
        BorderRightLine(Option<LineStyle>) => border.right.line;
        BorderBottomLine(Option<LineStyle>) => border.bottom.line;
        BorderLeftLine(Option<LineStyle>) => border.left.line;
        BorderTopColor(Paint) => border.top.color;
        BorderRightColor(Paint) => border.right.color;
        BorderBottomColor(Paint) => border.bottom.color;
        BorderLeftColor(Paint) => border.left.color;
        RadiusTopLeft((Length, Length)) => radius.0;
        RadiusTopRight((Length, Length)) => radius.1;
        RadiusBottomRight((Length, Length)) => radius.2;
        RadiusBottomLeft((Length, Length)) => radius.3;
        BackgroundColor(Paint) => background.color;
        BackgroundImages(Vec<Option<Picture>>) => background.images;
        BackgroundSizes(Vec<BackgroundSizeAsWritten>) => background.sizes;
        BackgroundPositionsX(Vec<Length>) => background.x;
        BackgroundPositionsY(Vec<Length>) => background.y;
        BackgroundRepeats(Vec<BackgroundRepeat>) => background.repeats;
        GridColumns(Vec<TrackAsWritten>) => grid.columns;
        GridRows(Vec<TrackAsWritten>) => grid.rows;
        GridAutoColumns(Vec<TrackAsWritten>) => grid.auto_columns;
        GridAutoRows(Vec<TrackAsWritten>) => grid.auto_rows;
        GridAutoFlow((bool, bool)) => grid.flow;
        GridAreas(Vec<(Arc<str>, [i16; 4])>) => grid.areas;
        GridRowStart(Line) => grid.row.0;
        GridRowEnd(Line) => grid.row.1;
        GridColumnStart(Line) => grid.column.0;
        GridColumnEnd(Line) => grid.column.1;
        CounterReset(Vec<(Arc<str>, i32)>) => counters.reset;
        CounterIncrement(Vec<(Arc<str>, i32)>) => counters.increment;
        CounterSet(Vec<(Arc<str>, i32)>) => counters.set;
    }
}

/// The keywords that every property may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wide {
    /// The parent's value.
    Inherit,
    /// CSS's initial value.
    Initial,
    /// What the property would be if nothing had been said.
    Unset,
    /// What the browser's own sheet says.
    Revert,
}

/// A property whose value contains `var()`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pending {
    /// The property.
    pub(crate) name: Arc<str>,
    /// The value as written.
    pub(crate) text: Arc<str>,
    /// Where it stands.
    pub(crate) file: Arc<Path>,
    pub(crate) place: Place,
}

impl Pending {
    /// The longhands of the value with these custom properties.
    pub(crate) fn parse(&self, custom: Option<&Arc<Custom>>) -> Result<Vec<Declaration>, Fault> {
        let fault = |message: String| Fault::new(message).in_file(&*self.file).at(self.place);
        let written = format!("{}: {}", self.name, self.text);
        let text = variable::substitute(&self.text, custom).map_err(|meaningless| match meaningless {
            Meaningless::Undefined(name) => {
                let help = format!("set it on an element around, such as `:root`, or write `var({name}, otherwise)`");
                fault(format!("`{written}`: `{name}` is not defined here")).help(help)
            }
            Meaningless::TooLong => fault(format!("`{written}` is too long when its variables are replaced")),
        })?;
        let parsed = Parser::new(&text).parse_entirely(|input| property::parse(&self.name, input));
        let pictures = |declaration: &Declaration| match declaration {
            Declaration::BackgroundImages(images) => images.iter().any(Option::is_some),
            _ => false,
        };
        if parsed.as_ref().is_ok_and(|parsed| parsed.iter().any(pictures)) {
            let help = "write `background-image: url(…)` by itself, without `var()`";
            return Err(fault(format!("`{written}`: a picture is not named by a custom property")).help(help));
        }
        parsed.map_err(|error| {
            let shown = text.replace("/**/", "");
            let fault = fault(format!("`{}: {}` is not supported", self.name, shown.trim()));
            match error.kind {
                ParseErrorKind::Custom(Remedy(remedy)) if !remedy.is_empty() => fault.help(remedy),
                _ => fault.help(format!("it comes from `{}`; docs/TEMPLATES.md lists what is supported", self.text)),
            }
        })
    }

    /// What becomes of it when its value has no meaning.
    pub(crate) fn unset(&self) -> Vec<Declaration> {
        let longhands = property::longhands(&self.name).unwrap_or_default();
        longhands.iter().map(|longhand| Declaration::Wide(*longhand, Wide::Unset)).collect()
    }
}

impl Longhand {
    /// Whether lengths depend on it, so that it is applied before all others.
    pub(crate) fn is_of_font(self) -> bool {
        matches!(self, Self::Families | Self::FontSize | Self::Weight | Self::Italic)
    }
}

fn extent(length: Option<&Length>, sizes: FontSizes, may_be_negative: bool) -> Extent {
    match length.map_or(Extent::Auto, |length| length.extent(sizes)) {
        Extent::Points(points) if !may_be_negative => Extent::Points(points.max(0.0)),
        Extent::Part(part) if !may_be_negative => Extent::Part(part.max(0.0)),
        extent => extent,
    }
}
