//! The memory of the writer. Alone in its file, and so in its process: other tests would be counted too.

#![expect(clippy::unwrap_used, reason = "a test fails where something is missing")]

use std::sync::Arc;

use chrono::DateTime;
use pressroom::{
    layout::{
        page::{Color, Item, Page, Role, TagEvent, TagId},
        text::{FontBook, FontStackId, Shaper},
    },
    pdf::{Metadata, PdfWriter, Stamp},
};

/// Resident memory of this process in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    status.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

const ROWS: u32 = 20;
const COLUMNS: u32 = 4;

/// A page of a table that goes on for ever: its tags are the document, the table, its body, then rows and cells.
fn page(number: u32, shaper: &mut Shaper, stack: FontStackId) -> Page {
    let mut page = Page { number, width: 595.28, height: 841.89, ..Page::default() };
    let open = |id, parent, role| TagEvent::OpenPlain { id: TagId(id), parent: TagId(parent), role };
    if number == 1 {
        page.tags.extend([open(1, 0, Role::Document), open(2, 1, Role::Table), open(3, 2, Role::TBody)]);
    }
    for row in 0..ROWS {
        let tag = 4 + ((number - 1) * ROWS + row) * (COLUMNS + 1);
        page.tags.push(open(tag, 3, Role::TR));
        for column in 0..COLUMNS {
            let cell = tag + 1 + column;
            page.tags.extend([open(cell, tag, Role::TD), TagEvent::Close(TagId(cell))]);
            let text = format!("{column} L{:05} {row}", number % 1_000);
            let (x, y) = (50.0 + 100.0 * column as f32, 40.0 + 12.0 * row as f32);
            shaper.line(&text, stack, 9.0).place(&text, &mut page, x, y, |_| Color::default());
            if let Some(Item::Text(run)) = page.items.last_mut() {
                run.owner = TagId(cell);
            }
        }
        page.tags.push(TagEvent::Close(TagId(tag)));
    }
    page.closed = u64::from(number * ROWS * (COLUMNS + 1));
    page
}

/// 10,000 rows and 200,000: neither pages nor tags stay.
#[test]
fn memory_does_not_grow_with_the_rows() {
    let mut book = FontBook::builtin();
    let stack = book.stack(&["sans-serif"], 400, false);
    let mut shaper = Shaper::new(Arc::new(book));
    for (tagged, pages) in [(false, 5_000), (true, 10_000)] {
        let metadata = Metadata {
            title: "Doses".into(),
            language: "en".into(),
            id: [0; 16],
            created_at: DateTime::UNIX_EPOCH,
            producer: "Pressroom".into(),
            tagged,
        };
        let mut writer = PdfWriter::new(std::io::sink(), Arc::clone(shaper.book()), metadata).unwrap();
        let mut after_warm_up = 0;
        for number in 1..=pages {
            writer.page(&page(number, &mut shaper, stack)).unwrap();
            // By now the memory of words is full.
            if number == 500 {
                after_warm_up = resident();
            }
        }
        assert_eq!(writer.finish(&Stamp::default()).unwrap().pages, u64::from(pages));
        let grown = resident().saturating_sub(after_warm_up);
        assert!(grown < 8 << 20, "{grown} bytes more after {pages} pages, tagged: {tagged}");
    }
}
