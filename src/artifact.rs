//! Artifacts: the stored result of a job, its address and what proves it whole.
//!
//! **Invariant:** keys are made of ids and dates only, never of a value from the data.

use std::{fmt, str::FromStr};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::job::{Job, JobId, ReportName, Tenant, UnknownWord};

/// Names one artifact. A job has at most one, so it carries the job's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ArtifactId(pub Uuid);

impl From<JobId> for ArtifactId {
    fn from(id: JobId) -> Self {
        Self(id.0)
    }
}

impl fmt::Display for ArtifactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ArtifactId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// Where an artifact lives in the store: `<tenant>/<report>/<accepted date>/<job id>.pdf`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ArtifactKey(String);

impl ArtifactKey {
    /// The key of a job's artifact; every attempt has the same one.
    pub fn of(job: &Job) -> Self {
        Self::new(&job.tenant, &job.report, job.accepted_at.date_naive(), job.id)
    }

    fn new(tenant: &Tenant, report: &ReportName, accepted_on: NaiveDate, id: JobId) -> Self {
        Self(format!("{tenant}/{report}/{accepted_on}/{id}.pdf"))
    }

    /// A key read back from the store or the catalog.
    ///
    /// Refuses what [`ArtifactKey::of`] could not have made, so that a key can't leave the store's folder.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let (tenant, report, date, file) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let tenant: Tenant = tenant.parse().ok()?;
        let report: ReportName = report.parse().ok()?;
        let date: NaiveDate = date.parse().ok()?;
        let id: JobId = file.strip_suffix(".pdf")?.parse().ok()?;
        // Dates and ids can be written in several ways, and a key in only one.
        Some(Self::new(&tenant, &report, date, id)).filter(|key| key.0 == text)
    }

    /// The tenant and the job whose artifact it is.
    pub fn job(&self) -> (Tenant, JobId) {
        let mut parts = self.0.split('/');
        let tenant = parts.next().and_then(|tenant| tenant.parse().ok());
        let id = parts.next_back().and_then(|file| file.strip_suffix(".pdf")?.parse().ok());
        tenant.zip(id).expect("a key is made of them")
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ArtifactKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A SHA-256 digest, shown in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// From the 32 bytes that a hash function gives.
    pub fn from_bytes(bytes: impl AsRef<[u8]>) -> Self {
        Self(hex::encode(bytes))
    }

    /// A digest read back from the store or the catalog: 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())).then(|| Self(text.to_ascii_lowercase()))
    }

    /// The hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How quickly, and at what price, an artifact can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// At once.
    Hot,
    /// At once, dearer to read; at least 30 days.
    Cool,
    /// At once, dearer still; at least 90 days.
    Cold,
    /// After a restore of up to 15 hours; at least 180 days.
    Archive,
}

impl Tier {
    /// All tiers, warmest first.
    pub const ALL: [Self; 4] = [Self::Hot, Self::Cool, Self::Cold, Self::Archive];

    /// The name used in messages and keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hot => "hot",
            Self::Cool => "cool",
            Self::Cold => "cold",
            Self::Archive => "archive",
        }
    }
}

impl FromStr for Tier {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|tier| tier.as_str() == text)
            .ok_or(UnknownWord { expected: "hot, cool, cold or archive" })
    }
}

/// What is true of a finished document, kept in the blob's metadata and in the catalog.
///
/// The catalog's record is always made from what the store holds, so the two can't disagree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// SHA-256 of the bytes.
    pub digest: Digest,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Rows the source returned, all of them placed in the document.
    pub rows: u64,
    /// Pages.
    pub pages: u64,
    /// The fence of the attempt that published it.
    pub fence: u64,
    /// When its rows were read (the snapshot's instant).
    pub snapshot_at: DateTime<Utc>,
    /// SHA-256 of the definition, its SQL and its template, as they were.
    pub definition_digest: Digest,
    /// What it was made from, and what it could not show.
    #[serde(default)]
    pub proof: Proof,
}

/// What proves a document whole: what was read for it, and the characters that it has no picture of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Proof {
    /// Each dataset that was read, in the order of reading.
    #[serde(default)]
    pub datasets: Vec<ReadDataset>,
    /// Characters that no font has, most frequent first.
    #[serde(default)]
    pub missing_glyphs: Vec<MissingGlyph>,
}

/// How much of a dataset was read and printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadDataset {
    /// Its name in the report's definition.
    pub name: String,
    /// Rows that the source returned.
    pub rows_read: u64,
    /// Rows on pages.
    pub rows_placed: u64,
    /// SHA-256 of what was read, as docs/ARCHITECTURE.md describes it.
    pub sha256: Digest,
}

/// A character that no font has: a box stands in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingGlyph {
    /// Which one, as `U+1F600`.
    pub code_point: String,
    /// How often.
    pub count: u64,
}

/// No more missing characters than this are listed for a document; the rest is only counted in the log.
const MOST_MISSING: usize = 50;

impl MissingGlyph {
    /// The most frequent of the characters that a document lacks.
    pub fn most_frequent(missing: impl IntoIterator<Item = (char, u64)>) -> Vec<Self> {
        let mut missing: Vec<(char, u64)> = missing.into_iter().collect();
        missing.sort_by_key(|&(character, count)| (std::cmp::Reverse(count), character));
        let listed = missing.into_iter().take(MOST_MISSING);
        listed.map(|(c, count)| Self { code_point: format!("U+{:04X}", u32::from(c)), count }).collect()
    }
}

/// A stored result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// Its name.
    pub id: ArtifactId,
    /// Whose it is.
    pub tenant: Tenant,
    /// Which report it is.
    pub report: ReportName,
    /// Who asked for it.
    pub requester: String,
    /// Where it lives.
    pub key: ArtifactKey,
    /// What is true of it.
    #[serde(flatten)]
    pub facts: Facts,
    /// The tier it is on.
    pub tier: Tier,
    /// When it was stored.
    pub created_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_in_one_way_only() {
        let key = "clinic/recall-list/2026-01-05/01900000-0000-7000-8000-00000000000a.pdf";
        assert_eq!(ArtifactKey::parse(key).unwrap().as_str(), key);
        for other in [
            "clinic/recall-list/2026-1-5/01900000-0000-7000-8000-00000000000a.pdf",
            "clinic/recall-list/+2026-01-05/01900000-0000-7000-8000-00000000000a.pdf",
            "clinic/recall-list/2026-01-05/01900000-0000-7000-8000-00000000000A.pdf",
            "clinic/recall-list/2026-01-05/0190000000007000800000000000000a.pdf",
            "clinic/recall-list/2026-01-05/{01900000-0000-7000-8000-00000000000a}.pdf",
            "clinic/recall-list/2026-01-05/urn:uuid:01900000-0000-7000-8000-00000000000a.pdf",
            "clinic/recall-list/2026-01-05/01900000-0000-7000-8000-00000000000a.json",
            "clinic/recall-list/2026-01-05/x/01900000-0000-7000-8000-00000000000a.pdf",
            "../recall-list/2026-01-05/01900000-0000-7000-8000-00000000000a.pdf",
        ] {
            assert_eq!(ArtifactKey::parse(other), None, "{other}");
        }
    }
}
