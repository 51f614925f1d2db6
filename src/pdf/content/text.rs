//! Text: runs of glyphs become strings with moves between them.

use super::Painter;
use crate::{
    layout::page::{Glyph, Page, Run},
    pdf::{
        actual_text::{Cluster, cluster, letters, tells_itself, told},
        fonts::{FontUse, Fonts},
        number::{hundredths, push_hundredths, push_integer},
        object::{is_escaped, push_escaped, push_text},
    },
};

impl Painter {
    pub(super) fn run(&mut self, page: &Page, run: &Run, fonts: &mut Fonts) {
        let glyphs = page.glyphs.get(run.glyphs.start as usize..run.glyphs.end as usize).unwrap_or_default();
        let text = page.text.get(run.text.start as usize..run.text.end as usize).unwrap_or_default();
        if glyphs.is_empty() {
            return;
        }
        let used = fonts.get(run.font);
        self.move_to(run);
        self.fill_color(run.color);
        let mut pen = Pen { size: run.size, error: 0, place: Place::Outside };
        let tells = |used: &mut FontUse, cluster: &Cluster| {
            let own = text.get(cluster.text.clone()).unwrap_or_default();
            tells_itself(used, &glyphs[cluster.glyphs.clone()], own, run.rtl)
        };
        let mut at = 0;
        while at < glyphs.len() {
            let letters = if run.rtl { 0 } else { letters(used, &glyphs[at..], text) };
            if letters > 0 {
                self.glyphs(&glyphs[at..at + letters], used, &mut pen);
                at += letters;
                continue;
            }
            let mut whole = cluster(glyphs, at, text, run.rtl);
            at = whole.glyphs.end;
            if tells(used, &whole) {
                self.glyphs(&glyphs[whole.glyphs], used, &mut pen);
                continue;
            }
            // What doesn't tell itself goes into one span, as far as it reaches.
            while at < glyphs.len() {
                let next = cluster(glyphs, at, text, run.rtl);
                if tells(used, &next) {
                    break;
                }
                at = next.glyphs.end;
                whole.glyphs.end = at;
                whole.text = whole.text.start.min(next.text.start)..whole.text.end.max(next.text.end);
            }
            self.span(text.get(whole.text).unwrap_or_default(), &glyphs[whole.glyphs], used, &mut pen);
        }
        self.leave_string(&mut pen, Place::Outside);
    }

    /// Glyphs that don't tell their text, in a span that does.
    fn span(&mut self, text: &str, glyphs: &[Glyph], used: &mut FontUse, pen: &mut Pen) {
        self.leave_string(pen, Place::Outside);
        self.out.extend_from_slice(b"/Span<</ActualText");
        push_text(&mut self.out, &told(text));
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
            push_code(&mut self.out, glyph.id);
            pen.error += used.excess(glyph);
        }
    }

    /// Goes to the origin of a run.
    fn move_to(&mut self, run: &Run) {
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
}

/// Appends the code of a glyph within a string.
fn push_code(out: &mut Vec<u8>, glyph: u16) {
    let code @ [high, low] = glyph.to_be_bytes();
    if is_escaped(high) || is_escaped(low) {
        push_escaped(out, high);
        push_escaped(out, low);
    } else {
        out.extend_from_slice(&code);
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
