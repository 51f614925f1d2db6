//! Borders: rectangles where they will do, mitred shapes where colours meet, rings around round corners.

use crate::{
    layout::{
        boxes::outline::Outline,
        page::{Color, Dash, Item, Path, Rect, Segment},
    },
    template::style::{Border, LineStyle, Sides},
};

/// A line thinner than three CSS pixels has no room for two.
const LEAST_DOUBLE: f32 = 2.25;

/// One of the four sides.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Side {
    Top,
    Right,
    Bottom,
    Left,
}

/// A part of a border's thickness, from its outer edge at 0 to its inner one at 1.
struct Band {
    from: f32,
    to: f32,
    color: Color,
}

/// Draws the borders that stand within an outline.
pub(crate) fn draw(outline: &Outline, border: &Sides<Border>, put: &mut dyn FnMut(Item)) {
    let sides = [
        (Side::Top, border.top),
        (Side::Right, border.right),
        (Side::Bottom, border.bottom),
        (Side::Left, border.left),
    ];
    let sides = sides.into_iter().filter(|(_, border)| border.width > 0.0 && border.color.a > 0);
    let Some((_, first)) = sides.clone().next() else { return };
    let uniform = border.top == border.right && border.right == border.bottom && border.bottom == border.left;
    if outline.is_round() && uniform {
        return ring(outline, border, Side::Top, first, put);
    }
    let plain = sides.clone().all(|(_, side)| side.color == first.color && !is_shaded(&side));
    for (side, of_side) in sides {
        if outline.is_round() {
            put(Item::Clip(Box::new(wedge(&outline.area, border, side))));
            ring(outline, border, side, of_side, put);
            put(Item::Unclip);
        } else if plain || of_side.line.dash() != Dash::Solid {
            put(edge(straight(&outline.area, border, side), of_side.color, of_side.line.dash()));
        } else {
            mitred(&outline.area, border, side, of_side, put);
        }
    }
}

/// A border's side: solid ones are filled, others are lines through the middle.
pub(crate) fn edge(area: Rect, color: Color, dash: Dash) -> Item {
    if dash == Dash::Solid {
        return Item::Fill { area, color };
    }
    let Rect { x, y, width, height } = area;
    if width >= height {
        let y = y + height / 2.0;
        Item::Line { from: (x, y), to: (x + width, y), width: height, color, dash }
    } else {
        let x = x + width / 2.0;
        Item::Line { from: (x, y), to: (x, y + height), width, color, dash }
    }
}

/// Whether one colour and one shape don't say how this side looks.
fn is_shaded(border: &Border) -> bool {
    match border.line {
        LineStyle::Solid | LineStyle::Dashed | LineStyle::Dotted => false,
        LineStyle::Double => border.width >= LEAST_DOUBLE,
        LineStyle::Groove | LineStyle::Ridge | LineStyle::Inset | LineStyle::Outset => true,
    }
}

/// A side as a rectangle; those above and below take the corners.
fn straight(area: &Rect, border: &Sides<Border>, side: Side) -> Rect {
    let Rect { x, y, width, height } = *area;
    let between = (height - border.top.width - border.bottom.width).max(0.0);
    match side {
        Side::Top => Rect { height: border.top.width, ..*area },
        Side::Bottom => Rect { y: y + height - border.bottom.width, height: border.bottom.width, ..*area },
        Side::Left => Rect { y: y + border.top.width, width: border.left.width, height: between, ..*area },
        Side::Right => Rect {
            x: x + width - border.right.width,
            y: y + border.top.width,
            width: border.right.width,
            height: between,
        },
    }
}

/// A side whose ends are cut aslant where they meet the next side.
fn mitred(area: &Rect, border: &Sides<Border>, side: Side, of_side: Border, put: &mut dyn FnMut(Item)) {
    let neighbours = match side {
        Side::Top | Side::Bottom => border.left.width + border.right.width,
        Side::Left | Side::Right => border.top.width + border.bottom.width,
    };
    for Band { from, to, color } in bands(side, of_side) {
        let (outer, inner) = (shrunk(area, border, from), shrunk(area, border, to));
        let corners = quadrilateral(&outer, &inner, side);
        if neighbours == 0.0 {
            let (a, c) = (corners[0], corners[2]);
            let (x, y) = (a.0.min(c.0), a.1.min(c.1));
            let area = Rect { x, y, width: (a.0 - c.0).abs(), height: (a.1 - c.1).abs() };
            put(Item::Fill { area, color });
        } else {
            put(Item::Path(Box::new(Path { fill: Some(color), ..polygon(corners) })));
        }
    }
}

