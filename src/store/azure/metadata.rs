//! An object's facts as a blob's metadata.
//!
//! **Invariant:** a blob whose metadata we can't read is never taken for an artifact.

use std::{collections::HashMap, str::FromStr};

use azure_core::time::OffsetDateTime;
use azure_storage_blob::{
    BlobClient,
    models::{BlobClientGetPropertiesResultHeaders, BlobItem},
};
use chrono::{DateTime, SecondsFormat, Utc};

use super::failure::failed;
use crate::{
    artifact::{ArtifactKey, Digest, Facts, Tier},
    store::{Result, StoreError, Stored},
};

// Names are valid C# identifiers, as the service demands, and lower case, because headers lose their case.
const DIGEST: &str = "pressroom_digest";
const SIZE: &str = "pressroom_size";
const ROWS: &str = "pressroom_rows";
const PAGES: &str = "pressroom_pages";
const FENCE: &str = "pressroom_fence";
const SNAPSHOT: &str = "pressroom_snapshot";
const DEFINITION: &str = "pressroom_definition";
const PROOF: &str = "pressroom_proof";

/// The service takes 8 KiB of metadata. A proof longer than this is left out: the document's own stamp has it whole.
const MOST_PROOF: usize = 6 * 1024;

/// The metadata that says these facts.
pub(super) fn of(facts: &Facts) -> HashMap<String, String> {
    let snapshot = facts.snapshot_at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    [
        (DIGEST, facts.digest.as_str().to_owned()),
        (SIZE, facts.size_bytes.to_string()),
        (ROWS, facts.rows.to_string()),
        (PAGES, facts.pages.to_string()),
        (FENCE, facts.fence.to_string()),
        (SNAPSHOT, snapshot),
        (DEFINITION, facts.definition_digest.as_str().to_owned()),
        (PROOF, proof(facts)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// The facts that metadata says.
pub(super) fn facts(metadata: &HashMap<String, String>) -> Result<Facts> {
    let text = |name: &str| {
        let found = metadata.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).ok_or_else(|| unreadable(name))
    };
    let digest = |name: &str| Digest::parse(text(name)?).ok_or_else(|| unreadable(name));
    Ok(Facts {
        digest: digest(DIGEST)?,
        size_bytes: number(SIZE, text(SIZE)?)?,
        rows: number(ROWS, text(ROWS)?)?,
        pages: number(PAGES, text(PAGES)?)?,
        fence: number(FENCE, text(FENCE)?)?,
        snapshot_at: number(SNAPSHOT, text(SNAPSHOT)?)?,
        definition_digest: digest(DEFINITION)?,
        // Blobs of earlier versions have none.
        proof: text(PROOF).ok().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default(),
    })
}

/// As JSON, which is ASCII: names of datasets are.
fn proof(facts: &Facts) -> String {
    let json = serde_json::to_string(&facts.proof).unwrap_or_default();
    if json.len() <= MOST_PROOF && json.is_ascii() { json } else { "{}".to_owned() }
}

fn number<T: FromStr>(name: &str, text: &str) -> Result<T> {
    text.parse().map_err(|_| unreadable(name))
}

fn unreadable(name: &str) -> StoreError {
    StoreError::Corrupt(format!("its metadata `{name}` is missing or unreadable"))
}

/// Asks for the blob at the key.
pub(super) async fn find(blob: &BlobClient, key: &ArtifactKey) -> Result<Option<Stored>> {
    let properties = match blob.get_properties(None).await.map_err(failed) {
        Ok(properties) => properties,
        Err(StoreError::Missing) => return Ok(None),
        Err(error) => return Err(error),
    };
    let facts = facts(&properties.metadata().map_err(failed)?)?;
    let size = properties.content_length().map_err(failed)?;
    if size.is_some_and(|size| size != facts.size_bytes) {
        return Err(StoreError::Corrupt("its size is not the one in its metadata".to_owned()));
    }
    // The creation time is that of the first staged block. Nothing rewrites a blob, and a change of tier leaves this alone.
    let created_at = properties.last_modified().map_err(failed)?.and_then(instant);
    Ok(Some(Stored {
        key: key.clone(),
        facts,
        tier: tier(properties.access_tier().map_err(failed)?.as_deref()),
        created_at: created_at.ok_or_else(|| StoreError::Corrupt("it has no time of publishing".to_owned()))?,
    }))
}

/// One entry of a listing; `None` when it isn't an artifact of ours.
pub(super) fn listed(item: BlobItem) -> Option<Stored> {
    let key = ArtifactKey::parse(&item.name?)?;
    let properties = item.properties?;
    let metadata = item.metadata.and_then(|metadata| metadata.values).unwrap_or_default();
    Some(Stored {
        key,
        facts: facts(&metadata).ok()?,
        tier: tier(properties.access_tier.as_ref().map(AsRef::as_ref)),
        created_at: properties.last_modified.and_then(instant)?,
    })
}

/// The service's time as ours.
pub(super) fn instant(time: OffsetDateTime) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.unix_timestamp(), time.nanosecond())
}

/// The tier by its name in the service; premium and unnamed ones are read at once, like hot.
fn tier(name: Option<&str>) -> Tier {
    name.and_then(|name| name.to_ascii_lowercase().parse().ok()).unwrap_or(Tier::Hot)
}
