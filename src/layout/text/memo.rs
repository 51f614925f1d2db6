//! Shaped words, remembered: half of a table's cells repeat.

use std::{collections::HashMap, sync::Arc};

use foldhash::fast::RandomState;

use super::segment::Segment;

/// Words per generation. A word with its glyphs takes about 400 bytes, so a memo stays under 4 MB.
const GENERATION: usize = 4_096;

/// Longer words aren't kept: they hardly repeat, and they would unsettle the bound.
const MAX_WORD_BYTES: usize = 64;

/// Two generations of words: when the young one is full it becomes the old one, and what is asked for again in the
/// meantime moves on. So the words in use stay, without a list to maintain at each look-up.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    young: HashMap<Box<str>, Arc<Segment>, RandomState>,
    old: HashMap<Box<str>, Arc<Segment>, RandomState>,
}

impl Memo {
    /// The shaped form of a word, from memory or made now.
    pub(crate) fn get(&mut self, word: &str, shape: impl FnOnce() -> Segment) -> Arc<Segment> {
        if let Some(segment) = self.young.get(word) {
            return Arc::clone(segment);
        }
        let segment = self.old.remove(word).unwrap_or_else(|| Arc::new(shape()));
        if word.len() <= MAX_WORD_BYTES {
            if self.young.len() >= GENERATION {
                self.old = std::mem::take(&mut self.young);
            }
            self.young.insert(word.into(), Arc::clone(&segment));
        }
        segment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment() -> Segment {
        Segment { width: 1.0, parts: Vec::new(), glyphs: Vec::new(), rtl: false }
    }

    #[test]
    fn words_in_use_stay_and_memory_is_bounded() {
        let mut memo = Memo::default();
        memo.get("kept", segment);
        for number in 0..3 * GENERATION {
            memo.get(&number.to_string(), segment);
            memo.get("kept", || panic!("forgotten after {number} words"));
        }
        assert!(memo.young.len() + memo.old.len() <= 2 * GENERATION);
        memo.get(&"long".repeat(100), segment);
        assert!(!memo.young.contains_key(&*"long".repeat(100)));
    }
}
