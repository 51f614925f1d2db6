//! Saving an artifact's bytes to a file.

use std::path::{Path, PathBuf};

use futures::StreamExt as _;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use crate::{
    app::App,
    artifact::{ArtifactId, Digest},
    identity::Identity,
};

/// Copies an artifact to `to`, or to the report's own file name in the working directory; returns where it is.
///
/// `-` is standard output (`None` is returned). The bytes are checked against the recorded digest; a file appears
/// under its name only when it is whole.
pub(super) async fn artifact(
    app: &App,
    who: &Identity,
    id: ArtifactId,
    to: Option<PathBuf>,
) -> anyhow::Result<Option<PathBuf>> {
    let Some(document) = app.desk.download(who, id).await? else {
        anyhow::bail!("there is no artifact {id}");
    };
    let to = to.unwrap_or_else(|| PathBuf::from(&document.file_name));
    let mut bytes = app.store()?.read(&document.artifact.key, None).await?;
    let whole = async |out: &mut (dyn AsyncWrite + Unpin + Send)| {
        let mut hash = Sha256::new();
        while let Some(chunk) = bytes.next().await {
            let chunk = chunk?;
            hash.update(&chunk);
            out.write_all(&chunk).await?;
        }
        out.flush().await?;
        let same = Digest::from_bytes(hash.finalize()) == document.artifact.facts.digest;
        anyhow::ensure!(same, "the stored bytes of artifact {id} are not those that were recorded");
        Ok(())
    };
    if to == Path::new("-") {
        let mut whole = whole;
        whole(&mut tokio::io::stdout()).await?;
        return Ok(None);
    }
    into_file(&to, whole).await?;
    Ok(Some(to))
}

/// Lets `fill` write a file that gets its name only when it is whole.
pub(super) async fn into_file(
    to: &Path,
    mut fill: impl AsyncFnMut(&mut (dyn AsyncWrite + Unpin + Send)) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut partial = to.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let named = |error: std::io::Error| anyhow::anyhow!("{}: {error}", to.display());
    let mut file = tokio::fs::File::create(&partial).await.map_err(named)?;
    let filled = fill(&mut file).await;
    drop(file);
    match filled {
        Ok(()) => tokio::fs::rename(&partial, to).await.map_err(named),
        Err(error) => {
            // The error that matters is the one that stopped us.
            let _ = tokio::fs::remove_file(&partial).await;
            Err(error)
        }
    }
}
