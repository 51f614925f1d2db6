//! Lines: text and inline boxes become strips, one for each line.

pub(crate) mod marker;

use std::{ops::Range, rc::Rc, sync::Arc};

use crate::{
    layout::{
        boxes::position::is_absolute,
        composer::{Composer, Strut, strut, vertical},
        fill::node::{Kind, Node},
        page::{Anchor, Color, Item, Page, Rect, Run, TagId},
        paged::galley::{Galley, Strip},
        text::{Align, Flow, Line, Shaper, Span},
    },
    template::document::ElementId,
    template::style::{Style, TextAlign, TextTransform, VerticalAlign, WhiteSpace},
};

/// The text of a paragraph with the styles of its stretches.
#[derive(Debug, Default)]
pub(crate) struct Inline {
    pub(crate) text: String,
    pub(crate) spans: Vec<Span>,
    pub(crate) tags: Vec<Tag>,
    /// Where in the text boxes begin, for those that links lead to.
    begins: Vec<(usize, ElementId)>,
    /// A space is due before the next letter.
    space_pending: bool,
}

/// What a stretch of text looks like and where it leads.
#[derive(Debug, Clone)]
pub(crate) struct Tag {
    pub(crate) style: Rc<Style>,
    pub(crate) link: Option<Arc<str>>,
    /// The background of the inline box that it stands in.
    pub(crate) background: Option<Color>,
    /// How far it is raised above the baseline.
    pub(crate) shift: f32,
    /// Its digits hold the place of the number of pages.
    pub(crate) total: bool,
}

/// What inline boxes hand down to the text in them.
#[derive(Debug, Clone, Default)]
struct Surroundings {
    link: Option<Arc<str>>,
    background: Option<Color>,
    shift: f32,
}

/// A paragraph broken into lines.
#[derive(Debug)]
pub(crate) struct SetLines {
    pub(crate) lines: Vec<(Line, Strut)>,
}

