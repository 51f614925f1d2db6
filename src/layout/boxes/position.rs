//! Boxes out of their place: `position: relative` and `absolute` (CSS 2.1 §9.4.3, §10.3.7, §10.6.4).
//!
//! An absolutely placed box is laid out when its containing block begins, unless it depends on that block's height,
//! or has no place of its own and stands where the flow would put it. Where its containing block goes over several
//! pages, what is placed from the top stands on the first of them, what is placed from the bottom on the last.

use crate::{
    layout::{
        boxes::block::Frame,
        boxes::measure::Widths,
        boxes::sizing::{Heights, Measures, against, asked_width, bounded_width, inset},
        composer::Composer,
        error::LayoutError,
        fill::node::{Kind, Node},
        paged::canvas::{self, Canvas},
        paged::galley::{Decoration, Event, Float, Galley, Place},
    },
    template::style::{Display, Extent, Position, Sides, Style},
};

/// The box that absolutely placed ones refer to: its padding box.
#[derive(Debug)]
pub(crate) struct Containing {
    x: f32,
    width: f32,
    /// `None` until its content is laid out, where that decides it.
    height: Option<f32>,
    /// Its content has decided it, maybe over several pages.
    grown: bool,
    /// The borders above and below it.
    border: (f32, f32),
    /// The left edge of its content.
    content_x: f32,
    /// What waits for its height.
    waiting: Vec<Node>,
}

