//! How far a running render is, readable from another task at any time.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::job::Progress;

/// Counts rows and pages as they pass.
#[derive(Debug, Default)]
pub struct Meter {
    rows: AtomicU64,
    pages: AtomicU64,
}

impl Meter {
    /// More rows were read from the source.
    pub fn add_rows(&self, rows: u64) {
        self.rows.fetch_add(rows, Ordering::Relaxed);
    }

    /// One more page is finished.
    pub fn add_page(&self) {
        self.pages.fetch_add(1, Ordering::Relaxed);
    }

    /// What has passed so far.
    pub fn read(&self) -> Progress {
        Progress { rows: self.rows.load(Ordering::Relaxed), pages: self.pages.load(Ordering::Relaxed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_passes() {
        let meter = Meter::default();
        meter.add_rows(40);
        meter.add_rows(2);
        meter.add_page();
        assert_eq!(meter.read(), Progress { rows: 42, pages: 1 });
    }
}
