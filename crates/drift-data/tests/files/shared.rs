//! Where the shared recordings are, if they are on this machine.

use std::path::{Path, PathBuf};

/// The folder `data` of the shared recordings: below `DRIFT_SHARED`, else beside the workspace. Prints why not, if not.
pub fn data() -> Option<PathBuf> {
    let root = std::env::var_os("DRIFT_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let data = root.join("data");
    if data.is_dir() {
        return Some(data);
    }
    println!(
        "skipped: {} is not a folder (set DRIFT_SHARED to the shared recordings)",
        data.display()
    );
    None
}

/// All files below a folder with the given extension, sorted.
pub fn files_below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
