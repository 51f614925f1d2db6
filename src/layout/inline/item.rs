//! The marker of a list item on its first line: where browsers put it.

use std::sync::Arc;

use crate::{
    layout::{
        composer::{Composer, PIXEL, vertical},
        inline::{Inline, paragraph::Beside},
        page::Page,
        text::{Line, Shaper},
    },
    template::style::{Direction, Extent, Style, TextAlign, WhiteSpace},
};

/// The marker of a list item within its first line.
#[derive(Debug)]
pub(super) struct Inside {
    pub(super) text: String,
    pub(super) style: Arc<Style>,
    /// Room behind it.
    pub(super) gap: f32,
}

/// A symbol is a shape rather than a letter: browsers draw it as large as the font's ascent says, in points.
struct Symbol {
    /// Its left edge is so far before the content.
    before: f32,
    /// Its width.
    size: f32,
}

impl Symbol {
    fn of(shaper: &Shaper, style: &Style) -> Self {
        // Browsers reckon in whole pixels.
        let ascent = (vertical(shaper, style.stack, style.font_size).0 / PIXEL).round() as i32;
        let offset = ascent * 2 / 3;
        let points = |pixels: i32| pixels as f32 * PIXEL;
        Self { before: points(offset + 7), size: points((offset + 1) / 2) }
    }
}

fn is_symbol(text: &str) -> bool {
    matches!(text, "•" | "◦" | "▪")
}

impl Composer<'_> {
    /// The marker that waits for a first line, if it stands within that.
    pub(super) fn inside_marker(&mut self) -> Option<Inside> {
        let (text, style) = self.marker.take_if(|(_, style)| style.marker_inside)?;
        let mut gap = 0.0;
        if is_symbol(&text) {
            let width = self.shaper.line(&text, style.stack, style.font_size).width;
            gap = Symbol::of(self.shaper, &style).size + PIXEL + style.font_size - width;
        }
        Some(Inside { text, style, gap })
    }

    /// Draws the marker that waits for a first line, before it.
    pub(super) fn draw_marker(&mut self, ink: &mut Page, beside: Beside, baseline: f32) {
        let Some((text, style)) = self.marker.take() else { return };
        let mut own = (*style).clone();
        (own.white_space, own.text_align) = (WhiteSpace::Pre, TextAlign::Left);
        own.text_indent = Extent::Points(0.0);
        let mut inline = Inline::plain(&text, &Arc::new(own.clone()));
        inline.owner = self.tags.take_label();
        let set = inline.set(self.shaper, &own, 0.0);
        let Some((line, _)) = set.lines.into_iter().next() else { return };
        let width = line.shaped.width;
        // A symbol stands in the middle of where browsers draw theirs, a number next to the content.
        let before = if is_symbol(&text) {
            let symbol = Symbol::of(self.shaper, &style);
            symbol.before - (symbol.size - width) / 2.0
        } else {
            width
        };
        let rtl = style.direction == Direction::Rtl;
        let left = if rtl { beside.x + beside.width + before - width } else { beside.x - before };
        inline.draw(self.shaper, &Line { x: 0.0, ..line }, ink, left, baseline);
    }
}
