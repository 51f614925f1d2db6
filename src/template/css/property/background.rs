//! Background colours and pictures.

use std::sync::Arc;

use cssparser::{Parser, Token};

use crate::template::{
    css::{
        declaration::Declaration,
        draft::{BackgroundSizeAsWritten as Size, Picture},
        value::{Length, Paint, Parsed, color, is_word, length, length_or_auto, refuse, unexpected, word},
    },
    style::BackgroundRepeat,
};

/// A picture, or none.
pub(super) fn image(input: &mut Parser<'_>) -> Parsed<Option<Picture>> {
    if is_word(input, "none") {
        return Ok(None);
    }
    input.skip_whitespace();
    let at = input.position().byte_index();
    // `url(…)` is one token without quotes, and a function with them.
    if let Ok(url) = input.try_parse(|input| input.expect_url()) {
        return Ok(Some(Picture { source: Arc::from(&*url), at }));
    }
    match input.next()? {
        Token::Function(_) => refuse("gradients are not supported; use a colour, or `url()` with a picture"),
        _ => refuse("use a colour, or `url(\"images/paper.png\")`"),
    }
}

pub(super) fn size(input: &mut Parser<'_>) -> Parsed<Size> {
    if is_word(input, "contain") {
        return Ok(Size::Contain);
    }
    if is_word(input, "cover") {
        return Ok(Size::Cover);
    }
    let width = length_or_auto(input, false)?;
    let height = input.try_parse(|input| length_or_auto(input, false)).unwrap_or_default();
    Ok(Size::Sized(width, height))
}

pub(super) fn repeat(input: &mut Parser<'_>) -> Parsed<BackgroundRepeat> {
    if is_word(input, "repeat-x") {
        return Ok(BackgroundRepeat { x: true, y: false });
    }
    if is_word(input, "repeat-y") {
        return Ok(BackgroundRepeat { x: false, y: true });
    }
    let words = [("repeat", true), ("no-repeat", false)];
    let x = word(input, &words)?;
    let y = input.try_parse(|input| word(input, &words)).unwrap_or(x);
    Ok(BackgroundRepeat { x, y })
}

/// What a word or length says of a position.
#[derive(Clone)]
enum Anchor {
    X(f32),
    Y(f32),
    Center,
    Length(Length),
}

fn anchor(input: &mut Parser<'_>) -> Parsed<Anchor> {
    let words = [
        ("left", Anchor::X(0.0)),
        ("right", Anchor::X(1.0)),
        ("top", Anchor::Y(0.0)),
        ("bottom", Anchor::Y(1.0)),
        ("center", Anchor::Center),
    ];
    match input.try_parse(|input| word(input, &words)) {
        Ok(anchor) => Ok(anchor),
        Err(_) => length(input, true).map(Anchor::Length),
    }
}

/// One horizontal position.
pub(super) fn x(input: &mut Parser<'_>) -> Parsed<Length> {
    match anchor(input)? {
        Anchor::X(part) => Ok(Length::part_of(part)),
        Anchor::Center => Ok(Length::part_of(0.5)),
        Anchor::Length(length) => Ok(length),
        Anchor::Y(_) => refuse("use `left`, `center`, `right` or a length"),
    }
}

/// One vertical position.
pub(super) fn y(input: &mut Parser<'_>) -> Parsed<Length> {
    match anchor(input)? {
        Anchor::Y(part) => Ok(Length::part_of(part)),
        Anchor::Center => Ok(Length::part_of(0.5)),
        Anchor::Length(length) => Ok(length),
        Anchor::X(_) => refuse("use `top`, `center`, `bottom` or a length"),
    }
}

