//! Streams that end with an error rather than short.
//!
//! **Invariant:** a reader never takes a truncated object for a whole one.

use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};

use super::{Result, StoreError};

/// Passes `stream` on and fails at its end unless it had exactly `expected` bytes.
pub(super) fn exactly(
    expected: u64,
    mut stream: BoxStream<'static, Result<Bytes>>,
) -> BoxStream<'static, Result<Bytes>> {
    Box::pin(async_stream::try_stream! {
        let mut seen = 0;
        while let Some(bytes) = stream.next().await {
            let bytes = bytes?;
            seen += bytes.len() as u64;
            if seen > expected {
                break;
            }
            yield bytes;
        }
        if seen != expected {
            Err(StoreError::Corrupt(format!("it gave {seen} bytes or more instead of {expected}")))?;
        }
    })
}

/// The byte range to read of an object of `size` bytes; refuses one that leaves it.
pub(super) fn within(range: Option<std::ops::Range<u64>>, size: u64) -> Result<std::ops::Range<u64>> {
    let range = range.unwrap_or(0..size);
    if range.start <= range.end && range.end <= size {
        Ok(range)
    } else {
        Err(StoreError::Refused(format!("bytes {}..{} of an object of {size}", range.start, range.end)))
    }
}

/// Checks that the facts about to be published speak of the bytes that were written.
pub(super) fn same_size(written: u64, facts: &crate::artifact::Facts) -> Result<()> {
    if written == facts.size_bytes {
        Ok(())
    } else {
        Err(StoreError::Refused(format!("{written} bytes were written, but their facts say {}", facts.size_bytes)))
    }
}
