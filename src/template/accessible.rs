//! What keeps a document from being read by who can't see it: told as warnings, because the pages are drawn all the
//! same.

use std::path::Path;

use crate::{
    fault::Fault,
    template::{
        document::{Child, Document, Element, ElementId, Text},
        stream::fault_at,
    },
};

/// Everything in a template that a reader of its structure would stumble over.
pub(crate) fn warnings(document: &Document, file: &Path) -> Vec<Fault> {
    let mut warnings = Vec::new();
    let mut level = 0;
    for (id, element) in document.iter() {
        let found = match element.tag {
            "html" if element.attribute("lang").is_none() => {
                Some(("the document names no language".to_owned(), "write `<html lang=\"en\">`"))
            }
            "img" if element.attribute("alt").is_none() => Some((
                "the picture has no alternative text and is taken for decoration".to_owned(),
                "write `alt=\"…\"`, or `alt=\"\"` for decoration",
            )),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => heading(document, id, element, &mut level),
            "a" if element.attribute("href").is_some() && !says_something(document, id) => {
                Some(("the link has no text".to_owned(), "write where it leads, or an `<img>` with `alt`"))
            }
            "table" if !has(document, id, &|element| element.tag == "th") => Some((
                "the table has no header cells".to_owned(),
                "write `<th>` for the cells that name a column or a row",
            )),
            "figure" if !has(document, id, &|element| matches!(element.tag, "img" | "figcaption" | "table")) => {
                Some(("the figure has neither picture nor caption".to_owned(), "write an `<img>` with `alt` into it"))
            }
            _ => None,
        };
        if let Some((message, help)) = found {
            warnings.push(fault_at(document, file, id, &message, help).warning());
        }
    }
    warnings
}

/// What is wrong with a heading; `level` is that of the one before, or 0.
fn heading(document: &Document, id: ElementId, element: &Element, level: &mut u8) -> Option<(String, &'static str)> {
    let own = element.tag.as_bytes()[1] - b'0';
    let above = std::mem::replace(level, own);
    if !says_something(document, id) {
        return Some((format!("the heading `<{}>` is empty", element.tag), "write its text, or leave it out"));
    }
    let help = "headings go down one level at a time; change how large they are in CSS";
    match above {
        0 if own > 1 => Some((format!("the first heading is `<{}>`, not `<h1>`", element.tag), help)),
        above if own > above + 1 => {
            Some((format!("`<{}>` follows `<h{above}>`: a level is skipped", element.tag), help))
        }
        _ => None,
    }
}

/// Whether there is text in an element, or a picture that says something.
fn says_something(document: &Document, id: ElementId) -> bool {
    let has_text =
        |element: &Element| element.children.iter().any(|child| matches!(child, Child::Text(text) if !text.is_blank()));
    let is_told = |element: &Element| {
        element.tag == "img" && element.attribute("alt").is_some_and(|alt: &Text| alt.literal() != Some(""))
    };
    has_text(document.get(id)) || has(document, id, &|element| has_text(element) || is_told(element))
}

/// Whether some element within another is like that.
fn has(document: &Document, id: ElementId, is: &dyn Fn(&Element) -> bool) -> bool {
    document.child_elements(id).any(|child| is(document.get(child)) || has(document, child, is))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use expect_test::expect;

    use crate::{fault::Fault, template::Template};

    #[test]
    fn what_readers_would_stumble_over_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let html = "<html><body>\n<h2>{{ report.title }}</h2>\n<h4>deep</h4>\n<h3> </h3>\n\
            <p><a href='https://example.org'></a> <a href='https://example.org'>there</a></p>\n\
            <table><tbody><tr><td>1</td></tr></tbody></table>\n<figure>words</figure>\n\
            <table><thead><tr><th>A</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>\n</body></html>";
        fs::write(folder.path().join("t.html"), html).unwrap();
        let template = Template::load(folder.path(), "t.html").unwrap();
        let shown = |fault: &Fault| format!("{}\n", Fault { file: Some(PathBuf::from("t.html")), ..fault.clone() });
        expect![[r#"
            t.html:1:1: warning: the document names no language
              help: write `<html lang="en">`
            t.html:2:1: warning: the first heading is `<h2>`, not `<h1>`
              help: headings go down one level at a time; change how large they are in CSS
            t.html:3:1: warning: `<h4>` follows `<h2>`: a level is skipped
              help: headings go down one level at a time; change how large they are in CSS
            t.html:4:1: warning: the heading `<h3>` is empty
              help: write its text, or leave it out
            t.html:5:4: warning: the link has no text
              help: write where it leads, or an `<img>` with `alt`
            t.html:6:1: warning: the table has no header cells
              help: write `<th>` for the cells that name a column or a row
            t.html:7:1: warning: the figure has neither picture nor caption
              help: write an `<img>` with `alt` into it
        "#]]
        .assert_eq(&template.warnings().iter().map(shown).collect::<String>());
    }
}