/// All four sides of a round box in the look of one of them.
fn ring(outline: &Outline, border: &Sides<Border>, side: Side, of_side: Border, put: &mut dyn FnMut(Item)) {
    let dash = of_side.line.dash();
    if dash != Dash::Solid {
        let path = outline.inner(widths(border, 0.5)).path();
        put(Item::Path(Box::new(Path { stroke: Some((of_side.color, of_side.width, dash)), ..path })));
        return;
    }
    for Band { from, to, color } in bands(side, of_side) {
        let mut path = outline.inner(widths(border, from)).path();
        let inner = outline.inner(widths(border, to));
        if !inner.is_empty() {
            inner.trace(&mut path.segments);
        }
        put(Item::Path(Box::new(Path { fill: Some(color), ..path })));
    }
}

/// What belongs to one side of a round box: up to the lines from its corners, as far as those reach.
fn wedge(area: &Rect, border: &Sides<Border>, side: Side) -> Path {
    let across = area.width / (border.left.width + border.right.width);
    let down = area.height / (border.top.width + border.bottom.width);
    let depth = across.min(down);
    let inner = shrunk(area, border, if depth.is_finite() { depth } else { 1.0 });
    polygon(quadrilateral(area, &inner, side))
}

fn bands(side: Side, border: Border) -> Vec<Band> {
    let Border { width, color, line } = border;
    let lit_from_above = matches!(side, Side::Top | Side::Left);
    let (dark, light) = (shade(color, true), shade(color, false));
    let (sunken, raised) = if lit_from_above { (dark, light) } else { (light, dark) };
    let band = |from, to, color| Band { from, to, color };
    match line {
        LineStyle::Double if width >= LEAST_DOUBLE => {
            vec![band(0.0, 1.0 / 3.0, color), band(2.0 / 3.0, 1.0, color)]
        }
        LineStyle::Groove => vec![band(0.0, 0.5, sunken), band(0.5, 1.0, raised)],
        LineStyle::Ridge => vec![band(0.0, 0.5, raised), band(0.5, 1.0, sunken)],
        LineStyle::Inset => vec![band(0.0, 1.0, sunken)],
        LineStyle::Outset => vec![band(0.0, 1.0, raised)],
        LineStyle::Solid | LineStyle::Double | LineStyle::Dashed | LineStyle::Dotted => vec![band(0.0, 1.0, color)],
    }
}

/// The side of a border in the shade, or in the light, as Chromium colours it. Where a colour is too dark to become
/// darker, both are lighter than it.
fn shade(color: Color, dark: bool) -> Color {
    const TOO_DARK: f32 = 5_500.0;
    let squares = [color.r, color.g, color.b].map(|channel| f32::from(channel) * f32::from(channel));
    let too_dark = squares.iter().sum::<f32>() < TOO_DARK;
    match (too_dark, dark) {
        (false, true) => brightened(color, -STEP),
        (false, false) | (true, true) => brightened(color, STEP),
        (true, false) => brightened(brightened(color, STEP), STEP),
    }
}

/// How much brighter or darker a shaded side is.
const STEP: f32 = 0.33;

/// A colour whose brightest channel is changed by a part of the whole, the others with it.
fn brightened(color: Color, by: f32) -> Color {
    let channels = [color.r, color.g, color.b].map(f32::from);
    let brightest = channels.into_iter().fold(0.0, f32::max) / 255.0;
    let wanted = (brightest + by).clamp(0.0, 1.0);
    let scaled = |channel: f32| if brightest > 0.0 { channel * wanted / brightest } else { wanted * 255.0 };
    let [r, g, b] = channels.map(|channel| scaled(channel).round().clamp(0.0, 255.0) as u8);
    Color { r, g, b, a: color.a }
}

/// Part of the thickness of each side.
fn widths(border: &Sides<Border>, part: f32) -> Sides<f32> {
    Sides {
        top: border.top.width * part,
        right: border.right.width * part,
        bottom: border.bottom.width * part,
        left: border.left.width * part,
    }
}

fn shrunk(area: &Rect, border: &Sides<Border>, part: f32) -> Rect {
    let by = widths(border, part);
    Rect {
        x: area.x + by.left,
        y: area.y + by.top,
        width: area.width - by.left - by.right,
        height: area.height - by.top - by.bottom,
    }
}

