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
