//! Characters that no font has, counted on finished pages.
//!
//! Text is measured, broken and measured again before it is drawn; only what came to stand on a page counts.

use std::collections::BTreeMap;

use super::{
    segment::{REPLACEMENT, is_ignorable},
    shaper::Shaper,
};
use crate::layout::page::{Item, Page, Run};

/// More distinct characters than this aren't told apart: the rest isn't counted.
const MAX_DISTINCT: usize = 1_000;

impl Shaper {
    /// Counts the characters of a finished page that are drawn as a box, for want of a font.
    pub(crate) fn count_missing(&mut self, page: &Page) {
        if !self.lost {
            return;
        }
        for item in &page.items {
            if let Item::Text(run) = item {
                self.count_in_run(page, run);
            }
        }
    }

    fn count_in_run(&mut self, page: &Page, run: &Run) {
        let Some(replacement) = self.book().face(run.font).glyph(REPLACEMENT) else { return };
        let text = &page.text[run.text.start as usize..run.text.end as usize];
        let glyphs = &page.glyphs[run.glyphs.start as usize..run.glyphs.end as usize];
        for (i, glyph) in glyphs.iter().enumerate().filter(|(_, glyph)| glyph.id == replacement) {
            let next = if run.rtl { i.checked_sub(1) } else { Some(i + 1) };
            let end = next.and_then(|next| glyphs.get(next)).map_or(text.len(), |next| next.cluster as usize);
            let lost = text.get(glyph.cluster as usize..end).unwrap_or("").chars();
            for character in lost.filter(|&character| character != REPLACEMENT && !is_ignorable(character)) {
                if self.missing.len() < MAX_DISTINCT || self.missing.contains_key(&character) {
                    *self.missing.entry(character).or_default() += 1;
                }
            }
        }
    }

    /// Hands out how often which character was drawn as a box since the last time.
    pub fn take_missing(&mut self) -> BTreeMap<char, u64> {
        std::mem::take(&mut self.missing)
    }
}
