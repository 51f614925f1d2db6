//! Reading order: which text needs the Unicode bidirectional algorithm, and the visual order of a line.

use std::ops::Range;

/// Whether text has a character that reads from right to left or directs those that do.
///
/// These are the ranges that Unicode reserves for such characters (DerivedBidiClass.txt), so that plain text is told
/// at memory speed.
pub(crate) fn is_needed(text: &str) -> bool {
    // Below U+0590 nothing is; in UTF-8 that is every lead byte under 0xD6.
    text.bytes().any(|byte| byte >= 0xD6)
        && text.chars().any(|character| {
            matches!(character,
                '\u{590}'..='\u{8FF}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
                | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFF}'
                | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
        })
}

/// The visual order, from left to right, of things with these embedding levels (rule L2 of UAX 9).
pub(crate) fn visual_order(levels: &[u8]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..levels.len() as u32).collect();
    let Some(lowest_odd) = levels.iter().filter(|level| *level % 2 == 1).min() else { return order };
    let highest = levels.iter().max().unwrap_or(lowest_odd);
    for level in (*lowest_odd..=*highest).rev() {
        for stretch in stretches(levels, level) {
            order[stretch].reverse();
        }
    }
    order
}

/// The longest stretches whose levels are at least `level`.
///
/// Positions are those of the reading order: a stretch at a higher level lies within one at a lower level, so turning
/// the inner one first leaves it inside the same bounds.
fn stretches(levels: &[u8], level: u8) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + levels[at..].iter().position(|l| *l >= level)?;
        let end = levels[start..].iter().position(|l| *l < level).map_or(levels.len(), |length| start + length);
        at = end;
        Some(start..end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_told_apart() {
        for text in ["", "Zoë 12.5", "Ελένη Жанна", "“quoted” – €5", "花子", "สมชาย", "अनिता", "😀"]
        {
            assert!(!is_needed(text), "{text}");
        }
        for text in ["שלום", "abc مريم", "\u{200F}x", "\u{202E}x", "𞤀"] {
            assert!(is_needed(text), "{text}");
        }
    }

    #[test]
    fn lines_are_turned_as_uax_9_says() {
        assert_eq!(visual_order(&[0, 0]), [0, 1]);
        assert_eq!(visual_order(&[0, 1, 1, 0]), [0, 2, 1, 3]);
        // A number inside right-to-left text keeps its own order.
        assert_eq!(visual_order(&[1, 2, 2, 1]), [3, 1, 2, 0]);
        assert_eq!(visual_order(&[1, 1, 0]), [1, 0, 2]);
        // The same as the reference algorithm, on every short sequence of levels.
        for code in 0..4u32.pow(6) {
            let levels: Vec<u8> = (0..6).map(|digit| (code / 4u32.pow(digit) % 4) as u8).collect();
            let reference: Vec<unicode_bidi::Level> =
                levels.iter().map(|level| unicode_bidi::Level::new(*level).unwrap()).collect();
            let expected = unicode_bidi::BidiInfo::reorder_visual(&reference);
            assert_eq!(visual_order(&levels).iter().map(|i| *i as usize).collect::<Vec<_>>(), expected, "{levels:?}");
        }
    }
}