impl Composer<'_> {
    /// Begins the document: boxes without a positioned box around them are placed by the first page.
    pub(crate) fn begin_root(
        &mut self,
        galley: &mut Galley,
        body: &Node,
        width: f32,
        height: f32,
    ) -> Result<(), LayoutError> {
        galley.mark(Event::Open(Decoration { width, ..Decoration::default() }));
        let root = Containing {
            x: 0.0,
            width,
            height: Some(height),
            grown: false,
            border: (0.0, 0.0),
            content_x: 0.0,
            waiting: vec![],
        };
        self.positioned.push(root);
        self.place_absolutes(galley, std::slice::from_ref(body))
    }

    /// Ends the document.
    pub(crate) fn end_root(&mut self, galley: &mut Galley) {
        galley.settle_margin();
        galley.mark(Event::Close);
        self.positioned.pop();
    }

    /// How far a box is drawn from its place.
    pub(crate) fn relative_shift(&self, style: &Style, available: f32) -> (f32, f32) {
        if style.position != Position::Relative {
            return (0.0, 0.0);
        }
        let across = |extent: Extent| extent.within(available);
        let down = |extent: Extent| against(extent, self.containing_height);
        let Sides { top, right, bottom, left } = style.inset;
        let dx = across(left).or(across(right).map(|right| -right)).unwrap_or(0.0);
        let dy = down(top).or(down(bottom).map(|bottom| -bottom)).unwrap_or(0.0);
        (dx, dy)
    }

    /// Makes a box, if it is positioned, the one that those in it are placed by; says whether it is.
    pub(crate) fn begin_containing(&mut self, galley: &mut Galley, frame: &Frame<'_>) -> Result<bool, LayoutError> {
        let Some(node) = frame.node.filter(|node| contains(node)) else { return Ok(false) };
        let (border, measures) = (&frame.style.border, &frame.measures);
        let padding = measures.inset.top + measures.inset.bottom - border.top.width - border.bottom.width;
        self.positioned.push(Containing {
            x: measures.x + border.left.width,
            width: measures.width - border.left.width - border.right.width,
            height: frame.heights.definite().map(|height| height + padding),
            grown: false,
            border: (border.top.width, border.bottom.width),
            content_x: measures.content_x(),
            waiting: Vec::new(),
        });
        self.place_absolutes(galley, node.children())?;
        Ok(true)
    }

    /// Places what waited for the height of the box that ends here.
    pub(crate) fn end_containing(&mut self, galley: &mut Galley, frame: &Frame<'_>) -> Result<(), LayoutError> {
        let Some(containing) = self.positioned.last_mut() else { return Ok(()) };
        let waiting = std::mem::take(&mut containing.waiting);
        if !waiting.is_empty() {
            galley.begin_waiting();
            let borders = frame.style.border.top.width + frame.style.border.bottom.width;
            (containing.height, containing.grown) = (Some((galley.reached() - borders).max(0.0)), true);
            waiting.iter().try_for_each(|node| self.float(galley, node))?;
        }
        self.positioned.pop();
        Ok(())
    }

    /// Places the boxes among `nodes`, and in them, that the newest containing block places from its edges.
    fn place_absolutes(&mut self, galley: &mut Galley, nodes: &[Node]) -> Result<(), LayoutError> {
        for node in nodes {
            if is_absolute(node) {
                if !stands_in_flow(&node.style) {
                    self.float(galley, node)?;
                }
            } else if !contains(node) {
                self.place_absolutes(galley, node.children())?;
            }
        }
        Ok(())
    }

    fn float(&mut self, galley: &mut Galley, node: &Node) -> Result<(), LayoutError> {
        let Some(containing) = self.positioned.last_mut().filter(|_| !self.tags.is_muted()) else { return Ok(()) };
        let Sides { top, bottom, .. } = node.style.inset;
        let from_top = against(top, containing.height);
        if containing.height.is_none() && (from_top.is_none() || bottom != Extent::Auto) {
            containing.waiting.push(node.clone());
            return Ok(());
        }
        let x = containing.content_x;
        let (canvas, place) = self.absolute(node, x)?;
        galley.float(Float::new(canvas, place));
        Ok(())
    }

    /// Lays out an absolutely placed box that is met in the flow, if that is where it stands.
    pub(crate) fn absolute_here(&mut self, galley: &mut Galley, node: &Node, x: f32) -> Result<(), LayoutError> {
        if !stands_in_flow(&node.style) || self.tags.is_muted() {
            return Ok(());
        }
        let (canvas, place) = self.absolute(node, x)?;
        let down = if let Place::BelowTop(down) = place { down } else { 0.0 };
        let first = galley.ink.items.len();
        canvas::copy(&canvas.page, 0..canvas.page.items.len(), &mut galley.ink, 0.0, down);
        galley.mark_strip(first);
        Ok(())
    }

    /// The same for those within boxes on a line.
    pub(crate) fn absolutes_on_line(&mut self, galley: &mut Galley, node: &Node, x: f32) -> Result<(), LayoutError> {
        if is_absolute(node) {
            return self.absolute_here(galley, node, x);
        }
        node.children().iter().try_for_each(|child| self.absolutes_on_line(galley, child, x))
    }

    /// Lays out an absolutely placed box; `static_x` is where the flow would put it.
    fn absolute(&mut self, node: &Node, static_x: f32) -> Result<(Canvas, Place), LayoutError> {
        let Some(containing) = self.positioned.last() else {
            return Ok((Canvas::default(), Place::BelowTop(0.0)));
        };
        let Containing { x: edge, width: room, height: room_below, grown, border, .. } = *containing;
        let style = &node.style;
        let picture = self.picture_box(node, room, room_below);
        let asked = picture.map(|size| size.0).or_else(|| asked_width(style, room, inset(style, room)));
        let widths = if asked.is_some() { Widths::default() } else { self.border_widths(node, room) };
        let (x, width) = across(style, room, static_x - edge, asked, widths);
        let down = |extent: Extent| against(extent, room_below);
        let Sides { top, bottom, .. } = style.inset;
        let (above, below) = (style.margin.top.within(room), style.margin.bottom.within(room));
        let margins = above.unwrap_or(0.0) + below.unwrap_or(0.0);
        let own = Heights::of(style, inset(style, room), room_below);
        let inset = inset(style, room);
        let around = inset.top + inset.bottom;
        let heights = match (picture, own.asked, down(top), down(bottom), room_below) {
            (Some((_, height)), ..) => Heights::fixed(height - around),
            (None, None, Some(top), Some(bottom), Some(room)) => {
                Heights::fixed(own.bounded((room - top - bottom - margins - around).max(0.0)))
            }
            _ => own,
        };
        let outer = std::mem::replace(&mut self.containing_height, room_below);
        let measures = Measures { x: edge + x, width, inset };
        let canvas = self.placed(node, &measures, heights, room);
        self.containing_height = outer;
        let canvas = canvas?;
        let place = match (down(top), down(bottom), room_below) {
            (Some(top), Some(bottom), Some(room)) => {
                let free = room - top - bottom - canvas.y - margins;
                let above = match (above, below) {
                    (None, None) => free / 2.0,
                    (None, Some(_)) => free,
                    (Some(above), _) => above,
                };
                Place::BelowTop(border.0 + top + above)
            }
            (Some(top), ..) => Place::BelowTop(border.0 + top + above.unwrap_or(0.0)),
            (None, Some(bottom), room) => {
                let up = bottom + below.unwrap_or(0.0) + canvas.y;
                match room.filter(|_| !grown) {
                    Some(room) => Place::BelowTop(border.0 + room - up),
                    None => Place::AboveBottom(border.1 + up),
                }
            }
            _ => Place::BelowTop(above.unwrap_or(0.0)),
        };
        Ok((canvas, place))
    }
}

