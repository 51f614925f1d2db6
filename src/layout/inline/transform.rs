//! `text-transform`.

use crate::template::style::TextTransform;

/// Letters as `text-transform` wants them; `None` when they stay.
pub(super) fn transform(text: &str, transform: TextTransform) -> Option<String> {
    Some(match transform {
        TextTransform::None => return None,
        TextTransform::Uppercase => text.to_uppercase(),
        TextTransform::Lowercase => text.to_lowercase(),
        TextTransform::Capitalize => {
            let mut inside = false;
            let capital = |c: char| {
                let letter = if inside { vec![c] } else { c.to_uppercase().collect() };
                inside = c.is_alphanumeric() || c == '\'' || c == '’';
                letter
            };
            text.chars().flat_map(capital).collect()
        }
    })
}
