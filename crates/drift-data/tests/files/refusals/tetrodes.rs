//! Recordings of hc-6 that cannot be, and what a sound one gives.

use drift_data::{EmptySessions, EpochKind, Error, Filter, Note, hc6};

use super::{B, says, write};

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
    // Days count from 1: a file of day 0 is none of the data set.
    let [first, none] =
        ["con_spikes01.mat", "con_spikes00.mat"].map(|name| sound.path().join(name));
    std::fs::copy(first, none).unwrap();
    assert_eq!(load(&sound).unwrap().sessions.len(), 1);
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
