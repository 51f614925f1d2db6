//! Colours in all notations of CSS Color 4.

use cssparser::{Parser, Token, match_ignore_ascii_case};

use crate::{
    layout::page::Color,
    template::css::value::{Parsed, refuse},
};

/// A colour as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    /// `currentcolor`: that of the text.
    Current,
    Is(Color),
}

impl Paint {
    /// `transparent`.
    pub(crate) const CLEAR: Self = Self::Is(Color { r: 0, g: 0, b: 0, a: 0 });

    /// The colour, for an element whose text has this one.
    pub(crate) fn over(self, text: Color) -> Color {
        match self {
            Self::Current => text,
            Self::Is(color) => color,
        }
    }
}

const NOTATIONS: &str = "use a colour name, `#rrggbb`, `rgb(r, g, b)`, `hsl(…)`, `hwb(…)`, `lab(…)` or `oklch(…)`";

/// A colour.
pub(crate) fn color(input: &mut Parser<'_>) -> Parsed<Paint> {
    let start = input.position();
    match input.next()?.clone() {
        Token::Ident(name) => match_ignore_ascii_case! { &name,
            "transparent" => Ok(Paint::CLEAR),
            "currentcolor" => Ok(Paint::Current),
            _ => match cssparser::color::parse_named_color(&name) {
                Ok((r, g, b)) => Ok(Paint::Is(Color::rgb(r, g, b))),
                Err(()) => refuse(NOTATIONS),
            },
        },
        Token::Hash(digits) | Token::IDHash(digits) => match cssparser::color::parse_hash_color(digits.as_bytes()) {
            Ok((r, g, b, alpha)) => Ok(Paint::Is(Color { r, g, b, a: cssparser::color::clamp_unit_f32(alpha) })),
            Err(()) => refuse("write a colour as `#rgb`, `#rrggbb` or `#rrggbbaa`"),
        },
        Token::Function(name) => {
            input.parse_nested_block(|input| {
                while input.next().is_ok() {}
                Ok::<(), cssparser::ParseError<_>>(())
            })?;
            function(&name, input.slice_from(start))
        }
        _ => refuse(NOTATIONS),
    }
}

fn function(name: &str, text: &str) -> Parsed<Paint> {
    match_ignore_ascii_case! { name,
        "rgb" | "rgba" | "hsl" | "hsla" | "hwb" | "lab" | "lch" | "oklab" | "oklch" => {},
        "color-mix" | "color" | "light-dark" => return refuse("mix the colour yourself and write it as `#rrggbb`"),
        _ => return refuse(NOTATIONS),
    }
    match csscolorparser::parse(text.trim()) {
        Ok(color) => {
            let [r, g, b, a] = color.clamp().to_rgba8();
            Ok(Paint::Is(Color { r, g, b, a }))
        }
        Err(_) => refuse("write it as `rgb(0 128 128 / 50%)`, `hsl(180 100% 25%)`, or as `#rrggbb`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Paint> {
        Parser::new(text).parse_entirely(color).ok()
    }

    #[test]
    fn colours_in_all_notations() {
        let teal = Some(Paint::Is(Color::rgb(0, 128, 128)));
        for text in [
            "teal",
            "TEAL",
            "#008080",
            "#008080ff",
            "rgb(0, 128, 128)",
            "rgb(0 128 128)",
            "rgba(0, 128, 128, 1)",
            "rgb(0% 50.2% 50.2% / 100%)",
            "hsl(180, 100%, 25.1%)",
            "hsl(180deg 100% 25.1%)",
            "hwb(180 0% 49.8%)",
            "oklch(0.5431 0.0927 194.77)",
        ] {
            assert_eq!(of(text), teal, "{text}");
        }
        assert_eq!(of("lab(50% 0 0)"), Some(Paint::Is(Color::rgb(119, 119, 119))));
        assert_eq!(of("#0808"), Some(Paint::Is(Color { r: 0, g: 136, b: 0, a: 136 })));
        assert_eq!(of("rgb(0 0 0 / 50%)"), Some(Paint::Is(Color { r: 0, g: 0, b: 0, a: 128 })));
        assert_eq!(of("transparent"), Some(Paint::CLEAR));
        assert_eq!(of("currentColor"), Some(Paint::Current));
        for text in
            ["#12", "tael", "#ééé", "rgb(1)", "rgb()", "hsv(1 2% 3%)", "color-mix(in srgb, red, blue)", "rgb(é)"]
        {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
