//! Where the reference data are.
use std::path::{Path, PathBuf};

/// `$DRIFT_SHARED/reference`, else `../shared/reference` beside the workspace; `None`, with the
/// reason printed, where neither is there.
pub fn reference_directory() -> Option<PathBuf> {
    let shared = match std::env::var_os("DRIFT_SHARED") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
    };
    let directory = shared.join("reference");
    if directory.is_dir() {
        return Some(directory);
    }
    println!("skipped: there is no directory {}", directory.display());
    None
}