impl Inline {
    /// Collects the text of nodes on one line.
    pub(crate) fn collect<'n>(nodes: impl Iterator<Item = &'n Node>) -> Self {
        let mut inline = Self::default();
        for node in nodes {
            inline.take(node, &Surroundings::default());
        }
        inline.trim_end();
        inline
    }

    /// Text of one style alone, as most cells have it.
    pub(crate) fn plain(text: &str, style: &Rc<Style>) -> Self {
        let mut inline = Self::default();
        inline.tag(style, &Surroundings::default());
        inline.text(text, style);
        inline.trim_end();
        inline
    }

    fn take(&mut self, node: &Node, around: &Surroundings) {
        if is_absolute(node) {
            return;
        }
        match &node.kind {
            Kind::Text(text) => {
                self.tag(&node.style, around);
                self.text(text, &node.style);
            }
            Kind::PageTotal { digits, .. } => {
                self.tag(&node.style, around);
                if let Some(tag) = self.tags.last_mut() {
                    tag.total = true;
                }
                self.word(&"0".repeat(*digits));
            }
            Kind::LineBreak => {
                self.tag(&node.style, &Surroundings::default());
                self.trim_end();
                self.push("\n");
            }
            kind => {
                let space = self.space_pending && !self.text.is_empty();
                self.begins.push((self.text.len() + usize::from(space), node.element));
                let link =
                    if let Kind::Link { target, .. } = kind { Some(target.clone()) } else { around.link.clone() };
                let background = node.style.background.or(around.background);
                let within = Surroundings { link, background, shift: around.shift + raised(&node.style) };
                node.children().iter().for_each(|child| self.take(child, &within));
            }
        }
    }

    fn tag(&mut self, style: &Rc<Style>, around: &Surroundings) {
        let tag = self.tags.len() as u32;
        self.spans.push(Span { end: self.text.len(), stack: style.stack, size: style.font_size, tag });
        let Surroundings { link, background, shift } = around.clone();
        self.tags.push(Tag { style: style.clone(), link, background, shift, total: false });
    }

    /// Appends text to the newest tag, with its spaces and letters as the style wants them.
    fn text(&mut self, text: &str, style: &Style) {
        let transformed = transform(text, style.text_transform);
        let text = transformed.as_deref().unwrap_or(text);
        match style.white_space {
            WhiteSpace::Pre | WhiteSpace::PreWrap => self.push(text),
            WhiteSpace::PreLine => {
                for (i, line) in text.split('\n').enumerate() {
                    if i > 0 {
                        self.trim_end();
                        self.push("\n");
                    }
                    self.collapsed(line);
                }
            }
            WhiteSpace::Normal | WhiteSpace::Nowrap => self.collapsed(text),
        }
    }

    fn collapsed(&mut self, text: &str) {
        let is_space = |c: char| matches!(c, ' ' | '\n' | '\t' | '\r' | '\u{c}');
        let mut words = text.split(is_space);
        if let Some(first) = words.next() {
            self.word(first);
        }
        for word in words {
            self.space_pending = true;
            self.word(word);
        }
    }

    fn word(&mut self, word: &str) {
        if word.is_empty() {
            return;
        }
        if std::mem::take(&mut self.space_pending) && !self.text.is_empty() && !self.text.ends_with('\n') {
            self.push(" ");
        }
        self.push(word);
    }

    fn push(&mut self, text: &str) {
        if self.space_pending && !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push(' ');
        }
        self.space_pending = false;
        self.text.push_str(text);
        if let Some(span) = self.spans.last_mut() {
            span.end = self.text.len();
        }
    }

    /// Spaces at the end of a line, or of everything, are not shown.
    fn trim_end(&mut self) {
        self.space_pending = false;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// How much wider `letter-spacing` makes a stretch of the text: the shaper doesn't know of it.
    fn spacing(&self, range: Range<usize>) -> f32 {
        let mut start = 0;
        let mut extra = 0.0;
        for span in &self.spans {
            let (from, to) = (start.max(range.start), span.end.min(range.end));
            if from < to {
                let letters = self.text[from..to].chars().count() as f32;
                extra += letters * self.tags[span.tag as usize].style.letter_spacing;
            }
            start = span.end;
        }
        extra
    }

    /// How much wider `letter-spacing` makes the whole text.
    pub(crate) fn extra_width(&self) -> f32 {
        self.spacing(0..self.text.len())
    }

    /// Breaks the text into lines of a width.
    pub(crate) fn set(&self, shaper: &mut Shaper, block: &Style, width: f32) -> SetLines {
        let no_wrap = matches!(block.white_space, WhiteSpace::Nowrap | WhiteSpace::Pre);
        let align = match block.text_align {
            TextAlign::Start | TextAlign::Justify => Align::Start,
            TextAlign::End => Align::End,
            TextAlign::Left => Align::Left,
            TextAlign::Center => Align::Center,
            TextAlign::Right => Align::Right,
        };
        let flow = Flow { width, align, rtl: false, no_wrap, break_words: false };
        let lines = match self.extra_width() {
            0.0 => shaper.paragraph(&self.text, &self.spans, &flow),
            extra => self.spaced_lines(shaper, extra, &flow),
        };
        let base = strut(shaper, block);
        let struts = lines.into_iter().map(|line| {
            let of_runs = line.shaped.runs.iter().fold(base, |so_far, run| {
                let tag = &self.tags[run.tag as usize];
                so_far.join(strut(shaper, &tag.style), tag.shift)
            });
            (line, of_runs)
        });
        SetLines { lines: struts.collect() }
    }

    /// Lines with room between their letters: broken as if all letters were as much narrower as the spacing is of
    /// the whole, then set where their true width wants them.
    fn spaced_lines(&self, shaper: &mut Shaper, extra: f32, flow: &Flow) -> Vec<Line> {
        const ENDLESS: f32 = 1e6;
        let whole = shaper.paragraph(&self.text, &self.spans, &Flow { width: ENDLESS, align: Align::Start, ..*flow });
        let natural = whole.iter().map(|line| line.shaped.width).sum::<f32>().max(0.001);
        let narrowed = (flow.width * natural / (natural + extra).max(0.001)).max(0.0);
        let narrowed = Flow { width: narrowed + 0.01, align: Align::Start, ..*flow };
        let mut lines = shaper.paragraph(&self.text, &self.spans, &narrowed);
        for line in &mut lines {
            let free = flow.width - line.shaped.width - self.spacing(line.text.clone());
            line.x = match flow.align {
                Align::Right | Align::End => free,
                Align::Center => free / 2.0,
                _ => 0.0,
            };
        }
        lines
    }

    /// Draws one line, its left edge at `x` and its baseline at `y`.
    pub(crate) fn draw(&self, shaper: &Shaper, line: &Line, ink: &mut Page, x: f32, y: f32) {
        let left = x + line.x;
        for run in &line.shaped.runs {
            let tag = &self.tags[run.tag as usize];
            let (ascent, descent, _) = vertical(shaper, tag.style.stack, tag.style.font_size);
            let top = y - tag.shift - ascent;
            if let Some(color) = tag.background {
                let area = Rect { x: left + run.x, y: top, width: run.width, height: ascent + descent };
                ink.items.push(Item::Fill { area, color });
            }
            if let Some(target) = &tag.link {
                let area = Rect { x: left + run.x, y: top, width: run.width, height: ascent + descent };
                ink.items.push(Item::Link { area, target: target.clone(), owner: TagId::ARTIFACT });
            }
        }
        let first = ink.items.len();
        line.shaped.place(&self.text, ink, left, y, |run| self.tags[run.tag as usize].style.color);
        for (i, run) in line.shaped.runs.iter().enumerate() {
            let tag = &self.tags[run.tag as usize];
            if let Some(Item::Text(placed)) = ink.items.get_mut(first + i) {
                placed.y -= tag.shift;
            }
            if tag.total {
                total(&mut ink.items[first + i], tag.style.color);
            }
            decorate(ink, tag, left + run.x, y - tag.shift, run.width);
        }
        let spacing = self.tags.iter().any(|tag| tag.style.letter_spacing != 0.0);
        if spacing {
            spread(ink, first, |i| {
                line.shaped.runs.get(i).map_or(0.0, |run| self.tags[run.tag as usize].style.letter_spacing)
            });
        }
    }
}

