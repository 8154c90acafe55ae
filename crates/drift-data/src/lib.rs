//! Loaders.
#![forbid(unsafe_code)]
mod error;
#[cfg(feature = "hc6")]
pub mod hc6;
pub mod mat;
#[cfg(feature = "rate-maps")]
pub mod rate_maps;
mod recording;
mod times;
#[cfg(feature = "ziv-lab")]
pub mod ziv_lab;
pub use error::Error;
pub use recording::*;

use std::path::{Path, PathBuf};

/// What a folder holds, sorted by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = std::fs::read_dir(folder).map_err(|error| Error::io(folder, &error))?;
    let mut paths = entries
        .map(|entry| {
            entry
                .map(|entry| entry.path())
                .map_err(|error| Error::io(folder, &error))
        })
        .collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    Ok(paths)
}
