//! What to write instead of CSS that isn't supported.

/// Properties that people reach for, and what does the job here.
const ALTERNATIVES: &[(&str, &str)] = &[
    ("float", "put the boxes side by side with `display: flex` on their parent"),
    ("clear", "put the boxes side by side with `display: flex` on their parent"),
    ("position", "use margins, a flex row, or a margin box of `@page` for what stands on every page"),
    ("top", "use `margin-top`"),
    ("left", "use `margin-left`"),
    ("right", "use `margin-right`"),
    ("bottom", "use `margin-bottom`"),
    ("z-index", "order the elements in the HTML"),
    ("grid", "use a table or `display: flex`"),
    ("grid-template-columns", "use a table with `<col>` widths or `display: flex`"),
    ("columns", "use a table or `display: flex`"),
    ("column-count", "use a table or `display: flex`"),
    ("border-radius", "leave it out: corners are square for now"),
    ("box-shadow", "use a border or a background colour"),
    ("text-shadow", "use `color` or `font-weight`"),
    ("opacity", "mix the colour yourself and write it as `#rrggbb`"),
    ("background-image", "use an `<img>`, or a `background-color`"),
    ("transform", "leave it out"),
    ("transition", "leave it out: paper doesn't move"),
    ("animation", "leave it out: paper doesn't move"),
    ("overflow", "leave it out: boxes grow with their content"),
    ("visibility", "use `data-if` or `display: none`"),
    ("outline", "use `border`"),
    ("text-indent", "use `padding-left`"),
    ("word-spacing", "use `letter-spacing`"),
    ("text-overflow", "let the text wrap, or shorten it in SQL"),
    ("content", "write the text in the HTML, or in a margin box of `@page`"),
    ("list-style-image", "use `list-style-type`"),
    ("font-variant", "use `text-transform: uppercase` with a smaller `font-size`"),
    ("margin-inline", "use `margin-left` and `margin-right`"),
    ("margin-block", "use `margin-top` and `margin-bottom`"),
    ("padding-inline", "use `padding-left` and `padding-right`"),
    ("padding-block", "use `padding-top` and `padding-bottom`"),
    ("inset", "use margins"),
    ("align-self", "use `align-items` on the parent"),
    ("align-content", "use `align-items`"),
    ("order", "order the elements in the HTML"),
    ("size", "put it in `@page { … }`"),
];

/// The remedy for a property that isn't supported.
pub(crate) fn instead_of(property: &str) -> String {
    if property.starts_with("--") {
        return "`var()` is not supported yet; write the value itself where it is used".to_owned();
    }
    let known = ALTERNATIVES.iter().find(|(name, _)| property.eq_ignore_ascii_case(name));
    match known {
        Some((_, remedy)) => (*remedy).to_owned(),
        None => "docs/TEMPLATES.md lists what is supported".to_owned(),
    }
}
