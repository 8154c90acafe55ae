//! Any bytes as an NWB file, and as whatever `drift data inspect` is given.
#![no_main]

use std::cell::OnceCell;
use std::fs;

use drift_data::{Choices, inspect, nwb};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

thread_local! {
    static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
}

fuzz_target!(|data: &[u8]| {
    FOLDER.with(|folder| {
        let folder = folder.get_or_init(|| tempfile::tempdir().expect("a folder"));
        let path = folder.path().join("any.nwb");
        fs::write(&path, data).expect("a file");
        if let Ok(recording) = nwb::load(&path, &Choices::default()) {
            for session in &recording.sessions {
                assert!(session.check().is_ok());
            }
        }
        drop(inspect::describe(&path, &Choices::default()));
    });
});
