//! Blocks: boxes one below the other.

use std::{rc::Rc, sync::Arc};

use crate::{
    layout::{
        boxes::look::Look,
        boxes::position::is_absolute,
        boxes::sizing::{Around, Heights, Measures, measures, vertical_margins},
        composer::Composer,
        error::LayoutError,
        fill::node::{Kind, Node},
        paged::canvas::Canvas,
        paged::galley::{Decoration, Event, Galley},
        paged::turning::Container,
    },
    template::style::{Break, Display, Extent, FlowDirection, Position, Style},
};

/// A box whose size has been decided as far as its content doesn't.
pub(crate) struct Frame<'n> {
    pub(crate) style: &'n Style,
    /// The box itself, when boxes in it may be placed by it.
    pub(crate) node: Option<&'n Node>,
    pub(crate) measures: Measures,
    pub(crate) heights: Heights,
    /// How far it is drawn from its place.
    pub(crate) shift: (f32, f32),
}

impl Composer<'_> {
    /// Lays a block-level box out in a containing block.
    pub(crate) fn block(
        &mut self,
        galley: &mut Galley,
        node: &Node,
        x: f32,
        available: f32,
    ) -> Result<(), LayoutError> {
        self.look_up()?;
        if let Kind::Later(later) = &node.kind {
            let filled = self.filler.late(node, later, self.rows_so_far())?;
            return filled.map_or(Ok(()), |node| self.block(galley, &node, x, available));
        }
        let style = &node.style;
        if let Some(name) = node.running() {
            self.run(galley, name, node);
            return Ok(());
        }
        let around = galley.element.replace(node.element);
        let begins = galley.events.len();
        self.note_element(galley, node);
        let outer_link = self.link.clone();
        if let Kind::Link { target, .. } = &node.kind {
            self.link = Some(target.clone());
        }
        self.tagged(node, |composer| match (&node.kind, style.display) {
            (Kind::Stream(streamed), _) => composer.stream(galley, node, streamed, x, available),
            (Kind::Picture { .. }, _) => composer.picture(galley, node, x, available),
            (_, Display::Table) => composer.table(galley, node, x, available),
            _ => composer.plain_block(galley, node, x, available),
        })?;
        self.link = outer_link;
        if style.break_after == Break::Avoid {
            galley.keep_with_next();
        }
        self.place_stray(galley, begins);
        galley.element = around;
        Ok(())
    }

    fn plain_block(&mut self, galley: &mut Galley, node: &Node, x: f32, available: f32) -> Result<(), LayoutError> {
        let measures = measures(&node.style, self.around(x, available), None);
        let heights = Heights::of(&node.style, measures.inset, self.containing_height);
        let shift = self.relative_shift(&node.style, available);
        let frame = Frame { style: &node.style, node: Some(node), measures, heights, shift };
        self.with_margins(galley, &frame, available, |composer, galley| {
            composer.inside(galley, node, &measures, &heights)
        })
    }

    /// Puts margins, borders, padding and background around what `content` lays out.
    pub(crate) fn framed(
        &mut self,
        galley: &mut Galley,
        style: &Style,
        measures: &Measures,
        available: f32,
        content: impl FnOnce(&mut Self, &mut Galley) -> Result<(), LayoutError>,
    ) -> Result<(), LayoutError> {
        let heights = Heights::of(style, measures.inset, self.containing_height);
        let shift = self.relative_shift(style, available);
        let frame = Frame { style, node: None, measures: *measures, heights, shift };
        self.with_margins(galley, &frame, available, content)
    }

    fn with_margins(
        &mut self,
        galley: &mut Galley,
        frame: &Frame<'_>,
        available: f32,
        content: impl FnOnce(&mut Self, &mut Galley) -> Result<(), LayoutError>,
    ) -> Result<(), LayoutError> {
        let (above, below) = vertical_margins(frame.style, available);
        galley.margin_above(above);
        if frame.style.keep_together {
            galley.begin(Event::KeepStart);
        }
        if frame.style.break_before == Break::Avoid {
            galley.keep_with_next();
        }
        self.boxed(galley, frame, content)?;
        if frame.style.keep_together {
            galley.end(Event::KeepEnd);
        }
        galley.margin_below(below);
        Ok(())
    }

    /// Puts border, padding and background around what `content` lays out, and makes the box as high as it is to be.
    pub(crate) fn boxed(
        &mut self,
        galley: &mut Galley,
        frame: &Frame<'_>,
        content: impl FnOnce(&mut Self, &mut Galley) -> Result<(), LayoutError>,
    ) -> Result<(), LayoutError> {
        let Frame { style, measures, heights, .. } = frame;
        let Measures { inset, .. } = measures;
        let height = heights.definite();
        galley.open(Decoration {
            x: measures.x,
            width: measures.width,
            look: Look::of(style, self.template).map(Rc::new),
            height: height.map(|height| height + inset.top + inset.bottom),
            shift: frame.shift,
        });
        let contains = self.begin_containing(galley, frame)?;
        match ends_after_padding(style) {
            true => galley.loose_room(inset.top),
            false => galley.room(inset.top, true),
        }
        let keeps_margins = keeps_margins(style);
        if keeps_margins {
            galley.settle_margin();
        }
        let around = std::mem::replace(&mut self.containing_height, height);
        let flows = self.depth == 0;
        if flows {
            self.containers.push(Container::new(style, *measures, self.direction));
        }
        let result = content(self, galley);
        if flows {
            self.containers.pop();
        }
        self.containing_height = around;
        result?;
        if keeps_margins {
            galley.settle_margin();
        }
        let reached = galley.reached() - inset.top;
        let height = height.unwrap_or_else(|| heights.bounded(reached));
        if heights.asked.is_some() || (height - reached).abs() > 0.001 {
            // An end that the content doesn't decide swallows the margin of the last child.
            galley.swallow_margin();
            galley.filler(height - reached);
            if reached > height {
                galley.back(reached - height);
            }
        }
        galley.room(inset.bottom, false);
        if contains {
            self.end_containing(galley, frame)?;
        }
        galley.close();
        Ok(())
    }

    /// Lays out what is in a box.
    pub(crate) fn inside(
        &mut self,
        galley: &mut Galley,
        node: &Node,
        measures: &Measures,
        heights: &Heights,
    ) -> Result<(), LayoutError> {
        let (x, width) = (measures.content_x(), measures.content_width());
        match node.style.display {
            Display::Flex | Display::InlineFlex | Display::Grid | Display::InlineGrid => {
                return self.container(galley, node, x, width, heights);
            }
            _ => {}
        }
        if let Kind::Item { marker, .. } = &node.kind
            && !marker.is_empty()
        {
            self.marker = Some((marker.clone(), node.style.clone()));
        }
        self.children(galley, node, x, width)?;
        if matches!(node.kind, Kind::Item { .. }) {
            self.marker = None;
        }
        Ok(())
    }

    /// Lays a box out whose size has been decided, without its margins and apart from all around it. `heights` are
    /// those of its content, `available` is the width of its containing block.
    pub(crate) fn placed(
        &mut self,
        node: &Node,
        measures: &Measures,
        heights: Heights,
        available: f32,
    ) -> Result<Canvas, LayoutError> {
        let mut galley = Galley::default();
        self.deeper(|composer| composer.place_into(&mut galley, node, measures, heights, available))?;
        Ok(Canvas::flat(&mut galley))
    }

    /// The same within a galley.
    pub(crate) fn place_into(
        &mut self,
        galley: &mut Galley,
        node: &Node,
        measures: &Measures,
        heights: Heights,
        available: f32,
    ) -> Result<(), LayoutError> {
        self.tagged(node, |composer| composer.place_kind(galley, node, measures, heights, available))
    }

    fn place_kind(
        &mut self,
        galley: &mut Galley,
        node: &Node,
        measures: &Measures,
        heights: Heights,
        available: f32,
    ) -> Result<(), LayoutError> {
        match (&node.kind, node.style.display) {
            (Kind::Stream(_), _) => {
                let stream = self.template.stream(node.element);
                stream.map_or(Ok(()), |stream| Err(LayoutError::NestedStream(stream.dataset.clone())))
            }
            (_, Display::Table) => self.placed_table(galley, node, measures),
            _ => {
                let shift = self.relative_shift(&node.style, available);
                let frame = Frame { style: &node.style, node: Some(node), measures: *measures, heights, shift };
                self.boxed(galley, &frame, |composer, galley| match &node.kind {
                    Kind::Picture { image, .. } => {
                        composer.draw_picture(galley, node, image, measures, heights.definite());
                        Ok(())
                    }
                    _ => composer.inside(galley, node, measures, &heights),
                })
            }
        }
    }

    fn placed_table(&mut self, galley: &mut Galley, node: &Node, measures: &Measures) -> Result<(), LayoutError> {
        let mut style = (*node.style).clone();
        (style.margin, style.border_box) = (Style::default().margin, true);
        (style.width, style.min_width, style.max_width) = (Extent::Points(measures.width), Extent::Auto, Extent::Auto);
        let table = Node { style: Arc::new(style), ..node.clone() };
        self.table(galley, &table, measures.x, measures.width)
    }

    /// Lays the children of a box out: lines of what is inline, blocks below each other.
    pub(crate) fn children(
        &mut self,
        galley: &mut Galley,
        parent: &Node,
        x: f32,
        width: f32,
    ) -> Result<(), LayoutError> {
        let outer = std::mem::replace(&mut self.direction, parent.style.direction);
        let mut rest = parent.children();
        let mut above = None;
        while let Some(first) = rest.first() {
            self.relieve(galley)?;
            let stands_alone = |node: &Node| node.is_block_level() || is_absolute(node) || node.running().is_some();
            let length = rest.iter().position(stands_alone).unwrap_or(rest.len()).max(1);
            let (line, after) = rest.split_at(length);
            rest = after;
            if first.is_in_flow() && !line.iter().all(Node::is_blank) {
                self.between(galley, parent, above, first)?;
                above = line.last();
            }
            let (x, width) = self.column(x, width);
            if is_absolute(first) {
                self.absolute_here(galley, first, x)?;
            } else if stands_alone(first) {
                self.block(galley, first, x, width)?;
            } else {
                self.tagged_lines(|composer| composer.paragraph(galley, line.iter(), &parent.style, x, width))?;
                line.iter().try_for_each(|node| self.absolutes_on_line(galley, node, x))?;
            }
        }
        self.direction = outer;
        Ok(())
    }

    /// The box that what is laid out now stands in, whose content is here.
    pub(crate) fn around(&self, x: f32, width: f32) -> Around {
        Around { x, width, direction: self.direction }
    }
}

/// Whether a page must end here.
pub(crate) fn is_forced(wanted: Break) -> bool {
    matches!(wanted, Break::Page | Break::Left | Break::Right)
}

/// Whether a page may end between the padding above and the first thing in a box. In browsers it may where boxes are
/// put below each other otherwise than by the flow.
fn ends_after_padding(style: &Style) -> bool {
    let is_column = matches!(style.flex.direction, FlowDirection::Column | FlowDirection::ColumnReverse);
    match style.display {
        Display::Flex | Display::InlineFlex => is_column,
        Display::Grid | Display::InlineGrid => true,
        _ => false,
    }
}

/// Whether a box keeps the margins of what is in it to itself.
fn keeps_margins(style: &Style) -> bool {
    style.clips
        || matches!(style.position, Position::Absolute)
        || !matches!(style.display, Display::Block | Display::ListItem | Display::Inline)
}
