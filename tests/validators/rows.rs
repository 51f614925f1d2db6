//! Every row of every report that ships, held against the data: none lost, none doubled, all in their order.
//!
//! The samples are short, so each row is printed many times, with a mark of its own. Two readers look: `logical.py`
//! follows the structure tree, which is the order that a document declares, in any script; poppler's `pdftotext` goes
//! by the content, and puts lines of both directions into an order of its own, so that it is asked for whole lines where
//! each has one direction alone.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use regex::Regex;
use serde_json::{Value as Json, json};

use crate::{press, python, reports, suite, suite::Case};

/// A report, its dataset of rows, the field that is given a mark, and the fields that it prints as they are, in order.
struct Printed {
    report: &'static str,
    dataset: &'static str,
    marked: &'static str,
    fields: &'static [&'static str],
    /// Whether a row of the data is a row of a table.
    in_table: bool,
}

const PRINTED: [Printed; 12] = [
    table(
        "administered-doses",
        "doses",
        "lot_number",
        &["chart_number", "family_name", "given_name", "vaccine", "lot_number", "clinic"],
    ),
    apart("chart-labels", "patients", "chart_number", &["family_name", "given_name", "chart_number", "clinic"]),
    table("clinic-activity", "appointments", "city", &["clinic", "city"]),
    table("clinic-activity", "doses", "series", &["vaccine", "series"]),
    table("clinic-activity-ja", "appointments", "city", &["clinic", "city"]),
    table("clinic-activity-ja", "doses", "series", &["vaccine", "series"]),
    table(
        "immunization-record",
        "doses",
        "lot_number",
        &[
            "vaccine",
            "series",
            "cvx_code",
            "route",
            "site",
            "lot_number",
            "provider_given_name",
            "provider_family_name",
            "clinic",
        ],
    ),
    table(
        "immunization-record-ar",
        "doses",
        "lot_number",
        &["vaccine", "lot_number", "provider_given_name", "provider_family_name"],
    ),
    table("invoice", "lines", "description", &["description"]),
    apart(
        "recall-letters",
        "letters",
        "chart_number",
        &["given_name", "family_name", "address", "city", "series", "chart_number"],
    ),
    table(
        "recall-list",
        "patients",
        "chart_number",
        &["series", "family_name", "given_name", "chart_number", "clinic"],
    ),
    table("stock-by-clinic", "stock", "lot_number", &["vaccine", "lot_number"]),
];

const fn table(
    report: &'static str,
    dataset: &'static str,
    marked: &'static str,
    fields: &'static [&'static str],
) -> Printed {
    Printed { report, dataset, marked, fields, in_table: true }
}

const fn apart(
    report: &'static str,
    dataset: &'static str,
    marked: &'static str,
    fields: &'static [&'static str],
) -> Printed {
    Printed { report, dataset, marked, fields, in_table: false }
}

/// Rows of each dataset: over several pages of any report.
const ROWS: usize = 120;

/// The scripts in which the names of the Arabic report are written.
const ARABIC: &str = "بتثجحخدذرز";
const HEBREW: &str = "אבגדהוזחטי";

