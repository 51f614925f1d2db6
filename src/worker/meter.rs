//! How far a running attempt is, readable from another task at any time.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use crate::job::{Progress, Step};

/// The steps that an attempt can be at.
const STEPS: [Step; 6] = [Step::Accept, Step::Source, Step::Layout, Step::Pdf, Step::Store, Step::Catalog];

/// Counts rows, pages and bytes as they pass, and knows the step.
#[derive(Debug, Default)]
pub struct Meter {
    rows: AtomicU64,
    pages: AtomicU64,
    bytes: AtomicU64,
    /// An index into [`STEPS`].
    step: AtomicU8,
    steps: AtomicU64,
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

    /// More bytes went to the store.
    pub fn add_bytes(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The attempt now waits for, or works at, this step.
    pub fn enter(&self, step: Step) {
        let index = STEPS.iter().position(|known| *known == step).unwrap_or_default();
        self.step.store(index as u8, Ordering::Relaxed);
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    /// The step that it is at.
    pub fn step(&self) -> Step {
        STEPS.get(usize::from(self.step.load(Ordering::Relaxed))).copied().unwrap_or(Step::Worker)
    }

    /// What has passed so far.
    pub fn read(&self) -> Progress {
        Progress { rows: self.rows.load(Ordering::Relaxed), pages: self.pages.load(Ordering::Relaxed) }
    }

    /// A number that grows whenever anything passes.
    pub fn pulse(&self) -> u64 {
        [&self.rows, &self.pages, &self.bytes, &self.steps].map(|count| count.load(Ordering::Relaxed)).iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_passes() {
        let meter = Meter::default();
        assert_eq!(meter.step(), Step::Accept);
        meter.add_rows(40);
        meter.add_rows(2);
        meter.add_page();
        assert_eq!(meter.read(), Progress { rows: 42, pages: 1 });
        let mut pulse = meter.pulse();
        let passes: [fn(&Meter); 4] =
            [|m| m.add_rows(1), |m| m.add_page(), |m| m.add_bytes(1), |m| m.enter(Step::Store)];
        for pass in passes {
            pass(&meter);
            assert!(meter.pulse() > pulse);
            pulse = meter.pulse();
        }
        assert_eq!(meter.step(), Step::Store);
    }
}
