//! How runs in directories are interrupted, and what is compared of them afterwards.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use drift_sim::Observer;

/// Stops a run after this step.
pub struct StopAt(pub u64);

impl<S: ?Sized> Observer<S> for StopAt {
    fn step(&mut self, step: u64, _loss: f64) -> ControlFlow<()> {
        if step == self.0 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

/// Names and bytes of all files but the older checkpoint, which depends on when one was due.
pub fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|ending| ending != "previous"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read(&path).unwrap())
        })
        .collect()
}

/// Adds to a file what a kill in the middle of a write leaves.
pub fn tear(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    bytes.extend(b"300,0.1");
    fs::write(file, bytes).unwrap();
}

/// Leaves a directory with half of its last checkpoint, and `old` as the one before.
pub fn tear_checkpoint(directory: &Path, old: &[u8]) {
    fs::write(directory.join("checkpoint"), &old[..old.len() / 2]).unwrap();
    fs::write(directory.join("checkpoint.previous"), old).unwrap();
}