/// The corners between one side of two rectangles.
fn quadrilateral(outer: &Rect, inner: &Rect, side: Side) -> [(f32, f32); 4] {
    let corners = |area: &Rect| {
        let (right, bottom) = (area.x + area.width, area.y + area.height);
        [(area.x, area.y), (right, area.y), (right, bottom), (area.x, bottom)]
    };
    let (outer, inner) = (corners(outer), corners(inner));
    let first = match side {
        Side::Top => 0,
        Side::Right => 1,
        Side::Bottom => 2,
        Side::Left => 3,
    };
    let second = (first + 1) % 4;
    [outer[first], outer[second], inner[second], inner[first]]
}

fn polygon(corners: [(f32, f32); 4]) -> Path {
    let [a, b, c, d] = corners;
    let segments = vec![Segment::Move(a), Segment::Line(b), Segment::Line(c), Segment::Line(d), Segment::Close];
    Path { segments, ..Path::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::style::Corners;

    const AREA: Rect = Rect { x: 10.0, y: 20.0, width: 100.0, height: 50.0 };

    fn border(width: f32, color: Color, line: LineStyle) -> Border {
        Border { width, color, line }
    }

    fn drawn(sides: [Border; 4], corners: &Corners) -> Vec<Item> {
        let [top, right, bottom, left] = sides;
        let mut items = Vec::new();
        draw(&Outline::new(AREA, corners), &Sides { top, right, bottom, left }, &mut |item| items.push(item));
        items
    }

    #[test]
    fn one_colour_takes_rectangles_that_do_not_overlap() {
        let solid = border(2.0, Color::rgb(1, 2, 3), LineStyle::Solid);
        let areas: Vec<Rect> = drawn([solid; 4], &Corners::default())
            .into_iter()
            .map(|item| if let Item::Fill { area, .. } = item { area } else { panic!("{item:?}") })
            .collect();
        let covered: f32 = areas.iter().map(|area| area.width * area.height).sum();
        assert_eq!(covered, 100.0 * 50.0 - 96.0 * 46.0);
        assert_eq!(areas.len(), 4);
        let none = Border::default();
        assert_eq!(drawn([none, none, solid, none], &Corners::default()).len(), 1);
    }

    #[test]
    fn colours_meet_in_a_mitre() {
        let side = |r| border(4.0, Color::rgb(r, 0, 0), LineStyle::Solid);
        let items = drawn([side(1), side(2), side(3), side(4)], &Corners::default());
        let Item::Path(top) = &items[0] else { panic!("{items:?}") };
        let corners = [(10.0, 20.0), (110.0, 20.0), (106.0, 24.0), (14.0, 24.0)];
        assert_eq!(top.segments[0], Segment::Move(corners[0]));
        assert_eq!(top.segments[1..4], corners[1..].iter().map(|to| Segment::Line(*to)).collect::<Vec<_>>());
    }

    #[test]
    fn round_borders_are_one_ring() {
        let round = (crate::template::style::Extent::Points(80.0), crate::template::style::Extent::Points(80.0));
        let corners = Corners { top_left: round, top_right: round, bottom_right: round, bottom_left: round };
        let items = drawn([border(2.0, Color::rgb(0, 0, 0), LineStyle::Solid); 4], &corners);
        let [Item::Path(ring)] = items.as_slice() else { panic!("{items:?}") };
        // Corners of 80 points don't fit: both ends become half circles of 25.
        assert_eq!(ring.segments[0], Segment::Move((35.0, 20.0)));
        assert_eq!(ring.segments.iter().filter(|segment| matches!(segment, Segment::Curve(..))).count(), 8);
    }

    #[test]
    fn shades_are_those_of_chromium() {
        let of = |color: Color| [shade(color, true), shade(color, false)].map(|color| (color.r, color.g, color.b));
        assert_eq!(of(Color::rgb(0, 0, 0)), [(84, 84, 84), (168, 168, 168)]);
        assert_eq!(of(Color::rgb(255, 255, 255)), [(171, 171, 171), (255, 255, 255)]);
        assert_eq!(of(Color::rgb(0x40, 0, 0)), [(148, 0, 0), (232, 0, 0)]);
        assert_eq!(of(Color::rgb(0x33, 0x66, 0xaa)), [(26, 52, 86), (76, 152, 254)]);
    }
}
