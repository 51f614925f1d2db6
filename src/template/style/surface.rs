//! What is behind a box: corners and background pictures.

use std::sync::Arc;

use super::Extent;
use crate::layout::page::Dash;

/// Horizontal and vertical radius of each corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Corners {
    /// Top left.
    pub top_left: (Extent, Extent),
    /// Top right.
    pub top_right: (Extent, Extent),
    /// Bottom right.
    pub bottom_right: (Extent, Extent),
    /// Bottom left.
    pub bottom_left: (Extent, Extent),
}

impl Default for Corners {
    fn default() -> Self {
        const SHARP: (Extent, Extent) = (Extent::Points(0.0), Extent::Points(0.0));
        Self { top_left: SHARP, top_right: SHARP, bottom_right: SHARP, bottom_left: SHARP }
    }
}

impl Corners {
    /// Whether some corner is round.
    pub fn is_round(&self) -> bool {
        *self != Self::default()
    }
}

/// One background picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Background {
    /// The file, as [`crate::template::Template::image`] knows it.
    pub source: Arc<str>,
    /// How large it is drawn.
    pub size: BackgroundSize,
    /// Where: a part refers to what the box has more than the picture.
    pub position: (Extent, Extent),
    /// Whether it is repeated.
    pub repeat: BackgroundRepeat,
}

/// How large a background picture is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum BackgroundSize {
    /// As it is, at 96 pixels an inch.
    #[default]
    Natural,
    /// As large as the box can hold.
    Contain,
    /// So that it covers the box.
    Cover,
    /// Width and height; `auto` follows the other.
    Sized(Extent, Extent),
}

/// In which directions a background picture is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackgroundRepeat {
    /// To the sides.
    pub x: bool,
    /// Up and down.
    pub y: bool,
}

/// How a border or a decoration is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineStyle {
    /// Without gaps.
    #[default]
    Solid,
    /// With gaps.
    Dashed,
    /// As dots.
    Dotted,
    /// As two lines.
    Double,
    /// As if cut in.
    Groove,
    /// As if raised.
    Ridge,
    /// As if the box were sunken.
    Inset,
    /// As if the box stood out.
    Outset,
}

impl LineStyle {
    /// The gaps in it.
    pub fn dash(self) -> Dash {
        match self {
            Self::Dashed => Dash::Dashed,
            Self::Dotted => Dash::Dotted,
            _ => Dash::Solid,
        }
    }
}
