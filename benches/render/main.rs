//! How fast templates and rows become a PDF: a table of eight columns, and one-page invoices, all the way from HTML.
//!
//! `cargo bench --bench render` prints one line per case; `cargo bench --bench render -- table 500000 tagged` runs one
//! alone, so that its peak of memory is its own; `-- table 1000000 untagged` and `-- invoices 10000 tagged` are the
//! others. What is measured is filling, shaping, placing, drawing, compressing and writing, on one core; the rows are
//! made before.

#![expect(clippy::unwrap_used, reason = "a bench stops where something is missing")]

mod rows;

use std::{sync::Arc, time::Instant};

use chrono::{DateTime, Utc};
use pressroom::{
    layout::{self, Context, Interrupted, Pages, page::Page, text::Shaper},
    pdf::{Metadata, PdfWriter, Stamp, Summary},
    template::Template,
};

use rows::Generated;

const TABLE: &str = r#"<!DOCTYPE html>
<html lang="en"><head><title>Administered doses</title><style>
@page { size: A4 landscape; margin: 14mm 12mm; @bottom-center { content: "Page " counter(page) " of " counter(pages); } }
body { margin: 0; font-size: 8pt; }
table { width: 100%; table-layout: fixed; border-collapse: collapse; }
th, td { padding: 1.4pt 4pt; text-align: left; white-space: nowrap; border-bottom: 0.5pt solid #c8c8c8; }
.number { text-align: right; }
</style></head><body>
<table data-rows="dose in doses">
<thead><tr><th>Date</th><th>Patient</th><th>Born</th><th>Vaccine</th><th>Lot</th><th>Dose</th><th>Clinic</th>
<th class="number">Amount</th></tr></thead>
<tbody><tr><td>{{ dose.given_on }}</td><td>{{ dose.patient }}</td><td>{{ dose.born_on }}</td><td>{{ dose.vaccine }}</td>
<td>{{ dose.lot }}</td><td>{{ dose.dose }}</td><td>{{ dose.clinic }}</td>
<td class="number">{{ dose.amount | number(2) }}</td></tr></tbody>
</table></body></html>"#;

const INVOICE: &str = r#"<!DOCTYPE html>
<html lang="en"><head><title>Invoice</title><style>
@page { size: A4; margin: 20mm 18mm; @bottom-center { content: "Page " counter(page) " of " counter(pages); } }
body { margin: 0; font-size: 9pt; }
table { width: 100%; table-layout: fixed; border-collapse: collapse; }
th, td { padding: 3pt 4pt; text-align: left; border-bottom: 0.5pt solid #c8c8c8; }
.number { text-align: right; }
</style></head><body>
<h1>Invoice</h1>
<p>{{ report.description }}</p>
<table data-rows="line in lines">
<thead><tr><th>Date</th><th>Vaccine</th><th>Lot</th><th>Dose</th><th class="number">Amount</th></tr></thead>
<tbody><tr><td>{{ line.given_on }}</td><td>{{ line.vaccine }}</td><td>{{ line.lot }}</td><td>{{ line.dose }}</td>
<td class="number">{{ line.amount | number(2) }}</td></tr></tbody>
</table>
<p>Please pay within thirty days. Thank you for your visit.</p></body></html>"#;

/// A template, and a shaper that remembers its words, as a warm process has them.
struct Report {
    template: Template,
    shaper: Shaper,
    tagged: bool,
}

impl Report {
    fn new(html: &str, tagged: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("t.html"), html).unwrap();
        let template = Template::load(folder.path(), "t.html").unwrap();
        let shaper = Shaper::new(template.fonts().clone());
        Self { template, shaper, tagged }
    }

    fn context(&self, description: String) -> Context {
        Context {
            title: "Administered doses".into(),
            description,
            tenant: "north".into(),
            language: "en".into(),
            time_zone: chrono_tz::UTC,
            generated_at: DateTime::<Utc>::UNIX_EPOCH,
            parameters: Vec::new(),
            single: Vec::new(),
            tagged: self.tagged,
            max_pages: u64::MAX,
        }
    }

    fn write(&mut self, description: String, mut rows: Generated) -> Summary {
        let metadata = Metadata {
            title: "Administered doses".into(),
            language: "en".into(),
            id: [7; 16],
            created_at: DateTime::<Utc>::UNIX_EPOCH,
            producer: "Pressroom".into(),
            tagged: self.tagged,
        };
        let fonts = Arc::clone(self.template.fonts());
        let mut sheets = Sheets(PdfWriter::new(std::io::sink(), fonts, metadata).unwrap());
        let context = self.context(description);
        layout::paginate(&self.template, &context, &mut self.shaper, &mut rows, &mut sheets).unwrap();
        sheets.0.finish(&Stamp::default()).unwrap()
    }
}

struct Sheets(PdfWriter<std::io::Sink>);

impl Pages for Sheets {
    fn page(&mut self, page: &Page) -> Result<(), Interrupted> {
        self.0.page(page).map_err(|_| Interrupted)
    }
}

/// Takes pages and forgets them: what layout alone takes.
#[derive(Default)]
struct Counted(u64);

impl Pages for Counted {
    fn page(&mut self, _: &Page) -> Result<(), Interrupted> {
        self.0 += 1;
        Ok(())
    }
}

/// The peak of resident memory so far, in MB.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

fn measured<T>(run: impl FnOnce() -> T) -> (f64, T) {
    let started = Instant::now();
    let result = run();
    (started.elapsed().as_secs_f64(), result)
}

fn word(tagged: bool) -> &'static str {
    if tagged { "tagged" } else { "untagged" }
}

