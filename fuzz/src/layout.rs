//! Random templates × random rows, from the template's text to the document's bytes.
//!
//! The input is read as choices: elements, their styles, texts, rows. What can't be loaded is an error and fine; what can
//! ends in pages or in an error, all rows are on them, and nothing panics, hangs or grows without bound.

use arbitrary::{Result, Unstructured};

use crate::press;

const DEEPEST: usize = 6;

const BLOCKS: [&str; 12] =
    ["div", "p", "section", "h1", "h2", "ul", "ol", "table", "pre", "blockquote", "figure", "dl"];
const SPANS: [&str; 8] = ["span", "b", "em", "small", "sup", "sub", "a", "code"];

const TEXTS: [&str; 14] = [
    "word",
    "two words",
    " ",
    "a\u{a0}b",
    "supercalifragilisticexpialidocious",
    "12.5",
    "{{ row.name }}",
    "{{ rows.data }}",
    "שלום 12 abc",
    "مرحبا بالعالم",
    "नमस्ते",
    "วัคซีน",
    "接种记录由诊所保存",
    "👩‍👩‍👧 e\u{301}\u{ad}x",
];

/// Properties, each with a few values; `#` stands for a length.
const STYLES: &[(&str, &[&str])] = &[
    (
        "display",
        &[
            "block",
            "inline",
            "inline-block",
            "flex",
            "inline-flex",
            "grid",
            "inline-grid",
            "none",
            "list-item",
            "table",
            "table-cell",
        ],
    ),
    ("position", &["static", "relative", "absolute", "running(head)"]),
    ("width", &["auto", "#", "50%", "calc(100% - #)"]),
    ("height", &["auto", "#", "50%", "0"]),
    ("min-width", &["#", "auto"]),
    ("max-width", &["#", "none", "10%"]),
    ("min-height", &["#"]),
    ("max-height", &["#", "none"]),
    ("margin", &["#", "auto", "-#", "# auto", "10%"]),
    ("padding", &["#", "5%"]),
    ("border", &["1pt solid red", "# dashed", "# double #123", "none"]),
    ("border-radius", &["#", "50%", "# / #"]),
    ("overflow", &["hidden", "visible"]),
    ("opacity", &["0.5", "0"]),
    ("top", &["#", "-#", "auto"]),
    ("left", &["#", "50%"]),
    ("right", &["#", "auto"]),
    ("flex", &["1", "none", "0 1 #", "auto"]),
    ("flex-direction", &["row", "column", "row-reverse", "column-reverse"]),
    ("flex-wrap", &["wrap", "nowrap", "wrap-reverse"]),
    ("gap", &["#", "0"]),
    ("align-items", &["center", "baseline", "flex-end", "stretch"]),
    ("justify-content", &["center", "space-between", "space-evenly", "flex-end"]),
    ("grid-template-columns", &["1fr 1fr", "# auto", "repeat(3, minmax(#, 1fr))", "none"]),
    ("grid-column", &["span 2", "1 / -1", "3", "-5"]),
    ("grid-row", &["span 3", "2"]),
    ("font-size", &["#", "50%", "larger", "0"]),
    ("line-height", &["#", "1", "0", "normal", "3"]),
    ("text-align", &["justify", "center", "right", "end"]),
    ("text-indent", &["#", "-#"]),
    ("letter-spacing", &["#", "-#"]),
    ("word-spacing", &["#"]),
    ("white-space", &["nowrap", "pre", "pre-wrap", "pre-line"]),
    ("overflow-wrap", &["anywhere", "break-word"]),
    ("word-break", &["break-all", "keep-all"]),
    ("text-overflow", &["ellipsis"]),
    ("vertical-align", &["middle", "top", "super", "#", "bottom"]),
    ("direction", &["rtl", "ltr"]),
    ("break-before", &["page", "left", "avoid"]),
    ("break-after", &["page", "right", "avoid"]),
    ("break-inside", &["avoid", "auto"]),
    ("page", &["wide", "auto"]),
    ("orphans", &["1", "9"]),
    ("table-layout", &["fixed", "auto"]),
    ("border-collapse", &["collapse", "separate"]),
    ("border-spacing", &["#"]),
    ("list-style", &["square inside", "none", "decimal"]),
    ("counter-reset", &["page", "c 5"]),
    ("background", &["red", "#00f8"]),
];

fn any<T: Copy>(u: &mut Unstructured<'_>, of: &[T]) -> Result<T> {
    u.choose(of).copied()
}

fn length(u: &mut Unstructured<'_>) -> Result<String> {
    let number: u16 = u.int_in_range(0..=400)?;
    let unit = any(u, &["pt", "px", "em", "mm", "0000pt"])?;
    Ok(format!("{}{unit}", number / 4))
}

fn style(u: &mut Unstructured<'_>) -> Result<String> {
    let mut declarations = String::new();
    for _ in 0..u.int_in_range(0..=4)? {
        let (property, values) = any(u, STYLES)?;
        let mut value = any(u, values)?.to_owned();
        // Colours begin with the same character and a digit.
        while let Some(at) = value.find('#').filter(|at| !value[at + 1..].starts_with(|c: char| c.is_ascii_hexdigit()))
        {
            value.replace_range(at..=at, &length(u)?);
        }
        declarations += &format!("{property}: {value}; ");
    }
    Ok(declarations)
}

