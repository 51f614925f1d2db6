//! What to write instead of CSS that isn't supported.

use crate::template::css::property;

const FLEX: &str = "put the boxes side by side with `display: flex` on their parent";
const STILL: &str = "leave it out: paper doesn't move";
const SIDES: &str = "use `-left` and `-right`: which side text starts at depends on its direction";
const OUTLINE: &str = "use `border`";
const SHAPE: &str = "leave it out, or use a PNG picture that looks like it";

/// Properties that people reach for, and what does the job here.
const ALTERNATIVES: &[(&str, &str)] = &[
    ("float", FLEX),
    ("clear", FLEX),
    ("z-index", "what stands later in the HTML is drawn above; order the elements there"),
    ("columns", "use `display: grid` or a table"),
    ("column-count", "use `display: grid` or a table"),
    ("column-width", "use `display: grid` or a table"),
    ("grid", "use `grid-template`, `grid-auto-flow`, `grid-auto-rows` and `grid-auto-columns`"),
    ("all", "name the properties that you want to reset"),
    ("box-shadow", "use a border or a background colour"),
    ("text-shadow", "use `color` or `font-weight`"),
    ("filter", SHAPE),
    ("backdrop-filter", SHAPE),
    ("mask", SHAPE),
    ("clip-path", "use `overflow: hidden` with `border-radius`"),
    ("mix-blend-mode", "use `opacity`, or a colour such as `rgb(0 0 0 / 50%)`"),
    ("border-image", "use `border`, or a background picture"),
    ("transform", "leave it out"),
    ("rotate", "leave it out"),
    ("scale", "use `width` and `font-size`"),
    ("translate", "use `position: relative` with `left` and `top`"),
    ("transition", STILL),
    ("animation", STILL),
    ("animation-name", STILL),
    ("cursor", "leave it out: paper has no pointer"),
    ("pointer-events", "leave it out: paper has no pointer"),
    ("user-select", "leave it out: paper has no pointer"),
    ("outline", OUTLINE),
    ("outline-offset", OUTLINE),
    ("overflow-x", "use `overflow`"),
    ("overflow-y", "use `overflow`"),
    ("background-attachment", "leave it out: paper doesn't scroll"),
    ("background-clip", "put the background on an element inside"),
    ("background-origin", "use `background-position`"),
    ("background-blend-mode", "mix the picture yourself"),
    ("object-fit", "give the picture the `width` and `height` of its own proportions, or use `background-size`"),
    ("aspect-ratio", "use `width` and `height`"),
    ("list-style-image", "use `list-style-type` with a string, or `::before`"),
    ("font-variant", "use `text-transform: uppercase` with a smaller `font-size`"),
    ("font-variant-caps", "use `text-transform: uppercase` with a smaller `font-size`"),
    ("font-variant-numeric", "use a font whose digits are as you want them"),
    ("font-feature-settings", "use a font that has it on by itself"),
    ("font-stretch", "name the narrow font as a family of its own with `@font-face`"),
    ("font-size-adjust", "use `font-size`"),
    ("font-kerning", "leave it out: kerning is always on"),
    ("text-rendering", "leave it out: quality comes first"),
    ("-webkit-font-smoothing", "leave it out: it is for screens"),
    ("text-align-last", "use `text-align` on an element of its own"),
    ("text-justify", "use `text-align: justify`"),
    ("text-wrap", "use `white-space`"),
    ("text-underline-offset", "use `text-decoration-thickness`, or a `border-bottom`"),
    ("text-emphasis", "use `<strong>` or `<em>`"),
    ("hyphenate-character", "put `&shy;` where words may be divided"),
    ("line-break", "use `word-break`"),
    ("writing-mode", "text runs from left to right or from right to left; use `direction`"),
    ("quotes", "write the quotation marks"),
    ("string-set", "use `position: running(name)` and `content: element(name)` in a margin box"),
    ("bookmark-label", "the bookmark says what the element says; use `bookmark-level`"),
    ("margin-inline-start", SIDES),
    ("margin-inline-end", SIDES),
    ("padding-inline-start", SIDES),
    ("padding-inline-end", SIDES),
    ("border-inline-start", SIDES),
    ("border-inline-end", SIDES),
    ("inset-inline", SIDES),
    ("inset-block", "use `top` and `bottom`"),
    ("inline-size", "use `width`"),
    ("block-size", "use `height`"),
    ("box-decoration-break", "leave it out: a box that is split has its border at its ends alone"),
    ("size", "put it in `@page { … }`"),
    ("zoom", "use `font-size` and `width`"),
];

/// The remedy for a property that isn't supported.
pub(crate) fn instead_of(property: &str) -> String {
    let lower = property.to_ascii_lowercase();
    if let Some((_, remedy)) = ALTERNATIVES.iter().find(|(name, _)| *name == lower) {
        return (*remedy).to_owned();
    }
    if let Some(plain) = ["-webkit-", "-moz-", "-ms-", "-o-"].iter().find_map(|prefix| lower.strip_prefix(prefix)) {
        return match property::longhands(plain).is_some() {
            true => format!("write `{plain}`, without a browser's prefix"),
            false => instead_of(plain),
        };
    }
    match nearest(&lower) {
        Some(known) => format!("did you mean `{known}`?"),
        None => "docs/TEMPLATES.md lists what is supported".to_owned(),
    }
}

/// The remedy for an at-rule that isn't supported.
pub(crate) fn instead_of_rule(name: &str) -> &'static str {
    match name.to_ascii_lowercase().as_str() {
        "charset" => "leave it out: files are UTF-8",
        "supports" => "write the rules by themselves: what isn't supported is told",
        "layer" => "put the rules in the order in which they are to win",
        "keyframes" | "-webkit-keyframes" | "view-transition" | "starting-style" => STILL,
        "container" | "viewport" => "paper has no window; use `@page` for sizes",
        "counter-style" => "use one of the styles that exist, or `list-style-type` with a string",
        "property" => "set the custom property on `:root`",
        "scope" => "write the whole selector",
        "namespace" => "leave it out: there is only HTML",
        "font-feature-values" | "font-palette-values" => "use a font that has it on by itself",
        _ => "supported are `@page`, `@font-face`, `@import` and `@media print`",
    }
}

/// The property that a misspelt one is most like.
fn nearest(name: &str) -> Option<&'static str> {
    let most = 1 + name.len() / 6;
    if !(3..40).contains(&name.len()) {
        return None;
    }
    let near = property::all().filter(|known| known.len().abs_diff(name.len()) <= most);
    let (distance, known) = near.map(|known| (strsim::osa_distance(name, known), known)).min()?;
    (distance <= most).then_some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_both_supported_and_refused() {
        for (name, _) in ALTERNATIVES {
            assert!(property::longhands(name).is_none(), "{name}");
        }
    }

    #[test]
    fn misspelt_and_prefixed_names_are_recognised() {
        assert_eq!(instead_of("colr"), "did you mean `color`?");
        assert_eq!(instead_of("Bakground-color"), "did you mean `background-color`?");
        assert_eq!(instead_of("-webkit-box-sizing"), "write `box-sizing`, without a browser's prefix");
        assert_eq!(instead_of("-moz-transition"), STILL);
        assert_eq!(instead_of("gibberish"), "docs/TEMPLATES.md lists what is supported");
    }
}
