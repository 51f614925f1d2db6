//! Lengths as written, `calc()` and its like included; they wait for the fonts and sizes that units refer to.

use std::sync::Arc;

use cssparser::{ParseError, Parser, Token, match_ignore_ascii_case};

use crate::template::{
    css::value::{Parsed, Remedy, refuse, unexpected},
    style::Extent,
};

/// A length or percentage as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Length {
    Sum(Sum),
    /// The sum of two lengths of which one is no plain sum.
    Added(Arc<(Self, Self)>),
    /// A multiple of such a length.
    Times(Arc<Self>, f32),
    /// `min()`.
    Least(Arc<[Self]>),
    /// `max()`.
    Most(Arc<[Self]>),
}

/// A sum of units.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Sum {
    points: f32,
    em: f32,
    rem: f32,
    ex: f32,
    ch: f32,
    /// The percentage, 1 being all of it.
    part: Option<f32>,
}

/// What relative lengths refer to, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FontSizes {
    pub(crate) own: f32,
    pub(crate) root: f32,
    /// The height of an x of the font.
    pub(crate) ex: f32,
    /// The width of a zero.
    pub(crate) ch: f32,
}

impl FontSizes {
    /// Where there is no element: CSS's initial font size.
    pub(crate) const INITIAL: Self = Self { own: 12.0, root: 12.0, ex: 6.0, ch: 6.0 };
}

/// Nothing on paper is farther away than this, in points; larger results are cut off as browsers do it.
const FARTHEST: f32 = 1_000_000.0;

impl Length {
    pub(crate) const ZERO: Self = Self::points_of(0.0);

    /// A length in points.
    pub(crate) const fn points_of(points: f32) -> Self {
        Self::Sum(Sum { points, em: 0.0, rem: 0.0, ex: 0.0, ch: 0.0, part: None })
    }

    /// A percentage, 1 being all of it.
    pub(crate) const fn part_of(part: f32) -> Self {
        Self::Sum(Sum { points: 0.0, em: 0.0, rem: 0.0, ex: 0.0, ch: 0.0, part: Some(part) })
    }

    /// Points and a percentage together.
    pub(crate) const fn sum_of(points: f32, part: f32) -> Self {
        Self::Sum(Sum { points, em: 0.0, rem: 0.0, ex: 0.0, ch: 0.0, part: Some(part) })
    }

    /// So far inwards from an edge, which is at `part` of the whole: 0 or 1.
    pub(crate) fn from_edge(part: f32, by: &Self) -> Self {
        let sign = if part > 0.5 { -1.0 } else { 1.0 };
        Self::part_of(part).plus(by.clone().times(sign))
    }

    /// What it comes to, apart from percentages.
    pub(crate) fn extent(&self, sizes: FontSizes) -> Extent {
        match self.resolve(sizes) {
            (points, None) => Extent::Points(points),
            (0.0, Some(part)) => Extent::Part(part),
            (points, Some(part)) => Extent::Sum { part, points },
        }
    }

    /// Points; percentages are parts of `whole`.
    pub(crate) fn points(&self, sizes: FontSizes, whole: f32) -> f32 {
        let (points, part) = self.resolve(sizes);
        bounded(points + part.unwrap_or(0.0) * whole)
    }

    /// Whether percentages are in it.
    pub(crate) fn has_part(&self) -> bool {
        match self {
            Self::Sum(sum) => sum.part.is_some(),
            Self::Added(both) => both.0.has_part() || both.1.has_part(),
            Self::Times(length, _) => length.has_part(),
            Self::Least(of) | Self::Most(of) => of.iter().any(Self::has_part),
        }
    }

    /// Whether it depends on fonts or on what is around.
    pub(crate) fn is_relative(&self) -> bool {
        match self {
            Self::Sum(Sum { points: _, em, rem, ex, ch, part }) => {
                part.is_some() || [em, rem, ex, ch].iter().any(|unit| **unit != 0.0)
            }
            Self::Added(both) => both.0.is_relative() || both.1.is_relative(),
            Self::Times(length, _) => length.is_relative(),
            Self::Least(of) | Self::Most(of) => of.iter().any(Self::is_relative),
        }
    }

    /// Points and part.
    fn resolve(&self, sizes: FontSizes) -> (f32, Option<f32>) {
        let pick = |of: &[Self], better: fn(f32, f32) -> f32| {
            // Parsing sees to it that all of them are percentages or none is.
            let mut values = of.iter().map(|length| length.resolve(sizes));
            let first = values.next().unwrap_or_default();
            values.fold(first, |best, value| {
                (better(best.0, value.0), best.1.zip(value.1).map(|(a, b)| better(a, b)).or(best.1))
            })
        };
        let (points, part) = match self {
            Self::Sum(sum) => sum.resolve(sizes),
            Self::Added(both) => {
                let ((a, x), (b, y)) = (both.0.resolve(sizes), both.1.resolve(sizes));
                (a + b, x.or(y).map(|_| x.unwrap_or(0.0) + y.unwrap_or(0.0)))
            }
            Self::Times(length, times) => {
                let (points, part) = length.resolve(sizes);
                (points * times, part.map(|part| part * times))
            }
            Self::Least(of) => pick(of, f32::min),
            Self::Most(of) => pick(of, f32::max),
        };
        (bounded(points), part.map(bounded))
    }

    fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Sum(a), Self::Sum(b)) => Self::Sum(a.plus(b)),
            (a, b) => Self::Added(Arc::new((a, b))),
        }
    }

    fn times(self, factor: f32) -> Self {
        match self {
            Self::Sum(sum) => Self::Sum(sum.times(factor)),
            other => Self::Times(Arc::new(other), factor),
        }
    }

    /// Whether it is percentages alone, or has none.
    fn is_pure(&self) -> Option<bool> {
        match self {
            Self::Sum(Sum { points: 0.0, em: 0.0, rem: 0.0, ex: 0.0, ch: 0.0, part: Some(_) }) => Some(true),
            Self::Sum(Sum { part: Some(_), .. }) => None,
            Self::Sum(_) => Some(false),
            Self::Added(both) => both.0.is_pure().filter(|pure| both.1.is_pure() == Some(*pure)),
            Self::Times(length, _) => length.is_pure(),
            Self::Least(of) | Self::Most(of) => of.first().and_then(Self::is_pure),
        }
    }

    fn is_finite(&self) -> bool {
        match self {
            Self::Sum(sum) => [sum.points, sum.em, sum.rem, sum.ex, sum.ch, sum.part.unwrap_or(0.0)]
                .iter()
                .all(|value| value.is_finite() && value.abs() <= 100_000.0),
            Self::Added(both) => both.0.is_finite() && both.1.is_finite(),
            Self::Times(length, times) => length.is_finite() && times.is_finite(),
            Self::Least(of) | Self::Most(of) => of.iter().all(Self::is_finite),
        }
    }
}

fn bounded(points: f32) -> f32 {
    if points.is_nan() { 0.0 } else { points.clamp(-FARTHEST, FARTHEST) }
}

impl Sum {
    fn resolve(self, sizes: FontSizes) -> (f32, Option<f32>) {
        let Self { points, em, rem, ex, ch, part } = self;
        (points + em * sizes.own + rem * sizes.root + ex * sizes.ex + ch * sizes.ch, part)
    }

    fn plus(self, other: Self) -> Self {
        Self {
            points: self.points + other.points,
            em: self.em + other.em,
            rem: self.rem + other.rem,
            ex: self.ex + other.ex,
            ch: self.ch + other.ch,
            part: self.part.or(other.part).map(|_| self.part.unwrap_or(0.0) + other.part.unwrap_or(0.0)),
        }
    }

    fn times(self, factor: f32) -> Self {
        Self {
            points: self.points * factor,
            em: self.em * factor,
            rem: self.rem * factor,
            ex: self.ex * factor,
            ch: self.ch * factor,
            part: self.part.map(|part| part * factor),
        }
    }
}

/// A length or percentage; `negative` says whether it may be below zero.
pub(crate) fn length(input: &mut Parser<'_>, negative: bool) -> Parsed<Length> {
    let (value, length) = match input.next()?.clone() {
        Token::Dimension { value, unit, .. } => (value, Length::Sum(dimension(value, &unit)?)),
        Token::Percentage { unit_value, .. } => (unit_value, Length::part_of(unit_value)),
        Token::Number { value: 0.0, .. } => (0.0, Length::ZERO),
        Token::Number { value, .. } => return refuse(format!("a length needs a unit: `{value}px`, `{value}pt`")),
        Token::Function(name) => match function(&name, input, 0)? {
            Calc::Length(length) => (0.0, length),
            Calc::Number(_) => return refuse("it comes to a number; a length needs a unit"),
        },
        _ => return unexpected(),
    };
    if !length.is_finite() {
        return refuse("no length may exceed 100000");
    }
    if value < 0.0 && !negative {
        return refuse("it can't be negative");
    }
    Ok(length)
}