/// How far an inline box is raised: as browsers do it, by parts of the parent's font size, which `smaller` is 5/6 of.
fn raised(style: &Style) -> f32 {
    let parent_size = style.font_size * 1.2;
    match style.vertical_align {
        VerticalAlign::Super => parent_size / 3.0 + 0.75,
        VerticalAlign::Sub => -(parent_size / 5.0 + 0.75),
        _ => 0.0,
    }
}

/// Puts the number of pages, once it is known, in place of a run of digits.
fn total(item: &mut Item, color: Color) {
    if let Item::Text(run) = item {
        let (x, y, font, size) = (run.x, run.y, run.font, run.size);
        *item = Item::PageTotal { x, y, align: Anchor::Start, font, size, color };
    }
}

/// Underline and strike-through.
fn decorate(ink: &mut Page, tag: &Tag, x: f32, y: f32, width: f32) {
    let size = tag.style.font_size;
    let mut rule = |y: f32| {
        let area = Rect { x, y, width, height: (size / 16.0).max(0.5) };
        ink.items.push(Item::Fill { area, color: tag.style.color });
    };
    if tag.style.decorations.underline.is_some() {
        rule(y + size * 0.1);
    }
    if tag.style.decorations.line_through.is_some() {
        rule(y - size * 0.3);
    }
}