fn texts(u: &mut Unstructured<'_>, out: &mut String) -> Result<()> {
    for _ in 0..u.int_in_range(0..=6)? {
        if u.ratio(1, 4)? {
            let tag = any(u, &SPANS)?;
            *out += &format!("<{tag} style=\"{}\">{}</{tag}>", style(u)?, any(u, &TEXTS)?);
        } else {
            *out += any(u, &TEXTS)?;
            *out += " ";
        }
    }
    Ok(())
}

fn cells(u: &mut Unstructured<'_>, depth: usize, out: &mut String) -> Result<()> {
    for _ in 0..u.int_in_range(1..=4)? {
        let spans = format!("colspan=\"{}\" rowspan=\"{}\"", u.int_in_range(1..=3)?, u.int_in_range(1..=3)?);
        *out += &format!("<td {} style=\"{}\">", if u.ratio(1, 4)? { spans } else { String::new() }, style(u)?);
        if depth < DEEPEST && u.ratio(1, 5)? {
            block(u, depth + 1, out)?
        } else {
            texts(u, out)?
        }
        *out += "</td>";
    }
    Ok(())
}

fn table(u: &mut Unstructured<'_>, depth: usize, out: &mut String) -> Result<()> {
    *out += &format!("<table style=\"{}\"><tbody>", style(u)?);
    for _ in 0..u.int_in_range(1..=5)? {
        let repeated = if u.ratio(1, 6)? { " data-for=\"row in data\"" } else { "" };
        *out += &format!("<tr{repeated} style=\"{}\">", style(u)?);
        cells(u, depth, out)?;
        *out += "</tr>";
    }
    *out += "</tbody></table>";
    Ok(())
}

fn block(u: &mut Unstructured<'_>, depth: usize, out: &mut String) -> Result<()> {
    let tag = any(u, &BLOCKS)?;
    if tag == "table" {
        return table(u, depth, out);
    }
    *out += &format!("<{tag} style=\"{}\">", style(u)?);
    match tag {
        "ul" | "ol" => {
            for _ in 0..u.int_in_range(0..=4)? {
                *out += &format!("<li style=\"{}\">", style(u)?);
                if depth < DEEPEST && u.ratio(1, 4)? {
                    block(u, depth + 1, out)?
                } else {
                    texts(u, out)?
                }
                *out += "</li>";
            }
        }
        "dl" => *out += "<dt>Term</dt><dd>Definition</dd>",
        "p" | "h1" | "h2" | "pre" => texts(u, out)?,
        _ => {
            for _ in 0..u.int_in_range(0..=4)? {
                if depth < DEEPEST {
                    block(u, depth + 1, out)?
                }
            }
            texts(u, out)?;
        }
    }
    *out += &format!("</{tag}>");
    Ok(())
}

fn streamed(u: &mut Unstructured<'_>, out: &mut String) -> Result<()> {
    *out += &format!(
        "<table data-rows=\"row in streamed\" style=\"table-layout: fixed; width: 100%; {}\">\
         <thead><tr style=\"{}\"><th>Name</th><th>Group</th></tr></thead><tbody>",
        style(u)?,
        style(u)?
    );
    if u.arbitrary()? {
        let repeat = if u.arbitrary()? { " data-repeat" } else { "" };
        *out += &format!(
            "<tr data-group=\"row.group\"{repeat} style=\"{}\"><th colspan=\"2\">{{{{ row.group }}}}</th></tr>",
            style(u)?
        );
    }
    *out += &format!("<tr style=\"{}\"><td style=\"{}\">{{{{ row.name }}}}</td><td>", style(u)?, style(u)?);
    texts(u, out)?;
    *out += "</td></tr>";
    if u.arbitrary()? {
        *out += "<tr data-group-footer=\"row.group\"><td>{{ count() }}</td><td>{{ max(row.name) }}</td></tr>";
    }
    *out += "</tbody></table>";
    Ok(())
}

fn document(u: &mut Unstructured<'_>) -> Result<String> {
    let mut body = String::new();
    let stream_at = u.int_in_range(0..=5)?;
    for at in 0..=u.int_in_range(1..=5)? {
        if at == stream_at {
            streamed(u, &mut body)?;
        }
        block(u, 0, &mut body)?;
    }
    let (width, height) = (u.int_in_range(40..=400)?, u.int_in_range(40..=600)?);
    let margin: u16 = u.int_in_range(0..=60)?;
    Ok(format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>T</title><style>\
         @page {{ size: {width}pt {height}pt; margin: {margin}pt; @top-center {{ content: counter(page) \"/\" counter(pages); }} }}\
         @page wide {{ size: 500pt 300pt; }} body {{ {} }}</style></head><body>{body}</body></html>",
        style(u)?
    ))
}

/// The bytes are choices.
pub fn layout(bytes: &[u8]) {
    let mut u = Unstructured::new(bytes);
    let count = u.int_in_range(0..=40).unwrap_or(0);
    let Ok(html) = document(&mut u) else { return };
    press::press(&html, press::rows(&mut u, count), bytes.first().is_some_and(|byte| byte % 2 == 0));
}
