//! Colours and how much they let through.

use std::collections::BTreeSet;

use crate::layout::page::Color;

/// The opacities that a document draws with, each a graphics state in its resources.
#[derive(Debug, Default)]
pub(crate) struct Opacities(BTreeSet<u8>);

impl Opacities {
    /// Appends the operator that draws with an opacity from now on.
    pub(crate) fn push(&mut self, out: &mut Vec<u8>, opacity: u8) {
        self.0.insert(opacity);
        out.extend_from_slice(format!("/A{opacity} gs\n").as_bytes());
    }

    /// The graphics states for the resources.
    pub(crate) fn entries(&self) -> Vec<u8> {
        let entry = |opacity: &u8| {
            let part = f32::from(*opacity) / 255.0;
            format!("/A{opacity}<</CA {part:.3}/ca {part:.3}>>").into_bytes()
        };
        self.0.iter().flat_map(entry).collect()
    }
}

/// Appends a colour and its operator, channels in thousandths.
pub(crate) fn push_color(out: &mut Vec<u8>, color: Color, operator: &str) {
    for channel in [color.r, color.g, color.b] {
        match (u32::from(channel) * 1000 + 127) / 255 {
            0 => out.push(b'0'),
            1000 => out.push(b'1'),
            thousandths => {
                let digits = [thousandths / 100, thousandths / 10 % 10, thousandths % 10];
                let shown = digits.iter().rposition(|digit| *digit > 0).map_or(0, |last| last + 1);
                out.push(b'.');
                out.extend(digits[..shown].iter().map(|digit| b'0' + *digit as u8));
            }
        }
        out.push(b' ');
    }
    out.extend_from_slice(operator.as_bytes());
    out.push(b'\n');
}
