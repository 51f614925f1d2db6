//! How a language writes numbers: learnt once from samples that ICU wrote, then written without asking it again.
//!
//! ICU formats a number in about a microsecond and from a decimal type of its own. A report has a number in every
//! other cell, so what it does is read off a few samples: digits, separators, sizes of groups, what stands around.

use std::fmt::Write as _;

use bigdecimal::{BigDecimal, RoundingMode};

use crate::value::{self, Value};

/// Ten digits, so that groups of every size show.
pub(super) const SAMPLE: &str = "9876543210";

/// A number's look. The digits of a value are exact; only decimals that don't fit are rounded, half away from zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NumberStyle {
    digits: [char; 10],
    group: Box<str>,
    decimal: Box<str>,
    /// The size of the group before the decimals, and of those before it (India writes 12,34,567); 0 for no groups.
    primary: usize,
    secondary: usize,
    /// Only so many digits before the last group separate it at all (Spanish and Polish write 1234 but 12 345).
    least_before: usize,
    positive: Around,
    negative: Around,
    /// The decimals that the sample had: those of the currency.
    pub(super) decimals: u8,
}

/// What stands before and after the digits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Around {
    before: Box<str>,
    after: Box<str>,
}

/// A sample taken apart: text before, between and after the digits.
struct Sample<'s> {
    around: Around,
    /// What stands after each digit but the last.
    between: Vec<&'s str>,
}

impl Sample<'_> {
    fn of<'s>(text: &'s str, digits: &[char; 10]) -> Option<Sample<'s>> {
        let places: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| digits.contains(c)).collect();
        let ((first, _), (last, c)) = (places.first()?, places.last()?);
        let around = Around { before: text[..*first].into(), after: text[last + c.len_utf8()..].into() };
        let between = places.windows(2).map(|pair| &text[pair[0].0 + pair[0].1.len_utf8()..pair[1].0]).collect();
        Some(Sample { around, between })
    }
}

impl NumberStyle {
    /// Plain English numbers, for what can't be learnt.
    pub(super) fn plain() -> Self {
        Self {
            digits: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
            group: ",".into(),
            decimal: ".".into(),
            primary: 3,
            secondary: 3,
            least_before: 1,
            positive: Around::default(),
            negative: Around { before: "-".into(), after: "".into() },
            decimals: 0,
        }
    }

    /// Learns from how `show` writes numbers; `decimal` is used where the samples have none.
    pub(super) fn learn(digits: [char; 10], decimal: &str, show: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let (large, negative) = (show(SAMPLE)?, show(&format!("-{SAMPLE}"))?);
        let (small, large) = (show("1234")?, Sample::of(&large, &digits)?);
        let (small, negative) = (Sample::of(&small, &digits)?, Sample::of(&negative, &digits)?);
        let whole = SAMPLE.len();
        let groups: Vec<usize> = (1..whole).filter(|i| !large.between[i - 1].is_empty()).collect();
        let primary = groups.last().map_or(0, |at| whole - at);
        let secondary = match groups.as_slice() {
            [.., before, last] => last - before,
            _ => primary,
        };
        Some(Self {
            digits,
            group: groups.last().map_or("", |at| large.between[at - 1]).into(),
            decimal: large.between.get(whole - 1).copied().unwrap_or(decimal).into(),
            primary,
            secondary,
            least_before: if small.between[..3].iter().all(|gap| gap.is_empty()) { 2 } else { 1 },
            positive: large.around,
            negative: negative.around,
            decimals: u8::try_from((large.between.len() + 1).saturating_sub(whole)).unwrap_or(0),
        })
    }

    /// The text between whole digits and decimals.
    pub(super) fn decimal_point(&self) -> &str {
        &self.decimal
    }

    /// Writes a number with so many decimals, or as many as it has; says `false` when the value isn't a number.
    pub(crate) fn write(&self, value: &Value, decimals: Option<u8>, out: &mut String) -> bool {
        let Some(digits) = digits(value, decimals) else { return false };
        self.write_digits(&digits, out);
        true
    }

