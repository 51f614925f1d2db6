//! What stands in the margins of a page: titles, "page n of m", running elements. Laid out like any other box, in the
//! area that its place and the other boxes on its side leave it.

use crate::{
    layout::{
        boxes::measure::Widths,
        boxes::sizing::{Measures, asked_width, inset},
        composer::Composer,
        error::LayoutError,
        fill::node::{Kind, Node},
        inline::marker,
        page::{Page, Rect},
        paged::canvas::{self, Canvas},
        paged::galley::{Galley, Strip},
        paged::margins::{Wanted, share},
        paged::press::Numbers,
        paged::running::RunningElements,
    },
    template::{
        document::ElementId,
        page::{BoxPiece, MarginBox, PageStyle, Slot},
        style::{Display, Extent, Sides, Style, VerticalAlign},
    },
};

/// A margin box with its content, before it has a place.
struct Filled<'p> {
    margin_box: &'p MarginBox,
    node: Node,
}

/// The sides of a page, each with the boxes on it from left to right or from top to bottom.
const SIDES: [(Side, [Slot; 3]); 4] = [
    (Side::Top, [Slot::TopLeft, Slot::TopCenter, Slot::TopRight]),
    (Side::Right, [Slot::RightTop, Slot::RightMiddle, Slot::RightBottom]),
    (Side::Bottom, [Slot::BottomLeft, Slot::BottomCenter, Slot::BottomRight]),
    (Side::Left, [Slot::LeftTop, Slot::LeftMiddle, Slot::LeftBottom]),
];

const CORNERS: [(Slot, Side, Side); 4] = [
    (Slot::TopLeftCorner, Side::Left, Side::Top),
    (Slot::TopRightCorner, Side::Right, Side::Top),
    (Slot::BottomRightCorner, Side::Right, Side::Bottom),
    (Slot::BottomLeftCorner, Side::Left, Side::Bottom),
];

/// A side of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Top,
    Right,
    Bottom,
    Left,
}

/// Where something begins along one axis, and how long it is.
type Stretch = (f32, f32);

