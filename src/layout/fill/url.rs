//! Where links may lead.

/// Whether a document may lead there: nothing that runs, nothing on the reader's own machine.
pub(crate) fn is_safe(target: &str) -> bool {
    let lower = target.to_ascii_lowercase();
    let scheme = ["https://", "http://", "mailto:"].iter().find(|scheme| lower.starts_with(**scheme));
    scheme.is_some_and(|scheme| target.len() > scheme.len())
        && target.len() <= 2000
        && !target.chars().any(|c| c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::is_safe;

    #[test]
    fn only_the_web_and_mail() {
        for target in ["https://example.org/a?b=c", "HTTP://example.org", "mailto:clinic@example.org"] {
            assert!(is_safe(target), "{target}");
        }
        for target in
            ["javascript:alert(1)", "file:///etc/passwd", "https://", "", "#top", "https://a b", "data:text/html,x"]
        {
            assert!(!is_safe(target), "{target}");
        }
    }
}
