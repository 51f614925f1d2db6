//! Pressroom's side of `compare.py`: rows in JSON, the HTML template, a PDF in memory; prints what it took.
//!
//! `cargo bench --bench peers -- rows.json [2u|2a]`

#![expect(clippy::unwrap_used, reason = "a bench fails where something is missing")]

use std::{fs, path::Path, sync::Arc, time::Instant};

use pressroom::{
    layout::{self, Context, Interrupted, Pages, Rows, page::Page, text::Shaper},
    pdf::{Metadata, PdfWriter, Stamp, Summary},
    template::Template,
    value::{Column, ColumnType, Columns, Row, Value},
};
use serde_json::{Map, Value as Json, json};

/// Rows that are already values, as a source hands them over.
struct Kept {
    columns: Columns,
    rows: std::vec::IntoIter<Row>,
}

impl Rows for Kept {
    fn open(&mut self, _: &str) -> Result<Columns, Interrupted> {
        Ok(self.columns.clone())
    }

    fn next(&mut self) -> Result<Option<Row>, Interrupted> {
        Ok(self.rows.next())
    }
}

struct Sheets<'o>(PdfWriter<&'o mut Vec<u8>>);

impl Pages for Sheets<'_> {
    fn page(&mut self, page: &Page) -> Result<(), Interrupted> {
        self.0.page(page).map_err(|_| Interrupted)
    }
}

fn read(file: &str) -> Vec<Map<String, Json>> {
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

fn kept(records: &[Map<String, Json>]) -> Kept {
    let column = |name: &String| Column { name: Arc::from(name.as_str()), kind: ColumnType::Text };
    let row = |record: &Map<String, Json>| record.values().map(|value| Value::text(value.as_str().unwrap())).collect();
    Kept {
        columns: records[0].keys().map(column).collect(),
        rows: records.iter().map(row).collect::<Vec<Row>>().into_iter(),
    }
}

fn context(tagged: bool) -> Context {
    Context {
        title: "Administered doses".to_owned(),
        description: String::new(),
        tenant: "bench".to_owned(),
        language: "en".to_owned(),
        time_zone: chrono_tz::UTC,
        generated_at: chrono::DateTime::UNIX_EPOCH,
        parameters: Vec::new(),
        single: Vec::new(),
        tagged,
        max_pages: 1_000_000,
    }
}

fn render(template: &Template, mut rows: Kept, tagged: bool) -> Summary {
    let mut out = Vec::new();
    let context = context(tagged);
    let metadata = Metadata {
        title: context.title.clone(),
        language: context.language.clone(),
        id: [0; 16],
        created_at: context.generated_at,
        producer: "Pressroom".to_owned(),
        tagged,
    };
    let mut shaper = Shaper::new(template.fonts().clone());
    let mut sheets = Sheets(PdfWriter::new(&mut out, template.fonts().clone(), metadata).unwrap());
    layout::paginate(template, &context, &mut shaper, &mut rows, &mut sheets).unwrap();
    sheets.0.finish(&Stamp::default()).unwrap()
}

/// The template beside this file, with the fonts that it names.
fn template() -> Template {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("fonts")).unwrap();
    fs::copy(root.join("benches/peers/table.html"), folder.path().join("table.html")).unwrap();
    for font in ["NotoSans-Regular.ttf", "NotoSans-Bold.ttf"] {
        fs::copy(root.join("templates/fonts").join(font), folder.path().join("fonts").join(font)).unwrap();
    }
    Template::load(folder.path(), "table.html").unwrap()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [file, rest @ ..] = arguments.as_slice() else { return println!("give a file of rows: see compare.py") };
    let tagged = rest.first().is_some_and(|conformance| conformance == "2a");
    let (records, template) = (read(file), template());
    // Warm: as a worker that has drawn this report before.
    render(&template, kept(&records[..records.len().min(100)]), tagged);
    let rows = kept(&records);
    let began = Instant::now();
    let summary = render(&template, rows, tagged);
    let seconds = began.elapsed().as_secs_f64();
    println!("{}", json!({ "seconds": seconds, "pages": summary.pages, "bytes": summary.size_bytes }));
}
