//! Nothing is read from elsewhere than the templates folder, whatever names it.

use std::os::unix::fs::symlink;

use crate::shelf::{Shelf, file};

/// Each way to name a file: the head and the body of a template that does.
fn ways(reference: &str) -> Vec<(&'static str, String, String)> {
    let style = |css: String| format!("<style>{css}</style>");
    vec![
        ("link", format!("<link rel=\"stylesheet\" href=\"{reference}\">"), "<p>a</p>".to_owned()),
        ("import", style(format!("@import \"{reference}\";")), "<p>a</p>".to_owned()),
        ("import url", style(format!("@import url(\"{reference}\");")), "<p>a</p>".to_owned()),
        (
            "font-face",
            style(format!("@font-face {{ font-family: X; src: url(\"{reference}\") }} p {{ font-family: X }}")),
            "<p>a</p>".to_owned(),
        ),
        ("img", String::new(), format!("<img src=\"{reference}\" alt=\"\">")),
        ("background", style(format!("p {{ background: url(\"{reference}\") }}")), "<p>a</p>".to_owned()),
        ("background-image", String::new(), format!("<p style=\"background-image: url('{reference}')\">a</p>")),
        (
            "margin box",
            style(format!("@page {{ @top-left {{ content: \"a\"; background-image: url(\"{reference}\") }} }}")),
            "<p>a</p>".to_owned(),
        ),
    ]
}

/// A shelf beside which, and in which, everything lies that a reference could lead to.
fn shelf() -> Shelf {
    let shelf = Shelf::new("", "", "<p>a</p>");
    for outside in ["secret", "outside"] {
        shelf.put(&format!("{outside}/file.css"), "p { color: red }");
        shelf.put(&format!("{outside}/file.png"), file("tests/pictures/palette.png"));
        shelf.put(&format!("{outside}/file.ttf"), file("templates/fonts/NotoSans-Regular.ttf"));
    }
    for (name, ending) in [("css", "css"), ("png", "png"), ("ttf", "ttf")] {
        symlink(shelf.path(&format!("secret/file.{ending}")), shelf.path(&format!("templates/link-{name}.{ending}")))
            .unwrap();
    }
    symlink(shelf.path("secret"), shelf.path("templates/folder")).unwrap();
    symlink("../secret", shelf.path("templates/relative")).unwrap();
    shelf
}

/// The ending of the file that a way reads.
fn ending(way: &str) -> &'static str {
    match way {
        "link" | "import" | "import url" => "css",
        "font-face" => "ttf",
        _ => "png",
    }
}

#[test]
fn every_way_reads_what_is_inside() {
    // Else the refusals below would prove nothing.
    let shelf = shelf();
    shelf.put("templates/in/file.css", "p { color: red }");
    shelf.put("templates/in/file.png", file("tests/pictures/palette.png"));
    shelf.put("templates/in/file.ttf", file("templates/fonts/NotoSans-Regular.ttf"));
    symlink(shelf.path("templates/in"), shelf.path("templates/inner")).unwrap();
    for reference in ["in/file.", "./in/file.", "in/../in/file.", "inner/file."] {
        for (way, ..) in ways("") {
            let reference = format!("{reference}{}", ending(way));
            let (_, head, body) = ways(&reference).into_iter().find(|(name, ..)| *name == way).unwrap();
            shelf.template(&head, &body);
            let (plate, faults) = shelf.load();
            assert!(plate.is_some(), "{way} {reference}: {faults:?}");
        }
    }
}

#[test]
fn no_way_leads_outside() {
    let shelf = shelf();
    let absolute = shelf.path("secret/file.").display().to_string();
    let references = [
        "../secret/file.".to_owned(),
        "in/../../secret/file.".to_owned(),
        "./../secret/file.".to_owned(),
        "..\\secret\\file.".to_owned(),
        "....//secret/file.".to_owned(),
        "%2e%2e/secret/file.".to_owned(),
        "..%2fsecret%2ffile.".to_owned(),
        "%2e%2e%2fsecret%2ffile.".to_owned(),
        "&#46;&#46;/secret/file.".to_owned(),
        format!("/{absolute}"),
        absolute.clone(),
        format!("file://{absolute}"),
        format!("FILE:{absolute}"),
        "http://127.0.0.1:1/file.".to_owned(),
        "https://example.org/file.".to_owned(),
        "//example.org/file.".to_owned(),
        "data:image/png;base64,iVBORw0KGgo=#file.".to_owned(),
        "folder/file.".to_owned(),
        "relative/file.".to_owned(),
        "folder/../../secret/file.".to_owned(),
        "list.html/../../secret/file.".to_owned(),
        "~/file.".to_owned(),
        "/proc/self/environ#file.".to_owned(),
        "../secret/file.\0.".to_owned(),
        "../secret\0/file.".to_owned(),
        "\0../secret/file.".to_owned(),
    ];
    for reference in &references {
        for (way, ..) in ways("") {
            let ending = ending(way);
            refused(&shelf, way, &format!("{reference}{ending}"));
        }
    }
    for (way, ..) in ways("") {
        let ending = ending(way);
        refused(&shelf, way, &format!("link-{ending}.{ending}"));
        // What is behind a link that leads nowhere can't be told from what doesn't exist.
        refused(&shelf, way, &format!("nowhere.{ending}"));
    }
}

/// A reference is refused in every place that names it, with file, line and column.
fn refused(shelf: &Shelf, way: &str, reference: &str) {
    let (_, head, body) = ways(reference).into_iter().find(|(name, ..)| *name == way).unwrap();
    shelf.template(&head, &body);
    let (plate, faults) = shelf.load();
    assert!(plate.is_none(), "{way} {reference:?} was read");
    let placed = |fault: &String| {
        let mut parts = fault.split(':');
        parts.next() == Some("templates/list.html")
            && parts.next().is_some_and(|line| line.parse::<u32>().is_ok())
            && parts.next().is_some_and(|column| column.parse::<u32>().is_ok())
    };
    assert!(faults.iter().all(placed), "{way} {reference:?}: {faults:?}");
    let told = |fault: &String| {
        ["templates folder", "can't be read", "TrueType", "picture"].iter().any(|words| fault.contains(words))
    };
    assert!(faults.iter().any(told), "{way} {reference:?}: {faults:?}");
    assert!(!faults.iter().any(|fault| fault.contains("color: red")), "{faults:?}");
}

/// Sheets within sheets, and pictures and fonts named in them, are relative to the sheet and leave the folder as little.
#[test]
fn sheets_in_folders_lead_no_further() {
    let shelf = shelf();
    shelf.template("<link rel=\"stylesheet\" href=\"css/a.css\">", "<p>a</p>");
    for (css, good) in [
        ("p { background: url(../pictures/a.png) }", true),
        ("p { background: url(../../secret/file.png) }", false),
        ("@import \"../../secret/file.css\";", false),
        ("@import \"../folder/file.css\";", false),
        ("@font-face { font-family: X; src: url(../../secret/file.ttf) }", false),
        ("@font-face { font-family: X; src: url(../relative/file.ttf) }", false),
    ] {
        shelf.put("templates/pictures/a.png", file("tests/pictures/palette.png"));
        shelf.put("templates/css/a.css", css);
        let (plate, faults) = shelf.load();
        assert_eq!(plate.is_some(), good, "{css}: {faults:?}");
        assert!(good || faults.iter().all(|fault| fault.starts_with("templates/css/a.css:1:")), "{css}: {faults:?}");
    }
}
