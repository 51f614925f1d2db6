//! Draws that are the same everywhere and for ever.
//!
//! **Invariant:** a draw depends on what it is for and on nothing drawn before, so that anyone's data can be made again
//! on its own. SplitMix64 is written out here because a library's generator may change with its version.

/// A sequence of draws.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    /// The draws for one thing (a patient, a lot), told apart by `purpose`.
    pub(super) fn new(purpose: &str, thing: u64) -> Self {
        let seed = purpose
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let mut dice = Self(seed ^ thing.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number from 0 to `bound` − 1; 0 if the bound is 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// True `percent` times in a hundred.
    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of several; the list must not be empty.
    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }

    /// One of several by weight; `None` if no weight is above 0.
    pub(super) fn weigh<T: Copy>(&mut self, from: impl Iterator<Item = (T, u64)> + Clone) -> Option<T> {
        let total = from.clone().map(|(_, weight)| weight).sum();
        let mut left = self.below(total);
        from.into_iter().find_map(|(item, weight)| {
            if left < weight {
                return Some(item);
            }
            left -= weight;
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_never_change() {
        let mut dice = Dice::new("patient", 1);
        let drawn: Vec<u64> = (0..4).map(|_| dice.below(1000)).collect();
        expect_test::expect!["[932, 379, 113, 177]"].assert_eq(&format!("{drawn:?}"));
    }

    #[test]
    fn draws_are_even_and_weights_hold() {
        let mut counts = [0; 3];
        for thing in 0..30_000 {
            let drawn = Dice::new("weights", thing).weigh([(0, 1), (1, 0), (2, 3)].into_iter());
            counts[drawn.unwrap()] += 1;
        }
        assert_eq!(counts[1], 0);
        assert!((7_000..8_000).contains(&counts[0]), "{counts:?}");
        assert_eq!(Dice::new("none", 0).weigh([((), 0)].into_iter()), None);
    }
}
