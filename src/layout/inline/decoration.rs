//! Lines along text: under it, over it, through it.

use crate::{
    layout::{
        boxes::border::edge,
        composer::{PIXEL, vertical},
        inline::{Inline, rise::Rise},
        page::{Color, Dash, Item, Page, Rect},
        text::{ShapedRun, Shaper},
    },
    template::style::{Decorations, LineStyle, Stroke, Style},
};

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Along {
    Under,
    Over,
    Through,
}

impl Along {
    fn of(self, decorations: &Decorations) -> Option<Stroke> {
        match self {
            Self::Under => decorations.underline,
            Self::Over => decorations.overline,
            Self::Through => decorations.line_through,
        }
    }
}

impl Inline<'_> {
    /// Draws a line along a run that begins at `x`, on a line whose baseline is at `y`.
    pub(super) fn decorate(
        &self,
        shaper: &Shaper,
        along: Along,
        run: &ShapedRun,
        (rise, block): (&Rise, Option<&Style>),
        ink: &mut Page,
        (x, y): (f32, f32),
    ) {
        let stretch = &self.stretches[run.tag as usize];
        let Some(stroke) = along.of(&stretch.style.decorations) else { return };
        // It stands where the box wants it that asked for it: the outermost one with this very line.
        let asks = |style: &Style| along.of(&style.decorations) == Some(stroke);
        let asking = self.around(stretch.within).take_while(|own| asks(&self.boxes[*own].node.style)).last();
        let outermost = asking.is_none_or(|own| self.boxes[own].within.is_none());
        let (style, rise) = match (block.filter(|block| outermost && asks(block)), asking) {
            (Some(block), _) => (block, 0.0),
            (None, Some(own)) => (&*self.boxes[own].node.style, rise.of_box(Some(own))),
            (None, None) => (&*stretch.style, rise.of_box(stretch.within)),
        };
        let thickness = stroke.thickness.unwrap_or((style.font_size / 10.0).max(PIXEL));
        let (ascent, _, _) = vertical(shaper, style.stack, style.font_size);
        let top = match along {
            Along::Under => (thickness / 2.0 / PIXEL).ceil().max(1.0) * PIXEL,
            Along::Over => -ascent,
            Along::Through => -ascent / 3.0 - thickness / 2.0,
        };
        let (dx, dy) = self.moved(stretch.within);
        let area = Rect { x: x + dx, y: y + dy - rise + top, width: run.width, height: thickness };
        draw(ink, area, stroke);
    }
}

fn draw(ink: &mut Page, area: Rect, stroke: Stroke) {
    let Stroke { color, line, .. } = stroke;
    match line {
        LineStyle::Double => {
            ink.items.push(Item::Fill { area, color });
            let below = Rect { y: area.y + 2.0 * area.height, ..area };
            ink.items.push(Item::Fill { area: below, color });
        }
        LineStyle::Dashed | LineStyle::Dotted => ink.items.push(edge(area, color, line.dash())),
        _ => ink.items.push(solid(area, color)),
    }
}

fn solid(area: Rect, color: Color) -> Item {
    edge(area, color, Dash::Solid)
}
