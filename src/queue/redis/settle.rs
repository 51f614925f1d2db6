//! Settling: many attempts in one call.

use std::{sync::Arc, time::Duration};

use super::{json, link::Link, micros, millis, parse_state};
use crate::{
    job::Failure,
    queue::{DEAD_LETTERS, ENDED_LIFETIME, Lease, Result, Settled, Settlement},
};

/// Ends attempts, at most [`BATCH`](crate::queue::BATCH), and says in their order what counted.
pub(super) async fn settle(link: Arc<Link>, ended: Vec<(Lease, Settlement)>) -> Result<Vec<Settled>> {
    let mut call = link.keys.call(&link.scripts.settle);
    call.arg(millis(ENDED_LIFETIME)).arg(DEAD_LETTERS);
    for (lease, how) in &ended {
        let (word, failure, delay) = words(how);
        call.arg(lease.job.to_string()).arg(lease.fence).arg(word);
        call.arg(failure.map(json).transpose()?.unwrap_or_default()).arg(micros(delay));
    }
    let states: Vec<String> = link.run(&call).await?;
    states
        .iter()
        .map(|state| match state.as_str() {
            "" => Ok(Settled::Fenced),
            state => parse_state(state).map(Settled::Applied),
        })
        .collect()
}

fn words(how: &Settlement) -> (&'static str, Option<&Failure>, Duration) {
    let at_once = Duration::ZERO;
    match how {
        Settlement::Done => ("done", None, at_once),
        Settlement::Retry { failure, delay } => ("retry", Some(failure), *delay),
        Settlement::Defer { failure, delay } => ("defer", Some(failure), *delay),
        Settlement::Release => ("release", None, at_once),
        Settlement::Fail(failure) => ("fail", Some(failure), at_once),
        Settlement::Cancelled => ("cancelled", None, at_once),
    }
}
