//! Lengths, colours and words of CSS, as written.

use cssparser::{ParseError, Parser, Token, match_ignore_ascii_case};

use crate::{layout::page::Color, template::style::Extent};

/// Why a value is refused, as a remedy; empty when the value's kind says all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remedy(pub(crate) String);

/// A parsed value, or why not.
pub(crate) type Parsed<T> = Result<T, ParseError<Remedy>>;

/// Refuses with a remedy.
pub(crate) fn refuse<T>(remedy: impl Into<String>) -> Parsed<T> {
    Err(ParseError::custom(Remedy(remedy.into())))
}

/// Refuses without one.
pub(crate) fn unexpected<T>() -> Parsed<T> {
    Err(ParseError::unexpected_token())
}

/// A length as written; `em` waits for the font size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Length {
    Points(f32),
    Em(f32),
    Rem(f32),
    /// A percentage, 1 being all of it.
    Part(f32),
}

/// What relative lengths refer to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FontSizes {
    pub(crate) own: f32,
    pub(crate) root: f32,
}

impl Length {
    pub(crate) const ZERO: Self = Self::Points(0.0);

    pub(crate) fn extent(self, sizes: FontSizes) -> Extent {
        match self {
            Self::Part(part) => Extent::Part(part),
            other => Extent::Points(other.points(sizes, 0.0)),
        }
    }

    /// Points; percentages are parts of `whole`.
    pub(crate) fn points(self, sizes: FontSizes, whole: f32) -> f32 {
        match self {
            Self::Points(points) => points,
            Self::Em(em) => em * sizes.own,
            Self::Rem(rem) => rem * sizes.root,
            Self::Part(part) => part * whole,
        }
    }
}

/// A length or percentage; `negative` says whether it may be below zero.
pub(crate) fn length(input: &mut Parser<'_>, negative: bool) -> Parsed<Length> {
    let (value, length) = match input.next()?.clone() {
        Token::Dimension { value, unit, .. } => (value, dimension(value, &unit)?),
        Token::Percentage { unit_value, .. } => (unit_value, Length::Part(unit_value)),
        Token::Number { value: 0.0, .. } => (0.0, Length::ZERO),
        Token::Number { value, .. } => return refuse(format!("a length needs a unit: `{value}px`, `{value}pt`")),
        Token::Function(name) => return refuse(format!("`{name}()` is not supported yet; write the value itself")),
        _ => return unexpected(),
    };
    if !value.is_finite() || value.abs() > 100_000.0 {
        return refuse("no length may exceed 100000");
    }
    if value < 0.0 && !negative {
        return refuse("it can't be negative");
    }
    Ok(length)
}

fn dimension(value: f32, unit: &str) -> Parsed<Length> {
    Ok(match_ignore_ascii_case! { unit,
        "pt" => Length::Points(value),
        "px" => Length::Points(value * 0.75),
        "mm" => Length::Points(value * 72.0 / 25.4),
        "cm" => Length::Points(value * 72.0 / 2.54),
        "q" => Length::Points(value * 72.0 / 101.6),
        "in" => Length::Points(value * 72.0),
        "pc" => Length::Points(value * 12.0),
        "em" => Length::Em(value),
        "rem" => Length::Rem(value),
        _ => return refuse("use one of the units pt, px, mm, cm, in, pc, em, rem or %"),
    })
}

/// A length, a percentage or `auto`.
pub(crate) fn length_or_auto(input: &mut Parser<'_>, negative: bool) -> Parsed<Option<Length>> {
    if input.try_parse(|input| input.expect_ident_matching("auto")).is_ok() {
        return Ok(None);
    }
    length(input, negative).map(Some)
}

