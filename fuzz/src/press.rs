//! What the targets that draw share: a template's text and rows become a document, or an error.

use std::{
    fs,
    path::Path,
    sync::{Arc, LazyLock},
};

use arbitrary::Unstructured;
use pressroom::{
    layout::{self, Context, Interrupted, Pages, Rows, page::Page, text::Shaper},
    pdf::{Metadata, PdfWriter, Stamp},
    template::Template,
    value::{Column, ColumnType, Columns, Row, Value},
};

/// More pages than this end in an error, long before they take memory.
const MOST_PAGES: u64 = 200;

/// The templates folder of this process.
pub(crate) fn folder() -> &'static Path {
    static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a temporary folder"));
    FOLDER.path()
}

/// Rows with a name and a group.
pub(crate) fn rows(u: &mut Unstructured<'_>, count: usize) -> Vec<Row> {
    let name = |u: &mut Unstructured<'_>| u.arbitrary::<&str>().map_or(Value::Null, Value::text);
    (0..count).map(|at| vec![name(u), Value::Int(at as i64 / 5)]).collect()
}

struct Given {
    rows: Vec<Row>,
    next: usize,
}

impl Rows for Given {
    fn open(&mut self, _: &str) -> Result<Columns, Interrupted> {
        self.next = 0;
        let column = |name: &str| Column { name: Arc::from(name), kind: ColumnType::Unknown };
        Ok(Arc::from([column("name"), column("group")]))
    }

    fn next(&mut self) -> Result<Option<Row>, Interrupted> {
        self.next += 1;
        Ok(self.rows.get(self.next - 1).cloned())
    }
}

struct Sheets(PdfWriter<std::io::Sink>);

impl Pages for Sheets {
    fn page(&mut self, page: &Page) -> Result<(), Interrupted> {
        self.0.page(page).map_err(|_| Interrupted)
    }
}

/// Loads and draws a template; every row that was read is on a page, or it ends in an error.
pub(crate) fn press(html: &str, rows: Vec<Row>, tagged: bool) {
    fs::write(folder().join("t.html"), html).expect("the folder can be written to");
    let Ok(template) = Template::load(folder(), "t.html") else { return };
    let expected = rows.len() as u64;
    let context = context(tagged);
    let writer =
        PdfWriter::new(std::io::sink(), template.fonts().clone(), metadata(&context)).expect("a sink takes all");
    let mut sheets = Sheets(writer);
    let mut shaper = Shaper::new(template.fonts().clone());
    let mut given = Given { rows, next: 0 };
    if let Ok(totals) = layout::paginate(&template, &context, &mut shaper, &mut given, &mut sheets) {
        assert!(totals.rows.iter().all(|(_, placed)| *placed == expected), "{:?} of {expected}", totals.rows);
        let _document = sheets.0.finish(&Stamp::default());
    }
}

fn context(tagged: bool) -> Context {
    Context {
        title: "Fuzz".to_owned(),
        description: String::new(),
        tenant: "fuzz".to_owned(),
        language: "en".to_owned(),
        time_zone: chrono_tz::UTC,
        generated_at: chrono::DateTime::UNIX_EPOCH,
        parameters: Vec::new(),
        single: Vec::new(),
        tagged,
        max_pages: MOST_PAGES,
    }
}

fn metadata(context: &Context) -> Metadata {
    Metadata {
        title: context.title.clone(),
        language: context.language.clone(),
        id: [0; 16],
        created_at: context.generated_at,
        producer: "Pressroom".to_owned(),
        tagged: context.tagged,
    }
}
