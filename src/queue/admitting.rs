//! From the inbox into the lanes: what a worker does before it claims, and an agent when no worker runs.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::{StreamExt, TryStreamExt};

use super::contract::{Admission, LeaseStore, RawMessage, Result, Verdict};

/// Messages admitted at once.
const ADMIT_AT_ONCE: usize = 16;

/// Takes what lies in the inbox, at most 100 messages, and carries out the verdict on each; returns how many there were.
pub async fn admit_drained(queue: &dyn LeaseStore, admission: &dyn Admission) -> Result<usize> {
    let drained = queue.drain().await?;
    let count = drained.len();
    let admitted = futures::stream::iter(drained).map(|raw| async move {
        let verdict = judge(admission, &raw);
        queue.admit(&raw, verdict).await
    });
    admitted.buffered(ADMIT_AT_ONCE).try_collect::<()>().await?;
    Ok(count)
}

/// A message must not end the process, whatever is in it.
fn judge(admission: &dyn Admission, raw: &RawMessage) -> Verdict {
    catch_unwind(AssertUnwindSafe(|| admission.judge(raw)))
        .unwrap_or_else(|_| Verdict::Malformed("reading it hit a bug in pressroom".to_owned()))
}
