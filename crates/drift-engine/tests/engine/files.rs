//! What is compared of directories.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Names below a directory, and the bytes, of all files but the older checkpoints, which depend on
/// when one was due.
pub fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            let inside = files(&path).into_iter();
            all.extend(inside.map(|(file, bytes)| (format!("{name}/{file}"), bytes)));
        } else if !name.ends_with(".previous") {
            all.insert(name, fs::read(&path).unwrap());
        }
    }
    all
}