/// Puts room between the letters of the runs from `first` on, each with its own spacing.
fn spread(ink: &mut Page, first: usize, spacing: impl Fn(usize) -> f32) {
    let mut moved = 0.0;
    for (i, item) in ink.items[first..].iter_mut().enumerate() {
        let Item::Text(run) = item else { continue };
        let points = spacing(i);
        run.x += moved;
        let glyphs = &mut ink.glyphs[run.glyphs.start as usize..run.glyphs.end as usize];
        glyphs.iter_mut().for_each(|glyph| glyph.advance += points / run.size * 1000.0);
        moved += points * glyphs.len() as f32;
    }
}

/// Letters as `text-transform` wants them; `None` when they stay.
fn transform(text: &str, transform: TextTransform) -> Option<String> {
    Some(match transform {
        TextTransform::None => return None,
        TextTransform::Uppercase => text.to_uppercase(),
        TextTransform::Lowercase => text.to_lowercase(),
        TextTransform::Capitalize => {
            let mut inside = false;
            let capital = |c: char| {
                let letter = if inside { vec![c] } else { c.to_uppercase().collect() };
                inside = c.is_alphanumeric() || c == '\'' || c == '’';
                letter
            };
            text.chars().flat_map(capital).collect()
        }
    })
}

impl Composer<'_> {
    /// Lays nodes out as lines, one strip for each.
    pub(crate) fn paragraph<'n>(
        &mut self,
        galley: &mut Galley,
        nodes: impl Iterator<Item = &'n Node>,
        block: &Style,
        x: f32,
        width: f32,
    ) {
        let inline = Inline::collect(nodes);
        if inline.is_empty() {
            return;
        }
        let set = inline.set(self.shaper, block, width);
        let count = set.lines.len();
        for (i, (line, strut)) in set.lines.iter().enumerate() {
            galley.settle_margin();
            let first = galley.ink.items.len();
            let next = set.lines.get(i + 1).map_or(usize::MAX, |(next, _)| next.text.start);
            self.destinations(&mut galley.ink, &inline, line.text.start..next);
            self.draw_marker(&mut galley.ink, x, strut.above);
            inline.draw(self.shaper, line, &mut galley.ink, x, strut.above);
            let owner = self.tags.owner();
            galley.ink.items[first..].iter_mut().for_each(|item| own(item, owner));
            let (before, after) = (i + 1, count - i - 1);
            let (orphans, widows) = (usize::from(block.orphans), usize::from(block.widows));
            // As in browsers: of too few lines for both, those that orphans ask for stay.
            let keep_next = after > 0 && (before < orphans || after < widows && before > orphans);
            let items = first..galley.ink.items.len();
            let strip = Strip { height: strut.height(), items, keep_next, keeps_lines: true, ..Strip::default() };
            galley.push_strip(strip);
        }
    }

    /// Lets links lead to the boxes that begin in a stretch of the text.
    fn destinations(&self, ink: &mut Page, inline: &Inline, line: Range<usize>) {
        for (_, element) in inline.begins.iter().filter(|(at, _)| line.contains(at)) {
            ink.items.extend(self.destination(*element));
        }
    }

    /// Draws the marker that waits for a first line, to the left of it.
    fn draw_marker(&mut self, ink: &mut Page, x: f32, y: f32) {
        if let Some((text, style)) = self.marker.take() {
            let line = self.shaper.line(&text, style.stack, style.font_size);
            let numbered = text.ends_with(' ');
            let left = x - line.width - if numbered { 0.0 } else { style.font_size * 0.4 };
            let first = ink.items.len();
            line.place(&text, ink, left, y, |_| style.color);
            let label = self.tags.take_label();
            ink.items[first..].iter_mut().for_each(|item| own(item, label));
        }
    }
}

/// Gives an item to a tag, unless it has one.
fn own(item: &mut Item, tag: TagId) {
    if let Item::Text(Run { owner, .. }) | Item::Link { owner, .. } = item
        && *owner == TagId::ARTIFACT
    {
        *owner = tag;
    }
}