#[test]
fn every_row_is_read_where_the_data_has_it() {
    let mut complaints = Vec::new();
    for printed in &PRINTED {
        let scripts: &[&str] = if printed.report.ends_with("-ar") { &[ARABIC, HEBREW] } else { &[""] };
        for (variant, script) in scripts.iter().enumerate() {
            let (case, rows) = printed.case(script);
            let file = written(&case, &format!("{}-{}-{variant}.pdf", printed.report, printed.dataset));
            complaints.extend(
                printed
                    .complaints(&rows, &file)
                    .into_iter()
                    .map(|complaint| format!("{}: {complaint}", file.display())),
            );
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn poppler_reads_lines_of_one_direction_word_by_word() {
    let arabic = "محمد فاطمة حسن مريم يوسف زينب طارق سعيد نجوى خديجة";
    let hebrew = "שלום דוד מרים יוסף חנה רבקה משה שרה נועם תמר";
    for (name, language, words) in [("arabic", "ar", arabic), ("hebrew", "he", hebrew)] {
        let words: Vec<&str> = words.split(' ').collect();
        // Other words, in another order, on each line.
        let line =
            |n: usize| (0..5).map(|k| words[(n * (k + 1) + k * k + n / 7) % words.len()]).collect::<Vec<_>>().join(" ");
        let lines: Vec<String> = (0..200).map(line).collect();
        let folder = suite::workshop().join("one-direction");
        fs::create_dir_all(&folder).unwrap();
        let html = format!(
            "<!DOCTYPE html><html lang=\"{language}\" dir=\"rtl\"><head><title>T</title></head><body>\
             <p data-for=\"line in lines\">{{{{ line.text }}}}</p></body></html>"
        );
        fs::write(folder.join(format!("{name}.html")), html).unwrap();
        let data =
            json!({ "datasets": { "lines": lines.iter().map(|text| json!({ "text": text })).collect::<Vec<_>>() } });
        for tagged in [false, true] {
            let bytes = press::press(&folder, &format!("{name}.html"), &data, tagged).unwrap();
            let file = folder.join(format!("{name}-{tagged}.pdf"));
            fs::write(&file, bytes).unwrap();
            let output = Command::new("pdftotext").arg(&file).arg("-").output().unwrap();
            let read = String::from_utf8(output.stdout).unwrap();
            let read: Vec<String> = read.lines().map(plain).filter(|line| !line.is_empty()).collect();
            assert_eq!(read, lines, "{name}, tagged: {tagged}");
        }
    }
}

/// A row's own mark, and what a reader must find of it.
struct Row {
    mark: String,
    texts: Vec<String>,
    /// Those of them that are Latin.
    latin: Vec<String>,
}

impl Printed {
    /// The report with many rows; names are written with these ten letters, if there are any.
    fn case(&self, letters: &str) -> (Case, Vec<Row>) {
        let mut case = reports::all().into_iter().find(|case| case.name == self.report).unwrap();
        let sample = case.data["datasets"][self.dataset].as_array().unwrap().clone();
        let each = ROWS.div_ceil(sample.len());
        let mut rows = Vec::new();
        let mut expected = Vec::new();
        // Equal rows stay together, so that groups do.
        for (n, mut row) in sample.iter().flat_map(|row| std::iter::repeat_n(row.clone(), each)).enumerate() {
            let mark = format!("Q{n:05}Z");
            row[self.marked] = format!("{} {mark}", row[self.marked].as_str().unwrap()).into();
            if !letters.is_empty() {
                row["provider_given_name"] = in_letters(n + 10_000, letters).into();
                row["provider_family_name"] = in_letters(99_999 - n, letters).into();
            }
            let texts: Vec<String> = self
                .fields
                .iter()
                .map(|field| squeezed(row[*field].as_str().unwrap_or_else(|| panic!("{field} is no text"))))
                .collect();
            let latin = texts.iter().filter(|text| text.is_ascii()).cloned().collect();
            expected.push(Row { mark, texts, latin });
            rows.push(row);
        }
        case.data["datasets"][self.dataset] = Json::Array(rows);
        (case, expected)
    }

    fn complaints(&self, expected: &[Row], file: &Path) -> Vec<String> {
        let mut complaints = Vec::new();
        let logical = logical(file);
        let whole = logical["text"].as_str().unwrap().to_owned();
        for (reader, text) in [("the structure", &whole), ("poppler", &poppler(file))] {
            let found = marks(text);
            let wanted: Vec<&str> = expected.iter().map(|row| row.mark.as_str()).collect();
            if found != wanted {
                let at = found.iter().zip(&wanted).position(|(a, b)| a != b).unwrap_or(found.len().min(wanted.len()));
                complaints.push(format!(
                    "{reader} has {} rows of {}, the first that differs is {at}",
                    found.len(),
                    wanted.len()
                ));
            }
        }
        if let Some(missing) = missing_in_order(&whole, expected.iter().flat_map(|row| row.texts.iter().cloned())) {
            complaints.push(format!("the structure has no `{missing}` where it should be"));
        }
        complaints.extend(missing_between(&poppler(file), expected));
        if self.in_table {
            let rows: Vec<String> = logical["rows"].as_array().unwrap().iter().map(joined).collect();
            let marked: Vec<&String> = rows.iter().filter(|row| !marks(row).is_empty()).collect();
            if marked.len() != expected.len() {
                complaints.push(format!("{} rows of tables for {} of the data", marked.len(), expected.len()));
            }
            for (row, wanted) in marked.into_iter().zip(expected) {
                if let Some(missing) = missing_in_order(row, wanted.texts.iter().cloned()) {
                    complaints.push(format!("row {}: no `{missing}` in `{row}`", wanted.mark));
                }
            }
        }
        complaints
    }
}

/// The number, with these ten letters for its digits.
fn in_letters(number: usize, letters: &str) -> String {
    let letters: Vec<char> = letters.chars().collect();
    number.to_string().bytes().map(|digit| letters[usize::from(digit - b'0')]).collect()
}

fn joined(cells: &Json) -> String {
    cells.as_array().unwrap().iter().map(|cell| cell.as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

/// The marks in a text, in its order.
fn marks(text: &str) -> Vec<String> {
    Regex::new("Q[0-9]{5}Z").unwrap().find_iter(text).map(|found| found.as_str().to_owned()).collect()
}

/// The first of these that doesn't stand behind those before it.
fn missing_in_order(text: &str, wanted: impl Iterator<Item = String>) -> Option<String> {
    let text = squeezed(text);
    let mut rest = text.as_str();
    for wanted in wanted {
        match rest.find(&wanted) {
            Some(at) => rest = &rest[at + wanted.len()..],
            None => return Some(wanted),
        }
    }
    None
}

/// What poppler doesn't find of a row between the marks of the one before and the one after. A row that is split over
/// pages isn't in order there: all of its cells begin on the first.
fn missing_between(text: &str, rows: &[Row]) -> Option<String> {
    let text = squeezed(text);
    let places: Vec<usize> = rows.iter().filter_map(|row| text.find(&row.mark)).collect();
    (places.len() == rows.len()).then_some(())?;
    rows.iter().enumerate().find_map(|(index, row)| {
        let begin = index.checked_sub(1).map_or(0, |before| places[before]);
        let end = places.get(index + 1).copied().unwrap_or(text.len());
        let missing = row.latin.iter().find(|wanted| !text[begin..end.max(begin)].contains(wanted.as_str()))?;
        Some(format!("poppler has no `{missing}` beside {}", row.mark))
    })
}

/// Without spaces, for which lines may end, and without marks of direction.
fn squeezed(text: &str) -> String {
    plain(text).chars().filter(|c| !c.is_whitespace()).collect()
}

/// Without marks of direction.
fn plain(text: &str) -> String {
    let mark =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{c}');
    text.chars().filter(|c| !mark(*c)).collect()
}

fn written(case: &Case, name: &str) -> PathBuf {
    let folder = suite::workshop().join("rows");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(name);
    fs::write(&file, case.press(true).unwrap_or_else(|fault| panic!("{}: {fault}", case.name))).unwrap();
    file
}

fn logical(file: &Path) -> Json {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validators/logical.py");
    let output = Command::new(python()).arg(script).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The text in the order of the content.
fn poppler(file: &Path) -> String {
    let output = Command::new("pdftotext").arg("-raw").arg(file).arg("-").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}
