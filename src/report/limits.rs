//! What ends an attempt when it grows too large: a definition's own limits, within those of the fleet.

use std::time::Duration;

/// What ends an attempt when it grows too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rows over all datasets.
    pub rows: Limit<u64>,
    /// Pages.
    pub pages: Limit<u64>,
    /// Bytes of the document.
    pub bytes: Limit<u64>,
    /// Time of one attempt.
    pub time: Limit<Duration>,
}

/// One limit, and who set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit<T> {
    /// No more than this.
    pub most: T,
    /// Whether it is the fleet's maximum: then the definition can't raise it.
    pub is_maximum: bool,
}

impl<T> Limit<T> {
    /// What whoever reached it can do; `key` is what definitions call it.
    pub fn remedy(&self, key: &str) -> String {
        match self.is_maximum {
            false => format!("raise `limits.{key}` in its definition or ask for less"),
            true => format!("ask for less, or raise `limits.max_{key}` in the configuration of the workers"),
        }
    }
}

/// What a fleet allows its reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FleetLimits {
    /// Rows over all datasets.
    pub rows: Bounds<u64>,
    /// Pages.
    pub pages: Bounds<u64>,
    /// Bytes of the document.
    pub bytes: Bounds<u64>,
    /// Time of one attempt.
    pub time: Bounds<Duration>,
}

/// What one limit of a report may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds<T> {
    /// The limit of a report that sets none.
    pub default: T,
    /// What a report's own limit can't go beyond.
    pub most: T,
}

impl<T: Copy + PartialOrd> Bounds<T> {
    /// The limit of a report that sets this one.
    pub fn limit(self, own: Option<T>) -> Limit<T> {
        let wanted = own.unwrap_or(self.default);
        match wanted < self.most {
            true => Limit { most: wanted, is_maximum: false },
            false => Limit { most: self.most, is_maximum: true },
        }
    }
}

/// A million rows, 100,000 pages, 2 GB and ten minutes for a report that says nothing else; and no more for any report
/// than Pressroom can do.
impl Default for FleetLimits {
    fn default() -> Self {
        Self {
            rows: Bounds { default: 1_000_000, most: 1_000_000_000 },
            pages: Bounds { default: 100_000, most: 5_000_000 },
            bytes: Bounds { default: 2_000_000_000, most: 100_000_000_000 },
            time: Bounds { default: Duration::from_secs(600), most: Duration::from_secs(24 * 3600) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_its_own_limit_up_to_the_fleets() {
        let bounds = Bounds { default: 10, most: 100 };
        assert_eq!(bounds.limit(None), Limit { most: 10, is_maximum: false });
        assert_eq!(bounds.limit(Some(99)), Limit { most: 99, is_maximum: false });
        assert_eq!(bounds.limit(Some(101)), Limit { most: 100, is_maximum: true });
        assert_eq!(Bounds { default: 200, most: 100 }.limit(None), Limit { most: 100, is_maximum: true });
        assert!(bounds.limit(Some(1)).remedy("rows").contains("`limits.rows` in its definition"));
        assert!(bounds.limit(Some(200)).remedy("rows").contains("`limits.max_rows` in the configuration"));
    }
}
