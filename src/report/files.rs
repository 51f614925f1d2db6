//! Reading the text files of a definition.
//!
//! A file is read only if it lies where it seems to: a symbolic link that leads out of its folder is refused, because
//! whoever may write definitions must not thereby read other files of the machine.

use std::{
    fs::File,
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

use crate::fault::{Fault, Place};

/// The largest file that is read.
const LARGEST: u64 = 1024 * 1024;

/// Whether something is there at all, as a link or as itself.
pub(super) fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// The real path of something within `folder`.
pub(super) fn within(path: &Path, folder: &Path) -> Result<PathBuf, Fault> {
    let real = |path: &Path| path.canonicalize().map_err(|error| unreadable(path, &error));
    let (path_as_is, inside) = (real(path)?, real(folder)?);
    if path_as_is.starts_with(&inside) {
        return Ok(path_as_is);
    }
    Err(Fault::new("this link leads out of its folder").in_file(path).help("copy the file here instead"))
}

/// The text of a file within `folder`: UTF-8 without a byte order mark, not empty, at most 1 MiB.
pub(super) fn read_text(path: &Path, folder: &Path) -> Result<String, Fault> {
    let real = within(path, folder)?;
    let fault = |message: &str| Fault::new(message).in_file(path);
    if !real.is_file() {
        return Err(fault("this is not a file"));
    }
    let mut bytes = Vec::new();
    let file = File::open(&real).map_err(|error| unreadable(path, &error))?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > LARGEST {
        return Err(
            fault("this file is larger than 1 MiB").help("definitions and SQL are short; is this the right file?")
        );
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
        fault("this file is not UTF-8").at(Place::at(&before, valid)).help("save it in the encoding UTF-8")
    })?;
    if text.starts_with('\u{feff}') {
        let fault = fault("this file begins with a byte order mark").at(Place { line: 1, column: 1 });
        return Err(fault.help("save it as UTF-8 without a byte order mark (BOM)"));
    }
    if text.trim().is_empty() {
        return Err(fault("this file is empty"));
    }
    Ok(text)
}

/// What the system says about a path.
pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Fault {
    let message = match error.kind() {
        ErrorKind::NotFound if is_there(path) => "this link leads nowhere".to_owned(),
        ErrorKind::NotFound => "this is missing".to_owned(),
        ErrorKind::PermissionDenied => "this can't be read: permission denied".to_owned(),
        kind => format!("this can't be read: {kind}"),
    };
    Fault::new(message).in_file(path)
}
