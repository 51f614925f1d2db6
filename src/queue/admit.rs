//! Turning what lies in the inbox into jobs; whoever has the report definitions may do it.
//!
//! **Invariant:** no message, however odd, ends the caller or keeps another message waiting.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::{StreamExt, TryStreamExt};

use super::contract::{Admission, LeaseStore, RawMessage, Result, Verdict};

/// Messages admitted at once.
const AT_ONCE: usize = 16;

/// Admits at most [`BATCH`](super::BATCH) messages and returns how many there were; a full batch may leave more.
pub async fn admit_messages(queue: &dyn LeaseStore, admission: &dyn Admission) -> Result<usize> {
    let drained = queue.drain().await?;
    let count = drained.len();
    let admitted = futures::stream::iter(drained).map(|raw| async move {
        let verdict = judge(admission, &raw);
        queue.admit(&raw, verdict).await
    });
    admitted.buffered(AT_ONCE).try_collect::<()>().await?;
    Ok(count)
}

/// A panic is our bug, but the message must not bring it back for ever.
fn judge(admission: &dyn Admission, raw: &RawMessage) -> Verdict {
    catch_unwind(AssertUnwindSafe(|| admission.judge(raw)))
        .unwrap_or_else(|_| Verdict::Malformed("reading it hit a bug in pressroom".to_owned()))
}
