//! How long to wait before trying a queue again that didn't answer.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

/// Doubling delays up to five seconds, each shortened at random by up to half, so that a fleet doesn't come back as one.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    tries: u32,
}

impl Backoff {
    /// How often it was asked for a delay.
    pub(crate) fn tries(&self) -> u32 {
        self.tries
    }

    /// The next delay.
    pub(crate) fn next_delay(&mut self) -> Duration {
        let whole = FIRST.saturating_mul(1 << self.tries.min(10)).min(LONGEST);
        self.tries = self.tries.saturating_add(1);
        whole.mul_f64(rand::random_range(0.5..=1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_a_limit() {
        let mut backoff = Backoff::default();
        assert!(backoff.next_delay() <= FIRST);
        for _ in 0..100 {
            backoff.next_delay();
        }
        let late = backoff.next_delay();
        assert!(late >= LONGEST / 2 && late <= LONGEST, "{late:?}");
    }
}
