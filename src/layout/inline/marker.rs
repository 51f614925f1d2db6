//! The markers of list items.

use crate::template::style::ListMarker;

/// The text of a list item's marker.
pub(crate) fn text(kind: &ListMarker, number: usize) -> String {
    match kind {
        ListMarker::None => String::new(),
        ListMarker::Disc => "•".to_owned(),
        ListMarker::Circle => "◦".to_owned(),
        ListMarker::Square => "▪".to_owned(),
        ListMarker::Decimal => format!("{number}. "),
        ListMarker::LowerAlpha => format!("{}. ", alphabetic(number, b'a')),
        ListMarker::UpperAlpha => format!("{}. ", alphabetic(number, b'A')),
        ListMarker::LowerRoman => format!("{}. ", roman(number)),
        ListMarker::UpperRoman => format!("{}. ", roman(number).to_ascii_uppercase()),
        ListMarker::LowerGreek => format!("{}. ", greek(number)),
        ListMarker::DecimalLeadingZero => format!("{number:02}. "),
        ListMarker::Text(text) => text.to_string(),
    }
}

fn alphabetic(mut number: usize, first: u8) -> String {
    let mut letters = Vec::new();
    while number > 0 {
        number -= 1;
        letters.push(char::from(first + (number % 26) as u8));
        number /= 26;
    }
    letters.iter().rev().collect()
}

fn greek(mut number: usize) -> String {
    const LETTERS: [char; 24] = [
        'α', 'β', 'γ', 'δ', 'ε', 'ζ', 'η', 'θ', 'ι', 'κ', 'λ', 'μ', 'ν', 'ξ', 'ο', 'π', 'ρ', 'σ', 'τ', 'υ', 'φ', 'χ',
        'ψ', 'ω',
    ];
    let mut letters = Vec::new();
    while number > 0 {
        number -= 1;
        letters.push(LETTERS[number % LETTERS.len()]);
        number /= LETTERS.len();
    }
    letters.iter().rev().collect()
}

fn roman(number: usize) -> String {
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
    // Past 3,999 CSS itself falls back to decimal numbers.
    if number >= 4000 {
        return number.to_string();
    }
    let mut rest = number;
    let mut text = String::new();
    for (value, digit) in DIGITS {
        while rest >= value {
            text.push_str(digit);
            rest -= value;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_as_css_does() {
        let of = |kind, numbers: &[usize]| numbers.iter().map(|n| text(&kind, *n)).collect::<String>();
        assert_eq!(of(ListMarker::LowerAlpha, &[1, 26, 27, 703]), "a. z. aa. aaa. ");
        assert_eq!(of(ListMarker::LowerRoman, &[4, 9, 1994, 4000]), "iv. ix. mcmxciv. 4000. ");
        assert_eq!(of(ListMarker::Decimal, &[10]), "10. ");
    }
}
