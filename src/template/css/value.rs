//! What parsing any value needs: why it is refused, and words.

use cssparser::{ParseError, Parser, Token};

pub(crate) use crate::template::css::{
    color::{Paint, color},
    length::{FontSizes, Length, absolute, length, length_or_auto, number},
};

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

/// One of a few words.
pub(crate) fn word<T: Clone>(input: &mut Parser<'_>, words: &[(&str, T)]) -> Parsed<T> {
    let all = || words.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match input.next()?.clone() {
        Token::Ident(given) => match words.iter().find(|(name, _)| given.eq_ignore_ascii_case(name)) {
            Some((_, value)) => Ok(value.clone()),
            None => refuse(format!("supported are {}", all())),
        },
        _ => refuse(format!("supported are {}", all())),
    }
}

/// Whether this word comes next; it is passed over then.
pub(crate) fn is_word(input: &mut Parser<'_>, word: &str) -> bool {
    input.try_parse(|input| input.expect_ident_matching(word)).is_ok()
}

/// A whole number within bounds.
pub(crate) fn whole(input: &mut Parser<'_>, least: i32, most: i32) -> Parsed<i32> {
    match *input.next()? {
        Token::Number { int_value: Some(value), .. } if (least..=most).contains(&value) => Ok(value),
        _ => refuse(format!("use a whole number from {least} to {most}")),
    }
}

/// Whether nothing but `!important` is left.
pub(crate) fn at_end(input: &mut Parser<'_>) -> bool {
    let state = input.state();
    let end = matches!(input.next(), Err(_) | Ok(Token::Delim('!')));
    input.reset(&state);
    end
}
