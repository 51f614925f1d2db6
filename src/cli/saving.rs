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

/// A file that gets its name only when it is whole; `-` is standard output, and pipes and devices are written to.
///
/// Writes block, which a command that does nothing else may do.
pub(super) struct Saving {
    out: Box<dyn Write>,
    to: PathBuf,
    partial: Option<Partial>,
}

/// A file under its name for the meantime, and the one that it shall have.
struct Partial {
    now: PathBuf,
    then: PathBuf,
}

impl Saving {
    /// Begins a file beside `to`, under a name of its own.
    pub(super) fn begin(to: PathBuf) -> anyhow::Result<Self> {
        if is_stdout(&to) {
            return Ok(Self { out: Box::new(io::stdout()), to, partial: None });
        }
        if std::fs::metadata(&to).is_ok_and(|facts| !facts.is_file() && !facts.is_dir()) {
            // A device or pipe, such as /dev/stdout: a file given its name would take its place.
            let file =
                File::options().write(true).open(&to).with_context(|| format!("can't write {}", to.display()))?;
            return Ok(Self { out: Box::new(file), to, partial: None });
        }
        let then = to.canonicalize().unwrap_or_else(|_| to.clone());
        let mut now = then.clone().into_os_string();
        now.push(".partial");
        let partial = Partial { now: now.into(), then };
        let file = File::create(&partial.now).with_context(|| format!("can't write {}", partial.now.display()))?;
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
            std::fs::rename(&partial.now, &partial.then)
                .with_context(|| format!("can't write {}", self.to.display()))?;
        }
        Ok(std::mem::take(&mut self.to))
    }
}

/// What isn't whole doesn't stay.
impl Drop for Saving {
    fn drop(&mut self) {
        if let Some(partial) = &self.partial {
            // The error that matters is the one that stopped us.
            let _ = std::fs::remove_file(&partial.now);
        }
    }
}

/// Whether the bytes go to standard output, which then holds nothing else.
pub(super) fn is_stdout(to: &Path) -> bool {
    to == Path::new("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn save(to: &Path) {
        let mut saving = Saving::begin(to.to_owned()).unwrap();
        saving.write(b"whole").unwrap();
        saving.finish().unwrap();
    }

    #[test]
    fn a_pipe_is_written_to_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::read_to_string(pipe).unwrap()
        });
        save(&pipe);
        assert!(!pipe.symlink_metadata().unwrap().is_file(), "the pipe became a file");
        assert_eq!(reader.join().unwrap(), "whole");
    }

    #[test]
    fn a_link_goes_on_pointing_to_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        save(&link);
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "whole");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "something partial stayed");
    }

    #[test]
    fn what_is_not_whole_does_not_stay() {
        let folder = tempfile::tempdir().unwrap();
        let mut saving = Saving::begin(folder.path().join("file")).unwrap();
        saving.write(b"ha").unwrap();
        drop(saving);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
