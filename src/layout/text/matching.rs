//! Which face of a family is meant: font matching as in CSS Fonts 4 §5.2.

/// What a face is called and how it looks, as its `@font-face` rule says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Style {
    /// The family's name.
    pub(crate) family: Box<str>,
    /// From 1 to 1000; 400 is regular, 700 is bold.
    pub(crate) weight: u16,
    /// Whether it slants.
    pub(crate) italic: bool,
}

/// The candidate of `family` that comes nearest: slant counts before weight, the first of equals wins.
pub(crate) fn best<'a>(
    candidates: impl Iterator<Item = (usize, &'a Style)>,
    family: &str,
    weight: u16,
    italic: bool,
) -> Option<usize> {
    candidates
        .filter(|(_, style)| style.family.eq_ignore_ascii_case(family))
        .min_by_key(|(_, style)| (style.italic != italic, distance(weight, style.weight)))
        .map(|(index, _)| index)
}

/// How far a weight is from the desired one: (which search direction, how far into it).
///
/// From 400 to 500 the search goes up to 500, then down, then up; below 400 down first; above 500 up first.
fn distance(desired: u16, weight: u16) -> (u8, u16) {
    let away = weight.abs_diff(desired);
    match desired {
        _ if away == 0 => (0, 0),
        400..=500 if weight > desired && weight <= 500 => (1, away),
        400..=500 if weight < desired => (2, away),
        400..=500 => (3, away),
        ..400 if weight < desired => (1, away),
        501.. if weight > desired => (1, away),
        _ => (2, away),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(weights: &[u16], desired: u16) -> u16 {
        let styles: Vec<Style> =
            weights.iter().map(|&weight| Style { family: "F".into(), weight, italic: false }).collect();
        weights[best(styles.iter().enumerate(), "f", desired, false).unwrap()]
    }

    #[test]
    fn weights_are_searched_as_css_says() {
        assert_eq!(choose(&[300, 500, 700], 400), 500);
        assert_eq!(choose(&[300, 600, 700], 400), 300);
        assert_eq!(choose(&[600, 700], 450), 600);
        assert_eq!(choose(&[400, 700], 300), 400);
        assert_eq!(choose(&[200, 400], 300), 200);
        assert_eq!(choose(&[400, 700, 900], 600), 700);
        assert_eq!(choose(&[300, 400], 900), 400);
    }
}
