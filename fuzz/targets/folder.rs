//! Any bytes as each file of a recording folder: the manifest, the tables and arrays of the neutral
//! format, and the files of the laboratories' programs. The first byte chooses which.
#![no_main]

use std::cell::OnceCell;
use std::fs;

use drift_data::{Choices, folder};
use drift_data::mat::Limits;
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

const LIMITS: Limits = Limits {
    inflated_bytes: 16 << 20,
    decoded_bytes: 16 << 20,
    depth: 32,
};

const POSITIONS: &str = "time_s,x_cm\n0,10\n0.05,20\n0.1,30\n0.15,40\n";
const SPIKES: &str = "time_s,cell\n0.01,0\n0.06,1\n";

/// The file that the bytes become, and what its session says of it; the rest is sound.
const PLACES: [(&str, &str, &str); 19] = [
    ("positions.csv", "positions", ""),
    ("positions.npz", "positions", ""),
    ("tracking.csv", "positions", "format = 'deeplabcut', rate_hz = 20, cm_per_px = 0.2"),
    ("tracking.h5", "positions", "format = 'deeplabcut', rate_hz = 20, cm_per_px = 0.2"),
    ("analysis.h5", "positions", "format = 'sleap', rate_hz = 20, cm_per_px = 0.2"),
    ("position.npz", "positions", "format = 'pynapple', unit = 'm'"),
    ("spikes.csv", "activity", "kind = 'spikes'"),
    ("activity.npz", "activity", "kind = 'amplitudes', rate_hz = 20"),
    ("day.hdf5", "activity", "format = 'caiman', rate_hz = 20"),
    ("day.mat", "activity", "format = 'cnmfe', rate_hz = 20"),
    ("units.npz", "activity", "format = 'pynapple'"),
    ("traces.csv", "activity", "format = 'inscopix'"),
    ("registration.csv", "registration", ""),
    ("cellreg.mat", "registration", "format = 'cellreg'"),
    ("assignments.npy", "registration", "format = 'caiman', counts = 'all'"),
    ("plane0_suite2p_indices_nan.csv", "registration", "format = 'track2p'"),
    ("suite2p/plane0/spks.npy", "activity", "format = 'suite2p', rate_hz = 20"),
    ("suite2p/plane0/iscell.npy", "activity", "format = 'suite2p', rate_hz = 20"),
    ("cells.csv", "cells", ""),
];

fn entry(file: &str, keys: &str) -> String {
    let comma = if keys.is_empty() { "" } else { ", " };
    format!("{{ file = '{file}'{comma}{keys} }}")
}

/// A sound array of zeros.
fn array(kind: &str, shape: &str, bytes: usize) -> Vec<u8> {
    let head = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
    let head = format!("{head:<117}\n");
    let mut file = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    file.extend(head.as_bytes());
    file.resize(file.len() + bytes, 0);
    file
}

fn read(folder: &TempDir, which: usize, bytes: &[u8]) {
    let root = folder.path();
    let write = |name: &str, bytes: &[u8]| drop(fs::write(root.join(name), bytes));
    write("sound_positions.csv", POSITIONS.as_bytes());
    write("sound_spikes.csv", SPIKES.as_bytes());
    let Some((file, part, keys)) = PLACES.get(which) else {
        write("recording.toml", bytes);
        drop(folder::load_with(root, &Choices::default(), &LIMITS));
        return;
    };
    if part == &"activity" && file.starts_with("suite2p") {
        drop(fs::create_dir_all(root.join("suite2p/plane0")));
        write("suite2p/plane0/spks.npy", &array("<f4", "(2, 4)", 32));
        write("suite2p/plane0/iscell.npy", &array("<f8", "(2, 1)", 16));
    }
    write(file, bytes);
    let mut positions = entry("sound_positions.csv", "");
    let mut activity = entry("sound_spikes.csv", "kind = 'spikes'");
    let mut registration = String::new();
    match *part {
        "positions" => positions = entry(file, keys),
        "activity" if file.starts_with("suite2p") => activity = entry("suite2p", keys),
        "activity" => activity = entry(file, keys),
        "cells" => positions += "\ncells = 'cells.csv'",
        _ => registration = format!("registration = {}\n", entry(file, keys)),
    }
    let text = format!(
        "format = 'drift-recording'\nversion = 1\nsubject = 'M1'\n{registration}[[session]]\n\
         label = 's1'\nday = 0\npositions = {positions}\nactivity = {activity}\n"
    );
    write("recording.toml", text.as_bytes());
    if let Ok(recording) = folder::load_with(root, &Choices::default(), &LIMITS) {
        for session in &recording.sessions {
            assert!(session.check().is_ok());
        }
    }
}

thread_local! {
    static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
}

fuzz_target!(|data: &[u8]| {
    let Some((which, bytes)) = data.split_first() else { return };
    FOLDER.with(|folder| {
        let folder = folder.get_or_init(|| tempfile::tempdir().expect("a folder"));
        read(folder, usize::from(*which) % (PLACES.len() + 1), bytes);
    });
});
