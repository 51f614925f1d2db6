//! The levels of headings, which must not skip one (ISO 14289-1, 7.4.2).

use crate::layout::page::Role;

/// Which headings the next one stands under, by the levels that the template gave them.
#[derive(Debug, Default)]
pub(super) struct Headings(Vec<Role>);

impl Headings {
    /// The level that a heading has without skipping any: `h1, h3, h3` are 1, 2 and 2. Other roles stay.
    pub(super) fn level(&mut self, role: Role) -> Role {
        const LEVELS: [Role; 6] = [Role::H1, Role::H2, Role::H3, Role::H4, Role::H5, Role::H6];
        let rank = |role: Role| LEVELS.iter().position(|level| *level == role);
        let Some(own) = rank(role) else { return role };
        while self.0.last().is_some_and(|above| rank(*above) >= Some(own)) {
            self.0.pop();
        }
        self.0.push(role);
        // Levels on the way down grow, so there are never more than six.
        LEVELS.get(self.0.len() - 1).copied().unwrap_or(role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_level_is_skipped() {
        let mut headings = Headings::default();
        let told = [Role::H2, Role::H1, Role::H3, Role::H3, Role::P, Role::H2, Role::H6, Role::H1, Role::H2];
        let levels = told.map(|role| headings.level(role));
        let expected = [Role::H1, Role::H1, Role::H2, Role::H2, Role::P, Role::H2, Role::H3, Role::H1, Role::H2];
        assert_eq!(levels, expected);
    }
}
