//! Recording folders in every format: what is read, what is refused and with which words.

mod choices;
mod convert;
mod discover;
#[cfg(feature = "nwb")]
mod inspect;
mod reading;
mod refusals;
mod samples;

use std::fs;
use std::path::Path;

use drift_data::{Error, Recording, folder};
use samples::Files;
use tempfile::TempDir;

/// Writes files into a folder.
pub fn lay_out(root: &Path, files: &Files) {
    for (path, content) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// A folder of its own with these files.
pub fn folder_of(files: &Files) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    lay_out(folder.path(), files);
    folder
}

/// What is read of files.
pub fn load(files: &Files) -> Result<Recording, Error> {
    folder::load(folder_of(files).path())
}

/// The same files with another content of one, which is added if it is not there.
pub fn with(files: &Files, path: &str, content: impl AsRef<[u8]>) -> Files {
    let mut files = files.clone();
    files.retain(|(found, _)| found != path);
    files.push((path.to_owned(), content.as_ref().to_vec()));
    files
}

/// The same files with a piece of a text replaced.
pub fn replaced(files: &Files, path: &str, from: &str, to: &str) -> Files {
    let (_, content) = files.iter().find(|(found, _)| found == path).unwrap();
    let text = String::from_utf8(content.clone()).unwrap();
    assert!(text.contains(from), "{path} has no {from}");
    with(files, path, text.replace(from, to))
}