/// Whether boxes in this one are placed by it.
fn contains(node: &Node) -> bool {
    use Display::{Block, Flex, Grid, InlineBlock, InlineFlex, InlineGrid, ListItem};
    let boxed = matches!(node.style.display, Block | ListItem | Flex | Grid | InlineBlock | InlineFlex | InlineGrid);
    match node.style.position {
        Position::Static | Position::Running(_) => false,
        Position::Relative => boxed && !matches!(node.kind, Kind::Text(_)),
        Position::Absolute => !matches!(node.kind, Kind::Text(_)),
    }
}

/// Whether a node has left the flow.
pub(crate) fn is_absolute(node: &Node) -> bool {
    node.style.position == Position::Absolute && !matches!(node.kind, Kind::Text(_))
}

/// Whether nothing says how high an absolutely placed box stands.
fn stands_in_flow(style: &Style) -> bool {
    style.inset.top == Extent::Auto && style.inset.bottom == Extent::Auto
}

/// The left edge and width of an absolutely placed border box in a containing block.
fn across(style: &Style, room: f32, static_x: f32, asked: Option<f32>, widths: Widths) -> (f32, f32) {
    let Widths { least, most } = widths;
    let (left, right) = (style.inset.left.within(room), style.inset.right.within(room));
    let margin = (style.margin.left.within(room), style.margin.right.within(room));
    let margins = margin.0.unwrap_or(0.0) + margin.1.unwrap_or(0.0);
    let inset = inset(style, room);
    let free = |left: f32, right: f32| room - left - right - margins;
    let width = asked.unwrap_or_else(|| {
        let width = match (left, right) {
            (Some(left), Some(right)) => free(left, right),
            (None, None) => most.min(least.max(free(static_x, 0.0))),
            _ => most.min(least.max(free(left.unwrap_or(0.0), right.unwrap_or(0.0)))),
        };
        bounded_width(style, room, inset, width)
    });
    let x = match (left, right) {
        (Some(left), Some(right)) => {
            let spare = free(left, right) - width;
            left + match margin {
                (None, None) => (spare / 2.0).max(0.0),
                (None, Some(_)) => spare,
                (Some(margin), _) => margin,
            }
        }
        (Some(left), None) => left + margin.0.unwrap_or(0.0),
        (None, Some(right)) => room - right - margin.1.unwrap_or(0.0) - width,
        (None, None) => static_x + margin.0.unwrap_or(0.0),
    };
    (x, width)
}
