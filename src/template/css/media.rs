//! Media queries: what is for print, and what is for the browser in which the template is written.

use cssparser::{Parser, match_ignore_ascii_case};

use crate::template::css::value::{Parsed, is_word, refuse};

/// Whether a list of media queries holds on paper.
pub(crate) fn applies(input: &mut Parser<'_>) -> Parsed<bool> {
    if input.is_exhausted() {
        return Ok(true);
    }
    let queries = input.parse_comma_separated(query)?;
    Ok(queries.into_iter().any(|holds| holds))
}

fn query(input: &mut Parser<'_>) -> Parsed<bool> {
    let not = is_word(input, "not");
    if !not {
        let _only = is_word(input, "only");
    }
    let Ok(kind) = input.try_parse(|input| input.expect_ident_cloned()) else { return refuse(FEATURES) };
    let holds = match_ignore_ascii_case! { &kind,
        "print" | "all" => true,
        "screen" | "speech" => false,
        _ => return refuse("use `print`, `screen` or `all`"),
    };
    if input.is_exhausted() {
        return Ok(holds != not);
    }
    input.expect_ident_matching("and")?;
    if holds == not {
        // Whatever else it asks, it isn't for paper.
        while input.next().is_ok() {}
        return Ok(false);
    }
    refuse(FEATURES)
}

const FEATURES: &str = "paper has no window and no preferences; use `@media print` alone, and `@page` for sizes";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paper_is_print() {
        let of = |text: &str| Parser::new(text).parse_entirely(applies).ok();
        for text in ["", "print", "all", "only print", "not screen", "screen, PRINT", "screen and (color), print"] {
            assert_eq!(of(text), Some(true), "{text}");
        }
        for text in ["screen", "not print", "screen and (min-width: 30em)", "speech"] {
            assert_eq!(of(text), Some(false), "{text}");
        }
        for text in ["(min-width: 1px)", "print and (color)", "tv", "print or screen", "not", "print,"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
