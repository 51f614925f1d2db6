//! What a report does by itself: when, for whom, with which parameters.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value as Json};

use crate::{
    job::{Lane, Name, ReportName, Tenant, UnknownWord},
    report::Cron,
};

/// A firing that is seen within this time is not late: a restart or a change of the leader takes less.
pub const ON_TIME: TimeDelta = TimeDelta::minutes(5);

/// The most missed firings that are made up for.
pub const MOST_MISSED: usize = 100;

/// One `[[schedule]]` of a definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// Names it within its report.
    pub name: Name,
    /// When.
    pub cron: Cron,
    /// As a request gives them: relative dates start from the firing.
    pub parameters: Map<String, Json>,
    /// For whom: a job for each.
    pub tenants: Vec<Tenant>,
    /// Who is said to have asked.
    pub requester: String,
    /// How urgent; the report's own lane when `None`.
    pub lane: Option<Lane>,
    /// What becomes of firings that nobody saw.
    pub missed: Missed,
}

/// What becomes of firings that nobody saw, because nothing ran then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missed {
    /// Nothing.
    #[default]
    Skip,
    /// One job for all of them, as of the latest.
    Once,
    /// A job for each, for the latest [`MOST_MISSED`].
    All,
}

impl Missed {
    /// The word in definitions.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Once => "once",
            Self::All => "all",
        }
    }
}

impl std::str::FromStr for Missed {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Skip, Self::Once, Self::All];
        all.into_iter().find(|own| own.as_str() == text).ok_or(UnknownWord { expected: "skip, once or all" })
    }
}

impl Schedule {
    /// Names it among all schedules, as long as it fires at the same times: with another pattern or zone it is another
    /// one, which has missed nothing yet.
    pub fn key(&self, report: &ReportName) -> String {
        format!("{report}/{}/{} {}", self.name, self.cron, self.cron.zone())
    }

    /// What to fire at `now`, oldest first, when everything up to `fired` has been.
    pub fn due(&self, fired: DateTime<Utc>, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let fresh = now - ON_TIME;
        match self.missed {
            Missed::Skip => self.cron.latest(fired.max(fresh - TimeDelta::milliseconds(1)), now, MOST_MISSED),
            Missed::All => self.cron.latest(fired, now, MOST_MISSED),
            Missed::Once => {
                let mut due = self.cron.latest(fired, now, MOST_MISSED);
                if due.first().is_some_and(|first| *first < fresh) {
                    due.drain(..due.len() - 1);
                }
                due
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(missed: Missed, fired: &str, now: &str) -> Vec<String> {
        let schedule = Schedule {
            name: "nightly".parse().unwrap(),
            cron: Cron::parse("0 6 * * *", chrono_tz::Tz::UTC).unwrap(),
            parameters: Map::new(),
            tenants: Vec::new(),
            requester: String::new(),
            lane: None,
            missed,
        };
        let due = schedule.due(fired.parse().unwrap(), now.parse().unwrap());
        due.iter().map(|at| at.format("%m-%d").to_string()).collect()
    }

    #[test]
    fn what_is_on_time_fires_whatever_is_said_of_missed_ones() {
        for missed in [Missed::Skip, Missed::Once, Missed::All] {
            assert_eq!(due(missed, "2026-03-01T06:00:00Z", "2026-03-02T05:59:59Z"), [""; 0]);
            assert_eq!(due(missed, "2026-03-01T06:00:00Z", "2026-03-02T06:00:00Z"), ["03-02"]);
            assert_eq!(due(missed, "2026-03-01T06:00:00Z", "2026-03-02T06:05:00Z"), ["03-02"]);
            assert_eq!(due(missed, "2026-03-02T06:00:00Z", "2026-03-02T06:05:00Z"), [""; 0], "never twice");
        }
    }

    #[test]
    fn missed_ones_are_handled_as_declared() {
        let (fired, now) = ("2026-03-01T06:00:00Z", "2026-03-04T08:00:00Z");
        assert_eq!(due(Missed::Skip, fired, now), [""; 0]);
        assert_eq!(due(Missed::Once, fired, now), ["03-04"]);
        assert_eq!(due(Missed::All, fired, now), ["03-02", "03-03", "03-04"]);
        // Back just in time for one more.
        let now = "2026-03-04T06:01:00Z";
        assert_eq!(due(Missed::Skip, fired, now), ["03-04"]);
        assert_eq!(due(Missed::Once, fired, now), ["03-04"]);
        assert_eq!(due(Missed::All, "2020-01-01T06:00:00Z", now).len(), MOST_MISSED);
    }
}