fn dimension(value: f32, unit: &str) -> Parsed<Sum> {
    let zero = Sum::default();
    Ok(match_ignore_ascii_case! { unit,
        "pt" => Sum { points: value, ..zero },
        "px" => Sum { points: value * 0.75, ..zero },
        "mm" => Sum { points: value * 72.0 / 25.4, ..zero },
        "cm" => Sum { points: value * 72.0 / 2.54, ..zero },
        "q" => Sum { points: value * 72.0 / 101.6, ..zero },
        "in" => Sum { points: value * 72.0, ..zero },
        "pc" => Sum { points: value * 12.0, ..zero },
        "em" => Sum { em: value, ..zero },
        "rem" => Sum { rem: value, ..zero },
        "ex" => Sum { ex: value, ..zero },
        "ch" => Sum { ch: value, ..zero },
        "vw" | "vh" | "vmin" | "vmax" => return refuse("pages have no viewport; use `%` or `mm`"),
        _ => return refuse("use one of the units pt, px, mm, cm, Q, in, pc, em, rem, ex, ch or %"),
    })
}

/// A length, a percentage or `auto`.
pub(crate) fn length_or_auto(input: &mut Parser<'_>, negative: bool) -> Parsed<Option<Length>> {
    if input.try_parse(|input| input.expect_ident_matching("auto")).is_ok() {
        return Ok(None);
    }
    length(input, negative).map(Some)
}

/// A length that has no percentage.
pub(crate) fn absolute(input: &mut Parser<'_>, negative: bool) -> Parsed<Length> {
    match length(input, negative)? {
        length if length.has_part() => refuse("it has no percentage; write a length such as `1px`"),
        length => Ok(length),
    }
}

/// A number, which `calc()` may compute.
pub(crate) fn number(input: &mut Parser<'_>) -> Parsed<f32> {
    let value = match input.next()?.clone() {
        Token::Number { value, .. } => value,
        Token::Function(name) => match function(&name, input, 0)? {
            Calc::Number(value) => value,
            Calc::Length(_) => return refuse("it comes to a length; a number is needed"),
        },
        _ => return unexpected(),
    };
    if value.is_finite() { Ok(value) } else { refuse("the number is too large") }
}

/// What a piece of `calc()` comes to.
#[derive(Debug, Clone)]
enum Calc {
    Number(f32),
    Length(Length),
}

/// No computation is nested deeper, and no `min()` has more arguments.
const DEEPEST: usize = 20;

fn function(name: &str, input: &mut Parser<'_>, depth: usize) -> Parsed<Calc> {
    if depth > DEEPEST {
        return refuse("it is nested too deeply; make the computation simpler");
    }
    match_ignore_ascii_case! { name,
        "calc" => input.parse_nested_block(|input| sum(input, depth + 1)),
        "min" | "max" | "clamp" => {
            let arguments = input.parse_nested_block(|input| {
                input.parse_comma_separated(|input| sum(input, depth + 1))
            })?;
            if arguments.len() > DEEPEST {
                return refuse("it has too many arguments");
            }
            match_ignore_ascii_case! { name,
                "min" => extreme(arguments, true),
                "max" => extreme(arguments, false),
                _ => {
                    let Ok([least, wanted, most]) = <[Calc; 3]>::try_from(arguments) else {
                        return refuse("write `clamp(least, wanted, most)`");
                    };
                    extreme(vec![least, extreme(vec![wanted, most], true)?], false)
                },
            }
        },
        "var" => refuse("`var()` can't stand here; write the value itself"),
        "env" | "attr" => refuse("write the value itself, or choose a class: `class=\"{{ … }}\"`"),
        _ => refuse("supported are `calc()`, `min()`, `max()` and `clamp()`"),
    }
}

fn extreme(arguments: Vec<Calc>, least: bool) -> Parsed<Calc> {
    let pick: fn(f32, f32) -> f32 = if least { f32::min } else { f32::max };
    let mut numbers = Vec::new();
    let mut lengths = Vec::new();
    for argument in arguments {
        match argument {
            Calc::Number(number) => numbers.push(number),
            Calc::Length(length) => lengths.push(length),
        }
    }
    match (numbers.into_iter().reduce(pick), lengths.first()) {
        (Some(number), None) => Ok(Calc::Number(number)),
        (None, Some(first)) => {
            let pure = first.is_pure();
            if pure.is_none() || lengths.iter().any(|length| length.is_pure() != pure) {
                return refuse(
                    "`min()`, `max()` and `clamp()` can't compare percentages with lengths; use `min-width` or `max-width`",
                );
            }
            Ok(Calc::Length(if least { Length::Least(lengths.into()) } else { Length::Most(lengths.into()) }))
        }
        _ => refuse("numbers and lengths can't be compared"),
    }
}

