//! Gathers the nodes of a paragraph: spaces are collapsed, letters transformed, directions marked.

use std::sync::Arc;

use crate::{
    layout::{
        boxes::position::is_absolute,
        fill::node::{Kind, Node},
        inline::{Atom, Inline, InlineBox, Step, Stretch, Thing, atom::AtomBox, item::Inside, transform::transform},
        text::{EndSpaces, Object, ObjectKind, Span},
    },
    template::style::{Direction, Extent, Isolation, OverflowWrap, Style, WhiteSpace},
};

/// An inline box, as the text has it.
pub(super) const ATOM: &str = "\u{FFFC}";

/// Collects nodes into an [`Inline`].
#[derive(Debug)]
struct Collector<'n> {
    inline: Inline<'n>,
    /// What percentages refer to.
    width: f32,
    /// Whether the paragraph reads from right to left.
    rtl: bool,
    /// Nothing stands on the line yet, so that spaces vanish.
    at_start: bool,
    /// A space that may collapse came last.
    after_space: bool,
    /// Marks of direction that are open: how to open them again, and how to close them.
    marks: Vec<(&'static str, &'static str)>,
}

impl<'n> Inline<'n> {
    /// Collects what stands on the lines of a block of some width. Atoms have no size yet.
    pub(crate) fn collect(nodes: impl Iterator<Item = &'n Node>, block: &Style, width: f32) -> Self {
        let mut collector = Collector::new(block, width);
        nodes.for_each(|node| collector.take(node, None));
        collector.inline
    }

    /// Text of one style alone, as most cells have it.
    pub(crate) fn plain(text: &str, style: &Arc<Style>) -> Inline<'static> {
        let mut collector = Collector::new(style, 0.0);
        collector.text(text, style, None);
        collector.inline
    }

    /// The same, with a marker in front of everything else.
    pub(super) fn marked(nodes: impl Iterator<Item = &'n Node>, block: &Style, width: f32, marker: &Inside) -> Self {
        let mut collector = Collector::new(block, width);
        collector.span(&marker.style, None);
        collector.push(&marker.text);
        if marker.gap != 0.0 {
            collector.object(ObjectKind::Closing, Thing::Gap, marker.gap);
        }
        collector.after_space = true;
        nodes.for_each(|node| collector.take(node, None));
        collector.inline
    }
}

impl<'n> Collector<'n> {
    fn new(block: &Style, width: f32) -> Self {
        let rtl = block.direction == Direction::Rtl;
        Self { inline: Inline::default(), width, rtl, at_start: true, after_space: false, marks: Vec::new() }
    }

    fn take(&mut self, node: &'n Node, within: Option<usize>) {
        if is_absolute(node) {
            return;
        }
        match &node.kind {
            Kind::Text(text) => self.text(text, &node.style, within),
            Kind::PageTotal { digits, .. } => {
                self.span(&node.style, within);
                if let Some(stretch) = self.inline.stretches.last_mut() {
                    stretch.total = true;
                }
                self.push(&"0".repeat(*digits));
            }
            Kind::LineBreak => {
                self.span(&node.style, within);
                self.line_feed();
            }
            _ if node.is_atom() => self.atom(node, within),
            _ => self.inline_box(node, within),
        }
    }

    fn inline_box(&mut self, node: &'n Node, within: Option<usize>) {
        let own = self.inline.boxes.len();
        let link = if let Kind::Link { target, .. } = &node.kind { Some(target.clone()) } else { None };
        self.inline.boxes.push(InlineBox { node, within, link, owner: None, moved: (0.0, 0.0) });
        self.step(Step::Open(own));
        self.edge(own, true);
        let mark = mark(&node.style);
        if let Some((open, _)) = mark {
            self.span(&node.style, Some(own));
            self.mark(open);
            self.marks.extend(mark);
        }
        node.children().iter().for_each(|child| self.take(child, Some(own)));
        if let Some((_, close)) = mark {
            self.marks.pop();
            self.span(&node.style, Some(own));
            self.mark(close);
        }
        self.edge(own, false);
        self.step(Step::Close);
    }

    /// The room that a box takes on one side, if it does.
    fn edge(&mut self, own: usize, opening: bool) {
        let style = &self.inline.boxes[own].node.style;
        let left = opening != self.rtl;
        let [margin, padding] = match left {
            true => [style.margin.left, style.padding.left],
            false => [style.margin.right, style.padding.right],
        };
        let border = if left { style.border.left } else { style.border.right };
        let points = |extent: Extent| extent.within(self.width).unwrap_or(0.0);
        let sides = [points(margin), points(padding), border.width];
        if sides.iter().all(|side| *side == 0.0) {
            return;
        }
        let (kind, thing) = match opening {
            true => (ObjectKind::Opening, Thing::Opening(own)),
            false => (ObjectKind::Closing, Thing::Closing(own)),
        };
        self.object(kind, thing, sides.iter().sum());
    }

