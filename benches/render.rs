//! How fast pages become bytes: a table of eight columns, and one-page invoices.
//!
//! `cargo bench --bench render` prints one line per case; `cargo bench --bench render -- table 1000000` runs a table of
//! a million rows alone, so that its peak of memory is its own; `-- invoices 10000` does the same for invoices. The source of the rows is a few arrays: what is measured
//! is shaping, placing, drawing, compressing and writing.

#![expect(clippy::unwrap_used, reason = "a bench stops where something is missing")]

use std::{io::Write, sync::Arc, time::Instant};

use chrono::{DateTime, Utc};
use pressroom::{
    layout::{
        page::{Anchor, Color, Dash, Item, Page, Rect},
        text::{FontBook, FontId, FontStackId, Shaper},
    },
    pdf::{Metadata, PdfWriter, Stamp, Summary},
};

const GIVEN: [&str; 24] = [
    "Anna",
    "Ben",
    "Chiara",
    "David",
    "Elif",
    "Farid",
    "Grace",
    "Hana",
    "Ines",
    "Jonas",
    "Katarzyna",
    "Liam",
    "Maria",
    "Noah",
    "Olga",
    "Pavel",
    "Quinn",
    "Rosa",
    "Samuel",
    "Tereza",
    "Uma",
    "Viktor",
    "Wanda",
    "Yusuf",
];
const FAMILY: [&str; 24] = [
    "Abara",
    "Bianchi",
    "Castillo",
    "Dvořák",
    "Eriksson",
    "Fischer",
    "Gallagher",
    "Hoffmann",
    "Ivanova",
    "Jansen",
    "Kowalska",
    "Lindqvist",
    "Müller",
    "Nowak",
    "O'Brien",
    "Papadopoulos",
    "Quispe",
    "Rossi",
    "Schmidt",
    "Tanaka",
    "Usman",
    "Vasquez",
    "Wójcik",
    "Zimmermann",
];
const VACCINES: [&str; 6] = ["MMR-II", "Infanrix Hexa", "Prevnar 20", "Gardasil 9", "Comirnaty", "Vaqta Pediatric"];
const CLINICS: [&str; 5] = ["North Gate Clinic", "Harbour Street", "St. Mary's", "Old Town Health", "Riverside"];

/// Small numbers in no apparent order, the same every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

struct Press {
    shaper: Shaper,
    regular: FontStackId,
    bold: FontStackId,
    font: FontId,
    page: Page,
}

impl Press {
    fn new(book: &FontBook) -> Self {
        let mut book = book.clone();
        let regular = book.stack(&["sans-serif"], 400, false);
        let bold = book.stack(&["sans-serif"], 700, false);
        let font = book.primary(regular);
        Self { shaper: Shaper::new(Arc::new(book)), regular, bold, font, page: Page::default() }
    }

    fn writer<W: Write>(&self, out: W) -> PdfWriter<W> {
        let metadata = Metadata {
            title: "Administered doses".into(),
            language: "en".into(),
            id: [7; 16],
            created_at: DateTime::<Utc>::UNIX_EPOCH,
            producer: "Pressroom".into(),
            tagged: false,
        };
        PdfWriter::new(out, Arc::clone(self.shaper.book()), metadata).unwrap()
    }

    fn begin_page(&mut self, number: u32) {
        let page = &mut self.page;
        (page.number, page.width, page.height) = (number, 841.89, 595.28);
        page.items.clear();
        page.glyphs.clear();
        page.text.clear();
    }

    fn cell(&mut self, x: f32, y: f32, stack: FontStackId, text: &str) {
        let line = self.shaper.line(text, stack, 8.0);
        line.place(text, &mut self.page, x, y, |_| Color::default());
    }

    fn rule(&mut self, y: f32) {
        let color = Color::rgb(200, 200, 200);
        self.page.items.push(Item::Line { from: (36.0, y), to: (806.0, y), width: 0.5, color, dash: Dash::Solid });
    }
}

const COLUMNS: [(f32, &str); 8] = [
    (36.0, "Date"),
    (100.0, "Patient"),
    (240.0, "Born"),
    (300.0, "Vaccine"),
    (410.0, "Lot"),
    (480.0, "Dose"),
    (540.0, "Clinic"),
    (700.0, "Amount"),
];
const ROWS_PER_PAGE: usize = 38;

