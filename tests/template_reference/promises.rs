//! The tables of the reference: each property with its values, and what isn't supported.

use std::fs;

use crate::press;

/// The head of a table that lists properties with their values.
const PROPERTIES: &str = "| property | values |";

/// The head of a table that lists what is refused, with the alternative.
const REFUSED: &str = "| not supported | use |";

/// Faults in what the tables of properties list.
pub(crate) fn refused(page: &str) -> Vec<String> {
    let declarations = rows(page, PROPERTIES).flat_map(declarations).collect::<Vec<_>>();
    assert!(declarations.len() > 100, "only {} values are listed", declarations.len());
    declarations.iter().filter_map(|declaration| load(declaration).err()).collect()
}

/// What the tables of exclusions list, and loads all the same.
pub(crate) fn wrongly_accepted(page: &str) -> Vec<String> {
    let excluded: Vec<String> = rows(page, REFUSED).flat_map(|row| code(cells(row)[0])).collect();
    assert!(excluded.len() > 5, "only {} exclusions are listed", excluded.len());
    excluded.into_iter().filter(|declaration| load(declaration).is_ok()).collect()
}

/// Every property of a row with every value: `| `width`, `height` | `auto`, `40pt` |`.
fn declarations(row: &str) -> Vec<String> {
    let cells = cells(row);
    let values = code(cells[1]);
    let with_values =
        |property: String| values.iter().map(move |value| format!("{property}: {value}")).collect::<Vec<_>>();
    code(cells[0]).into_iter().flat_map(with_values).collect()
}

fn rows<'p>(page: &'p str, head: &'p str) -> impl Iterator<Item = &'p str> {
    page.split(head).skip(1).flat_map(|table| table.lines().skip(2).take_while(|line| line.starts_with('|')))
}

fn cells(row: &str) -> Vec<&str> {
    row.trim_matches('|').split(" | ").collect()
}

/// What stands between backticks.
fn code(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Loads a template with a declaration, or with an element where that is what is written.
fn load(written: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let (style, body) = match written.strip_prefix('<') {
        Some(_) => (String::new(), written.to_owned()),
        None => (format!("div {{ {written} }}"), "<div>Text</div>".to_owned()),
    };
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>T</title><style>{style}</style></head><body>{body}</body></html>"
    );
    fs::create_dir(folder.path().join("images")).unwrap();
    for picture in ["dark.jpg", "half-transparent.png"] {
        let from = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(picture);
        fs::copy(from, folder.path().join("images").join(picture)).unwrap();
    }
    fs::write(folder.path().join("t.html"), html).unwrap();
    press::load(folder.path(), "t.html").map(|_| ()).map_err(|why| format!("`{written}`: {why}"))
}
