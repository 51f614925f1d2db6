//! What someone probably meant.

/// The longest word that is compared.
const LONGEST: usize = 64;

/// The candidate that is written most like `word`, if any is near enough to be a slip of the keyboard.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let tolerance = (word.chars().count() / 3).max(1);
    let distance = |candidate: &str| strsim::damerau_levenshtein(&word.to_lowercase(), &candidate.to_lowercase());
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST)
        .map(|candidate| (distance(candidate), candidate))
        .filter(|(distance, _)| *distance <= tolerance)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_nothing_else() {
        let known = ["title", "template", "time_zone", "datasets"];
        assert_eq!(nearest("titel", known), Some("title"));
        assert_eq!(nearest("timezone", known), Some("time_zone"));
        assert_eq!(nearest("Template", known), Some("template"));
        assert_eq!(nearest("dataset", known), Some("datasets"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest(&"t".repeat(1 << 20), known), None);
    }
}