/// A table of this many rows, page by page.
fn table(press: &mut Press, rows: usize, mut page: impl FnMut(&Page)) {
    let mut numbers = Numbers(1);
    let mut row = 0;
    for number in 1.. {
        press.begin_page(number);
        for (x, title) in COLUMNS {
            press.cell(x, 40.0, press.bold, title);
        }
        for line in 0..ROWS_PER_PAGE.min(rows - row) {
            let y = 56.0 + 13.0 * line as f32;
            let cells = cells(&mut numbers);
            for ((x, _), text) in COLUMNS.iter().zip(&cells) {
                press.cell(*x, y, press.regular, text);
            }
            press.rule(y + 3.5);
        }
        row += ROWS_PER_PAGE.min(rows - row);
        press.cell(36.0, 580.0, press.regular, &format!("Page {number} of"));
        let (font, color) = (press.font, Color::default());
        press.page.items.push(Item::PageTotal { x: 90.0, y: 580.0, align: Anchor::Start, font, size: 8.0, color });
        page(&press.page);
        if row == rows {
            break;
        }
    }
}

fn cells(numbers: &mut Numbers) -> [String; 8] {
    let mut date =
        |from: usize| format!("{}-{:02}-{:02}", from + numbers.below(10), 1 + numbers.below(12), 1 + numbers.below(28));
    let (given_on, born) = (date(2016), date(1990));
    [
        given_on,
        format!("{} {}", GIVEN[numbers.below(24)], FAMILY[numbers.below(24)]),
        born,
        VACCINES[numbers.below(6)].to_owned(),
        format!("L{:05}", numbers.below(100_000)),
        format!("{} of 3", 1 + numbers.below(3)),
        CLINICS[numbers.below(5)].to_owned(),
        format!("{}.{:02}", numbers.below(1_000), numbers.below(100)),
    ]
}

fn table_document<W: Write>(press: &mut Press, rows: usize, out: W) -> Summary {
    let mut writer = press.writer(out);
    table(press, rows, |page| writer.page(page).unwrap());
    writer.finish(&Stamp::default()).unwrap()
}

/// A one-page invoice, a new document each with its own shaper, as a worker makes it.
fn invoice(book: &FontBook, number: usize) -> Summary {
    let mut press = Press::new(book);
    let mut numbers = Numbers(number as u64);
    press.begin_page(1);
    let patient = format!("{} {}", GIVEN[numbers.below(24)], FAMILY[numbers.below(24)]);
    press.cell(36.0, 60.0, press.bold, &format!("Invoice {number:06}"));
    press.cell(36.0, 80.0, press.regular, &patient);
    let area = Rect { x: 36.0, y: 100.0, width: 500.0, height: 14.0 };
    press.page.items.push(Item::Fill { area, color: Color::rgb(235, 240, 245) });
    for line in 0..8 {
        let y = 130.0 + 14.0 * line as f32;
        let cells = cells(&mut numbers);
        for ((x, _), text) in COLUMNS.iter().zip(&cells).skip(3) {
            press.cell(*x, y, press.regular, text);
        }
        press.rule(y + 3.5);
    }
    let mut writer = press.writer(Vec::with_capacity(64 << 10));
    writer.page(&press.page).unwrap();
    writer.finish(&Stamp::default()).unwrap()
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

fn report_table(press: &mut Press, rows: usize) {
    let (seconds, summary) = measured(|| table_document(press, rows, std::io::sink()));
    let pages = summary.pages as f64;
    println!(
        "table of {rows} rows: {} pages, {:.0} pages/s, {:.0} bytes/page, peak {:.1} MB",
        summary.pages,
        pages / seconds,
        summary.size_bytes as f64 / pages,
        peak_mb()
    );
}

fn report_invoices(book: &FontBook, count: usize) {
    let (seconds, bytes) = measured(|| (0..count).map(|number| invoice(book, number).size_bytes).sum::<u64>());
    println!("{count} invoices: {:.0} documents/s, {} bytes each", count as f64 / seconds, bytes / count as u64);
}

fn report_shaping(press: &mut Press, rows: usize) {
    let mut pages = 0;
    let (seconds, ()) = measured(|| table(press, rows, |_| pages += 1));
    println!("of which making rows, shaping and placing: {:.0} pages/s", f64::from(pages) / seconds);
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let book = FontBook::builtin();
    let mut press = Press::new(&book);
    match arguments.as_slice() {
        ["table", rows] => report_table(&mut press, rows.parse().unwrap()),
        ["invoices", count] => report_invoices(&book, count.parse().unwrap()),
        _ => {
            report_table(&mut press, 10_000);
            report_table(&mut press, 100_000);
            report_shaping(&mut press, 100_000);
            report_invoices(&book, 100);
            report_invoices(&book, 5_000);
        }
    }
}
