//! Where a table's columns stand.

use crate::{
    layout::boxes::sizing::Measures,
    template::style::{Direction, Style},
};

/// Where a table's columns stand, the first at the left, or at the right where the table reads from there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Columns {
    /// The left edge of each column's box.
    x: Vec<f32>,
    /// Its width.
    width: Vec<f32>,
    /// Between columns and between rows; 0 when borders collapse.
    pub(crate) spacing: (f32, f32),
    /// The width of the table's content: percentages of padding refer to it.
    pub(crate) room: f32,
    /// Whether they run from right to left.
    pub(crate) rtl: bool,
}

/// The room between and around cells.
pub(crate) fn spacing(style: &Style) -> (f32, f32) {
    if style.collapse { (0.0, 0.0) } else { style.border_spacing }
}

/// The room that spacing takes between and around columns.
pub(crate) fn gaps(style: &Style, columns: usize) -> f32 {
    if columns == 0 { 0.0 } else { spacing(style).0 * (columns + 1) as f32 }
}

impl Columns {
    /// Puts columns beside each other.
    pub(crate) fn new(style: &Style, width: Vec<f32>, frame: &Measures) -> Self {
        let spacing = spacing(style);
        let rtl = style.direction == Direction::Rtl;
        let mut from = spacing.0;
        let place = |width: &f32| {
            let before = from;
            from += width + spacing.0;
            match rtl {
                true => frame.content_x() + frame.content_width() - before - width,
                false => frame.content_x() + before,
            }
        };
        let x = width.iter().map(place).collect();
        Self { x, width, spacing, room: frame.content_width(), rtl }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.x.len()
    }

    /// Left edge and width of `count` columns from `first` on.
    pub(crate) fn span(&self, first: usize, count: usize) -> (f32, f32) {
        let last = (first + count).saturating_sub(1);
        let (Some(a), Some(b)) = (self.x.get(first), self.x.get(last)) else { return (0.0, 0.0) };
        let left = a.min(*b);
        (left, (a + self.width[first]).max(b + self.width[last]) - left)
    }

    /// Left edge and width of all of them.
    pub(crate) fn all(&self) -> (f32, f32) {
        self.span(0, self.len())
    }

    /// Where the line before a column is, or after the last.
    pub(crate) fn line(&self, column: usize) -> f32 {
        let after = column == self.len();
        let (x, width) = self.span(if after { column.saturating_sub(1) } else { column }, 1);
        // The line before a column is at its left, where columns run to the right.
        if after == self.rtl { x } else { x + width }
    }
}
