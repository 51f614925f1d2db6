//! Page content: placed items become drawing operators.

use std::sync::Arc;

use super::{
    actual_text::{Cluster, clusters, tells_itself},
    fonts::{FontUse, Fonts},
    number::{hundredths, push, push_hundredths, push_integer},
    object::{push_escaped, push_text},
    total::Totals,
};
use crate::layout::{
    page::{Color, Dash, Glyph, Image, Item, Page, Rect, Run},
    text::FontId,
};

/// Draws pages. Its memory is used again for the next one.
#[derive(Default)]
pub(crate) struct Painter {
    out: Vec<u8>,
    state: State,
}

/// What the reader of the content has been told last. Lengths in hundredths of a point.
#[derive(Default)]
struct State {
    height: f32,
    fill: Color,
    stroke: Color,
    line_width: i64,
    dash: (Dash, i64),
    font: Option<(FontId, i64)>,
    /// Inside of a text object: the origin of its current line.
    text: Option<(i64, i64)>,
    rise: i64,
}

impl Painter {
    /// The content of a page. `image` names pictures in the document's resources.
    pub(crate) fn page(
        &mut self,
        page: &Page,
        fonts: &mut Fonts,
        totals: &mut Totals,
        image: impl Fn(&Arc<Image>) -> Option<u32>,
    ) -> &[u8] {
        self.out.clear();
        self.state = State { height: page.height, line_width: 100, ..State::default() };
        for item in &page.items {
            match item {
                Item::Text(run) => self.run(page, run, fonts),
                Item::Fill { area, color } => self.fill(area, *color),
                Item::Line { from, to, width, color, dash } => self.line(*from, *to, *width, *color, *dash),
                Item::Image { area, image: file, .. } => {
                    if let Some(name) = image(file) {
                        self.image(area, name);
                    }
                }
                Item::PageTotal { x, y, align, font, size, color } => {
                    let name = totals.name(*font, *size, *color, *align);
                    self.total(*x, *y, name);
                }
                Item::Link { .. } | Item::Destination { .. } | Item::Bookmark { .. } => {}
                Item::Path(_) | Item::Clip(_) | Item::Unclip | Item::Fade(_) | Item::Unfade => {}
            }
        }
        self.leave_text();
        &self.out
    }

    fn fill(&mut self, area: &Rect, color: Color) {
        self.leave_text();
        self.fill_color(color);
        self.lengths(&[area.x, self.state.height - area.y - area.height, area.width, area.height]);
        self.out.extend_from_slice(b"re f\n");
    }

    fn line(&mut self, from: (f32, f32), to: (f32, f32), width: f32, color: Color, dash: Dash) {
        self.leave_text();
        if self.state.stroke != color {
            self.state.stroke = color;
            push_color(&mut self.out, color, "RG");
        }
        let hundredth = hundredths(width);
        if self.state.line_width != hundredth {
            self.state.line_width = hundredth;
            self.lengths(&[width]);
            self.out.extend_from_slice(b"w\n");
        }
        // The pattern's lengths follow from the width, so solid lines of any width share one.
        let pattern = (dash, if dash == Dash::Solid { 0 } else { hundredth });
        if self.state.dash != pattern {
            self.state.dash = pattern;
            self.out.push(b'[');
            match dash {
                Dash::Solid => {}
                Dash::Dashed => self.lengths(&[3.0 * width, 3.0 * width]),
                Dash::Dotted => self.lengths(&[width, width]),
            }
            self.out.extend_from_slice(b"]0 d\n");
        }
        self.lengths(&[from.0, self.state.height - from.1]);
        self.out.extend_from_slice(b"m ");
        self.lengths(&[to.0, self.state.height - to.1]);
        self.out.extend_from_slice(b"l S\n");
    }

    fn image(&mut self, area: &Rect, name: u32) {
        self.leave_text();
        self.out.extend_from_slice(b"q ");
        self.lengths(&[area.width]);
        self.out.extend_from_slice(b"0 0 ");
        self.lengths(&[area.height, area.x, self.state.height - area.y - area.height]);
        self.out.extend_from_slice(format!("cm/I{name} Do Q\n").as_bytes());
    }

    fn total(&mut self, x: f32, y: f32, name: usize) {
        self.leave_text();
        self.out.extend_from_slice(b"q 1 0 0 1 ");
        self.lengths(&[x, self.state.height - y]);
        self.out.extend_from_slice(format!("cm/T{name} Do Q\n").as_bytes());
    }

    fn run(&mut self, page: &Page, run: &Run, fonts: &mut Fonts) {
        let glyphs = page.glyphs.get(run.glyphs.start as usize..run.glyphs.end as usize).unwrap_or_default();
        let text = page.text.get(run.text.start as usize..run.text.end as usize).unwrap_or_default();
        if glyphs.is_empty() {
            return;
        }
        let used = fonts.get(run.font);
        self.move_to(run);
        self.fill_color(run.color);
        let mut pen = Pen { size: run.size, error: 0, place: Place::Outside };
        let mut all = clusters(glyphs, text, run.rtl).peekable();
        let tells = |used: &mut FontUse, cluster: &Cluster| {
            let own = text.get(cluster.text.clone()).unwrap_or_default();
            tells_itself(used, &glyphs[cluster.glyphs.clone()], own, run.rtl)
        };
        let mut told = None;
        while let Some(cluster) = told.take().or_else(|| all.next().map(|next| (tells(used, &next), next))) {
            let (itself, mut cluster) = cluster;
            if itself {
                self.glyphs(&glyphs[cluster.glyphs], used, &mut pen);
                continue;
            }
            // What doesn't tell itself goes into one span, as far as it reaches.
            for next in all.by_ref() {
                let itself = tells(used, &next);
                if itself {
                    told = Some((itself, next));
                    break;
                }
                cluster.glyphs.end = next.glyphs.end;
                cluster.text = cluster.text.start.min(next.text.start)..cluster.text.end.max(next.text.end);
            }
            self.span(text.get(cluster.text).unwrap_or_default(), &glyphs[cluster.glyphs], used, &mut pen);
        }
        self.leave_string(&mut pen, Place::Outside);
    }

