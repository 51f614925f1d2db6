//! Breaks a paragraph into lines, and finds how high each of them is.

use crate::{
    layout::{
        composer::Strut,
        inline::Inline,
        text::{Flow, Line, Shaper},
    },
    template::style::{Direction, Isolation, Style, WhiteSpace},
};

/// A paragraph broken into lines.
#[derive(Debug)]
pub(crate) struct SetLines {
    pub(crate) lines: Vec<(Line, Strut)>,
}

impl Inline<'_> {
    /// Breaks the text into lines of a width.
    pub(crate) fn set(&self, shaper: &mut Shaper, block: &Style, width: f32) -> SetLines {
        let indent = block.text_indent.within(width).unwrap_or(0.0);
        self.set_indented(shaper, block, width, indent)
    }

    /// The same with an indent of one's own.
    pub(super) fn set_indented(&self, shaper: &mut Shaper, block: &Style, width: f32, indent: f32) -> SetLines {
        let lines = shaper.paragraph(&self.text, &self.spans, &self.objects, &flow(block, width, indent));
        let mut set = SetLines { lines: Vec::with_capacity(lines.len()) };
        for line in lines {
            if shaper.is_stopped() {
                break;
            }
            let rise = self.rise(shaper, block, &line);
            set.lines.push((line, rise.strut));
        }
        set
    }
}

fn flow(block: &Style, width: f32, indent: f32) -> Flow {
    let wraps = !matches!(block.white_space, WhiteSpace::Nowrap | WhiteSpace::Pre);
    Flow {
        width,
        indent,
        align: block.text_align,
        rtl: block.direction == Direction::Rtl,
        plaintext: block.isolation == Isolation::Plaintext,
        ellipsis: block.ellipsis && block.clips && !wraps,
    }
}
