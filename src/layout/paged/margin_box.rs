//! What stands in the margins of a page: titles, "page n of m".

use std::{rc::Rc, sync::Arc};

use crate::{
    layout::{
        composer::strut,
        error::LayoutError,
        inline::Inline,
        page::{Anchor, Item, Page, Rect},
        text::Shaper,
    },
    template::{
        Slot,
        page::{BoxPiece, MarginBox, PageStyle},
        scope::{Binding, Scope},
        style::{Style, TextAlign, VerticalAlign},
    },
};

/// Draws the margin boxes of finished pages.
pub(crate) struct MarginBoxes {
    scope: Scope,
    /// Room for so many digits where the number of pages isn't known.
    digits: usize,
}

/// A box's text: before the total, and after it if the total isn't known.
struct Filled {
    before: String,
    after: Option<String>,
}

/// Where a row of boxes stands.
const ROWS: [[Slot; 3]; 2] =
    [[Slot::TopLeft, Slot::TopCenter, Slot::TopRight], [Slot::BottomLeft, Slot::BottomCenter, Slot::BottomRight]];

impl MarginBoxes {
    pub(crate) fn new(scope: Scope, max_pages: u64) -> Self {
        Self { scope, digits: max_pages.to_string().len().min(9) }
    }

    /// Lets pages to come show a name.
    pub(crate) fn know(&mut self, name: (Arc<str>, Binding)) {
        self.scope = self.scope.with(vec![name]);
    }

    /// Draws the boxes of one page; `total` is the number of pages, when it is known.
    pub(crate) fn draw(
        &self,
        shaper: &mut Shaper,
        style: &PageStyle,
        page: &mut Page,
        total: Option<u32>,
    ) -> Result<(), LayoutError> {
        for row in ROWS {
            let of = |slot: Slot| style.boxes.iter().find(|margin_box| margin_box.slot == slot);
            let boxes = row.map(of);
            let mut filled = [None, None, None];
            let mut widths = [0.0; 3];
            for (i, margin_box) in boxes.iter().enumerate() {
                let Some(margin_box) = margin_box else { continue };
                let text = self.fill(margin_box, page.number, total)?;
                widths[i] = self.width(shaper, &margin_box.style, &text);
                filled[i] = Some(text);
            }
            let areas = areas(style, row[0] == Slot::TopLeft, boxes.map(|b| b.is_some()), widths);
            for i in 0..3 {
                if let (Some(margin_box), Some(text)) = (boxes[i], &filled[i]) {
                    self.draw_box(shaper, &margin_box.style, text, areas[i], page);
                }
            }
        }
        Ok(())
    }

    fn fill(&self, margin_box: &MarginBox, number: u32, total: Option<u32>) -> Result<Filled, LayoutError> {
        let mut filled = Filled { before: String::new(), after: None };
        for piece in &margin_box.content {
            let text = filled.after.as_mut().unwrap_or(&mut filled.before);
            match (piece, total) {
                (BoxPiece::Text(piece), _) => piece.write(&self.scope, text)?,
                (BoxPiece::Page, _) => text.push_str(&number.to_string()),
                (BoxPiece::Pages, Some(total)) => text.push_str(&total.to_string()),
                // A second unknown total in one box is left out: one is enough to read.
                (BoxPiece::Pages, None) => {
                    filled.after.get_or_insert_default();
                }
            }
        }
        Ok(filled)
    }

    fn width(&self, shaper: &mut Shaper, style: &Style, text: &Filled) -> f32 {
        let mut width = |text: &str| shaper.line(text, style.stack, style.font_size).width;
        let before = width(&text.before);
        match &text.after {
            None => before,
            Some(after) => before + width(after) + width("0") * self.digits as f32,
        }
    }

    fn draw_box(&self, shaper: &mut Shaper, style: &Style, text: &Filled, area: Rect, page: &mut Page) {
        let base = strut(shaper, style);
        let Some(after) = &text.after else {
            let style = Rc::new(style.clone());
            let inline = Inline::plain(&text.before, &style);
            let set = inline.set(shaper, &style, area.width);
            let height: f32 = set.lines.iter().map(|(_, strut)| strut.height()).sum();
            let mut y = top_of(style.vertical_align, area, height);
            for (line, strut) in &set.lines {
                inline.draw(shaper, line, page, area.x, y + strut.above);
                y += strut.height();
            }
            return;
        };
        let width = self.width(shaper, style, text);
        let y = top_of(style.vertical_align, area, base.height()) + base.above;
        let mut x = area.x
            + match style.text_align {
                TextAlign::Start | TextAlign::Left | TextAlign::Justify => 0.0,
                TextAlign::Center => (area.width - width) / 2.0,
                TextAlign::End | TextAlign::Right => area.width - width,
            };
        let line = shaper.line(&text.before, style.stack, style.font_size);
        line.place(&text.before, page, x, y, |_| style.color);
        x += line.width;
        let font = shaper.book().primary(style.stack);
        page.items.push(Item::PageTotal {
            x,
            y,
            align: Anchor::Start,
            font,
            size: style.font_size,
            color: style.color,
        });
        x += shaper.line("0", style.stack, style.font_size).width * self.digits as f32;
        shaper.line(after, style.stack, style.font_size).place(after, page, x, y, |_| style.color);
    }
}

fn top_of(align: VerticalAlign, area: Rect, height: f32) -> f32 {
    area.y
        + match align {
            VerticalAlign::Top => 0.0,
            VerticalAlign::Bottom => area.height - height,
            _ => (area.height - height) / 2.0,
        }
}

/// Shares the width between the margins out among the three boxes of a row (CSS Paged Media 3 §5.3.2): the middle
/// one stays in the middle.
fn areas(style: &PageStyle, top: bool, present: [bool; 3], widths: [f32; 3]) -> [Rect; 3] {
    let (y, height) = match top {
        true => (0.0, style.margin.top),
        false => (style.height - style.margin.bottom, style.margin.bottom),
    };
    let (x, width) = (style.margin.left, style.content_width());
    let [left, center, right] = widths;
    let area = |from: f32, width: f32| Rect { x: x + from, y, width, height };
    let part = |own: f32, other: f32| if own + other > 0.0 { width * own / (own + other) } else { width / 2.0 };
    match present {
        [_, true, _] => {
            let middle = match present {
                [false, _, false] => width,
                _ => part(center, 2.0 * left.max(right)),
            };
            let side = (width - middle) / 2.0;
            [area(0.0, side), area(side, middle), area(side + middle, side)]
        }
        [true, false, true] => {
            let first = part(left, right);
            [area(0.0, first), area(0.0, 0.0), area(first, width - first)]
        }
        _ => [area(0.0, width); 3],
    }
}