fn table(rows: usize, tagged: bool) {
    let mut report = Report::new(TABLE, tagged);
    let generated = Generated::new(1, rows);
    let (seconds, summary) = measured(|| report.write(String::new(), generated));
    let pages = summary.pages as f64;
    println!(
        "table of {rows} rows, {}: {} pages, {:.0} pages/s, {:.0} bytes/page, peak {:.1} MB",
        word(tagged),
        summary.pages,
        pages / seconds,
        summary.size_bytes as f64 / pages,
        peak_mb()
    );
}

fn layout_alone(rows: usize, tagged: bool) {
    let mut report = Report::new(TABLE, tagged);
    let mut generated = Generated::new(1, rows);
    let context = report.context(String::new());
    let mut pages = Counted::default();
    let (seconds, _) = measured(|| {
        layout::paginate(&report.template, &context, &mut report.shaper, &mut generated, &mut pages).unwrap()
    });
    println!("of which layout, {}: {:.0} pages/s", word(tagged), pages.0 as f64 / seconds);
}

/// One-page invoices of different data, each a document of its own.
fn invoices(count: usize, tagged: bool) {
    let mut report = Report::new(INVOICE, tagged);
    let rows: Vec<Generated> = (0..count).map(|number| Generated::new(number as u64, 8)).collect();
    let (seconds, bytes) = measured(|| {
        let invoice = |(number, rows)| report.write(format!("Number {number:06}"), rows).size_bytes;
        rows.into_iter().enumerate().map(invoice).sum::<u64>()
    });
    let each = bytes / count as u64;
    println!("{count} invoices, {}: {:.0} documents/s, {each} bytes each", word(tagged), count as f64 / seconds);
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["table", rows, tagged] => table(rows.parse().unwrap(), *tagged == "tagged"),
        ["invoices", count, tagged] => invoices(count.parse().unwrap(), *tagged == "tagged"),
        _ => {
            for tagged in [true, false] {
                table(10_000, tagged);
                table(100_000, tagged);
                layout_alone(100_000, tagged);
                invoices(100, tagged);
                invoices(5_000, tagged);
            }
        }
    }
}
