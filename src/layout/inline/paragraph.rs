//! What stands on lines between the blocks of a box: strips, tags in reading order, the marker of a list item.

use std::sync::Arc;

use crate::{
    layout::{
        composer::Composer,
        error::LayoutError,
        fill::node::{Kind, Node},
        inline::{Inline, Step, draw::Setting},
        page::{Page, Role, Tag, TagId},
        paged::galley::{Galley, Strip},
        text::Line,
    },
    template::{document::Text, style::Style},
};

impl Composer<'_> {
    /// Lays nodes out as lines, one strip for each.
    pub(crate) fn paragraph<'n>(
        &mut self,
        galley: &mut Galley,
        nodes: impl Iterator<Item = &'n Node>,
        block: &Style,
        x: f32,
        width: f32,
    ) -> Result<(), LayoutError> {
        let mut inline = match self.inside_marker() {
            Some(marker) => Inline::marked(nodes, block, width, &marker),
            None => Inline::collect(nodes, block, width),
        };
        if inline.is_empty() {
            return Ok(());
        }
        self.measure_atoms(&mut inline, width)?;
        self.move_boxes(&mut inline, width);
        inline.link = self.link.clone();
        let link = inline.link.as_ref().map(|_| self.tags.open(Role::Link));
        inline.owner = self.tags.owner();
        let set = inline.set(self.shaper, block, width);
        let count = set.lines.len();
        let mut open = Open::default();
        for (i, (line, _)) in set.lines.iter().enumerate() {
            self.look_up()?;
            galley.settle_margin();
            let first = galley.ink.items.len();
            let (before, after) = (i + 1, count - i - 1);
            self.take_steps(&mut inline, &mut open, line, (after == 0, width))?;
            if after == 0
                && let Some(link) = link
            {
                self.tags.close(link);
            }
            let rise = inline.rise(self.shaper, block, line);
            let baseline = rise.strut.above;
            self.destinations(&mut galley.ink, &inline, line, after == 0);
            self.draw_marker(&mut galley.ink, Beside { x, width }, baseline);
            let setting = Setting { template: self.template, rise: &rise, block, width };
            inline.draw_rich(self.shaper, line, setting, &mut galley.ink, (x, baseline));
            let (orphans, widows) = (usize::from(block.orphans), usize::from(block.widows));
            // As in browsers: of too few lines for both, those that orphans ask for stay.
            let keep_next = after > 0 && (before < orphans || after < widows && before > orphans);
            let items = first..galley.ink.items.len();
            let strip = Strip { height: rise.strut.height(), items, keep_next, keeps_lines: true, ..Strip::default() };
            galley.push_strip(Strip { baseline: Some(baseline), ..strip });
        }
        Ok(())
    }

    /// Lets links lead to the boxes that begin on a line.
    fn destinations(&self, ink: &mut Page, inline: &Inline<'_>, line: &Line, last: bool) {
        for (at, step) in &inline.steps {
            let begins = *at >= line.text.start && (last || *at < line.text.end);
            if let (true, Step::Open(own)) = (begins, step) {
                ink.items.extend(self.destination(inline.boxes[*own].node.element));
            }
        }
    }

    /// Finds how far the boxes on lines are drawn from their places; each comes after the one it stands in.
    fn move_boxes(&self, inline: &mut Inline<'_>, width: f32) {
        for own in 0..inline.boxes.len() {
            let (x, y) = inline.moved(inline.boxes[own].within);
            let (dx, dy) = self.relative_shift(&inline.boxes[own].node.style, width);
            inline.boxes[own].moved = (x + dx, y + dy);
        }
    }

    /// Opens and closes the tags that a line reaches, and lays out the atoms on it among them.
    fn take_steps(
        &mut self,
        inline: &mut Inline<'_>,
        open: &mut Open,
        line: &Line,
        (last, width): (bool, f32),
    ) -> Result<(), LayoutError> {
        while let Some(&(at, step)) = inline.steps.get(open.next) {
            let reached = match step {
                Step::Close => at <= line.text.end,
                Step::Open(_) | Step::Atom(_) => at < line.text.end,
            };
            if !(reached || last) {
                break;
            }
            open.next += 1;
            match step {
                Step::Open(own) => {
                    let tag = self.inline_tag(inline.boxes[own].node);
                    let id = tag.map(|tag| self.tags.open_tag(tag));
                    inline.boxes[own].owner = id;
                    open.tags.push(id);
                }
                Step::Close => {
                    if let Some(Some(id)) = open.tags.pop() {
                        self.tags.close(id);
                    }
                }
                Step::Atom(atom) => self.tag_atom(inline, atom, width)?,
            }
        }
        Ok(())
    }

    /// Lays an atom out once more, now that its turn has come to be tagged.
    fn tag_atom(&mut self, inline: &mut Inline<'_>, atom: usize, width: f32) -> Result<(), LayoutError> {
        if !self.tags.is_live() {
            return Ok(());
        }
        let set = self.atom(inline.atoms[atom].node, width)?;
        inline.atoms[atom].set = set;
        Ok(())
    }

    /// The tag of an element within lines, if it means something.
    fn inline_tag(&self, node: &Node) -> Option<Tag> {
        let element = self.template.document().get(node.element);
        let language = element.attribute("lang").and_then(Text::literal).map(Arc::<str>::from);
        let role = match (&node.kind, element.tag) {
            (Kind::Link { .. }, _) => Role::Link,
            (_, "code") => Role::Code,
            (_, "q") => Role::Quote,
            _ if language.is_some() => Role::Span,
            _ => return None,
        };
        Some(Tag { role, language, ..Tag::default() })
    }
}

/// The edges of the content that a marker stands beside.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beside {
    pub(super) x: f32,
    pub(super) width: f32,
}

/// How far the structure of a paragraph has come.
#[derive(Debug, Default)]
struct Open {
    /// The next of [`Inline::steps`].
    next: usize,
    /// The tags of the boxes that are open, those without a tag too.
    tags: Vec<Option<TagId>>,
}