/// A colour; `None` is `transparent`.
pub(crate) fn color(input: &mut Parser<'_>) -> Parsed<Option<Color>> {
    match input.next()?.clone() {
        Token::Ident(name) => match_ignore_ascii_case! { &name,
            "transparent" => Ok(None),
            "currentcolor" => refuse("`currentcolor` is not supported yet; write the colour itself"),
            _ => match cssparser::color::parse_named_color(&name) {
                Ok((r, g, b)) => Ok(Some(Color::rgb(r, g, b))),
                Err(()) => refuse("use a colour name, `#rrggbb` or `rgb(r, g, b)`"),
            },
        },
        Token::Hash(digits) | Token::IDHash(digits) => hex(&digits),
        Token::Function(name) if name.eq_ignore_ascii_case("rgb") || name.eq_ignore_ascii_case("rgba") => {
            input.parse_nested_block(rgb)
        }
        _ => refuse("use a colour name, `#rrggbb` or `rgb(r, g, b)`"),
    }
}

fn hex(digits: &str) -> Parsed<Option<Color>> {
    let value = |i: usize, n: usize| u8::from_str_radix(digits.get(i..i + n).unwrap_or("?"), 16).ok();
    let color = match digits.len() {
        3 => [0, 1, 2].map(|i| value(i, 1).map(|v| v * 17)),
        6 => [0, 2, 4].map(|i| value(i, 2)),
        4 | 8 => return refuse("see-through colours are not supported yet; mix the colour yourself"),
        _ => [None; 3],
    };
    match color {
        [Some(r), Some(g), Some(b)] => Ok(Some(Color::rgb(r, g, b))),
        _ => refuse("write a colour as `#rgb` or `#rrggbb`"),
    }
}

fn rgb(input: &mut Parser<'_>) -> Parsed<Option<Color>> {
    let mut parts = [0u8; 3];
    for (i, part) in parts.iter_mut().enumerate() {
        if i > 0 {
            let _comma = input.try_parse(Parser::expect_comma);
        }
        *part = match *input.next()? {
            Token::Number { value, .. } => value.round().clamp(0.0, 255.0) as u8,
            Token::Percentage { unit_value, .. } => (unit_value * 255.0).round().clamp(0.0, 255.0) as u8,
            _ => return unexpected(),
        };
    }
    if !input.is_exhausted() {
        return refuse("see-through colours are not supported yet; mix the colour yourself");
    }
    let [r, g, b] = parts;
    Ok(Some(Color::rgb(r, g, b)))
}

/// One of a few words.
pub(crate) fn word<T: Copy>(input: &mut Parser<'_>, words: &[(&str, T)]) -> Parsed<T> {
    let all = || words.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match input.next()?.clone() {
        Token::Ident(given) => match words.iter().find(|(name, _)| given.eq_ignore_ascii_case(name)) {
            Some((_, value)) => Ok(*value),
            None => refuse(format!("supported are {}", all())),
        },
        _ => refuse(format!("supported are {}", all())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse<T>(text: &str, parse: impl FnOnce(&mut Parser<'_>) -> Parsed<T>) -> Option<T> {
        Parser::new(text).parse_entirely(parse).ok()
    }

    #[test]
    fn lengths_have_the_sizes_that_css_gives_them() {
        let of = |text| parse(text, |input| length(input, true));
        assert_eq!(of("96px"), Some(Length::Points(72.0)));
        assert_eq!(of("25.4mm"), Some(Length::Points(72.0)));
        assert_eq!(of("-1in"), Some(Length::Points(-72.0)));
        assert_eq!(of("50%"), Some(Length::Part(0.5)));
        assert_eq!(of("0"), Some(Length::ZERO));
        assert_eq!(of("3"), None);
        assert_eq!(of("3vw"), None);
    }

    #[test]
    fn colours_in_three_notations() {
        let teal = Some(Some(Color::rgb(0, 128, 128)));
        for text in ["teal", "#008080", "rgb(0, 128, 128)", "rgb(0 128 128)", "TEAL"] {
            assert_eq!(parse(text, color), teal, "{text}");
        }
        assert_eq!(parse("transparent", color), Some(None));
        for text in ["#00808080", "rgba(0,0,0,.5)", "#12", "tael", "#ééé"] {
            assert_eq!(parse(text, color), None, "{text}");
        }
    }
}
