//! What a loader refuses, and what its message says: file, variable, and what was expected.

mod tetrodes;

use std::path::Path;

use drift_data::ziv_lab::{multiple_maps, unbiased_information};
use drift_data::{Error, Filter, Note, hc6, rate_maps};

use super::builder::*;

pub const B: Builder = LITTLE;

pub fn write(folder: &Path, name: &str, variables: &[Vec<u8>]) {
    std::fs::write(folder.join(name), B.file(variables)).unwrap();
}

pub fn column(values: &[f64]) -> Vec<u8> {
    B.doubles("", &[values.len() as i32, 1], values)
}

pub fn says(error: &Error, words: &[&str]) {
    let message = error.to_string();
    for word in words {
        assert!(message.contains(word), "{word:?} is not in {message:?}");
    }
}

#[test]
fn contradictions_of_spike_trains_and_stimulus() {
    let folder = tempfile::tempdir().unwrap();
    let (spikes, bins) = (
        folder.path().join("M_spike_train.mat"),
        folder.path().join("M_stimulus_trace.mat"),
    );
    let options = unbiased_information::Options::default();
    let load = || unbiased_information::load_files(&spikes, &bins, None, &options);
    write(
        folder.path(),
        "M_spike_train.mat",
        &[B.doubles("spike_train", &[3, 2], &[0.0, 1.0, 0.0, 2.0, 0.0, 0.0])],
    );
    write(
        folder.path(),
        "M_stimulus_trace.mat",
        &[B.doubles("stimulus_trace", &[2, 1], &[3.0, 4.0])],
    );
    says(
        &load().unwrap_err(),
        &[
            "M_stimulus_trace.mat",
            "stimulus_trace",
            "2 frames",
            "spike_train",
            "3",
        ],
    );
    for (bin, word) in [(0.0, "0"), (25.0, "25"), (3.5, "3.5"), (f64::NAN, "NaN")] {
        write(
            folder.path(),
            "M_stimulus_trace.mat",
            &[B.doubles("stimulus_trace", &[3, 1], &[3.0, bin, 4.0])],
        );
        says(
            &load().unwrap_err(),
            &[
                "M_stimulus_trace.mat",
                &format!("entry 2 is {word}"),
                "from 1 to 24",
            ],
        );
    }
    write(
        folder.path(),
        "M_stimulus_trace.mat",
        &[B.doubles("stimulus_trace", &[3, 1], &[3.0, 3.0, 4.0])],
    );
    let session = load().unwrap().sessions.remove(0);
    assert_eq!(
        session.activity_matrix().unwrap().as_slice(),
        [0.0, 1.0, 0.0, 2.0, 0.0, 0.0]
    );
    for (rate, expected) in session.mean_rates().iter().zip([20.0 / 3.0, 40.0 / 3.0]) {
        assert!(
            (rate - expected).abs() < 1e-12 * expected,
            "{rate} for {expected}"
        );
    }
    assert_eq!(session.sparse_events().unwrap().total(1), 1.0);
    assert!(matches!(
        session.filtered(&Filter {
            minimum_speed: Some(1.0),
            ..Filter::default()
        }),
        Err(Error::NotRecorded { .. })
    ));
    write(
        folder.path(),
        "M_spike_train.mat",
        &[B.doubles("spike_train", &[3, 1], &[0.0, -1.0, 0.0])],
    );
    says(
        &load().unwrap_err(),
        &["M_spike_train.mat", "entry 2 is -1", "at least 0"],
    );
    write(
        folder.path(),
        "M_spike_train.mat",
        &[B.doubles("spike_train", &[3, 1, 2], &[0.0; 6])],
    );
    says(&load().unwrap_err(), &["spike_train", "frames × cells"]);
    write(
        folder.path(),
        "M_spike_train.mat",
        &[B.cell("spike_train", &[2, 4], &vec![B.unset(); 8])],
    );
    says(&load().unwrap_err(), &["spike_train", "2 × 4 × 2"]);
    write(
        folder.path(),
        "M_spike_train.mat",
        &[B.doubles("other", &[0, 0], &[])],
    );
    says(
        &load().unwrap_err(),
        &["`spike_train` is missing", "present: other"],
    );
    // All silent: read, and said.
    write(
        folder.path(),
        "M_spike_train.mat",
        &[B.doubles("spike_train", &[3, 1], &[0.0; 3])],
    );
    assert_eq!(load().unwrap().sessions[0].notes, [Note::Silent]);
    let slow = unbiased_information::Options {
        rate_hz: Some(f64::NAN),
    };
    assert!(matches!(
        unbiased_information::load_files(&spikes, &bins, None, &slow),
        Err(Error::Parameter {
            field: "rate_hz",
            ..
        })
    ));
    std::fs::remove_file(&bins).unwrap();
    says(
        &unbiased_information::load(folder.path(), "M", &options).unwrap_err(),
        &["M_stimulus_trace.mat"],
    );
    std::fs::remove_file(&spikes).unwrap();
    assert!(matches!(
        unbiased_information::mice(folder.path()),
        Err(Error::MissingFiles { .. })
    ));
}

