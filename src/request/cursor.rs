//! Where a listing stopped, as text that callers hand back unread.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::request::RequestError;

/// A position in a listing that runs from new to old by `(instant, id)`.
pub(super) type Position = (DateTime<Utc>, Uuid);

/// 8 bytes of microseconds, 16 of the id, in base64url: 32 characters.
pub(super) fn write((at, id): Position) -> String {
    let mut bytes = at.timestamp_micros().to_be_bytes().to_vec();
    bytes.extend_from_slice(id.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads what `write` wrote; anything else is [`RequestError::BadCursor`].
pub(super) fn read(text: &str) -> Result<Position, RequestError> {
    let bytes: [u8; 24] =
        URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(RequestError::BadCursor)?;
    let (micros, id) = bytes.split_first_chunk::<8>().ok_or(RequestError::BadCursor)?;
    let at = DateTime::from_timestamp_micros(i64::from_be_bytes(*micros)).ok_or(RequestError::BadCursor)?;
    Ok((at, Uuid::from_slice(id).map_err(|_| RequestError::BadCursor)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_the_round_trip() {
        let at = DateTime::from_timestamp_micros(1_795_000_000_123_456).unwrap();
        let position = (at, Uuid::from_u128(7));
        let text = write(position);
        assert_eq!(text.len(), 32);
        assert_eq!(read(&text).unwrap(), position);
    }

    #[test]
    fn refuses_everything_else() {
        let far = URL_SAFE_NO_PAD.encode([0x7f; 24]);
        for text in ["", "x", "AAAA", "!!!!", "\u{1F600}", far.as_str(), &"A".repeat(10_000)] {
            assert!(matches!(read(text), Err(RequestError::BadCursor)), "{text:.40}");
        }
    }
}
