//! The memory of the writer. Alone in its file, and so in its process: other tests would be counted too.

#![expect(clippy::unwrap_used, reason = "a test fails where something is missing")]

use std::sync::Arc;

use chrono::DateTime;
use pressroom::{
    layout::{
        page::{Color, Page},
        text::{FontBook, Shaper},
    },
    pdf::{Metadata, PdfWriter, Stamp},
};

/// Resident memory of this process in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    status.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[test]
fn memory_does_not_grow_with_the_pages() {
    let mut book = FontBook::builtin();
    let stack = book.stack(&["sans-serif"], 400, false);
    let mut shaper = Shaper::new(Arc::new(book));
    let metadata = Metadata {
        title: "Doses".into(),
        language: "en".into(),
        id: [0; 16],
        created_at: DateTime::UNIX_EPOCH,
        producer: "Pressroom".into(),
        tagged: false,
    };
    let mut writer = PdfWriter::new(std::io::sink(), Arc::clone(shaper.book()), metadata).unwrap();
    let mut after_warm_up = 0;
    for number in 1..=5_000 {
        let mut page = Page { number, width: 595.28, height: 841.89, ..Page::default() };
        for row in 0..20 {
            let text = format!("{number} row {row} L{:05} MMR-II 2026-11-24", number * 20 + row);
            let y = 40.0 + 12.0 * row as f32;
            shaper.line(&text, stack, 9.0).place(&text, &mut page, 50.0, y, |_| Color::default());
        }
        writer.page(&page).unwrap();
        // By now the memory of words is full.
        if number == 1_000 {
            after_warm_up = resident();
        }
    }
    assert_eq!(writer.finish(&Stamp::default()).unwrap().pages, 5_000);
    let grown = resident().saturating_sub(after_warm_up);
    assert!(grown < 4 << 20, "{grown} bytes more after 4,000 pages");
}