impl Composer<'_> {
    /// Draws what is around the content of one page: its background and borders, and its margin boxes.
    pub(crate) fn margins(
        &mut self,
        style: &PageStyle,
        page: &mut Page,
        numbers: &Numbers,
        running: &RunningElements,
    ) -> Result<(), LayoutError> {
        self.surroundings(style, page)?;
        let mut filled = Vec::with_capacity(style.boxes.len());
        for margin_box in &style.boxes {
            filled.push(Filled { margin_box, node: self.fill_box(margin_box, numbers, running)? });
        }
        let of = |slot: Slot| filled.iter().find(|filled| filled.margin_box.slot == slot);
        for (slot, across, down) in CORNERS {
            let Some(filled) = of(slot) else { continue };
            let area = corner(&filled.margin_box.style, style, across, down);
            self.draw_box(filled, area, page)?;
        }
        for (side, slots) in SIDES {
            let boxes = slots.map(of);
            if boxes.iter().all(Option::is_none) {
                continue;
            }
            let (from, room) = side.along(style);
            let alone = boxes.iter().flatten().count() == 1;
            let mut wanted = [None; 3];
            for (wanted, filled) in wanted.iter_mut().zip(boxes) {
                *wanted = filled.map(|filled| self.wanted(filled, side, style, alone)).transpose()?;
            }
            for (filled, (at, length)) in boxes.into_iter().zip(share(wanted, room)) {
                let Some(filled) = filled else { continue };
                let across = across(&filled.margin_box.style, side, side.margin(style));
                self.draw_box(filled, side.area((from + at, length), across), page)?;
            }
        }
        Ok(())
    }

    /// The box with what is in it on this page.
    fn fill_box(
        &self,
        margin_box: &MarginBox,
        numbers: &Numbers,
        running: &RunningElements,
    ) -> Result<Node, LayoutError> {
        let mut children = Vec::new();
        let node = |kind| Node::new(ElementId::ROOT, margin_box.text.clone(), kind);
        let mut so_far = String::new();
        for piece in &margin_box.content {
            match piece {
                BoxPiece::Text(piece) => piece.write(&self.scope, &mut so_far)?,
                BoxPiece::Page(style) => so_far.push_str(&marker::number(style, numbers.page)),
                BoxPiece::Pages(style) => match numbers.total {
                    Some(total) => so_far.push_str(&marker::number(style, total)),
                    None => {
                        children.push(node(Kind::Text(std::mem::take(&mut so_far))));
                        children.push(node(numbers.unknown_total(style)?));
                    }
                },
                BoxPiece::Element(name, which) => {
                    if let Some(running) = running.get(name, *which) {
                        children.push(numbers.resolve(running)?);
                    }
                }
            }
        }
        if !so_far.is_empty() {
            children.push(node(Kind::Text(so_far)));
        }
        Ok(Node::new(ElementId::ROOT, margin_box.style.clone(), Kind::Box(children)))
    }

    /// What a box takes along its side.
    fn wanted(
        &mut self,
        filled: &Filled<'_>,
        side: Side,
        page: &PageStyle,
        alone: bool,
    ) -> Result<Wanted, LayoutError> {
        let style = &filled.margin_box.style;
        let (_, room) = side.along(page);
        let around = around(style, room);
        if side.is_horizontal() {
            let outer = around.left + around.right;
            // A box that is alone on its side has all of it, whatever is in it.
            let Widths { least, most } = if alone { Widths::default() } else { self.content_widths(&filled.node) };
            let lengths = [style.width, style.min_width, style.max_width];
            return Ok(wanted(style, outer, side_margins(style, room), (least, most), lengths, room));
        }
        let (_, width) = across(style, side, side.margin(page));
        let inside = (width - around.left - around.right).max(0.0);
        let height = if alone { 0.0 } else { self.content(filled, inside)?.y };
        let outer = around.top + around.bottom;
        let margins = [style.margin.top, style.margin.bottom];
        let margins = margins.iter().filter_map(|margin| margin.within(room)).sum();
        let lengths = [style.height, style.min_height, style.max_height];
        Ok(wanted(style, outer, margins, (height, height), lengths, room))
    }

    /// A box's content at a width.
    fn content(&mut self, filled: &Filled<'_>, width: f32) -> Result<Canvas, LayoutError> {
        let mut own = Galley::default();
        self.children(&mut own, &filled.node, 0.0, width)?;
        Ok(Canvas::flat(&mut own))
    }

    /// Draws a box whose margin box is `area`.
    fn draw_box(&mut self, filled: &Filled<'_>, area: Rect, page: &mut Page) -> Result<(), LayoutError> {
        let style = &filled.margin_box.style;
        let margin = |extent: Extent| extent.within(area.width).unwrap_or(0.0);
        let (left, top) = (margin(style.margin.left), margin(style.margin.top));
        let area = Rect {
            x: area.x + left,
            y: area.y + top,
            width: (area.width - left - margin(style.margin.right)).max(0.0),
            height: (area.height - top - margin(style.margin.bottom)).max(0.0),
        };
        let inset = inset(style, area.width);
        let content = self.content(filled, (area.width - inset.left - inset.right).max(0.0))?;
        let free = (area.height - inset.top - inset.bottom - content.y).max(0.0);
        // What is too high sticks out below.
        let down = match style.vertical_align {
            VerticalAlign::Top => 0.0,
            VerticalAlign::Bottom => free,
            _ => free / 2.0,
        };
        let drawn = self.frame((**style).clone(), inset, area, |galley| {
            let first = galley.ink.items.len();
            let items = 0..content.page.items.len();
            canvas::copy(&content.page, items, &mut galley.ink, inset.left, down);
            let items = first..galley.ink.items.len();
            galley.push_strip(Strip { items, ..Strip::default() });
        })?;
        canvas::copy(&drawn, 0..drawn.items.len(), page, area.x, area.y);
        Ok(())
    }

    /// A box of this border box's size, with something in it; its top left corner is the origin.
    fn frame(
        &mut self,
        mut style: Style,
        inset: Sides<f32>,
        area: Rect,
        content: impl FnOnce(&mut Galley),
    ) -> Result<Page, LayoutError> {
        style.margin = Style::default().margin;
        (style.height, style.border_box) = (Extent::Points(area.height), true);
        (style.min_height, style.max_height) = (Extent::Auto, Extent::Auto);
        let measures = Measures { x: 0.0, width: area.width, inset };
        let mut own = Galley::default();
        self.framed(&mut own, &style, &measures, area.width, |_, galley| {
            content(galley);
            Ok(())
        })?;
        Ok(Canvas::flat(&mut own).page)
    }

    /// The background of the whole page, and the borders around its content, behind everything.
    fn surroundings(&mut self, style: &PageStyle, page: &mut Page) -> Result<(), LayoutError> {
        let none = Style::default();
        let look = &style.style;
        let mut behind = Page::default();
        if look.background.is_some() || !look.background_images.is_empty() {
            let (background, background_images) = (look.background, look.background_images.clone());
            let ground = Style { display: Display::Block, background, background_images, ..none.clone() };
            let area = Rect { x: 0.0, y: 0.0, width: style.width, height: style.height };
            let ground = self.frame(ground, Sides::default(), area, |_| {})?;
            canvas::copy(&ground, 0..ground.items.len(), &mut behind, 0.0, 0.0);
        }
        let Sides { top, right, bottom, left } = &look.border;
        if [top, right, bottom, left].iter().any(|border| border.width > 0.0) {
            let edge = Style { display: Display::Block, border: look.border, ..none };
            let Sides { top, right, bottom, left } = style.margin;
            let area = Rect { x: left, y: top, width: style.width - left - right, height: style.height - top - bottom };
            let inset = inset(&edge, area.width);
            let edge = self.frame(edge, inset, area, |_| {})?;
            canvas::copy(&edge, 0..edge.items.len(), &mut behind, area.x, area.y);
        }
        page.items.splice(0..0, behind.items);
        Ok(())
    }
}

