//! `@font-face`: a font file of the templates folder and the name that it goes by.

use std::sync::Arc;

use cssparser::{Parser, match_ignore_ascii_case};

use crate::template::css::{
    property,
    value::{Parsed, refuse, unexpected},
};

/// One `@font-face`.
#[derive(Debug, Clone)]
pub(crate) struct FontFace {
    pub(crate) family: Arc<str>,
    /// The lightest and the heaviest weight that it is for.
    pub(crate) weights: (u16, u16),
    pub(crate) italic: bool,
    /// As written; relative to the sheet.
    pub(crate) url: String,
    /// Where the rule stands.
    pub(crate) offset: usize,
}

/// What is said of a face so far.
#[derive(Debug, Default)]
pub(super) struct Descriptors {
    family: Option<Arc<str>>,
    url: Option<String>,
    weights: Option<(u16, u16)>,
    italic: bool,
}

impl Descriptors {
    /// Reads one `name: value`.
    pub(super) fn read(&mut self, name: &str, input: &mut Parser<'_>) -> Parsed<()> {
        match_ignore_ascii_case! { name,
            "font-family" => self.family = property::families(input)?.first().cloned(),
            "src" => self.url = Some(sources(input)?),
            "font-weight" => {
                let lightest = property::weight_number(input)?;
                let heaviest = input.try_parse(property::weight_number).unwrap_or(lightest);
                self.weights = Some((lightest.min(heaviest), lightest.max(heaviest)));
            },
            "font-style" => self.italic = match &*input.expect_ident_cloned()?.to_ascii_lowercase() {
                "normal" => false,
                "italic" | "oblique" => true,
                _ => return refuse("use `normal` or `italic`"),
            },
            // When a font is shown while it loads: there is no such time here.
            "font-display" => {
                input.expect_ident()?;
            },
            "unicode-range" => return refuse("leave it out: a character that the font lacks comes from the next family"),
            "font-stretch" | "font-width" => return refuse("give the narrow or wide font a family name of its own"),
            _ => return refuse("supported are font-family, src, font-weight, font-style"),
        }
        Ok(())
    }

    /// The face, when it has a name and a file.
    pub(super) fn finish(self, offset: usize) -> Option<FontFace> {
        let weights = self.weights.unwrap_or((400, 400));
        Some(FontFace { family: self.family?, weights, italic: self.italic, url: self.url?, offset })
    }
}

/// The first source in a format that can be embedded.
fn sources(input: &mut Parser<'_>) -> Parsed<String> {
    let sources = input.parse_comma_separated(source)?;
    let usable = |url: &&String| {
        let lower = url.to_ascii_lowercase();
        [".ttf", ".otf", ".ttc"].iter().any(|ending| lower.ends_with(ending))
    };
    match sources.iter().find(usable) {
        Some(url) => Ok(url.clone()),
        None => refuse("use a TrueType or OpenType file (.ttf, .otf)"),
    }
}

fn source(input: &mut Parser<'_>) -> Parsed<String> {
    if input.try_parse(|input| input.expect_function_matching("local")).is_ok() {
        return refuse("fonts of the machine are not used; put the file into the templates folder");
    }
    let url = input.expect_url()?.to_string();
    while let Ok(function) = input.try_parse(|input| input.expect_function().cloned()) {
        input.parse_nested_block(|input| {
            match_ignore_ascii_case! { &function,
                "format" | "tech" => input.expect_ident_or_string().map(|_| ()).map_err(Into::into),
                _ => unexpected(),
            }
        })?;
    }
    Ok(url)
}
