//! Numbers as PDF writes them, with as few characters as they need.

/// Lengths are rounded to hundredths of a point: a 3 ⁄ 1000 of a millimetre, below what any printer resolves.
pub(crate) fn hundredths(value: f32) -> i64 {
    // `as` cuts off, so half a unit makes it round; infinities and NaN, which no page should hold, become numbers.
    let value = f64::from(value) * 100.0;
    (value + 0.5_f64.copysign(value)) as i64
}

/// Appends a number of hundredths: `1250` is `12.5`.
pub(crate) fn push_hundredths(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    let (whole, rest) = (value.unsigned_abs() / 100, (value.unsigned_abs() % 100) as u8);
    if whole > 0 || rest == 0 {
        push_unsigned(out, whole);
    }
    if rest > 0 {
        out.extend([b'.', b'0' + rest / 10]);
        if rest % 10 > 0 {
            out.push(b'0' + rest % 10);
        }
    }
}

/// Appends a length in points, rounded to hundredths.
pub(crate) fn push(out: &mut Vec<u8>, value: f32) {
    push_hundredths(out, hundredths(value));
}

/// Appends an integer.
pub(crate) fn push_integer(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    push_unsigned(out, value.unsigned_abs());
}

/// The numbers below a hundred, with two digits each.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

fn push_unsigned(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    // Two at a time: half of the divisions.
    while value >= 100 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[(value % 100) as usize]);
        value /= 100;
    }
    if value >= 10 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[value as usize]);
    } else {
        at -= 1;
        digits[at] = b'0' + value as u8;
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_right() {
        let text = |value: f32| {
            let mut out = Vec::new();
            push(&mut out, value);
            String::from_utf8(out).unwrap()
        };
        for (value, expected) in [
            (0.0, "0"),
            (-0.001, "0"),
            (12.5, "12.5"),
            (-0.25, "-.25"),
            (0.05, ".05"),
            (841.89, "841.89"),
            (100.0, "100"),
            (-3.0, "-3"),
            (9.999, "10"),
        ] {
            assert_eq!(text(value), expected);
        }
        for value in [f32::NAN, f32::INFINITY, f32::MIN] {
            assert!(text(value).bytes().all(|byte| byte.is_ascii_digit() || byte == b'-' || byte == b'.'));
        }
    }
}