    /// Glyphs that don't tell their text, in a span that does.
    fn span(&mut self, text: &str, glyphs: &[Glyph], used: &mut FontUse, pen: &mut Pen) {
        self.leave_string(pen, Place::Outside);
        let text: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
        self.out.extend_from_slice(b"/Span<</ActualText");
        push_text(&mut self.out, &text);
        self.out.extend_from_slice(b">>BDC\n");
        glyphs.iter().for_each(|glyph| used.draws(glyph.id));
        self.glyphs(glyphs, used, pen);
        self.leave_string(pen, Place::Outside);
        self.out.extend_from_slice(b"EMC\n");
    }

    fn glyphs(&mut self, glyphs: &[Glyph], used: &FontUse, pen: &mut Pen) {
        for glyph in glyphs {
            let rise = if glyph.dy == 0.0 { 0 } else { hundredths(glyph.dy * pen.size / 1000.0) };
            if self.state.rise != rise {
                self.leave_string(pen, Place::Outside);
                self.state.rise = rise;
                push_hundredths(&mut self.out, rise);
                self.out.extend_from_slice(b" Ts\n");
            }
            let offset = if glyph.dx == 0.0 { pen.error } else { pen.error + hundredths(glyph.dx) };
            if offset.abs() >= 50 {
                let moved = (offset + 50).div_euclid(100);
                self.leave_string(pen, Place::Array);
                push_integer(&mut self.out, -moved);
                pen.error -= moved * 100;
            }
            self.enter_string(pen);
            let [high, low] = glyph.id.to_be_bytes();
            push_escaped(&mut self.out, high);
            push_escaped(&mut self.out, low);
            pen.error += used.excess(glyph);
        }
    }

    /// Begins or goes on with a text object, at the origin of a run.
    fn move_to(&mut self, run: &Run) {
        if self.state.text.is_none() {
            self.out.extend_from_slice(b"BT\n");
            self.state.text = Some((0, 0));
        }
        let size = hundredths(run.size);
        if self.state.font != Some((run.font, size)) {
            self.state.font = Some((run.font, size));
            self.out.extend_from_slice(format!("/F{} ", run.font.0).as_bytes());
            push_hundredths(&mut self.out, size);
            self.out.extend_from_slice(b" Tf\n");
        }
        let (x, y) = (hundredths(run.x), hundredths(self.state.height - run.y));
        let (from_x, from_y) = self.state.text.replace((x, y)).unwrap_or_default();
        push_hundredths(&mut self.out, x - from_x);
        self.out.push(b' ');
        push_hundredths(&mut self.out, y - from_y);
        self.out.extend_from_slice(b" Td\n");
    }

    fn leave_text(&mut self) {
        if self.state.text.take().is_some() {
            self.out.extend_from_slice(b"ET\n");
        }
    }

    fn enter_string(&mut self, pen: &mut Pen) {
        match pen.place {
            Place::Outside => self.out.extend_from_slice(b"[("),
            Place::Array => self.out.push(b'('),
            Place::String => {}
        }
        pen.place = Place::String;
    }

    fn leave_string(&mut self, pen: &mut Pen, to: Place) {
        match (pen.place, to) {
            (Place::String, Place::Array) => self.out.push(b')'),
            (Place::String, _) => self.out.extend_from_slice(b")]TJ\n"),
            (Place::Array, Place::Outside) => self.out.extend_from_slice(b"]TJ\n"),
            (Place::Outside, Place::Array) => self.out.push(b'['),
            _ => {}
        }
        pen.place = to;
    }

    fn fill_color(&mut self, color: Color) {
        if self.state.fill != color {
            self.state.fill = color;
            push_color(&mut self.out, color, "rg");
        }
    }

    fn lengths(&mut self, lengths: &[f32]) {
        for length in lengths {
            push(&mut self.out, *length);
            self.out.push(b' ');
        }
    }
}

/// Where glyphs go while a run is written.
struct Pen {
    size: f32,
    /// How far the pen should be to the right of where the reader has it, in hundredths of a thousandth.
    error: i64,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    /// In an array of strings and moves.
    Array,
    /// In a string of that array.
    String,
}

/// Appends a colour and its operator, channels in thousandths.
pub(crate) fn push_color(out: &mut Vec<u8>, color: Color, operator: &str) {
    for channel in [color.r, color.g, color.b] {
        match (u32::from(channel) * 1000 + 127) / 255 {
            0 => out.push(b'0'),
            1000 => out.push(b'1'),
            thousandths => {
                let digits = format!(".{thousandths:03}");
                out.extend_from_slice(digits.trim_end_matches('0').as_bytes());
            }
        }
        out.push(b' ');
    }
    out.extend_from_slice(operator.as_bytes());
    out.push(b'\n');
}
