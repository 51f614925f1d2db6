//! When a job is tried again.

use std::time::Duration;

use crate::{job::JobId, report::Retry};

/// How often a job is put off for something that is away: about a day.
const MOST_DEFERRALS: u32 = 24 * 60;

/// The pauses of a job that is put off because something that it needs is away.
const OUTAGE: Retry =
    Retry { attempts: MOST_DEFERRALS, backoff: Duration::from_secs(1), longest: Duration::from_secs(60) };

/// How often a job is put off for something that answers when asked but failed the job: a connection that broke, or a
/// query that breaks connections, which must not come back for ever.
const MOST_WHILE_ANSWERING: u32 = 20;

/// How long to wait after attempt number `attempt`: exponential, with up to a quarter more.
///
/// The extra comes from the job's id, so that jobs which failed together don't come back together.
pub fn pause(job: JobId, attempt: u32, retry: &Retry) -> Duration {
    let doubled = retry.backoff.saturating_mul(1 << attempt.saturating_sub(1).min(20));
    let spread = f64::from(job.0.as_bytes()[15]) / f64::from(u8::MAX) / 4.0;
    doubled.min(retry.longest).mul_f64(1.0 + spread)
}

/// How long to put off a job that was put off so often before; `None` when it is time to count the attempt.
pub fn deferral(job: JobId, deferrals: u32, away: bool) -> Option<Duration> {
    let most = if away { MOST_DEFERRALS } else { MOST_WHILE_ANSWERING };
    (deferrals < most).then(|| pause(job, deferrals.saturating_add(1), &OUTAGE))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn pauses_double_and_stay_bounded() {
        let (job, retry) = (JobId(Uuid::nil()), Retry::default());
        assert_eq!(pause(job, 1, &retry), Duration::from_secs(2));
        assert_eq!(pause(job, 3, &retry), Duration::from_secs(8));
        assert_eq!(pause(job, u32::MAX, &retry), retry.longest);
        assert!(pause(JobId(Uuid::max()), 40, &retry) <= retry.longest.mul_f64(1.25));
        let quick =
            Retry { backoff: Duration::from_millis(10), longest: Duration::from_millis(30), ..Retry::default() };
        assert_eq!(pause(job, 1, &quick), Duration::from_millis(10));
        assert_eq!(pause(job, 9, &quick), Duration::from_millis(30));
    }

    #[test]
    fn an_outage_puts_a_job_off_for_about_a_day_and_a_riddle_for_minutes() {
        let total = |away| {
            let pauses = (0..).map_while(|deferrals| deferral(JobId(Uuid::nil()), deferrals, away));
            pauses.inspect(|pause| assert!(*pause <= Duration::from_secs(60))).sum::<Duration>()
        };
        let day = Duration::from_secs(86_400);
        assert!(total(true) > day.mul_f64(0.9) && total(true) < day.mul_f64(1.1), "{:?}", total(true));
        assert!(total(false) < Duration::from_secs(20 * 60), "{:?}", total(false));
    }
}