    fn atom(&mut self, node: &'n Node, within: Option<usize>) {
        let own = self.inline.atoms.len();
        self.inline.atoms.push(Atom { node, within, set: AtomBox::default() });
        self.step(Step::Atom(own));
        self.object(ObjectKind::Atom, Thing::Atom(own), 0.0);
        self.span(&node.style, within);
        self.push(ATOM);
        self.after_space = false;
    }

    fn object(&mut self, kind: ObjectKind, thing: Thing, width: f32) {
        self.inline.objects.push(Object { at: self.inline.text.len(), kind, width });
        self.inline.things.push(thing);
    }

    fn step(&mut self, step: Step) {
        self.inline.steps.push((self.inline.text.len(), step));
    }

    /// Begins a stretch of text in a style.
    fn span(&mut self, style: &Arc<Style>, within: Option<usize>) {
        let tag = self.inline.stretches.len() as u32;
        self.inline.spans.push(span(style, self.inline.text.len(), tag));
        self.inline.stretches.push(Stretch { style: style.clone(), within, total: false });
    }

    fn text(&mut self, text: &str, style: &Arc<Style>, within: Option<usize>) {
        self.span(style, within);
        let transformed = transform(text, style.text_transform);
        let text = transformed.as_deref().unwrap_or(text);
        match style.white_space {
            WhiteSpace::Pre | WhiteSpace::PreWrap => {
                for (i, line) in text.split('\n').enumerate() {
                    if i > 0 {
                        self.line_feed();
                    }
                    self.push(line);
                }
            }
            WhiteSpace::PreLine => {
                for (i, line) in text.split('\n').enumerate() {
                    if i > 0 {
                        self.line_feed();
                    }
                    self.collapsed(line);
                }
            }
            WhiteSpace::Normal | WhiteSpace::Nowrap => self.collapsed(text),
        }
    }

    /// Text whose runs of spaces become one space, or none after another or at the start of a line.
    fn collapsed(&mut self, text: &str) {
        let is_space = |c: char| matches!(c, ' ' | '\n' | '\t' | '\r' | '\u{c}');
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let spaces = is_space(first);
            let length = rest.find(|c| is_space(c) != spaces).unwrap_or(rest.len());
            if !spaces {
                self.push(&rest[..length]);
            } else if !self.at_start && !self.after_space {
                self.push(" ");
                self.after_space = true;
            }
            rest = &rest[length..];
        }
    }

    fn push(&mut self, text: &str) {
        if !text.is_empty() {
            self.mark(text);
            (self.at_start, self.after_space) = (false, false);
        }
    }

    /// Appends to the newest span what makes no line begin.
    fn mark(&mut self, text: &str) {
        self.inline.text.push_str(text);
        if let Some(span) = self.inline.spans.last_mut() {
            span.end = self.inline.text.len();
        }
    }

    /// Ends a line. Directions end with it and begin again, as UAX #9 has them reach no further.
    fn line_feed(&mut self) {
        let marks = std::mem::take(&mut self.marks);
        marks.iter().rev().for_each(|(_, close)| self.mark(close));
        self.push("\n");
        marks.iter().for_each(|(open, _)| self.mark(open));
        self.marks = marks;
        self.at_start = true;
    }
}

/// What sets a box's text apart from the direction around it, and what ends that.
fn mark(style: &Style) -> Option<(&'static str, &'static str)> {
    const ISOLATE_END: &str = "\u{2069}";
    const EMBEDDING_END: &str = "\u{202C}";
    Some(match (style.isolation, style.direction) {
        (Isolation::Normal, _) => return None,
        (Isolation::Plaintext, _) => ("\u{2068}", ISOLATE_END),
        (Isolation::Isolate, Direction::Ltr) => ("\u{2066}", ISOLATE_END),
        (Isolation::Isolate, Direction::Rtl) => ("\u{2067}", ISOLATE_END),
        (Isolation::Embed, Direction::Ltr) => ("\u{202A}", EMBEDDING_END),
        (Isolation::Embed, Direction::Rtl) => ("\u{202B}", EMBEDDING_END),
        (Isolation::Override, Direction::Ltr) => ("\u{202D}", EMBEDDING_END),
        (Isolation::Override, Direction::Rtl) => ("\u{202E}", EMBEDDING_END),
    })
}

/// Whether it only marks directions.
pub(super) fn is_control(character: char) -> bool {
    matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// How the breaker of lines sees text of a style.
fn span(style: &Style, end: usize, tag: u32) -> Span {
    Span {
        end,
        stack: style.stack,
        size: style.font_size,
        tag,
        letter_spacing: style.letter_spacing,
        word_spacing: style.word_spacing,
        tab_size: style.tab_size,
        wraps: !matches!(style.white_space, WhiteSpace::Nowrap | WhiteSpace::Pre),
        end_spaces: if style.white_space == WhiteSpace::Pre { EndSpaces::Stay } else { EndSpaces::Vanish },
        word_break: style.word_break,
        break_words: style.overflow_wrap != OverflowWrap::Normal,
        soft_hyphens: style.soft_hyphens,
    }
}