fn sum(input: &mut Parser<'_>, depth: usize) -> Parsed<Calc> {
    let mut total = product(input, depth)?;
    loop {
        // CSS wants spaces around + and -, which else belong to numbers.
        let operator = input.try_parse(|input| {
            input.expect_whitespace()?;
            let sign = match *input.next()? {
                Token::Delim('+') => 1.0,
                Token::Delim('-') => -1.0,
                _ => return unexpected(),
            };
            input.expect_whitespace()?;
            Ok::<f32, ParseError<Remedy>>(sign)
        });
        let Ok(sign) = operator else { break };
        total = match (total, product(input, depth)?) {
            (Calc::Number(a), Calc::Number(b)) => Calc::Number(a + sign * b),
            (Calc::Length(a), Calc::Length(b)) => Calc::Length(a.plus(b.times(sign))),
            _ => return refuse("a number can't be added to a length: give it a unit"),
        };
    }
    input.skip_whitespace();
    let end = input.state();
    let more = !matches!(input.next(), Err(_) | Ok(Token::Comma));
    input.reset(&end);
    if more { refuse("in `calc()` write spaces around `+` and `-`") } else { Ok(total) }
}

fn product(input: &mut Parser<'_>, depth: usize) -> Parsed<Calc> {
    let mut total = operand(input, depth)?;
    loop {
        let state = input.state();
        match input.next() {
            Ok(Token::Delim('*')) => {
                total = match (total, operand(input, depth)?) {
                    (Calc::Number(a), Calc::Number(b)) => Calc::Number(a * b),
                    (Calc::Number(a), Calc::Length(b)) | (Calc::Length(b), Calc::Number(a)) => Calc::Length(b.times(a)),
                    _ => return refuse("lengths can't be multiplied with each other"),
                };
            }
            Ok(Token::Delim('/')) => {
                let Calc::Number(divisor) = operand(input, depth)? else {
                    return refuse("only a number can be divided by");
                };
                if divisor == 0.0 {
                    return refuse("nothing can be divided by zero");
                }
                total = match total {
                    Calc::Number(a) => Calc::Number(a / divisor),
                    Calc::Length(a) => Calc::Length(a.times(1.0 / divisor)),
                };
            }
            _ => {
                input.reset(&state);
                return Ok(total);
            }
        }
    }
}

fn operand(input: &mut Parser<'_>, depth: usize) -> Parsed<Calc> {
    if depth > DEEPEST {
        return refuse("it is nested too deeply; make the computation simpler");
    }
    Ok(match input.next()?.clone() {
        Token::Number { value, .. } => Calc::Number(value),
        Token::Dimension { value, unit, .. } => Calc::Length(Length::Sum(dimension(value, &unit)?)),
        Token::Percentage { unit_value, .. } => Calc::Length(Length::part_of(unit_value)),
        Token::ParenthesisBlock => input.parse_nested_block(|input| sum(input, depth + 1))?,
        Token::Function(name) => function(&name, input, depth + 1)?,
        _ => return unexpected(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Length> {
        Parser::new(text).parse_entirely(|input| length(input, true)).ok()
    }

    fn extent(text: &str) -> Option<Extent> {
        let sizes = FontSizes { own: 10.0, root: 12.0, ex: 5.0, ch: 6.0 };
        of(text).map(|length| length.extent(sizes))
    }

    #[test]
    fn lengths_have_the_sizes_that_css_gives_them() {
        assert_eq!(extent("96px"), Some(Extent::Points(72.0)));
        assert_eq!(extent("25.4mm"), Some(Extent::Points(72.0)));
        assert_eq!(extent("-1in"), Some(Extent::Points(-72.0)));
        assert_eq!(extent("50%"), Some(Extent::Part(0.5)));
        assert_eq!(extent("2ex"), Some(Extent::Points(10.0)));
        assert_eq!(extent("2ch"), Some(Extent::Points(12.0)));
        assert_eq!(extent("0"), Some(Extent::Points(0.0)));
        assert_eq!(of("3"), None);
        assert_eq!(of("3vw"), None);
        assert_eq!(of("1e9px"), None);
    }

    #[test]
    fn computations_follow_the_rules_of_arithmetic() {
        assert_eq!(extent("calc(100% - 2 * (1pt + 2em))"), Some(Extent::Sum { part: 1.0, points: -42.0 }));
        assert_eq!(extent("calc(12pt/4)"), Some(Extent::Points(3.0)));
        assert_eq!(extent("calc(2*3*1pt - 1pt)"), Some(Extent::Points(5.0)));
        assert_eq!(extent("min(1em, 12pt, 1rem)"), Some(Extent::Points(10.0)));
        assert_eq!(extent("calc(max(10%, 25%) + 1pt)"), Some(Extent::Sum { part: 0.25, points: 1.0 }));
        assert_eq!(extent("clamp(1pt, 5em, 20pt)"), Some(Extent::Points(20.0)));
        for text in ["calc(1pt+2pt)", "calc(1 + 1pt)", "calc(1pt * 1pt)", "calc(1pt / 0)", "min(1%, 1pt)", "calc()"] {
            assert_eq!(of(text), None, "{text}");
        }
        let deep = format!("{}1pt{}", "calc(".repeat(100), ")".repeat(100));
        assert_eq!(of(&deep), None);
    }
}
