//! What the program says when it cannot go on, and the exit code that goes with it.

use std::path::{Path, PathBuf};

use crate::figures::FigureError;

/// Why a command failed. Its text is one line that names the thing at fault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CliError {
    /// A file or directory could not be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A figure could not be drawn.
    #[error(transparent)]
    Figure(#[from] FigureError),
}

impl CliError {
    /// A failure to write `path`.
    pub fn write(path: &Path, source: std::io::Error) -> Self {
        Self::Write { path: path.into(), source }
    }
}
