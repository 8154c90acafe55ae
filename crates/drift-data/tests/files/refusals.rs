//! What a loader refuses, and what its message says: file, variable, and what was expected.

use std::path::Path;

use drift_data::ziv_lab::{multiple_maps, unbiased_information};
use drift_data::{EmptySessions, EpochKind, Error, Filter, Note, hc6, rate_maps};

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
    assert_eq!(session.mean_rates(), [20.0 / 3.0, 40.0 / 3.0]);
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

/// An hc-6 folder of day 1 with one run: position rows (time, x, y, velocity) and spike times of one cell.
fn hc6_folder(rows: &[[f64; 4]], spikes: &[f64], fields: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let columns: Vec<f64> = (0..4)
        .flat_map(|column| rows.iter().map(move |row| row[column]))
        .collect();
    let pos = B.structure(
        "",
        &[1, 1],
        32,
        &["data", "fields"],
        &[
            B.doubles("", &[rows.len() as i32, 4], &columns),
            B.text("", "time x y vel"),
        ],
    );
    let train = B.structure(
        "",
        &[1, 1],
        32,
        &["data", "fields"],
        &[
            B.doubles("", &[spikes.len() as i32, 1], spikes),
            B.text("", fields),
        ],
    );
    let task = B.structure(
        "",
        &[1, 1],
        32,
        &["type", "environment", "exposure"],
        &[
            B.text("", "run"),
            B.text("", "TrackA"),
            B.doubles("", &[1, 1], &[4.0]),
        ],
    );
    let nest = |value: Vec<u8>| B.cell("", &[1, 1], &[value]);
    write(
        folder.path(),
        "con_spikes01.mat",
        &[B.cell("spikes", &[1, 1], &[nest(nest(nest(train)))])],
    );
    write(
        folder.path(),
        "con_pos01.mat",
        &[B.cell("pos", &[1, 1], &[nest(pos)])],
    );
    write(
        folder.path(),
        "con_task01.mat",
        &[B.cell("task", &[1, 1], &[nest(task)])],
    );
    folder
}

const ROWS: [[f64; 4]; 4] = [
    [10.0, 1.0, 1.0, 5.0],
    [10.1, 2.0, 1.0, 5.0],
    [10.2, 3.0, 1.0, 0.5],
    [10.3, 0.0, 0.0, 5.0],
];

#[test]
fn tetrode_recordings_that_cannot_be() {
    let options = hc6::Options::default();
    let load = |folder: &tempfile::TempDir| hc6::load(folder.path(), &options);
    let sound = hc6_folder(&ROWS, &[10.05, 10.25, 10.31, 12.0], "time");
    let recording = load(&sound).unwrap();
    assert_eq!(recording.subject.as_deref(), Some("Con"));
    let session = &recording.sessions[0];
    assert_eq!(
        (&session.epoch, session.exposure),
        (&EpochKind::Run, Some(4))
    );
    // A spike behind the last sample is kept, and has no position.
    assert!(session.notes.contains(&Note::SpikesOutsideTrajectory {
        cell: "t1c1".to_owned(),
        spikes: 1
    }));
    assert_eq!(
        session.activity_matrix().unwrap().as_slice(),
        [1.0, 0.0, 1.0, 1.0]
    );
    // Both coordinates 0 is no place.
    assert_eq!(session.trajectory.as_ref().unwrap().missing(), 1);

    // A session without movement.
    let standing = Filter {
        minimum_speed: Some(10.0),
        ..Filter::default()
    };
    says(
        &recording.filtered(&standing).unwrap_err(),
        &["day 1 epoch 1", "no sample", "speed >= 10 cm/s"],
    );
    let left_out = Filter {
        empty_sessions: EmptySessions::LeaveOut,
        ..standing
    };
    assert!(recording.filtered(&left_out).unwrap().sessions.is_empty());
    let moving = Filter {
        minimum_speed: Some(1.0),
        ..Filter::default()
    };
    let filtered = recording.filtered(&moving).unwrap();
    // The spike of the slow sample is gone, and so is that without a sample.
    assert_eq!(
        filtered.sessions[0].activity_matrix().unwrap().as_slice(),
        [1.0, 0.0, 1.0]
    );
    let bad = Filter {
        minimum_rate: Some(f64::NAN),
        ..Filter::default()
    };
    assert!(matches!(
        recording.filtered(&bad),
        Err(Error::Parameter {
            field: "minimum_rate",
            ..
        })
    ));

    let mut backwards = ROWS;
    backwards[2][0] = 10.05;
    says(
        &load(&hc6_folder(&backwards, &[], "time")).unwrap_err(),
        &["con_pos01.mat", "pos{1}{1}.data", "row 3", "10.1", "10.05"],
    );
    let mut missing = ROWS;
    missing[1][0] = f64::NAN;
    says(
        &load(&hc6_folder(&missing, &[], "time")).unwrap_err(),
        &["pos{1}{1}.data", "entry 2 is NaN"],
    );
    // Milliseconds for seconds; with several columns ticks are no explanation either.
    says(
        &load(&hc6_folder(&ROWS, &[10_050.0, 10_250.0], "time")).unwrap_err(),
        &[
            "con_spikes01.mat",
            "spikes{1}{1}{1}{1}.data",
            "10050",
            "is the unit wrong",
        ],
    );
    says(
        &load(&hc6_folder(&ROWS, &[10.05], "x y")).unwrap_err(),
        &["spikes{1}{1}{1}{1}.data", "time"],
    );
    // Silent cells.
    let silent = load(&hc6_folder(&ROWS, &[], "time")).unwrap();
    assert_eq!(silent.sessions[0].cells.len(), 1);
    assert!(silent.sessions[0].notes.contains(&Note::Silent));

    let two = hc6_folder(&ROWS, &[], "time");
    write(
        two.path(),
        "bonspikes01.mat",
        &[B.cell("spikes", &[1, 1], &[B.unset()])],
    );
    says(&load(&two).unwrap_err(), &["one animal", "bon, con_"]);
    let bon = hc6::Options {
        prefix: Some("bon".to_owned()),
        ..hc6::Options::default()
    };
    assert!(hc6::load(two.path(), &bon).unwrap().sessions.is_empty());
    let con = hc6::Options {
        prefix: Some("con".to_owned()),
        ..hc6::Options::default()
    };
    assert_eq!(hc6::load(two.path(), &con).unwrap().sessions.len(), 1);
    assert!(matches!(
        hc6::load("no such folder", &options),
        Err(Error::Io { .. })
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
