//! Saving a document's bytes to a file or to standard output.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use futures::StreamExt as _;
use sha2::{Digest as _, Sha256};

use crate::{
    app::App,
    artifact::{ArtifactId, Digest},
    identity::Identity,
};

/// Copies an artifact to `to`, or to the report's own file name in the working directory; returns where it is.
///
/// The bytes are checked against the recorded digest before the file gets its name.
pub(super) async fn artifact(
    app: &App,
    who: &Identity,
    id: ArtifactId,
    to: Option<PathBuf>,
) -> anyhow::Result<PathBuf> {
    let Some(document) = app.desk.download(who, id).await? else {
        anyhow::bail!("there is no artifact {id} of tenant {}", who.tenant);
    };
    let mut bytes = app.store()?.read(&document.artifact.key, None).await?;
    let mut saving = Saving::begin(to.unwrap_or_else(|| PathBuf::from(&document.file_name)))?;
    let mut hash = Sha256::new();
    while let Some(chunk) = bytes.next().await {
        let chunk = chunk?;
        hash.update(&chunk);
        saving.write(&chunk)?;
    }
    let same = Digest::from_bytes(hash.finalize()) == document.artifact.facts.digest;
    anyhow::ensure!(same, "the stored bytes of artifact {id} are not those that were recorded");
    saving.finish()
}

/// A file that gets its name only when it is whole; `-` is standard output.
///
/// Writes block, which a command that does nothing else may do.
pub(super) struct Saving {
    out: Box<dyn Write>,
    to: PathBuf,
    partial: Option<PathBuf>,
}

impl Saving {
    /// Begins a file beside `to`, under a name of its own.
    pub(super) fn begin(to: PathBuf) -> anyhow::Result<Self> {
        if is_stdout(&to) {
            return Ok(Self { out: Box::new(io::stdout()), to, partial: None });
        }
        let mut partial = to.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let file = File::create(&partial).with_context(|| format!("can't write {}", partial.display()))?;
        Ok(Self { out: Box::new(file), to, partial: Some(partial) })
    }

    /// Adds bytes at the end.
    pub(super) fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.out.write_all(bytes).with_context(|| format!("can't write {}", self.to.display()))
    }

    /// Gives the file its name and returns it.
    pub(super) fn finish(mut self) -> anyhow::Result<PathBuf> {
        self.out.flush().with_context(|| format!("can't write {}", self.to.display()))?;
        if let Some(partial) = self.partial.take() {
            std::fs::rename(&partial, &self.to).with_context(|| format!("can't write {}", self.to.display()))?;
        }
        Ok(std::mem::take(&mut self.to))
    }
}

/// What isn't whole doesn't stay.
impl Drop for Saving {
    fn drop(&mut self) {
        if let Some(partial) = &self.partial {
            // The error that matters is the one that stopped us.
            let _ = std::fs::remove_file(partial);
        }
    }
}

/// Whether the bytes go to standard output, which then holds nothing else.
pub(super) fn is_stdout(to: &Path) -> bool {
    to == Path::new("-")
}
