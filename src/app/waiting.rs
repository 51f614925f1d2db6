//! Waiting at start for what isn't there yet: a fleet comes up in any order.
//!
//! **Invariant:** only what may pass by itself is waited for; a wrong address, password or schema ends the process at
//! once with what is wrong.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{catalog::CatalogError, http::Door, queue::QueueError, source::SourceError, store::StoreError};

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Who waits.
pub(super) struct Waiting<'a> {
    /// Ends the waiting.
    pub(super) stop: &'a CancellationToken,
    /// Tells the probes what is awaited.
    pub(super) door: &'a Door,
}

impl Waiting<'_> {
    /// What `reach` gives as soon as it gives anything; `None` when it is time to stop. Says once that it waits for
    /// `part`, and once that it is there.
    pub(super) async fn until_there<T>(
        &self,
        part: &'static str,
        reach: impl AsyncFn() -> anyhow::Result<T>,
    ) -> anyhow::Result<Option<T>> {
        let (mut pause, mut said) = (FIRST_PAUSE, false);
        self.door.awaits(part);
        loop {
            let reached = tokio::select! {
                reached = reach() => reached,
                () = self.stop.cancelled() => return Ok(None),
            };
            let error = match reached {
                Ok(there) => {
                    if said {
                        tracing::info!(part, "the {part} is there");
                    }
                    return Ok(Some(there));
                }
                Err(error) if may_pass(&error) => error,
                Err(error) => return Err(error),
            };
            if !std::mem::replace(&mut said, true) {
                tracing::warn!(part, "waiting for the {part}: {error:#}");
            }
            tokio::select! {
                () = self.stop.cancelled() => return Ok(None),
                () = tokio::time::sleep(pause.mul_f64(rand::random_range(0.75..=1.25))) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// Whether the same may work later without anybody doing anything about this process.
fn may_pass(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(QueueError::Unavailable(_)))
        || matches!(error.downcast_ref(), Some(CatalogError::Unavailable(_)))
        || matches!(error.downcast_ref(), Some(SourceError::Unavailable(_)))
        || matches!(error.downcast_ref(), Some(StoreError::Unavailable(_) | StoreError::Busy { .. }))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    async fn wait(
        reach: impl AsyncFn() -> anyhow::Result<u32>,
        stop: &CancellationToken,
    ) -> anyhow::Result<Option<u32>> {
        Waiting { stop, door: &Door::default() }.until_there("queue", reach).await
    }

    fn away() -> anyhow::Error {
        QueueError::Unavailable("connection refused".to_owned()).into()
    }

    #[tokio::test]
    async fn an_outage_is_waited_out_and_a_wrong_setting_is_not() {
        let (stop, tries) = (CancellationToken::new(), AtomicU32::new(0));
        let later = async || match tries.fetch_add(1, Ordering::SeqCst) {
            2 => Ok(7),
            _ => Err(away()),
        };
        assert_eq!(wait(later, &stop).await.unwrap(), Some(7));
        let wrong = async || Err(SourceError::Denied("no such user".to_owned()).into());
        assert!(wait(wrong, &stop).await.is_err());
        stop.cancel();
        assert_eq!(wait(async || Err(away()), &stop).await.unwrap(), None);
    }
}