#[test]
fn rate_maps_that_do_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.mat");
    let layout = rate_maps::Layout {
        day: None,
        ..rate_maps::Layout::default()
    };
    let load = |layout: &rate_maps::Layout| rate_maps::load(&path, layout);
    let maps = B.cell(
        "rate_maps",
        &[1, 1],
        &[B.doubles("", &[2, 2, 2], &[1.0; 8])],
    );
    let path_of = |time: [f64; 3]| {
        let values = [time, [1.0, 2.0, 3.0], [1.0, f64::NAN, 1.0]].concat();
        B.cell("trajectory", &[1, 1], &[B.doubles("", &[3, 3], &values)])
    };
    write(
        folder.path(),
        "m.mat",
        &[maps.clone(), path_of([0.0, 0.1, 0.2])],
    );
    let recording = load(&layout).unwrap();
    assert!(
        recording.sessions[0]
            .notes
            .contains(&Note::MissingPositions { samples: 1 })
    );
    write(
        folder.path(),
        "m.mat",
        &[maps.clone(), path_of([0.0, 0.2, 0.1])],
    );
    says(
        &load(&layout).unwrap_err(),
        &["m.mat", "trajectory{1}", "row 3", "0.2 s to 0.1 s"],
    );
    write(
        folder.path(),
        "m.mat",
        &[maps.clone(), B.cell("trajectory", &[0, 0], &[])],
    );
    says(&load(&layout).unwrap_err(), &["rate_maps", "0 days"]);
    write(
        folder.path(),
        "m.mat",
        &[
            B.cell(
                "rate_maps",
                &[1, 1],
                &[B.doubles("", &[2, 2, 1], &[1.0, -1.0, 1.0, 1.0])],
            ),
            path_of([0.0, 0.1, 0.2]),
        ],
    );
    says(
        &load(&layout).unwrap_err(),
        &["rate_maps{1}", "entry 2 is -1", "a rate"],
    );
    write(folder.path(), "m.mat", &[maps]);
    says(
        &load(&layout).unwrap_err(),
        &["`trajectory` is missing", "present: rate_maps"],
    );
    let alone = rate_maps::Layout {
        trajectory: None,
        ..layout.clone()
    };
    assert_eq!(
        load(&alone).unwrap().sessions[0].notes,
        [Note::NoTrajectory]
    );
    let line = rate_maps::Layout {
        plane: false,
        ..alone
    };
    says(
        &load(&line).unwrap_err(),
        &["rate_maps{1}", "bins × cells", "[2, 2, 2]"],
    );
    let zero = rate_maps::Layout {
        bin_cm: 0.0,
        ..layout
    };
    assert!(matches!(
        load(&zero),
        Err(Error::Parameter {
            field: "bin_cm",
            ..
        })
    ));
}

#[test]
fn public_types_go_between_threads() {
    fn check<T: Send + Sync + std::fmt::Debug>() {}
    check::<drift_data::Recording>();
    check::<drift_data::mat::MatFile>();
    check::<drift_data::mat::MatRef<'_>>();
    check::<Error>();
    check::<Filter>();
    check::<rate_maps::Layout>();
    check::<hc6::Options>();
    check::<multiple_maps::Options>();
}
