//! How runs in directories are interrupted, and what is compared of them afterwards.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use drift_sim::engine::Run;
use drift_sim::{Error, Outcome, Registry, Scenario, System};

#[path = "../../../../drift-engine/tests/engine/files.rs"]
mod below;
mod stop_at;

pub use below::files;
pub use stop_at::StopAt;

pub fn create(directory: &Path, scenario: &Scenario) -> Result<Run<Box<dyn System>>, Error> {
    Registry::new().create_run(directory, scenario)
}

pub fn open(directory: &Path) -> Result<Run<Box<dyn System>>, Error> {
    Registry::new().open_run(directory)
}

/// The files of a run that nothing interrupts.
pub fn whole(directory: &Path, scenario: &Scenario) -> BTreeMap<String, Vec<u8>> {
    let mut run = create(directory, scenario).unwrap();
    let step = scenario.spec().steps;
    assert_eq!(run.run(&mut ()).unwrap(), Outcome::Completed { step });
    drop(run);
    files(directory)
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
