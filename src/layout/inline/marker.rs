//! The markers of list items, and how counters are written.

use std::borrow::Cow;

use crate::template::style::ListMarker;

/// The text of a list item's marker.
pub(crate) fn text(kind: &ListMarker, number: i32) -> String {
    let written = self::number(kind, number);
    match kind {
        ListMarker::None | ListMarker::Disc | ListMarker::Circle | ListMarker::Square | ListMarker::Text(_) => {
            written.into_owned()
        }
        _ => format!("{written}. "),
    }
}

/// A number as `counter()` writes it. What a style can't write is written in decimal digits.
pub(crate) fn number(kind: &ListMarker, number: i32) -> Cow<'_, str> {
    let positive = usize::try_from(number).ok().filter(|number| *number > 0);
    let written = match kind {
        ListMarker::None => return Cow::Borrowed(""),
        ListMarker::Disc => return Cow::Borrowed("•"),
        ListMarker::Circle => return Cow::Borrowed("◦"),
        ListMarker::Square => return Cow::Borrowed("▪"),
        ListMarker::Text(text) => return Cow::Borrowed(text),
        ListMarker::Decimal => None,
        ListMarker::DecimalLeadingZero if number < 0 => Some(format!("-{:02}", number.unsigned_abs())),
        ListMarker::DecimalLeadingZero => Some(format!("{number:02}")),
        ListMarker::LowerAlpha => positive.map(|number| letters(number, LATIN)),
        ListMarker::UpperAlpha => positive.map(|number| letters(number, LATIN).to_ascii_uppercase()),
        ListMarker::LowerGreek => positive.map(|number| letters(number, GREEK)),
        ListMarker::LowerRoman => positive.and_then(roman),
        ListMarker::UpperRoman => positive.and_then(roman).map(|roman| roman.to_ascii_uppercase()),
    };
    Cow::Owned(written.unwrap_or_else(|| number.to_string()))
}

const LATIN: &[char] = &[
    'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w',
    'x', 'y', 'z',
];

const GREEK: &[char] = &[
    'α', 'β', 'γ', 'δ', 'ε', 'ζ', 'η', 'θ', 'ι', 'κ', 'λ', 'μ', 'ν', 'ξ', 'ο', 'π', 'ρ', 'σ', 'τ', 'υ', 'φ', 'χ', 'ψ',
    'ω',
];

fn letters(mut number: usize, alphabet: &[char]) -> String {
    let mut letters = Vec::new();
    while number > 0 {
        number -= 1;
        letters.push(alphabet[number % alphabet.len()]);
        number /= alphabet.len();
    }
    letters.iter().rev().collect()
}

/// Roman numerals end at 3,999 (CSS Counter Styles 3 §6.1).
fn roman(number: usize) -> Option<String> {
    const DIGITS: [(usize, &str); 13] = [
        (1000, "m"),
        (900, "cm"),
        (500, "d"),
        (400, "cd"),
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ];
    if number >= 4000 {
        return None;
    }
    let mut rest = number;
    let mut text = String::new();
    for (value, digit) in DIGITS {
        while rest >= value {
            text.push_str(digit);
            rest -= value;
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_as_css_does() {
        let of = |kind, numbers: &[i32]| numbers.iter().map(|n| text(&kind, *n)).collect::<String>();
        assert_eq!(of(ListMarker::LowerAlpha, &[1, 26, 27, 703, 0, -3]), "a. z. aa. aaa. 0. -3. ");
        assert_eq!(of(ListMarker::LowerRoman, &[4, 9, 1994, 4000]), "iv. ix. mcmxciv. 4000. ");
        assert_eq!(of(ListMarker::UpperRoman, &[14]), "XIV. ");
        assert_eq!(of(ListMarker::LowerGreek, &[1, 24, 25]), "α. ω. αα. ");
        assert_eq!(of(ListMarker::DecimalLeadingZero, &[7, 10, -7]), "07. 10. -07. ");
        assert_eq!(of(ListMarker::Decimal, &[10]), "10. ");
        assert_eq!(of(ListMarker::Text("→ ".into()), &[10]), "→ ");
    }
}