/// One to four values: `center`, `10px 50%`, `right 5mm bottom 5mm`.
fn position(input: &mut Parser<'_>) -> Parsed<(Length, Length)> {
    let mut anchors = vec![anchor(input)?];
    while anchors.len() < 4
        && let Ok(more) = input.try_parse(anchor)
    {
        anchors.push(more);
    }
    let middle = Length::part_of(0.5);
    Ok(match &anchors[..] {
        [Anchor::X(part)] => (Length::part_of(*part), middle),
        [Anchor::Y(part)] => (middle, Length::part_of(*part)),
        [Anchor::Center] => (middle.clone(), middle),
        [Anchor::Length(x)] => (x.clone(), middle),
        [Anchor::Y(y), Anchor::X(x)] => (Length::part_of(*x), Length::part_of(*y)),
        [Anchor::Y(y), Anchor::Center] => (middle, Length::part_of(*y)),
        [Anchor::Center, Anchor::X(x)] => (Length::part_of(*x), middle),
        [a, b] => match (along(a, true), along(b, false)) {
            (Some(x), Some(y)) => (x, y),
            _ => return unexpected(),
        },
        [Anchor::X(x), Anchor::Length(by), Anchor::Y(y), Anchor::Length(down)]
        | [Anchor::Y(y), Anchor::Length(down), Anchor::X(x), Anchor::Length(by)] => {
            (Length::from_edge(*x, by), Length::from_edge(*y, down))
        }
        [Anchor::X(x), Anchor::Length(by), Anchor::Y(y)] | [Anchor::Y(y), Anchor::X(x), Anchor::Length(by)] => {
            (Length::from_edge(*x, by), Length::part_of(*y))
        }
        [Anchor::X(x), Anchor::Y(y), Anchor::Length(by)] | [Anchor::Y(y), Anchor::Length(by), Anchor::X(x)] => {
            (Length::part_of(*x), Length::from_edge(*y, by))
        }
        _ => return refuse("write `right 5mm bottom 5mm`, `center`, or two lengths"),
    })
}

fn along(anchor: &Anchor, horizontal: bool) -> Option<Length> {
    match anchor {
        Anchor::X(part) if horizontal => Some(Length::part_of(*part)),
        Anchor::Y(part) if !horizontal => Some(Length::part_of(*part)),
        Anchor::Center => Some(Length::part_of(0.5)),
        Anchor::Length(length) => Some(length.clone()),
        _ => None,
    }
}

pub(super) fn positions(input: &mut Parser<'_>) -> Parsed<Vec<Declaration>> {
    let (x, y) = input.parse_comma_separated(position)?.into_iter().unzip();
    Ok(vec![Declaration::BackgroundPositionsX(x), Declaration::BackgroundPositionsY(y)])
}

/// One layer of `background`.
#[derive(Default)]
struct Layer {
    color: Option<Paint>,
    image: Option<Option<Picture>>,
    position: Option<(Length, Length)>,
    size: Option<Size>,
    repeat: Option<BackgroundRepeat>,
}

fn layer(input: &mut Parser<'_>) -> Parsed<Layer> {
    let mut layer = Layer::default();
    let mut any = false;
    loop {
        let state = input.state();
        let end = matches!(input.next(), Err(_) | Ok(Token::Comma | Token::Delim('!')));
        input.reset(&state);
        if end {
            return if any { Ok(layer) } else { unexpected() };
        }
        any = true;
        if layer.repeat.is_none()
            && let Ok(value) = input.try_parse(repeat)
        {
            layer.repeat = Some(value);
        } else if layer.position.is_none()
            && let Ok(value) = input.try_parse(position)
        {
            layer.position = Some(value);
            if input.try_parse(|input| input.expect_delim('/')).is_ok() {
                layer.size = Some(size(input)?);
            }
        } else if layer.color.is_none()
            && let Ok(value) = input.try_parse(color)
        {
            layer.color = Some(value);
        } else if layer.image.is_none() {
            layer.image = Some(image(input)?);
        } else {
            return unexpected();
        }
    }
}

pub(super) fn shorthand(input: &mut Parser<'_>) -> Parsed<Vec<Declaration>> {
    let layers = input.parse_comma_separated(layer)?;
    if layers.iter().rev().skip(1).any(|layer| layer.color.is_some()) {
        return refuse("only the last layer of a background has a colour");
    }
    let start = || Length::part_of(0.0);
    let color = layers.last().and_then(|layer| layer.color);
    let (mut images, mut sizes, mut xs, mut ys, mut repeats) = <(Vec<_>, Vec<_>, Vec<_>, Vec<_>, Vec<_>)>::default();
    for layer in layers {
        let (x, y) = layer.position.unwrap_or_else(|| (start(), start()));
        images.push(layer.image.flatten());
        sizes.push(layer.size.unwrap_or(Size::Sized(None, None)));
        xs.push(x);
        ys.push(y);
        repeats.push(layer.repeat.unwrap_or(BackgroundRepeat { x: true, y: true }));
    }
    Ok(vec![
        Declaration::BackgroundColor(color.unwrap_or(Paint::CLEAR)),
        Declaration::BackgroundImages(images),
        Declaration::BackgroundSizes(sizes),
        Declaration::BackgroundPositionsX(xs),
        Declaration::BackgroundPositionsY(ys),
        Declaration::BackgroundRepeats(repeats),
    ])
}