    /// Writes ASCII digits such as `-1234.50` in this style.
    fn write_digits(&self, text: &str, out: &mut String) {
        let (around, text) = match text.strip_prefix('-') {
            Some(digits) if digits.bytes().any(|b| (b'1'..=b'9').contains(&b)) => (&self.negative, digits),
            Some(digits) => (&self.positive, digits),
            None => (&self.positive, text),
        };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        out.push_str(&around.before);
        let grouped = self.primary > 0 && whole.len() >= self.primary + self.least_before;
        for (i, digit) in whole.bytes().enumerate() {
            let left = whole.len() - i;
            if grouped && i > 0 && left >= self.primary && (left - self.primary).is_multiple_of(self.secondary) {
                out.push_str(&self.group);
            }
            out.push(self.digit(digit));
        }
        if !fraction.is_empty() {
            out.push_str(&self.decimal);
            out.extend(fraction.bytes().map(|digit| self.digit(digit)));
        }
        out.push_str(&around.after);
    }

    fn digit(&self, ascii: u8) -> char {
        self.digits.get(usize::from(ascii.wrapping_sub(b'0'))).copied().unwrap_or('?')
    }
}

/// The number that a value is, as ASCII digits; decimals are rounded half away from zero, exactly.
pub(crate) fn digits(value: &Value, decimals: Option<u8>) -> Option<String> {
    let mut digits = String::with_capacity(24);
    let places = usize::from(decimals.unwrap_or(0));
    // Writing to a `String` can't fail.
    let _written = match value {
        Value::Int(i) => write!(digits, "{i}"),
        Value::UInt(u) => write!(digits, "{u}"),
        Value::Float(x) if !x.is_finite() => return None,
        Value::Float(x) => match decimals {
            Some(_) => return Some(rounded(&value::decimal(&x.to_string())?, decimals)),
            None => write!(digits, "{x}"),
        },
        Value::Decimal(d) => return Some(rounded(d, decimals)),
        Value::Text(text) => return Some(rounded(&value::decimal(text)?, decimals)),
        _ => return None,
    };
    if places > 0 {
        digits.push('.');
        digits.extend(std::iter::repeat_n('0', places));
    }
    Some(digits)
}

fn rounded(decimal: &BigDecimal, decimals: Option<u8>) -> String {
    short(decimal, decimals).unwrap_or_else(|| long(decimal, decimals))
}

/// The same for a number of any length.
fn long(decimal: &BigDecimal, decimals: Option<u8>) -> String {
    match decimals.map(i64::from) {
        Some(decimals) if decimal.fractional_digit_count() != decimals => {
            decimal.with_scale_round(decimals, RoundingMode::HalfUp).to_plain_string()
        }
        _ => decimal.to_plain_string(),
    }
}

/// The same for a number that fits into a machine word, as nearly all do: without arithmetic of any length.
fn short(decimal: &BigDecimal, decimals: Option<u8>) -> Option<String> {
    let (digits, scale) = decimal.as_bigint_and_scale();
    let digits = i64::try_from(&*digits).ok()?;
    let power = |exponent: i64| 10_u64.checked_pow(u32::try_from(exponent).ok()?);
    let places = decimals.map_or(scale.max(0), i64::from);
    let value = digits.unsigned_abs();
    let value = match places.checked_sub(scale)? {
        more @ 0.. => value.checked_mul(power(more)?)?,
        fewer => {
            let unit = power(-fewer)?;
            value / unit + u64::from(value % unit >= unit / 2)
        }
    };
    let places = usize::try_from(places).ok()?;
    let mut text = [b'0'; 48];
    let (mut at, mut rest) = (text.len(), value);
    let mut written = 0;
    while rest > 0 || written <= places {
        at = at.checked_sub(1)?;
        text[at] = b'0' + (rest % 10) as u8;
        (rest, written) = (rest / 10, written + 1);
        if written == places {
            at = at.checked_sub(1)?;
            text[at] = b'.';
        }
    }
    let sign = if digits < 0 && value > 0 { "-" } else { "" };
    Some([sign, std::str::from_utf8(&text[at..]).ok()?].concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn short_numbers_are_written_as_long_ones_are(
            digits in prop_oneof![any::<i64>(), -100_000..100_000_i64],
            scale in -5..25_i64,
            decimals in proptest::option::of(0..=20_u8),
        ) {
            let decimal = BigDecimal::new(digits.into(), scale);
            if let Some(short) = short(&decimal, decimals) {
                prop_assert_eq!(short, long(&decimal, decimals));
            }
        }
    }

    #[test]
    fn usual_numbers_are_short() {
        for (text, decimals, expected) in [
            ("12.5", Some(2), "12.50"),
            ("-0.004", Some(2), "0.00"),
            ("-0.005", Some(2), "-0.01"),
            ("1e3", None, "1000"),
        ] {
            assert_eq!(short(&value::decimal(text).unwrap(), decimals).as_deref(), Some(expected), "{text}");
        }
    }
}