impl Side {
    fn is_horizontal(self) -> bool {
        matches!(self, Self::Top | Self::Bottom)
    }

    /// The page's margin on this side.
    fn margin(self, page: &PageStyle) -> Stretch {
        match self {
            Self::Top => (0.0, page.margin.top),
            Self::Right => (page.width - page.margin.right, page.margin.right),
            Self::Bottom => (page.height - page.margin.bottom, page.margin.bottom),
            Self::Left => (0.0, page.margin.left),
        }
    }

    /// Between the corners.
    fn along(self, page: &PageStyle) -> Stretch {
        let Sides { top, right, bottom, left } = page.margin;
        if self.is_horizontal() { (left, page.width - left - right) } else { (top, page.height - top - bottom) }
    }

    fn area(self, along: Stretch, across: Stretch) -> Rect {
        let ((x, width), (y, height)) = if self.is_horizontal() { (along, across) } else { (across, along) };
        Rect { x, y, width, height }
    }
}

/// Where a box stands across its side: all of the margin, or next to the content when it asks for less.
fn across(style: &Style, side: Side, (from, thickness): Stretch) -> Stretch {
    let size = if side.is_horizontal() {
        let inset = inset(style, thickness);
        let margins: f32 =
            [style.margin.top, style.margin.bottom].iter().filter_map(|margin| margin.within(thickness)).sum();
        let around = if style.border_box { 0.0 } else { inset.top + inset.bottom };
        let bounded = |extent: Extent| extent.within(thickness).map(|height| height + around + margins);
        bounds(bounded(style.height), thickness, bounded(style.min_height), bounded(style.max_height))
    } else {
        let margins = side_margins(style, thickness);
        let around = inset(style, thickness);
        let around = if style.border_box { 0.0 } else { around.left + around.right };
        let asked = asked_width(style, thickness, inset(style, thickness)).map(|width| width + margins);
        let bounded = |extent: Extent| extent.within(thickness).map(|width| width + around + margins);
        bounds(asked, thickness, bounded(style.min_width), bounded(style.max_width))
    };
    match side {
        Side::Top | Side::Left => (from + thickness - size, size),
        Side::Bottom | Side::Right => (from, size),
    }
}

fn bounds(asked: Option<f32>, auto: f32, least: Option<f32>, most: Option<f32>) -> f32 {
    asked.unwrap_or(auto).min(most.unwrap_or(f32::INFINITY)).max(least.unwrap_or(0.0))
}

fn corner(style: &Style, page: &PageStyle, horizontal: Side, vertical: Side) -> Rect {
    let (x, width) = across(style, horizontal, horizontal.margin(page));
    let (y, height) = across(style, vertical, vertical.margin(page));
    Rect { x, y, width, height }
}

/// Margin, border and padding.
fn around(style: &Style, whole: f32) -> Sides<f32> {
    let inset = inset(style, whole);
    let margin = |extent: Extent| extent.within(whole).unwrap_or(0.0);
    Sides {
        top: inset.top + margin(style.margin.top),
        right: inset.right + margin(style.margin.right),
        bottom: inset.bottom + margin(style.margin.bottom),
        left: inset.left + margin(style.margin.left),
    }
}

fn side_margins(style: &Style, whole: f32) -> f32 {
    [style.margin.left, style.margin.right].iter().filter_map(|margin| margin.within(whole)).sum()
}

/// What a box takes along its side: `around` its content, of which `margins` outside of its border.
fn wanted(
    style: &Style,
    around: f32,
    margins: f32,
    (least, most): (f32, f32),
    [size, min, max]: [Extent; 3],
    room: f32,
) -> Wanted {
    let outer = if style.border_box { margins } else { around };
    let with = |extent: Extent| extent.within(room).map(|length| (length + outer).max(around));
    Wanted {
        least: least + around,
        most: most + around,
        asked: with(size),
        bounds: (with(min).unwrap_or(0.0), with(max).unwrap_or(f32::INFINITY)),
    }
}
